"""From evidence to a decision: emergency first, then ours or not, then which entry and how sure.

The order is the product's promise: nobody who is losing money at this moment gets a list of choices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.core.calibrate import (
    CANDIDATES,
    SECOND,
    alarm_probability,
    entry_probability,
    ours_probability,
    urgent_probability,
)
from bot.core.index import Index
from bot.core.interim import literal
from bot.core.match import Evidence, Look, evidence, look
from bot.core.passedon import asks_for_help
from bot.core.reply import Decision, Hit
from bot.core.smalltalk import cry, danger

#: A scam type is shown behind an emergency card from this probability on; a choice.
BEHIND_CARD, CHOICE = 0.12, 0.06
#: Below this the best entry is not even worth offering.
LEAST_CHOICE = 0.12
#: Margin of the scope model below which a later turn is a change of subject, whatever was said before.
_ELSEWHERE = -0.7
_SHORT = 14
#: A message no longer than this can be a fragment of what happened.
_FRAGMENT = 60
_LEANS = re.compile(
    r"^(?:那|这|他|她|它|那个|这个|还|现在|可是|但是|可|然后|后来|结果|所以|就|我已经|已经|刚|对方|人家|要不要|能不能|会不会|是不是|"
    r"and|but|so|then|what about|he|she|they|it|that|this|now|i already|can i)"
)


def decide(
    index: Index,
    text: str,
    *,
    context: Sequence[str] = (),
    region: str = "cn",
    forwarded: bool = False,
    why: bool = True,
    looked: Look | None = None,
) -> Decision:
    """The decision on a question. ``context``: masked texts of the conversation's last turns, oldest first.

    ``forwarded``: somebody else's words; neither a later turn nor the asker's own state (`bot.core.passedon`).
    ``why``: with the words that decided and the details; they cost a twentieth of the whole. ``looked``:
    `match.look` of the text, where the caller looked at several at once.
    """
    asked = _Asked(text, context, region, why=why or bool(index.fresh), looked=looked)  # `literal` reads the details
    decision = _passed_on(index, asked) if forwarded else _fitted(index, asked)
    return literal(index, decision, text, region=region) if index.fresh else decision


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as `decide` got it."""

    text: str
    context: Sequence[str]
    region: str
    why: bool
    looked: Look | None


def _passed_on(index: Index, asked: _Asked) -> Decision:
    found = evidence(index, asked.text, region=asked.region, looked=asked.looked)
    if not found.row.columns.size:
        return Decision("unknown", reason="not_ours", detail=_detail(index, found, "nothing readable"))
    if not asks_for_help(found.features.text):
        found = replace(found, cards=())
    return _verdict(index, found, mixed=False, why=asked.why)


def _fitted(index: Index, asked: _Asked) -> Decision:
    """What the models say."""
    text, context, region = asked.text, asked.context, asked.region
    small = index.smalltalk.kind(text)
    if small == "cry":
        # After a story it is the end of the story; by itself nobody knows what happened.
        story = replace(asked, text=f"{context[-1]}。{text}", context=context[:-1], looked=None) if context else None
        read = _read(index, story) if story else None
        return read if read and read.kind not in ("unknown", "smalltalk") else cry(index.faq, region)
    if small:
        return Decision("smalltalk", smalltalk=small, detail={"decided": f"smalltalk: {small}"})
    decision = _read(index, asked)
    if decision.kind not in ("unknown", "choose"):
        return decision
    # What follows must not be answered with silence, or with a list to choose from.
    if words := index.smalltalk.danger(text):
        return danger(index.faq, region, words)
    # 「点了那个完蛋了」: whatever it is, it has happened, and nothing in it says what.
    urgent = decision.urgent
    if urgent >= index.calibration["cry"] and len(text) <= _FRAGMENT:
        steps = cry(index.faq, region)
        return replace(steps, detail={**decision.detail, "decided": f"urgent {urgent} >= {index.calibration['cry']}, "
                                      "but nothing says what it is"})  # fmt: skip
    return decision


def _read(index: Index, asked: _Asked) -> Decision:
    text, context, region = asked.text, asked.context, asked.region
    looked = asked.looked or look(index, [text])[0]
    alone = evidence(index, text, region=region, looked=looked)
    if not alone.row.columns.size:
        return Decision("unknown", reason="not_ours", detail=_detail(index, alone, "nothing readable"))
    found, mixed = alone, False
    if context and _needs_context(index, alone):
        found, mixed = evidence(index, text, context=context, region=region, looked=looked), True
        # What was said before vouches for a turn that is short rather than foreign.
        before = evidence(index, context[-1], region=region)
        found = replace(
            found,
            scope=round(max(alone.scope, 0.5 * (alone.scope + before.scope)), 4),
            neighbours=found.neighbours or before.neighbours,
        )
        if _confidence(index, alone) >= max(_confidence(index, found), index.calibration["answer"]):
            # It says more by itself than with what came before: the subject changed.
            found, mixed = alone, False
    return _verdict(index, found, mixed=mixed, why=asked.why)


