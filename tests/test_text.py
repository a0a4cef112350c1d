"""Text: total on any string, one form for the many ways of typing the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from matching_parts import NASTY, anything, chinese, messages

from bot.core import language, sounds
from bot.core import text as texts

TOTAL: list[Callable[[str], Any]] = [
    texts.clean,
    texts.normalise,
    language.detect_lang,
    language.is_pinyin,
    texts.has_han,
    texts.sentences,
    texts.clauses,
    sounds.readings,
    sounds.split_pinyin,
    sounds.fuzzy_syllable,
]


@pytest.mark.parametrize("function", TOTAL, ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", range(len(NASTY)))
def test_total_on_nasty_strings(function: Callable[[str], Any], kind: int) -> None:
    assert function(NASTY[kind]) == function(NASTY[kind])


@pytest.mark.parametrize("function", TOTAL, ids=lambda f: f.__name__)
@given(text=messages)
def test_total_on_any_string(function: Callable[[str], Any], text: str) -> None:
    assert function(text) == function(text)


@pytest.mark.parametrize("function", [texts.to_hans, texts.to_hant])
@given(text=messages)
def test_scripts_are_total_on_clean_text(function: Callable[[str], str], text: str) -> None:
    shown = texts.clean(text)
    assert function(shown) == function(shown)


@pytest.mark.parametrize("function", [texts.to_hans, texts.to_hant])
def test_scripts_bear_lone_surrogates(function: Callable[[str], str]) -> None:
    assert "账" in texts.to_hans(function("转\ud800账"))


@pytest.mark.parametrize("unit", ["我给他转了钱。", "i sent money ", "\ud800", "转\u0301\u0301\u0301", "1", "😀", "\n"])
def test_total_on_a_megabyte(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert len(texts.normalise(text)) <= len(text)
    texts.sentences(text)
    texts.clauses(text)
    language.detect_lang(text)


@given(messages)
def test_clean_keeps_only_what_can_be_shown(text: str) -> None:
    shown = texts.clean(text)
    assert texts.clean(shown) == shown
    assert not any(unicodedata.category(c) in ("Cs", "Cc") and c not in "\n\t" for c in shown)
    assert not set(shown) & set("\u202e\u202d\u2066\u2069\u200b\u200f\ufeff")


def test_what_is_passed_over_by_one_look_holds_nothing_to_clean() -> None:
    """Newer Unicode tables may put a mark into a block that had none."""
    for code in range(0x110000):
        char = chr(code)
        if not texts._MAY_BE_UNSAFE.search(char):
            assert unicodedata.category(char) not in ("Mn", "Me"), hex(code)
            assert unicodedata.category(char) != "Cc" or char in "\n\t", hex(code)
            assert not texts._INVISIBLE.search(char), hex(code)
        if not texts._NO_WORD.search(char):
            assert unicodedata.category(char)[0] not in "SC" or char == "\n", hex(code)


def test_clean_ends_stacks_of_marks() -> None:
    assert len(texts.clean("a" + "\u0301" * 1000)) == 2


@given(st.text(alphabet="我没要轉账錢刷單了吗啊骗子，。！？ abＣＤ\u200b\u202e\ud800", max_size=80))
def test_normalise_is_idempotent_where_no_marker_stands(text: str) -> None:
    once = texts.normalise(text)
    assume("数" not in once and "网址" not in once)
    assert texts.normalise(once) == once


@given(messages)
def test_normal_form_is_bare(text: str) -> None:
    form = texts.normalise(text)
    assert form == form.strip()
    assert "  " not in form
    assert "\n" not in form
    form.encode()  # no lone surrogate is left to break a store


@pytest.mark.parametrize(
    ("typed", "like"),
    [
        ("我把錢轉給騙子了", "我把钱转给骗子了"),
        ("我的帳戶", "我的账户"),
        ("刷÷单", "刷单"),
        ("刷.单", "刷单"),
        ("刷 单", "刷单"),
        ("ＡＰＰ", "app"),
        ("刷\u200b单", "刷单"),
        ("好好好好好", "好好"),
        ("转了3000", "转了5,000.00"),
        ("转了三千", "转了3000"),
        ("看 https://a.example/b?c=1 吗", "看 www.other.com 吗"),
        ("被骗了😭😭", "被骗了"),
        ("她给妳", "他给你"),
    ],
)
def test_the_same_typed_otherwise(typed: str, like: str) -> None:
    assert texts.normalise(typed) == texts.normalise(like)


@pytest.mark.parametrize(("one", "other"), [("我要转账", "我不要转账"), ("转了", "没转"), ("他让我转", "我让他转")])
def test_what_must_stay_apart(one: str, other: str) -> None:
    assert texts.normalise(one) != texts.normalise(other)


def test_variants_fold_longest_first_and_latin_only_as_words() -> None:
    variants = {"薇信": "微信", "薇信号": "账号", "wx": "微信"}
    assert texts.fold_variants("加薇信号 wx awxb", variants) == "加账号 微信 awxb"
    assert texts.fold_variants("加薇信", {}) == "加薇信"


@given(
    st.dictionaries(st.text("vx信号刷", min_size=1, max_size=3), st.sampled_from(["甲", "乙"]), max_size=8),
    st.text("vx信号刷 ", max_size=12),
)
def test_variants_fold_as_one_alternation_would(variants: dict[str, str], text: str) -> None:
    parts = sorted(variants, key=lambda v: (-len(v), v))
    plain = [rf"(?<![a-z]){re.escape(p)}(?![a-z])" if p.isascii() else re.escape(p) for p in parts]
    expected = re.sub("|".join(plain) or r"(?!)", lambda m: variants[m.group()], text)
    assert texts.fold_variants(text, variants) == expected


@given(chinese)
def test_pieces_lose_no_word(text: str) -> None:
    def bare(value: str) -> str:
        return "".join(c for c in value if c not in "，。 ")

    assert bare("".join(texts.sentences(text))) == bare(text)
    assert bare("".join(texts.clauses(text))) == bare(text)


@pytest.mark.parametrize(
    ("one", "other"), [("刷单", "耍担"), ("刷单", "shuadan"), ("征信", "真心"), ("贷款", "daikuan"), ("拉", "那")]
)
def test_homophones_and_typed_pinyin_read_alike(one: str, other: str) -> None:
    assert sounds.readings(one) == sounds.readings(other)


def test_breaks_and_other_words_in_readings() -> None:
    assert sounds.readings("刷，单") == ["sua", "", "dan"]
    assert "transfer" in sounds.readings("transfer")
    assert sounds.split_pinyin("zhuanzhang") == ("zhuan", "zhang")
    assert sounds.split_pinyin("x" * 50) == ()


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("我被骗了怎么办", "zh-Hans"),
        ("我被騙了怎麼辦", "zh-Hant"),
        ("佢叫我過數畀佢", "zh-Hant"),
        ("what should I do now", "en"),
        ("wo bei pian le zenme ban", "zh-Hans"),
        ("他让我下载 app", "zh-Hans"),
        ("", "zh-Hans"),
        ("12345", "zh-Hans"),
        ("😀", "zh-Hans"),
        ("\ud800", "zh-Hans"),
    ],
)
def test_language(text: str, lang: str) -> None:
    assert language.detect_lang(text) == lang


@pytest.mark.parametrize(
    ("hans", "hant"),
    [
        ("网上认识的对象说有内部消息", "網上認識的對象說有內部消息"),  # not 物件, an object of a program
        ("社区民警", "社區民警"),  # not 社群, an online community
        ("有书面程序，看红章文件", "有書面程序，看紅章文件"),
        ("债务优化、贷款审核、设备权限", "債務優化、貸款審核、設備權限"),
        ("短信里的链接不点击", "簡訊裡的連結不點擊"),
        ("开着视频，收到视频", "開著視訊，收到影片"),
        ("个人信息泄露", "個人資料洩露"),
        ("账户在平台上", "帳戶在平台上"),
        ("发卡银行拦截发送", "發卡銀行攔截發送"),
        ("先借手机打电话，没标签的别签收", "先借手機打電話，沒標籤的別簽收"),
        ("说“卡里的钱被划走”", "說「卡裡的錢被劃走」"),
    ],
)
def test_traditional_script_speaks_of_everyday_things(hans: str, hant: str) -> None:
    assert texts.to_hant(hans) == hant


@given(anything)
def test_scripts_keep_what_is_not_chinese(text: str) -> None:
    latin = "".join(c for c in text if c.isascii() and c != "\x00")
    assert texts.to_hans(latin) == latin
    assert texts.to_hant(latin) == latin
