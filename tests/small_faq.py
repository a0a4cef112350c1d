"""A FAQ of a few entries in two regions, and a stand-in for the matcher: for tests of what stands around it."""

from __future__ import annotations

import datetime as dt
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.core.entry import Entry, Faq, Hotline, Region, Topic, entry_from_dict, entry_to_dict
from bot.core.index import Index
from bot.core.reply import Decision, Hit
from bot.faqfiles import write_entry

TOPICS_TOML = """
[groups]
emergency = { zh = "已经出事", en = "It has happened" }
money = { zh = "钱", en = "Money" }
community = { zh = "社区", en = "Community" }
[topics]
emergency-transferred = { group = "emergency", zh = "已经转账", en = "I sent the money" }
fake-loan = { group = "money", zh = "网络贷款", en = "Loans" }
task-rebate = { group = "money", zh = "刷单", en = "Paid tasks" }
community-officer = { group = "community", zh = "社区民警", en = "Community officer" }
"""
CN_TOML = """
id = "cn"
name = { zh = "内地", en = "Mainland" }
timezone = "Asia/Shanghai"
[hotlines.police]
number = "110"
name = { zh = "报警电话", en = "Police" }
for = { zh = "钱已转出", en = "Money gone" }
[hotlines.antifraud]
number = "96110"
name = { zh = "反诈专线", en = "Anti-fraud line" }
for = { zh = "拿不准", en = "In doubt" }
[hotlines.government]
number = "12345"
name = { zh = "便民热线", en = "Government line" }
for = { zh = "不紧急", en = "Not urgent" }
[hotlines.bank]
number = { zh = "银行卡背面的电话", en = "the number on your card" }
name = { zh = "银行客服", en = "Your bank" }
for = { zh = "冻结", en = "Freeze" }
dial = false
"""
TW_TOML = CN_TOML.replace('"cn"', '"tw"').replace("96110", "165").replace("Asia/Shanghai", "Asia/Taipei")
TW_TOML = TW_TOML.replace("内地", "台湾").replace("Mainland", "Taiwan")


def table(entry_id: str, **changes: Any) -> dict[str, Any]:
    """The table of an entry; ``changes`` replace keys, zh_… and en_… reach into the wording."""
    data: dict[str, Any] = {
        "id": entry_id,
        "topic": entry_id,
        "risk": "scam",
        "severity": 2,
        "hotlines": ["police", "antifraud"],
        "related": [],
        "reviewed": dt.date(2026, 11, 1),
        "review_by": dt.date(2027, 5, 1),
        "basis": "common",
        "zh": {
            "question": f"{entry_id}是真的吗？",
            "phrasings": [f"{entry_id}可信吗"],
            "urgent": [f"{entry_id}我已经付钱了"],
            "signals": [entry_id],
            "lead": "这是骗局。别付，打 {antifraud} 问。",
            "signs": ["先要钱"],
            "steps": ["停手，不再付", "打 {police}，报账号"],
            "more": "更多的话。",
            "share": "先要钱的都是骗子。",
        },
        "en": {
            "question": f"Is {entry_id} real?",
            "phrasings": [f"can I trust {entry_id}"],
            "urgent": [f"I paid for {entry_id}"],
            "lead": "It is a scam. Do not pay; ask {antifraud}.",
            "signs": ["Money first"],
            "steps": ["Stop paying", "Call {police}"],
            "share": "Money first is a scam.",
        },
    }
    for key, value in changes.items():
        language, _, name = key.partition("_")
        if language in ("zh", "en") and name:
            data[language][name] = value
        else:
            data[key] = value
    return data


def tables() -> list[dict[str, Any]]:
    emergency = table(
        "emergency-transferred",
        risk="emergency",
        severity=3,
        hotlines=["police", "antifraud", "bank"],
        zh_question="钱已经转给骗子了，怎么办？",
        zh_lead="先停手。马上打 {police}，再打 {bank} 冻结。",
        zh_phrasings=["转错账能撤回吗", "万一转了账第一步做什么"],
        zh_urgent=["我把钱转给骗子了", "刚刚转账五千发现被骗", "钱转出去了对方把我拉黑"],
        en_question="I have sent money to a scammer. What now?",
        en_lead="Stop. Call {police}, then {bank}.",
        en_phrasings=["can a transfer be taken back"],
        en_urgent=["I just sent money to a scammer", "transferred 5000 and they blocked me"],
    )
    loan = table(
        "fake-loan",
        severity=3,
        zh_question="网上贷款要先交钱，是真的吗？",
        zh_phrasings=["贷款先交保证金可信吗", "放款前要解冻费是不是骗子", "网贷要先刷流水吗"],
        zh_urgent=["贷款的解冻费我已经交了", "刚交了贷款保证金就联系不上"],
        zh_signals=["解冻费", "保证金", "放款"],
        zh_lead="放款前要钱的都是骗局。别交，打 {antifraud} 问。记下对方账号，别删记录，回头报警要用到的。",
        en_question="They want a fee before the loan. Is it real?",
        en_phrasings=["loan asks for a deposit first", "unfreezing fee before the loan is paid out"],
        en_urgent=["I paid the loan fee already"],
    )
    task = table(
        "task-rebate",
        zh_question="刷单返利能挣钱吗？",
        zh_phrasings=["有人让我刷单靠谱吗", "点赞做任务给佣金是真的吗"],
        zh_urgent=["刷单垫了三千提不出来"],
        zh_signals=["刷单", "返利", "佣金"],
        en_question="Do paid tasks really pay?",
        en_phrasings=["someone offers money for liking videos"],
        en_urgent=["I paid for tasks and cannot withdraw"],
    )
    officer = table(
        "community-officer",
        risk="info",
        severity=1,
        hotlines=["government", "police"],
        zh_question="怎么找社区民警？",
        zh_phrasings=["社区民警电话多少", "警务室在哪里"],
        zh_urgent=[],
        zh_signals=["社区民警", "警务室"],
        zh_lead="问居委会，或打 {government}。",
        en_question="How do I find the community officer?",
        en_phrasings=["where is the police post"],
        en_urgent=[],
    )
    return [emergency, loan, task, officer]


