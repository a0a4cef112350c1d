"""What a resident can do in a private chat: every command, every button, through the fake Bot API over real HTTP."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from fake_bot_api import FakeBotApi
from small_faq import faq, table
from telegram_parts import House, api, button_like, buttons, data_of, house, small_index, store

from bot import conversation
from bot.channels.telegram.handlers.quiz import cases
from bot.channels.telegram.table import RESIDENT_COMMANDS
from bot.core.entry import Faq, entry_from_dict, entry_to_dict
from bot.core.texts import t
from bot.store.base import Publication
from bot.store.sqlite import SqliteStore

__all__ = ["api", "house", "small_index", "store"]
CHAT = 7
SCAM, NO_ENTRY, CHOICE = "我要贷款", "火星上有人找我合作", "怎么做任务"


async def tables(store: SqliteStore, name: str) -> list[dict[str, Any]]:
    with store._engine.read() as connection:
        return [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]


# ---------------------------------------------------------------- the first start
async def test_while_the_first_index_is_fitted_only_questions_wait(
    api: FakeBotApi, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than are answered at a time; they are answered when it is done, and none twice."""
    fitted, fit = threading.Event(), conversation.index_of

    def slow(faq: Faq, *, aside: bool = False) -> Any:
        assert fitted.wait(60)
        return fit(faq)

    monkeypatch.setattr(conversation, "index_of", slow)
    askers = range(100, 120)
    async with House(api, store) as house:
        try:
            for chat in askers:
                api.message(chat, SCAM)
            for command in RESIDENT_COMMANDS:
                assert (await house.say(CHAT, f"/{command}"))["text"].strip()
            card = await house.say(CHAT, "/urgent")
            assert "110" in card["text"]
            assert (await house.open_by(card, buttons(card)[0]))["text"].startswith("🆘")
            assert not any(api.sent(chat) for chat in askers)
        finally:
            fitted.set()
        await house.quiet()
        assert [len(api.sent(chat)) for chat in askers] == [1] * len(askers)
        assert len(house.inbox._workers) == 16  # those who stood in are gone


# ---------------------------------------------------------------- commands
@pytest.mark.parametrize("command", RESIDENT_COMMANDS)
async def test_every_command_answers_in_both_languages(house: House, command: str) -> None:
    chinese = await house.say(CHAT, f"/{command}")
    assert chinese["text"].strip()
    house.api.user(8, language_code="en")
    english = await house.say(8, f"/{command}@FANZHA_test_bot")
    assert english["text"].strip() != chinese["text"].strip()
    for message in (chinese, english):
        assert all(len(data.encode()) <= 64 for data in data_of(message))


async def test_menus_and_descriptions_are_set_per_language_and_scope(house: House) -> None:
    await house.api.wait_for(lambda: ("description", "en") in house.api.profile)
    private, group = '{"type": "all_private_chats"}', '{"type": "all_group_chats"}'
    listed = {c["command"] for c in house.api.commands[private, ""]}
    assert listed == set(RESIDENT_COMMANDS)
    assert {c["command"] for c in house.api.commands[group, "en"]} == {"urgent", "topics", "help", "verify"}
    assert house.api.commands[private, "en"] != house.api.commands[private, ""]
    assert house.api.profile["short_description", "en"] != house.api.profile["short_description", ""]


async def test_an_unknown_command_is_answered_with_help(house: House) -> None:
    assert (await house.say(CHAT, "/nonsense"))["text"] == t("help", "zh-Hans")


async def test_a_menu_that_cannot_be_set_stops_nothing(api: FakeBotApi, store: SqliteStore) -> None:
    api.fail("setMyCommands", 500, times=None)
    async with House(api, store) as house:
        assert (await house.say(CHAT, "/start"))["text"]


async def test_urgent_shows_the_steps_one_a_line_and_leads_to_the_full_card(house: House) -> None:
    card = await house.say(CHAT, "/urgent")
    assert sum(line[:2] in ("1.", "2.", "3.", "4.", "5.", "6.") for line in card["text"].splitlines()) == 6
    assert "110" in card["text"]
    full = await house.open_by(card, buttons(card)[0])
    assert full["text"].startswith("🆘")


async def test_verify_names_the_operator_and_warns(house: House) -> None:
    text = (await house.say(CHAT, "/verify"))["text"]
    assert "某区派出所" in text
    assert "@fanzha_test_bot" in text
    assert "验证码" in text


