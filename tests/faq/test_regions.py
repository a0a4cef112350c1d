"""The shipped FAQ as readers outside the mainland get it: no office, number or law that is not theirs."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from bot.core.card import make_card
from bot.core.entry import Faq
from bot.core.reply import Card, Lang
from bot.faqfiles import read_faq

FOLDER = Path(__file__).resolve().parents[2] / "faq"
ABROAD = ("hk", "tw", "sg")
#: What only the mainland has: numbers, offices, registers, and what its laws say.
MAINLAND = {
    "zh": r"96110|12345|12315|12378|国家反诈中心|工信微报|一证通查|云闪付|慈善中国|人社部|国家医保局|蓝帽子|学信网|征信|人民银行|居委会|民警"
    r"|公安机关|中国移动|银发〔|国务院|民法|刑法|诈骗法|慈善法|20\d\d 年",
    "en": r"96110|12345|12315|12378|National Anti-Fraud|工信微报|UnionPay|Charity in China|People's Bank|Mainland law"
    r"|[Mm]ainland rule|residents' committee|blue hat|Narcotics Control|in force since|[Rr]egulations on|Yinfa",
}


@cache
def faq() -> Faq:
    return read_faq(FOLDER)


def cards(region: str, lang: Lang) -> list[Card]:
    place = faq().regions[region]
    return [
        make_card(entry, lang=lang, region=place, role="answer") for entry in faq().entries if entry.served_in(region)
    ]


def told(card: Card) -> list[str]:
    return [card.title, card.lead, *card.signs, *card.steps, *card.more.split("\n"), card.share]


@pytest.mark.parametrize("region", ABROAD)
@pytest.mark.parametrize("lang", ["zh-Hans", "en"])
def test_nothing_of_the_mainland_alone_is_told_elsewhere(region: str, lang: Lang) -> None:
    pattern = re.compile(MAINLAND["en" if lang == "en" else "zh"])
    found = {f"{card.entry_id}: {text}" for card in cards(region, lang) for text in told(card) if pattern.search(text)}
    assert not found


@pytest.mark.parametrize("region", ABROAD)
@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_no_number_or_office_is_said_twice_in_one_breath(region: str, lang: Lang) -> None:
    """Where several lines of the mainland are one line, lists of them would repeat it."""
    place = faq().regions[region]
    names = {line.number["en" if lang == "en" else "zh"] for line in place.hotlines.values()}
    for card in cards(region, lang):
        for text in told(card):
            for name in names:
                assert not re.search(rf"{re.escape(name)}\W*(?:或|or)?\W*{re.escape(name)}", text), text


@pytest.mark.parametrize("region", ["hk", "sg"])
def test_a_police_station_has_its_local_name(region: str) -> None:
    assert not [text for card in cards(region, "zh-Hans") for text in told(card) if "派出所" in text]
