"""The shipped emergency cards: with two scam types behind them they still fit the screen of a small phone."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.card import make_card, render_text, topic_title
from bot.core.entry import Entry, Faq
from bot.core.reply import Lang
from bot.faqfiles import read_faq

FOLDER = Path(__file__).resolve().parents[2] / "faq"
#: Characters in a line and lines on a screen of 360 x 800 points at the usual size; Chinese ones are twice as wide.
COLUMNS: dict[Lang, int] = {"zh-Hans": 20, "zh-Hant": 20, "en": 42}
LINES = 32


@pytest.fixture(scope="module")
def faq() -> Faq:
    return read_faq(FOLDER)


def _lines(text: str, lang: Lang) -> int:
    return sum(max(1, math.ceil(len(line) / COLUMNS[lang])) for line in text.split("\n"))


def _text(faq: Faq, entry: Entry, behind: list[Entry], lang: Lang, region: str) -> str:
    place = faq.regions[region]
    cards = [make_card(entry, lang=lang, region=place, role="emergency")]
    for other in behind:
        card = make_card(other, lang=lang, region=place, role="answer", brief=True)
        cards.append(replace(card, title=topic_title(faq, other, lang)))
    return render_text("emergency", cards, lang=lang)


@pytest.mark.parametrize("region", ["cn", "hk", "tw", "sg"])
@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_an_emergency_reply_fits_a_phone_screen(faq: Faq, lang: Lang, region: str) -> None:
    scams = sorted(
        (entry for entry in faq.entries if entry.risk == "scam"),
        key=lambda entry: len(_text(faq, entry, [entry], lang, region)) - len(_text(faq, entry, [], lang, region)),
    )
    too_long = {
        entry.id: lines
        for entry in faq.entries
        if entry.risk == "emergency" and (lines := _lines(_text(faq, entry, scams[-2:], lang, region), lang)) > LINES
    }
    assert not too_long