async def test_whoami_is_the_number_for_staff_add(house: House) -> None:
    assert "：7\n" in (await house.say(CHAT, "/whoami"))["text"]


@pytest.mark.parametrize(
    ("words", "seen"),
    [("按类别看", "想看哪一类"), ("怎么用？", "直接打字问"), ("字太小", "哪种语言"), ("/大字", "哪种语言"),
     ("删掉我的记录", "找不回来"), ("測驗", "每天一题"), ("隐私", "我留下什么"), ("你是官方的吗", "某区派出所"),
     ("How to use", "直接打字问")],
)  # fmt: skip
async def test_words_of_a_button_typed_out_do_what_it_does(house: House, words: str, seen: str) -> None:
    assert seen in (await house.say(CHAT, words))["text"]


async def test_words_of_a_button_in_a_story_or_passed_on_are_none(house: House) -> None:
    assert "网上贷款" in (await house.say(CHAT, "测验说贷款能信"))["text"]
    assert "每天一题" not in (await house.say(CHAT, "测验", forward="user"))["text"]


# ---------------------------------------------------------------- answers
async def test_an_answer_is_html_with_everything_escaped(house: House) -> None:
    message = await house.say(CHAT, "<b>贷款</b> & <script> \u202e 🙃")
    assert "网上贷款要先交钱" in message["text"]
    assert {entity["type"] for entity in message["entities"]} >= {"bold"}


async def test_an_emergency_opens_with_the_act(house: House) -> None:
    message = await house.say(CHAT, "我把钱转给骗子了")
    assert message["text"].startswith("🆘 先停手")
    assert "怎么识别" not in message["text"]


async def test_a_choice_is_a_button_each_and_none_of_these(house: House) -> None:
    asked = await house.say(CHAT, CHOICE)
    assert buttons(asked) == ["刷单返利能挣钱吗？", "网上贷款要先交钱，是真的吗？", "都不是"]
    chosen = await house.open_by(asked, "刷单返利能挣钱吗？")
    assert "刷单返利能挣钱吗" in chosen["text"]
    assert "有帮助" in buttons(chosen)


@pytest.mark.parametrize("typed", ["2", "２", "2.", "第二个", "选2", "二"])
async def test_a_choice_is_also_typed_as_its_number(house: House, store: SqliteStore, typed: str) -> None:
    asked = await house.say(CHAT, CHOICE)
    assert buttons(asked)[1].startswith("网上贷款")
    assert (await house.say(CHAT, typed))["text"].startswith("网上贷款")
    (turn,) = await tables(store, "turn")
    assert turn["choice"] == "fake-loan"


async def test_none_of_these_is_also_typed_and_a_number_means_nothing_without_choices(
    house: House, store: SqliteStore
) -> None:
    none = "好的，都不是"
    assert none not in (await house.say(CHAT, "都不是"))["text"]
    await house.say(CHAT, CHOICE)
    assert none not in (await house.say(CHAT, "9"))["text"]
    await house.say(CHAT, CHOICE)
    assert none in (await house.say(CHAT, "都不是。"))["text"]
    assert [row["reason"] for row in await tables(store, "unanswered")].count("rejected") == 1
    await house.say(CHAT, SCAM)
    before = len(await tables(store, "turn"))
    await house.say(CHAT, "2")
    assert len(await tables(store, "turn")) == before + 1  # a question like any other


async def test_none_of_these_is_recorded_and_says_what_is_safe_meanwhile(house: House, store: SqliteStore) -> None:
    asked = await house.say(CHAT, CHOICE)
    told = await house.open_by(asked, "都不是")
    assert "换个说法" in told["text"]
    (row,) = await tables(store, "unanswered")
    assert (row["reason"], row["masked"]) == ("rejected", CHOICE)


async def test_after_unknown_come_safe_steps_hotlines_and_tell_me(house: House, store: SqliteStore) -> None:
    message = await house.say(CHAT, NO_ENTRY)
    assert "没查到不等于安全" in message["text"]
    assert "96110" in message["text"]
    done = await house.open_by(message, "有了答案告诉我")
    assert "30 天" in done["text"]
    (wish,) = await tables(store, "wish")
    assert (wish["channel"], wish["chat_id"]) == ("telegram", str(CHAT))
    await house.open_by(message, "有了答案告诉我")
    assert len(await tables(store, "wish")) == 1


