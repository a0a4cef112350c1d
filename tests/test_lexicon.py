"""Lexicon: concepts by spelling, by sound and through a typing error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_parts import LEXICON, messages

from bot.core.features import MAX_READ, extract
from bot.core.lexicon import Lexicon, Trie
from bot.core.sounds import readings
from bot.core.text import normalise

WORDS = Lexicon(LEXICON)


def concepts(text: str) -> set[str]:
    form = normalise(text, WORDS.variants)
    return set(WORDS.concepts(form, readings(form)))


@pytest.mark.parametrize("text", ["有人让我刷单", "刷 单", "刷÷单", "刷蛋", "paid tasks online", "招点赞员"])
def test_spelled(text: str) -> None:
    assert "paid-tasks" in concepts(text)


@pytest.mark.parametrize("text", ["招点暂员", "招 dianzanyuan"])
def test_by_sound(text: str) -> None:
    assert "paid-tasks" in concepts(text)


@pytest.mark.parametrize("text", ["", "今天天气", "loans", "aloan", "刷，单"])
def test_not_seen(text: str) -> None:
    assert not concepts(text)


@given(st.lists(st.text("abc", min_size=1, max_size=4), max_size=8), st.text("abc", max_size=30))
def test_trie_finds_what_a_scan_finds(forms: list[str], text: str) -> None:
    trie = Trie()
    for form in forms:
        trie.add(form, form)
    scan = {(i, i + len(f), f) for f in forms for i in range(len(text)) if text.startswith(f, i)}
    assert set(trie.find(text)) == scan
    assert len(trie.find(text)) == len(scan)


@given(messages)
def test_features_are_total_and_repeat(text: str) -> None:
    one, two = extract(text, WORDS), extract(text, WORDS)
    assert one == two
    assert all(count > 0 for bag in one.bags.values() for count in bag.values())


@given(messages)
def test_concepts_show_words_of_the_message(text: str) -> None:
    form = normalise(text, WORDS.variants)
    sounds = readings(form)
    heard = " ".join(sounds)
    assert all(shown in form or shown in heard for shown in WORDS.concepts(form, sounds).values())


@pytest.mark.parametrize("text", ["he asked me for 50 yuan", "is https://a.example.invalid/x safe", "call 96110?"])
def test_a_number_or_a_url_does_not_make_english_chinese(text: str) -> None:
    bags = extract(text, WORDS).bags
    assert bags["w"]
    assert bags["g"]
    assert not bags["c"]
    assert not bags["p"]
    assert not bags["a"]


def test_a_number_stays_in_the_grams_of_chinese_and_typed_pinyin_has_sounds_beside_it() -> None:
    assert "数块" in extract("借我500块", WORDS).bags["c"]
    assert "p:zuan zan" in extract("zhuan zhang 24 xiaoshi nei keyi chehui ma", WORDS).bags["p"]


def test_what_is_read_of_a_long_message_is_bounded() -> None:
    head = "".join(chr(0x4E00 + i % 20000) for i in range(MAX_READ))
    assert extract(head, WORDS).bags == extract(head + head[::-1] * 100, WORDS).bags


def test_empty_lexicon() -> None:
    bare = Lexicon({})
    assert bare.variants == {}
    assert bare.concepts("刷单", ["sua", "dan"]) == {}
    assert extract("刷单", bare).concepts == {}
