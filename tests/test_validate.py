"""Each rule of the content catches the entry or file that breaks it, and names file, key and remedy."""

from __future__ import annotations

import datetime as dt
import json
import sys
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from faq_parts import FORBIDDEN_TOML, REGIONS, TODAY, TOPICS, emergency_entry, good_entry, many, write_folder
from hypothesis import given
from hypothesis import strategies as st

from bot.core.claims import Claims
from bot.core.entry import Faq, Problem, entry_from_dict, entry_to_dict
from bot.core.phrasings import guess_style, phrase_key
from bot.core.reply import Decision, Hit
from bot.core.rules import RULES, problem
from bot.core.validate import is_official, numbers_in, text_size, validate_entry
from bot.faqcheck import check, render

CLAIMS = Claims(tomllib.loads(FORBIDDEN_TOML))
FILE = "money/fake-loan.toml"


def findings(data: dict[str, Any], file: str = FILE, today: dt.date = TODAY) -> list[Problem]:
    return validate_entry(data, file=file, topics=TOPICS, regions=REGIONS, today=today, claims=CLAIMS)


def rule_of(found: Problem) -> str:
    """The rule whose fixed words the finding carries: tests name rules, editors read sentences."""
    for rule, (level, zh, *_rest, remedy_en) in RULES.items():
        if found.level != level or remedy_en.split("{")[0] not in found.remedy:
            continue
        at = 0
        for part in (piece.split("}")[-1] for piece in zh.replace("{{", "").replace("}}", "").split("{")):
            at = found.text.find(part, at)
            if at < 0:
                break
        else:
            return rule
    raise AssertionError(found)


def test_a_sound_entry_has_no_findings() -> None:
    assert findings(good_entry()) == []
    assert findings(emergency_entry(), "emergency/emergency-transferred.toml") == []


def test_the_form_may_send_iso_dates() -> None:
    assert findings(entry_to_dict(entry_from_dict(good_entry()), iso_dates=True)) == []


