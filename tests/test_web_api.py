"""The public API on a real store: replies, sessions, choices, feedback, bad input, limits, headers."""

from __future__ import annotations

import http.client
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_faq import bodies
from web_parts import NOW, Services, client, make_services, serving, stub_index

from bot.channels.web.app import create_web
from bot.channels.web.middleware import API_BODY
from bot.errors import StoreError
from bot.store.base import OutboxRow, Publication

CONTRACT = {
    "id", "turn", "session", "kind", "reason", "lang", "entries", "why", "notices", "text", "masked", "elapsed_ms",
}  # fmt: skip


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    stub_index(monkeypatch)
    made = make_services(tmp_path, environ={"BOT_RATE_LIMIT": "1000"})
    made.conversation.refresh()
    yield made
    made.store.close()


@pytest.fixture
async def web(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with client(services) as made:
        yield made


async def ask(web: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    response = await web.post("/api/v1/ask", json={"text": text, **more})
    assert response.status_code == 200, response.text
    return response.json()  # type: ignore[no-any-return]


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    return body


# ---------------------------------------------------------------- asking
async def test_a_reply_has_the_shape_of_the_contract_and_its_cards(web: httpx.AsyncClient) -> None:
    reply = await ask(web, "贷款先交保证金可信吗")
    assert reply.keys() >= CONTRACT
    assert (reply["kind"], reply["turn"], reply["lang"]) == ("answer", 1, "zh-Hans")
    assert reply["entries"] == [
        {"id": "fake-loan", "topic": "fake-loan", "title": reply["cards"][0]["title"], "confidence": 0.93,
         "role": "answer"}
    ]  # fmt: skip
    card = reply["cards"][0]
    assert card["id"] == "fake-loan"
    assert card["steps"][1] == "打 110，报账号"
    assert card["hotlines"][0]["dial"] == "110"
    assert card["share"]
    assert not card["brief"]


async def test_an_emergency_comes_first_and_what_is_behind_it_is_brief(web: httpx.AsyncClient) -> None:
    first = await ask(web, "有人让我贷款")
    reply = await ask(web, "我把钱转给骗子了", session=first["session"])
    assert (reply["kind"], reply["turn"]) == ("emergency", 2)
    assert [(c["role"], c["brief"]) for c in reply["cards"]] == [("emergency", False), ("answer", True)]


async def test_sessions_are_the_servers_and_go_on(web: httpx.AsyncClient, services: Services) -> None:
    first = await ask(web, "有人让我贷款")
    second = await ask(web, "那怎么办", session=first["session"])
    assert second["session"] == first["session"]
    assert second["entries"][0]["id"] == "fake-loan"
    turn = services.store.turns.turn(first["id"])
    assert turn
    assert first["session"][:22] not in str(turn)


@pytest.mark.parametrize("made_up", ["1", "x" * 35, "2" * 22 + "-" + "0" * 12, "\ud800", "会话", ""])
async def test_a_session_that_a_client_made_up_is_not_taken(web: httpx.AsyncClient, made_up: str) -> None:
    await ask(web, "有人让我贷款")
    response = await web.post("/api/v1/ask", content=json.dumps({"text": "怎么办", "session": made_up}))
    assert response.status_code == 200
    assert response.json()["session"] != made_up
    assert response.json()["turn"] == 1


async def test_the_language_is_the_one_asked_for_else_that_of_the_text(web: httpx.AsyncClient) -> None:
    assert (await ask(web, "贷款"))["lang"] == "zh-Hans"
    assert (await ask(web, "is this loan real?"))["lang"] == "en"
    assert (await ask(web, "贷款", lang="en"))["cards"][0]["title"].startswith("They want a fee")
    assert (await ask(web, "贷款", lang="zh-Hant"))["text"].count("騙局")


async def test_a_question_sent_again_is_recorded_once(web: httpx.AsyncClient, services: Services) -> None:
    first = await ask(web, "社区里的新鲜事", message="m1")
    again = await ask(web, "社区里的新鲜事", message="m1", session=first["session"])
    assert again["id"] == first["id"]
    assert [(g.questions, g.askers) for g in services.store.queue.groups()] == [(1, 1)]


async def test_personal_data_is_masked_and_long_texts_are_cut(web: httpx.AsyncClient) -> None:
    reply = await ask(web, "贷款的人电话13800138000")
    assert "13800138000" not in json.dumps(reply)
    assert reply["notices"] == ["masked"]
    assert (await ask(web, "贷款" * 3000))["notices"] == ["truncated"]
    assert "truncated" not in (await ask(web, "贷" * 4096))["notices"]


async def test_the_answer_comes_though_the_store_fails(
    web: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise StoreError("down")

    for name in ("record", "context", "preferences", "turn"):
        monkeypatch.setattr(type(services.store.turns), name, fail)
    reply = await ask(web, "贷款可信吗")
    assert reply["kind"] == "answer"
    rated = await web.post("/api/v1/feedback", json={"answer": reply["id"], "helpful": True})
    problem(rated, 503, "unavailable")
    assert rated.headers["retry-after"]


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "broken_json"),
        (b"{", 400, "broken_json"),
        (b'{"text": "\xff"}', 400, "broken_json"),
        (b"[" * 30_000, 400, "broken_json"),
        (b'{"text": ' + b"9" * 5000 + b"}", 400, "broken_json"),
        (b"[]", 422, "not_an_object"),
        (b'"text"', 422, "not_an_object"),
        (b"null", 422, "not_an_object"),
        (b"{}", 422, "wrong_type"),
        (b'{"text": 5}', 422, "wrong_type"),
        (b'{"text": null}', 422, "wrong_type"),
        (b'{"text": ["a"]}', 422, "wrong_type"),
        (b'{"text": ""}', 422, "empty_text"),
        (b'{"text": " \\n\\t "}', 422, "empty_text"),
        (b'{"text": "\\u200b\\u202e\\u0000"}', 422, "empty_text"),
        (b'{"text": "\\ud800"}', 422, "empty_text"),
        (b'{"text": "a", "session": 5}', 422, "wrong_type"),
        (b'{"text": "a", "lang": "fr"}', 422, "wrong_type"),
        (b'{"text": "a", "lang": 1}', 422, "wrong_type"),
        (b'{"text": "a", "lang": []}', 422, "wrong_type"),
        (b'{"text": "a", "message": "a b"}', 422, "wrong_type"),
        (b'{"text": "a", "message": {}}', 422, "wrong_type"),
    ],
)
async def test_bad_bodies_get_problem_details(web: httpx.AsyncClient, content: bytes, status: int, code: str) -> None:
    problem(await web.post("/api/v1/ask", content=content), status, code)


