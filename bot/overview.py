"""What admins and editors look at to know how it goes: figures of a span of days, what rises, what is overdue."""

from __future__ import annotations

import csv
import datetime as dt
import io
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.core.shape import as_date
from bot.store.base import EntryRow, GroupRow, Store

PERIODS = (7, 30, 90)
RISING = 12
PAGE = 500


@dataclass(frozen=True, slots=True)
class Rising:
    """A group that grew: questions of the last seven days and of the seven before. A new pattern has no entry yet."""

    group: str
    title: str
    reason: str
    now: int
    before: int
    askers: int


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
    rising: tuple[Rising, ...]
    waiting: int
    coverage_seconds: float | None
    covered: int
    overdue: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def overview(store: Store, rows: Iterable[EntryRow], *, days: int, today: dt.date, zone: dt.tzinfo) -> Overview:
    """Of the last ``days`` days, today included. ``rows``: the entries, as the caller holds them already."""
    since = today - dt.timedelta(days=days - 1)
    counted = store.turns.counts(since_day=since.isoformat(), until_day=today.isoformat())
    totals: Counter[str] = Counter()
    tables: dict[str, dict[str, Counter[str]]] = {"day": {}, "topic": {}, "lang": {}, "channel": {}}
    for offset in range(days):
        tables["day"][(since + dt.timedelta(days=offset)).isoformat()] = Counter()
    for row in counted:
        _add(totals, row)
        for name, table in tables.items():
            _add(table.setdefault(str(row[name]), Counter()), row)
    start = int(dt.datetime.combine(since, dt.time(), zone).timestamp())
    seconds = coverage(_all(store, ("answered",)), start=start)
    return Overview(
        since=since.isoformat(),
        until=today.isoformat(),
        totals=dict(totals),
        rates=_rates(totals),
        by_day={day: dict(counts) for day, counts in sorted(tables["day"].items())},
        by_topic=_sorted(tables["topic"]),
        by_language=_sorted(tables["lang"]),
        by_channel=_sorted(tables["channel"]),
        rising=tuple(rising(_all(store, ("open", "claimed"), most=PAGE), today)),
        waiting=store.queue.count(reason="ours"),
        coverage_seconds=statistics.median(seconds) if seconds else None,
        covered=len(seconds),
        overdue=tuple(overdue(rows, today)),
    )


def _add(counts: Counter[str], row: Mapping[str, Any]) -> None:
    counts["n"] += row["n"]
    counts[row["kind"]] += row["n"]
    if row["reason"]:
        counts[row["reason"]] += row["n"]
    counts["helpful"] += row["helpful"]
    counts["unhelpful"] += row["unhelpful"]


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


def _all(store: Store, states: Sequence[Any], *, most: int = 100_000) -> list[GroupRow]:
    out: list[GroupRow] = []
    while len(out) < most:
        page = store.queue.groups(states=states, limit=PAGE, offset=len(out))
        out += page
        if len(page) < PAGE:
            break
    return out


def coverage(groups: Iterable[GroupRow], *, start: int) -> list[int]:
    """Seconds from the first question to the publication that answered it, of groups closed since ``start``."""
    return [
        g.closed_at - g.first_seen
        for g in groups
        if g.resolution not in ("", "once") and g.closed_at >= start and g.closed_at >= g.first_seen
    ]


def rising(groups: Iterable[GroupRow], today: dt.date) -> list[Rising]:
    """Groups that are asked more this week than the week before, the steepest first."""
    last = today.isoformat()
    week, fortnight = ((today - dt.timedelta(days=d)).isoformat() for d in (7, 14))
    found: list[Rising] = []
    for group in groups:
        now = before = 0
        for day, count in group.days.items():
            if week < day <= last:
                now += count
            elif fortnight < day <= week:
                before += count
        if now >= 2 and now > before:
            found.append(Rising(group.id, group.title, group.reason, now, before, group.askers))
    return sorted(found, key=lambda r: (r.before - r.now, -r.askers, r.group))[:RISING]


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