async def test_helpful_and_not_helpful_with_what_was_missing(house: House, store: SqliteStore) -> None:
    answer = await house.say(CHAT, SCAM)
    assert (await house.press(answer, "有帮助"))["text"] == "谢谢，记下了。"
    question = await house.open_by(answer, "没帮上")
    assert "少了什么" in question["text"]
    assert house.api.calls("sendMessage")[-1].params["reply_markup"]["force_reply"]
    thanks = await house.say(CHAT, "没说怎么要回 13800138000 的钱", reply_to=question)
    assert thanks["text"] == t("feedback.thanks_missing", "zh-Hans")
    (row,) = await tables(store, "feedback")
    assert (row["helpful"], row["missing"]) == (0, "没说怎么要回 [手机号] 的钱")


async def test_what_was_missing_is_understood_after_a_restart(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store) as house:
        question = await house.open_by(await house.say(CHAT, SCAM), "没帮上")
    async with House(api, store) as house:
        await house.say(CHAT, "少了电话", reply_to=question)
    assert (await tables(store, "feedback"))[0]["missing"] == "少了电话"


async def test_share_sends_a_card_and_opens_a_chat(house: House) -> None:
    answer = await house.say(CHAT, SCAM)
    card = await house.open_by(answer, t("label.share", "zh-Hans"))
    assert "先要钱的都是骗子" in card["text"]
    assert card["reply_markup"]["inline_keyboard"][0][0]["switch_inline_query"].startswith("网上贷款")


async def test_more_shows_what_is_good_to_know(house: House) -> None:
    answer = await house.say(CHAT, SCAM)
    assert "更多的话" in (await house.open_by(answer, "更多"))["text"]


# ---------------------------------------------------------------- browsing
async def test_topics_are_browsed_in_place(house: House, store: SqliteStore) -> None:
    extra = [table(f"loan-{n:02}", topic="fake-loan", zh_signals=[f"s{n}"]) for n in range(19)]
    rows = [entry_to_dict(entry_from_dict(data), iso_dates=True) for data in extra]
    store.faq.publish([Publication(b["id"], b["topic"], b, 0, "e", "p") for b in rows], at=1)
    house.conversation.refresh()
    menu = await house.say(CHAT, "/topics")
    await house.press(menu, "钱")

    def shown() -> list[str]:
        return buttons(house.api.messages[menu["message_id"]])

    await house.api.wait_for(lambda: "下一页" in shown())
    first = shown()
    await house.press(menu["message_id"], "下一页")
    await house.api.wait_for(lambda: "上一页" in shown())
    assert not set(shown()[:8]) & set(first[:8])
    assert len(house.api.sent(CHAT)) == 1
    entry = await house.open_by(house.api.messages[menu["message_id"]], shown()[0])
    assert "这是骗局" in entry["text"]
    await house.press(menu["message_id"], "返回")
    await house.api.wait_for(lambda: "社区" in shown())


# ---------------------------------------------------------------- a resident's own
async def test_language_follows_what_is_typed_until_it_is_set(house: House) -> None:
    assert "Is it real?" in (await house.say(CHAT, "they want a loan fee"))["text"]
    menu = await house.say(CHAT, "/lang")
    assert "English from now on" in (await house.open_by(menu, "English"))["text"]
    assert "Is it real?" in (await house.say(CHAT, SCAM))["text"]
    assert "in the language you type" in (await house.open_by(menu, "Follow what I type"))["text"]
    assert "网上贷款" in (await house.say(CHAT, SCAM + "吗"))["text"]


async def test_what_has_no_words_is_answered_as_he_typed_last(house: House) -> None:
    """Many who write Chinese have their Telegram in English."""
    house.api.user(CHAT, language_code="en")
    assert "cannot read pictures" in (await house.reply(CHAT, lambda: house.api.photo(CHAT)))["text"]
    answer = await house.say(CHAT, SCAM)
    await house.say(CHAT, "they want a loan fee", forward="user")  # somebody else's words
    await house.say(CHAT, "5000")
    assert "看不懂图片" in (await house.reply(CHAT, lambda: house.api.photo(CHAT)))["text"]
    assert "先做这几步" in (await house.say(CHAT, "/urgent"))["text"]
    assert "少了什么" in (await house.open_by(answer, "没帮上"))["text"]
    await house.open_by(await house.say(CHAT, "/lang"), "English")
    assert "What was missing" in (await house.open_by(answer, "没帮上"))["text"]
    await house.press(await house.say(CHAT, "/forget"), "Delete")
    await house.say(CHAT, SCAM)
    assert "先做这几步" in (await house.say(CHAT, "/urgent"))["text"]
    await house.press(await house.say(CHAT, "/forget"), "删掉")
    assert "do this first" in (await house.say(CHAT, "/urgent"))["text"]