@pytest.mark.parametrize(
    "text",
    ["😀", "贷款\ud800可信吗", "\u202e贷款\u0000\u0007", "<b>贷款</b> [x](javascript:1) *_`", "ä̸̢̛̙" * 300, "\ufffe贷款"],
)
async def test_strange_text_gets_an_answer(web: httpx.AsyncClient, text: str) -> None:
    response = await web.post("/api/v1/ask", content=json.dumps({"text": text}))
    assert response.status_code == 200
    assert response.json()["text"]
    for char in ("\ud800", "\u202e", "\u0000"):
        assert char not in response.json()["masked"]


async def test_a_body_over_64_kb_is_refused_with_and_without_its_length(web: httpx.AsyncClient) -> None:
    just = json.dumps({"text": "a" * (API_BODY - 12)}).encode()
    assert len(just) == API_BODY
    assert (await web.post("/api/v1/ask", content=just)).status_code == 200
    problem(await web.post("/api/v1/ask", content=just + b" "), 413, "too_large")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    problem(await web.post("/api/v1/ask", content=pieces()), 413, "too_large")


@pytest.mark.parametrize("chunked", [False, True])
def test_who_sends_a_megabyte_reads_an_answer_not_a_reset(services: Services, chunked: bool) -> None:
    """Over a real connection: the rest is read away before it is closed."""
    body = b'{"text": "' + b"a" * 1_000_000 + b'"}'
    with serving(create_web(services, console=False)) as address:
        for _ in range(3):
            connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
            connection.request("POST", "/api/v1/ask", body=iter([body]) if chunked else body, encode_chunked=chunked,
                               headers={"Transfer-Encoding": "chunked"} if chunked else {})  # fmt: skip
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())["code"]) == (413, "too_large")
            connection.close()


async def test_wrong_methods_and_addresses(web: httpx.AsyncClient) -> None:
    refused = await web.get("/api/v1/ask")
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "POST"
    problem(await web.get("/api/v1/nothing"), 404, "not_found")
    problem(await web.delete("/api/v1/entries"), 405, "method_not_allowed")
    page = await web.get("/nothing")
    assert page.status_code == 404
    assert "没有这个页面" in page.text


