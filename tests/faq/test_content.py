"""The shipped FAQ: no errors, nothing said that must never be said."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cache
from pathlib import Path

import pytest

from bot.core.claims import Claims
from bot.core.entry import entry_from_dict
from bot.faqcheck import FORBIDDEN, check
from bot.faqfiles import is_entry, scan, write_entry

FAQ = Path(__file__).resolve().parents[2] / "faq"
#: Content must not break a build by the calendar: what depends on the day is a warning.
TODAY = dt.date(2026, 11, 25)

#: Said by no answer, each with the claim that catches it; the list of the facts sheet in the words people use.
NEVER = [
    ("zh", "recovery", "放心，我们能帮你追回这笔钱。"),
    ("zh", "recovery", "马上打电话，钱一定能追回。"),
    ("zh", "recovery", "交钱就能退给你。"),
    ("zh", "recovery-deadline", "30 分钟内都能追回。"),
    ("zh", "recovery-deadline", "24小时内都能撤销。"),
    ("zh", "lock-their-account", "在他的网银输错三次密码，就能锁住骗子的账户。"),
    ("zh", "number-cannot-be-faked", "{antifraud} 绝不会被冒充。"),
    ("zh", "number-cannot-be-faked", "显示官方号码就是真的。"),
    ("zh", "too-late", "钱一到账就追不回了。"),
    ("zh", "too-small", "不到三千元警察不受理。"),
    ("zh", "misdirected", "转错了，骗子也得还。"),
    ("zh", "all-overseas-calls", "所有境外来电都是骗子。"),
    ("zh", "old-penalties", "出借银行卡一律5年不能开户。"),
    ("zh", "old-penalties", "帮信罪只看20万流水。"),
    ("zh", "crypto-protected", "炒币受法律保护。"),
    ("zh", "refund-of-top-ups", "孩子充值一定全退。"),
    ("zh", "credit-repair", "征信能修复。"),
    ("zh", "delete-their-copy", "付钱就会删掉裸聊视频。"),
    ("zh", "app-is-a-shield", "装了反诈 App 就不会被骗。"),
    ("zh", "warning-texts-are-fake", "看到 {warning_sms} 短信千万别信。"),
    ("zh", "blame", "谁叫你贪心呢。"),
    ("zh", "blame", "老人就是容易骗。"),
    ("zh", "fight-back", "可以假装配合，套线索交给警察。"),
    ("zh", "powers-we-lack", "已通知公安，请等待。"),
    ("zh", "powers-we-lack", "已帮你冻结对方账户。"),
    ("zh", "powers-we-lack", "不会有人知道你问过。"),
    ("zh", "verdict", "这家公司是骗子公司。"),
    ("zh", "eight-rules", "记住公安部的八个凡是。"),
    ("en", "recovery", "Call now and you will get your money back."),
    ("en", "recovery-deadline", "Within 30 minutes the money is recovered."),
    ("en", "lock-their-account", "Type a wrong password three times to lock the scammer out."),
    ("en", "number-cannot-be-faked", "This number cannot be faked."),
    ("en", "too-late", "Once it arrives it is gone."),
    ("en", "too-small", "The amount is too small to report."),
    ("en", "all-overseas-calls", "All calls from abroad are scams."),
    ("en", "old-penalties", "You get a lifetime ban."),
    ("en", "crypto-protected", "Crypto trading is legal here."),
    ("en", "credit-repair", "Your credit record can be erased, we fix your credit record."),
    ("en", "app-is-a-shield", "With the app you won't be scammed."),
    ("en", "blame", "You were greedy."),
    ("en", "fight-back", "Play along with him for a while."),
    ("en", "powers-we-lack", "We have informed the police for you."),
]  # fmt: skip

#: True and needed; a pattern that forbids it is too wide.
ALWAYS = [
    ("zh", "能不能追回、多久，谁也不能保证。"),
    ("zh", "谁说能帮你追回、先收费，就是再骗一次。"),
    ("zh", "它不能冻结账户，也不会替你报警。"),
    ("zh", "被骗不是你的错。"),
    ("zh", "带链接的 {warning_sms} 短信别信。"),
    ("zh", "没有海外关系时，境外来电几乎都是骗子。"),
    ("zh", "不到三千元也可以按治安处罚，警察一样管。"),
    ("zh", "越早报警，银行越有机会把钱先扣住。"),
    ("en", "Nobody can promise that the money will be recovered."),
    ("en", "Anyone who offers to recover your money for a fee is a second scam."),
    ("en", "Being cheated is not your fault."),
]


@cache
def claims() -> Claims:
    return Claims(tomllib.loads((FAQ / FORBIDDEN).read_text(encoding="utf-8")))


def test_the_shipped_faq_has_no_errors() -> None:
    errors = [str(p) for p in check(FAQ, fast=True, today=TODAY) if p.level == "error"]
    assert not errors, "\n".join(errors)


def test_every_topic_has_an_entry() -> None:
    faq = scan(FAQ).faq
    assert faq is not None
    assert set(faq.topics) == {entry.topic for entry in faq.entries}


def test_every_region_knows_every_hotline_of_the_mainland() -> None:
    faq = scan(FAQ).faq
    assert faq is not None
    for region in faq.regions.values():
        assert set(region.hotlines) >= set(faq.regions["cn"].hotlines), region.id


def test_the_shipped_files_are_in_the_canonical_form() -> None:
    """Otherwise the first export after an edit in the console would change files that nobody edited."""
    result = scan(FAQ)
    changed = [
        path
        for path, info in result.files.items()
        if is_entry(path) and write_entry(entry_from_dict(result.tables[path])) != info.text
    ]
    assert not changed


@pytest.mark.parametrize(("lang", "name", "text"), NEVER)
def test_what_must_never_be_said_is_caught(lang: str, name: str, text: str) -> None:
    assert name in [claim.name for claim in claims().find(text, "zh" if lang == "zh" else "en")]


@pytest.mark.parametrize(("lang", "text"), ALWAYS)
def test_what_must_be_said_is_let_through(lang: str, text: str) -> None:
    assert not claims().find(text, "zh" if lang == "zh" else "en")
