"""What people and programs send that nobody asked for: names, buttons and floods."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from telegram_parts import House, api, buttons, data_of, house, small_index, store

from bot.channels.telegram.flood import BURST
from bot.core.texts import t
from bot.store.sqlite import SqliteStore

__all__ = ["api", "house", "small_index", "store"]
CHAT, OTHER, GROUP = 7, 8, -500
SCAM = "网上贷款要先交钱吗"
NAMES = [
    "<b>王</b> & <script>alert(1)</script>",
    "\u202e王小明\u2066\u2069",
    "王" + "\u0301\u0316\u0489" * 60,
    "\ud83d",
    "%s{operator}\x00\n",
    "",
]


def rows(store: SqliteStore, name: str) -> list[dict[str, Any]]:
    with store._engine.read() as connection:
        return [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]


# ---------------------------------------------------------------- names
@pytest.mark.parametrize("name", NAMES)
async def test_names_of_any_kind_are_neither_shown_nor_kept(house: House, store: SqliteStore, name: str) -> None:
    house.api.user(CHAT, first_name=name, last_name=name, username="wang_xiao_ming", language_code="zh\u202e<b>")
    house.api.chat(CHAT, first_name=name, last_name=name, username="wang_xiao_ming")
    house.api.chat(GROUP, title=name)
    answer = await house.say(CHAT, SCAM)
    await house.press(answer, "有帮助")
    for command in ("/start", "/whoami", "/verify", "/privacy"):
        await house.say(CHAT, command)
    await house.say(GROUP, "@fanzha_test_bot " + SCAM, user_id=CHAT)
    await house.reply(CHAT, lambda: house.api.contact(CHAT, "13800138000", name))
    house.api.inline("刷单", user_id=CHAT)
    await house.quiet()
    shown = "\n".join([*house.api.texts(CHAT), *house.api.texts(GROUP)])
    kept = "".join(str(rows(store, table)) for table in ("turn", "context", "feedback", "preference", "inbox"))
    for piece in ("wang_xiao_ming", "王", "script"):
        assert piece not in shown
        assert piece not in kept


# ---------------------------------------------------------------- buttons
async def test_buttons_pressed_again_and_again_count_once(house: House, store: SqliteStore) -> None:
    answer = await house.say(CHAT, SCAM)
    for button in ("有帮助", "有帮助", "没帮上", "没帮上", "有帮助"):
        await house.press(answer, button)
    await house.quiet()
    assert [row["helpful"] for row in rows(store, "feedback")] == [1]
    assert len(rows(store, "unanswered")) == 1  # "not helpful" put it before the editors, once
    (day,) = rows(store, "day_count")
    assert (day["n"], day["helpful"], day["unhelpful"]) == (1, 1, 0)


async def test_a_press_delivered_twice_is_carried_out_once(house: House, store: SqliteStore) -> None:
    asked = await house.say(CHAT, "怎么做任务")
    query = house.api.press(asked, "都不是")
    raw = {"update_id": house.api.last_update_id, "callback_query": query}
    await house.quiet()
    house.api.update(raw)
    await house.quiet()
    assert len(house.api.sent(CHAT)) == 2
    assert len(rows(store, "unanswered")) == 1


async def test_a_button_of_another_user_decides_nothing_for_him(house: House, store: SqliteStore) -> None:
    """Whoever learns a button's data can press it under a message of his own."""
    asked = await house.say(CHAT, "怎么做任务")
    waits = await house.say(CHAT, "火星上有人找我合作")
    own = await house.say(OTHER, SCAM)
    none = next(data for data in data_of(asked) if data.startswith("n:"))
    tell = next(data for data in data_of(waits) if data.startswith("w:"))
    await house.press(own, none, forged=True)
    await house.press(own, tell, forged=True)
    await house.press(own, "F:y", forged=True)
    await house.quiet()
    turns = {row["masked"]: row for row in rows(store, "turn")}
    assert turns["怎么做任务"]["choice"] == ""
    assert SCAM not in turns  # his own records, and nobody else's, were deleted
    assert not store.queue.groups(reason="ours", search="任务")
    assert all(row["chat_id"] != str(CHAT) for row in rows(store, "wish"))


async def test_a_button_in_a_group_forgets_and_tells_nobody(house: House, store: SqliteStore) -> None:
    await house.say(CHAT, SCAM)
    menu = await house.say(GROUP, "/urgent", user_id=1)
    for data in ("F:y", "w:whatever:s", "q:1:y:s"):
        answered = await house.press(menu, data, forged=True, user_id=CHAT)
        assert answered["text"] in (t("telegram.private_only", "zh-Hans"), t("stale", "zh-Hans"))
    assert len(rows(store, "turn")) == 1


# ---------------------------------------------------------------- floods
async def test_a_thousand_messages_of_one_chat_get_one_polite_note(house: House) -> None:
    house.api.burst([CHAT], "{n} 贷款", each=1000)
    house.api.message(OTHER, SCAM)
    await house.api.wait_for(lambda: house.api.sent(OTHER), timeout=60)
    assert house.inbox.backlog > 0 or house.api.pending  # the other one did not wait for the flood to end
    await house.api.wait_for(lambda: not house.api.pending and house.inbox.backlog == 0, timeout=120)
    texts = house.api.texts(CHAT)
    assert sum("发得太快" in text for text in texts) == 1
    assert len(texts) < 3 * BURST


async def test_ten_thousand_chats_are_all_answered_once(house: House) -> None:
    count = house.api.burst(10_000, "{n} 天气")
    await house.api.wait_for(lambda: house.api.ok["sendMessage"] == count, timeout=300)
    await house.api.wait_for(lambda: not house.store.inbox.pending())
    assert Counter(m["chat"]["id"] for m in house.api.sent()).most_common(1)[0][1] == 1


async def test_a_flood_of_presses_is_slowed_too(house: House) -> None:
    menu = await house.say(CHAT, "/topics")
    for _ in range(100):
        house.api.press(menu, buttons(menu)[0])
    await house.quiet()
    assert sum("发得太快" in text for text in house.api.texts(CHAT)) == 1
