"""The console over ASGI: who gets in, what is refused, and that no words of others become code."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from editorial_parts import NOW, Parts
from small_faq import bodies, files
from starlette.applications import Starlette

from bot.channels.web.console import console_routes
from bot.channels.web.console.routes import TABLE
from bot.errors import StoreBusy
from bot.store.base import FeedbackRow, Publication, StaffRow, TurnRow

HOME = {"origin": "http://test"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, because most of these tests read the same small FAQ."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def parts(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=console_routes(parts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=HOME) as client:
        yield client


async def sign_in(web: httpx.AsyncClient, parts: Parts, person: StaffRow) -> None:
    response = await web.post("/console/login", data={"token": parts.link_token(person.name)})
    assert response.status_code == 303


@contextlib.asynccontextmanager
async def signed_in(parts: Parts, person: StaffRow) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who is signed in at the console."""
    app = Starlette(routes=console_routes(parts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=HOME) as client:
        await sign_in(client, parts, person)
        yield client


# ---------------------------------------------------------------- getting in
async def test_a_link_shows_a_button_and_only_pressing_it_consumes_the_link(
    web: httpx.AsyncClient, parts: Parts
) -> None:
    token = parts.link_token("ann")
    for address in (f"/console/login?token={token}", f"/console/sign-in/{token}") * 2:
        page = await web.get(address)
        assert page.status_code == 200
        assert page.text.count("<button") == 2  # signing in, and the language
    assert "set-cookie" not in page.headers
    response = await web.post("/console/login", data={"token": token})
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert (await web.get("/console/queue")).status_code == 200
    assert (await web.post("/console/login", data={"token": token})).status_code == 410
    assert (await web.get(f"/console/login?token={token}")).status_code == 410


async def test_an_old_link_is_refused(web: httpx.AsyncClient, parts: Parts) -> None:
    token = parts.link_token("ann")
    parts.now += 601
    assert (await web.post("/console/login", data={"token": token})).status_code == 410


async def test_the_cookie_is_secure_where_the_public_address_is(parts: Parts) -> None:
    object.__setattr__(parts.settings, "public_url", "https://example.org")
    app = Starlette(routes=console_routes(parts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        response = await client.post("/console/login", data={"token": parts.link_token("ann")})
    assert "; secure" in response.headers["set-cookie"].lower()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
async def test_nothing_opens_without_a_session(web: httpx.AsyncClient, row: Any) -> None:
    method, path, _, _ = row
    response = await web.request(method, "/console" + re.sub(r"\{\w+\}", "x", path))
    assert response.status_code == (401 if method == "POST" else 303)


@pytest.mark.parametrize("row", [r for r in TABLE if r[3] == "admin"], ids=lambda row: f"{row[0]} {row[1]}")
async def test_an_editor_does_not_get_to_what_is_for_admins(web: httpx.AsyncClient, parts: Parts, row: Any) -> None:
    await sign_in(web, parts, parts.ann)
    method, path, _, _ = row
    response = await web.request(method, "/console" + re.sub(r"\{\w+\}", "x", path), data={"role": "admin"})
    assert response.status_code == 403


async def test_a_removed_person_and_a_forged_cookie_are_out_at_once(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    parts.staff.remove("ann")
    assert (await web.get("/console/queue")).status_code == 303
    web.cookies.set("console", "ann:admin", domain="test", path="/console")
    assert (await web.get("/console/queue")).status_code == 303


async def test_signing_out_ends_the_session_on_the_server(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    token = web.cookies["console"]
    await web.post("/console/sign-out")
    web.cookies.set("console", token, domain="test", path="/console")
    assert (await web.get("/console/queue")).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://test.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://test"},
    ],
)
async def test_a_request_from_elsewhere_changes_nothing(
    web: httpx.AsyncClient, parts: Parts, headers: dict[str, str]
) -> None:
    await sign_in(web, parts, parts.ann)
    parts.ask("问题", group="g1")
    for path in ("/console/groups/g1/claim", "/console/groups/g1/dismiss", "/console/sign-out", "/console/language"):
        assert (await web.post(path, headers=headers)).status_code == 403
    group = parts.store.queue.group("g1")
    assert group is not None
    assert group.state == "open"
    assert (await web.get("/console/queue")).status_code == 200
    token = parts.link_token("ben")
    assert (await web.post("/console/login", data={"token": token}, headers=headers)).status_code == 403


async def test_the_language_goes_back_only_to_our_own_pages(web: httpx.AsyncClient) -> None:
    for back in ("//evil.example", "https://evil.example/console/", "/console/\\evil", "javascript:alert(1)"):
        response = await web.post("/console/language", data={"lang": "en", "back": back})
        assert response.headers["location"] == "/console/"
    page = await web.get("/console/login")
    assert "one-time link" in page.text
    assert '<html lang="en">' in page.text


# ---------------------------------------------------------------- pages
async def test_every_page_opens_in_both_languages(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.ask("猫丢了怎么办", group="g1")
    parts.ask("今天天气", group="g2", reason="not_ours")
    draft = parts.editorial.new_draft("g1", parts.ann)
    await sign_in(web, parts, parts.eve)
    pages = [
        "queue", "queue?tab=not_ours", "queue?tab=closed&q=天气", "groups/g1", "groups/g1?q=天气", "entries",
        "entries?q=保证&group=money&filter=all", "entries?filter=overdue", "entries?filter=unhelpful",
        "entries/fake-loan", "entries/fake-loan/history", "drafts", f"drafts/{draft.id}", f"drafts/{draft.id}/review",
        "try", "overview", "overview?days=7", "files", "audit", "staff",
    ]  # fmt: skip
    for lang in ("zh", "en"):
        await web.post("/console/language", data={"lang": lang})
        for path in pages:
            response = await web.get(f"/console/{path}")
            assert response.status_code == 200, path
            for needed in ('<main id="main"', "<nav", "<h1", 'class="skip"'):
                assert needed in response.text, path
            assert not re.search(r"\son\w+=|\sstyle=|<script(?! src)|<style", response.text), path


async def test_two_characters_find_an_entry(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    found = (await web.get("/console/entries", params={"q": "解冻"})).text
    assert "/console/entries/fake-loan" in found
    assert "/console/entries/task-rebate" not in found


async def test_most_not_helpful_counts_each_entry_by_itself(web: httpx.AsyncClient, parts: Parts) -> None:
    body = next(b for b in bodies() if b["id"] == "fake-loan") | {"id": "loan-two"}
    parts.store.faq.publish([Publication("loan-two", "fake-loan", body, 0, "import", "import")], at=NOW)
    for n, (entry, helpful) in enumerate([("loan-two", False), ("loan-two", False), ("fake-loan", True)]):
        row = TurnRow(
            f"u{n}", "web", f"c{n}", "1", f"a{n}", NOW, "zh-Hans", "answer", "", "x", (entry,), ("fake-loan",)
        )
        parts.store.turns.record(row)
        parts.store.turns.add_feedback(FeedbackRow(row.id, row.asker, helpful, "", NOW))
    await sign_in(web, parts, parts.ann)
    page = (await web.get("/console/entries?filter=unhelpful")).text
    assert re.findall(r'href="/console/entries/([\w-]+)"', page) == ["loan-two"]
    assert "没帮上 2/2" in page
    assert "没帮上 0/1" in (await web.get("/console/entries")).text


async def test_what_residents_said_was_missing_reaches_the_editors(web: httpx.AsyncClient, parts: Parts) -> None:
    row = TurnRow(
        "u1", "web", "c", "1", "a", NOW, "zh-Hans", "answer", "", "放款前要钱？", ("fake-loan",), ("fake-loan",)
    )
    parts.store.turns.record(row)
    parts.store.turns.add_feedback(FeedbackRow("u1", "a", False, "没说<b>怎么退钱", NOW))
    await sign_in(web, parts, parts.ann)
    page = (await web.get("/console/entries/fake-loan")).text
    assert "没说&lt;b&gt;怎么退钱" in page
    assert "放款前要钱？" in page
    assert "居民说少了什么" not in (await web.get("/console/entries/task-rebate")).text


async def test_scripts_in_questions_and_entries_stay_text(web: httpx.AsyncClient, parts: Parts) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    parts.ask(evil, group="g1")
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    body = {**draft.body, "zh": {**draft.body["zh"], "question": evil, "lead": evil, "steps": [evil], "more": evil}}
    draft = parts.editorial.save_draft(draft.id, body, draft.version, parts.ann)
    pages = ["queue", "groups/g1", f"drafts/{draft.id}", f"drafts/{draft.id}/review", "drafts", "overview"]
    texts = [(await web.get(f"/console/{path}")).text for path in pages]
    answer = await web.post("/console/try", data={"text": evil})
    preview = await web.post(f"/console/drafts/{draft.id}/preview", data={"zh.lead": evil})
    for text in (*texts, answer.text, preview.json()["html"]):
        assert "<script>alert" not in text
        assert "<img" not in text
    assert "&lt;script&gt;" in texts[0]


async def test_the_later_of_two_clicks_learns_who_and_when(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.ask("问题", group="g1")
    parts.editorial.claim("g1", parts.ben)
    await sign_in(web, parts, parts.ann)
    response = await web.post("/console/groups/g1/claim")
    assert response.status_code == 409
    assert "ben" in response.text
    assert "2026-11-30" in response.text
    assert (await web.post("/console/groups/none/claim")).status_code == 404
    assert (await web.post("/console/groups/g1/explode")).status_code == 404


async def test_from_a_question_to_a_published_phrasing(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.ask("猫丢了怎么办", group="g1")
    parts.wish("g1", "111")
    await sign_in(web, parts, parts.ann)
    response = await web.post("/console/groups/g1/phrasing", data={"entry": "community-officer"})
    review = response.headers["location"].split("?")[0]
    await web.post(review.replace("review", "replay"))
    parts.editorial.replays.wait()
    assert (await web.get(review.replace("review", "progress"))).json()["state"] == "done"
    draft = parts.editorial.drafts(parts.ann)[0]
    publish = review.replace("review", "publish")
    assert (await web.post(publish, data={"version": draft.version})).status_code == 403
    await sign_in(web, parts, parts.ben)
    page = (await web.get(review)).text
    assert "多答上 1" in page
    response = await web.post(publish, data={"version": str(draft.version)})
    assert response.headers["location"].startswith("/console/entries/community-officer")
    assert [row.chat_id for row in parts.store.outbox.by_group("g1")] == ["111"]


async def test_a_broken_sample_says_what_it_was_and_is_relabelled_in_place(
    web: httpx.AsyncClient, parts: Parts
) -> None:
    draft = parts.editorial.edit("task-rebate", parts.ann)
    line = {
        "text": "刷单给佣金能做吗", "before": ["task-rebate"], "after": [], "kind_before": "emergency",
        "kind_after": "unknown", "topics": ["task-rebate"], "urgent": True, "near": True,
    }  # fmt: skip
    counts = {"gains": 0, "takes": 0, "loses": 0, "others": 0, "breaks": 2, "mends": 0}
    far = line | {"text": "办贷款先交解冻费靠谱不", "topics": ["fake-loan"], "before": ["fake-loan"], "near": False}
    replay = {"questions": 1, "samples": 3, "counts": counts, "taken_from": {}, "breaks": [far, line], "mends": [],
              "gains": [], "takes": [], "loses": [], "others": [], "generation": parts.editorial.published().generation}  # fmt: skip
    parts.store.faq.set_replay(draft.id, draft.version, replay)
    await sign_in(web, parts, parts.ben)
    review = f"/console/drafts/{draft.id}/review"
    page = (await web.get(review)).text
    order = (
        "和这条有关的 1 条",
        "刷单给佣金能做吗",
        "别处跟着变的 1 条",
        "办贷款先交解冻费靠谱不",
        "请管理员发布：把这一页的地址发给 eve",
    )
    assert sorted(order, key=page.index) == list(order)
    assert "紧急 · " in page
    # What the sample is labelled with stays ticked: nothing proposes the edited entry for what is not about it.
    assert re.findall(r'name="topics-1" value="([\w-]+)" checked', page) == ["fake-loan"]
    assert re.findall(r'name="topics-1" value="([\w-]+)">', page) == []
    form = {
        "text": [line["text"], far["text"]], "was-0": "task-rebate", "topics-0": "task-rebate", "was-urgent-0": "1",
        "was-1": "fake-loan", "topics-1": "fake-loan", "was-urgent-1": "1", "urgent-1": "1",
    }  # fmt: skip
    relabel = f"/console/drafts/{draft.id}/relabel"
    refused = await web.post(relabel, data=form)
    assert refused.status_code == 422
    assert "请写明改标注的理由：刷单给佣金能做吗" in refused.text
    assert (await web.post(relabel, data=form | {"reason-0": "事情还没发生"})).status_code == 303
    parts.editorial.replays.wait()
    saved = parts.editorial.draft(draft.id, parts.ben)
    assert [(r["text"], r["topics"], r["urgent"]) for r in saved.body["_meta"]["relabels"]] == [
        ("刷单给佣金能做吗", ["task-rebate"], False)
    ]


@pytest.mark.parametrize(("urgent", "written"), [(False, True), (True, False)])
async def test_what_breaks_far_from_the_edit_is_told_apart_and_an_admin_gets_on_with_it(
    web: httpx.AsyncClient, parts: Parts, urgent: bool, written: bool
) -> None:
    draft = parts.editorial.edit("task-rebate", parts.ann)
    body = {**draft.body, "severity": 3}
    draft = parts.editorial.save_draft(draft.id, body, draft.version, parts.ann)
    far = {
        "text": "办贷款先交解冻费靠谱不", "before": ["fake-loan"], "after": [], "kind_before": "answer",
        "kind_after": "unknown", "topics": ["fake-loan"], "urgent": urgent, "near": False,
    }  # fmt: skip
    counts = {"gains": 0, "takes": 0, "loses": 0, "others": 0, "breaks": 1, "mends": 4}
    replay = {"questions": 1, "samples": 3, "counts": counts, "taken_from": {}, "breaks": [far], "mends": [],
              "gains": [], "takes": [], "loses": [], "others": [], "generation": parts.editorial.published().generation}  # fmt: skip
    parts.store.faq.set_replay(draft.id, draft.version, replay)
    review = f"/console/drafts/{draft.id}/review"
    await sign_in(web, parts, parts.ben)
    page = (await web.get(review)).text
    assert "这次破坏的都在别处，走这条最快" in page
    assert "改草稿</a>" not in page, "nothing of it is the draft's fault"
    assert ("紧急的变得不紧急" in page) is urgent
    assert 'name="override"' not in page
    refused = await web.post(review.replace("review", "publish"), data={"version": "2", "override": "行"})
    assert refused.status_code == 422
    assert "破坏样例 1，要改或由管理员发布" in (await web.get("/console/drafts")).text
    await sign_in(web, parts, parts.eve)
    page = (await web.get(review)).text
    reason = "破坏的 1 条都在别处，和这条无关；修好 4 条"
    assert (f'value="{reason}"' in page) is written, "a grave one takes a reason of one's own"
    done = await web.post(review.replace("review", "publish"), data={"version": "2", "override": reason})
    assert done.status_code == 303
    assert any("breaks 1 (1 elsewhere)" in row.detail and reason in row.detail for row in parts.store.staff.audit_log())


async def test_an_answer_that_would_be_masked_is_shown_before_it_is_sent(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.ask("小区门口的活动是真的吗", group="g1")
    parts.wish("g1", "111")
    await sign_in(web, parts, parts.ann)
    form = {"text": "是真的。\r\n问李警官 13800138000"}
    page = await web.post("/console/groups/g1/answer", data=form)
    assert page.status_code == 422
    assert "是真的。\n问李警官 13800138000</textarea>" in page.text
    seen = re.findall(r'name="seen" value="([^"]+)"', page.text)
    assert "13800138000" not in seen[0]
    assert parts.store.outbox.by_group("g1") == []
    changed = await web.post("/console/groups/g1/answer", data={"text": "问 13900139000，姓王", "seen": seen[0]})
    assert changed.status_code == 422, "another text is another look"
    sent = await web.post("/console/groups/g1/answer", data=form | {"seen": seen[0].replace("\n", "\r\n")})
    assert sent.headers["location"].endswith("said=answered")
    assert [row.body["text"] for row in parts.store.outbox.by_group("g1")] == seen
    parts.ask("没人等的", group="g2")
    alone = await web.post("/console/groups/g2/answer", data={"text": "先别交钱。"})
    assert alone.headers["location"].endswith("said=answered-none")


# ---------------------------------------------------------------- saving
async def test_a_saved_form_keeps_what_it_does_not_show(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    path = f"/console/drafts/{draft.id}"
    form = {"version": str(draft.version), "zh.steps": "1. 停手\r\n• 打 {police}\r\n", "id": "other-name"}
    response = await web.post(path, data=form, headers={"accept": "application/json"})
    assert response.json() == {"version": 2}
    body = parts.editorial.draft(draft.id, parts.ann).body
    assert body["zh"]["steps"] == ["停手", "打 {police}"]
    assert body["id"] == "fake-loan"
    assert body["zh"]["phrasings"] == draft.body["zh"]["phrasings"]
    assert body["hotlines"] == draft.body["hotlines"]


async def test_no_line_of_a_long_field_is_lost(web: httpx.AsyncClient, parts: Parts) -> None:
    """The emergencies have nearly 800 lines in one field; twice as much still fits into a form."""
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    lines = [f"第{number}次有人让我先交钱，我已经交了两千块，怎么办" for number in range(1600)]
    response = await web.post(f"/console/drafts/{draft.id}", data={"version": "1", "zh.urgent": "\r\n".join(lines)})
    assert response.status_code == 303
    assert parts.editorial.draft(draft.id, parts.ann).body["zh"]["urgent"] == lines


async def test_hotlines_keep_their_order_when_something_else_is_saved(web: httpx.AsyncClient, parts: Parts) -> None:
    """A browser sends ticked boxes in the order of the page, and a card shows the first three."""
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    path = f"/console/drafts/{draft.id}"
    chosen = ["bank", "antifraud", "police"]
    await web.post(path, data={"version": "1", "frame": "1", "hotlines": chosen})
    boxes = re.findall(r'name="hotlines" value="(\w+)"( checked)?', (await web.get(path)).text)
    assert [name for name, ticked in boxes if ticked] == chosen
    assert sorted(name for name, _ in boxes) == ["antifraud", "bank", "government", "police"]


async def test_saving_to_replay_begins_the_replay_unless_there_are_errors(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    path = f"/console/drafts/{draft.id}"
    wrong = await web.post(path, data={"version": "1", "zh.lead": "长" * 200, "then": "review"})
    assert wrong.headers["location"] == f"{path}/review?said=saved"
    assert (await web.get(f"{path}/progress")).json()["state"] == "none"
    await web.post(path, data={"version": "2", "zh.lead": "放款前要钱的都是骗局。别交。", "then": "review"})
    parts.editorial.replays.wait()
    assert (await web.get(f"{path}/progress")).json()["state"] == "done"


async def test_a_stale_form_comes_back_with_what_was_typed(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    other = {**draft.body, "zh": {**draft.body["zh"], "lead": "乙写的"}}
    parts.editorial.save_draft(draft.id, other, draft.version, parts.ben)
    form = {"version": str(draft.version), "zh.lead": "甲写的"}
    response = await web.post(f"/console/drafts/{draft.id}", data=form)
    assert response.status_code == 409
    assert "甲写的" in response.text
    assert "ben" in response.text
    json = await web.post(f"/console/drafts/{draft.id}", data=form, headers={"accept": "application/json"})
    assert json.status_code == 409
    assert parts.editorial.draft(draft.id, parts.ann).body["zh"]["lead"] == "乙写的"


async def test_fifty_kilobytes_in_a_field_are_kept_and_called_too_long(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    form = {"version": str(draft.version), "zh.lead": "长" * 17_000}
    assert (await web.post(f"/console/drafts/{draft.id}", data=form)).status_code == 303
    found = (await web.post(f"/console/drafts/{draft.id}/preview", data=form)).json()["problems"]
    assert any(p["level"] == "error" for p in found["zh.lead"])
    huge = await web.post(f"/console/drafts/{draft.id}", data={"zh.more": "x" * 600_000})
    assert huge.status_code == 413


async def test_findings_stand_beside_their_field(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    form = {"zh.steps": "打 {nobody}\n好", "en.lead": "x" * 300, "reviewed": "gestern"}
    found = (await web.post(f"/console/drafts/{draft.id}/preview", data=form)).json()["problems"]
    assert {"zh.steps", "en.lead", "reviewed"} <= set(found)
    assert found["zh.steps"][0]["key"] == "zh.steps[1]"


async def test_an_entry_withdrawn_while_it_is_edited_is_said(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    draft = parts.editorial.edit("fake-loan", parts.ann)
    parts.editorial.withdraw("fake-loan", "有害", parts.eve)
    page = await web.get(f"/console/drafts/{draft.id}/review")
    assert page.status_code == 200
    assert "rebase" in page.text
    parts.editorial.discard(draft.id, parts.ben)
    response = await web.post(f"/console/drafts/{draft.id}", data={"version": "1", "zh.lead": "新"})
    assert response.status_code == 409
    assert "新" in response.text
    assert "已经丢弃，不能再保存" in response.text
    assert "再按保存就会替换" not in response.text


# ---------------------------------------------------------------- exports
async def test_a_formula_in_a_question_is_text_in_the_spreadsheet(web: httpx.AsyncClient, parts: Parts) -> None:
    for text in ('=HYPERLINK("http://evil")', "+1+1", "@SUM(A1)", "-2"):
        for n in range(3):
            parts.ask(text, group=f"g{text[:1]}", asker=f"a{n}", at=NOW)
    await sign_in(web, parts, parts.ann)
    response = await web.get("/console/overview.csv?days=7")
    rows = list(csv.reader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert sum(row[0] == "rising" for row in rows) == 4
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert (await web.get("/console/overview.json")).json()["waiting"] == 4


async def test_what_was_edited_comes_as_files(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.editorial.roll_back("fake-loan", 1, parts.eve)
    await sign_in(web, parts, parts.ann)
    response = await web.get("/console/files.zip")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["faq/money/fake-loan.toml"]


async def test_staff_links_and_the_last_admin(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    page = await web.post("/console/staff/ann/link")
    assert "/console/" in page.text
    assert (await web.post("/console/staff/eve/remove")).status_code == 403
    assert (await web.post("/console/staff/add", data={"name": "<b>", "role": "editor"})).status_code == 422
    assert (await web.post("/console/staff/add", data={"name": "zoe", "role": "god"})).status_code == 422
    assert (await web.post("/console/staff/add", data={"name": "zoe", "role": "editor"})).status_code == 303
    assert "zoe" in (await web.get("/console/audit")).text


async def test_a_conflict_of_files_is_shown_and_a_person_chooses(web: httpx.AsyncClient, parts: Parts) -> None:
    folder = parts.settings.faq
    for path, text in files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    await sign_in(web, parts, parts.eve)
    first = await web.post("/console/files/import")
    assert first.status_code == 200
    revision = parts.editorial.current_revision("fake-loan")
    draft = parts.editorial.edit("fake-loan", parts.ann)
    body = {**draft.body, "zh": {**draft.body["zh"], "lead": "在编辑台里改的。"}}
    draft = parts.editorial.save_draft(draft.id, body, draft.version, parts.ann)
    parts.replayed(draft.id, parts.ann)
    parts.editorial.publish(draft.id, draft.version, parts.ben)
    file = folder / "money" / "fake-loan.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("先要钱的都是骗子。", "在文件里改的。"), encoding="utf-8")
    page = await web.post("/console/files/import")
    assert 'name="take" value="fake-loan"' in page.text
    assert "在文件里改的。" in page.text
    assert parts.editorial.current_revision("fake-loan") == revision + 1
    page = await web.post("/console/files/import", data={"take": "fake-loan"})
    assert 'name="take"' not in page.text
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    assert row.body["zh"]["share"] == "在文件里改的。"
    file.write_text("id = ", encoding="utf-8")
    broken = await web.post("/console/files/import")
    assert broken.status_code == 422
    assert "money/fake-loan.toml" in broken.text


async def test_an_admin_publishes_alone_only_with_a_reason(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    draft = parts.editorial.edit("fake-loan", parts.eve)
    body = {**draft.body, "zh": {**draft.body["zh"], "lead": "放款前要钱的都是骗局。"}}
    draft = parts.editorial.save_draft(draft.id, body, draft.version, parts.eve)
    parts.replayed(draft.id, parts.eve)
    assert 'name="override" required' in (await web.get(f"/console/drafts/{draft.id}/review")).text
    publish = f"/console/drafts/{draft.id}/publish"
    assert (await web.post(publish, data={"version": str(draft.version)})).status_code == 403
    form = {"version": str(draft.version), "override": "今晚必须上线"}
    assert (await web.post(publish, data=form)).status_code == 303
    assert (await web.post(publish, data=form)).status_code == 409
    assert "今晚必须上线" in (await web.get("/console/audit")).text


async def test_groups_ticked_in_the_list_are_merged(web: httpx.AsyncClient, parts: Parts) -> None:
    for number in (1, 2, 3):
        parts.ask(f"第{number}个问题", group=f"g{number}")
    await sign_in(web, parts, parts.ann)
    assert (await web.post("/console/queue/merge", data={"group": "g1"})).status_code == 422
    response = await web.post("/console/queue/merge", data={"group": ["g1", "g2", "g3"]})
    assert response.headers["location"] == "/console/groups/g1?said=merged"
    page = (await web.get("/console/groups/g1")).text
    questions = re.findall(r'name="question" value="(\w+)"', page)
    assert len(questions) == 3
    gone = (await web.get("/console/groups/g2")).text
    assert '<a href="/console/groups/g1">第1个问题</a>' in gone
    assert "到期删除" not in gone, "its questions stand where they went"
    response = await web.post("/console/groups/g1/split", data={"question": questions[:1]})
    assert response.status_code == 303
    assert len(parts.store.queue.groups(reason="ours")) == 2


async def test_a_busy_database_is_said_and_loses_nothing(
    web: httpx.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.ask("问题", group="g1")
    await sign_in(web, parts, parts.ann)

    def busy(*_: object, **__: object) -> None:
        raise StoreBusy("the database is busy")

    monkeypatch.setattr(type(parts.store.queue), "claim", busy)
    response = await web.post("/console/groups/g1/claim")
    assert response.status_code == 503
    assert "数据库暂时忙" in response.text


async def test_an_address_that_only_takes_a_form_leads_to_the_page_above_it(
    web: httpx.AsyncClient, parts: Parts
) -> None:
    """As when a page that a form brought is reloaded, or its language changed."""
    await sign_in(web, parts, parts.eve)
    for path, above in (
        ("groups/g1/answer", "groups/g1"), ("files/take", "files"), ("staff/%E7%8E%8B/link", "staff"),
        ("drafts/d1/publish", "drafts/d1"), ("queue/merge", "queue"), ("entries/e1/state", "entries/e1"),
    ):  # fmt: skip
        assert (await web.get(f"/console/{path}")).headers["location"] == f"/console/{above}"
    assert (await web.get("/console/drafts/none/review")).status_code == 404


async def test_the_language_of_an_error_is_changed_on_the_page_before_it(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.ann)
    review = "/console/drafts/none/review"
    page = await web.post("/console/drafts/none/publish", headers={"referer": f"http://test{review}"})
    assert f'name="back" value="{review}"' in page.text
