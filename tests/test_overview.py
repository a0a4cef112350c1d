"""The figures of the overview, counted by hand on a few questions, and that the exports hold all that is shown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from editorial_parts import NOW, Parts
from test_console import signed_in

from bot.overview import Overview, as_csv, overdue, overview
from bot.store.base import FeedbackRow, TurnRow

DAY = 86_400


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(parts, parts.eve) as client:
        yield client


def found(parts: Parts, days: int = 7) -> Overview:
    edit = parts.editorial
    return overview(parts.store, edit.published().rows.values(), days=days, today=edit.today(), zone=edit.zone)


def turn(parts: Parts, name: str, kind: str, *, reason: str = "", at: int = NOW, lang: str = "zh-Hans",
         channel: str = "web", topic: str = "") -> TurnRow:  # fmt: skip
    row = TurnRow(
        name, channel, name, "1", name, at, lang, kind, reason, name, (topic,) if topic else (),  # type: ignore[arg-type]
        (topic,) if topic else (),
    )  # fmt: skip
    assert parts.store.turns.record(row)
    return row


def busy(parts: Parts) -> None:
    turn(parts, "a", "answer", topic="fake-loan")
    turn(parts, "b", "answer", topic="fake-loan", at=NOW - DAY, lang="en", channel="telegram")
    turn(parts, "c", "choose", topic="task-rebate")
    turn(parts, "d", "emergency", topic="emergency-transferred", channel="telegram")
    turn(parts, "e", "smalltalk")
    turn(parts, "old", "answer", topic="fake-loan", at=NOW - 20 * DAY)
    parts.ask("没有条目的", group="g1")
    parts.ask("今天天气", group="g2", reason="not_ours")
    for name, helpful in (("a", True), ("b", True), ("c", False)):
        parts.store.turns.add_feedback(FeedbackRow(name, name, helpful, "", NOW))


def test_what_was_asked_answered_and_helpful(parts: Parts) -> None:
    busy(parts)
    week = found(parts)
    assert week.totals["n"] == 7
    assert {k: week.totals[k] for k in ("answer", "choose", "emergency", "unknown", "smalltalk", "not_ours")} == {
        "answer": 2, "choose": 1, "emergency": 1, "unknown": 2, "smalltalk": 1, "not_ours": 1,
    }  # fmt: skip
    # Of five that were ours: small talk and what is not ours say nothing about how well we answer.
    assert week.rates == {"answered": 0.6, "choices": 0.2, "unknown": 0.2, "helpful": round(2 / 3, 4)}
    assert found(parts, 30).totals["answer"] == 3
    assert len(week.by_day) == 7
    assert list(week.by_day.values())[-1]["n"] == 6
    assert week.by_channel["telegram"]["n"] == 2
    assert week.by_language["en"]["n"] == 1
    assert week.by_topic["fake-loan"] == {"n": 2, "answer": 2, "helpful": 2, "unhelpful": 0}
    assert week.waiting == 1


def test_an_empty_week_divides_by_nothing(parts: Parts) -> None:
    week = found(parts)
    assert week.rates == {}
    assert week.coverage_seconds is None
    assert len(week.by_day) == 7
    assert as_csv(week)


def test_time_to_coverage_is_the_median_from_first_question_to_published_answer(parts: Parts) -> None:
    for number, hours in enumerate((2, 30, 50)):
        group = f"g{number}"
        parts.now = NOW - 6 * DAY
        parts.ask(f"第{number}个没见过的", group=group, at=parts.now)
        parts.ask(f"第{number}个没见过的", group=group, at=parts.now + 3600)
        draft = parts.editorial.add_phrasing(group, "community-officer", parts.ann)
        parts.replayed(draft.id, parts.ann)
        parts.now += hours * 3600
        parts.editorial.publish(draft.id, parts.editorial.draft(draft.id, parts.ben).version, parts.ben, override="")
    parts.now = NOW
    week = found(parts)
    assert (week.covered, week.coverage_seconds) == (3, 30 * 3600)


def test_overdue_entries_the_longest_first_and_only_published_ones(parts: Parts) -> None:
    parts.now = NOW + 400 * DAY
    parts.editorial.retire("task-rebate", "过时", parts.eve)
    late = overdue(parts.editorial.published().rows.values(), parts.editorial.today())
    assert "task-rebate" not in dict(late)
    assert late == sorted(late, key=lambda line: (line[1], line[0]))
    assert late


async def test_every_figure_of_the_page_is_in_both_exports(web: httpx.AsyncClient, parts: Parts) -> None:
    busy(parts)
    page = (await web.get("/console/overview?days=7")).text
    assert page.count("<svg") >= 4
    assert re.search(r"<dt>问题</dt><dd>7</dd>", page)
    assert re.search(r"<dt>答上了</dt><dd>60%</dd>", page)
    said = (await web.get("/console/overview.json?days=7")).json()
    week = found(parts)
    assert said["by_topic"] == week.by_topic
    assert said["rates"] == week.rates
    rows = list(csv.reader(io.StringIO((await web.get("/console/overview.csv?days=7")).text.removeprefix("\ufeff"))))
    values = {(section, name, figure): value for section, name, figure, value in rows[1:]}
    assert len(values) == len(rows) - 1
    assert values["total", "", "n"] == "7"
    for section in ("by_day", "by_topic", "by_language", "by_channel"):
        for name, counts in getattr(week, section).items():
            for figure, value in counts.items():
                assert values[section, name, figure] == str(value)
    assert {section for section, _, _ in values} >= {"span", "total", "rate", "queue", "coverage"}
