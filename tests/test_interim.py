"""Between publication and fit: what is taken away is gone, what is shown is new, what is fresh is found literally."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from typing import Any

import pytest
from matching_parts import tiny_faq, weights_of

from bot.core.answer import answer
from bot.core.entry import Entry, Faq, Source, Wording
from bot.core.index import Index, build_index, lessons
from bot.core.interim import same_lessons, serving
from bot.core.policy import decide

GONE = "task-rebate"


@pytest.fixture(scope="module")
def fitted() -> Index:
    return build_index(tiny_faq())


def changed(entry_id: str, **values: Any) -> Faq:
    faq = tiny_faq()
    return replace(faq, entries=tuple(replace(e, **values) if e.id == entry_id else e for e in faq.entries))


def reworded(entry_id: str, **values: Any) -> Faq:
    """With other Chinese wording."""
    entry = tiny_faq().entry(entry_id)
    assert entry
    return changed(entry_id, zh=replace(entry.zh, **values))


def phrased(entry_id: str, *texts: str, urgent: bool = False) -> Faq:
    """With more phrasings."""
    entry = tiny_faq().entry(entry_id)
    assert entry
    key = "urgent" if urgent else "phrasings"
    return reworded(entry_id, **{key: (*getattr(entry.zh, key), *texts)})


def answered_by(fitted: Index, entry_id: str) -> str:
    """A phrasing that the small FAQ takes for no emergency."""
    entry = fitted.entries[entry_id]
    texts = (*entry.zh.phrasings, *entry.en.phrasings, entry.zh.question)
    calm = [t for t in texts if (found := decide(fitted, t)).kind == "answer" and found.hits[0].entry_id == entry_id]
    return calm[0]


def without(*entry_ids: str) -> Faq:
    faq = tiny_faq()
    return replace(faq, entries=tuple(e for e in faq.entries if e.id not in entry_ids))


# ---------------------------------------------------------------- what is only shown
SHOWN: dict[str, Any] = {
    "severity": 1,
    "hotlines": ("police",),
    "related": (),
    "reviewed": dt.date(2020, 1, 1),
    "review_by": dt.date(2020, 1, 2),
    "basis": "common",
    "sources": (Source("another", None, ""),),
    "overrides": {"zh-Hant": {"lead": "另一句"}},
}
SHOWN_WORDING: dict[str, Any] = {
    "lead": "新的",
    "signs": ("新的",),
    "steps": ("新的",),
    "more": "新的",
    "share": "新的",
}
TAUGHT = {"id", "topic", "risk", "regions", "zh", "en"}
TAUGHT_WORDING = {"question", "phrasings", "urgent", "signals"}


def test_every_field_is_known_to_teach_or_to_be_shown() -> None:
    assert {f.name for f in fields(Entry)} == TAUGHT | set(SHOWN)
    assert {f.name for f in fields(Wording)} == TAUGHT_WORDING | set(SHOWN_WORDING)


def test_what_is_only_shown_does_not_touch_the_models(fitted: Index) -> None:
    faq = reworded("fake-loan", **SHOWN_WORDING)
    faq = replace(faq, entries=tuple(replace(e, **SHOWN) if e.id == "fake-loan" else e for e in faq.entries))
    assert same_lessons(fitted.faq, faq)
    again = build_index(faq)
    assert weights_of(again) == weights_of(fitted)
    assert again.calibration == fitted.calibration
    served = serving(fitted, faq)
    assert served.router is fitted.router
    assert not served.fresh
    text = tiny_faq().entries[1].zh.phrasings[0]
    assert answer(served, text) == answer(again, text)


@pytest.mark.parametrize("name", sorted(TAUGHT_WORDING))
def test_what_teaches_is_noticed(name: str, fitted: Index) -> None:
    value: Any = "新的问法是什么" if name == "question" else ("新的问法是什么",)
    assert not same_lessons(fitted.faq, reworded("fake-loan", **{name: value}))


def test_the_same_faq_decides_the_same(fitted: Index) -> None:
    served = serving(fitted, tiny_faq())
    for lesson in lessons(fitted.faq.entries):
        assert decide(served, lesson.text) == decide(fitted, lesson.text)


# ---------------------------------------------------------------- withdrawn
def test_a_withdrawn_entry_is_nowhere(fitted: Index) -> None:
    served = serving(fitted, without(GONE))
    shown_before = 0
    for lesson in lessons(fitted.faq.entries):
        was, now = decide(fitted, lesson.text), decide(served, lesson.text)
        shown_before += any(hit.entry_id == GONE for hit in was.hits)
        assert GONE not in [hit.entry_id for hit in now.hits] + [entry for entry, _ in now.nearest]
        assert all(near["entry"] != GONE for near in now.detail.get("nearest_phrasings", ()))
        assert GONE not in [entry.id for entry in answer(served, lesson.text).entries]
    assert shown_before > 3


def test_a_withdrawn_card_leaves_the_emergency_to_the_next(fitted: Index) -> None:
    served = serving(fitted, without("emergency-transferred"))
    for text in ("我把钱转给骗子了", "刚刚转账了怎么办"):
        assert "emergency-transferred" not in [hit.entry_id for hit in decide(served, text).hits]


def test_a_withdrawn_phrasing_vouches_for_nobody(fitted: Index) -> None:
    """Its literal match would make the next candidate look certain."""
    text = next(e for e in tiny_faq().entries if e.id == GONE).zh.phrasings[0]
    assert decide(fitted, text).detail["nearest_phrasings"][0]["similarity"] == 1.0
    near = decide(serving(fitted, without(GONE)), text).detail["nearest_phrasings"]
    assert all(line["similarity"] < 1.0 for line in near)


def test_with_everything_withdrawn_nothing_is_shown(fitted: Index) -> None:
    served = serving(fitted, without(*(e.id for e in tiny_faq().entries)))
    for lesson in lessons(fitted.faq.entries):
        assert not decide(served, lesson.text).hits


def test_a_region_that_is_taken_away_holds_at_once(fitted: Index) -> None:
    entry = "fake-loan"
    text = answered_by(fitted, entry)
    served = serving(fitted, changed(entry, regions=("tw",)))
    assert entry not in [hit.entry_id for hit in decide(served, text).hits]
    assert entry in [hit.entry_id for hit in decide(served, text, region="tw").hits]


# ---------------------------------------------------------------- fresh phrasings
FRESH = "云养猪分红这种项目能投吗"


def test_a_fresh_phrasing_is_answered_by_its_entry(fitted: Index) -> None:
    assert "fake-loan" not in [hit.entry_id for hit in decide(fitted, FRESH).hits[:1]]
    served = serving(fitted, phrased("fake-loan", FRESH))
    for typed in (FRESH, FRESH + "？", "雲養豬分紅這種項目能投嗎", "云养猪分红这种项目能头吗"):
        decision = decide(served, typed)
        assert decision.kind == "answer"
        assert decision.hits[0].entry_id == "fake-loan"
        assert decision.hits[0].confidence < 1
        assert decision.nearest[0][0] == "fake-loan"
    assert decide(served, "云养猪") == decide(fitted, "云养猪") or decide(served, "云养猪").kind != "answer"


def test_a_new_entry_is_found_by_its_phrasings(fitted: Index) -> None:
    faq = tiny_faq()
    loan = faq.entry("fake-loan")
    assert loan
    new = replace(loan, id="cloud-pigs", zh=replace(loan.zh, question=FRESH, phrasings=(), urgent=()))
    served = serving(fitted, replace(faq, entries=(*faq.entries, new)))
    assert decide(served, FRESH).hits[0].entry_id == "cloud-pigs"
    assert answer(served, FRESH).cards[0].title == FRESH
    for lesson in lessons(faq.entries):  # the numbers of the others' phrasings moved along
        for line in decide(served, lesson.text).detail.get("nearest_phrasings", ()):
            if line["similarity"] == 1.0 and line["text"] not in served.fresh:
                assert line["entry"] == lesson.entry


def test_an_urgent_fresh_phrasing_puts_the_card_first(fitted: Index) -> None:
    text = "云养猪的本金我投进去五万了"
    decision = decide(serving(fitted, phrased("fake-loan", text, urgent=True)), text)
    assert decision.kind == "emergency"
    assert [(hit.entry_id, hit.role) for hit in decision.hits[:2]] == [
        ("emergency-transferred", "emergency"),
        ("fake-loan", "answer"),
    ]


def test_a_fresh_phrasing_of_a_card_is_an_emergency(fitted: Index) -> None:
    decision = decide(serving(fitted, phrased("emergency-transferred", FRESH, urgent=True)), FRESH)
    assert (decision.kind, decision.hits[0].entry_id) == ("emergency", "emergency-transferred")


def test_an_emergency_stays_one_behind_a_calm_phrasing(fitted: Index) -> None:
    text = "我把钱转给骗子了"
    assert decide(fitted, text).kind == "emergency"
    decision = decide(serving(fitted, phrased("community-officer", text)), text)
    assert decision.kind == "emergency"
    assert decision.hits[0].role == "emergency"
    assert "community-officer" in [hit.entry_id for hit in decision.hits]


def test_a_denial_is_not_the_fresh_phrasing(fitted: Index) -> None:
    text = "云养猪分红群里那个客服让我把本金转账过去我就转账了"
    served = serving(fitted, phrased("fake-loan", text, urgent=True))
    assert decide(served, text).detail["decided"].startswith("a phrasing of fake-loan")
    denied = text.replace("我就转账了", "我没有转账")
    assert not decide(served, denied).detail["decided"].startswith("a phrasing of")


def test_small_talk_stays_small_talk(fitted: Index) -> None:
    assert decide(serving(fitted, phrased("fake-loan", "你好")), "你好").kind == "smalltalk"


def test_a_fresh_phrasing_of_another_region_is_not_shown(fitted: Index) -> None:
    faq = phrased("fake-loan", FRESH)
    faq = replace(faq, entries=tuple(replace(e, regions=("tw",)) if e.id == "fake-loan" else e for e in faq.entries))
    assert "fake-loan" not in [hit.entry_id for hit in decide(serving(fitted, faq), FRESH).hits]


def test_a_phrasing_that_moves_is_answered_by_its_new_owner(fitted: Index) -> None:
    text = answered_by(fitted, "fake-loan")
    faq = phrased("community-officer", text)

    def kept(wording: Wording) -> Wording:
        return replace(wording, phrasings=tuple(t for t in wording.phrasings if t != text))

    faq = replace(
        faq,
        entries=tuple(replace(e, zh=kept(e.zh), en=kept(e.en)) if e.id == "fake-loan" else e for e in faq.entries),
    )
    assert decide(serving(fitted, faq), text).hits[0].entry_id == "community-officer"