def documents() -> dict[str, str]:
    everyday = '[life]\nzh = ["今天天气怎么样", "晚饭吃什么", "怎么做红烧肉"]\nen = ["what is the weather today"]\n'
    return {
        "topics.toml": TOPICS_TOML,
        "regions/cn.toml": CN_TOML,
        "regions/tw.toml": TW_TOML,
        "lexicon/everyday.toml": everyday,
    }


def files() -> dict[str, str]:
    """A whole faq/ folder: path -> text."""
    groups = {"emergency-transferred": "emergency", "community-officer": "community"}
    out = documents()
    for data in tables():
        entry = entry_from_dict(data)
        out[f"{groups.get(entry.id, 'money')}/{entry.id}.toml"] = write_entry(entry)
    return out


def bodies() -> list[dict[str, Any]]:
    """What the store holds of the entries."""
    return [entry_to_dict(entry_from_dict(data), iso_dates=True) for data in tables()]


def region(region_id: str = "cn", *, antifraud: str = "96110") -> Region:
    def line(name: str, number: str, zh: str, en: str) -> Hotline:
        both = {"zh": number, "en": number}
        return Hotline(name, both, {"zh": zh, "en": en}, {"zh": "用途", "en": "purpose"}, {})

    bank = Hotline(
        "bank", {"zh": "银行卡背面的电话", "en": "the number on your card"}, {"zh": "银行", "en": "Bank"},
        {"zh": "冻结", "en": "freeze"}, {}, dial=False,
    )  # fmt: skip
    return Region(
        region_id,
        {"zh": "内地", "en": "Mainland"},
        "Asia/Shanghai",
        {
            "police": line("police", "110", "报警电话", "Police"),
            "antifraud": line("antifraud", antifraud, "反诈专线", "Anti-fraud line"),
            "government": line("government", "12345", "便民热线", "Government line"),
            "bank": bank,
        },
    )


def faq(*entries: Entry) -> Faq:
    chosen = entries or tuple(entry_from_dict(data) for data in tables())
    topics = {
        "emergency-transferred": Topic("emergency-transferred", "emergency", "已经转账", "I sent the money"),
        "fake-loan": Topic("fake-loan", "money", "网络贷款", "Loans"),
        "task-rebate": Topic("task-rebate", "money", "刷单", "Paid tasks"),
        "community-officer": Topic("community-officer", "community", "社区民警", "Community officer"),
    }
    groups = {
        "emergency": {"zh": "已经出事", "en": "It has happened"},
        "money": {"zh": "钱", "en": "Money"},
        "community": {"zh": "社区", "en": "Community"},
    }
    return Faq(chosen, topics, groups, {"cn": region(), "tw": region("tw", antifraud="165")}, {})


@dataclass
class FakeIndex:
    faq: Faq
    seen: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    cards_made: dict[tuple[object, ...], Any] = field(default_factory=dict)
    searched: dict[str, tuple[str, str]] = field(default_factory=dict)


def index(*entries: Entry) -> Index:
    return cast(Index, FakeIndex(faq(*entries)))


def keyword_decision(
    found: Any, text: str, *, context: Sequence[str] = (), forwarded: bool = False, **_: Any
) -> Decision:
    """A matcher of a few words, enough to drive everything around it."""
    found.seen.append((text, tuple(context)))
    story = " ".join((*context, text))
    if text.strip() in ("你好", "hello"):
        return Decision("smalltalk", smalltalk="greeting")
    if ("转给骗子" in text or "sent money" in text) and not forwarded:
        behind = (Hit("fake-loan", 0.5, "answer"),) if "贷款" in story else ()
        return Decision("emergency", (Hit("emergency-transferred", 0.9, "emergency"), *behind), why=("转给",))
    if "贷款" in text and "刷单" in text:
        return Decision("answer", (Hit("fake-loan", 0.9, "answer"), Hit("task-rebate", 0.4, "answer")))
    if "贷款" in story or "loan" in story:
        return Decision("answer", (Hit("fake-loan", 0.934, "answer"),), why=("贷款",), nearest=(("fake-loan", 0.93),))
    if "任务" in text:
        return Decision("choose", (Hit("task-rebate", 0.4, "choice"), Hit("fake-loan", 0.3, "choice")))
    if "天气" in text:
        return Decision("unknown", reason="not_ours")
    return Decision("unknown", reason="no_entry", nearest=(("fake-loan", 0.2),))


def stub_policy(monkeypatch: pytest.MonkeyPatch, decide: Callable[..., Decision] = keyword_decision) -> None:
    """Answers come from ``decide`` instead of the fitted models."""
    module = types.ModuleType("bot.core.policy")
    module.__dict__["decide"] = decide
    monkeypatch.setitem(sys.modules, "bot.core.policy", module)
