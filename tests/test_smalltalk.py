"""Small talk: a greeting, thanks or a goodbye and nothing more."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_parts import LEXICON, messages

from bot.core.index import Index
from bot.core.smalltalk import Smalltalk
from bot.core.text import to_hant

TALK = Smalltalk(LEXICON["smalltalk"])
WORDS = sorted({str(w) for part in LEXICON["smalltalk"].values() for words in part.values() for w in words})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("你好", "greeting"),
        ("你好啊！", "greeting"),
        ("你 好", "greeting"),
        ("Hello", "greeting"),
        ("谢谢谢谢", "thanks"),
        ("谢谢你啦～", "thanks"),
        ("thanks so much", "thanks"),
        ("謝謝", "thanks"),
        ("3Q", "thanks"),
        ("拜拜", "goodbye"),
        ("88", "goodbye"),
        ("８８", "goodbye"),
        ("886", "goodbye"),
        ("88啦 👋", "goodbye"),
        ("拜拜 88", "goodbye"),
        ("救命", "cry"),
        ("救命啊！！！", "cry"),
        ("救救我 救救我", "cry"),
        ("你好 怎么办", "cry"),
        ("help me please", "cry"),
        ("110", "cry"),
        ("SOS", "cry"),
    ],
)
def test_small_talk(text: str, kind: str) -> None:
    assert TALK.kind(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "😀",
        "啊",
        "你好，我被骗了",
        "谢谢，钱已经转了",
        "88我被骗了",
        "再见了我的钱",
        "你好" * 40,
        "数",
        "hi my money is gone",
    ],
)
def test_anything_more_is_not(text: str) -> None:
    assert TALK.kind(text) == ""


@given(st.from_regex(r"[0-9０-９一二三百千万]{1,12}", fullmatch=True).filter(lambda t: t not in ("88", "886")))
def test_a_number_is_no_goodbye(text: str) -> None:
    """A choice, an amount, a code, a hotline: the normal form has one mark for all of them."""
    if not text.isascii() and any("０" <= c <= "９" for c in text):
        return  # full width 88 is 88
    assert TALK.kind(text) == ""


@pytest.mark.parametrize("text", ["1", "2", "10", "96110", "3000", "十", "三万", "5q"])
def test_numbers_by_the_shipped_words(text: str, shipped_index: Index) -> None:
    assert shipped_index.smalltalk.kind(text) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [("你好", "greeting"), ("谢谢", "thanks"), ("88", "goodbye"), ("拜拜", "goodbye"), ("3q", "thanks")],
)
def test_shipped_words(text: str, kind: str, shipped_index: Index) -> None:
    assert shipped_index.smalltalk.kind(text) == kind


@given(messages)
def test_total(text: str) -> None:
    assert TALK.kind(text) in ("greeting", "thanks", "goodbye", "")
    assert Smalltalk({}).kind(text) == ""


@given(
    st.lists(st.sampled_from([*WORDS, "数", "三", "转", "刷单", " ", "，", "!", "謝", "😀"]), max_size=5), st.booleans()
)
def test_passing_over_questions_by_one_look_changes_nothing(words: list[str], traditional: bool) -> None:
    text = "".join(words)
    text = to_hant(text) if traditional else text
    careful = Smalltalk(LEXICON["smalltalk"])
    careful._foreign = re.compile(r"(?!)")
    assert TALK.kind(text) == careful.kind(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我准备跳江了", "跳江"), ("老伴喝農藥了", "喝农药"), ("孩子 掉 河里 了！！", "掉河里"), ("遗　书都写好了", "遗书"),
        ("help he has a knife", "has a knife"), ("I SMELL GAS in the kitchen", "smell gas"), ("gas leak", "gas leak"),
        ("跳楼价大甩卖", ""), ("跳楼机好玩吗", ""), ("手机中毒了", ""), ("suicide squad is a bad film", ""), ("a knife sharpener", ""),
        ("笑死我了", ""), ("", ""), ("我想买一本书，" * 20 + "跳江", ""),
    ],
)  # fmt: skip
def test_words_of_danger_to_life(text: str, words: str, shipped_index: Index) -> None:
    """What is harmless with the same words is not one, and neither is a long story."""
    assert shipped_index.smalltalk.danger(text) == words


def test_every_harmless_word_saves_one_from_being_taken_for_danger(shipped_index: Index) -> None:
    """What holds no word of danger is dead weight; what does must not be taken for one any more."""
    table = shipped_index.faq.lexicon["smalltalk"]
    bare = Smalltalk({**table, "harmless": {}})
    for word in (*table["harmless"]["zh"], *table["harmless"]["en"]):
        assert bare.danger(word), word
        assert not shipped_index.smalltalk.danger(word), word
    for word in (*table["danger"]["zh"], *table["danger"]["en"]):
        assert shipped_index.smalltalk.danger(word), word
