"""Every kind of message, groups, membership, inline mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake_bot_api import FakeBotApi, Json
from small_faq import table
from telegram_parts import House, api, buttons, house, small_index, store

from bot.core.entry import entry_from_dict, entry_to_dict
from bot.core.texts import t
from bot.store.base import Publication
from bot.store.sqlite import SqliteStore

__all__ = ["api", "house", "small_index", "store"]
CHAT, GROUP, SUPERGROUP = 7, -500, -1001000000007
SCAM = "我要贷款"
Send = Callable[[FakeBotApi], Any]


@pytest.mark.parametrize(
    ("send", "words"),
    [
        (lambda api: api.photo(CHAT), "看不懂图片"),
        (lambda api: api.voice(CHAT), "听不了语音"),
        (lambda api: api.video(CHAT), "看不了视频"),
        (lambda api: api.message(CHAT, animation={"file_id": "a"}, document={"file_id": "a"}), "看不了视频"),
        (lambda api: api.document(CHAT, "合同.pdf"), "文件我不会打开"),
        (lambda api: api.document(CHAT, "公安反诈.APK"), "别安装"),
        (lambda api: api.document(CHAT, "x.bin", mime_type="application/vnd.android.package-archive"), "别安装"),
        (lambda api: api.contact(CHAT, "13800138000"), "名片我不看也不留"),
        (lambda api: api.location(CHAT), "位置我不看也不留"),
        (lambda api: api.message(CHAT, venue={"title": "x"}, location={}), "位置我不看也不留"),
        (lambda api: api.poll(CHAT, "选谁", ["甲", "乙"]), "投票我看不了"),
        (lambda api: api.sticker(CHAT), "拿不准的事"),
        (lambda api: api.message(CHAT, dice={"emoji": "🎲", "value": 3}), "拿不准的事"),
        (lambda api: api.message(CHAT, story={"id": 1}), "只看得懂文字"),
    ],
)
async def test_what_cannot_be_read_gets_a_kind_word(house: House, send: Send, words: str) -> None:
    message = await house.reply(CHAT, lambda: send(house.api))
    assert words in message["text"]
    assert "110" in message["text"] or "拿不准的事" in message["text"]


@pytest.mark.parametrize(
    "send", [lambda api: api.photo(CHAT, SCAM), lambda api: api.video(CHAT, SCAM), lambda api: api.document(CHAT, "a.pdf", caption=SCAM)]
)  # fmt: skip
async def test_a_caption_is_read(house: House, send: Send) -> None:
    assert "网上贷款" in (await house.reply(CHAT, lambda: send(house.api)))["text"]


async def test_an_edited_caption_re_renders_the_reply(house: House) -> None:
    message = house.api.photo(CHAT, SCAM)
    await house.api.wait_for(lambda: house.api.sent(CHAT))
    house.api.edit(message, "我把钱转给骗子了")
    await house.api.wait_for(lambda: house.api.texts(CHAT)[0].startswith("🆘"))


async def test_words_added_to_a_picture_turn_its_reply_into_an_answer(house: House) -> None:
    message = house.api.photo(CHAT)
    await house.api.wait_for(lambda: "看不懂图片" in "".join(house.api.texts(CHAT)))
    house.api.edit(message, caption=SCAM)
    await house.api.wait_for(lambda: "网上贷款" in house.api.texts(CHAT)[0])
    assert len(house.api.sent(CHAT)) == 1


async def test_a_program_with_words_is_warned_about_and_answered(house: House) -> None:
    second = await house.reply(CHAT, lambda: house.api.document(CHAT, "贷款.apk", caption=SCAM), more=2)
    assert "别安装" in house.api.texts(CHAT)[0]
    assert "网上贷款" in second["text"]


async def test_pictures_sent_together_get_one_answer(house: House) -> None:
    for _ in range(4):
        house.api.photo(CHAT, media_group_id="album1")
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 1


@pytest.mark.parametrize("origin", ["user", "hidden", "chat", "channel"])
async def test_a_forwarded_message_is_a_question_without_its_source(
    house: House, store: SqliteStore, origin: str
) -> None:
    message = await house.say(CHAT, "贷款秒批，联系我", forward=origin)
    assert "网上贷款" in message["text"]
    await house.quiet()
    store.backup(str(store._engine.path) + ".copy")
    raw = (store._engine.path.parent / (store._engine.path.name + ".copy")).read_bytes()
    for source in ("转发者", "隐身的人", "来源群", "来源频道", "99001", "1001999000001"):
        assert source.encode() not in raw


async def test_a_forwarded_message_in_first_person_is_no_emergency_of_the_residents_own(house: House) -> None:
    text = "我把钱转给骗子了，贷款就批下来了"
    assert "🆘" in (await house.say(CHAT, text))["text"]
    passed_on = (await house.say(CHAT, text, forward="user"))["text"]
    assert "🆘" not in passed_on
    assert "网上贷款" in passed_on


async def test_a_forwarded_message_that_is_not_known_is_not_called_harmless(house: House) -> None:
    text = (await house.say(CHAT, "天气预报群发", forward="user"))["text"]
    assert "没对上不等于安全" in text
    assert "96110" in text
    assert "/start 现在" not in (await house.say(CHAT, "/start 现在", forward="user"))["text"]


@pytest.mark.parametrize(
    "fields",
    [{"pinned_message": {"message_id": 1}}, {"new_chat_title": "x"}, {"message_auto_delete_timer_changed": {}},
     {"forum_topic_created": {"name": "x"}}],
)  # fmt: skip
async def test_service_messages_are_passed_over(house: House, fields: Json) -> None:
    house.api.message(CHAT, **fields)
    await house.quiet()
    assert house.api.sent(CHAT) == []


@pytest.mark.parametrize(
    "text",
    ["😀", "\u202e\u200d\u0300" * 30, "a" * 4096, "贷款" * 2048, "<b>", "&amp;", "%s{}", "贷款\ud83d", "\x00\x07贷款"],
)
async def test_odd_texts_are_answered(house: House, text: str) -> None:
    assert (await house.say(CHAT, text))["text"]


async def test_a_live_location_is_answered_once(house: House) -> None:
    message = await house.reply(CHAT, lambda: house.api.location(CHAT, live_period=900))
    question = next(m for m in house.api.messages.values() if m.get("location"))
    for _ in range(3):
        house.api.edit(question, location={"latitude": 1, "longitude": 2})
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 1
    assert message["text"]


# ---------------------------------------------------------------- groups
async def test_in_a_group_it_speaks_only_when_called(house: House) -> None:
    house.api.message(GROUP, SCAM, user_id=1)
    house.api.message(GROUP, "/start@another_bot", user_id=1)
    house.api.message(GROUP, "@fanzha_test_bot2 贷款", user_id=1)
    house.api.photo(GROUP, user_id=1)
    house.api.message(GROUP, "/unknown", user_id=1)
    await house.quiet()
    assert house.api.sent(GROUP) == []


@pytest.mark.parametrize(
    "text", ["@fanzha_test_bot 我要贷款", "我要贷款@Fanzha_Test_Bot", "请问 @fanzha_test_bot 我要贷款 好吗"]
)
async def test_in_a_group_a_mention_is_answered_as_a_reply(house: House, text: str) -> None:
    message = await house.say(GROUP, text, user_id=1)
    assert "网上贷款" in message["text"]
    assert message["reply_to_message"]["text"] == text
    assert "fanzha" not in house.store.turns.recent_questions(since=0)[0].masked.lower()  # type: ignore[union-attr]


async def test_in_a_group_a_reply_to_the_bot_and_a_command_are_answered(house: House) -> None:
    first = await house.say(SUPERGROUP, "/urgent", user_id=1)
    assert "先做这几步" in first["text"]
    assert "网上贷款" in (await house.say(SUPERGROUP, SCAM, user_id=2, reply_to=first))["text"]


async def test_naming_the_bot_under_a_message_asks_about_that_message(house: House) -> None:
    suspicious = house.api.message(GROUP, "群里放贷款，秒到账", user_id=3)
    assert "网上贷款" in (await house.say(GROUP, "@fanzha_test_bot", user_id=1, reply_to=suspicious))["text"]


async def test_naming_the_bot_without_a_word_explains_how(house: House) -> None:
    assert "先打 @fanzha_test_bot" in (await house.say(GROUP, "@fanzha_test_bot", user_id=1))["text"]


@pytest.mark.parametrize("command", ["/whoami", "/forget", "/quiz"])
async def test_in_a_group_private_things_are_declined_with_the_way_to_the_private_chat(
    house: House, command: str
) -> None:
    declined = await house.say(GROUP, command, user_id=1)
    assert "私聊" in declined["text"]
    assert declined["reply_markup"]["inline_keyboard"][0][0]["url"] == "https://t.me/fanzha_test_bot"


async def test_in_a_group_nobody_is_offered_to_be_told_later(house: House) -> None:
    message = await house.say(GROUP, "@fanzha_test_bot 火星上有人找我合作", user_id=1)
    assert "有了答案告诉我" not in buttons(message)


async def test_others_in_a_group_may_look_at_a_choice_but_not_decide(house: House, store: SqliteStore) -> None:
    asked = await house.say(GROUP, "@fanzha_test_bot 怎么做任务", user_id=1)
    await house.open_by(asked, "都不是", user_id=2)
    assert store.queue.groups() == []
    await house.open_by(asked, "都不是", user_id=1)
    assert len(store.queue.groups()) == 1


async def test_members_of_a_group_are_different_askers(house: House, store: SqliteStore) -> None:
    for person in (1, 2):
        await house.say(GROUP, "@fanzha_test_bot 火星上有人找我合作", user_id=person)
    (group,) = store.queue.groups(reason="ours")
    assert (group.questions, group.askers) == (2, 2)


async def test_an_anonymous_administrator_is_answered_and_another_bot_is_not(house: House) -> None:
    chat = dict(house.api.chat(SUPERGROUP))
    bot = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    await house.reply(SUPERGROUP, lambda: house.api.message(SUPERGROUP, "/urgent", sender_chat=chat, **{"from": bot}))
    house.api.message(SUPERGROUP, "/urgent", **{"from": {"id": 5, "is_bot": True, "first_name": "x"}})
    house.api.message(SUPERGROUP, "@fanzha_test_bot 贷款", sender_chat=chat, is_automatic_forward=True)
    await house.quiet()
    assert len(house.api.sent(SUPERGROUP)) == 1


async def test_channel_posts_are_not_even_asked_for(house: House) -> None:
    await house.say(CHAT, SCAM)
    house.api.channel_post(-1001000000009, SCAM)
    await house.quiet()
    assert house.api.sent(-1001000000009) == []
    assert len(house.api.dropped) == 1


# ---------------------------------------------------------------- membership
async def test_added_to_a_group_it_says_how_to_be_called_once(house: House) -> None:
    message = await house.reply(GROUP, lambda: house.api.my_chat_member(GROUP, "member", user_id=1))
    assert "先打 @fanzha_test_bot" in message["text"]
    house.api.join(GROUP)
    house.api.my_chat_member(GROUP, "administrator", user_id=1)
    await house.quiet()
    assert len(house.api.sent(GROUP)) == 1


async def test_removed_from_a_group_it_is_silent_and_added_again_it_says_hello_again(house: House) -> None:
    await house.reply(GROUP, lambda: house.api.my_chat_member(GROUP, "member", user_id=1))
    house.api.my_chat_member(GROUP, "kicked", user_id=1)
    house.api.leave(GROUP)
    await house.quiet()
    assert len(house.api.sent(GROUP)) == 1
    assert house.api.calls("sendMessage", ok=False) == []
    again = await house.reply(GROUP, lambda: house.api.my_chat_member(GROUP, "member", user_id=1))
    assert "先打 @fanzha_test_bot" in again["text"]


async def test_blocked_or_removed_it_drops_what_was_to_be_told(house: House, store: SqliteStore) -> None:
    await house.open_by(await house.say(CHAT, "火星上有人找我合作"), "有了答案告诉我")
    (group,) = store.queue.groups()
    assert len(store.queue.wishes(group.id)) == 1
    house.api.my_chat_member(CHAT, "kicked")
    await house.quiet()
    assert store.queue.wishes(group.id) == []
    house.api.my_chat_member(CHAT, "member")
    assert (await house.say(CHAT, SCAM))["text"]


async def test_a_group_that_becomes_a_supergroup_is_answered_there(house: House) -> None:
    await house.say(GROUP, "/urgent", user_id=1)
    house.api.message(GROUP, "@fanzha_test_bot 我要贷款", user_id=1)
    house.api.migrate(GROUP, SUPERGROUP)
    await house.quiet()
    assert any("网上贷款" in text for text in house.api.texts(SUPERGROUP) + house.api.texts(GROUP))
    assert (await house.say(SUPERGROUP, "/urgent", user_id=1))["text"]


# ---------------------------------------------------------------- inline mode
async def ask_inline(house: House, query: str, **fields: Any) -> Json:
    asked = house.api.inline(query, **fields)
    answer: Json = await house.api.wait_for(lambda: house.api.inline_answers.get(asked["id"]))
    return {**answer, "asked": asked}


async def test_inline_mode_shares_a_card_into_any_chat(house: House) -> None:
    answer = await ask_inline(house, "刷单")
    first = answer["results"][0]
    assert first["id"] == "task-rebate"
    assert "先要钱的都是骗子" in first["input_message_content"]["text"]
    assert answer["cache_time"] >= 60
    assert not answer.get("is_personal")
    shared = house.api.choose_inline(answer["asked"], "task-rebate")
    assert "t.me/fanzha_test_bot" in str(house.api.inline_messages[shared]["reply_markup"])


async def test_inline_mode_before_a_word_and_for_nothing_found(house: House) -> None:
    assert len((await ask_inline(house, ""))["results"]) >= 2
    assert (await ask_inline(house, "zzzz"))["results"][0]["title"] == t("telegram.inline_none", "en")
    assert (await ask_inline(house, "火星"))["results"][0]["title"] == t("telegram.inline_none", "zh-Hans")


async def test_inline_mode_before_a_word_has_pages(house: House, store: SqliteStore) -> None:
    extra = [table(f"loan-{n:02}", topic="fake-loan", zh_signals=[f"s{n}"]) for n in range(10)]
    rows = [entry_to_dict(entry_from_dict(data), iso_dates=True) for data in extra]
    store.faq.publish([Publication(b["id"], b["topic"], b, 0, "e", "p") for b in rows], at=1)
    house.conversation.refresh()
    seen: list[str] = []
    offset: str = ""
    for _ in range(5):
        answer = await ask_inline(house, "", offset=offset)
        seen += [result["id"] for result in answer["results"]]
        offset = answer.get("next_offset") or ""
        if not offset:
            break
    scams = {entry.id for entry in house.conversation.shown.faq.entries if entry.risk == "scam"}
    assert sorted(seen) == sorted(scams)
    assert len(seen) > 8
    assert (await ask_inline(house, "刷单", offset="1"))["results"] == []
    for nonsense in ("999", "-1", "x", "1" * 60):
        assert "results" in await ask_inline(house, "", offset=nonsense)


async def test_inline_words_decide_the_script_of_the_card(house: House) -> None:
    traditional = (await ask_inline(house, "刷單"))["results"][0]
    assert "騙" in str(traditional)
    assert "骗" not in str(traditional)
    assert "Money first is a scam" in str((await ask_inline(house, "loan"))["results"][0])
    assert (await ask_inline(house, "\u202e刷单\u0301\x00<b>"))["results"]


async def test_the_same_inline_words_are_looked_up_once(house: House, small_index: list[Any]) -> None:
    await ask_inline(house, "刷单")  # builds the index, too
    await ask_inline(house, "刷单", user_id=1)
    before = len(small_index)
    await ask_inline(house, "刷单", user_id=2)
    assert len(small_index) == before


async def test_a_button_under_a_shared_card_of_another_version_is_stale(house: House) -> None:
    answer = await ask_inline(house, "刷单")
    shared = house.api.choose_inline(answer["asked"], "task-rebate")
    query = house.api.press(shared, "y:whatever", forged=True)
    answered = await house.api.wait_for(lambda: house.api.callback_answers.get(query["id"]))
    assert answered["text"] == t("stale", "zh-Hans")


async def test_a_message_sent_by_our_own_inline_mode_is_not_a_question(house: House) -> None:
    house.api.message(CHAT, SCAM, via_bot={"id": house.api.me["id"], "is_bot": True, "first_name": "x"})
    await house.quiet()
    assert house.api.sent(CHAT) == []