def _needs_context(index: Index, alone: Evidence) -> bool:
    if alone.scope < _ELSEWHERE:
        return False
    sure = _confidence(index, alone) >= index.calibration["answer"]
    leans = bool(_LEANS.match(alone.features.text)) or alone.length <= _SHORT
    return not sure or leans


def _confidence(index: Index, found: Evidence) -> float:
    return entry_probability(index.calibration, found, 0) if found.ranked else 0.0


def _verdict(index: Index, found: Evidence, *, mixed: bool, why: bool) -> Decision:
    calibration = index.calibration
    ours = ours_probability(calibration, found)
    urgent = urgent_probability(calibration, found)
    alarm = alarm_probability(urgent, ours)
    places = range(min(CANDIDATES, len(found.ranked)))
    ranked = [(found.ranked[i][0], entry_probability(calibration, found, i)) for i in places]
    nearest = tuple(ranked[:3])

    def made(kind: str, hits: Sequence[Hit], decided: str, reason: Any = None) -> Decision:
        return Decision(
            kind,  # type: ignore[arg-type]
            tuple(hits),
            reason=reason,
            why=_why(index, found) if why else (),
            nearest=nearest,
            urgent=urgent,
            detail=_detail(index, found, decided, urgent=urgent, ours=ours, ranked=ranked, mixed=mixed) if why else {},
        )

    if found.cards and alarm >= calibration["alarm"] and ours >= calibration["ours_choose"]:
        card = found.cards[0][0]
        rest = [(e, p) for e, p in ranked if e != card and p >= BEHIND_CARD][:2]
        hits = [Hit(card, alarm, "emergency"), *(Hit(e, p, "answer") for e, p in rest)]
        return made("emergency", hits, f"urgent {urgent} and ours {ours}: {alarm} >= {calibration['alarm']}")
    if not ranked:
        return made("unknown", (), "no entry in this region", "no_entry")
    best = ranked[0][1]
    if ours >= calibration["ours_answer"] and best >= calibration["answer"]:
        hits = [Hit(ranked[0][0], best, "answer")]
        if len(ranked) > 1 and ranked[1][1] >= SECOND:
            hits.append(Hit(*ranked[1], "answer"))
        return made(
            "answer", hits, f"ours {ours} >= {calibration['ours_answer']}, confidence {best} >= {calibration['answer']}"
        )
    if ours >= calibration["ours_choose"] and best >= LEAST_CHOICE:
        choices = [Hit(e, p, "choice") for i, (e, p) in enumerate(ranked) if i < 2 or p >= CHOICE]
        return made(
            "choose", choices, f"ours {ours} >= {calibration['ours_choose']}, not sure enough which entry ({best})"
        )
    if ours >= calibration["ours_choose"]:
        return made("unknown", (), f"ours {ours}, but no entry fits (best {best})", "no_entry")
    return made("unknown", (), f"not ours ({ours} < {calibration['ours_choose']})", "not_ours")


def _why(index: Index, found: Evidence) -> tuple[str, ...]:
    """Words of the message that spoke for the decision: curated concepts first, then the strongest characters."""
    text = found.features.text
    words = [w for w in found.features.concepts.values() if len(w) >= 2 and w in text]
    for forms in found.features.reading.flags.values():
        words.extend(w for w in forms if len(w) >= 2)
    if found.ranked and found.row.columns.size:
        number = index.router.number[found.ranked[0][0]]
        names = index.vectorizer.names
        for column, share in index.router.parts(found.row, number, limit=12):
            name = names[column].strip("^$_")
            if share > 0 and len(name) >= 2 and ":" not in name and name in text:
                words.append(name)
    kept: list[str] = []
    for word in sorted(dict.fromkeys(words), key=lambda w: (-len(w), w)):
        if not any(word in other for other in kept):
            kept.append(word)
    return tuple(sorted(kept[:6], key=text.find))


def _detail(
    index: Index,
    found: Evidence,
    decided: str,
    *,
    urgent: float = 0.0,
    ours: float = 0.0,
    ranked: Sequence[tuple[str, float]] = (),
    mixed: bool = False,
) -> dict[str, Any]:
    """What `explain` prints; JSON-able. Cheap: only references and small lists."""
    reading = found.features.reading
    return {
        "decided": decided,
        "normalised": found.features.text,
        "with_context": mixed,
        "concepts": dict(found.features.concepts),
        "acts": sorted({f"{a.name}:{a.aspect}" for a in reading.acts}),
        "flags": {name: list(forms) for name, forms in reading.flags.items()},
        "urgency": {"score": found.urgency, "probability": urgent},
        "scope": {"score": found.scope, "ours": ours},
        "entries": [{"id": entry, "confidence": p, "score": dict(found.ranked).get(entry, 0.0)} for entry, p in ranked],
        "cards": [{"id": entry, "score": score} for entry, score in found.cards[:3]],
        "nearest_phrasings": [
            {"text": n.text, "entry": index.ids[n.label], "similarity": n.similarity} for n in found.neighbours[:3]
        ],
        "thresholds": {k: index.calibration.get(k) for k in ("ours_choose", "ours_answer", "alarm", "cry", "answer")},
    }
