"""Messages passed on: judged by what they are about; an emergency card only where the text itself asks what to do."""

from __future__ import annotations

import pytest

from bot.core.answer import answer
from bot.core.index import Index
from bot.core.passedon import asks_for_help
from bot.core.policy import decide


@pytest.mark.parametrize(
    "text",
    ["怎么办", "咋整啊", "钱还能追回来吗", "有没有办法把钱要回来", "救命啊", "求助各位邻居", "帮我报警", "what should i do",
     "can i still get it back", "please help", "mom help me"],
)  # fmt: skip
def test_a_call_for_help(text: str) -> None:
    assert asks_for_help(text)


@pytest.mark.parametrize(
    "text",
    ["我已经转给他了", "帮我转五千", "帮帮我,急用钱", "please help me pay", "help me send 500", "追回成功", "要回家了",
     "客服帮我办好了", "放心", ""],
)  # fmt: skip
def test_asking_for_money_is_no_call_for_help(text: str) -> None:
    assert not asks_for_help(text)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("我已经把三万块转给他了，跟着老师做单一天赚八百，姐妹们快来", "task-rebate"),
        ("我把验证码告诉客服了", "verification-code"),
        ("有人拿我的裸照威胁我要钱不然发通讯录", "sextortion"),
        ("我不想活了", "emotional-support"),
    ],
)
def test_first_person_in_a_forwarded_text_is_not_the_residents_own_state(
    text: str, entry: str, shipped_index: Index
) -> None:
    assert decide(shipped_index, text).kind == "emergency"
    decision = decide(shipped_index, text, forwarded=True)
    assert decision.kind in ("answer", "choose")
    assert decision.hits[0].entry_id == entry


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("我把验证码告诉客服了，怎么办", "emergency-info-leaked"),
        ("我刚刚把三万块转给骗子了，还能追回来吗", "emergency-transferred"),
        ("I just sent 5000 dollars to a scammer, what should I do", "emergency-transferred"),
        ("我刚点了链接填了银行卡，求助各位邻居", "emergency-info-leaked"),
    ],
)
def test_a_forwarded_call_for_help_gets_the_card(text: str, card: str, shipped_index: Index) -> None:
    decision = decide(shipped_index, text, forwarded=True)
    assert (decision.kind, decision.hits[0].entry_id) == ("emergency", card)


def test_it_is_not_read_as_a_later_turn(shipped_index: Index) -> None:
    said = ["有人让我刷单，说垫付返佣金"]
    assert decide(shipped_index, "这个靠谱吗", context=said).hits[0].entry_id == "task-rebate"
    assert decide(shipped_index, "这个靠谱吗", context=said, forwarded=True) == decide(
        shipped_index, "这个靠谱吗", forwarded=True
    )


def test_a_greeting_or_a_menu_of_somebody_else_is_not_said_to_the_bot(shipped_index: Index) -> None:
    assert decide(shipped_index, "谢谢", forwarded=True).kind == "unknown"
    assert decide(shipped_index, "😀", forwarded=True).kind == "unknown"
    assert answer(shipped_index, "转人工请按零").entries[0].id == "community-officer"
    assert answer(shipped_index, "转人工请按零", forwarded=True).entries[0].id != "community-officer"
