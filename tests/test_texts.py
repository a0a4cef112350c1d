"""The bot's own sentences: every one in both languages, with the same values, in the right script."""

from __future__ import annotations

import re
import string

import pytest

from bot.core.reply import LANGS
from bot.core.text import to_hans
from bot.core.texts import SENTENCES, TABLES, has, t


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_a_sentence_has_both_languages_and_the_same_values(key: str) -> None:
    sentence = SENTENCES[key]
    assert len(sentence) in (2, 3)
    assert all((part.strip() == part or key == "label.colon") and part for part in sentence)
    assert len({frozenset(_fields(part)) for part in sentence}) == 1


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_chinese_is_simplified_and_english_has_no_chinese(key: str) -> None:
    zh, en = SENTENCES[key][:2]
    assert to_hans(zh) == zh or key == "lang.ask"
    if key != "lang.ask":
        assert not re.search(r"[\u4e00-\u9fff]", en)


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_no_hotline_stands_as_digits(key: str) -> None:
    """A region shows its own numbers."""
    assert not any(re.search(r"(?<!\d)(?:110|119|120|999|165|96110|12345)(?!\d)", part) for part in SENTENCES[key])


def test_every_sentence_can_be_said_in_every_language() -> None:
    for key, sentence in SENTENCES.items():
        values = dict.fromkeys(_fields(sentence[0]), "7")
        for lang in LANGS:
            assert "{" not in t(key, lang, **values)


def test_traditional_script_is_derived_unless_given() -> None:
    assert t("feedback.yes", "zh-Hant") == "有幫助"
    assert t("lang.name", "zh-Hant") == "繁體中文"


def test_values_are_filled_in_and_a_missing_one_is_an_error() -> None:
    assert "12" in t("too_many", "en", seconds=12, police="110")
    with pytest.raises(KeyError):
        t("too_many", "en", seconds=12)


def test_an_unknown_key_is_an_error() -> None:
    assert not has("no.such.key")
    with pytest.raises(KeyError):
        t("no.such.key", "en")


def test_a_value_with_braces_is_taken_as_it_is() -> None:
    assert "{x}" in t("verify", "en", operator="{x}")


def test_keys_stand_in_one_table_only() -> None:
    assert sum(len(table) for table in TABLES) == len(SENTENCES)
