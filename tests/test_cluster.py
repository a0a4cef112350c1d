"""Near-duplicates of the queue: what is the same matter, what never is, and that it stays bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import cluster
from bot.core.cluster import Grouping, similarity

SAME = [
    ("手机丢了怎么办", "手机丢了咋办"),
    ("小区门口有人卖假酒怎么举报", "请问小区门口有人卖假酒，怎么举报呢？"),
    ("居住证在哪里办理", "居住证去哪办理啊"),
    ("医保卡余额怎么查询", "医宝卡余额怎么查询"),
    ("被狗咬了找谁赔", "被狗咬了 找谁 赔 呢"),
    ("押金3000块房东不退怎么办", "押金五千块房东不退咋办"),
    ("怎么举报有人卖假酒", "有人卖假酒怎么举报"),
    ("我家电动车在楼下充电被人拔了插头怎么办", "我家电动车在楼下充电，被人拔了插头，怎么办啊"),
    ("yibao ka zenme ban", "医保卡怎么办"),
    ("廣場舞太吵了怎麼辦", "广场舞太吵怎么办"),
    ("银行卡丢了怎么半", "银行卡丢了怎么办"),
    ("[手机号]老给我打电话怎么办", "13800138000老给我打电话怎么办"),
    ("where can I renew my bus card", "Where can I renew my bus cards please"),
    ("how do I cancel the insurence", "how do I cancel the insurance"),
]
DIFFERENT = [
    ("猫丢了怎么办", "狗丢了怎么办"),
    ("我转账了怎么办", "我没转账怎么办"),
    ("房东不退押金怎么办", "房东退押金怎么办"),
    ("居住证怎么办", "居住证丢了怎么办"),
    ("银行卡丢了怎么办", "身份证丢了怎么办"),
    ("邻居欠我钱不还怎么办", "我欠邻居钱不还怎么办"),
    ("我把他打了怎么办", "我被他打了怎么办"),
    ("怎么开通境外来电", "怎么关闭境外来电"),
    ("车位怎么租", "车位怎么卖"),
    ("小区门口有人卖假酒怎么举报", "小区门口有人卖假烟怎么举报"),
    ("他让我转账", "我转账了"),
    ("快递多久能到", "快递在哪里取"),
    ("你是真人吗", "有人跟着我"),
    ("装好了，谢谢", "今天又要转十万"),
    ("你好", "再见"),
    ("where can I renew my bus card", "where can I renew my ID card"),
    ("is it safe to give the code", "is it not safe to give the code"),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_the_same_matter_in_nearly_the_same_words_is_one_group(a: str, b: str) -> None:
    assert similarity(a, b) > 0
    grouping = Grouping([("other", "这里说的是别的事情"), ("one", a)])
    assert grouping.assign(b) == "one"


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different_matters_are_never_merged(a: str, b: str) -> None:
    assert similarity(a, b) == 0
    assert Grouping([("one", a)]).assign(b) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_accepted_and_the_verdict_is_symmetric(a: str, b: str) -> None:
    assert similarity(a, b) == similarity(b, a)


@given(st.text(max_size=60))
def test_a_question_is_its_own_group(text: str) -> None:
    assert Grouping([("one", text)]).assign(text) == "one"


def test_the_same_questions_in_the_same_order_give_the_same_groups() -> None:
    texts = [text for pair in (*SAME, *DIFFERENT) for text in pair]

    def run() -> list[str]:
        grouping, out = Grouping(), []
        for number, text in enumerate(texts):
            group = grouping.assign(text)
            if group is None:
                group = f"g{number}"
                grouping.add(group, text)
            out.append(group)
        return out

    assert run() == run()


def test_the_earlier_group_wins_a_tie() -> None:
    assert Grouping([("first", "手机丢了怎么办"), ("second", "手机丢了咋办")]).assign("手机丢了怎么办呢") == "first"


def test_a_new_question_looks_at_a_bounded_number_of_groups() -> None:
    """Time stays the same however many groups share the common words."""
    grouping = Grouping((f"g{i}", f"小区物业电梯停车位怎么办第{'甲乙丙丁戊己庚辛'[i % 8]}栋") for i in range(2000))
    reading = cluster.read("小区物业电梯停车位坏了找谁修")
    assert len(grouping._candidates(reading)) <= cluster.MAX_CANDIDATES
    assert all(len(posting) <= cluster.MAX_POSTING for posting in grouping._postings.values())


def test_a_long_story_is_read_in_part() -> None:
    story = "我家楼上漏水，" * 600
    assert len(cluster.read(story).words) <= cluster.MAX_CHARS