async def test_simple_mode_is_shorter_and_kept(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store) as house:
        long = await house.say(CHAT, SCAM)
        await house.open_by(await house.say(CHAT, "/lang"), "打开大字简版")
    async with House(api, store) as house:
        short = await house.say(CHAT, SCAM + "呢")
        assert len(short["text"]) < len(long["text"])
        assert "怎么识别" not in short["text"]
        assert "1. 停手" in short["text"]
        off = await house.open_by(await house.say(CHAT, "/lang"), "关闭大字简版")
        assert "已关闭" in off["text"]


async def test_forget_asks_and_then_really_deletes(house: House, store: SqliteStore) -> None:
    await house.open_by(await house.say(CHAT, NO_ENTRY), "有了答案告诉我")
    await house.say(CHAT, SCAM)
    await house.open_by(await house.say(CHAT, "/lang"), "打开大字简版")
    asked = await house.say(CHAT, "/forget")
    await house.press(asked, "不删")
    assert len(await tables(store, "turn")) == 2
    await house.press((await house.say(CHAT, "/forget")), "删掉")
    await house.api.wait_for(lambda: any("删好了" in text for text in house.api.texts(CHAT)))
    for name in ("turn", "context", "unanswered", "feedback", "wish", "preference"):
        assert await tables(store, name) == [], name
    assert not house.conversation.preferences(house.pseudonyms.of("telegram", CHAT)).elder
    again = await house.say(CHAT, "/forget")
    await house.press(again, "删掉")
    await house.api.wait_for(lambda: any("没有您的记录" in text for text in house.api.texts(CHAT)))


async def test_nothing_of_an_answered_update_stays_in_the_inbox(house: House, store: SqliteStore) -> None:
    await house.say(CHAT, "我叫王小明，电话13800138000，要贷款")
    await house.quiet()
    await house.api.wait_for(lambda: not store.inbox.pending())
    rows = await tables(store, "inbox")
    assert rows
    assert all(row["done"] and row["body"] is None and row["chat_id"] is None for row in rows)


async def test_a_quiz_a_day_with_reason_and_streak(house: House, store: SqliteStore) -> None:
    asked = await house.say(CHAT, "/quiz")
    case = data_of(asked)[0].split(":")[1]
    await house.press(asked, "像骗局")
    await house.api.wait_for(lambda: "连着做了 1 天" in house.api.messages[asked["message_id"]]["text"])
    text = house.api.messages[asked["message_id"]]["text"]
    assert "答对了" in text or "答错了" in text
    again = await house.press(asked["message_id"], f"q:{case}:n:s", forged=True)
    assert "明天再来" in again["text"]
    assert "今天的题做过了" in (await house.say(CHAT, "/quiz"))["text"]
    house.clock.now += 24 * 3600
    tomorrow = await house.say(CHAT, "/quiz")
    await house.press(tomorrow, "不是骗局")
    await house.api.wait_for(lambda: "连着做了 2 天" in house.api.messages[tomorrow["message_id"]]["text"])
    house.clock.now += 3 * 24 * 3600
    late = await house.say(CHAT, "/quiz")
    await house.press(late, "像骗局")
    await house.api.wait_for(lambda: "连着做了 1 天" in house.api.messages[late["message_id"]]["text"])
    (row,) = await tables(store, "preference")
    assert json.loads(row["quiz"])["total"] == 3


async def test_a_clock_that_goes_back_begins_a_new_streak_and_breaks_nothing(house: House) -> None:
    for jump in (0, 24 * 3600, -10 * 24 * 3600):
        house.clock.now += jump
        asked = await house.say(CHAT, "/quiz")
        await house.press(asked, "像骗局")
        await house.api.wait_for(lambda asked=asked: "连着做了" in house.api.messages[asked["message_id"]]["text"])
    assert "连着做了 1 天。一共做了 3 题" in house.api.messages[asked["message_id"]]["text"]


