"""A small, sound FAQ folder for tests of the files and of the rules; each test breaks one thing in it."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import tomllib
from pathlib import Path
from typing import Any

from bot.core.entry import Region, Topic, entry_from_dict
from bot.faqfiles import regions_from_tables, write_entry

TODAY = dt.date(2026, 11, 25)

TOPICS_TOML = """
[groups]
emergency = { zh = "已经出事", en = "It has happened" }
money = { zh = "钱", en = "Money" }
[topics]
emergency-transferred = { group = "emergency", zh = "已经转账", en = "I sent the money" }
fake-loan = { group = "money", zh = "网络贷款", en = "Loans" }
"""

REGION_TOML = """
id = "cn"
name = { zh = "内地", en = "Mainland" }
timezone = "Asia/Shanghai"
[hotlines.police]
number = "110"
name = { zh = "报警电话", en = "Police" }
for = { zh = "报警", en = "Police" }
[hotlines.antifraud]
number = "96110"
name = { zh = "反诈专线", en = "Anti-fraud line" }
for = { zh = "咨询", en = "Advice" }
never = { zh = "不要密码", en = "No passwords" }
[hotlines.bank]
number = { zh = "卡背面的电话", en = "the number on your card" }
name = { zh = "银行", en = "Bank" }
for = { zh = "冻结", en = "Freeze" }
dial = false
[[official]]
name = { zh = "举报中心", en = "Report centre" }
domain = "12377.cn"
"""

FORBIDDEN_TOML = """
[excuse]
before_zh = ["不", "没"]
before_en = ["not", "nobody"]
sentence_zh = ["是诈骗"]
sentence_en = ["is a scam"]
[claim.recovery]
why = { zh = "谁也不能保证", en = "nobody can promise it" }
zh = ["保证…追回", "一定能追回"]
en = ["will get your money back"]
"""

TOPICS = {
    "emergency-transferred": Topic("emergency-transferred", "emergency", "已经转账", "I sent the money"),
    "fake-loan": Topic("fake-loan", "money", "网络贷款", "Loans"),
}


def _load_regions() -> dict[str, Region]:
    tw = REGION_TOML.replace('"cn"', '"tw"').replace('"96110"', '"165"').replace("举报中心", "165 全民防骗网")
    return regions_from_tables({"regions/cn.toml": tomllib.loads(REGION_TOML), "regions/tw.toml": tomllib.loads(tw)})


REGIONS = _load_regions()


def many(start: str, count: int) -> list[str]:
    """Different phrasings, made of letters that the rules about numbers leave alone."""
    letters = itertools.product("甲乙丙丁戊己庚辛壬癸", repeat=3)
    return [start + "".join(triple) for triple, _ in zip(letters, range(count), strict=False)]


def good_entry(**changes: Any) -> dict[str, Any]:
    """The table of an entry without any finding; ``changes`` replace keys, 「zh__lead」 reaches into [zh]."""
    entry: dict[str, Any] = {
        "id": "fake-loan",
        "topic": "fake-loan",
        "risk": "scam",
        "severity": 3,
        "hotlines": ["police", "antifraud"],
        "related": ["emergency-transferred"],
        "reviewed": dt.date(2026, 11, 1),
        "review_by": dt.date(2027, 5, 1),
        "basis": "official",
        "sources": [{"title": "公安部：十类诈骗", "date": dt.date(2024, 6, 25), "url": "https://www.mps.gov.cn/a"}],
        "zh": {
            "question": "网上贷款要先交钱，是真的吗？",
            "phrasings": many("贷款先交钱", 60),
            "urgent": many("已经交了钱", 40),
            "signals": many("费", 20),
            "lead": "放款前要钱的都是假贷款。别交，打 {antifraud} 问。",
            "signs": ["还没放款就要“保证金”"],
            "steps": ["停手，不再交钱", "打 {police}，说清对方账号"],
            "more": "利率以合同为准。",
            "share": "放款前要钱就是骗。先问 {antifraud}。",
        },
        "en": {
            "question": "They want a fee before the loan. Is it real?",
            "phrasings": [f"is this loan offer real {word}" for word in many("", 20)],
            "urgent": [f"I paid the loan fee {word}" for word in many("", 10)],
            "lead": "A loan that wants money first is fake. Do not pay; ask {antifraud}.",
            "signs": ["A fee before the loan"],
            "steps": ["Stop paying", "Call {police}"],
            "share": "A fee before the loan is a scam. Ask {antifraud}.",
        },
    }
    for key, value in changes.items():
        *path, last = (part.replace("zh_Hant", "zh-Hant") for part in key.split("__"))
        table = entry
        for part in path:
            table = table.setdefault(part, {})
        if value is None:
            table.pop(last, None)
        else:
            table[last] = value
    return entry


def emergency_entry(**changes: Any) -> dict[str, Any]:
    entry = good_entry(
        id="emergency-transferred",
        topic="emergency-transferred",
        risk="emergency",
        related=["fake-loan"],
        zh__question="钱转给骗子了怎么办？",
        zh__phrasings=many("万一转了钱", 60),
        zh__urgent=many("钱转过去了", 120),
        en__question="I paid a scammer. What now?",
        en__phrasings=[f"what if I pay a scammer {word}" for word in many("", 20)],
        en__urgent=[f"I just paid a scammer {word}" for word in many("", 20)],
    )
    return good_entry(**{**entry, **changes})


def write_folder(folder: Path) -> Path:
    """faq/ on disk: two topics, two entries, one region, three lexicon tables, samples."""
    for name, text in {
        "topics.toml": TOPICS_TOML,
        "regions/cn.toml": REGION_TOML,
        "lexicon/forbidden.toml": FORBIDDEN_TOML,
        "lexicon/variants.toml": '[slang]\n"米" = "钱"\n',
        "lexicon/everyday.toml": '[chat]\nzh = ["吃饭了吗"]\nen = ["nice day"]\n',
        "money/fake-loan.toml": write_entry(entry_from_dict(good_entry())),
        "emergency/emergency-transferred.toml": write_entry(entry_from_dict(emergency_entry())),
        "samples/money.jsonl": json.dumps(
            {"text": "这个贷款靠谱不", "topics": ["fake-loan"], "urgent": False, "style": "short"}, ensure_ascii=False
        )
        + "\n"
        + json.dumps(
            {"turns": ["要贷款", "钱交了"], "topics_per_turn": [["fake-loan"], ["emergency-transferred"]]},
            ensure_ascii=False,
        )
        + "\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
