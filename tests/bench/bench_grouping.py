"""How long a new question takes to find its group, by the number of groups there are.

python -m bot bench grouping        (or run this file)
"""

from __future__ import annotations

import random
import time

from bot.core.cluster import Grouping

NOUNS = [
    "小区",
    "物业",
    "电梯",
    "停车",
    "车位",
    "充电",
    "路灯",
    "噪音",
    "垃圾",
    "快递",
    "邻居",
    "房东",
    "押金",
    "合同",
    "医保",
    "社保",
    "养老",
    "学校",
    "孩子",
    "老人",
    "门禁",
    "水费",
    "电费",
    "暖气",
    "燃气",
    "装修",
    "漏水",
    "宠物",
    "广场",
    "工地",
    "餐馆",
    "超市",
    "公交",
    "地铁",
    "路口",
    "井盖",
    "树木",
    "违建",
    "消防",
    "通道",
]
ENDS = ["怎么办", "怎么举报", "找谁", "在哪里办", "多久能好", "能退吗", "合理吗", "为什么"]


def questions(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.sample(NOUNS, 4)) + chance.choice(ENDS) for _ in range(count)]


def main(sizes: tuple[int, ...] = (1_000, 10_000, 100_000)) -> None:
    for size in sizes:
        began = time.perf_counter()
        grouping = Grouping((f"g{i}", text) for i, text in enumerate(questions(size, 1)))
        built = time.perf_counter() - began
        took: list[float] = []
        for text in questions(500, 2):
            began = time.perf_counter()
            grouping.assign(text)
            took.append((time.perf_counter() - began) * 1000)
        took.sort()
        print(
            f"{size:7} groups: built in {built:.1f} s, a question {took[250]:.2f} ms (median), {took[494]:.2f} ms (99 %)"
        )


if __name__ == "__main__":
    main()
