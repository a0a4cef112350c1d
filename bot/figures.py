"""The few figures that staff see at a glance: today and the last seven days."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from bot.store.base import Clock, Store


def week(store: Store, *, clock: Clock, timezone: str) -> dict[str, int]:
    """{today, week, unknown (per cent), emergency, helpful, unhelpful, waiting}"""
    today = dt.datetime.fromtimestamp(clock(), ZoneInfo(timezone)).date()
    since = today - dt.timedelta(days=6)
    rows = store.turns.counts(since_day=since.isoformat(), until_day=today.isoformat())
    total = sum(row["n"] for row in rows)
    unknown = sum(row["n"] for row in rows if row["kind"] == "unknown" and row["reason"] == "no_entry")
    return {
        "today": sum(row["n"] for row in rows if row["day"] == today.isoformat()),
        "week": total,
        "unknown": round(100 * unknown / total) if total else 0,
        "emergency": sum(row["n"] for row in rows if row["kind"] == "emergency"),
        "helpful": sum(row["helpful"] for row in rows),
        "unhelpful": sum(row["unhelpful"] for row in rows),
        "waiting": store.queue.count(reason="ours"),
    }
