"""The console in a real browser: regional wordings, the preview, uploaded files, the look at the store."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from console_parts import Visit, browser, parts, url
from playwright.sync_api import Browser, expect

sys.path.insert(0, str(Path(__file__).parents[1]))
from editorial_parts import Parts

__all__ = ["browser", "parts", "url"]  # fixtures

both = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])


@both
def test_a_regional_wording_is_added_previewed_and_removed(
    browser: Browser,
    parts: Parts,
    url: str,
    phone: bool,
) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    ann = Visit(browser, url, phone=phone)
    ann.sign_in(parts, parts.ann)
    page = ann.page
    page.goto(f"{url}/console/drafts/{draft.id}")
    page.get_by_label("哪里").select_option("zh.tw")
    page.get_by_label("哪一项").select_option("lead")
    page.get_by_role("button", name="加一条单独的写法").click()
    field = page.locator('[name="zh.tw.lead"]')
    expect(field).to_be_focused()
    expect(page.locator("#kept")).to_be_hidden()
    field.fill("长" * 121)
    expect(page.locator('[data-problems="zh.tw.lead"] .error')).to_contain_text("121")
    field.fill("台湾的写法：先停手，打 {antifraud}。")
    expect(page.locator('[data-problems="zh.tw.lead"] .error')).to_have_count(0)
    expect(page.locator("#preview .tg-bubble").first).to_contain_text("放款前要钱")
    page.locator("#preview-region").select_option("tw")
    expect(page.locator("#preview .tg-bubble").first).to_contain_text("台湾的写法：先停手，打 165")
    ann.fits()
    page.locator("#overrides").scroll_into_view_if_needed()
    ann.shot("draft-region", whole=False)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#saved")).to_have_text("已保存")
    assert parts.editorial.draft(draft.id, parts.ann).body["zh"]["tw"] == {
        "lead": "台湾的写法：先停手，打 {antifraud}。"
    }
    page.get_by_role("button", name="去掉，恢复通用写法").click()
    expect(field).to_have_count(0)
    assert "tw" not in parts.editorial.draft(draft.id, parts.ann).body["zh"]
    ann.close()


def test_a_regional_wording_that_was_not_saved_is_still_there_later(
    browser: Browser,
    parts: Parts,
    url: str,
) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    ann = Visit(browser, url)
    ann.sign_in(parts, parts.ann)
    ann.page.goto(f"{url}/console/drafts/{draft.id}?add=zh-Hant.share")
    ann.page.locator('[name="zh-Hant.share"]').fill("沒存的。")
    ann.page.goto(f"{url}/console/queue")
    ann.page.goto(f"{url}/console/drafts/{draft.id}")
    expect(ann.page.locator('[name="zh-Hant.share"]')).to_have_value("沒存的。")
    expect(ann.page.locator("#kept")).to_be_visible()
    ann.close()


@both
def test_the_preview_reads_like_telegram_like_the_web_and_large(
    browser: Browser,
    parts: Parts,
    url: str,
    phone: bool,
) -> None:
    ann = Visit(browser, url, phone=phone)
    ann.sign_in(parts, parts.ann)
    page = ann.page
    page.goto(f"{url}/console/entries/fake-loan")
    bubble = page.locator(".tg-bubble").first
    assert bubble.locator("b").first.evaluate("e => getComputedStyle(e).fontWeight") == "700"
    assert "\n1. " in bubble.inner_text()
    expect(page.locator(".tg-key").first).to_have_text("有帮助")
    sizes = [page.locator(f"{kind} .tg-bubble").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
             for kind in (".tg:not(.elder)", ".tg.elder")]  # fmt: skip
    assert sizes[1] > sizes[0] * 1.3
    ann.shot("preview")
    page.locator("summary", has_text="繁體").click()
    expect(page.locator('[data-lang="zh-Hant"] .tg-bubble').first).to_contain_text("放款前要錢")
    ann.fits()
    ann.close()


@both
def test_files_are_uploaded_compared_and_chosen(
    browser: Browser,
    parts: Parts,
    url: str,
    phone: bool,
) -> None:
    text = parts.editorial.all_files(parts.eve)["money/fake-loan.toml"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("faq/money/fake-loan.toml", text.replace("先要钱的都是骗子。", "先要钱的，都是骗子！"))
    eve = Visit(browser, url, phone=phone)
    eve.sign_in(parts, parts.eve)
    page = eve.page
    page.goto(f"{url}/console/files")
    field = page.get_by_label(re.compile("faq 文件夹的 .zip"))
    field.set_input_files({"name": "notes.docx", "mimeType": "application/msword", "buffer": b"\xd0\xcf"})
    page.get_by_role("button", name=re.compile("^上传并比较")).click()
    expect(page.locator("#file-p .error")).to_contain_text("只收 .zip")
    field.set_input_files(
        {"name": "big.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04" + b"0" * 4_300_000}
    )
    assert field.evaluate("e => e.validationMessage").startswith("文件超过 4 MB")
    field.set_input_files({"name": "mine.zip", "mimeType": "application/zip", "buffer": packed.getvalue()})
    page.get_by_role("button", name=re.compile("^上传并比较")).click()
    expect(page.get_by_text("新的 0，和现在发布的不同 1，相同 0")).to_be_visible()
    box = page.get_by_role("checkbox", name=re.compile("用上传的"))
    expect(box).not_to_be_checked()
    eve.shot("files-upload")
    box.check()
    page.get_by_label("理由", exact=True).fill("急着改号码")
    page.get_by_role("button", name="立刻生效").click()
    expect(page.get_by_text("已导入 1 个")).to_be_visible()
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    assert row.body["zh"]["share"] == "先要钱的，都是骗子！"
    eve.faults = [fault for fault in eve.faults if "422" not in fault]
    eve.close()


@both
def test_an_admin_looks_at_the_store(browser: Browser, parts: Parts, url: str, phone: bool) -> None:
    eve = Visit(browser, url, phone=phone)
    eve.sign_in(parts, parts.eve)
    page = eve.page
    page.goto(f"{url}/console/overview")
    page.get_by_role("link", name="查看数据（Datasette）").click()
    page.get_by_role("link", name="unanswered", exact=True).click()
    expect(page.get_by_text("可以代办养老金补缴").first).to_be_visible()
    # Its scripts run under our policy, and its styles apply.
    expect(page.locator("th .dropdown-menu-icon, th svg").first).to_be_attached()
    page.locator("td.col-group_id a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("question_group")
    if not phone:
        page.goto(f"{url}/console/explore/store/unanswered")
        eve.shot("explore", whole=False)
    page.goto(f"{url}/console/explore/store")
    page.get_by_role("link", name=re.compile("back to the console")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("概览")
    eve.close()


def test_a_session_that_ended_keeps_what_was_typed_until_one_is_back(browser: Browser, parts: Parts, url: str) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    ann = Visit(browser, url)
    ann.sign_in(parts, parts.ann)
    ann.page.goto(f"{url}/console/drafts/{draft.id}")
    parts.store.staff.end_sessions("ann")
    ann.page.locator('[name="zh.lead"]').fill("会话结束时写的。")
    ann.page.get_by_role("button", name="保存", exact=True).click()
    expect(ann.page.locator("#kept")).to_contain_text("请重新登录")
    assert parts.editorial.draft(draft.id, parts.ann).version == draft.version
    ann.sign_in(parts, parts.ann)
    ann.page.goto(f"{url}/console/drafts/{draft.id}")
    expect(ann.page.locator('[name="zh.lead"]')).to_have_value("会话结束时写的。")
    ann.page.get_by_role("button", name="保存", exact=True).click()
    expect(ann.page.locator("#saved")).to_have_text("已保存")
    assert parts.editorial.draft(draft.id, parts.ann).body["zh"]["lead"] == "会话结束时写的。"
    ann.faults = [fault for fault in ann.faults if "401" not in fault]
    ann.close()


@both
def test_an_entry_taken_out_while_it_is_edited_is_said_and_why_is_in_chinese_first(
    browser: Browser, parts: Parts, url: str, phone: bool
) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    parts.editorial.withdraw("fake-loan", "号码写错了", parts.eve)
    ann = Visit(browser, url, phone=phone)
    ann.sign_in(parts, parts.ann)
    ann.page.goto(f"{url}/console/drafts/{draft.id}")
    expect(ann.page.get_by_role("alert").first).to_contain_text("这个条目已撤下 · eve")
    expect(ann.page.get_by_role("alert").first).to_contain_text("号码写错了")
    ann.fits()
    for chosen in ("", draft.id):
        ann.page.goto(f"{url}/console/try?draft={chosen}")
        ann.page.get_by_label("问题", exact=True).fill("放款前要解冻费是不是骗子")
        ann.page.get_by_role("button", name="问", exact=True).click()
        expect(ann.page.locator(".why")).to_contain_text("%")
        expect(ann.page.locator(".why + p")).to_have_attribute("lang", "en")
        told = ann.page.locator("#reply-h + .narrower .tg-bubble")
        expect(told).to_contain_text("放款前要钱的都是骗局") if chosen else expect(told).not_to_contain_text(
            "放款前要钱"
        )
    ann.fits()
    ann.close()
