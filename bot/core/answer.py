"""From a question to what the resident reads: mask, decide, lay out. Pure; the same input gives the same reply.

    answer        the whole way of a typed question
    card_reply    one entry that was chosen or browsed to
    none_reply    "none of these"
    urgent_reply  the emergency card: the common first steps of every emergency

Ids, session and elapsed time are the caller's business (`dataclasses.replace`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, assert_never

from bot.core import text as texts_of_script
from bot.core.card import fill, hotline_lines, hotline_text, make_card, render_text, topic_title
from bot.core.entry import Entry, Faq, Region
from bot.core.language import detect_lang
from bot.core.redact import REACH, has_token, redact, redact_start
from bot.core.reply import MAX_TEXT, Card, Decision, Hit, HotlineLine, Lang, Notice, Reply, Role, ShownEntry
from bot.core.smalltalk import cry
from bot.core.text import clean
from bot.core.texts import has, t
from bot.errors import NotFound

if TYPE_CHECKING:
    from bot.core.index import Index
    from bot.core.match import Look

#: Who can be called whatever it is; shown where no entry says better.
GENERAL_HOTLINES = ("police", "antifraud")
#: Under the first steps of an emergency, and of a danger to life.
_HOTLINES = {
    "emergency.urgent": ("police", "antifraud", "bank"),
    "emergency.danger": ("medical", "police", "fire", "mental_health"),
}
OFFICER_TOPIC = "community-officer"
EMERGENCY_GROUP = "emergency"
#: Confidence of what needed no ranking: a person asked for it by name.
CERTAIN = 1.0

_HUMAN = re.compile(
    r"转人工|[找要接换]人工|人工(?:客服|服务|回答|坐席)|(?:找|要|换|有没有|叫)个?(?:真人|活人|人工)|跟?(?:真人|活人)(?:说|聊|讲)"
    r"|(?:real|live|actual) (?:person|human|agent)|human (?:agent|operator|being)|(?:talk|speak) (?:to|with) "
    r"(?:a |an |some)?(?:person|human|one|agent|operator|officer)",
    re.IGNORECASE,
)
#: Longer messages tell a story in which somebody else was asked for "a human".
_HUMAN_LENGTH = {"zh": 16, "en": 60}


def answer(
    index: Index,
    text: str,
    *,
    context: Sequence[str] = (),
    region: str = "cn",
    lang: Lang | None = None,
    forwarded: bool = False,
    masked: str | None = None,
    why: bool = True,
    looked: Look | None = None,
) -> Reply:
    """The reply to a typed question, or to a message passed on (``forwarded``). ``context``: the masked last turns,
    oldest first. ``masked``: of the text, if the caller has it already. ``why``: with the words that decided.
    ``looked``: what `look_at` said of the text."""
    from bot.core.policy import decide

    cleaned = clean(text[:MAX_TEXT])
    kept = _kept(text, cleaned, context, masked)
    lang = lang or reading_language(cleaned, context)
    place = region_of(index, region)
    if not cleaned.strip():
        return _reply(Decision("unknown", reason="not_ours"), (), (), lang, intro=t("empty", lang))
    decision = decide(index, cleaned, context=context, region=region, forwarded=forwarded, why=why, looked=looked)
    if decision.kind != "emergency" and not forwarded and wants_human(cleaned):
        return _human(index, decision, place, lang, kept)
    if decision.smalltalk in ("cry", "danger"):
        return _first_steps(index, decision, place, lang, kept)
    return _lay_out(index, decision, place, lang, kept)


def look_at(index: Index, texts: Sequence[str]) -> dict[str, Look]:
    """Of questions that came together, by their text: what `answer` wants to know of each."""
    from bot.core.match import look

    return dict(zip(texts, look(index, [clean(text[:MAX_TEXT]) for text in texts]), strict=True))


@dataclass(frozen=True, slots=True)
class _Kept:
    """The question as it may be stored, what was done to it, and what of that the resident is told now."""

    masked: str = ""
    notices: tuple[Notice, ...] = ()
    told: tuple[Notice, ...] = ()


def _kept(text: str, cleaned: str, context: Sequence[str], masked: str | None) -> _Kept:
    """That something was masked is told once in a conversation: at every message it would be a scolding."""
    if masked == cleaned and len(text) <= MAX_TEXT:
        return _Kept(masked)  # nothing to mask, as the caller found
    cut: tuple[Notice, ...] = ("truncated",) if len(text) > MAX_TEXT else ()
    redaction = redact_start(clean(text[: MAX_TEXT + REACH]), MAX_TEXT) if cut else redact(cleaned)
    if not redaction.pieces:
        return _Kept(redaction.text, cut, cut)
    before = any(has_token(line) for line in context)
    return _Kept(redaction.text, ("masked", *cut), cut if before else ("masked", *cut))


def reading_language(text: str, context: Sequence[str]) -> Lang:
    """The language to answer in; a turn without letters ("？？", "5000") goes on in that of the conversation."""
    if context and not any(char.isalpha() for char in text):
        return detect_lang(context[-1])
    return detect_lang(text)


class Shown(Protocol):
    """What is published, for everything that needs no models; every index is one."""

    @property
    def faq(self) -> Faq: ...


def region_of(index: Shown, region: str) -> Region:
    regions = index.faq.regions
    return regions[region] if region in regions else next(iter(regions.values()))


def wants_human(text: str) -> bool:
    """Whether a person is asked for, rather than told about in a story."""
    limit = _HUMAN_LENGTH["zh" if texts_of_script.has_han(text) else "en"]
    return len(text.strip()) <= limit and bool(_HUMAN.search(texts_of_script.to_hans(text)))


# ---------------------------------------------------------------- chosen, browsed, urgent
def card_reply(index: Shown, entry_id: str, *, lang: Lang, region: str) -> Reply:
    """The full card of one entry. NotFound when it is not published or not served in the region."""
    entry = index.faq.entry(entry_id)
    if entry is None or not entry.served_in(region):
        raise NotFound(f"{entry_id}: no such entry")
    urgent = entry.risk == "emergency"
    hit = Hit(entry_id, CERTAIN, "emergency" if urgent else "answer")
    card = make_card(entry, lang=lang, region=region_of(index, region), role=hit.role)
    return _reply(Decision("emergency" if urgent else "answer"), (hit,), (card,), lang)


def none_reply(index: Shown, *, lang: Lang, region: str, masked: str = "") -> Reply:
    """After "none of these": ask for other words, and what is safe until then."""
    place = region_of(index, region)
    return _reply(
        Decision("unknown", reason="no_entry"),
        (),
        (),
        lang,
        intro=t("choose.none_reply", lang),
        outro=_meanwhile(place, lang, rephrase=False),
        kept=_Kept(masked),
        hotlines=hotline_lines(place, GENERAL_HOTLINES, lang),
    )


def urgent_reply(index: Shown, lang: Lang, region: str) -> Reply:
    """What to do first whatever happened, one step a line; the emergencies themselves as choices."""
    place = region_of(index, region)
    return _first_steps(index, cry(index.faq, place.id), place, lang, _Kept())


def _first_steps(index: Shown, decision: Decision, place: Region, lang: Lang, kept: _Kept) -> Reply:
    """Of a decision that names no one card: in every emergency, or where life is in danger."""
    name = "emergency.danger" if decision.smalltalk == "danger" else "emergency.urgent"
    entries = [entry for hit in decision.hits if (entry := index.faq.entry(hit.entry_id)) is not None]
    cards = tuple(make_card(entry, lang=lang, region=place, role="choice", brief=True) for entry in entries)
    steps = fill(t(f"{name}_steps", lang, **_braces()), place, lang).split("\n")
    lines = [t(f"{name}_title", lang), fill(t(f"{name}_lead", lang, **_braces()), place, lang)]
    lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    hotlines = hotline_lines(place, _HOTLINES[name], lang)
    outro = t(f"{name}_choose", lang) if cards else ""
    reply = _reply(
        decision, decision.hits, cards, lang, intro="\n".join(lines), outro=outro, kept=kept, hotlines=hotlines
    )
    choices = "\n".join([outro, *(f"· {card.title}" for card in cards)]).strip()
    blocks = (reply.intro, hotline_text(hotlines, lang), choices)
    return replace(reply, text="\n\n".join(block for block in blocks if block))


class _Braces(dict[str, str]):
    """Leaves hotline placeholders standing, for `fill`, which also mends the spaces around them."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _braces() -> dict[str, str]:
    return {
        name: f"{{{name}}}"
        for name in ("police", "antifraud", "bank", "government", "medical", "fire", "mental_health")
    }


