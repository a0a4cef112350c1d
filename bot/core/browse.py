"""Looking around in the FAQ without a question: topics, lists, cards found by a few words. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.answer import Shown, card_of, region_of
from bot.core.card import title_of, topic_title
from bot.core.entry import Entry
from bot.core.reply import Card, Lang
from bot.core.text import normalise, to_hant

if TYPE_CHECKING:
    from bot.core.index import Index


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry in a list."""

    id: str
    topic: str
    group: str
    title: str


def entries(index: Shown, *, lang: Lang, region: str) -> list[EntryLine]:
    """Every entry served in the region, by id; the title is its question."""
    place = region_of(index, region)
    return [
        EntryLine(entry.id, entry.topic, _group(index, entry), title_of(entry, lang=lang, region=place))
        for entry in index.faq.entries
        if entry.served_in(region)
    ]


def topics(index: Shown, *, lang: Lang, region: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(group, title, [(entry, title)]). An entry goes by the short title of its topic, or by its question where
    several entries share the topic."""
    place = region_of(index, region)
    served = [entry for entry in index.faq.entries if entry.served_in(region)]
    shared = Counter(entry.topic for entry in served)
    order = {topic: number for number, topic in enumerate(index.faq.topics)}
    served.sort(key=lambda entry: (order.get(entry.topic, len(order)), entry.id))
    out: list[tuple[str, str, list[tuple[str, str]]]] = []
    for group, titles in index.faq.groups.items():
        lines: list[tuple[str, str]] = []
        for entry in served:
            if _group(index, entry) == group:
                own = shared[entry.topic] > 1
                title = title_of(entry, lang=lang, region=place) if own else topic_title(index.faq, entry, lang)
                lines.append((entry.id, title))
        if lines:
            out.append((group, _words(titles["zh"], titles["en"], lang), lines))
    return out


def search(index: Index, query: str, *, lang: Lang, region: str, limit: int) -> list[Card]:
    """Entries in whose title, topic or signals the words stand, then those that would answer them as a question."""
    from bot.core.policy import decide

    wanted = normalise(query)
    if not wanted:
        return []
    place = region_of(index, region)
    served = {entry.id: entry for entry in index.faq.entries if entry.served_in(region)}
    decision = decide(index, query, region=region)
    asked = [hit.entry_id for hit in decision.hits] + [entry for entry, _ in decision.nearest]
    ranks = {entry_id: len(asked) - number for number, entry_id in reversed(list(enumerate(asked)))}
    words = {entry_id: _stands(index, entry_id, wanted) for entry_id in served}
    if decision.kind in ("smalltalk", "unknown"):
        ranks = {}
    found = [entry_id for entry_id in served if words[entry_id] or entry_id in ranks]
    found.sort(key=lambda entry_id: (-words[entry_id], -ranks.get(entry_id, 0), entry_id))
    return [card_of(index, served[e], lang=lang, place=place, role="answer", brief=False) for e in found[:limit]]


def _stands(index: Index, entry_id: str, wanted: str) -> int:
    """2: in the title or topic; 1: a signal; 0: not at all."""
    if not index.searched:  # normal forms of some thousand strings: made once, not for each letter that is typed
        index.searched.update({entry.id: _searched(index, entry) for entry in index.faq.entries})
    titles, signals = index.searched[entry_id]
    return 2 if wanted in titles else int(wanted in signals)


def _searched(index: Index, entry: Entry) -> tuple[str, str]:
    """Titles and signals in normal form, one a line: no query has a line break."""
    topic = index.faq.topics.get(entry.topic)
    titles = (entry.zh.question, entry.en.question, topic.zh if topic else "", topic.en if topic else "")
    signals = (*entry.zh.signals, *entry.en.signals)
    return "\n".join(map(normalise, titles)), "\n".join(map(normalise, signals))


def _words(zh: str, en: str, lang: Lang) -> str:
    return en if lang == "en" else to_hant(zh) if lang == "zh-Hant" else zh


def _group(index: Shown, entry: Entry) -> str:
    topic = index.faq.topics.get(entry.topic)
    return topic.group if topic else ""