# ---------------------------------------------------------------- choices, feedback, wishes
async def test_a_choice_shows_its_card_and_is_remembered(web: httpx.AsyncClient, services: Services) -> None:
    offered = await ask(web, "叫我做任务")
    assert (offered["kind"], [e["role"] for e in offered["entries"]]) == ("choose", ["choice", "choice"])
    chosen = await web.post("/api/v1/choose", json={"answer": offered["id"], "entry": "fake-loan"})
    assert chosen.json()["cards"][0]["id"] == "fake-loan"
    assert chosen.json()["id"] == offered["id"]
    turn = services.store.turns.turn(offered["id"])
    assert turn
    assert turn.choice == "fake-loan"


@pytest.mark.parametrize("none", [{"entry": "none"}, {"none": True}])
async def test_none_of_these_joins_the_queue(web: httpx.AsyncClient, services: Services, none: dict[str, Any]) -> None:
    offered = await ask(web, "叫我做任务")
    reply = (await web.post("/api/v1/choose", json={"answer": offered["id"], **none})).json()
    assert (reply["kind"], reply["reason"]) == ("unknown", "no_entry")
    assert [g.title for g in services.store.queue.groups()] == ["叫我做任务"]


async def test_unknown_answers_and_choices_are_404(web: httpx.AsyncClient) -> None:
    offered = await ask(web, "叫我做任务")
    for answer in ("nothing", "", "../x", "\ud800", "X" * 500):
        for path, body in (
            ("choose", {"entry": "none"}),
            ("feedback", {"helpful": True}),
            ("tell-me", {}),
        ):
            response = await web.post(f"/api/v1/{path}", content=json.dumps({"answer": answer, **body}))
            problem(response, 404, "unknown_answer")
    wrong = await web.post("/api/v1/choose", json={"answer": offered["id"], "entry": "community-officer"})
    problem(wrong, 404, "unknown_entry")


async def test_feedback_with_and_without_words(web: httpx.AsyncClient, services: Services) -> None:
    reply = await ask(web, "贷款可信吗")
    good = await web.post("/api/v1/feedback", json={"answer": reply["id"], "helpful": True})
    assert (good.status_code, good.content) == (204, b"")
    body = {"answer": reply["id"], "helpful": False, "missing": "没说13800138000怎么办"}
    assert (await web.post("/api/v1/feedback", json=body)).status_code == 204
    (row,) = services.store.turns.feedback()
    assert (row.helpful, "13800138000" in row.missing) == (False, False)
    for bad in ({"helpful": "yes"}, {"helpful": 1}, {}, {"helpful": True, "missing": 3}):
        problem(await web.post("/api/v1/feedback", json={"answer": reply["id"], **bad}), 422, "wrong_type")


async def test_an_answer_that_comes_later_is_shown_to_its_session_once(
    web: httpx.AsyncClient, services: Services
) -> None:
    reply = await ask(web, "社区里的新鲜事")
    assert (await web.post("/api/v1/tell-me", json={"answer": reply["id"]})).status_code == 204
    mine = {"session": reply["session"], "answers": [reply["id"]]}
    assert (await web.post("/api/v1/news", json=mine)).json() == {"ready": [], "waiting": [reply["id"]]}
    (group,) = services.store.queue.groups()
    assert len(services.store.queue.wishes(group.id)) == 1
    body = bodies()[1] | {"id": "fresh"}
    services.store.faq.publish([Publication("fresh", "fake-loan", body, 0, "e", "p", close_groups=(group.id,))], at=1)
    services.conversation.refresh()
    other = await ask(web, "你好")
    assert (await web.post("/api/v1/news", json=mine | {"session": other["session"]})).json()["ready"] == []
    (told,) = (await web.post("/api/v1/news", json=mine)).json()["ready"]
    assert told["reply"]["cards"][0]["id"] == "fresh"
    assert services.store.queue.wishes(group.id) == []
    for bad in ({"answers": "x"}, {"answers": [1]}, {"answers": ["a"] * 21}, {}):
        problem(await web.post("/api/v1/news", json={"session": "s", **bad}), 422, "wrong_type")


