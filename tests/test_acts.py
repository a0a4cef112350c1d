"""Acts: who did what already, who only was asked to, who did not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from matching_parts import ACTS, messages

from bot.core.acts import ActReader
from bot.core.index import Index
from bot.core.text import normalise

READER = ActReader(ACTS)


def aspects(text: str, act: str = "pay", reader: ActReader = READER) -> set[str]:
    return {a.aspect for a in reader.read(normalise(text)).acts if a.name == act}


DENIED = [
    "我没转账",
    "我不要转账",
    "我没有转账",
    "我还没转钱",
    "不敢转钱",
    "别转账",
    "钱没转出去",
    "我拒绝转账",
    "未转账",
]
DONE = ["我转账了", "钱转过去了", "我刚转了三千块钱", "已经转账成功", "费交了", "款打过去了"]
ASKED = ["他让我转账", "对方叫我转钱", "要我先交保证金费", "客服要求转账"]


@pytest.mark.parametrize("text", DENIED)
def test_denied(text: str) -> None:
    assert aspects(text) == {"neg"}


@pytest.mark.parametrize("text", ["我没有把钱全都转账给他"])
def test_denied_at_a_distance(text: str) -> None:
    assert aspects(text) == {"neg"}


def test_a_question_whether_it_can_be_done_denies_nothing() -> None:
    assert "neg" not in aspects("能不能转账给他")


@pytest.mark.parametrize("text", DONE)
def test_done(text: str) -> None:
    assert aspects(text) == {"done"}


@pytest.mark.parametrize("text", ASKED)
def test_asked_for(text: str) -> None:
    assert aspects(text) == {"ask"}


@pytest.mark.parametrize("text", ["我准备给他打钱", "马上转账", "正准备转钱"])
def test_about_to_happen(text: str) -> None:
    assert aspects(text) == {"soon"}


@pytest.mark.parametrize("text", ["转账安全吗", "转钱会不会有事"])
def test_only_asked_about(text: str) -> None:
    assert aspects(text) == {"may"}


@pytest.mark.parametrize("text", DENIED)
def test_denied_by_the_shipped_lexicon_too(text: str, shipped_index: Index) -> None:
    assert "done" not in aspects(text, reader=shipped_index.lexicon.acts)
    assert "neg" in aspects(text, reader=shipped_index.lexicon.acts)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("我没告诉他验证码", "give"),
        ("验证码我没给他", "give"),
        ("我没点链接", "click"),
        ("我没有下载软件", "install"),
    ],
)
def test_other_acts_denied(text: str, act: str, shipped_index: Index) -> None:
    assert aspects(text, act, shipped_index.lexicon.acts) == {"neg"}


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("验证码告诉他了", "give"),
        ("点了链接", "click"),
        ("软件已经装了", "install"),
        ("共享屏幕了", "share"),
        ("我转了五千块", "pay"),
    ],
)
def test_other_acts_done(text: str, act: str, shipped_index: Index) -> None:
    assert "done" in aspects(text, act, shipped_index.lexicon.acts)


def test_an_act_needs_its_object_here_or_just_before() -> None:
    assert not aspects("我转身了")
    assert aspects("我有一笔钱，转了") == {"done"}
    assert not aspects("钱的事以后再说吧，今天天气很好，我转了")


def test_each_clause_stands_alone() -> None:
    assert aspects("他让我转账，我没转钱") == {"ask", "neg"}
    assert aspects("他让我转账，我转钱了") == {"ask", "done"}


def test_flags_show_the_words_that_raised_them() -> None:
    flags = READER.read(normalise("刚才被骗了，刚刚拉黑")).flags
    assert set(flags) == {"recent", "loss"}
    assert set(flags["loss"]) == {"被骗", "拉黑"}


@given(messages)
def test_total_and_bounded(text: str) -> None:
    reading = READER.read(normalise(text))
    features = reading.features()
    assert len(set(features)) == len(features)
    assert all(a.aspect in ("done", "neg", "ask", "soon", "may", "bare") for a in reading.acts)


def test_many_clauses_cost_no_more() -> None:
    few, many = (READER.read("我转了钱，" * n) for n in (60, 5000))
    assert len(few.acts) == len(many.acts)
    assert few.features() == many.features()


def test_features_do_not_depend_on_the_order_of_clauses() -> None:
    parts = ["他让我转账", "我没转钱", "验证码告诉他了"]
    seen = {tuple(READER.read("。".join(p)).features()) for p in itertools.permutations(parts)}
    assert len(seen) == 1


def test_empty_tables() -> None:
    empty = ActReader({})
    assert empty.read("我转了钱").acts == ()
    assert empty.read("我转了钱").features() == ["n:0"]