def test_a_quiz_asks_what_tells_most_of_the_scam() -> None:
    told = "放款前客服说要先交三千保证金，说不交就起诉我"
    entry = entry_from_dict(
        table("fake-loan", zh_phrasings=["那个能行不能行", f"冒充{told}", told], zh_signals=["保证金", "放款"])
    )
    (first, *_) = cases(replace(faq(entry), lexicon={}), "zh-Hans")
    assert (first.text, first.entry_id) == (told, "fake-loan")


async def test_the_quiz_follows_what_is_published(house: House, store: SqliteStore) -> None:
    await house.say(CHAT, "/quiz")
    rows = [store.faq.entry(entry_id) for entry_id in ("fake-loan", "task-rebate")]
    store.faq.publish(
        [Publication(r.id, r.topic, r.body, r.revision, "e", "p", state="withdrawn") for r in rows if r], at=1
    )
    house.conversation.refresh()
    gone = await house.say(CHAT, "/quiz")
    assert gone["text"] == t("telegram.quiz_none", "zh-Hans")


async def test_the_quiz_of_yesterday_does_not_count_today(house: House) -> None:
    seen = set()
    for _ in range(30):
        asked = await house.say(CHAT, "/quiz")
        seen.add(data_of(asked)[0])
        house.clock.now += 24 * 3600
        if len(seen) == 2:
            break
    old = next(m for m in house.api.sent(CHAT) if data_of(m)[0] != data_of(house.api.sent(CHAT)[-1])[0])
    house.clock.now -= 24 * 3600
    assert (await house.press(old, "像骗局"))["text"] == t("telegram.quiz_old", "zh-Hans")


# ---------------------------------------------------------------- edits and order
async def test_an_edited_question_re_renders_its_reply(house: House, store: SqliteStore) -> None:
    message = house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: house.api.sent(CHAT))
    house.api.edit(message, "我把钱转给骗子了")
    await house.api.wait_for(lambda: house.api.texts(CHAT)[0].startswith("🆘"))
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 1
    (turn,) = await tables(store, "turn")
    assert turn["kind"] == "emergency"


async def test_an_edit_after_a_choice_changes_the_question_and_leaves_the_card(house: House) -> None:
    message = house.api.message(CHAT, CHOICE)
    await house.api.wait_for(lambda: house.api.sent(CHAT))
    asked = house.api.sent(CHAT)[0]
    card = await house.open_by(asked, button_like(asked, "刷单"))
    house.api.edit(message, "我把钱转给骗子了")
    await house.api.wait_for(lambda: house.api.texts(CHAT)[0].startswith("🆘"))
    assert house.api.texts(CHAT)[1] == card["text"]
    assert len(house.api.sent(CHAT)) == 2
    stale = await house.press(asked["message_id"], "c:" + data_of(asked)[0][2:], forged=True)  # the old screen
    assert not stale.get("show_alert")  # the entry is still there, so it is shown


async def test_an_edit_after_forget_gets_a_message_of_its_own(house: House, store: SqliteStore) -> None:
    message = house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: house.api.sent(CHAT))
    await house.press(await house.say(CHAT, "/forget"), "删掉")
    await house.quiet()
    fresh = await house.reply(CHAT, lambda: house.api.edit(message, "我把钱转给骗子了"))
    assert fresh["text"].startswith("🆘")
    assert "网上贷款" in house.api.texts(CHAT)[0]


async def test_an_edit_that_changes_nothing_is_quiet(house: House) -> None:
    message = house.api.message(CHAT, SCAM)
    await house.api.wait_for(lambda: house.api.sent(CHAT))
    house.api.edit(message, SCAM)
    await house.api.wait_for(lambda: house.api.calls("editMessageText"))
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 1


async def test_an_edit_after_a_restart_re_renders_the_reply(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store) as house:
        message = house.api.message(CHAT, SCAM)
        await house.api.wait_for(lambda: house.api.sent(CHAT))
    for words, seen in (("我把钱转给骗子了", "🆘"), (SCAM + "？", "网上贷款"), ("我把钱转给骗子了", "🆘")):
        async with House(api, store) as house:
            api.edit(message, words)
            await api.wait_for(lambda seen=seen: api.texts(CHAT)[0].startswith(seen))
            await house.quiet()
            assert len(api.sent(CHAT)) == 1
    dump = str(await tables(store, "turn"))
    assert f"'{CHAT}'" not in dump  # a number of the chat's own, beside the chat's pseudonym


