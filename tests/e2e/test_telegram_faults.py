"""The Bot API refuses, fails, hangs, talks nonsense; residents flood; updates are broken: nobody is answered twice, or
never, and no log tells a word or the token."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from fake_bot_api import FakeBotApi
from telegram_parts import House, api, house, small_index, store

from bot.channels.telegram import channel as channel_module
from bot.channels.telegram.delivery import Doubtful
from bot.channels.telegram.flood import Flood
from bot.channels.telegram.outgoing import Say
from bot.store.sqlite import SqliteStore

__all__ = ["api", "house", "small_index", "store"]
CHAT = 7
SCAM = "我要贷款"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "LONGEST_WAIT", 0.1)


# ---------------------------------------------------------------- on the way out
async def test_429_is_waited_for_and_the_answer_comes_once(house: House) -> None:
    house.api.fail("sendMessage", 429, retry_after=1)
    assert (await house.say(CHAT, SCAM))["text"]
    await house.quiet()
    refused, sent = house.api.calls("sendMessage")
    assert (refused.status, sent.status) == (429, 200)
    assert sent.time - refused.time >= 1


async def test_what_left_before_a_refusal_stays_in_doubt(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning is out, the answer is not: a crash now must not call the update unsent."""
    monkeypatch.setattr(channel_module, "STOP_SECONDS", 0.1)
    await house.say(CHAT, SCAM)
    house.api.fail("sendMessage", 429, retry_after=30, skip=1)
    await house.reply(CHAT, lambda: house.api.document(CHAT, "贷款.apk", caption=SCAM))
    await house.api.wait_for(lambda: house.api.calls("sendMessage", ok=False))
    journal = Path(f"{house.store._engine.path}.answered")
    number = house.api.last_update_id
    await house.api.wait_for(lambda: journal.read_text().split()[-1:] == [f"+{number}"])
    assert f"-{number}" not in journal.read_text()


async def test_429_in_one_chat_does_not_hold_up_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "STOP_SECONDS", 0.1)
    house.api.fail("sendMessage", 429, retry_after=30, chat_id=CHAT)
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: house.api.calls("sendMessage"))
    assert (await house.say(8, SCAM))["text"]
    assert house.api.sent(CHAT) == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_5xx_is_tried_again(house: House, status: int) -> None:
    house.api.fail("sendMessage", status, times=2)
    assert (await house.say(CHAT, SCAM))["text"]
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 1


async def test_a_broken_page_of_a_proxy_with_5xx_is_tried_again(house: House) -> None:
    house.api.garbage("sendMessage", status=502)
    await house.say(CHAT, SCAM)
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 1


@pytest.mark.parametrize("fault", ["drop", "partial", "garbage", "hang"])
async def test_what_may_have_been_delivered_is_not_sent_again(house: House, fault: str) -> None:
    if fault == "hang":
        house.channel._bot._request[1]._inner._read_timeout = 0.3  # type: ignore[attr-defined]
        house.api.hang("sendMessage", executed=True)
    elif fault == "garbage":
        house.api.garbage("sendMessage", executed=True)
    else:
        house.api.drop("sendMessage", executed=True, partial=fault == "partial")
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: house.api.sent(CHAT))
    await house.quiet()
    assert (await house.say(CHAT, SCAM + "吗"))["text"]
    assert len(house.api.sent(CHAT)) == 2


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        ('{"ok":true,"result":{"message_id":77,"text":"x"}}', 77),
        (' { "ok" : true , "result" : { "message_id" : 77 } }', 77),
        ('{"ok":true,"result":{"message_id":77,"te', 77),  # broken off, but it was sent
        ('{"result":{"date":1,"message_id":77},"ok":true}', 77),  # in another order it is read whole
        ('{"ok":true,"result":{"message_id":"77"}}', 77),
        ('{"ok":true,"result":{"message_id":{"message_id":77}}}', None),
        ('{"ok":true,"result":true}', None),
        ('{"ok":true,"result":{"message_id":7', None),
    ],
)
async def test_the_id_of_what_was_sent_is_in_the_answer(house: House, answer: str, sent: int | None) -> None:
    house.api.garbage("sendMessage", answer)
    call = house.channel._delivery.send(Say(CHAT, "在吗"))
    if sent:
        assert await call == sent
    else:
        with pytest.raises(Doubtful):
            await call


