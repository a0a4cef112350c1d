"""`faq check`: every rule of the content over the whole folder, each finding with file, key and remedy."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.core.claims import Claims
from bot.core.entry import Dialogue, Problem, Sample, Topic
from bot.core.phrasings import find_duplicates, phrase_key, phrasings_of
from bot.core.rules import problem
from bot.core.validate import validate_entry
from bot.faqfiles import DOCUMENT_FOLDERS, TOPICS_FILE, Scan, is_entry, regions_from_tables, scan, topics_from_table
from bot.faqfolds import check_matching

FORBIDDEN = "lexicon/forbidden.toml"


def check(folder: Path, *, fast: bool = False, today: dt.date, workers: int = 0) -> list[Problem]:
    """Every finding, by file; ``fast`` leaves out what needs the matcher (folds and samples).

    ``workers``: processes for the folds, 0 for one a core.
    """
    result = scan(folder)
    found = [*check_scan(result, today=today), *_stray(folder)]
    if result.faq is not None and not fast:
        found += check_matching(result.faq, workers=workers)
    return sorted(dict.fromkeys(found), key=lambda p: (p.file, p.level, p.key, p.text))


def check_scan(result: Scan, *, today: dt.date) -> list[Problem]:
    """The rules that need no matcher, on a folder already read; a ruined file does not stop the others' check."""
    found = list(result.problems)
    tables = result.tables
    topics: dict[str, Topic] = topics_from_table(tables[TOPICS_FILE])[1] if TOPICS_FILE in tables else {}
    regions = regions_from_tables(tables)
    claims = Claims(tables.get(FORBIDDEN, {}))
    entries = {path: table for path, table in tables.items() if is_entry(path)}
    ids = {str(table.get("id")) for table in entries.values()}
    shaped = set(result.problems)
    for path, table in entries.items():
        problems = validate_entry(
            table, file=path, topics=topics, regions=regions, today=today, entry_ids=ids, claims=claims
        )
        # Without a readable topics.toml every topic would look unknown; its own finding says enough.
        found += [p for p in problems if p not in shaped and (topics or p.key not in ("topic", "related"))]
    found += find_duplicates(entries, within=False)
    found += _ids(entries)
    found += _coverage(result, entries, topics)
    found += _samples(result, entries, topics)
    if entries:
        own_cards = tables.get("lexicon/acts.toml", {}).get("own_card", ())
        found += [problem("related", "lexicon/acts.toml", "own_card", value=i) for i in own_cards if i not in ids]
        dangers = tables.get("lexicon/smalltalk.toml", {}).get("danger", {}).get("cards", ())
        found += [
            problem("related", "lexicon/smalltalk.toml", "danger.cards", value=i) for i in dangers if i not in ids
        ]
    return found


def _ids(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, table in sorted(entries.items()):
        entry_id = table.get("id")
        other = seen.setdefault(entry_id, path) if isinstance(entry_id, str) else path
        if other != path:
            yield problem("duplicate-id", path, "id", other=other)


def _coverage(result: Scan, entries: Mapping[str, Mapping[str, Any]], topics: Mapping[str, Topic]) -> Iterator[Problem]:
    """Every topic has an entry. A file that cannot be read counts, by its name: its own finding says enough."""
    covered = {str(table.get("topic")) for table in entries.values()}
    covered |= {path.rsplit("/", 1)[-1].removesuffix(".toml") for path in result.files if is_entry(path)}
    for topic in topics:
        if topic not in covered:
            yield problem("topic-empty", TOPICS_FILE, f"topics.{topic}")
    groups = result.tables[TOPICS_FILE]["groups"] if TOPICS_FILE in result.tables else None
    for path in result.files:
        folder = path.rpartition("/")[0]
        if groups is not None and is_entry(path) and folder not in groups:
            yield problem("folder", path, "-", folder=folder)


def _samples(result: Scan, entries: Mapping[str, Mapping[str, Any]], topics: Mapping[str, Topic]) -> Iterator[Problem]:
    held = {phrase_key(text): path for path, table in entries.items() for _, text in phrasings_of(table)}
    for path, number, sample in result.samples:
        named = [t for turn in sample.topics for t in turn] if isinstance(sample, Dialogue) else sample.topics
        for topic in named:
            if topics and topic not in topics:
                yield problem("topic", path, f"line {number}", value=topic)
        other = held.get(phrase_key(sample.text)) if isinstance(sample, Sample) else None
        if isinstance(sample, Sample) and other:
            yield problem("sample-leak", path, f"line {number}", text=sample.text, other=other)


def _stray(folder: Path) -> Iterator[Problem]:
    """Files that an editor may believe to be part of the FAQ, and that are not read."""
    for path in sorted(folder.glob("*/*")) if folder.is_dir() else ():
        wanted = DOCUMENT_FOLDERS.get(path.parent.name, ".toml")
        if path.is_dir() or (path.suffix != wanted and not path.name.startswith((".", "~", "#"))):
            yield problem("stray", f"{path.parent.name}/{path.name}", "-")


def render(problems: list[Problem], *, as_json: bool = False) -> str:
    """One line a finding; JSON for scripts."""
    if as_json:
        rows = [{"file": p.file, "key": p.key, "level": p.level, "text": p.text, "remedy": p.remedy} for p in problems]
        return json.dumps(rows, ensure_ascii=False, indent=1)
    return "\n".join(map(str, problems))