LONG = "长" * 115 + "{police}"
BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    # shape
    ("missing", "id", {"id": None}),
    ("missing", "zh", {"zh": None}),
    ("missing", "en.lead", {"en__lead": None}),
    ("missing", "en.steps", {"en": {}}),
    ("missing", "zh.question", {"zh__question": "  "}),
    ("missing", "zh.signals", {"zh__signals": None}),
    ("unknown-key", "hotline", {"hotline": ["police"]}),
    ("unknown-key", "zh.urgents", {"zh__urgents": ["x"]}),
    ("unknown-key", "zh.us", {"zh__us": {"lead": "x"}}),
    ("unknown-key", "sources[1].link", {"sources": [{"title": "甲", "date": TODAY, "link": "x"}]}),
    ("unknown-key", "zh.tw.leads", {"zh__tw": {"leads": "x"}}),
    ("type", "zh.steps", {"zh__steps": "一步"}),
    ("type", "zh.lead", {"zh__lead": ["x"]}),
    ("type", "reviewed", {"reviewed": "2026-13-01"}),
    ("type", "sources", {"sources": ["公安部"]}),
    ("choice", "risk", {"risk": "danger"}),
    ("choice", "severity", {"severity": 4}),
    ("choice", "severity", {"severity": True}),
    ("choice", "basis", {"basis": "rumour"}),
    ("choice", "regions", {"regions": ["us"]}),
    ("blank", "zh.phrasings", {"zh__phrasings": [*many("贷款先交钱", 60), " "]}),
    ("too-few", "hotlines", {"hotlines": []}),
    ("too-few", "zh.signs", {"zh__signs": []}),
    ("id-form", "id", {"id": "Fake_Loan"}),
    ("id-file", "id", {"id": "other-loan"}),
    ("topic", "topic", {"topic": "moon-loan"}),
    ("group-folder", "topic", {"topic": "emergency-transferred"}),
    ("related", "related", {"related": ["moon-loan"]}),
    # hotlines, numbers, addresses
    ("hotline", "hotlines", {"hotlines": ["coastguard"]}),
    ("hotline", "zh.lead", {"zh__lead": "打 {coastguard}"}),
    ("placeholder", "zh.lead", {"zh__lead": "打 {Police }"}),
    ("placeholder", "zh.lead", {"zh__lead": "打 {police"}),
    ("placeholder", "zh.lead", {"zh__lead": "打 ｛police｝"}),
    ("number", "zh.lead", {"zh__lead": "打 110"}),
    ("number", "zh.steps[2]", {"zh__steps": ["停手", "打１１０报警"]}),
    ("number", "en.share", {"en__share": "Call 96110"}),
    ("number", "zh.more", {"zh__more": "找民警 13800138000"}),
    ("number", "zh.more", {"zh__more": "客服 400-123-4567"}),
    ("number", "zh.lead", {"zh__lead": "上 165 全民防骗网查"}),
    ("url", "zh.more", {"zh__more": "见 https://www.mps-gov.cn.example.com/a"}),
    ("url", "zh.more", {"zh__more": "见 https://mps.gov.cn@evil.example/a"}),
    ("url", "en.more", {"en__more": "see zhuikuan.top"}),
    ("url", "sources[1].url", {"sources": [{"title": "甲", "date": TODAY, "url": "https://news.example.com"}]}),
    ("url", "sources[1].url", {"sources": [{"title": "甲", "date": TODAY, "url": "javascript:gov.cn"}]}),
    ("email", "zh.more", {"zh__more": "写信到 help@police.cn"}),
    # sizes and counts
    ("too-long", "zh.lead", {"zh__lead": LONG}),
    ("too-long", "zh.steps[1]", {"zh__steps": ["长" * 41]}),
    ("too-long", "zh.share", {"zh__share": "长" * 101}),
    ("too-long", "en.lead", {"en__lead": "x" * 241}),
    ("too-long", "en.steps[1]", {"en__steps": ["x" * 91]}),
    ("too-long", "en.share", {"en__share": "x" * 221}),
    ("too-long", "zh.tw.lead", {"zh__tw": {"lead": LONG}}),
    ("few-phrasings", "zh.phrasings", {"zh__phrasings": many("贷款先交钱", 49)}),
    ("few-phrasings", "en.phrasings", {"en__phrasings": many("loan ", 14)}),
    ("signals-count", "zh.signals", {"zh__signals": many("费", 14)}),
    ("signals-count", "zh.signals", {"zh__signals": many("费", 41)}),
    # what is said
    ("traditional", "zh.lead", {"zh__lead": "別交錢"}),
    ("traditional", "zh.signals[1]", {"zh__signals": ["轉帳", *many("费", 20)]}),
    ("traditional", "zh.tw.lead", {"zh__tw": {"lead": "別交錢"}}),
    ("claim", "zh.lead", {"zh__lead": "马上报警，保证帮你追回。"}),
    ("claim", "en.share", {"en__share": "Call now and you will get your money back."}),
    ("claim", "zh-Hant.lead", {"zh_Hant": {"lead": "保證能追回。"}}),
    ("figure", "zh.more", {"zh__more": "全国损失 3 亿元。"}),
    # sources and dates
    ("sources", "sources", {"sources": None}),
    ("source-date", "sources[1].date", {"sources": [{"title": "公安部"}]}),
    ("date-order", "review_by", {"review_by": dt.date(2026, 11, 1)}),
    ("future", "reviewed", {"reviewed": dt.date(2026, 12, 1)}),
    ("future", "sources[1].date", {"sources": [{"title": "甲", "date": dt.date(2027, 1, 1)}]}),
    ("review-due", "review_by", {"review_by": dt.date(2026, 12, 25)}),
    ("review-past", "review_by", {"review_by": dt.date(2026, 11, 24)}),
    # phrasings
    ("duplicate", "zh.urgent[1]", {"zh__urgent": ["贷款，先交钱 甲甲甲！", *many("已经交了钱", 40)]}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "key", "changes"), BROKEN, ids=[f"{r}-{k}-{i}" for i, (r, k, _) in enumerate(BROKEN)])
def test_each_rule_catches_its_entry(rule: str, key: str, changes: dict[str, Any]) -> None:
    found = findings(good_entry(**changes))
    assert (rule, key) in [(rule_of(p), p.key) for p in found], [str(p) for p in found]
    assert all(p.file == FILE and p.text and p.remedy for p in found)


