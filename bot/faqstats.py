"""`faq stats`: how far the FAQ reaches and how fresh it is, as data and as text."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.core.entry import Entry, Faq
from bot.core.phrasings import guess_style
from bot.core.validate import WARN_DAYS
from bot.faqfiles import read_faq


@dataclass(frozen=True, slots=True)
class GroupStats:
    """One line of the table by group; ``zh`` and ``en`` count phrasings, ``urgent`` those of both languages."""

    group: str
    title: str
    topics: int
    covered: int
    entries: int
    zh: int
    en: int
    urgent: int
    signals: int
    samples: int
    oldest_review: str


@dataclass(frozen=True, slots=True)
class FaqStats:
    topics: int
    covered: int
    missing: tuple[str, ...]
    entries: int
    zh: int
    en: int
    urgent_zh: int
    urgent_en: int
    styles: dict[str, int]
    samples: int
    urgent_samples: int
    dialogues: int
    concepts: int
    variants: int
    everyday: int
    overdue: tuple[str, ...]
    due: tuple[str, ...]
    groups: tuple[GroupStats, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return _render(self)


def stats(folder: Path, *, today: dt.date) -> FaqStats:
    """Figures of a folder; FaqError where it cannot be read."""
    return faq_stats(read_faq(folder), today=today)


def faq_stats(faq: Faq, *, today: dt.date) -> FaqStats:
    covered = {entry.topic for entry in faq.entries}
    soon = today + dt.timedelta(days=WARN_DAYS)
    styles = Counter(guess_style(t) for e in faq.entries for t in (*_phrasings(e, "zh"), *_phrasings(e, "en")))
    lexicon = faq.lexicon
    return FaqStats(
        topics=len(faq.topics),
        covered=sum(topic in covered for topic in faq.topics),
        missing=tuple(topic for topic in faq.topics if topic not in covered),
        entries=len(faq.entries),
        zh=sum(len(_phrasings(e, "zh")) for e in faq.entries),
        en=sum(len(_phrasings(e, "en")) for e in faq.entries),
        urgent_zh=sum(len(e.zh.urgent) for e in faq.entries),
        urgent_en=sum(len(e.en.urgent) for e in faq.entries),
        styles={style: styles[style] for style in ("short", "question", "story", "paste")},
        samples=len(faq.samples),
        urgent_samples=sum(s.urgent for s in faq.samples),
        dialogues=len(faq.dialogues),
        concepts=len(lexicon.get("concepts", {}).get("concept", {})),
        variants=sum(map(len, lexicon.get("variants", {}).values())),
        everyday=sum(len(words) for part in lexicon.get("everyday", {}).values() for words in part.values()),
        overdue=tuple(e.id for e in faq.entries if e.review_by < today),
        due=tuple(e.id for e in faq.entries if today <= e.review_by <= soon),
        groups=tuple(_group(faq, group) for group in faq.groups),
    )


def _phrasings(entry: Entry, language: str) -> tuple[str, ...]:
    wording = entry.zh if language == "zh" else entry.en
    return (*wording.phrasings, *wording.urgent)


def _group(faq: Faq, group: str) -> GroupStats:
    topics = {topic.id for topic in faq.topics.values() if topic.group == group}
    entries = [entry for entry in faq.entries if entry.topic in topics]
    return GroupStats(
        group=group,
        title=faq.groups[group]["zh"],
        topics=len(topics),
        covered=len({entry.topic for entry in entries}),
        entries=len(entries),
        zh=sum(len(_phrasings(e, "zh")) for e in entries),
        en=sum(len(_phrasings(e, "en")) for e in entries),
        urgent=sum(len(e.zh.urgent) + len(e.en.urgent) for e in entries),
        signals=sum(len(e.zh.signals) + len(e.en.signals) for e in entries),
        samples=sum(bool(s.topics) and s.topics[0] in topics for s in faq.samples),
        oldest_review=min((e.review_by for e in entries), default=dt.date.max).isoformat() if entries else "",
    )


# ---------------------------------------------------------------- text
_HEAD = ("组 / group", "主题 / topics", "条目 / entries", "中文 / zh", "英文 / en", "紧急 / urgent", "词 / signals",
         "样本 / samples", "最早复核 / review by")  # fmt: skip


def _render(s: FaqStats) -> str:
    styles = "  ".join(f"{name} {count}" for name, count in s.styles.items())
    lines = [
        f"主题 / topics: {s.covered} / {s.topics}" + (f"，缺 / missing: {', '.join(s.missing)}" if s.missing else ""),
        f"条目 / entries: {s.entries}",
        f"说法 / phrasings: 中文 / zh {s.zh}（紧急 / urgent {s.urgent_zh}），英文 / en {s.en}（{s.urgent_en}）",
        f"样式（估计）/ style (guess): {styles}",
        f"样本 / samples: {s.samples}（紧急 / urgent {s.urgent_samples}），对话 / dialogues {s.dialogues}",
        f"词表 / lexicon: concepts {s.concepts}, variants {s.variants}, everyday {s.everyday}",
        f"复核过期 / review overdue: {', '.join(s.overdue) or '0'}",
        f"{WARN_DAYS} 天内要复核 / due within {WARN_DAYS} days: {', '.join(s.due) or '0'}",
        "",
        *_table([_HEAD, *(_row(group) for group in s.groups)]),
    ]
    return "\n".join(lines)


def _row(g: GroupStats) -> tuple[str, ...]:
    numbers = (g.entries, g.zh, g.en, g.urgent, g.signals, g.samples)
    return (f"{g.group} {g.title}", f"{g.covered}/{g.topics}", *map(str, numbers), g.oldest_review)


def _table(rows: list[tuple[str, ...]]) -> Iterable[str]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
