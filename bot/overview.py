"""What admins and editors look at to know how it goes: figures of a span of days, what rises, what is overdue."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.core.shape import as_date
from bot.store.base import EntryRow, RisingRow, Store, SumKey

PERIODS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class Overview:
    """``by_…``: name -> counts {n, helpful, unhelpful, answer, choose, emergency, unknown, smalltalk}.
    ``coverage_seconds``: true median from the first question unanswered to the published answer; None without one."""

    since: str
    until: str
    totals: Mapping[str, int]
    rates: Mapping[str, float]
    by_day: Mapping[str, Mapping[str, int]]
    by_topic: Mapping[str, Mapping[str, int]]
    by_language: Mapping[str, Mapping[str, int]]
    by_channel: Mapping[str, Mapping[str, int]]
    rising: tuple[RisingRow, ...]
    waiting: int
    coverage_seconds: float | None
    covered: int
    overdue: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def overview(store: Store, rows: Iterable[EntryRow], *, days: int, today: dt.date, zone: dt.tzinfo) -> Overview:
    """Of the last ``days`` days, today included. ``rows``: the entries, as the caller holds them already."""
    since = today - dt.timedelta(days=days - 1)

    def table(key: SumKey) -> dict[str, Counter[str]]:
        out: dict[str, Counter[str]] = {}
        for row in store.turns.sums(key, since_day=since.isoformat(), until_day=today.isoformat()):
            _add(out.setdefault(row["value"], Counter()), row)
        return out

    by_day = {(since + dt.timedelta(days=offset)).isoformat(): Counter[str]() for offset in range(days)}
    by_day |= table("day")
    totals = _sum(by_day.values())
    start = int(dt.datetime.combine(since, dt.time(), zone).timestamp())
    covered, median = store.queue.coverage(since=start)
    return Overview(
        since=since.isoformat(),
        until=today.isoformat(),
        totals=dict(totals),
        rates=_rates(totals),
        by_day={day: dict(counts) for day, counts in sorted(by_day.items())},
        by_topic=_sorted(table("topic")),
        by_language=_sorted(table("lang")),
        by_channel=_sorted(table("channel")),
        rising=tuple(store.queue.rising(today=today.isoformat())),
        waiting=store.queue.count(reason="ours"),
        coverage_seconds=median,
        covered=covered,
        overdue=tuple(overdue(rows, today)),
    )


def _add(counts: Counter[str], row: Mapping[str, Any]) -> None:
    counts["n"] += row["n"]
    counts[row["kind"]] += row["n"]
    if row["reason"]:
        counts[row["reason"]] += row["n"]
    counts["helpful"] += row["helpful"]
    counts["unhelpful"] += row["unhelpful"]


def _sum(tables: Iterable[Counter[str]]) -> Counter[str]:
    out: Counter[str] = Counter()
    for counts in tables:
        out.update(counts)
    return out


def _rates(totals: Mapping[str, int]) -> dict[str, float]:
    """Shares of what was asked of us: smalltalk and what is not ours are left out."""
    ours = totals.get("n", 0) - totals.get("smalltalk", 0) - totals.get("not_ours", 0)
    rated = totals.get("helpful", 0) + totals.get("unhelpful", 0)
    answered = totals.get("answer", 0) + totals.get("emergency", 0)
    shares = {
        "answered": (answered, ours),
        "choices": (totals.get("choose", 0), ours),
        "unknown": (totals.get("no_entry", 0), ours),
        "helpful": (totals.get("helpful", 0), rated),
    }
    return {name: round(part / whole, 4) for name, (part, whole) in shares.items() if whole > 0}


def _sorted(table: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(c) for name, c in sorted(table.items(), key=lambda item: (-item[1]["n"], item[0]))}


def overdue(rows: Iterable[EntryRow], today: dt.date) -> list[tuple[str, str]]:
    """(entry, day by which it was to be reviewed) of published entries past it, the longest first."""
    days = ((row.id, as_date(row.body.get("review_by"))) for row in rows if row.state == "published")
    return sorted(((i, d.isoformat()) for i, d in days if d and d < today), key=lambda item: (item[1], item[0]))


# ---------------------------------------------------------------- export
def as_csv(found: Overview) -> str:
    """Everything shown, one figure a line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("section", "name", "figure", "value"))
    for section, name, figure, value in _lines(found):
        writer.writerow([harmless(cell) for cell in (section, name, figure, value)])
    return "\ufeff" + out.getvalue()  # with it, spreadsheets read the Chinese


def _lines(found: Overview) -> Iterable[tuple[str, str, str, Any]]:
    yield "span", "since", "", found.since
    yield "span", "until", "", found.until
    for figure, value in found.totals.items():
        yield "total", "", figure, value
    for figure, share in found.rates.items():
        yield "rate", "", figure, share
    for section in ("by_day", "by_topic", "by_language", "by_channel"):
        for name, counts in getattr(found, section).items():
            for figure, value in counts.items():
                yield section, name, figure, value
    for line in found.rising:
        yield "rising", line.title, line.group, line.now - line.before
    yield "queue", "", "waiting", found.waiting
    yield "coverage", "", "median_seconds", "" if found.coverage_seconds is None else found.coverage_seconds
    yield "coverage", "", "covered", found.covered
    for entry, day in found.overdue:
        yield "overdue", entry, "review_by", day


def harmless(value: Any) -> Any:
    """A cell that begins like a formula would be run by a spreadsheet: residents' words must not."""
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%"):
        return f"'{value}"
    return f"'{value}" if isinstance(value, str) and value[:1] in ("\t", "\r", "\n") else value