async def test_an_answer_that_hangs_does_not_hold_up_other_chats(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "STOP_SECONDS", 0.1)
    house.api.hang("sendMessage", chat_id=CHAT)
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: house.api.calls("sendMessage"))
    assert (await house.say(8, SCAM))["text"]


async def test_403_drops_what_was_to_be_told_and_nothing_is_sent_again(house: House, store: SqliteStore) -> None:
    await house.open_by(await house.say(CHAT, "火星上有人找我合作"), "有了答案告诉我")
    (group,) = store.queue.groups()
    house.api.block(CHAT)
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: not store.queue.wishes(group.id))
    await house.quiet()
    assert len(house.api.calls("sendMessage", ok=False)) == 1


async def test_a_chat_that_vanishes_in_the_middle_is_passed_over(house: House) -> None:
    await house.say(CHAT, SCAM)
    house.api.vanish(CHAT)
    house.api.message(CHAT, SCAM)
    await house.quiet()
    assert (await house.say(8, SCAM))["text"]


async def test_refused_html_and_buttons_are_sent_plain(house: House) -> None:
    house.api.fail("sendMessage", 400, "Bad Request: can't parse entities: unsupported start tag")
    assert "网上贷款" in (await house.say(CHAT, SCAM))["text"]
    house.api.fail("sendMessage", 400, "Bad Request: BUTTON_DATA_INVALID")
    assert "网上贷款" in (await house.say(CHAT, SCAM))["text"]
    house.api.fail("sendMessage", 400, "Bad Request: something else")
    house.api.message(CHAT, SCAM)
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 2


async def test_an_api_that_goes_away_and_comes_back_loses_no_answer(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store) as house:
        await house.say(CHAT, SCAM)
        api.burst(30)
        await api.wait_for(lambda: not api.pending)
        await asyncio.to_thread(api.stop)
        await asyncio.sleep(0.1)
        api.start()
        await api.wait_for(lambda: len(api.sent()) == 31)
        await house.quiet()
        assert len(api.sent()) == 31


# ---------------------------------------------------------------- on the way in
async def test_an_update_that_cannot_be_read_blocks_nothing_and_is_not_printed(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.api.update(
        {"message": {"text": "秘密的话 13800138000", "chat": {"id": 5}}},
        {"message": {"message_id": 1, "chat": {"id": "x", "type": "private"}, "text": "秘密的话", "from": {"id": 1}}},
        {"callback_query": {"data": "秘密的话"}},
        {"no_such_kind": {"text": "秘密的话"}},
    )
    assert (await house.say(CHAT, SCAM))["text"]
    await house.quiet()
    assert "cannot be read" in caplog.text
    assert "秘密" not in caplog.text
    assert "13800138000" not in caplog.text


@pytest.mark.parametrize("fault", ["garbage", "500", "502", "429", "drop", "partial", "list"])
async def test_a_fault_of_polling_is_said_once_and_passes(
    house: House, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    await house.say(CHAT, SCAM)
    if fault == "garbage":
        house.api.garbage("getUpdates", "<html>秘密的话</html>", times=3)
    elif fault == "list":
        house.api.garbage("getUpdates", '{"ok": true, "result": {"a": 1}}', times=3)
    elif fault in ("drop", "partial"):
        house.api.drop("getUpdates", times=3, partial=fault == "partial")
    else:
        house.api.fail("getUpdates", int(fault), times=3)
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: len(house.api.sent(CHAT)) == 2)
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: len(house.api.sent(CHAT)) == 3, timeout=20)
    said = [r.getMessage() for r in caplog.records if "Telegram: updates:" in r.getMessage() and r.levelno >= 40]
    assert len(said) == 1
    assert "秘密" not in caplog.text


async def test_a_second_poller_and_a_foreign_webhook_are_said_and_survived(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.say(CHAT, SCAM)
    house.api.fail("getUpdates", 409, times=2)
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: len(house.api.sent(CHAT)) == 2)
    with house.api._lock:
        house.api.do_setWebhook(type("Call", (), {"params": {"url": "http://127.0.0.1:9/x"}})())  # type: ignore[arg-type]
    house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: len(house.api.sent(CHAT)) == 3, timeout=20)
    assert house.api.webhook is None
    assert "another process takes this bot's updates" in caplog.text


