"""An entry as a resident of one region reads it in one language, and cards as plain text.

Wording is picked key by key: traditional script first asks the entry's own `[zh-Hant]`, then derives from
`[zh.<region>]` or `[zh]`; the other languages ask `[<language>.<region>]` first. Words become the region's own
(`[words]` of its file), hotline placeholders its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from bot.core.entry import LIST_KEYS, Entry, Faq, Hotline, Region
from bot.core.reply import Card, HotlineLine, Kind, Lang, Role
from bot.core.text import to_hant
from bot.core.texts import t

#: A brief card behind an emergency gets about two lines of a phone screen.
BRIEF_LEAD = {"zh": 48, "en": 90}
_PLACEHOLDER = re.compile(r" ?\{([a-z][a-z0-9_]*)\} ?")
_PAIR = re.compile(r"\{([a-z][a-z0-9_]*)\} ?(?:或|、|or|/) ?\{([a-z][a-z0-9_]*)\}")
_SENTENCE_END = re.compile(r"(?<=[。！？])(?![”」’』）])|(?<=。[”」’』）])|(?<=[.!?])\s")


def make_card(entry: Entry, *, lang: Lang, region: Region, role: Role, brief: bool = False) -> Card:
    """``brief``: title and the first sentences of the lead, for what stands behind an emergency or in a choice."""

    def get(key: str) -> Any:
        return wording(entry, key, lang=lang, region=region)

    title, lead = str(get("question")), str(get("lead"))
    # Sources back the general wording: where law or office differ, a mainland statute would claim what is not its.
    own = entry.overrides.get(f"{'en' if lang == 'en' else 'zh'}.{region.id}", {})
    sources = () if {"lead", "more"} & own.keys() else entry.sources
    if brief:
        return Card(
            entry_id=entry.id, topic=entry.topic, role=role, risk=entry.risk, title=title, lead=_first(lead, lang),
            signs=(), steps=(), more="", share="", hotlines=(), sources=(), brief=True,
        )  # fmt: skip
    return Card(
        entry_id=entry.id,
        topic=entry.topic,
        role=role,
        risk=entry.risk,
        title=title,
        lead=lead,
        signs=get("signs"),
        steps=get("steps"),
        more=str(get("more")),
        share=str(get("share")),
        hotlines=hotline_lines(region, entry.hotlines, lang),
        sources=tuple(_source(s.title, s.date.isoformat() if s.date else "", lang) for s in sources),
    )


def wording(entry: Entry, key: str, *, lang: Lang, region: Region) -> Any:
    """One wording key (text, or tuple of texts) for a reader: overrides applied, hotlines filled in."""
    language: Literal["zh-Hant", "zh", "en"] = "en" if lang == "en" else "zh"
    if lang == "zh-Hant" and key in entry.overrides.get("zh-Hant", {}):
        language, value = "zh-Hant", entry.overrides["zh-Hant"][key]
    else:
        value = _regional(entry, language, key, region.id)
        if lang == "en" and not value:  # better the Chinese sentence than none
            language, value = "zh", _regional(entry, "zh", key, region.id)

    def read(text: str) -> str:
        text = _local(text, region.words.get(language, {}))
        if lang == "zh-Hant" and language == "zh":
            text = _local(to_hant(text), region.words.get("zh-Hant", {}))
        return fill(text.strip(), region, lang)

    return tuple(read(str(item)) for item in value) if key in LIST_KEYS else read(str(value))


def _local(text: str, words: Mapping[str, str]) -> str:
    """The words of the cards in the region's own; the longest first, and none of the new ones is read again."""
    if not words:
        return text
    known = "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))
    return re.sub(known, lambda match: words[match[0]], text)


def title_of(entry: Entry, *, lang: Lang, region: Region) -> str:
    return str(wording(entry, "question", lang=lang, region=region))


