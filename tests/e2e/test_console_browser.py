"""The console in a real browser: from a question in the queue to what another person publishes."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from console_parts import ASKED, Visit, browser, parts, url
from looking import FAULTS
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))
from editorial_parts import Parts
from test_editorial import by_phrase

__all__ = ["browser", "parts", "url"]  # fixtures


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_from_a_question_to_a_published_answer(browser: Browser, parts: Parts, url: str, phone: bool) -> None:
    ann = Visit(browser, url, phone=phone)
    ann.page.goto(f"{url}/console/login?token={parts.link_token('ann')}")
    ann.shot("sign-in")
    ann.sign_in(parts, parts.ann)
    ann.shot("queue")
    ann.page.get_by_role("link", name=ASKED["g1"][0]).click()
    ann.page.get_by_role("button", name="认领", exact=True).click()
    expect(ann.page.get_by_role("status").first).to_contain_text("已认领")
    ann.shot("group")
    ann.page.get_by_text("写一个新条目").click()
    ann.page.get_by_role("button", name="起草新条目").click()
    write_entry(ann.page)
    ann.shot("draft")
    ann.page.get_by_role("button", name="保存并回放").click()
    expect(ann.page.locator(".sum")).to_contain_text("多答上", timeout=60_000)
    expect(ann.page.get_by_text("要由另一个人发布")).to_be_visible()
    ann.shot("review")
    address = ann.page.url.split("?")[0]

    ben = Visit(browser, url, phone=phone)
    ben.sign_in(parts, parts.ben)
    ben.page.goto(address)
    ben.page.get_by_role("button", name="发布", exact=True).click()
    expect(ben.page.get_by_role("status").first).to_contain_text("已发布")
    ben.shot("entry")
    ben.page.get_by_role("link", name="历史").click()
    ben.shot("history")
    assert [(r.chat_id, r.body["entry"]) for r in parts.store.outbox.by_group("g1")] == [("111", "pension-fee")]
    parts.conversation.refresh()
    ben.page.goto(f"{url}/console/try")
    ben.page.get_by_label("问题", exact=True).fill(ASKED["g1"][0])
    ben.page.get_by_role("button", name="问", exact=True).click()
    expect(ben.page.get_by_role("main")).to_contain_text("代办养老金都要先交钱")
    ben.shot("try")
    ann.close()
    ben.close()


def write_entry(page: Page) -> None:
    """Fills the form as an editor would, and waits for what the page says about it."""
    values = {
        "id": "pension-fee",
        "zh.question": "代办养老金补缴要先交手续费，是真的吗？",
        "zh.lead": "别交。代办养老金都要先交钱的是骗局，先打 {antifraud} 问。",
        "zh.steps": "1. 不交钱，不给身份证照片\n2. 打 {antifraud} 核实",
        "zh.signs": "• 先收手续费\n• 说有内部名额",
        "zh.share": "代办养老金先收钱的，都是骗子。",
        "zh.signals": "养老金\n代办\n补缴\n手续费\n内部名额",
        "en.question": "Is a fee for arranging my pension real?",
        "en.phrasings": "someone wants a fee to arrange my pension",
        "en.lead": "Do not pay. Ask {antifraud} first.",
        "en.signs": "A fee first",
        "en.steps": "Do not pay\nCall {antifraud}",
        "en.share": "A fee for a pension is a scam.",
    }
    for name, value in values.items():
        page.locator(f'[name="{name}"]').fill(value)
    expect(page.locator("#preview .tg-bubble").first).to_contain_text("代办养老金都要先交钱")
    expect(page.locator('[data-problems="zh.lead"] .error')).to_have_count(0)


def test_the_page_says_what_is_wrong_while_one_types(browser: Browser, parts: Parts, url: str) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    ann = Visit(browser, url)
    ann.sign_in(parts, parts.ann)
    ann.page.goto(f"{url}/console/drafts/{draft.id}")
    lead = ann.page.get_by_label(re.compile("^先说结论")).first
    lead.fill("长" * 130)
    expect(ann.page.locator('output[for="f-zh.lead"]')).to_have_text("130 / 120")
    expect(ann.page.locator('[data-problems="zh.lead"] .error')).to_contain_text("130")
    lead.fill("<script>alert(1)</script>好")
    expect(ann.page.locator("#preview .card .lead").first).to_have_text("<script>alert(1)</script>好")
    ann.page.get_by_role("button", name="保存", exact=True).click()
    expect(ann.page.locator("#saved")).to_have_text("已保存")
    ann.close()


def test_a_lost_connection_keeps_the_draft_and_saves_it_later(browser: Browser, parts: Parts, url: str) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    ann = Visit(browser, url)
    ann.sign_in(parts, parts.ann)
    ann.page.goto(f"{url}/console/drafts/{draft.id}")
    ann.context.set_offline(True)
    ann.page.locator('[name="zh.lead"]').fill("断线时写的。")
    ann.page.get_by_role("button", name="保存", exact=True).click()
    expect(ann.page.locator("#kept")).to_contain_text("连接断了")
    assert "断线时写的。" not in str(parts.editorial.draft(draft.id, parts.ann).body)
    ann.page.get_by_role("button", name="保存并回放").click()
    expect(ann.page.locator('[name="zh.lead"]')).to_have_value("断线时写的。")
    ann.context.set_offline(False)
    expect(ann.page.locator("#saved")).to_have_text("已保存", timeout=15_000)
    assert parts.editorial.draft(draft.id, parts.ann).body["zh"]["lead"] == "断线时写的。"
    ann.page.locator('[name="zh.lead"]').fill("关掉之前没存的。")
    ann.page.goto(f"{url}/console/queue")
    ann.page.goto(f"{url}/console/drafts/{draft.id}")
    expect(ann.page.locator('[name="zh.lead"]')).to_have_value("关掉之前没存的。")
    ann.faults = [fault for fault in ann.faults if "ERR_INTERNET_DISCONNECTED" not in fault]
    ann.close()


def test_two_tabs_do_not_overwrite_each_other(browser: Browser, parts: Parts, url: str) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    ann, ben = Visit(browser, url), Visit(browser, url)
    ann.sign_in(parts, parts.ann)
    ben.sign_in(parts, parts.ben)
    for visit, text in ((ann, "甲的话。"), (ben, "乙的话。")):
        visit.page.goto(f"{url}/console/drafts/{draft.id}")
        visit.page.locator('[name="zh.lead"]').fill(text)
    ann.page.get_by_role("button", name="保存", exact=True).click()
    expect(ann.page.locator("#saved")).to_have_text("已保存")
    ben.page.get_by_role("button", name="保存", exact=True).click()
    expect(ben.page.get_by_role("heading", name="有人先保存了")).to_be_visible()
    expect(ben.page.locator('[name="zh.lead"]')).to_have_value("乙的话。")
    ben.shot("conflict")
    ben.faults = [fault for fault in ben.faults if "409" not in fault]
    ann.close()
    ben.close()


def test_the_queue_by_keyboard(browser: Browser, parts: Parts, url: str) -> None:
    ann = Visit(browser, url)
    ann.sign_in(parts, parts.ann)
    ann.page.keyboard.press("j")
    expect(ann.page.locator(".group").first).to_be_focused()
    ann.page.keyboard.press("j")
    ann.page.keyboard.press("k")
    ann.page.keyboard.press("c")
    expect(ann.page.get_by_role("status").first).to_contain_text("已认领")
    groups = parts.store.queue.groups(reason="ours", states=("claimed",))
    assert [g.claimed_by for g in groups] == ["ann"]
    ann.page.keyboard.press("Tab")
    expect(ann.page.get_by_role("link", name="跳到正文")).to_be_focused()
    ann.close()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_pages_for_looking(browser: Browser, parts: Parts, url: str, phone: bool) -> None:
    eve = Visit(browser, url, phone=phone)
    eve.sign_in(parts, parts.eve)
    for path, name in (
        ("entries", "entries"), ("overview", "overview"), ("audit", "audit"), ("staff", "staff"), ("files", "files"),
        ("queue?tab=not_ours", "queue-not-ours"), ("topics", "topics"), ("drafts", "drafts"),
    ):  # fmt: skip
        eve.page.goto(f"{url}/console/{path}")
        eve.shot(name)
    eve.page.get_by_role("button", name="English").click()
    expect(eve.page.get_by_role("heading", level=1)).to_contain_text("Drafts")
    eve.page.goto(f"{url}/console/queue")
    eve.shot("queue-en")
    eve.close()


@pytest.fixture
def by_phrasings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replays ask a matcher that knows what it is taught and nothing else, so that a draft can break a sample."""
    monkeypatch.setattr("bot.replay.decide", by_phrase)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_broken_sample_is_relabelled_with_a_reason(
    browser: Browser, parts: Parts, url: str, phone: bool, by_phrasings: None
) -> None:
    draft = teach(parts, "晚上吃什么好")
    ben = Visit(browser, url, phone=phone)
    ben.sign_in(parts, parts.ben)
    ben.page.goto(f"{url}/console/drafts/{draft}/review")
    ben.page.get_by_role("button", name="开始回放").click()
    expect(ben.page.locator("#near")).to_have_text("和这条有关的 1 条", timeout=60_000)
    expect(ben.page.locator(".ways")).to_contain_text("发给 eve")
    expect(ben.page.get_by_role("button", name="发布", exact=True)).to_have_count(0)
    ben.shot("review-broken")
    ben.page.locator(".ways").get_by_role("link", name="改标注").click()
    ben.page.locator("summary", has_text="样例标错了").click()
    ben.page.get_by_role("checkbox", name="刷单").check()
    ben.page.get_by_role("button", name="按改过的标注重新回放").click()
    expect(ben.page.get_by_role("alert")).to_contain_text("请写明改标注的理由：晚上吃什么好")
    expect(ben.page.get_by_role("checkbox", name="刷单")).to_be_checked()
    expect(ben.page.get_by_label("理由（会记录）")).to_be_focused()
    ben.page.get_by_label("理由（会记录）").fill("问的是刷单群里的暗语")
    ben.page.get_by_role("button", name="按改过的标注重新回放").click()
    expect(ben.page.locator(".sum")).to_contain_text("破坏样例 0", timeout=60_000)
    expect(ben.page.get_by_text("改过标注: 晚上吃什么好 → 刷单 · 问的是刷单群里的暗语 · ben")).to_be_visible()
    ben.page.get_by_role("button", name="发布", exact=True).click()
    expect(ben.page.get_by_role("status").first).to_contain_text("已发布")
    assert '"topics": ["task-rebate"]' in parts.store.faq.documents()["samples/money.jsonl"].split("\n")[2]
    ben.faults = [fault for fault in ben.faults if " 422 " not in fault]
    ben.close()


