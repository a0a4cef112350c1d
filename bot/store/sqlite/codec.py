"""Between rows and records: JSON columns, text that any engine can hold, days of the service's time zone."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from bot.store.base import GroupRow, TurnRow, UnansweredRow


def text(value: str) -> str:
    """Without NUL and lone surrogates, which a resident can send and no database takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode()
    return value.replace("\0", "�") if "\0" in value else value


def dump(value: Any) -> str:
    """Compact JSON, characters readable, keys in the order given."""
    return text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def load(value: str) -> Any:
    return json.loads(value)


def ids(values: Iterable[str]) -> str:
    """For ``IN (SELECT value FROM json_each(?))``: a list of any length as one parameter."""
    return dump(list(values))


class Days:
    """ISO day of a moment in the service's time zone: what counts are kept under."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def of(self, at: int) -> str:
        return dt.datetime.fromtimestamp(at, self._zone).date().isoformat()


def turn(row: sqlite3.Row) -> TurnRow:
    return TurnRow(
        id=row["id"],
        channel=row["channel"],
        chat=row["chat"],
        message=row["message"],
        asker=row["asker"],
        at=row["at"],
        lang=row["lang"],
        kind=row["kind"],
        reason=row["reason"],
        masked=row["masked"],
        entry_ids=tuple(load(row["entry_ids"])),
        topics=tuple(load(row["topics"])),
        nearest=_pairs(row["nearest"]),
        confidence=row["confidence"],
        group_id=row["group_id"],
        choice=row["choice"],
        answered_in=row["answered_in"],
    )


def unanswered(row: sqlite3.Row) -> UnansweredRow:
    return UnansweredRow(
        id=row["id"],
        turn_id=row["turn_id"],
        masked=row["masked"],
        lang=row["lang"],
        channel=row["channel"],
        asker=row["asker"],
        at=row["at"],
        reason=row["reason"],
        nearest=_pairs(row["nearest"]),
        group_id=row["group_id"],
    )


def group(row: sqlite3.Row) -> GroupRow:
    return GroupRow(
        id=row["id"],
        title=row["title"],
        reason=row["reason"],
        state=row["state"],
        questions=row["questions"],
        askers=row["askers"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        harm=row["harm"],
        nearest=_pairs(row["nearest"]),
        claimed_by=row["claimed_by"],
        claimed_at=row["claimed_at"],
        closed_by=row["closed_by"],
        closed_at=row["closed_at"],
        resolution=row["resolution"],
        days=load(row["days"]),
        merged_into=row["merged_into"],
    )


def _pairs(value: str) -> tuple[tuple[str, float], ...]:
    return tuple((str(name), float(score)) for name, score in load(value))
