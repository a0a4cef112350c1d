"""What is said in two languages is shown in the page's one."""

from __future__ import annotations

import pytest

from bot.core.texts import one_language


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("没有填 / is missing", "没有填", "is missing"),
        ("give the reason / 请写明理由", "请写明理由", "give the reason"),
        ("有 0 个，应在 15 到 40 之间 / 0 of them; 15 to 40 wanted", "有 0 个，应在 15 到 40 之间", "0 of them; 15 to 40 wanted"),
        ("zh.signals: 有 0 个 / 0 of them; 15 to 40 wanted; 增减 / add or drop", "zh.signals: 有 0 个; 增减",
         "zh.signals: 0 of them; 15 to 40 wanted; add or drop"),
        ("和“转账怎么办”重复 / the same as '转账怎么办' there", "和“转账怎么办”重复", "the same as '转账怎么办' there"),
        ("问：甲 / 乙，重复 / the same as 甲 / 乙", "问：甲 / 乙，重复", "the same as 甲 / 乙"),
        ("no such topic", "no such topic", "no such topic"),
        ("没有", "没有", "没有"),
        ("1 / 2", "1 / 2", "1 / 2"),
    ],
)  # fmt: skip
def test_one_side_of_a_sentence_in_two_languages(text: str, zh: str, en: str) -> None:
    assert (one_language(text, "zh"), one_language(text, "en")) == (zh, en)
