"""No figure of the accuracy card may fall by more than a point: a change that costs residents must be seen."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bot.core.index import Index

ROOT = Path(__file__).resolve().parents[1]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("accuracy_card", ROOT / "tests" / "bench" / "accuracy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    path = sys.path[:]
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


CARD = _script()


def test_no_figure_fell(shipped_index: Index) -> None:
    written = json.loads(CARD.FIGURES.read_text(encoding="utf-8"))
    assert not CARD.worse(CARD.measure(shipped_index), written), f"better it, or say why and run: {CARD.COMMAND}"


def test_the_card_shows_the_written_figures() -> None:
    assert CARD.CARD.read_text(encoding="utf-8") == CARD.card(json.loads(CARD.FIGURES.read_text(encoding="utf-8")))


def test_samples_are_enough(shipped_index: Index) -> None:
    samples = shipped_index.faq.samples
    assert len([s for s in samples if s.topics]) >= 600
    assert len([s for s in samples if not s.topics]) >= 200
    assert len([s for s in samples if s.urgent]) >= 150


def test_samples_do_not_repeat_what_is_taught(shipped_index: Index) -> None:
    """A question that the models have seen word for word would flatter the card."""
    taught = set(shipped_index.retriever.texts)
    repeated = [s.text for s in shipped_index.faq.samples if s.topics and shipped_index.read(s.text)[0].text in taught]
    assert len(repeated) <= 0.02 * len(shipped_index.faq.samples), repeated[:10]


@pytest.mark.parametrize(
    ("kind", "shown", "topics", "urgent", "expected"),
    [
        ("answer", ["a"], ["a", "b"], False, {"right", "helped"}),
        ("answer", ["b", "a"], ["a"], False, {"helped"}),
        ("emergency", ["x", "a"], ["a"], True, {"right", "helped", "hit"}),
        ("emergency", ["a"], ["a"], True, {"right", "helped", "hit", "card"}),
        ("emergency", ["x"], ["a"], False, {"wrong", "alarm"}),
        ("choose", ["b", "a"], ["a"], True, {"helped"}),
        ("unknown", [], ["a"], None, {"missed"}),
        ("smalltalk", [], [], False, {"silent"}),
        ("choose", ["a"], [], False, {"chose"}),
        ("emergency", ["a"], [], False, {"spoke"}),
    ],
)
def test_judging(kind: str, shown: list[str], topics: list[str], urgent: bool | None, expected: set[str]) -> None:
    counted = CARD.judge(kind, shown, topics, urgent)
    assert {name for name in CARD.MEANING if counted[name]} == expected


def test_a_fall_is_seen_and_a_gain_is_not() -> None:
    before = {"all": {"all": {"n": 1000, "asked": 1000, "right": 0.90, "wrong": 0.02}}}
    assert not CARD.worse({"all": {"all": {"right": 0.895, "wrong": 0.0}}}, before)
    assert len(CARD.worse({"all": {"all": {"right": 0.88, "wrong": 0.04}}}, before)) == 2