async def test_a_refused_token_is_said_and_tried_again(
    api: FakeBotApi, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    right, api.token = api.token, "110201543:another-token-of-the-server"
    house = House(api, store, BOT_TELEGRAM_TOKEN=right)
    await house.channel.start()
    await api.wait_for(lambda: "the token is refused" in caplog.text)
    assert not house.channel.up
    api.token = right
    await api.wait_for(lambda: house.channel.up)
    assert (await house.say(CHAT, SCAM))["text"]
    await house.close()
    assert sum("the token is refused" in r.getMessage() for r in caplog.records) == 1
    assert right not in caplog.text


async def test_an_api_out_of_reach_at_start_is_said_and_tried_again(
    api: FakeBotApi, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(api, store)
    await asyncio.to_thread(api.stop)
    await house.channel.start()
    await asyncio.sleep(0.2)
    assert "cannot be reached" in caplog.text
    api.start()
    await api.wait_for(lambda: house.channel.up)
    await house.close()


async def test_the_token_is_in_no_log_whatever_fails(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for method in ("getUpdates", "sendMessage"):
        house.api.garbage(method, status=400)
        house.api.fail(method, 500)
        house.api.drop(method)
    for _ in range(3):
        house.api.message(CHAT, "我叫王小明 13800138000 贷款")
    await house.quiet()
    assert house.settings.telegram_token not in caplog.text
    assert "王小明" not in caplog.text
    assert "13800138000" not in caplog.text


# ---------------------------------------------------------------- floods
def test_a_bucket_refills_and_the_note_comes_once_a_flood() -> None:
    flood = Flood(burst=4, a_second=1)
    assert [flood.ask(1, 0) for _ in range(7)] == ["go"] * 4 + ["tell", "silent", "silent"]
    assert flood.ask(1, 1.5) == "silent"
    assert [flood.ask(1, 2.5), flood.ask(1, 2.5), flood.ask(1, 2.5)] == ["go", "go", "tell"]
    assert flood.ask(2, 2.5) == "go"
    assert flood.ask(1, -1000) == "silent"
    assert flood.ask(1, 1000) == "go"


async def test_a_clock_that_jumps_stops_nothing(house: House) -> None:
    await house.say(CHAT, SCAM)
    for jump in (10**7, -2 * 10**7, 10**7):
        house.clock.now += jump
        assert (await house.say(CHAT, SCAM))["text"]


# ---------------------------------------------------------------- the store fails
async def test_a_store_that_cannot_be_written_costs_no_answer(
    house: House, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.errors import StoreError

    def broken(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    await house.say(CHAT, SCAM)
    for name in ("accept", "done", "attempt"):
        monkeypatch.setattr(store.inbox, name, broken)
    monkeypatch.setattr(store.turns, "record", broken)
    message = await house.say(CHAT, SCAM + "吗")
    assert "网上贷款" in message["text"]
    await house.quiet()
    monkeypatch.undo()


async def test_what_was_accepted_is_finished_at_a_stop(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store):
        api.burst(100, "贷款")
        await api.wait_for(lambda: not api.pending)
    assert len(api.sent()) == 100
    assert store.inbox.pending() == []


async def test_what_a_stop_could_not_finish_is_answered_at_the_next_start(
    api: FakeBotApi, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "STOP_SECONDS", 0.1)
    async with House(api, store) as house:
        api.fail("sendMessage", 429, retry_after=60, times=3)
        api.burst(3, "贷款13800138000")
        await house.api.wait_for(lambda: len(api.calls("sendMessage")) == 3)
    assert len(store.inbox.pending()) == 3
    assert "[手机号]" in str(store.inbox.pending()[0].body)
    async with House(api, store):
        await api.wait_for(lambda: len(api.sent()) == 3)


async def test_an_update_delivered_again_after_a_restart_is_known(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store) as house:
        message = await house.say(CHAT, SCAM)
        number = api.last_update_id
    raw = {"update_id": number, "message": next(m for m in api.messages.values() if m.get("text") == SCAM)}
    async with House(api, store) as house:
        api.update(raw)
        await house.quiet()
        await house.say(8, SCAM)
    assert [m["message_id"] for m in api.sent(CHAT)] == [message["message_id"]]