def test_an_emergency_fits_a_phone_screen_and_holds_more_phrasings() -> None:
    file = "emergency/emergency-transferred.toml"
    found = findings(emergency_entry(zh__steps=[f"第{i}步" for i in "一二三四五六七"]), file)
    assert [(rule_of(p), p.key) for p in found] == [("too-many-steps", "zh.steps")]
    found = findings(emergency_entry(zh__urgent=many("钱转过去了", 99)), file)
    assert [(rule_of(p), p.key) for p in found] == [("few-phrasings", "zh.phrasings")]


def test_a_regions_own_numbers_may_be_named_in_its_own_wording() -> None:
    assert findings(good_entry(zh__tw={"lead": "上 165 全民防骗网查。"})) == []


@pytest.mark.parametrize(
    "lead",
    [
        "谁也不能保证一定能追回。", "他说“保证追回”，别理。", "保证追回的是诈骗。", "能保证追回吗？",
        "2024 年十类诈骗，最低 500 元。", "国家医保局网址以 nhsa.gov.cn 结尾。", "看 12306 或官方 App。",
        "转账 10000 元前先问家里。", "24 小时内联系银行。", "在著名景区瞭望台。",
        "2026-02-06 的通知。", "上 12377.cn 举报。",
    ],
)  # fmt: skip
def test_what_may_be_said_is_let_through(lead: str) -> None:
    assert findings(good_entry(zh__lead=lead)) == []


def test_phrasings_are_the_residents_own_words() -> None:
    said = ["保证追回我的钱 110 http://evil.example", "點算好啊"]
    assert findings(good_entry(zh__phrasings=[*said, *many("贷款先交钱", 60)])) == []


def test_a_denial_counts_only_in_its_own_clause() -> None:
    assert CLAIMS.find("不用慌，一定能追回。", "zh")
    assert not CLAIMS.find("不一定能追回。", "zh")


def test_a_placeholder_counts_as_six() -> None:
    assert text_size("打 {antifraud}") == 8


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("打110", ["110"]), ("12345", ["12345"]), ("0571-88888888", ["0571-88888888"]), ("+86 138 0013 8000", None),
     ("500 元", []), ("2026年", []), ("¥10000", []), ("3.14159", []), ("第20条", []), ("10,000", [])],
)  # fmt: skip
def test_numbers_are_told_from_amounts(text: str, numbers: list[str] | None) -> None:
    found = list(numbers_in(text))
    assert found == numbers if numbers is not None else found


def test_hosts_are_compared_as_hosts() -> None:
    assert is_official("https://a.b.gov.cn/x", ["gov.cn"])
    assert not any(is_official(u, ["gov.cn"]) for u in ("https://xgov.cn", "https://gov.cn.example", "http://[gov.cn"))


KEYS = [*good_entry(), *good_entry()["zh"], "zh-Hant", "tw", "title", "date", "url"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.dates(),
                    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(KEYS), v, max_size=4),
                    max_leaves=20))  # fmt: skip
def test_no_data_of_a_form_breaks_validation(value: Any) -> None:
    data = value if isinstance(value, dict) else {"zh": value, "sources": value, "related": value}
    assert all(isinstance(p, Problem) for p in findings(data))


def test_every_rule_can_be_said() -> None:
    names = ("detail", "folder", "zh", "en", "value", "choices", "group", "other", "region", "size", "limit", "text",
             "count", "chars", "name", "why_zh", "why_en", "total")  # fmt: skip
    for rule in RULES:
        said = str(problem(rule, "f", "k", **dict.fromkeys(names, "某")))
        assert said.startswith(f"f:k: {RULES[rule][0]}: ")
        assert "\n" not in said


def test_phrase_key_and_style() -> None:
    assert phrase_key("刷 单，ＯＫ！") == phrase_key("刷单ok")
    assert guess_style("刷单") == "short"
    assert guess_style("网上刷单的兼职到底靠不靠谱") == "question"
    assert guess_style("【某银行】您的账户异常，请点击链接处理") == "paste"
    assert guess_style("我昨天认识的一个人拉我进群做任务然后垫了钱就不让提现") == "story"