def topic_title(faq: Faq, entry: Entry, lang: Lang) -> str:
    """The short title of an entry's topic, for menus and where lines are few."""
    topic = faq.topics.get(entry.topic)
    if topic is None:
        return entry.en.question if lang == "en" else entry.zh.question
    return _in({"zh": topic.zh, "en": topic.en}, lang)


def _regional(entry: Entry, language: str, key: str, region: str) -> Any:
    override = entry.overrides.get(f"{language}.{region}", {})
    return override[key] if key in override else getattr(entry.zh if language == "zh" else entry.en, key)


def fill(text: str, region: Region, lang: Lang) -> str:
    """Placeholders become the region's numbers; spaces meant for digits vanish around Chinese words. Police or
    ambulance is one number where both have the same."""

    def alike(match: re.Match[str]) -> str:
        same = number_of(region, match[1], lang) == number_of(region, match[2], lang)
        return f"{{{match[1]}}}" if same else match[0]

    def number(match: re.Match[str]) -> str:
        value = number_of(region, match[1], lang)
        head = " " if match[0].startswith(" ") else ""
        tail = " " if match[0].endswith(" ") else ""
        return value if lang != "en" and not value.isascii() else head + value + tail

    return _PLACEHOLDER.sub(number, _PAIR.sub(alike, text))


def number_of(region: Region, name: str, lang: Lang) -> str:
    """The number of a hotline, or the words that stand for it. Validation keeps unknown names out of published
    entries; should one slip in, a resident must not read a brace."""
    hotline = region.hotlines.get(name)
    return _in(hotline.number, lang) if hotline else t("label.official", lang)


def hotline_numbers(region: Region, lang: Lang) -> dict[str, str]:
    """Every hotline's number by name: values for sentences of `bot.core.texts`."""
    return {name: number_of(region, name, lang) for name in region.hotlines}


def hotline_lines(region: Region, names: Sequence[str], lang: Lang) -> tuple[HotlineLine, ...]:
    """The lines by name. Three carriers of the mainland are one "your phone company" elsewhere: shown once."""
    shown: dict[tuple[str, str], HotlineLine] = {}
    for line in (_line(region.hotlines[name], lang) for name in names if name in region.hotlines):
        shown.setdefault((line.number, line.title if line.dial else ""), line)
    return tuple(shown.values())


def _line(hotline: Hotline, lang: Lang) -> HotlineLine:
    number = _in(hotline.number, lang)
    return HotlineLine(
        title=_in(hotline.title, lang),
        number=number,
        purpose=_in(hotline.purpose, lang),
        dial=re.sub(r"[^\d+]", "", number) if hotline.dial else "",
    )


def _in(words: Mapping[str, str], lang: Lang) -> str:
    if lang == "en":
        return words.get("en") or words.get("zh", "")
    return to_hant(words.get("zh", "")) if lang == "zh-Hant" else words.get("zh", "")


def _source(title: str, date: str, lang: Lang) -> str:
    shown = to_hant(title) if lang == "zh-Hant" else title
    return f"{shown} ({date})" if date else shown


def _first(lead: str, lang: Lang) -> str:
    """As many whole sentences of the lead as fit; always the first."""
    limit = BRIEF_LEAD["en" if lang == "en" else "zh"]
    out = ""
    for sentence in filter(None, _SENTENCE_END.split(lead)):
        joined = f"{out} {sentence}" if out and lang == "en" else out + sentence
        if out and len(joined) > limit:
            break
        out = joined
    return _cut(out.strip(), limit)


def one_a_line(text: str) -> str:
    """For large print: each sentence by itself."""
    return "\n".join(filter(None, (part.strip() for part in _SENTENCE_END.split(text))))


def _cut(sentence: str, limit: int) -> str:
    """A sentence too long for its place ends at its last comma that fits, else at a word; the full card has the rest."""
    if len(sentence) <= limit:
        return sentence
    head = sentence[: limit - 1]
    ends = [match.end() for match in re.finditer(r"[，；：,;:](?=\s|[\u3400-\u9fff]|$)", head)]
    if ends and ends[-1] > limit // 2:
        return head[: ends[-1] - 1] + "…"
    return (head.rsplit(" ", 1)[0] if " " in head and sentence.isascii() else head) + "…"


