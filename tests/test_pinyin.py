"""Typed pinyin becomes the characters that the FAQ's own sentences have for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.features import extract
from bot.core.index import Index
from bot.core.lexicon import Lexicon
from bot.core.pinyin import PinyinDecoder
from bot.core.text import normalise

SENTENCES = [
    "我把钱转账给骗子了怎么办",
    "刚转账三千还能追回吗",
    "验证码给了别人",
    "他让我下载app共享屏幕",
    "app里提现不了",
    "这个app能装吗",
    "下载了app怎么删",
    "陌生的app别装",
    "手机银行卡被冻结",
    "银行说我的卡异常",
]
DECODER = PinyinDecoder(2 * SENTENCES)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("zhuan账给pian子了zenmeban", "转账给骗子了怎么办"),
        ("zhuanzhang gei pianzi le", "转账给骗子了"),
        ("yan zheng ma给了", "验证码给了"),
        ("ying hang ka被冻结", "银行卡被冻结"),  # a sound that is only alike
        ("共享ping幕", "共享屏幕"),
    ],
)
def test_pinyin_becomes_characters(typed: str, read: str) -> None:
    assert DECODER.decode(typed) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "转账给骗子了怎么办",
        "下载app",  # a word that the sentences write
        "i sent him money by bank transfer",
        "my friend's 微信 asks me for money, he says he can not call me",
        "usdt转给他了",
        "数 数",
    ],
)
def test_what_is_no_pinyin_stays(text: str) -> None:
    assert DECODER.decode(text) == text


def test_without_sentences_nothing_is_decoded() -> None:
    assert PinyinDecoder().decode("zhuanzhang给他") == "zhuanzhang给他"


@given(st.text(alphabet="abeghinouzx 转账给他数,。", max_size=60))
def test_only_latin_letters_and_spaces_are_replaced(text: str) -> None:
    text = normalise(text)
    decoded = DECODER.decode(text)
    assert [c for c in text if c in "数,。"] == [c for c in decoded if c in "数,。"]
    assert DECODER.decode(text) == decoded


def test_no_message_has_more_than_its_share_read() -> None:
    """Past so many syllables the rest stays as typed."""
    decoded = DECODER.decode("zhuan账 " * 600)
    assert decoded.startswith("转账转账")
    assert decoded.rstrip().endswith("zhuan账")


def test_features_are_those_of_the_characters() -> None:
    lexicon = Lexicon({}, 2 * SENTENCES)
    assert extract("zhuanzhang给pianzi了", lexicon).bags == extract("转账给骗子了", lexicon).bags


def test_the_shipped_faq_reads_what_residents_type(shipped_index: Index) -> None:
    for typed, read in (("gang点了lianjie", "刚点了链接"), ("shoufei 退kuan 是真的ma", "收费退款是真的吗")):
        assert shipped_index.read(typed)[0].text == read