# ---------------------------------------------------------------- the whole folder
def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_sound_folder_has_no_findings(tmp_path: Path) -> None:
    assert check(write_folder(tmp_path), fast=True, today=TODAY) == []


@pytest.mark.parametrize(
    ("table", "rule", "key"),
    [
        ('[danger]\ncards = ["moon"]\nzh = ["跳江"]', "related", "danger.cards"),
        ('[danger]\ncards = "fake-loan"\nzh = ["跳江"]', "type", "danger.cards"),
        ('[thanks]\ncards = ["fake-loan"]\nzh = ["谢谢"]', "unknown-key", "thanks.cards"),
        ('[danger]\ncards = ["fake-loan"]\nzh = ["跳江"]', "", ""),
    ],
)
def test_the_cards_of_a_danger_to_life_are_checked(tmp_path: Path, table: str, rule: str, key: str) -> None:
    write_folder(tmp_path)
    (tmp_path / "lexicon/smalltalk.toml").write_text(table + "\n", encoding="utf-8")
    found = {(rule_of(p), p.key) for p in check(tmp_path, fast=True, today=TODAY)}
    assert found == ({(rule, key)} if rule else set())


CROSS: list[tuple[str, str, str, str, str, str]] = [
    # rule, file and key of the finding; the edit
    ("duplicate", "money/fake-loan.toml", "zh.phrasings[1]", "money/fake-loan.toml", "贷款先交钱甲甲甲",
     "万一转了钱，甲甲甲"),
    ("topic-empty", "topics.toml", "topics.crypto", "topics.toml", "[topics]",
     '[topics]\ncrypto = { group = "money", zh = "币", en = "Coins" }'),
    ("choice", "topics.toml", "topics.fake-loan.group", "topics.toml", 'group = "money"', 'group = "cash"'),
    ("topic", "samples/money.jsonl", "line 1", "samples/money.jsonl", '"fake-loan"', '"moon"'),
    ("topic", "samples/money.jsonl", "line 2", "samples/money.jsonl", '["emergency-transferred"]', '["moon"]'),
    ("sample-leak", "samples/money.jsonl", "line 1", "samples/money.jsonl", "这个贷款靠谱不", "贷款先交钱甲甲甲？"),
    ("json-line", "samples/money.jsonl", "line 1", "samples/money.jsonl", '"urgent": false', '"urgent": "no"'),
    ("timezone", "regions/cn.toml", "timezone", "regions/cn.toml", "Asia/Shanghai", "Asia/Nowhere"),
    ("dial", "regions/cn.toml", "hotlines.bank.dial", "regions/cn.toml", "dial = false", "dial = true"),
    ("hotline", "money/fake-loan.toml", "hotlines", "regions/cn.toml", "[hotlines.police]", "[hotlines.cops]"),
    ("unknown-key", "regions/cn.toml", "words.tw", "regions/cn.toml", "[hotlines.police]", "[words.tw]\n[hotlines.police]"),
    ("type", "regions/cn.toml", "words.zh.民警", "regions/cn.toml", "[hotlines.police]", "[words.zh]\n\"民警\" = 1\n[hotlines.police]"),
    ("unknown-key", "regions/cn.toml", "hotlines.police.num", "regions/cn.toml", 'number = "110"', 'num = "110"'),
    ("type", "lexicon/variants.toml", "slang.米", "lexicon/variants.toml", '"钱"', "7"),
    ("type", "lexicon/everyday.toml", "chat.zh", "lexicon/everyday.toml", '["吃饭了吗"]', '"吃饭了吗"'),
    ("missing", "lexicon/forbidden.toml", "claim.recovery.why", "lexicon/forbidden.toml", "why", "because"),
    ("toml", "money/fake-loan.toml", "line 1", "money/fake-loan.toml", 'id = "fake-loan"', "id = fake"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "file", "key", "edited", "old", "new"), CROSS, ids=[f"{c[0]}-{c[2]}" for c in CROSS])
