"""Cards: which wording a reader of a region gets, hotlines filled in, and the plain text of a reply."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from small_faq import region, table

from bot.core.card import fill, hotline_numbers, hotline_text, make_card, render_text, title_of
from bot.core.entry import Entry, entry_from_dict
from bot.core.reply import Card, Lang


def entry(**changes: object) -> Entry:
    return entry_from_dict(table("fake-loan", **changes))


def overridden(**overrides: dict[str, object]) -> Entry:
    return replace(entry(), overrides={key.replace("__", "."): value for key, value in overrides.items()})


def test_hotlines_are_the_regions_own() -> None:
    here = make_card(entry(), lang="zh-Hans", region=region(), role="answer")
    there = make_card(entry(), lang="zh-Hans", region=region("tw", antifraud="165"), role="answer")
    assert here.lead == "这是骗局。别付，打 96110 问。"
    assert there.lead == "这是骗局。别付，打 165 问。"
    assert [line.number for line in here.hotlines] == ["110", "96110"]


def test_traditional_script_is_derived() -> None:
    card = make_card(entry(), lang="zh-Hant", region=region(), role="answer")
    assert card.lead == "這是騙局。別付，打 96110 問。"
    assert card.hotlines[0].title == "報警電話"


def test_an_entrys_own_traditional_wording_wins_over_the_regions() -> None:
    made = overridden(**{"zh-Hant": {"lead": "自己寫的。"}, "zh__tw": {"lead": "台湾的。", "share": "分享。"}})
    card = make_card(made, lang="zh-Hant", region=region("tw"), role="answer")
    assert (card.lead, card.share) == ("自己寫的。", "分享。")


def test_a_regions_wording_wins_over_the_general_one_and_is_converted() -> None:
    made = overridden(zh__hk={"lead": "这里说法不同。"}, en__hk={"steps": ["Call the bank"]})
    assert make_card(made, lang="zh-Hans", region=region("hk"), role="answer").lead == "这里说法不同。"
    assert make_card(made, lang="zh-Hant", region=region("hk"), role="answer").lead == "這裡說法不同。"
    assert make_card(made, lang="zh-Hans", region=region("cn"), role="answer").lead.startswith("这是骗局")
    assert make_card(made, lang="en", region=region("hk"), role="answer").steps == ("Call the bank",)


WORDS = {
    "zh": {"派出所": "警署", "社区派出所": "警署", "警署": "警局"},
    "zh-Hant": {"簡訊": "短訊"},
    "en": {"police station": "precinct"},
}


@pytest.mark.parametrize(
    ("region_id", "lang", "lead"),
    [
        ("hk", "zh-Hans", "短信别点，去警署问，再去警署。"),
        ("hk", "zh-Hant", "短訊別點，去警署問，再去警署。"),
        ("hk", "en", "Go to a precinct."),
        ("cn", "zh-Hant", "簡訊別點，去派出所問，再去社區派出所。"),
    ],
)
def test_words_become_the_regions_own(region_id: str, lang: Lang, lead: str) -> None:
    made = entry(zh_lead="短信别点，去派出所问，再去社区派出所。", en_lead="Go to a police station.")
    place = replace(region(region_id), words=WORDS if region_id == "hk" else {})
    assert make_card(made, lang=lang, region=place, role="answer").lead == lead


def test_an_entrys_own_traditional_wording_gets_the_regions_words_too() -> None:
    made = overridden(**{"zh-Hant": {"lead": "簡訊別點，去派出所。"}})
    card = make_card(made, lang="zh-Hant", region=replace(region("hk"), words=WORDS), role="answer")
    assert card.lead == "短訊別點，去派出所。"


def test_hotlines_that_read_the_same_are_one_line() -> None:
    place = region("hk")
    bank = place.hotlines["bank"]
    other = replace(bank, name="other", title={"zh": "别的", "en": "Other"})  # the same words, another title
    dialled = replace(place.hotlines["police"], name="fire", title={"zh": "火警", "en": "Fire"})
    there = replace(place, hotlines={**place.hotlines, "other": other, "fire": dialled})
    card = make_card(entry(hotlines=["bank", "other", "police", "fire"]), lang="en", region=there, role="answer")
    assert [line.title for line in card.hotlines] == ["Bank", "Police", "Fire"]


def test_words_in_place_of_a_number_stand_without_a_title() -> None:
    lines = make_card(entry(hotlines=["bank", "police"]), lang="en", region=region(), role="answer").hotlines
    assert hotline_text(lines, "en") == "Hotlines: the number on your card · Police 110"


@pytest.mark.parametrize(("key", "shown"), [("lead", 0), ("more", 0), ("share", 1)])
def test_sources_are_of_the_general_wording(key: str, shown: int) -> None:
    """A mainland law under another place's own advice would say that it applies there."""
    source = {"title": "某法", "date": dt.date(2022, 12, 1)}
    made = replace(entry(sources=[source]), overrides={"zh.hk": {key: "这里说法不同。"}})
    assert len(make_card(made, lang="zh-Hant", region=region("hk"), role="answer").sources) == shown
    assert len(make_card(made, lang="zh-Hans", region=region("cn"), role="answer").sources) == 1
    assert len(make_card(made, lang="en", region=region("hk"), role="answer").sources) == 1