# ---------------------------------------------------------------- plain text
def render_text(
    kind: Kind,
    cards: Sequence[Card],
    *,
    lang: Lang,
    intro: str = "",
    outro: str = "",
    hotlines: Sequence[HotlineLine] = (),
    elder: bool = False,
) -> str:
    """A reply as the terminal and the API show it: what matters first, blocks apart, nothing but text.

    ``elder``: verdict, steps one a line and hotlines; signs and everything optional are left out.
    """
    blocks: list[str] = [intro]
    if kind == "choose" or any(card.role == "choice" for card in cards):
        blocks.append("\n".join(f"{number}. {card.title}" for number, card in enumerate(cards, 1)))
    else:
        full = [card for card in cards if not card.brief]
        brief = [card for card in cards if card.brief]
        blocks += [_card_text(card, lang, urgent=kind == "emergency", elder=elder) for card in full]
        if not (elder and full):
            blocks += _brief_text(brief, lang, urgent=kind == "emergency")
    blocks += [outro, hotline_text(hotlines, lang)]
    return "\n\n".join(block for block in blocks if block)


@lru_cache(maxsize=1024)  # the same few hundred cards all day
def _card_text(card: Card, lang: Lang, *, urgent: bool, elder: bool) -> str:
    """Emergencies open with the act, not with a title, and leave the signs out: the whole fits a phone screen."""
    lead = one_a_line(card.lead) if elder else card.lead
    blocks = [lead] if urgent or elder else [f"【{card.title}】" if lang != "en" else card.title, lead]
    if card.signs and not urgent and not elder:
        blocks.append("\n".join([t("label.signs", lang), *(f"· {sign}" for sign in card.signs)]))
    if card.steps:
        label = t("label.now" if urgent or card.role == "emergency" else "label.do", lang)
        blocks.append("\n".join([label, *(f"{n}. {step}" for n, step in enumerate(card.steps, 1))]))
    # In an emergency the line holds what can be dialled; "the number on your card" stands in the steps.
    listed = [line for line in card.hotlines if line.dial or not urgent]
    blocks.append(hotline_text(listed[:3], lang))
    return "\n\n".join(block for block in blocks if block)


def brief_parts(brief: Sequence[Card], lang: Lang, *, urgent: bool) -> list[tuple[str, list[Card]]]:
    """Behind an emergency the scam types and what else helps stand apart: only the former are "what this looks like"."""
    scams = [card for card in brief if card.risk == "scam"] if urgent else []
    others = [card for card in brief if card not in scams]
    parts = ((t("emergency.also", lang), scams), (t("emergency.see" if urgent else "answer.second", lang), others))
    return [(label, cards) for label, cards in parts if cards]


def _brief_text(brief: Sequence[Card], lang: Lang, *, urgent: bool) -> list[str]:
    parts = brief_parts(brief, lang, urgent=urgent)
    return ["\n".join([label, *(_brief_line(card, lang) for card in cards)]) for label, cards in parts]


def _brief_line(card: Card, lang: Lang) -> str:
    """Title and verdict in one paragraph: behind an emergency every line of the screen counts."""
    asks = card.title.endswith(("？", "?"))
    between = ("" if lang != "en" else " ") if asks else t("label.colon", lang)
    return f"· {card.title}{between}{card.lead}"


def hotline_text(hotlines: Sequence[HotlineLine], lang: Lang) -> str:
    """One line: title and number of each; words that stand for a number say themselves whose they are."""
    if not hotlines:
        return ""
    listed = " · ".join(f"{line.title} {line.number}" if line.dial else line.number for line in hotlines)
    return f"{t('label.hotlines', lang)}{t('label.colon', lang)}{listed}"
