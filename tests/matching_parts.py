"""A FAQ of four entries with a lexicon of a few words, and strings that matchers stumble over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import small_faq
from hypothesis import strategies as st

from bot.core.entry import Faq
from bot.core.index import Index

ACTS: dict[str, Any] = {
    "own_card": [],
    "act": {
        "pay": {"verbs": ["转账", "转", "打", "交", "付"], "objects": ["钱", "数", "账", "费", "款"]},
        "give": {"verbs": ["告诉", "报", "给", "念"], "objects": ["验证码", "密码"]},
    },
    "flag": {"recent": ["刚才", "刚"], "refused": ["没转", "没给"], "loss": ["拉黑", "被骗"]},
}
LEXICON: dict[str, Any] = {
    "acts": ACTS,
    "concepts": {
        "concept": {
            "paid-tasks": {"zh": ["刷单", "点赞做任务返佣金", "点赞员"], "en": ["paid tasks"]},
            "loan": {"zh": ["贷款", "解冻费"], "en": ["loan"]},
        }
    },
    "variants": {"camouflage": {"薇信": "微信", "刷蛋": "刷单", "wx": "微信"}},
    "everyday": {
        "life": {
            "zh": ["今天天气怎么样", "晚饭吃什么", "怎么做红烧肉", "附近哪里能修鞋", "孩子几点放学", "地铁几点停"],
            "en": ["what is the weather today", "how do i cook rice", "when does the train leave"],
        }
    },
    "smalltalk": {
        "cry": {"zh": ["救命", "救救我", "怎么办", "110", "sos"], "en": ["help me", "help me please"]},
        "greeting": {"zh": ["你好", "在吗"], "en": ["hello", "hi"]},
        "thanks": {"zh": ["谢谢", "好的", "3q"], "en": ["thanks", "thank you"]},
        "goodbye": {"zh": ["再见", "拜拜", "88", "886"], "en": ["bye"]},
        "filler": {"zh": ["啊", "啦", "你"], "en": ["so", "much"]},
    },
}


def tiny_faq() -> Faq:
    return replace(small_faq.faq(), lexicon=LEXICON)


def weights_of(index: Index) -> dict[str, list[list[int]]]:
    """Of every model, by its name."""
    return {name: model.steps.tolist() for name, model in {"router": index.router, **index.state.models}.items()}


ZALGO = "转" + "\u0301\u0316\u0489" * 40 + "账"
#: Each of them has brought down a text function somewhere.
NASTY = (
    "",
    " ",
    "\x00",
    "\n\t\r\x0b\x85\u2028",
    "\ud800",
    "转\udfff账\ud83d",
    ZALGO,
    "\u202e账转\u202c\u2066x\u2069",
    "😀" * 50,
    "👨\u200d👩\u200d👧",
    "\U000e0041\U0001f3f4",
    "ﷺ" * 300,
    "ΐẞﬁİı",
    "𝔱𝔯𝔞𝔫𝔰𝔣𝔢𝔯",
    "１２３４５",
    "一百二十万" * 50,
    "a.b.c.d.com/x?y=z",
    "https://",
    "'" * 300,
    "[](){}^$.*+?|\\" * 30,
    "刷÷单×返=利",
    "\U00020000\U0002ffff",
    "。" * 300,
)
#: Any string Python can hold, lone surrogates included.
anything = st.text(alphabet=st.characters(), max_size=120) | st.sampled_from(NASTY)
chinese = st.text(alphabet="我没不要已经刚转账钱验证码告诉他了吗，。骗子刷单贷款幫媽錢帳妳 ", max_size=60)
messages = anything | chinese | st.builds("".join, st.lists(anything | chinese, max_size=4))