# ---------------------------------------------------------------- laying out
def _lay_out(index: Index, decision: Decision, place: Region, lang: Lang, kept: _Kept) -> Reply:
    hits, cards = _cards(index, decision, place, lang)
    kind = decision.kind
    intro = outro = ""
    hotlines: tuple[HotlineLine, ...] = ()
    match kind:
        case "emergency" | "answer":
            pass
        case "choose":
            intro = t("choose.intro", lang)
            risky = any(card.risk in ("scam", "emergency") for card in cards)
            outro = t("choose.safe", lang) if risky else ""
        case "smalltalk":
            key = f"smalltalk.{decision.smalltalk or 'greeting'}"
            intro = t(key if has(key) else "smalltalk.greeting", lang)
        case "unknown":
            if decision.reason == "no_entry":
                intro, outro = t("unknown.no_entry", lang), _meanwhile(place, lang)
                hotlines = hotline_lines(place, GENERAL_HOTLINES, lang)
            else:
                # An emoji or a question mark is no matter of somebody else's: say what to send instead.
                intro = t("unknown.not_ours" if any(map(str.isalnum, kept.masked)) else "empty", lang)
        case _:
            assert_never(kind)
    return _reply(decision, hits, cards, lang, intro=intro, outro=outro, kept=kept, hotlines=hotlines)


