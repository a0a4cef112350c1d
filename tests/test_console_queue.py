"""The console's queue: ranked, told why, and nothing done twice when two editors are at the same group."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from editorial_parts import NOW, Parts
from test_console import sign_in, signed_in

from bot.channels.web.console.routes import TABLE

DAY = 86_400
EVIL = {"origin": "https://evil.example"}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(parts, parts.ben) as client:
        yield client


# ---------------------------------------------------------------- what it shows
async def test_what_more_people_ask_stands_first_with_its_trend_and_why(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.ask("一个人问的事", group="g1")
    for number in range(3):
        parts.ask("三个人问的事", group="g2", at=NOW - number * DAY)
        parts.ask("一个人问三次的事", group="g3", asker="same", at=NOW - number * DAY)
    page = (await web.get("/console/queue")).text
    assert re.findall(r'data-group="(\w+)"', page) == ["g2", "g3", "g1"]
    assert page.count('<svg class="spark"') == 3
    assert "3 人 · 3 次" in page
    assert "1 人 · 3 次" in page
    group = (await web.get("/console/groups/g2")).text
    assert "归我们管的可能性" in group
    assert re.search(r"直接回答要有 \d+% 的把握", group)


async def test_what_is_not_ours_is_counted_apart_and_comes_back(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.ask("我们的", group="g1")
    parts.ask("今天天气", group="g2", reason="not_ours")
    page = (await web.get("/console/queue")).text
    assert re.findall(r'data-group="(\w+)"', page) == ["g1"]
    assert re.search(r"不归我们的 <b>1</b>", page)
    await web.post("/console/groups/g2/ours")
    page = (await web.get("/console/queue")).text
    assert set(re.findall(r'data-group="(\w+)"', page)) == {"g1", "g2"}
    await web.post("/console/groups/g2/dismiss", data={"reason": "闲聊"})
    parts.ask("今天天气", group="g2")
    assert re.findall(r'data-group="(\w+)"', (await web.get("/console/queue")).text) == ["g1"], "it stays dismissed"
    assert re.findall(r'data-group="(\w+)"', (await web.get("/console/queue?tab=closed")).text) == ["g2"]
    await web.post("/console/groups/g2/reopen")
    assert set(re.findall(r'data-group="(\w+)"', (await web.get("/console/queue")).text)) == {"g1", "g2"}


# ---------------------------------------------------------------- two editors at once
ACTS: list[tuple[str, dict[str, Any]]] = [
    ("claim", {}),
    ("phrasing", {"entry": "fake-loan"}),
    ("draft", {}),
    ("answer", {"text": "先别交钱。"}),
    ("dismiss", {}),
    ("merge", {"group": "g2"}),
    ("split", {"question": "first"}),
]


@pytest.mark.parametrize(("action", "form"), ACTS, ids=[action for action, _ in ACTS])
async def test_who_comes_second_is_told_who_and_when_and_nothing_is_done(
    web: httpx.AsyncClient, parts: Parts, action: str, form: dict[str, Any]
) -> None:
    first = parts.ask("猫丢了怎么办", group="g1")
    parts.ask("猫不见了怎么办", group="g1")
    parts.ask("狗丢了怎么办", group="g2")
    parts.wish("g1", "111")
    parts.editorial.claim("g1", parts.ann)
    told = await web.post(
        f"/console/groups/g1/{action}", data=form | ({"question": first} if "question" in form else {})
    )
    assert told.status_code == 409
    assert "ann在 2026-11-30" in told.text
    assert form.get("text", "") in told.text, "an answer that was not sent is not thrown away"
    group = parts.store.queue.group("g1")
    assert group is not None
    assert (group.state, group.claimed_by, group.questions) == ("claimed", "ann", 2)
    assert parts.editorial.drafts(parts.ann) == []
    assert parts.store.outbox.by_group("g1") == []
    # Half an hour later the group is free again, and the same click counts.
    parts.now += 1801
    done = await web.post(
        f"/console/groups/g1/{action}", data=form | ({"question": first} if "question" in form else {})
    )
    assert done.status_code == 303


@pytest.mark.parametrize("action", ["claim", "phrasing", "draft", "answer", "dismiss"])
async def test_what_was_answered_meanwhile_is_not_answered_again(
    web: httpx.AsyncClient, parts: Parts, action: str
) -> None:
    parts.ask("猫丢了怎么办", group="g1")
    parts.wish("g1", "111")
    parts.editorial.answer_once("g1", "问居委会。", parts.ann)
    form = dict(ACTS)[action]
    told = await web.post(f"/console/groups/g1/{action}", data=form)
    assert told.status_code == 409
    assert "ann在 2026-11-30" in told.text
    assert [row.body["text"] for row in parts.store.outbox.by_group("g1")] == ["问居委会。"]
    assert parts.editorial.drafts(parts.ann) == []


async def test_a_group_that_another_editor_holds_offers_nothing_that_would_be_refused(
    web: httpx.AsyncClient, parts: Parts
) -> None:
    for _ in range(2):
        parts.ask("猫丢了怎么办", group="g1")
    parts.editorial.claim("g1", parts.ann)
    page = (await web.get("/console/groups/g1")).text
    assert "ann 正在处理这一组" in page
    assert re.findall(r'<form method="post" action="/console/groups/g1/(?!split)(\w+)"', page) == []
    assert 'name="question"' not in page
    parts.now += 1801
    page = (await web.get("/console/groups/g1")).text
    assert {"claim", "phrasing", "draft", "answer", "dismiss", "merge"} <= set(re.findall(r"/groups/g1/(\w+)", page))


# ---------------------------------------------------------------- entries
async def test_entries_are_filtered_by_group_by_what_is_overdue_and_by_state(
    web: httpx.AsyncClient, parts: Parts
) -> None:
    async def listed(**query: str) -> list[str]:
        page = (await web.get("/console/entries", params=query)).text
        return re.findall(r'<a href="/console/entries/([\w-]+)"', page)

    assert await listed(group="money") == ["fake-loan", "task-rebate"]
    assert await listed(group="money", q="刷单") == ["task-rebate"]
    assert await listed(filter="overdue") == []
    assert await listed(filter="off") == []
    parts.editorial.edit("fake-loan", parts.ann)
    assert await listed(filter="draft") == ["fake-loan"]
    parts.editorial.withdraw("task-rebate", "有害", parts.eve)
    assert await listed(filter="off") == ["task-rebate"]
    parts.now += 400 * DAY
    await sign_in(web, parts, parts.ben)
    assert set(await listed(filter="overdue")) >= {"fake-loan", "community-officer"}


# ---------------------------------------------------------------- every write
WRITES = [path for method, path, _, _ in TABLE if method == "POST"] + ["/login", "/sign-out", "/language"]


@pytest.mark.parametrize("path", WRITES)
async def test_no_write_is_taken_from_another_site(web: httpx.AsyncClient, parts: Parts, path: str) -> None:
    await sign_in(web, parts, parts.eve)
    parts.ask("问题", group="x")
    before = parts.store.staff.audit_log()
    answer = await web.post("/console" + re.sub(r"\{\w+\}", "x", path), headers=EVIL)
    assert answer.status_code == 403
    assert "别的网站" in answer.text
    assert parts.store.staff.audit_log() == before
