"""What answers between a publication and the fit of its models: the fitted index with the FAQ as it is now.

Fitting takes about a minute, and a harmful answer must go at once. `serving` makes an index in no time out of the one
that was fitted last:

* what is shown (lead, steps, signs, hotlines, regions ...) is what is published now;
* an entry that is no longer published is served nowhere, so the next candidate or none answers; its phrasings and
  deleted ones are no longer found;
* a phrasing published since is `fresh`: a question that is one, almost letter for letter, is answered by its entry
  (`literal`). What the models generalise from it comes with the fit.

It depends on the fitted index and the published FAQ alone: processes that hold the same two answer the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.core.entry import Entry, Faq
from bot.core.features import extract
from bot.core.index import Fresh, Index, is_card, lessons, own_cards
from bot.core.reply import Decision, Hit
from bot.core.text import normalise

#: A question is a fresh phrasing from this similarity on. Homophones have 0.95 at most.
NEAR = 0.9
#: Shown with an answer found by letters; no model has seen it yet.
SURE = 0.99
#: No region has this name: who is served here is served nowhere.
_NOWHERE = ("-",)


def taught(faq: Faq) -> dict[str, Any]:
    """Everything of a FAQ that the models are fitted from; JSON-able. What is only shown is not in it."""
    return {
        "entries": {
            e.id: [e.topic, e.risk, list(e.regions), [[s.text, s.urgent, s.cost] for s in lessons([e])]]
            for e in sorted(faq.entries, key=lambda e: e.id)
        },
        "topics": {t.id: t.group for t in faq.topics.values()},
        "lexicon": faq.lexicon,
        "samples": [(s.text, s.topics, s.urgent) for s in faq.samples],
    }


def same_lessons(one: Faq, other: Faq) -> bool:
    """Whether the models of one are those of the other."""
    return taught(one) == taught(other)


def serving(fitted: Index, faq: Faq) -> Index:
    """``fitted`` with what ``faq`` says now. Exact when nothing that teaches has changed."""
    if same_lessons(fitted.faq, faq):
        return replace(fitted, faq=faq, entries={e.id: e for e in faq.entries})
    entries = {e.id: replace(e, regions=_NOWHERE) for e in fitted.faq.entries} | {e.id: e for e in faq.entries}
    numbers = {entry: number for number, entry in enumerate(sorted(entries))}
    old, new = _literal(fitted.faq), _literal(faq)
    now, before = set(new), set(old)
    added = [lesson for lesson in dict.fromkeys(new) if lesson not in before]
    texts = [normalise(text, fitted.lexicon.variants) for _, text, _ in added]
    retriever = fitted.retriever.changed(
        [numbers[entry] for entry, *_ in (*old, *added)],
        silent=[number for number, lesson in enumerate(old) if lesson not in now],
        texts=texts,
    )
    fresh = {text: Fresh(entry, urgent) for text, (entry, _, urgent) in zip(texts, added, strict=True)}
    return replace(fitted, faq=faq, entries=entries, retriever=retriever, fresh=fresh)


def _literal(faq: Faq) -> list[tuple[str, str, bool]]:
    """(entry, text, urgent) of the phrasings, in the order in which the retriever numbers them."""
    return [(s.entry, s.text, s.urgent) for s in lessons(faq.entries) if s.urgent is not None]


# ---------------------------------------------------------------- questions that are a fresh phrasing
def literal(index: Index, decision: Decision, text: str, *, region: str) -> Decision:
    """The models' ``decision``, or the entry whose fresh phrasing the question is."""
    found = _fresh(index, text) if decision.kind != "smalltalk" else None
    if found is None:
        return decision
    phrasing, similarity = found
    entry = index.entries[phrasing.entry]
    if not entry.served_in(region):
        return decision
    confidence = round(min(similarity, SURE), 2)
    hits = _hits(index, decision, entry, confidence, urgent=phrasing.urgent)
    emergency = hits[0].role == "emergency"
    others = tuple(near for near in decision.nearest if near[0] != entry.id)
    return replace(
        decision,
        kind="emergency" if emergency else "answer",
        hits=hits,
        reason=None,
        nearest=((entry.id, confidence), *others)[:3],
        detail={**decision.detail, "decided": f"a phrasing of {entry.id} published since the fit: {similarity}"},
    )


def _fresh(index: Index, text: str) -> tuple[Fresh, float] | None:
    """The fresh phrasing that the question is, and how similar. Almost the same letters are not enough: a denial
    (没转) is one letter too, so what was done must read the same."""
    asked = extract(text, index.lexicon)
    nearest = index.retriever.nearest(asked.text, limit=1) if asked.text else []
    phrasing = index.fresh.get(nearest[0].text) if nearest else None
    if phrasing is None or nearest[0].similarity < NEAR:
        return None
    if nearest[0].text != asked.text:
        written = index.lexicon.acts.read(nearest[0].text)
        if written.features() != asked.reading.features():
            return None
    return phrasing, nearest[0].similarity


def _hits(index: Index, decision: Decision, entry: Entry, confidence: float, *, urgent: bool) -> tuple[Hit, ...]:
    """An emergency that the models see stays one; an urgent phrasing of a scam stands behind the likeliest card."""
    alarmed = decision.kind == "emergency"
    if is_card(entry) or (urgent and entry.id in own_cards(index.faq)):
        behind = [hit for hit in decision.hits if hit.role == "answer" and hit.entry_id != entry.id]
        return (Hit(entry.id, confidence, "emergency"), *behind[:2])
    cards: list[Mapping[str, Any]] = list(decision.detail.get("cards", ()))
    if alarmed:
        first, rest = decision.hits[0], decision.hits[1:]
    elif urgent and cards:
        first, rest = Hit(str(cards[0]["id"]), confidence, "emergency"), ()
    else:
        return (Hit(entry.id, confidence, "answer"),)
    if first.entry_id == entry.id:
        return decision.hits if alarmed else (first,)
    behind = [hit for hit in rest if hit.entry_id != entry.id]
    return (first, Hit(entry.id, confidence, "answer"), *behind[:1])
