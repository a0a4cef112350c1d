"""Masking does work that grows with the text and not with its square: counted, for a clock knows what else is running."""

from __future__ import annotations

import random
import sys
from types import FrameType
from typing import Any

import pytest
from bench.bench_redact import WORST

from bot.core import redact as module
from bot.core.pii_text import Found
from bot.core.redact import redact

# Each piece lays bare the next one, to its left or to its right.
_CHAINS = ["密码 我叫", "1 2-3 4567 8", "3三 ", "a_b 13a"]


# 4,096 characters stay under 10 ms with this many lines for each: a line takes about 80 ns.
_MOST_STEPS = 30
_SIGNS = (
    *"012346890零〇一二三五六七八九幺两①６lOawＺ -@./:，(_*+省市区路号楼室镇村",
    *(
        "卡号",
        "密码",
        "微信",
        "验证码",
        "身份证",
        "我叫",
        "李",
        "护照",
        "电话",
        "尾号",
        "姓名：",
        "QQ",
        "http://",
        "room ",
    ),
)


def _long(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def _steps(text: str) -> int:
    """How many lines run, those of each turn of a loop and of each comprehension included."""
    count = 0

    def seen(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return seen

    before = sys.gettrace()
    sys.settrace(seen)
    try:
        redact(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("unit", WORST)
def test_four_times_the_text_takes_four_times_the_steps(unit: str) -> None:
    redact(_long(unit, 64))  # what is kept from the first time on
    short, long = _steps(_long(unit, 2048)), _steps(_long(unit, 8192))
    assert long <= 4.4 * short + 200


@pytest.mark.parametrize("unit", WORST)
def test_no_text_takes_many_steps_a_character(unit: str) -> None:
    assert _steps(_long(unit, 2048)) <= _MOST_STEPS * 2048


def test_no_mixture_takes_many_steps_a_character() -> None:
    chance = random.Random(5)
    for _ in range(150):
        few = ["".join(chance.choices(_SIGNS, k=chance.randint(1, 3))) for _ in range(2)]
        text = "".join(chance.choices(few, k=400))[:1024]
        assert _steps(text) <= _MOST_STEPS * len(text), few


@pytest.mark.parametrize("unit", [*WORST, *_CHAINS])
def test_a_text_is_read_three_times_at_most(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    find = module._find

    def counted(work: str) -> list[Found]:
        read.append(len(work))
        return find(work)

    monkeypatch.setattr(module, "_find", counted)
    redact(_long(unit, 8192))
    assert sum(read) <= 3 * 8192


def test_a_usual_message_is_read_until_nothing_new_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    find = module._find
    monkeypatch.setattr(module, "_find", lambda work: find(work)[:1])
    text = "，".join(f"打1390001112{n}也没人接" for n in range(10))
    assert len(redact(text).pieces) == 10


def test_what_a_cut_lays_bare_is_found_far_into_a_long_text() -> None:
    far = "他一直说要交保证金才能到账，我越想越不对劲。" * 150
    text = f"{far}[手机号]姓名：13900011122王小明{far}"
    once = redact(text)
    assert redact(once.text).text == once.text
    assert "13900011122" not in once.text
    assert once.text.startswith(far)
    assert once.text.endswith(far)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("他的两个号13900011122一三九零零零一一一三三", "他的两个号[手机号][手机号2]"),
        ("打13900011122 2345 6789", "打[手机号] [手机号2]"),  # a row of figures begins anew behind a piece
        ("33一" * 30 + "元", "[账号]元"),  # as a whole, not its last sixteen as a card
    ],
)
def test_what_follows_a_number_is_read_as_if_it_stood_alone(text: str, masked: str) -> None:
    assert redact(text).text == masked
