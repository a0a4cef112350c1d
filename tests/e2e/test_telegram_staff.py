"""Staff in the same bot, over the real editorial service and store: roles on every call, the queue, answering once,
links, figures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fake_bot_api import FakeBotApi
from telegram_parts import House, api, button_like, buttons, data_of, small_index, store

from bot.core.texts import t
from bot.errors import StoreError
from bot.store.base import OutboxRow
from bot.store.sqlite import SqliteStore

__all__ = ["api", "small_index", "store"]
ANN, BEN, RESIDENT, STRANGER = 41, 42, 7, 8
REVIEWED = 1_796_000_000  # 2026-11-30 in Shanghai
ASKED = "火星上有人找我合作"


@pytest.fixture
async def house(api: FakeBotApi, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr("bot.outreach.EVERY_SECONDS", 0.05)
    made = House(api, store, edited=True)
    made.clock.now = REVIEWED  # the small FAQ is neither overdue nor from the future
    made.staff.add("ann", "editor", telegram_id=ANN)
    made.staff.add("ben", "admin", telegram_id=BEN)
    async with made:
        yield made
    made.editorial.close()


async def ask(house: House) -> str:
    await house.open_by(await house.say(RESIDENT, ASKED), "有了答案告诉我")
    (group,) = house.store.queue.groups(reason="ours")
    return group.id


def untouched(house: House, group: str) -> bool:
    return (
        house.group(group).state == "open" and not house.store.faq.drafts() and not house.store.outbox.by_group(group)
    )


@pytest.mark.parametrize("command", ["/review", "/console", "/stats"])
async def test_for_others_the_commands_do_not_exist(house: House, command: str) -> None:
    assert (await house.say(STRANGER, command))["text"] == t("telegram.staff_only", "zh-Hans")
    house.api.message(-500, command, user_id=ANN)  # in a group even an editor gets nothing
    await house.quiet()
    assert house.api.sent(-500) == []


async def test_staff_see_their_commands_in_their_own_chat_only(house: House) -> None:
    scope = '{"chat_id": 41, "type": "chat"}'
    await house.api.wait_for(lambda: any('"chat"' in key and str(ANN) in key for key, _ in house.api.commands))
    key = next(k for k in house.api.commands if str(ANN) in k[0])
    assert {"review", "console", "stats"} <= {c["command"] for c in house.api.commands[key]}
    assert scope


async def test_console_gives_a_link_that_works_once(house: House) -> None:
    text = (await house.say(ANN, "/console"))["text"]
    token = text.rsplit("/", 1)[1]
    assert house.staff.peek(token) == "ann"
    signed = house.staff.sign_in(token)
    assert signed is not None
    assert house.staff.sign_in(token) is None
    params = house.api.calls("sendMessage")[-1].params
    assert params["link_preview_options"]["is_disabled"]


async def test_stats_are_figures(house: House) -> None:
    await ask(house)
    house.clock.now += 0
    text = (await house.say(ANN, "/stats"))["text"]
    assert "今天 1 个问题" in text
    assert "100%" in text


async def test_review_shows_the_next_group_with_what_is_near(house: House) -> None:
    group = await ask(house)
    shown = await house.say(ANN, "/review")
    assert ASKED in shown["text"]
    assert "1 人等答案" in shown["text"]
    assert "网上贷款" in shown["text"]
    assert [data.split(":")[1] for data in data_of(shown)] == ["a", "d", "o", "x", "l"]
    assert all(group in data for data in data_of(shown))


async def test_answering_once_reaches_who_agreed_and_shows_the_delivery(house: House) -> None:
    await ask(house)
    shown = await house.say(ANN, "/review")
    question = await house.open_by(shown, "只回答这一次")
    before = len(house.api.sent(RESIDENT))
    told = await house.say(ANN, "这是骗局，<别>理他", reply_to=question)
    assert "1 位" in told["text"]
    await house.api.wait_for(lambda: len(house.api.sent(RESIDENT)) == before + 1)
    text = house.api.texts(RESIDENT)[-1]
    assert "这是骗局，<别>理他" in text
    assert ASKED in text
    await house.api.wait_for(
        lambda: "sent" in str([r.state for r in house.store.outbox.by_group(data_of(told)[0][4:])])
    )
    state = await house.press(told, "送到了没有")
    assert "已送到 1" in state["text"]


async def test_after_none_of_these_one_is_told_when_there_is_an_answer(house: House) -> None:
    told = await house.open_by(await house.say(RESIDENT, "怎么做任务"), "都不是")
    await house.open_by(told, "有了答案告诉我")
    shown = await house.say(ANN, "/review")
    assert "1 人等答案" in shown["text"]
    await house.say(ANN, "这种任务别做", reply_to=await house.open_by(shown, "只回答这一次"))
    await house.api.wait_for(lambda: "这种任务别做" in house.api.texts(RESIDENT)[-1])
    assert "怎么做任务" in house.api.texts(RESIDENT)[-1]


async def test_a_wish_after_the_answer_is_kept_all_the_same(house: House) -> None:
    asked = await house.say(STRANGER, ASKED)
    group = await ask(house)
    question = await house.open_by(await house.say(ANN, "/review"), "只回答这一次")
    await house.say(ANN, "别去，是骗局", reply_to=question)
    await house.open_by(asked, "有了答案告诉我")
    assert house.group(group).state == "open"
    assert "1 人等答案" in (await house.say(BEN, "/review"))["text"]
    house.store.queue.claim(group, "ben", at=house.clock.now)
    house.store.queue.close(group, "answered", "ben", "fake-loan", at=house.clock.now)
    before = len(house.api.sent(STRANGER))
    await house.open_by(asked, "有了答案告诉我")
    await house.api.wait_for(lambda: len(house.api.sent(STRANGER)) == before + 2)
    assert "网上贷款要先交钱" in house.api.texts(STRANGER)[-1]


async def test_an_answer_of_once_is_offered_only_while_somebody_waits(house: House) -> None:
    group = await ask(house)
    await house.say(STRANGER, ASKED)  # who does not ask to be told
    shown = await house.say(ANN, "/review")
    await house.press(await house.say(RESIDENT, "/forget"), "删掉")
    pressed = await house.press(shown, "只回答这一次")
    assert pressed["text"] == t("telegram.review_nobody", "zh-Hans")
    assert house.group(group).state == "open"
    again = await house.say(ANN, "/review")
    assert "0 人等答案" in again["text"]
    assert "只回答这一次" not in buttons(again)


async def test_review_shows_what_residents_missed_and_no_unlikely_entry(house: House) -> None:
    answer = await house.say(RESIDENT, "我要贷款")
    question = await house.open_by(answer, "没帮上")
    await house.say(RESIDENT, "没说交过的钱怎么要回来", reply_to=question)
    with house.store._engine.write() as tx:
        tx.execute("UPDATE question_group SET nearest = ?", ('[["fake-loan",0.93],["task-rebate",0.02]]',))
    shown = await house.say(ANN, "/review")
    assert "没说交过的钱怎么要回来" in shown["text"]
    assert [data.split(":")[1] for data in data_of(shown)] == ["a", "d", "x", "l"]


async def test_an_answer_reaches_who_reads_traditional_script_in_it(house: House) -> None:
    await house.open_by(await house.say(RESIDENT, "/lang"), "繁體中文")
    await house.open_by(await house.say(RESIDENT, ASKED), "有了答案告訴我")
    question = await house.open_by(await house.say(ANN, "/review"), "只回答这一次")
    await house.say(ANN, "这是骗局，别转账", reply_to=question)
    await house.api.wait_for(lambda: "這是騙局，別轉帳" in house.api.texts(RESIDENT)[-1])


async def test_help_tells_staff_of_their_commands_and_sets_their_menu(house: House) -> None:
    house.staff.add("cat", "editor", telegram_id=43)
    assert "/review" in (await house.say(43, "/help"))["text"]
    await house.api.wait_for(lambda: any('"chat"' in key and "43" in key for key, _ in house.api.commands))
    assert "/review" not in (await house.say(STRANGER, "/help"))["text"]


async def test_added_to_an_entry_it_is_published_by_a_second_person_and_the_residents_are_told(house: House) -> None:
    group = await ask(house)
    shown = await house.say(ANN, "/review")
    added = await house.open_by(shown, button_like(shown, "加进"))
    assert "网上贷款要先交钱" in added["text"]
    assert "/console" in added["text"]
    (draft,) = house.store.faq.drafts()
    assert (draft.entry_id, draft.editor) == ("fake-loan", "ann")
    assert ASKED in draft.body["zh"]["phrasings"]
    assert (house.group(group).state, house.group(group).claimed_by) == ("claimed", "ann")
    ben = house.staff.by_telegram(BEN)
    assert ben is not None
    house.editorial.start_replay(draft.id, ben)
    house.editorial.replays.wait()
    before = len(house.api.sent(RESIDENT))
    house.editorial.publish(draft.id, draft.version, ben)
    await house.api.wait_for(lambda: len(house.api.sent(RESIDENT)) == before + 1)
    told = house.api.sent(RESIDENT)[-1]
    assert ASKED in told["text"]
    assert "网上贷款要先交钱" in told["text"]
    assert t("label.share", "zh-Hans") in buttons(told)
    assert house.group(group).state == "answered"


async def test_a_new_draft_is_opened_once_however_often_it_is_pressed(house: House) -> None:
    group = await ask(house)
    shown = await house.say(ANN, "/review")
    for _ in range(2):
        drafted = await house.open_by(shown, "写新条目")
        (draft,) = house.store.faq.drafts()
        assert draft.id in drafted["text"]
        assert draft.group_id == group
    assert "都处理完了" in (await house.open_by(drafted, "下一组"))["text"]


async def test_dismissed_it_is_closed_and_the_like_of_it_stays_away(house: House) -> None:
    group = await ask(house)
    shown = await house.say(ANN, "/review")
    dismissed = await house.open_by(shown, "不用回答")
    assert "不用回答" in dismissed["text"]
    assert (house.group(group).state, house.group(group).closed_by) == ("dismissed", "ann")
    await house.say(STRANGER, ASKED)
    assert "都处理完了" in (await house.open_by(dismissed, "下一组"))["text"]
    for button in ("只回答这一次", "写新条目", "不用回答", button_like(shown, "加进")):
        answered = await house.press(shown, button)  # whoever presses an old button is told who was first
        assert answered["text"] == t("telegram.review_closed", "zh-Hans", who="ann")


async def test_what_was_dismissed_by_a_slip_is_put_back(house: House) -> None:
    group = await ask(house)
    dismissed = await house.open_by(await house.say(ANN, "/review"), "不用回答")
    assert "又在等着看" in (await house.open_by(dismissed, "点错了，放回去"))["text"]
    assert house.group(group).state == "open"
    assert "1 人等答案" in (await house.say(ANN, "/review"))["text"]
    assert (await house.press(dismissed, "点错了，放回去"))["text"] == t("stale", "zh-Hans")


async def test_an_answered_group_is_not_put_back_by_a_forged_button(house: House) -> None:
    group = await ask(house)
    question = await house.open_by(await house.say(ANN, "/review"), "只回答这一次")
    told = await house.say(ANN, "别去，是骗局", reply_to=question)
    await house.press(told, f"R:u:{group}", forged=True)
    assert house.group(group).state == "answered"


async def test_later_shows_the_next_one_and_this_one_again_in_half_an_hour(house: House) -> None:
    await ask(house)
    shown = await house.say(ANN, "/review")
    assert "都处理完了" in (await house.open_by(shown, "以后再看"))["text"]
    assert ASKED in (await house.say(BEN, "/review"))["text"]
    house.clock.now += 31 * 60
    assert ASKED in (await house.say(ANN, "/review"))["text"]


async def test_what_another_editor_holds_is_said(house: House) -> None:
    group = await ask(house)
    shown = await house.say(ANN, "/review")
    house.store.queue.claim(group, "ben", at=house.clock.now)
    answered = await house.press(shown, "只回答这一次")
    assert "ben" in answered["text"]
    assert "都处理完了" in (await house.say(ANN, "/review"))["text"]


async def test_a_removed_person_loses_access_at_once_old_buttons_included(house: House) -> None:
    group = await ask(house)
    # At the start menus are published beside the answers: the first words of a removed person take his away.
    await house.api.wait_for(lambda: any(str(ANN) in key for key, _ in house.api.commands))
    shown = await house.say(ANN, "/review")
    question = await house.open_by(shown, "只回答这一次")
    house.store.queue.release(group, "ann")
    house.staff.remove("ann")
    for button in buttons(shown):
        answered = await house.press(shown, button)
        assert answered["text"] == t("telegram.staff_only", "zh-Hans")
    assert (await house.say(ANN, "答案", reply_to=question))["text"] == t("telegram.staff_only", "zh-Hans")
    assert (await house.say(ANN, "/console"))["text"] == t("telegram.staff_only", "zh-Hans")
    await house.api.wait_for(lambda: not any(str(ANN) in key for key, _ in house.api.commands))
    assert untouched(house, group)


async def test_a_strangers_forged_button_and_reply_do_nothing(house: House) -> None:
    group = await ask(house)
    message = await house.say(STRANGER, "贷款")
    for verb in "adoxulns":
        answered = await house.press(message, f"R:{verb}:{group}:fake-loan", forged=True)
        assert answered["text"] == t("telegram.staff_only", "zh-Hans")
    assert untouched(house, group)


async def test_an_old_button_of_another_editors_screen_is_checked_for_who_presses_it(house: House) -> None:
    group = await ask(house)
    shown = await house.say(ANN, "/review")
    answered = await house.press(shown, "不用回答", user_id=STRANGER)
    assert answered["text"] == t("telegram.staff_only", "zh-Hans")
    assert untouched(house, group)


async def test_two_editors_answer_at_once_and_one_answer_goes_out(house: House) -> None:
    group = await ask(house)
    ann = await house.open_by(await house.say(ANN, "/review"), "只回答这一次")
    house.store.queue.release(group, "ann")  # as after half an hour
    ben = await house.open_by(await house.say(BEN, "/review"), "只回答这一次")
    before = len(house.api.sent(RESIDENT))
    assert "1 位" in (await house.say(BEN, "别去，是骗局", reply_to=ben))["text"]
    assert "ben" in (await house.say(ANN, "可以去", reply_to=ann))["text"]
    await house.api.wait_for(lambda: len(house.api.sent(RESIDENT)) == before + 1)
    await house.quiet()
    assert "别去，是骗局" in house.api.texts(RESIDENT)[-1]


async def test_an_answer_that_would_be_masked_is_not_sent_but_asked_for_again(house: House) -> None:
    group = await ask(house)
    question = await house.open_by(await house.say(ANN, "/review"), "只回答这一次")
    again = await house.say(ANN, "问派出所，电话 62345678", reply_to=question)
    assert "[手机号]" in again["text"]
    assert house.store.outbox.by_group(group) == []
    told = await house.say(ANN, "拿不准打 96110", reply_to=again)
    assert "1 位" in told["text"]
    await house.api.wait_for(lambda: "拿不准打 96110" in house.api.texts(RESIDENT)[-1])


async def test_an_answer_without_words_or_too_long_is_not_sent(house: House) -> None:
    group = await ask(house)
    question = await house.open_by(await house.say(ANN, "/review"), "只回答这一次")
    await house.reply(ANN, lambda: house.api.sticker(ANN, reply_to=question))
    assert house.store.outbox.by_group(group) == []
    told = (await house.say(ANN, "长" * 1001, reply_to=question))["text"]
    assert told == "没有做成：回答超过 1000 字"


async def test_a_group_that_is_gone_says_so(house: House) -> None:
    await ask(house)
    shown = await house.say(ANN, "/review")
    await house.press(await house.say(RESIDENT, "/forget"), "删掉")
    await house.quiet()
    for button in buttons(shown):
        if button != "以后再看":
            assert (await house.press(shown, button))["text"] == t("telegram.review_gone", "zh-Hans")


async def test_when_the_store_cannot_say_who_it_is_it_is_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise StoreError("locked")

    monkeypatch.setattr(house.store.staff, "by_telegram", broken)
    assert (await house.say(ANN, "/console"))["text"] == t("telegram.staff_only", "zh-Hans")
    monkeypatch.undo()


# ---------------------------------------------------------------- answers that come later
def row(chat: int = RESIDENT, **body: Any) -> OutboxRow:
    return OutboxRow("r1", "telegram", str(chat), "answer", {"lang": "zh-Hans", **body}, 0, "waiting", group_id="g")


def states(store: SqliteStore) -> list[tuple[str, str]]:
    return [(r.state, r.note) for r in store.outbox.by_group("g")]


async def test_the_answer_itself_comes_with_its_buttons(house: House, store: SqliteStore) -> None:
    message = await house.reply(RESIDENT, lambda: store.outbox.put([row(entry="fake-loan", question="贷款?")]))
    assert "现在有答案了" in message["text"]
    assert "网上贷款要先交钱" in message["text"]
    assert t("label.share", "zh-Hans") in buttons(message)
    await house.api.wait_for(lambda: states(store) == [("sent", "")])


async def test_an_entry_that_is_gone_is_not_sent(house: House, store: SqliteStore) -> None:
    store.outbox.put([row(entry="no-such-entry")])
    await house.api.wait_for(lambda: states(store)[0][0] == "failed")
    assert house.api.sent(RESIDENT) == []


async def test_who_blocked_the_bot_is_unsubscribed(house: House, store: SqliteStore) -> None:
    await ask(house)
    (group,) = store.queue.groups()
    house.api.block(RESIDENT)
    store.outbox.put([row(text="x")])
    await house.api.wait_for(lambda: states(store)[0][0] == "failed")
    await house.api.wait_for(lambda: not store.queue.wishes(group.id))


async def test_a_time_out_is_uncertain_and_not_sent_again(house: House, store: SqliteStore) -> None:
    house.api.drop("sendMessage", executed=True)
    store.outbox.put([row(text="x")])
    await house.api.wait_for(lambda: states(store)[0][0] == "uncertain")
    await asyncio.sleep(0.2)
    assert len(house.api.sent(RESIDENT)) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_what_never_left_is_tried_later(house: House, store: SqliteStore, status: int) -> None:
    house.api.fail("sendMessage", status, retry_after=7 if status == 429 else None)
    store.outbox.put([row(text="x")])
    await house.api.wait_for(lambda: states(store)[0][1] != "")
    assert states(store)[0][0] == "waiting"
    house.clock.now += 3600
    await house.api.wait_for(lambda: states(store)[0][0] == "sent")
    assert len(house.api.sent(RESIDENT)) == 1