@pytest.mark.parametrize(
    ("body", "shown"), [({"entry": "fake-loan"}, "放款前要钱"), ({"text": "<b>楼长</b>会来看"}, "<b>楼长</b>")]
)
async def test_what_editors_send_waits_in_the_outbox(
    web: httpx.AsyncClient, services: Services, body: dict[str, str], shown: str
) -> None:
    reply = await ask(web, "社区里的新鲜事")
    await web.post("/api/v1/tell-me", json={"answer": reply["id"]})
    (group,) = services.store.queue.groups()
    (wish,) = services.store.queue.wishes(group.id)
    row = OutboxRow("w1", "web", wish.chat_id, "answer", body, NOW, "waiting", group_id=group.id, asker=wish.asker)
    services.store.outbox.put([row])
    services.store.queue.drop_wish(wish.id)
    services.store.queue.close(group.id, "answered", "e", "once", at=NOW)
    mine = {"session": reply["session"], "answers": [reply["id"]]}
    (told,) = (await web.post("/api/v1/news", json=mine)).json()["ready"]
    assert shown in told["reply"]["text"]
    assert [row.state for row in services.store.outbox.by_group(group.id)] == ["sent"]
    assert (await web.post("/api/v1/news", json=mine)).json() == {"ready": [], "waiting": []}


async def test_the_page_does_not_wait_for_the_index(
    services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "slow").mkdir()
    slow = make_services(tmp_path / "slow")
    monkeypatch.setattr("bot.conversation.index_of", lambda faq: pytest.fail("the index was asked for"))
    try:
        async with client(slow) as web:
            page = await web.get("/")
            assert page.status_code == 200
            assert "110" in page.text
            for path in ("urgent", "topics", "entries", "entries/fake-loan"):
                assert (await web.get(f"/api/v1/{path}")).status_code == 200
            assert (await web.get("/readyz")).status_code == 503
    finally:
        slow.store.close()


async def test_there_is_nothing_to_wait_for_after_an_answer(web: httpx.AsyncClient) -> None:
    reply = await ask(web, "贷款可信吗")
    problem(await web.post("/api/v1/tell-me", json={"answer": reply["id"]}), 409, "nothing_to_wait_for")


async def test_forget_deletes_what_the_session_left(web: httpx.AsyncClient, services: Services) -> None:
    reply = await ask(web, "社区里的新鲜事")
    await web.post("/api/v1/tell-me", json={"answer": reply["id"]})
    gone = await web.post("/api/v1/forget", json={"session": reply["session"]})
    assert gone.json()["deleted"] >= 3
    assert services.store.turns.turn(reply["id"]) is None
    assert (await web.post("/api/v1/forget", json={"session": "made-up"})).json() == {"deleted": 0}


# ---------------------------------------------------------------- browsing
async def test_entries_come_in_pages(web: httpx.AsyncClient) -> None:
    whole = (await web.get("/api/v1/entries")).json()
    ids = [entry["id"] for entry in whole["entries"]]
    assert ids == ["community-officer", "emergency-transferred", "fake-loan", "task-rebate"]
    assert whole["next"] is None
    assert whole["entries"][2] == {
        "id": "fake-loan", "topic": "fake-loan", "group": "money", "title": "网上贷款要先交钱，是真的吗？",
    }  # fmt: skip
    seen, address = [], "/api/v1/entries?limit=3&lang=en"
    while address:
        page = (await web.get(address)).json()
        seen += [entry["id"] for entry in page["entries"]]
        assert all(entry["title"].isascii() for entry in page["entries"])
        address = page["next"]
    assert seen == ids
    for query in ("limit=0", "limit=201", "limit=x", "lang=fr"):
        problem(await web.get(f"/api/v1/entries?{query}"), 422, "wrong_type")


async def test_one_entry_topics_and_the_emergency_card(web: httpx.AsyncClient) -> None:
    entry = (await web.get("/api/v1/entries/fake-loan", params={"lang": "en"})).json()
    assert (entry["group"], entry["lang"], entry["role"]) == ("money", "en", "answer")
    assert "96110" in entry["lead"]
    for unknown in ("nothing", "%00", "é"):
        assert (await web.get(f"/api/v1/entries/{unknown}")).status_code == 404
    groups = (await web.get("/api/v1/topics")).json()["groups"]
    assert [group["id"] for group in groups] == ["emergency", "money", "community"]
    assert groups[1]["entries"][0] == {"id": "fake-loan", "title": "网络贷款"}
    urgent = (await web.get("/api/v1/urgent")).json()
    assert urgent["kind"] == "emergency"
    assert [line["dial"] for line in urgent["hotlines"]] == ["110", "96110", ""]