def _cards(index: Index, decision: Decision, place: Region, lang: Lang) -> tuple[tuple[Hit, ...], tuple[Card, ...]]:
    """The first card in full, what follows brief; choices are titles. Entries withdrawn meanwhile are left out."""
    found: list[tuple[Hit, Entry]] = []
    for hit in decision.hits:
        entry = index.faq.entry(hit.entry_id)
        if entry is not None:
            found.append((hit, entry))
    cards: list[Card] = []
    for number, (hit, entry) in enumerate(found):
        brief = number > 0 or hit.role == "choice"
        card = card_of(index, entry, lang=lang, place=place, role=hit.role, brief=brief)
        if decision.kind == "emergency" and number > 0:
            card = replace(card, title=topic_title(index.faq, entry, lang))  # a phone screen has few lines
        cards.append(card)
    return tuple(hit for hit, _ in found), tuple(cards)


def card_of(index: Index, entry: Entry, *, lang: Lang, place: Region, role: Role, brief: bool) -> Card:
    """`make_card`, once for each index. ``entry`` is the index's own."""
    key = (entry.id, lang, place.id, role, brief)
    card = index.cards_made.get(key)
    if card is None:
        card = index.cards_made[key] = make_card(entry, lang=lang, region=place, role=role, brief=brief)
    return card


def _meanwhile(place: Region, lang: Lang, *, rephrase: bool = True) -> str:
    whom = fill(t("unknown.whom", lang, **_braces()), place, lang)
    tail = "\n" + t("unknown.rephrase", lang) if rephrase else ""
    return "\n\n".join((t("unknown.meanwhile", lang), whom + tail))


def _human(index: Index, decision: Decision, place: Region, lang: Lang, kept: _Kept) -> Reply:
    """No one sits behind the bot: say so, and how to reach the community officer and the lines with people."""
    entry = next((e for e in index.faq.entries if e.topic == OFFICER_TOPIC and e.served_in(place.id)), None)
    hotlines = hotline_lines(place, (*GENERAL_HOTLINES, "government"), lang)
    told = replace(decision, kind="answer", reason=None)
    hits: tuple[Hit, ...] = ()
    cards: tuple[Card, ...] = ()
    outro = ""
    if entry is None:
        outro = fill(t("human.officer", lang, **_braces()), place, lang)
        outro = "\n\n".join((outro, hotline_text(hotlines, lang)))
    else:
        hits = (Hit(entry.id, CERTAIN, "answer"),)
        cards = (make_card(entry, lang=lang, region=place, role="answer"),)
    return _reply(told, hits, cards, lang, intro=t("human", lang), outro=outro, kept=kept, hotlines=hotlines)


def _reply(
    decision: Decision,
    hits: Sequence[Hit],
    cards: tuple[Card, ...],
    lang: Lang,
    *,
    intro: str = "",
    outro: str = "",
    kept: _Kept = _Kept(),
    hotlines: tuple[HotlineLine, ...] = (),
) -> Reply:
    told = [notice_text(notice, lang) for notice in kept.told]
    outro = "\n\n".join(part for part in (outro, *told) if part)
    return Reply(
        kind=decision.kind,
        reason=decision.reason if decision.kind == "unknown" else None,
        lang=lang,
        entries=tuple(
            ShownEntry(hit.entry_id, card.topic, card.title, round(hit.confidence, 2), hit.role)
            for hit, card in zip(hits, cards, strict=True)
        ),
        cards=cards,
        why=decision.why,
        notices=kept.notices,
        intro=intro,
        outro=outro,
        text=render_text(decision.kind, cards, lang=lang, intro=intro, outro=outro),
        masked=kept.masked,
        nearest=decision.nearest,
        hotlines=hotlines or (cards[0].hotlines if cards else ()),
    )


def simple_text(reply: Reply) -> str:
    """The reply's plain text in simple mode: verdict, steps one a line, hotlines."""
    return render_text(reply.kind, reply.cards, lang=reply.lang, intro=reply.intro, outro=reply.outro, elder=True)


def notice_text(notice: Notice, lang: Lang) -> str:
    return t(f"notice.{notice}", lang, n=MAX_TEXT) if notice == "truncated" else t(f"notice.{notice}", lang)
