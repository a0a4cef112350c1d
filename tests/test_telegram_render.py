"""Telegram HTML: escaped, cut without breaking, and buttons that fit."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from fake_bot_api import parse_html
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram import render
from bot.channels.telegram.buttons import Button, pack, short, unpack, unshort
from bot.channels.telegram.delivery import keyboard
from bot.channels.telegram.desk import locale_lang
from bot.channels.telegram.incoming import Me, read, restored
from bot.core.reply import Card, HotlineLine, Reply, ShownEntry
from bot.ids import Pseudonyms

WILD = st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=60)
CARD = Card(
    "fake-loan", "fake-loan", "answer", "scam", "标题", "结论", ("迹象",), ("第一步", "第二步"), "更多", "转发",
    (HotlineLine("报警", "110", "x", "110"),), ("来源",),
)  # fmt: skip


def reply(*cards: Card, kind: str = "answer") -> Reply:
    shown = tuple(ShownEntry(c.entry_id, c.topic, c.title, 0.9, c.role) for c in cards)
    return Reply(kind, None, "zh-Hans", shown, cards, (), (), "", "", "", "", id="abcdefghjkmn")  # type: ignore[arg-type]


@given(WILD, WILD, WILD)
def test_whatever_an_entry_says_is_valid_html(title: str, lead: str, step: str) -> None:
    card = replace(CARD, title=title, lead=lead, steps=(step,), signs=(step,), share=lead, more=lead)
    for kind in ("answer", "emergency"):
        for elder in (False, True):
            text, _ = parse_html(render.reply_html(reply(card, kind=kind), elder=elder))
            assert re.sub(r"\s", "", step) in re.sub(r"\s", "", text)
    parse_html(render.share_html(card, "zh-Hans", username="x_bot"))
    parse_html(render.more_html(card, "en"))


def test_behind_an_emergency_only_scams_are_what_it_looks_like() -> None:
    behind = [
        replace(CARD, title="刷单", brief=True),
        replace(CARD, title="能追回吗", risk="info", brief=True),
    ]
    text, _ = parse_html(render.reply_html(reply(CARD, *behind, kind="emergency")))
    assert "这像是：\n· 刷单" in text
    assert "还有：\n· 能追回吗" in text


def test_choices_that_a_phone_would_cut_stand_in_full_above_the_buttons() -> None:
    short_ones = reply(replace(CARD, title="刷单返利能挣钱吗？", role="choice"), kind="choose")
    assert "刷单" not in render.reply_html(short_ones)
    assert render.reply_rows(short_ones, private=True)[0][0].text == "刷单返利能挣钱吗？"
    title = "自称社保、医保、税务、社区等部门的电话和短信，怎么辨别？"
    long = reply(
        replace(CARD, title="刷单返利能挣钱吗？", role="choice"),
        replace(CARD, title=title, role="choice"),
        kind="choose",
    )
    text, _ = parse_html(render.reply_html(long))
    assert f"1. 刷单返利能挣钱吗？\n2. {title}" in text
    assert [row[0].text for row in render.reply_rows(long, private=True)] == [
        "1. 刷单返利能挣钱吗？", f"2. {title}", "都不是",
    ]  # fmt: skip


def test_numbers_that_the_text_names_are_not_listed_again() -> None:
    line = HotlineLine("报警", "110", "x", "110")
    asked = replace(reply(kind="unknown"), intro="没有查到。", hotlines=(line,))
    assert "热线" in render.reply_html(asked)
    assert "热线" not in render.reply_html(replace(asked, outro="有危险，打 110。"))


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "&lt;", "&amp;", "字", "🙃", "a"]), max_size=300))
def test_a_cut_text_fits_and_every_tag_is_closed(pieces: list[str]) -> None:
    open_tags: list[str] = []
    source = ""
    for piece in pieces:
        if piece.startswith("</"):
            if open_tags and open_tags[-1] == piece[2]:
                open_tags.pop()
                source += piece
        elif piece.startswith("<"):
            if piece[1] not in open_tags:
                open_tags.append(piece[1])
                source += piece
        else:
            source += piece
    source += "".join(f"</{tag}>" for tag in reversed(open_tags))
    text, _ = parse_html(render.cut(source, 50))
    assert len(text.encode("utf-16-le")) // 2 <= 50


def test_a_card_of_any_length_fits_a_message() -> None:
    long = replace(CARD, steps=tuple("🙃<&>" * 20 for _ in range(200)))
    text, _ = parse_html(render.reply_html(reply(long)))
    assert len(text.encode("utf-16-le")) // 2 <= 4096


def test_large_print_gives_each_sentence_a_line() -> None:
    card = replace(CARD, lead="别转。他说“马上！”也别理！他说“快。”拿不准打 110。")
    for kind in ("answer", "emergency"):
        text, _ = parse_html(render.reply_html(reply(card, kind=kind), elder=True))
        assert "别转。\n他说“马上！”也别理！\n他说“快。”\n拿不准打 110。\n" in text
        assert "别转。\n" not in parse_html(render.reply_html(reply(card, kind=kind)))[0]
    english = replace(CARD, lead="Do not pay. Call 110 now!")
    assert "pay.\nCall" in parse_html(render.reply_html(reply(english), elder=True))[0]


def test_an_emergency_starts_with_the_act_and_elder_mode_is_shorter() -> None:
    urgent = render.reply_html(reply(CARD, kind="emergency"))
    assert urgent.startswith("🆘 <b>结论</b>")
    assert "迹象" not in urgent
    assert len(render.reply_html(reply(CARD), elder=True)) < len(render.reply_html(reply(CARD)))


@given(st.from_regex(r"[a-z0-9-]{1,80}", fullmatch=True))
def test_every_entry_fits_a_button_and_is_found_again(entry_id: str) -> None:
    data = pack("c", "abcdefghjkmn", short(entry_id))
    assert len(data.encode()) <= 64
    assert unshort(unpack(data)[1][1], ["other", entry_id]) == entry_id
    for row in render.reply_rows(reply(replace(CARD, entry_id=entry_id)), private=True):
        assert all(len(button.data.encode()) <= 64 for button in row)


def test_a_button_that_would_not_fit_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="too long"):
        pack("c", "x" * 64)


@pytest.mark.parametrize(
    ("code", "lang"),
    [("", "zh-Hans"), ("zh", "zh-Hans"), ("zh-hans", "zh-Hans"), ("zh-Hant", "zh-Hant"), ("zh_TW", "zh-Hant"),
     ("zh-hk", "zh-Hant"), ("en", "en"), ("en-GB", "en"), ("fr", "en")],
)  # fmt: skip
def test_the_language_of_a_telegram(code: str, lang: str) -> None:
    assert locale_lang(code) == lang


def test_what_is_stored_is_masked_and_comes_back_the_same() -> None:
    who = {"id": 7, "is_bot": False, "first_name": "李雷", "username": "lilei", "language_code": "zh-hans"}
    raw = {
        "update_id": 5,
        "message": {
            "message_id": 3, "date": 1, "chat": {"id": 7, "type": "private", "first_name": "李雷"}, "from": who,
            "text": "我叫李雷，电话13800138000", "forward_origin": {"type": "user", "sender_user": {"id": 99}},
        },
    }  # fmt: skip
    incoming = read(raw, Me(1, "x_bot"), Pseudonyms("k"), now=10)
    assert incoming is not None
    assert incoming.text == "我叫李雷，电话13800138000"
    body = incoming.stored()
    assert body["text"] == "我叫[姓名]，电话[手机号]"
    assert "李雷" not in str(body)
    assert "lilei" not in str(body)
    assert "99" not in str(body)
    assert restored(body) == replace(incoming, text=body["text"])
    assert restored({**body, "of_a_later_version": 1}).message == 3


def test_a_keyboard_is_the_json_of_its_buttons() -> None:
    odd = '有"引号"\\和\n换行'
    rows = [
        [Button(odd, "y:1"), Button("说明", url="https://example.org/?a=1&b=2")],
        [Button("转发", inline=odd), Button("x", inline="")],
    ]
    assert json.loads(keyboard(rows)) == {
        "inline_keyboard": [
            [{"text": odd, "callback_data": "y:1"}, {"text": "说明", "url": "https://example.org/?a=1&b=2"}],
            [{"text": "转发", "switch_inline_query": odd}, {"text": "x", "switch_inline_query": ""}],
        ]
    }
    assert json.loads(keyboard([])) == {"inline_keyboard": []}
