"""An FAQ entry as the files describe it, and the whole published FAQ as one value.

The file format is section 8 of the product's contract (see faq/README.md). Everything here is immutable;
``entry_from_dict(entry_to_dict(e)) == e``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Risk = Literal["emergency", "scam", "caution", "info"]
Basis = Literal["official", "common"]
Level = Literal["error", "warning"]
RISKS: tuple[str, ...] = get_args(Risk)
BASES: tuple[str, ...] = get_args(Basis)

#: Keys of a language table, in the canonical order of the file.
WORDING_KEYS = ("question", "phrasings", "urgent", "signals", "lead", "signs", "steps", "more", "share")
LIST_KEYS = frozenset({"phrasings", "urgent", "signals", "signs", "steps"})
REGIONS = ("cn", "hk", "tw", "sg")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of validation: where, how bad, what, and what to do about it."""

    file: str
    key: str
    level: Level
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.key}: {self.level}: {self.text}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    date: dt.date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """One language of an entry. Lists are in the order that the reader sees."""

    question: str = ""
    phrasings: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    lead: str = ""
    signs: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    more: str = ""
    share: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A curated answer. ``overrides`` holds single wording keys that read differently:
    ``{"zh-Hant": {...}, "zh.hk": {...}, "en.sg": {...}}``."""

    id: str
    topic: str
    risk: Risk
    severity: int
    hotlines: tuple[str, ...]
    related: tuple[str, ...]
    reviewed: dt.date
    review_by: dt.date
    basis: Basis
    zh: Wording
    en: Wording
    sources: tuple[Source, ...] = ()
    regions: tuple[str, ...] = ()
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def served_in(self, region: str) -> bool:
        """Whether the entry is shown in a region; no ``regions`` means everywhere."""
        return not self.regions or region in self.regions


@dataclass(frozen=True, slots=True)
class Topic:
    """What an entry is about; ``zh`` and ``en`` are titles for lists and menus."""

    id: str
    group: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Hotline:
    """A number that a region's texts name by placeholder. ``dial`` is False where it is words, not a number."""

    name: str
    number: Mapping[str, str]  # by language, "zh" and "en"
    title: Mapping[str, str]
    purpose: Mapping[str, str]
    never: Mapping[str, str]
    dial: bool = True


@dataclass(frozen=True, slots=True)
class Region:
    id: str
    name: Mapping[str, str]
    timezone: str
    hotlines: Mapping[str, Hotline]
    official: tuple[Mapping[str, Any], ...] = ()
    #: What a word of the cards is called there, by language: ``{"zh": {"派出所": "警署"}, "zh-Hant": {"簡訊": "短訊"}}``.
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """A question of the golden set with the topics that should answer it, best first (none: not ours)."""

    text: str
    topics: tuple[str, ...]
    urgent: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A golden conversation: for every turn the topics that should answer it, best first."""

    turns: tuple[str, ...]
    topics: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Faq:
    """Everything that is published together, under one generation.

    ``lexicon``: parsed faq/lexicon files by stem (``{"concepts": {...}, "everyday": {...}}``).
    ``groups``: group id -> titles by language, in the order of faq/topics.toml.
    """

    entries: tuple[Entry, ...]
    topics: Mapping[str, Topic]
    groups: Mapping[str, Mapping[str, str]]
    regions: Mapping[str, Region]
    lexicon: Mapping[str, Mapping[str, Any]]
    samples: tuple[Sample, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()

    def entry(self, entry_id: str) -> Entry | None:
        return next((e for e in self.entries if e.id == entry_id), None)

    def emergencies(self, region: str) -> list[Entry]:
        """The emergency entries of a region in the order of faq/topics.toml."""
        order = {topic: number for number, topic in enumerate(self.topics)}
        found = [e for e in self.entries if e.risk == "emergency" and e.served_in(region)]
        return sorted(found, key=lambda e: (order.get(e.topic, len(order)), e.id))


def wording_from_dict(data: Mapping[str, Any]) -> Wording:
    """A language table as TOML gives it; unknown keys are validation's business, not ours."""
    values: dict[str, Any] = {
        key: tuple(data.get(key, ())) if key in LIST_KEYS else str(data.get(key, "")).strip() for key in WORDING_KEYS
    }
    return Wording(**values)


def wording_to_dict(wording: Wording) -> dict[str, Any]:
    """Empty keys are left out, so that a file says only what it means."""
    out: dict[str, Any] = {}
    for key in WORDING_KEYS:
        value = getattr(wording, key)
        if value:
            out[key] = list(value) if key in LIST_KEYS else value
    return out


def entry_from_dict(data: Mapping[str, Any]) -> Entry:
    """An entry from parsed TOML (dates as ``date``) or JSON (dates as ISO strings).

    Raises KeyError, TypeError or ValueError on data that validation would refuse: validate first.
    """
    overrides: dict[str, Mapping[str, Any]] = {}
    for language in ("zh", "en"):
        for region in REGIONS:
            if region in data[language]:
                overrides[f"{language}.{region}"] = dict(data[language][region])
    if "zh-Hant" in data:
        overrides["zh-Hant"] = dict(data["zh-Hant"])
    return Entry(
        id=data["id"],
        topic=data["topic"],
        risk=data["risk"],
        severity=int(data["severity"]),
        hotlines=tuple(data.get("hotlines", ())),
        related=tuple(data.get("related", ())),
        reviewed=_date(data["reviewed"]),
        review_by=_date(data["review_by"]),
        basis=data["basis"],
        zh=wording_from_dict(data["zh"]),
        en=wording_from_dict(data["en"]),
        sources=tuple(
            Source(s["title"], _date(s["date"]) if s.get("date") else None, s.get("url", ""))
            for s in data.get("sources", ())
        ),
        regions=tuple(data.get("regions", ())),
        overrides=overrides,
    )


def entry_to_dict(entry: Entry, *, iso_dates: bool = False) -> dict[str, Any]:
    """The canonical table of an entry; ``iso_dates`` for JSON, which has no dates."""

    def date(value: dt.date) -> Any:
        return value.isoformat() if iso_dates else value

    out: dict[str, Any] = {
        "id": entry.id,
        "topic": entry.topic,
        "risk": entry.risk,
        "severity": entry.severity,
        "hotlines": list(entry.hotlines),
    }
    if entry.regions:
        out["regions"] = list(entry.regions)
    out["related"] = list(entry.related)
    out |= {"reviewed": date(entry.reviewed), "review_by": date(entry.review_by), "basis": entry.basis}
    if entry.sources:
        out["sources"] = [
            {"title": s.title} | ({"date": date(s.date)} if s.date else {}) | ({"url": s.url} if s.url else {})
            for s in entry.sources
        ]
    for language, wording in (("zh", entry.zh), ("en", entry.en)):
        table = wording_to_dict(wording)
        for region in REGIONS:
            if f"{language}.{region}" in entry.overrides:
                table[region] = dict(entry.overrides[f"{language}.{region}"])
        out[language] = table
    if "zh-Hant" in entry.overrides:
        out["zh-Hant"] = dict(entry.overrides["zh-Hant"])
    return out


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def texts_of(entry: Entry, language: Literal["zh", "en"]) -> Sequence[str]:
    """Every string of a language that teaches the matcher: question, phrasings, urgent."""
    wording: Wording = getattr(entry, language)
    return (wording.question, *wording.phrasings, *wording.urgent)
