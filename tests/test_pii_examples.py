"""The tables of pii_examples.py: each piece is gone and nothing beside it; what must stay, stays."""

from __future__ import annotations

import re

import pytest
from pii_examples import KEPT, PIECES

from bot.core.redact import redact

_PIECE = re.compile(r"‹(.*?)›")
_TOKEN = r"\[[^\]]+\]"


@pytest.mark.parametrize("line", PIECES.strip().splitlines())
def test_a_piece_is_masked_and_the_words_around_it_stay(line: str) -> None:
    around = map(re.escape, _PIECE.split(line)[::2])
    masked = redact(_PIECE.sub(r"\1", line)).text
    assert re.fullmatch(_TOKEN.join(around), masked), masked


@pytest.mark.parametrize("text", KEPT.splitlines())
def test_what_editors_need_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize("text", ["他说叫外卖", "他说叫我转账", "他说叫车去", "passport was sent to him"])
def test_words_that_only_look_like_an_introduction_stay(text: str) -> None:
    assert redact(text).text == text
