"""The nearest phrasings: the same as looking at every one, and bounded."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_parts import messages
from rapidfuzz import fuzz

from bot.core import retrieve
from bot.core.retrieve import Retriever
from bot.core.text import normalise

TEXTS = [
    "有人让我刷单靠谱吗",
    "贷款先交保证金可信吗",
    "放款前要解冻费是不是骗子",
    "社区民警电话多少",
    "警务室在哪里",
    "loan asks for a deposit first",
    "where is the police post",
]
FOUND = Retriever(TEXTS, range(len(TEXTS)))


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_phrasing_is_nearest_to_itself(number: int) -> None:
    first = FOUND.nearest(TEXTS[number])[0]
    assert (first.text, first.label, first.similarity) == (TEXTS[number], number, 1.0)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("有人叫我刷单靠谱么", 0), ("贷款先交保正金可信吗", 1), ("警物室在哪里", 4), ("where is police post", 6)],
)
def test_through_errors(typed: str, meant: int) -> None:
    assert FOUND.nearest(normalise(typed))[0].label == meant


@given(messages)
def test_total_ordered_and_bounded(text: str) -> None:
    found = FOUND.nearest(normalise(text), limit=3)
    assert len(found) <= 3
    assert [n.similarity for n in found] == sorted((n.similarity for n in found), reverse=True)
    assert all(0.0 <= n.similarity <= 1.0 for n in found)
    assert found == FOUND.nearest(normalise(text), limit=3)


@given(
    st.lists(st.text("刷单贷款民警电话转账钱吗", min_size=2, max_size=8), min_size=1, max_size=20, unique=True),
    st.data(),
)
def test_few_phrasings_are_all_looked_at(texts: list[str], chance: st.DataObject) -> None:
    """Up to the number of candidates, nothing that shares two characters is lost."""
    query = chance.draw(st.sampled_from(texts))
    found = Retriever(texts, range(len(texts))).nearest(query, limit=len(texts))
    sharing = {
        t
        for t in texts
        if {t[i : i + 2] for i in range(len(t) - 1)} & {query[i : i + 2] for i in range(len(query) - 1)}
    }
    assert {n.text for n in found} == sharing
    assert all(n.similarity >= round(fuzz.ratio(query, n.text) / 100, 3) for n in found)


def test_order_of_the_phrasings_does_not_matter() -> None:
    chance = random.Random(7)
    texts = ["".join(chance.choices("刷单贷款民警电话转账钱吗", k=6)) for _ in range(15)]
    mixed = chance.sample(range(15), 15)
    other = Retriever([texts[i] for i in mixed], mixed)
    for query in texts:
        assert Retriever(texts, range(15)).nearest(query, limit=15) == other.nearest(query, limit=15)


def test_order_does_not_matter_among_more_equals_than_are_compared() -> None:
    """Which of them numpy's partition keeps depends on the processor; ours must not."""
    texts = [f"转账{a}{b}" for a in "甲乙丙丁戊己庚辛" for b in "子丑寅卯辰巳午未"]
    mixed = random.Random(7).sample(range(len(texts)), len(texts))
    other = Retriever([texts[i] for i in mixed], mixed)
    for query in ("转账", "转账吗", "我要转账给他"):
        assert Retriever(texts, range(len(texts))).nearest(query) == other.nearest(query)


@pytest.mark.parametrize("likely", [0.0, 0.1, 3.0, 500.0])
def test_the_candidates_are_those_of_looking_at_every_score(likely: float) -> None:
    """Low scores are passed over, never one that would have been compared; a wrong guess of what is likely costs time
    only."""
    chance = random.Random(7)
    texts = ["".join(chance.choices("刷单贷款民警电话转账钱吗", k=chance.randint(3, 9))) for _ in range(1001)]
    found = Retriever(texts, range(len(texts)))
    for highest, share in ((50, 0.3), (300, 0.3), (4095, 0.3), (300, 0.01)):
        read = [(i, chance.randint(1, highest)) for i in range(len(texts)) for _ in (1, 2) if chance.random() < share]
        scores = Counter[int]()
        for number, steps in read:
            scores[number] += steps
        every = sorted(scores, key=lambda i: (-scores[i], texts[i], i))
        chance.shuffle(read)
        best = found._best(np.array([number << 12 | steps for number, steps in read], np.uint32), likely)
        assert sorted(best) == sorted(every[: retrieve._CANDIDATES])


def test_more_texts_than_a_short_number_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = FOUND.nearest(TEXTS[3])
    monkeypatch.setattr(retrieve, "_BITS", 30)
    assert Retriever(TEXTS, range(len(TEXTS))).nearest(TEXTS[3]) == expected


def test_nothing_to_find() -> None:
    assert Retriever([], []).nearest("刷单") == []
    assert FOUND.nearest("") == []
    assert FOUND.nearest("鑫鑫鑫") == []


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of every bigram compares no more candidates than a short one."""
    compared: list[int] = []
    real = Retriever._similarities

    def counted(self: Retriever, text: str, numbers: Sequence[int]) -> list[float]:
        compared.extend(numbers)
        return real(self, text, numbers)

    monkeypatch.setattr(Retriever, "_similarities", counted)
    texts = [f"{a}{b}{c}" for a in "刷单贷款民警" for b in "刷单贷款民警" for c in "刷单贷款民警"]
    Retriever(texts, range(len(texts))).nearest("".join(texts) * 50)
    assert 0 < len(compared) <= retrieve._CANDIDATES


def test_postings_read_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the limit the commonest bigrams are left out, never the rarest."""
    monkeypatch.setattr(retrieve, "_POSTINGS", 3)
    texts = [*(f"转账{i}号" for i in "甲乙丙丁戊己庚"), "转账警务"]
    nearest: list[Any] = Retriever(texts, range(len(texts))).nearest("转账警务")
    assert nearest[0].text == "转账警务"
