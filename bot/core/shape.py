"""The shape of every table in faq/: which keys, of which kind, required or not.

A table without findings of level error can be read into the types of `bot.core.entry` without a surprise. What the
texts say is the business of `bot.core.validate`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.entry import BASES, LIST_KEYS, REGIONS, RISKS, WORDING_KEYS, Problem
from bot.core.rules import problem

ENTRY_KEYS = (
    "id", "topic", "risk", "severity", "hotlines", "regions", "related", "reviewed", "review_by", "basis", "sources",
    "zh", "en", "zh-Hant",
)  # fmt: skip
ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: Keys of [zh] and [en] that must be filled; signals teach in Chinese and are optional in English.
_REQUIRED = frozenset({"question", "phrasings", "lead", "signs", "steps", "share"})


class Shape:
    """Collects the findings of one file; every getter reports and returns None where the value is no good."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def report(self, rule: str, key: str, **values: Any) -> None:
        self.problems.append(problem(rule, self.file, key, **values))

    def keys(self, table: Mapping[str, Any], allowed: Collection[str], path: str = "") -> None:
        for key in table:
            if key not in allowed:
                self.report("unknown-key", path + str(key))

    def _get(self, table: Mapping[str, Any], key: str, path: str, required: bool) -> Any:
        if key not in table and required:
            self.report("missing", path + key)
        return table.get(key)

    def text(self, table: Mapping[str, Any], key: str, path: str = "", *, required: bool = True) -> str | None:
        value = self._get(table, key, path, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.report("type", path + key, zh="一段文字", en="a text")
            return None
        if required and not value.strip():
            self.report("missing", path + key)
        return value

    def texts(
        self, table: Mapping[str, Any], key: str, path: str = "", *, required: bool = True, least: int = 0
    ) -> list[str]:
        value = self._get(table, key, path, required)
        if value is None:
            return []
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
            self.report("type", path + key, zh="一列文字", en="a list of texts")
            return []
        if any(not v.strip() for v in value):
            self.report("blank", path + key)
        if len(value) < least:
            self.report("too-few", path + key)
        return list(value)

    def table(self, table: Mapping[str, Any], key: str, path: str = "", *, required: bool = True) -> Mapping[str, Any]:
        value = self._get(table, key, path, required)
        if isinstance(value, Mapping):
            return value
        if value is not None:
            self.report("type", path + key, zh="一个表", en="a table")
        return {}

    def both(self, table: Mapping[str, Any], key: str, path: str = "", *, required: bool = True) -> None:
        """A title in both languages: ``{ zh = "…", en = "…" }``."""
        if key in table or required:
            titles = self.table(table, key, path, required=required)
            if titles:
                self.keys(titles, ("zh", "en"), f"{path}{key}.")
                self.text(titles, "zh", f"{path}{key}.")
                self.text(titles, "en", f"{path}{key}.")

    def choice(self, table: Mapping[str, Any], key: str, choices: Collection[Any]) -> None:
        value = self._get(table, key, "", True)
        if value is not None and (isinstance(value, bool) or value not in choices):
            self.report("choice", key, value=str(value), choices=", ".join(map(str, choices)))

    def date(self, table: Mapping[str, Any], key: str, path: str = "", *, required: bool = True) -> dt.date | None:
        value = self._get(table, key, path, required)
        found = as_date(value)
        if found is None and value is not None:
            self.report("type", path + key, zh="日期，如 2026-11-25", en="a date such as 2026-11-25")
        return found


def as_date(value: Any) -> dt.date | None:
    """A date as TOML gives it, or the ISO string of a form; None where it is neither."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def entry_shape(data: Mapping[str, Any], file: str) -> list[Problem]:
    shape = Shape(file)
    shape.keys(data, ENTRY_KEYS)
    entry_id = shape.text(data, "id")
    if entry_id and not ID.fullmatch(entry_id):
        shape.report("id-form", "id", value=entry_id)
    shape.text(data, "topic")
    shape.choice(data, "risk", RISKS)
    shape.choice(data, "severity", (1, 2, 3))
    shape.choice(data, "basis", BASES)
    shape.texts(data, "hotlines", least=1)
    shape.texts(data, "related", required=False)
    for region in shape.texts(data, "regions", required=False):
        if region not in REGIONS:
            shape.report("choice", "regions", value=region, choices=", ".join(REGIONS))
    shape.date(data, "reviewed")
    shape.date(data, "review_by")
    _sources(shape, data)
    for language in ("zh", "en"):
        _wording(shape, data, language)
    if "zh-Hant" in data:
        _override(shape, data, "zh-Hant", "")
    return shape.problems


def _sources(shape: Shape, data: Mapping[str, Any]) -> None:
    sources = data.get("sources", [])
    if not isinstance(sources, (list, tuple)) or not all(isinstance(s, Mapping) for s in sources):
        shape.report("type", "sources", zh="一列 { title = …, date = … }", en="a list of { title = …, date = … }")
        return
    for number, source in enumerate(sources, 1):
        path = f"sources[{number}]."
        shape.keys(source, ("title", "date", "url"), path)
        shape.text(source, "title", path)
        shape.date(source, "date", path, required=False)
        shape.text(source, "url", path, required=False)


def _wording(shape: Shape, data: Mapping[str, Any], language: str) -> None:
    table = shape.table(data, language)
    if not isinstance(data.get(language), Mapping):
        return  # said already; an empty table lacks every key instead
    path = f"{language}."
    shape.keys(table, (*WORDING_KEYS, *REGIONS), path)
    for key in WORDING_KEYS:
        required = key in _REQUIRED or (key == "signals" and language == "zh")
        if key in LIST_KEYS:
            shape.texts(table, key, path, required=required, least=int(required))
        else:
            shape.text(table, key, path, required=required)
    for region in REGIONS:
        if region in table:
            _override(shape, table, region, path)


def _override(shape: Shape, parent: Mapping[str, Any], name: str, path: str) -> None:
    table = shape.table(parent, name, path)
    shape.keys(table, WORDING_KEYS, f"{path}{name}.")
    for key in table:
        if key in LIST_KEYS:
            shape.texts(table, key, f"{path}{name}.", least=1)
        elif key in WORDING_KEYS:
            shape.text(table, key, f"{path}{name}.")


def topics_shape(data: Mapping[str, Any], file: str) -> list[Problem]:
    shape = Shape(file)
    shape.keys(data, ("groups", "topics"))
    groups = shape.table(data, "groups")
    for group in groups:
        if not _NAME.fullmatch(group) or group in ("regions", "lexicon", "samples"):
            shape.report("id-form", f"groups.{group}", value=group)
        shape.both(groups, group, "groups.")
    topics = shape.table(data, "topics")
    for topic in topics:
        path = f"topics.{topic}."
        if not ID.fullmatch(topic):
            shape.report("id-form", f"topics.{topic}", value=topic)
        table = shape.table(topics, topic, "topics.")
        shape.keys(table, ("group", "zh", "en"), path)
        group_id = shape.text(table, "group", path)
        if group_id and group_id not in groups:
            shape.report("choice", f"{path}group", value=group_id, choices=", ".join(groups))
        shape.text(table, "zh", path)
        shape.text(table, "en", path)
    return shape.problems


def region_shape(data: Mapping[str, Any], file: str) -> list[Problem]:
    shape = Shape(file)
    shape.keys(data, ("id", "name", "timezone", "words", "hotlines", "official"))
    shape.choice(data, "id", REGIONS)
    if isinstance(data.get("id"), str) and f"{data['id']}.toml" != file.rsplit("/", 1)[-1]:
        shape.report("id-file", "id", value=data["id"])
    shape.both(data, "name")
    zone = shape.text(data, "timezone")
    if zone and not _zone_exists(zone):
        shape.report("timezone", "timezone", value=zone)
    words = shape.table(data, "words", required=False)
    shape.keys(words, ("zh", "zh-Hant", "en"), "words.")
    for lang in words:
        here = shape.table(words, lang, "words.")
        for word in here:
            shape.text(here, word, f"words.{lang}.")
    hotlines = shape.table(data, "hotlines")
    for name in hotlines:
        _hotline(shape, hotlines, name)
    official = data.get("official", [])
    if not isinstance(official, (list, tuple)) or not all(isinstance(o, Mapping) for o in official):
        shape.report("type", "official", zh="[[official]] 的列表", en="a list of [[official]]")
        return shape.problems
    for number, site in enumerate(official, 1):
        path = f"official[{number}]."
        shape.keys(site, ("name", "domain", "note"), path)
        shape.both(site, "name", path)
        shape.both(site, "note", path, required=False)
        shape.text(site, "domain", path, required=False)
    return shape.problems


def _hotline(shape: Shape, hotlines: Mapping[str, Any], name: str) -> None:
    path = f"hotlines.{name}."
    if not _NAME.fullmatch(name):
        shape.report("id-form", f"hotlines.{name}", value=name)
    table = shape.table(hotlines, name, "hotlines.")
    shape.keys(table, ("number", "name", "for", "never", "dial"), path)
    number = table.get("number")
    if isinstance(number, Mapping):
        shape.both(table, "number", path)
    else:
        shape.text(table, "number", path)
    shape.both(table, "name", path)
    shape.both(table, "for", path)
    shape.both(table, "never", path, required=False)
    dial = table.get("dial", True)
    if not isinstance(dial, bool):
        shape.report("type", f"{path}dial", zh="true 或 false", en="true or false")
    elif dial and not (isinstance(number, str) and re.fullmatch(r"\+?[\d \-]+", number)):
        shape.report("dial", f"{path}dial")


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # KeyError: no such zone
        return False
    return True


def lexicon_shape(stem: str, data: Mapping[str, Any], file: str) -> list[Problem]:
    shape = Shape(file)
    if stem == "acts":
        shape.keys(data, ("own_card", "act", "flag"))
        shape.texts(data, "own_card", required=False)
        acts = shape.table(data, "act")
        for name in acts:
            path = f"act.{name}."
            table = shape.table(acts, name, "act.")
            shape.keys(table, ("note", "verbs", "objects"), path)
            shape.texts(table, "verbs", path, least=1)
            shape.texts(table, "objects", path, least=1)
        flags = shape.table(data, "flag")
        for name in flags:
            shape.texts(flags, name, "flag.", least=1)
    elif stem == "concepts":
        shape.keys(data, ("concept",))
        _worded(shape, data, "concept", ("zh", "en"), ("note",))
    elif stem == "variants":
        for section in data:
            table = shape.table(data, section)
            for left in table:
                shape.text(table, left, f"{section}.")
    elif stem in ("everyday", "smalltalk"):
        for section in data:
            table = shape.table(data, section)
            danger = (stem, section) == ("smalltalk", "danger")
            shape.keys(table, ("zh", "en", *(("cards",) if danger else ())), f"{section}.")
            shape.texts(table, "cards", f"{section}.", required=False)
            shape.texts(table, "zh", f"{section}.", required=False)
            shape.texts(table, "en", f"{section}.", required=False)
    elif stem == "forbidden":
        shape.keys(data, ("excuse", "claim"))
        excuse = shape.table(data, "excuse", required=False)
        shape.keys(excuse, ("before_zh", "before_en", "sentence_zh", "sentence_en"), "excuse.")
        for key in excuse:
            shape.texts(excuse, key, "excuse.")
        _worded(shape, data, "claim", ("zh", "en", "unless_zh", "unless_en"), ("why", "strict"))
        claims = data.get("claim")
        for name, claim in claims.items() if isinstance(claims, Mapping) else ():
            if isinstance(claim, Mapping):
                shape.both(claim, "why", f"claim.{name}.")
                if not isinstance(claim.get("strict", False), bool):
                    shape.report("type", f"claim.{name}.strict", zh="true 或 false", en="true or false")
    else:
        shape.report("lexicon-file", stem)
    return shape.problems


def _worded(shape: Shape, data: Mapping[str, Any], kind: str, lists: tuple[str, ...], others: tuple[str, ...]) -> None:
    """``[kind.name]`` tables of word lists; at least one of the lists holds a word."""
    tables = shape.table(data, kind)
    for name in tables:
        path = f"{kind}.{name}."
        table = shape.table(tables, name, f"{kind}.")
        shape.keys(table, (*lists, *others), path)
        words = [shape.texts(table, key, path, required=False) for key in lists]
        if table and not any(words):
            shape.report("too-few", f"{kind}.{name}")
