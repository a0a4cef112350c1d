"""Webhook mode: the secret, the status that each call gets, redelivery, order, back-pressure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from fake_bot_api import FakeBotApi, Json
from telegram_parts import SECRET, House, api, small_index, store

from bot.channels.telegram import channel as channel_module
from bot.inbox import Inbox
from bot.store.sqlite import SqliteStore

__all__ = ["api", "small_index", "store"]
CHAT = 7
SCAM = "我要贷款"


class Server:
    """What stands before the channel in the web application."""

    def __init__(self) -> None:
        self.house: House | None = None
        self.statuses: list[int] = []
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        header = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        channel = self.house.channel if self.house else None
        status = await channel.process_webhook(await request.read(), header) if channel else 503
        self.statuses.append(status)
        return web.Response(status=status)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_post("/telegram/webhook", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def make(api: FakeBotApi, store: SqliteStore, server: Server) -> House:
    server.house = House(api, store, BOT_PUBLIC_URL=server.url, BOT_WEBHOOK_SECRET=SECRET)
    return server.house


@pytest.fixture
async def house(api: FakeBotApi, store: SqliteStore, server: Server) -> AsyncIterator[House]:
    async with make(api, store, server) as made:
        await api.wait_for(lambda: api.webhook is not None)
        yield made


def update(number: int = 1, chat: int = CHAT, text: str = SCAM) -> Json:
    who = {"id": chat, "is_bot": False, "first_name": "某"}
    message = {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "from": who, "text": text}
    return {"update_id": number, "message": message}


def body(*arguments: Any) -> bytes:
    return json.dumps(update(*arguments)).encode()


async def test_the_same_answers_and_edits_come_by_webhook(house: House) -> None:
    assert "网上贷款" in (await house.say(CHAT, SCAM))["text"]
    message = house.api.message(CHAT, "怎么做任务")
    await house.api.wait_for(lambda: len(house.api.sent(CHAT)) == 2)
    house.api.edit(message, "我把钱转给骗子了")
    await house.api.wait_for(lambda: house.api.texts(CHAT)[1].startswith("🆘"))
    assert house.api.calls("getUpdates") == []


@pytest.mark.parametrize("header", [None, "", "wrong", SECRET + "x", SECRET.upper(), "密", "\udcff"])
async def test_without_the_secret_nothing_is_taken(house: House, header: str | None) -> None:
    assert await house.channel.process_webhook(body(), header) == 401
    await house.quiet()
    assert house.api.sent(CHAT) == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"1", b"null", b'{"update_id": "x"}', b"{}", b"\xff"])
async def test_what_is_no_update_is_400(house: House, data: bytes) -> None:
    assert await house.channel.process_webhook(data, SECRET) == 400


async def test_an_update_that_cannot_be_read_or_needs_no_answer_is_taken_off(house: House) -> None:
    for data in ({"message": {"text": "x"}}, {"poll": {}}, {"message": {"message_id": 1}}):
        assert await house.channel.process_webhook(json.dumps({"update_id": 9, **data}).encode(), SECRET) == 200


async def test_a_redelivery_is_answered_once_even_at_the_same_moment(house: House) -> None:
    statuses = await asyncio.gather(*(house.channel.process_webhook(body(), SECRET) for _ in range(20)))
    assert statuses == [200] * 20
    await house.api.wait_for(lambda: house.api.sent(CHAT))
    assert await house.channel.process_webhook(body(), SECRET) == 200
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 1


async def test_it_is_stored_masked_before_the_200(house: House, store: SqliteStore) -> None:
    house.api.hang("sendMessage", 0.5)
    assert await house.channel.process_webhook(body(1, CHAT, "贷款 13800138000"), SECRET) == 200
    (row,) = store.inbox.pending()
    assert row.body["text"] == "贷款 [手机号]"
    assert "first_name" not in str(row.body)
    await house.api.wait_for(lambda: house.api.sent(CHAT))


async def test_before_it_is_up_and_after_it_stopped_telegram_is_asked_to_come_again(
    api: FakeBotApi, store: SqliteStore, server: Server
) -> None:
    house = make(api, store, server)
    assert await house.channel.process_webhook(body(), SECRET) == 503
    async with house:
        await api.wait_for(lambda: api.webhook is not None)
    assert await house.channel.process_webhook(body(), SECRET) == 503
    api.message(CHAT, SCAM)
    await api.wait_for(lambda: 503 in server.statuses)
    async with make(api, store, server):
        await api.wait_for(lambda: api.sent(CHAT))


async def test_in_polling_mode_there_is_no_webhook(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store, BOT_WEBHOOK_SECRET=SECRET) as house:
        assert await house.channel.process_webhook(body(), SECRET) == 404


async def test_a_full_house_takes_no_more_and_loses_nothing(
    api: FakeBotApi, store: SqliteStore, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "ROOM_SECONDS", 0.05)
    house = make(api, store, server)
    house.channel._inbox = house.inbox = Inbox(store.inbox, limit=5)
    async with house:
        await api.wait_for(lambda: api.webhook is not None)
        api.fail("sendMessage", 429, retry_after=1, times=16)
        api.burst(60, "贷款")
        await api.wait_for(lambda: 503 in server.statuses)
        await api.wait_for(lambda: len(api.sent()) == 60, timeout=30)
        assert house.inbox.backlog <= 60
    assert len({m["chat"]["id"] for m in api.sent()}) == 60


async def test_a_webhook_that_cannot_be_set_is_said_and_tried_again(
    api: FakeBotApi, store: SqliteStore, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail("setWebhook", 400, "Bad Request: bad webhook: HTTPS url must be provided", times=2)
    async with make(api, store, server) as house:
        await api.wait_for(lambda: api.webhook is not None)
        assert (await house.say(CHAT, SCAM))["text"]
    assert "check BOT_PUBLIC_URL" in caplog.text
    assert SECRET not in caplog.text


async def test_store_down_the_answer_comes_before_the_200(house: House, store: SqliteStore, monkeypatch: Any) -> None:
    from bot.errors import StoreError

    def broken(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(store.inbox, "accept", broken)
    statuses = await asyncio.gather(*(house.channel.process_webhook(body(), SECRET) for _ in range(3)))
    assert statuses == [200] * 3
    assert len(house.api.sent(CHAT)) == 1
    monkeypatch.undo()