def test_english_falls_back_to_chinese_rather_than_to_nothing() -> None:
    assert make_card(entry(en_lead=""), lang="en", region=region(), role="answer").lead.startswith("这是骗局")


def test_words_in_place_of_a_number_lose_the_spaces_of_digits() -> None:
    assert fill("再打 {bank} 冻结", region(), "zh-Hans") == "再打银行卡背面的电话冻结"
    assert fill("再打 {police}，快", region(), "zh-Hans") == "再打 110，快"
    assert fill("call {bank} now", region(), "en") == "call the number on your card now"


def test_two_hotlines_with_one_number_are_said_once() -> None:
    place = region()
    there = replace(place, hotlines={**place.hotlines, "medical": replace(place.hotlines["police"], name="medical")})
    assert fill("马上打 {police} 或 {medical}，留人", there, "zh-Hans") == "马上打 110，留人"
    assert fill("call {medical} or {police} / {bank}", there, "en") == "call 110 / the number on your card"
    assert fill("打 {police} 或 {antifraud} 问", there, "zh-Hans") == "打 110 或 96110 问"


def test_a_hotline_the_region_lacks_never_shows_a_brace() -> None:
    assert fill("打 {nowhere} 问", region(), "zh-Hans") == "打官方的电话问"
    assert (
        make_card(entry(hotlines=["police", "nowhere"]), lang="en", region=region(), role="answer").hotlines[1:] == ()
    )


def test_what_cannot_be_dialled_has_no_link() -> None:
    card = make_card(entry(hotlines=["bank", "police"]), lang="zh-Hans", region=region(), role="answer")
    assert [line.dial for line in card.hotlines] == ["", "110"]


def test_a_brief_card_is_title_and_first_sentences() -> None:
    made = entry(zh_lead="这是骗局。" + "别付，先打电话问清楚再说，" * 5 + "好吗。")
    card = make_card(made, lang="zh-Hans", region=region(), role="answer", brief=True)
    assert card.lead == "这是骗局。"
    assert (card.steps, card.signs, card.hotlines) == ((), (), ())


def test_the_title_is_the_entrys_question() -> None:
    assert title_of(entry(), lang="en", region=region()) == "Is fake-loan real?"


def test_numbers_for_sentences() -> None:
    assert hotline_numbers(region(), "en")["bank"] == "the number on your card"


# ---------------------------------------------------------------- plain text
def cards(lang: Lang = "zh-Hans") -> tuple[Card, Card]:
    full = make_card(entry(), lang=lang, region=region(), role="answer")
    return full, make_card(entry_from_dict(table("task-rebate")), lang=lang, region=region(), role="answer", brief=True)


def test_an_answer_says_title_verdict_signs_steps_and_hotlines_in_this_order() -> None:
    text = render_text("answer", cards()[:1], lang="zh-Hans")
    parts = [
        "【fake-loan",
        "这是骗局",
        "怎么识别",
        "怎么做",
        "1. 停手",
        "2. 打 110",
        "热线：报警电话 110 · 反诈专线 96110",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_an_emergency_opens_with_the_act() -> None:
    card = replace(cards()[0], role="emergency")
    text = render_text("emergency", (card, cards()[1]), lang="zh-Hans")
    assert text.startswith(card.lead)
    assert "现在就做" in text
    assert "怎么识别" not in text
    assert "这像是：\n· task-rebate" in text


def test_simple_mode_keeps_verdict_steps_and_hotlines_only() -> None:
    text = render_text("answer", cards(), lang="zh-Hans", elder=True)
    assert text.splitlines() == [
        "这是骗局。", "别付，打 96110 问。", "", "怎么做", "1. 停手，不再付", "2. 打 110，报账号", "",
        "热线：报警电话 110 · 反诈专线 96110",
    ]  # fmt: skip


def test_choices_are_numbered_titles_between_intro_and_outro() -> None:
    chosen = tuple(replace(card, role="choice") for card in cards())
    assert render_text("choose", chosen, lang="en", intro="Which?", outro="Careful.").startswith(
        "Which?\n\n1. fake-loan是真的吗？\n2. "
    )


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_no_empty_block_in_any_language(lang: Lang) -> None:
    assert "\n\n\n" not in render_text("answer", cards(lang), lang=lang)
