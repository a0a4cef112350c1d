"""The fake Bot API behaves as the real one where our bot would notice, seen through python-telegram-bot itself."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import fake_bot_api
import pytest
from aiohttp import web
from fake_bot_api import FakeBotApi, RemoteFakeBotApi, find_entities, parse_html
from hypothesis import given
from hypothesis import strategies as st
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    Message,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import Application, MessageHandler, filters

SECRET = "a-webhook-secret_1"


@pytest.fixture(autouse=True)
def _new_style_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without it PTB 22 warns in the very constructor of RetryAfter, and warnings are errors here.
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as server:
        yield server


@pytest.fixture
async def bot(api: FakeBotApi) -> AsyncIterator[Bot]:
    async with make_bot(api) as made:
        yield made


def make_bot(api: FakeBotApi, token: str | None = None) -> Bot:
    return Bot(token or api.token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")


def keyboard(text: str = "有帮助", data: str = "ok:1") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)]])


# --- polling ----------------------------------------------------------------------------------------------------------


async def test_an_offset_confirms_and_what_is_not_confirmed_comes_again(api: FakeBotApi, bot: Bot) -> None:
    for text in ("一", "二", "三"):
        api.message(7, text)
    first = await bot.get_updates(limit=2)
    assert [u.message.text for u in first] == ["一", "二"]
    assert [u.message.text for u in await bot.get_updates(limit=2)] == ["一", "二"]
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [u.message.text for u in rest] == ["三"]
    assert api.confirmed(first[-1].update_id)
    assert not api.confirmed(rest[0].update_id)


async def test_a_negative_offset_keeps_only_the_last_updates(api: FakeBotApi, bot: Bot) -> None:
    api.burst(5)
    assert len(await bot.get_updates(offset=-2)) == 2
    assert len(api.pending) == 2


async def test_a_long_poll_waits_for_the_next_message(api: FakeBotApi, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    assert not poll.done()
    api.message(7, "在吗")
    assert [u.message.text for u in await poll] == ["在吗"]


async def test_a_poll_without_news_ends_empty(bot: Bot) -> None:
    assert await bot.get_updates(timeout=0) == ()


async def test_of_two_pollers_the_older_is_told_of_the_conflict(api: FakeBotApi, bot: Bot) -> None:
    older = asyncio.create_task(bot.get_updates(timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    async with make_bot(api) as other:
        newer = asyncio.create_task(other.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await older
        api.message(7, "在吗")
        assert len(await newer) == 1


async def test_polling_conflicts_with_a_webhook(api: FakeBotApi, bot: Bot) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    async with make_bot(api) as other:  # the first bot's only polling connection is busy
        await other.set_webhook("http://127.0.0.1:9/")
        with pytest.raises(Conflict, match="terminated by setWebhook"):
            await waiting
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        await other.delete_webhook()
    assert await bot.get_updates() == ()


async def test_updates_nobody_asked_for_are_kept_apart(api: FakeBotApi, bot: Bot) -> None:
    api.chat_member(-1001, 8)  # never sent unless asked for by name
    await bot.get_updates(allowed_updates=["callback_query"])
    api.message(7, "在吗")
    assert await bot.get_updates() == ()
    assert [next(k for k in u if k != "update_id") for u in api.dropped] == ["chat_member", "message"]
    await bot.get_updates(allowed_updates=[])
    api.message(7, "在吗")
    assert len(await bot.get_updates()) == 1


async def test_thousands_of_queued_updates_arrive_once_and_in_order(api: FakeBotApi, bot: Bot) -> None:
    assert api.burst([7], "问题{n}", each=3000) == 3000
    seen: list[str] = []
    offset = 0
    while updates := await bot.get_updates(offset=offset):
        seen += [u.message.text for u in updates]
        offset = updates[-1].update_id + 1
    assert seen == [f"问题{n}" for n in range(3000)]
    assert not api.pending


async def test_a_real_application_polls_and_answers(api: FakeBotApi) -> None:
    async def echo(update: Update, _: object) -> None:
        await update.message.reply_text(update.message.text)

    app = Application.builder().token(api.token).base_url(f"{api.url}/bot").job_queue(None).build()
    app.add_handler(MessageHandler(filters.TEXT, echo))
    async with app:
        await app.updater.start_polling(drop_pending_updates=False)
        await app.start()
        api.message(7, "在吗")
        await api.wait_for(lambda: api.texts(7) == ["在吗"])
        await app.updater.stop()
        await app.stop()
    assert api.confirmed(api.last_update_id)


# --- webhook ----------------------------------------------------------------------------------------------------------


class Receiver:
    """A small web server that takes updates; ``statuses`` are the answers to give first."""

    def __init__(self) -> None:
        self.got: list[dict] = []
        self.secrets: list[str | None] = []
        self.statuses: list[int] = []
        self.reply: dict | None = None
        self.open = self.most_open = 0
        self.gate: asyncio.Event | None = None

    async def take(self, request: web.Request) -> web.Response:
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            update = await request.json()
            if self.gate is not None:
                await self.gate.wait()
            status = self.statuses.pop(0) if self.statuses else 200
            self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
            if status == 200:
                self.got.append(update)
            return web.json_response(self.reply or {}, status=status)
        finally:
            self.open -= 1

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/hook", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        finally:
            await runner.cleanup()

    def texts(self, chat_id: int | None = None) -> list[str]:
        return [u["message"]["text"] for u in self.got if chat_id in (None, u["message"]["chat"]["id"])]


async def test_a_webhook_gets_updates_with_its_secret(api: FakeBotApi, bot: Bot) -> None:
    receiver = Receiver()
    async with receiver.running() as url:
        api.message(7, "早就写了")
        await bot.set_webhook(url, secret_token=SECRET)
        api.message(7, "刚刚写的")
        await api.wait_for(lambda: receiver.texts() == ["早就写了", "刚刚写的"] and not api.pending)
        assert receiver.secrets == [SECRET, SECRET]
        assert (await bot.get_webhook_info()).url == url
        await bot.delete_webhook()
    assert SECRET not in repr(api.journal) + repr(api.webhook)


async def test_a_refused_update_comes_again_before_the_next_of_its_chat(api: FakeBotApi, bot: Bot) -> None:
    receiver = Receiver()
    receiver.statuses = [500, 403, 200]
    async with receiver.running() as url:
        await bot.set_webhook(url)
        for text in ("一", "二", "三"):
            api.message(7, text)
        await api.wait_for(lambda: len(receiver.got) == 3 and not api.pending)
        assert receiver.texts() == ["一", "二", "三"]
        info = await bot.get_webhook_info()
        assert info.pending_update_count == 0
        assert info.last_error_message.startswith("Wrong response from the webhook: 403")


async def test_updates_wait_for_a_receiver_that_is_down_and_a_new_set_webhook_hurries_them(bot: Bot) -> None:
    receiver = Receiver()
    async with receiver.running() as url:
        port = int(url.split(":")[2].split("/")[0])
    with FakeBotApi(webhook_retry=(3600, 3600)) as api:
        async with make_bot(api) as other:
            await other.set_webhook(url)
            api.burst(20, "在吗")
            await api.wait_for(lambda: api.last_webhook_error)
            assert len(api.pending) == 20
            async with receiver.running(port):
                await other.set_webhook(url)
                await api.wait_for(lambda: not api.pending)
    assert len({u["update_id"] for u in receiver.got}) == len(receiver.got) == 20


async def test_chats_are_served_side_by_side_up_to_max_connections_and_each_in_order(api: FakeBotApi, bot: Bot) -> None:
    receiver = Receiver()
    receiver.gate = asyncio.Event()
    async with receiver.running() as url:
        await bot.set_webhook(url, max_connections=4)
        api.burst(range(1, 7), "{n}", each=30)
        await api.wait_for(lambda: receiver.open == 4)
        receiver.gate.set()
        await api.wait_for(lambda: not api.pending)
        assert receiver.most_open == 4
        for chat_id in range(1, 7):
            assert receiver.texts(chat_id) == [str(n) for n in range(30)]


async def test_a_method_in_the_webhook_answer_is_carried_out(api: FakeBotApi, bot: Bot) -> None:
    receiver = Receiver()
    receiver.reply = {"method": "sendMessage", "chat_id": 7, "text": "收到"}
    async with receiver.running() as url:
        await bot.set_webhook(url)
        api.message(7, "在吗")
        await api.wait_for(lambda: api.texts(7) == ["收到"])


async def test_pending_updates_can_be_dropped_or_are_left_for_polling(api: FakeBotApi, bot: Bot) -> None:
    await bot.set_webhook("http://127.0.0.1:9/hook")
    api.burst(3)
    await bot.delete_webhook()
    assert len(await bot.get_updates()) == 3
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_a_bad_webhook_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)bad webhook"):
        await bot.set_webhook("ftp://127.0.0.1/")


# --- sending ----------------------------------------------------------------------------------------------------------


async def test_html_becomes_text_and_entities(api: FakeBotApi, bot: Bot) -> None:
    sent = await bot.send_message(7, "😀<b>别转账</b> &lt;96110&gt; <a href='https://a.cn/?x=1&amp;y'>看</a>", "HTML")
    assert sent.text == "😀别转账 <96110> 看"
    assert sent.parse_entities() == {sent.entities[0]: "别转账", sent.entities[1]: "看"}
    assert sent.entities[1].url == "https://a.cn/?x=1&y"
    assert api.texts(7) == [sent.text]


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("你<font>x</font>", 'Unsupported start tag "font" at byte offset 3'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ('<span class="x">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_broken_html_is_refused_as_telegram_refuses_it(bot: Bot, html: str, problem: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await bot.send_message(7, html, "HTML")
    assert str(caught.value).lower() == f"can't parse entities: {problem}".lower()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_always_parses_to_itself(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse_html(f"<b>{escaped}</b>")[0] == text


@given(st.lists(st.sampled_from(["<b>", "</b>", "<a href=", "'", '"', ">", "</", "x", "&#", "1;", " ", "<pre>", "你"])))
def test_no_markup_breaks_the_parser(pieces: list[str]) -> None:
    with contextlib.suppress(fake_bot_api.ApiError):
        parse_html("".join(pieces))


async def test_limits_of_a_text_count_after_the_markup(bot: Bot) -> None:
    assert len((await bot.send_message(7, "<b>" + "好" * 4096 + "</b>", "HTML")).text) == 4096
    with pytest.raises(BadRequest, match=r"(?i)message is too long"):
        await bot.send_message(7, "好" * 4097)
    with pytest.raises(BadRequest, match=r"(?i)message is too long"):
        await bot.send_message(7, "😀" * 2049)
    for empty in ("", " \n", "<b> </b>"):
        with pytest.raises(BadRequest, match=r"(?i)message text is empty"):
            await bot.send_message(7, empty, "HTML")


async def test_callback_data_is_limited_to_64_bytes(api: FakeBotApi, bot: Bot) -> None:
    await bot.send_message(7, "x", reply_markup=keyboard(data="好" * 21))
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(7, "x", reply_markup=keyboard(data="好" * 22))
    assert len(api.sent(7)) == 1


async def test_an_edit_must_change_something_and_find_its_message(api: FakeBotApi, bot: Bot) -> None:
    sent = await bot.send_message(7, "<b>旧</b>", "HTML", reply_markup=keyboard())
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await sent.edit_text("<b>旧</b>", "HTML", reply_markup=keyboard())
    edited = await sent.edit_text("新")
    assert isinstance(edited, Message)
    assert edited.edit_date
    assert edited.reply_markup is None
    await edited.edit_reply_markup(keyboard("换"))
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await edited.edit_reply_markup(keyboard("换"))
    assert [(m["text"], "reply_markup" in m) for m in api.sent(7)] == [("新", True)]
    await edited.delete()
    assert api.sent(7) == []
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await edited.edit_text("更新")
    with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
        await edited.delete()
    theirs = api.message(7, "我的话")
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await bot.edit_message_text("x", 7, theirs["message_id"])


async def test_a_reply_needs_its_message(api: FakeBotApi, bot: Bot) -> None:
    asked = api.message(7, "在吗")
    assert (await bot.send_message(7, "在", reply_to_message_id=asked["message_id"])).reply_to_message.text == "在吗"
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await bot.send_message(7, "在", reply_to_message_id=999)


async def test_files_go_up_and_come_down(api: FakeBotApi, bot: Bot, tmp_path: Path) -> None:
    picture = tmp_path / "分享 卡片.png"
    picture.write_bytes(b"\x89PNG" + bytes(2_000_000))
    sent = await bot.send_photo(7, picture, caption="<i>卡</i>", parse_mode="HTML")
    assert sent.caption == "卡"
    assert api.calls("sendPhoto")[0].files["photo"].data == picture.read_bytes()
    document = await bot.send_document(7, b"a,b\n", filename="问题.csv")
    assert document.document.file_name == "问题.csv"
    again = await bot.send_document(7, document.document.file_id)
    file = await again.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"a,b\n"


async def test_commands_and_texts_are_kept_per_scope_and_language(api: FakeBotApi, bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("help", "帮助")])
    await bot.set_my_commands([BotCommand("review", "Queue")], scope=BotCommandScopeChat(7), language_code="en")
    assert [c.command for c in await bot.get_my_commands()] == ["help"]
    assert [c.command for c in await bot.get_my_commands(BotCommandScopeChat(7), "en")] == ["review"]
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([("Help!", "x")])
    await bot.set_my_description("防骗", "zh")
    await bot.set_my_short_description("短")
    await bot.set_my_name("反诈助手")
    assert (await bot.get_my_description("zh")).description == "防骗"
    assert (await bot.get_my_short_description("en")).short_description == "短"
    with pytest.raises(BadRequest, match=r"(?i)too long"):
        await bot.set_my_description("x" * 513)
    await bot.set_chat_menu_button(7)
    await bot.send_chat_action(7, "typing")
    assert api.chat_actions == [(7, "typing")]


async def test_chats_members_and_leaving(api: FakeBotApi, bot: Bot) -> None:
    api.message(-1001, "大家好", user_id=8)
    assert (await bot.get_chat(-1001)).type == "supergroup"
    assert (await bot.get_chat_member(-1001, 8)).status == "member"
    assert (await bot.get_chat_member(-1001, bot.id)).user.is_bot
    await bot.leave_chat(-1001)
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(-1001, "再见")


async def test_unknown_methods_and_wrong_tokens(api: FakeBotApi) -> None:
    async with make_bot(api) as bot:
        with pytest.raises(EndPointNotFound):
            await bot.do_api_request("flyToTheMoon")
    stranger = make_bot(api, "110201543:AA-another-token-that-is-not-known")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()
    for token, status in (("110201543:AA-another-token", 401), ("nonsense", 404)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{api.url}/bot{token}/getMe")
        with caught.value as error:
            assert error.code == status


# --- faults -----------------------------------------------------------------------------------------------------------


async def test_scripted_errors_come_in_turn_and_then_all_is_well(api: FakeBotApi, bot: Bot) -> None:
    api.fail("sendMessage", 429, retry_after=3)
    api.fail("sendMessage", 403)
    api.fail("sendMessage", 400, "Bad Request: PEER_ID_INVALID")
    api.fail("sendMessage", 500, times=2)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(7, "x")
    assert caught.value.retry_after == dt.timedelta(seconds=3)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(7, "x")
    with pytest.raises(BadRequest, match=r"(?i)peer_id_invalid"):
        await bot.send_message(7, "x")
    for _ in range(2):
        with pytest.raises(NetworkError, match="Internal Server Error"):
            await bot.send_message(7, "x")
    await bot.send_message(7, "x")
    assert [call.status for call in api.calls("sendMessage")] == [429, 403, 400, 500, 500, 200]
    assert len(api.calls("sendMessage", ok=False)) == 5


async def test_a_fault_can_wait_and_can_be_of_one_chat(api: FakeBotApi, bot: Bot) -> None:
    api.fail("*", 500, chat_id=8, skip=1, times=None)
    await bot.send_message(8, "一")
    await bot.send_message(7, "二")
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.send_message(8, "三")
    api.clear_faults()
    await bot.send_message(8, "四")
    assert api.texts() == ["一", "二", "四"]


async def test_garbage_drops_and_hangs(api: FakeBotApi, bot: Bot) -> None:
    api.garbage("sendMessage", status=502)
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(7, "x")
    api.drop("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(7, "x")
    api.drop("sendMessage", executed=True, partial=True)
    with pytest.raises(NetworkError):
        await bot.send_message(7, "断了但已送达")
    api.hang("sendMessage", executed=True)
    with pytest.raises(TimedOut):
        await bot.send_message(7, "超时但已送达", read_timeout=0.1)
    api.hang("sendMessage", 0.01)
    await bot.send_message(7, "晚到")
    assert api.texts(7) == ["断了但已送达", "超时但已送达", "晚到"]


async def test_blocked_vanished_and_migrated_chats(api: FakeBotApi, bot: Bot) -> None:
    api.block(7)
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(7, "x")
    api.unblock(7)
    await bot.send_message(7, "x")
    api.vanish(7)
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(7, "x")
    api.migrate(-55, -10055)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(-55, "x")
    assert caught.value.new_chat_id == -10055
    updates = await bot.get_updates()
    assert [(u.message.migrate_to_chat_id, u.message.migrate_from_chat_id) for u in updates] == [
        (-10055, None),
        (None, -55),
    ]


async def test_strict_chats_are_unknown_until_they_write() -> None:
    async with FakeBotApi(strict_chats=True) as api, make_bot(api) as bot:
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await bot.send_message(7, "x")
        api.message(7, "在吗")
        await bot.send_message(7, "x")


async def test_a_server_that_goes_down_comes_back_with_its_state(api: FakeBotApi) -> None:
    api.message(7, "在吗")
    api.stop()
    bot = make_bot(api)
    with pytest.raises(NetworkError):
        await bot.initialize()
    api.start()
    async with bot:
        assert len(await bot.get_updates()) == 1


async def test_the_token_is_in_no_line_of_the_journal(api: FakeBotApi, bot: Bot) -> None:
    await bot.set_webhook(f"http://127.0.0.1:9/{api.token}")
    assert api.token not in repr(api.journal)
    assert api.token not in json.dumps([call.as_json() for call in api.journal] + [api._state()])


# --- what people do ---------------------------------------------------------------------------------------------------


async def test_every_kind_of_message_is_one_the_library_understands(api: FakeBotApi, bot: Bot) -> None:
    asked = api.message(7, "在吗", user_id=7)
    api.message(-1001, "@fanzha_test_bot 这是骗子吗", user_id=8, reply_to=asked)
    api.edit(asked, "在吗？")
    for origin in ("user", "hidden", "chat", "channel"):
        api.message(7, "转来的", forward=origin)
    api.photo(7, "截图")
    api.document(7, "退款.apk")
    api.sticker(7)
    api.voice(7)
    api.video(7, "视频")
    api.contact(7, "+8613800000000")
    api.location(7)
    api.poll(7, "是骗子吗", ["是", "不是"])
    api.channel_post(-1002, "通知")
    api.my_chat_member(-1001, "member", user_id=8)
    api.my_chat_member(7, "kicked")
    api.join(-1001)
    api.leave(-1001)
    got = await bot.get_updates(allowed_updates=Update.ALL_TYPES)
    messages = [u.effective_message for u in got if u.effective_message]
    assert len(got) == len(messages) + 2 == 20
    assert got[1].message.entities[0].type == "mention"
    assert got[1].message.reply_to_message.text == "在吗"
    assert got[2].edited_message.edit_date
    assert [m.forward_origin.type for m in messages[3:7]] == ["user", "hidden_user", "chat", "channel"]
    assert messages[7].photo[-1].file_id
    assert messages[8].document.file_name == "退款.apk"
    assert messages[14].poll.options[0].text == "是"
    assert [u.channel_post.text for u in got if u.channel_post] == ["通知"]
    changes = [u.my_chat_member.new_chat_member.status for u in got if u.my_chat_member]
    assert changes == ["member", "kicked"]
    with pytest.raises(Forbidden):
        await bot.send_message(7, "x")


def test_commands_and_mentions_are_found_where_telegram_finds_them() -> None:
    assert find_entities("😀 /help@fanzha_bot @some_one https://a.cn/b。") == [
        {"type": "bot_command", "offset": 3, "length": 16},
        {"type": "mention", "offset": 20, "length": 9},
        {"type": "url", "offset": 30, "length": 14},
    ]
    assert find_entities("你好@fanzha_bot") == []  # a Chinese character is part of a word
    assert find_entities("a/b") == []


async def test_a_button_is_pressed_and_answered(api: FakeBotApi, bot: Bot) -> None:
    sent = await bot.send_message(7, "有用吗", reply_markup=keyboard())
    for button in ("有帮助", "ok:1"):
        pressed = api.press(sent.message_id, button)
        [update] = await bot.get_updates(offset=api.last_update_id)
        assert update.callback_query.data == "ok:1"
        assert update.callback_query.message.text == "有用吗"
        await update.callback_query.answer("谢谢")
        assert api.callback_answers[pressed["id"]]["text"] == "谢谢"
    with pytest.raises(LookupError, match="有帮助"):
        api.press(sent.message_id, "没有这个")
    api.press(sent.message_id, "forged:data", user_id=666, forged=True)
    [update] = await bot.get_updates(offset=api.last_update_id)
    assert (update.callback_query.data, update.effective_user.id) == ("forged:data", 666)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query("1")


async def test_inline_mode_from_the_query_to_a_button_of_the_shared_card(api: FakeBotApi, bot: Bot) -> None:
    query = api.inline("刷单", user_id=8)
    [update] = await bot.get_updates()
    card = InlineQueryResultArticle("1", "刷单", InputTextMessageContent("<b>别做</b>", "HTML"), keyboard())
    await update.inline_query.answer([card], cache_time=60)
    assert api.inline_answers[query["id"]]["results"][0]["input_message_content"]["text"] == "别做"
    shared = api.choose_inline(query, "1")
    api.press(shared, "有帮助", user_id=9)
    chosen, pressed = await bot.get_updates(offset=update.update_id + 1)
    assert chosen.chosen_inline_result.result_id == "1"
    assert pressed.callback_query.inline_message_id == shared
    await pressed.callback_query.edit_message_text("谢谢")
    with pytest.raises(BadRequest, match=r"(?i)result_id_duplicate"):
        await bot.answer_inline_query(query["id"], [card, card])
    bad = InlineQueryResultArticle("1", "x", InputTextMessageContent("<b>", "HTML"))
    with pytest.raises(BadRequest, match=r"(?i)parse entities"):
        await bot.answer_inline_query(query["id"], [bad])


async def test_raw_updates_keep_their_own_number(api: FakeBotApi, bot: Bot) -> None:
    message = api.message(7, "在吗")
    [first] = await bot.get_updates()
    await bot.get_updates(offset=first.update_id + 1)
    api.update({"update_id": first.update_id, "message": message})  # a redelivery
    assert [u.update_id for u in await bot.get_updates()] == [first.update_id]


# --- waiting, and driving from another process ------------------------------------------------------------------------


def test_sync_tests_wait_without_a_loop(api: FakeBotApi) -> None:
    asyncio.run(_say(api, "好"))
    assert api.wait(lambda: api.texts(7)) == ["好"]
    with pytest.raises(TimeoutError, match="sendMessage -> 200"):
        api.wait(lambda: False, timeout=0.05)


async def _say(api: FakeBotApi, text: str) -> None:
    async with make_bot(api) as bot:
        await bot.send_message(7, text)


async def test_a_late_predicate_names_the_last_calls(api: FakeBotApi, bot: Bot) -> None:
    with pytest.raises(TimeoutError, match="getMe -> 200"):
        await api.wait_for(lambda: False, timeout=0.05)


def test_a_taken_port_is_an_error_and_not_a_hang(api: FakeBotApi) -> None:
    with pytest.raises(OSError, match="in use"):
        FakeBotApi(port=api.port).start()


def test_it_runs_as_a_process_and_is_driven_over_http() -> None:
    command = [sys.executable, str(Path(fake_bot_api.__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert fake_bot_api.TOKEN not in line
            remote = RemoteFakeBotApi(line.split()[4])
            message = remote("message", chat_id=7, text="在吗")
            remote("fail", method="sendMessage", status=403)
            remote.update({"message": {**message, "message_id": 99}})
            assert remote("burst", chats=3, each=2) == 6
            asyncio.run(_converse(remote.url))
            assert remote.wait("sendMessage", 1) == 1
            assert [m["text"] for m in remote.sent(7)] == ["在"]
            assert [call["status"] for call in remote.journal("sendMessage")] == [403, 200]
            assert remote.state()["pending"] == 8
            with pytest.raises(TimeoutError):
                remote.wait("sendMessage", 2, timeout=0.05)
            with pytest.raises(ValueError, match="no helper"):
                remote("stop")
            with pytest.raises(ValueError, match="TypeError"):
                remote("message")
        finally:
            process.terminate()
    assert process.returncode == 0


async def _converse(url: str) -> None:
    async with Bot(fake_bot_api.TOKEN, base_url=f"{url}/bot") as bot:
        [first, *_] = await bot.get_updates()
        with pytest.raises(Forbidden):
            await bot.send_message(first.message.chat_id, "在")
        await bot.send_message(first.message.chat_id, "在")