async def test_an_edit_of_a_deleted_or_forgotten_reply_gets_a_fresh_one(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store) as house:
        message = house.api.message(CHAT, SCAM)
        await house.api.wait_for(lambda: house.api.sent(CHAT))
    async with House(api, store) as house:
        del api.messages[api.sent(CHAT)[0]["message_id"]]
        again = await house.reply(CHAT, lambda: api.edit(message, SCAM + "？"))
        assert "网上贷款" in again["text"]
        await house.press(await house.say(CHAT, "/forget"), "删掉")
    async with House(api, store) as house:
        fresh = await house.reply(CHAT, lambda: api.edit(message, "我把钱转给骗子了"))
        assert fresh["text"].startswith("🆘")


async def test_order_within_a_chat_is_kept_while_chats_go_side_by_side(house: House) -> None:
    chats = range(100, 110)
    for number in range(6):
        for chat in chats:
            house.api.message(chat, f"{number} 天气", user_id=chat)
    texts = [call.params for call in house.api.calls("sendMessage")]
    await house.quiet()
    texts = [call.params for call in house.api.calls("sendMessage")]
    assert len(texts) == 60
    with house.store._engine.read() as connection:
        rows = connection.execute("SELECT chat, message FROM turn ORDER BY rowid").fetchall()
    for pseudonym in {row["chat"] for row in rows}:
        numbers = [int(row["message"]) for row in rows if row["chat"] == pseudonym]
        assert numbers == sorted(numbers)


async def test_context_is_the_last_turns_of_the_same_chat(
    house: House, small_index: list[tuple[str, tuple[str, ...]]]
) -> None:
    await house.say(CHAT, SCAM)
    await house.say(CHAT, "那怎么办")
    await house.say(8, "那怎么办")
    asked = [(text, context) for text, context in small_index if text == "那怎么办"]
    assert asked[0][1] == (SCAM,)
    assert asked[1][1] == ()


# ---------------------------------------------------------------- bad buttons
@pytest.mark.parametrize(
    "data",
    ["", "zzz", "c:nosuchturn:no-entry", "y:nosuchturn", "x:nosuch", "n:nosuch", "w:nosuch:s", "e:gone:s", "e:", "e",
     "g:money:x:s", "g:nogroup:0:s", "l:xx", "q:1:y", "q::::", "F", "R:a:group:entry", "s:#0123456789abcdef:s", "🙃" * 16,
     "t", "m:gone:e", "c:" + "a" * 62],
)  # fmt: skip
async def test_forged_and_stale_buttons_get_a_friendly_word(house: House, data: str) -> None:
    message = await house.say(CHAT, SCAM)
    answered = await house.press(message, data or "x", forged=True)
    assert answered["text"] in (t("stale", "zh-Hans"), t("telegram.staff_only", "zh-Hans"))
    assert answered["show_alert"]


async def test_buttons_work_after_a_restart(api: FakeBotApi, store: SqliteStore) -> None:
    async with House(api, store) as house:
        asked = await house.say(CHAT, CHOICE)
        answer = await house.say(CHAT, SCAM)
    async with House(api, store) as house:
        assert "刷单" in (await house.open_by(asked, button_like(asked, "刷单")))["text"]
        assert (await house.press(answer, "有帮助"))["text"] == "谢谢，记下了。"


async def test_a_button_of_a_withdrawn_entry_says_so(house: House, store: SqliteStore) -> None:
    asked = await house.say(CHAT, CHOICE)
    row = store.faq.entry("task-rebate")
    assert row is not None
    store.faq.publish([Publication(row.id, row.topic, row.body, row.revision, "e", "p", state="withdrawn")], at=1)
    house.conversation.refresh()
    assert (await house.press(asked, "刷单返利能挣钱吗？"))["text"] == t("stale", "zh-Hans")


async def test_an_entry_with_a_long_name_fits_a_button(house: House, store: SqliteStore) -> None:
    name = "a-very-long-entry-name-that-somebody-made-in-the-console-one-day"
    data = entry_to_dict(entry_from_dict(table(name, topic="fake-loan")), iso_dates=True)
    store.faq.publish([Publication(name, "fake-loan", data, 0, "e", "p")], at=1)
    house.conversation.refresh()
    menu = await house.say(CHAT, "/topics")
    await house.press(menu, "钱")
    await house.api.wait_for(lambda: any("a-very-long" in b for b in buttons(house.api.messages[menu["message_id"]])))
    listed = house.api.messages[menu["message_id"]]
    assert "a-very-long" in (await house.open_by(listed, button_like(listed, "a-very-long")))["text"]