def test_an_admin_publishes_what_breaks_a_sample_with_a_reason(
    browser: Browser, parts: Parts, url: str, by_phrasings: None
) -> None:
    draft = teach(parts, "晚上吃什么好")
    parts.replayed(draft, parts.ann)
    eve = Visit(browser, url)
    eve.sign_in(parts, parts.eve)
    eve.page.goto(f"{url}/console/drafts/{draft}/review")
    eve.page.get_by_role("button", name="发布", exact=True).click()
    reason = eve.page.get_by_label(re.compile("管理员仍可以发布"))
    expect(reason).to_be_focused()  # the browser says that it is needed
    reason.fill("这条样例下周改")
    eve.page.get_by_role("button", name="发布", exact=True).click()
    expect(eve.page.get_by_role("status").first).to_contain_text("已发布")
    eve.page.goto(f"{url}/console/audit")
    expect(eve.page.get_by_role("main")).to_contain_text("override (breaks 1): 这条样例下周改")
    eve.close()


def test_a_replay_goes_on_while_one_is_elsewhere(
    browser: Browser, parts: Parts, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    work = parts.editorial.replays._work
    monkeypatch.setattr(parts.editorial.replays, "_work", lambda *job: (go_on.wait(60), work(*job)))
    draft = teach(parts, "垫付任务佣金能信吗")
    ann = Visit(browser, url)
    ann.sign_in(parts, parts.ann)
    ann.page.goto(f"{url}/console/drafts/{draft}/review")
    ann.page.get_by_role("button", name="开始回放").click()
    expect(ann.page.locator("#progress")).to_contain_text("可以离开这一页")
    expect(ann.page.get_by_role("progressbar")).to_be_visible()
    expect(ann.page.get_by_role("main")).to_contain_text("等回放做完再发布")
    expect(ann.page.locator(".findings .error")).to_have_count(0)
    ann.shot("replaying")
    assert ann.page.evaluate(FAULTS) == []
    ann.page.get_by_role("link", name="草稿", exact=True).click()
    expect(ann.page.get_by_role("main")).to_contain_text("正在回放")
    ann.page.get_by_role("main").get_by_role("link", name="回放与发布").click()
    expect(ann.page.locator("#progress")).to_be_visible()
    go_on.set()
    expect(ann.page.locator(".sum")).to_be_visible(timeout=60_000)
    ann.close()


def teach(parts: Parts, phrasing: str) -> str:
    """A draft of ann's that teaches an entry one phrasing more."""
    draft = parts.editorial.edit("task-rebate", parts.ann)
    zh = {**draft.body["zh"], "phrasings": [*draft.body["zh"]["phrasings"], phrasing]}
    return parts.editorial.save_draft(draft.id, {**draft.body, "zh": zh}, draft.version, parts.ann).id


def test_a_link_signs_in_once_and_says_so_to_who_comes_later(browser: Browser, parts: Parts, url: str) -> None:
    token = parts.link_token("ann")
    ann, later = Visit(browser, url), Visit(browser, url)
    for visit in (ann, later):  # looking at it, as a link preview does, uses nothing up
        visit.page.goto(f"{url}/console/sign-in/{token}")
        expect(visit.page.get_by_text("这是给 ann 的一次性链接")).to_be_visible()
    ann.page.get_by_role("main").get_by_role("button", name="登录").click()
    expect(ann.page.get_by_role("heading", level=1)).to_have_text("没答上的问题")
    later.page.get_by_role("main").get_by_role("button", name="登录").click()
    expect(later.page.get_by_role("alert")).to_contain_text("已经用过，或超过了 10 分钟")
    expired = parts.link_token("ben")
    parts.now += 601
    later.page.goto(f"{url}/console/sign-in/{expired}")
    expect(later.page.get_by_role("alert")).to_contain_text("已经用过，或超过了 10 分钟")
    later.page.goto(f"{url}/console/queue")
    expect(later.page.get_by_role("heading", level=1)).to_have_text("登录编辑台")
    later.faults = [fault for fault in later.faults if " 410 " not in fault]
    ann.close()
    later.close()