def test_each_rule_catches_its_file(
    tmp_path: Path, rule: str, file: str, key: str, edited: str, old: str, new: str
) -> None:
    edit(write_folder(tmp_path), edited, old, new)
    found = check(tmp_path, fast=True, today=TODAY)
    assert (rule, file, key) in [(rule_of(p), p.file, p.key) for p in found], [str(p) for p in found]


def test_a_duplicate_names_both_entries(tmp_path: Path) -> None:
    edit(write_folder(tmp_path), "money/fake-loan.toml", "贷款先交钱甲甲甲", "万一转了钱甲甲甲")
    (found,) = check(tmp_path, fast=True, today=TODAY)
    assert found.file == "money/fake-loan.toml"
    assert "emergency/emergency-transferred.toml:zh.phrasings[1]" in found.text


def test_misplaced_files_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path)
    text = (tmp_path / "money/fake-loan.toml").read_text(encoding="utf-8")
    (tmp_path / "cash").mkdir()
    (tmp_path / "cash/fake-loan.toml").write_text(text, encoding="utf-8")
    (tmp_path / "money/notes.txt").write_text("x", encoding="utf-8")
    (tmp_path / "lexicon/verbs.toml").write_text('a = "b"\n', encoding="utf-8")
    rules = {(rule_of(p), p.file) for p in check(tmp_path, fast=True, today=TODAY)}
    assert {("folder", "cash/fake-loan.toml"), ("group-folder", "cash/fake-loan.toml"), ("stray", "money/notes.txt"),
            ("duplicate-id", "money/fake-loan.toml"), ("lexicon-file", "lexicon/verbs.toml")} <= rules  # fmt: skip


def test_a_ruined_file_does_not_stop_the_check_of_the_others(tmp_path: Path) -> None:
    write_folder(tmp_path)
    edit(tmp_path, "money/fake-loan.toml", "severity = 3", 'severity = "high"')
    edit(tmp_path, "money/fake-loan.toml", "停手，不再交钱", "停手，打 110")
    (tmp_path / "lexicon/variants.toml").write_bytes(b"\xff")
    found = {(rule_of(p), p.file, p.key) for p in check(tmp_path, fast=True, today=TODAY)}
    assert ("choice", FILE, "severity") in found
    assert ("number", FILE, "zh.steps[1]") in found
    assert ("not-utf8", "lexicon/variants.toml", "-") in found


def test_findings_are_lines_or_json() -> None:
    found = [problem("number", FILE, "zh.lead", value="110")]
    assert render(found).startswith(f"{FILE}:zh.lead: error: 写了号码“110” / holds the number '110'; ")
    assert json.loads(render(found, as_json=True))[0]["key"] == "zh.lead"


# ---------------------------------------------------------------- with a matcher
@dataclass(frozen=True)
class Matcher:
    faq: Faq
    calibration: Mapping[str, Any] = field(default_factory=dict)


def test_stolen_phrasings_and_missed_samples_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matcher that knows only loans: every held-out phrasing of the other entry is a collision with it."""
    matcher = types.ModuleType("matcher")
    loan = Decision("answer", (Hit("fake-loan", 0.9, "answer"),))
    monkeypatch.setattr(matcher, "build_index", lambda faq, **_: Matcher(faq), raising=False)
    monkeypatch.setattr(matcher, "corpus_of", lambda faq: None, raising=False)
    monkeypatch.setattr(matcher, "decide", lambda index, text: loan, raising=False)
    monkeypatch.setitem(sys.modules, "bot.core.index", matcher)
    monkeypatch.setitem(sys.modules, "bot.core.policy", matcher)
    write_folder(tmp_path)
    (found,) = check(tmp_path, today=TODAY, workers=1)
    assert (found.file, rule_of(found)) == ("emergency/emergency-transferred.toml", "collision")
    assert "220 条说法里有 220 条" in found.text
    assert "fake-loan 220" in found.text

    edit(tmp_path, "samples/money.jsonl", '["fake-loan"], "urgent": false', '["fake-loan"], "urgent": true')
    rules = {(rule_of(p), p.level) for p in check(tmp_path, today=TODAY, workers=1)}
    assert rules == {("collision", "warning"), ("sample-missed", "warning"), ("samples-failed", "error")}
