"""Every page of the console in a real browser, wide and at 360 px, in both languages, light and dark: what a screen
reader, a keyboard, a phone and weak eyes need of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from console_parts import Visit, browser, parts, url
from looking import FAULTS
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parents[1]))
from editorial_parts import Parts

__all__ = ["browser", "parts", "url"]  # fixtures


def busy(parts: Parts) -> list[str]:
    """A store where every page has something to show; the addresses of all pages."""
    edit = parts.editorial
    drafted = edit.add_phrasing("g2", "fake-loan", parts.ann)
    new = edit.new_draft("g1", parts.ben)
    parts.ask("群里说免费领鸡蛋", group="g6")
    edit.merge(["g6"], "g3", parts.ann)
    edit.dismiss("g4", parts.ann, "不归我们")
    for number in (1, 2):
        edit.roll_back("task-rebate", number, parts.eve)
    edit.withdraw("community-officer", "号码写错了", parts.eve)
    gone = edit.blank(parts.ann)
    edit.discard(gone.id, parts.ann)
    parts.ask("<img src=x onerror=alert(1)><script>alert(2)</script>", group="g7")
    line = {"text": "办贷款先交解冻费靠谱不", "before": ["fake-loan"], "after": [], "kind_before": "answer",
            "kind_after": "unknown", "topics": ["fake-loan"], "urgent": False, "near": True}  # fmt: skip
    far = line | {
        "text": "刷单给佣金能做吗",
        "before": ["task-rebate"],
        "topics": ["task-rebate"],
        "urgent": True,
        "near": False,
    }
    counts = {"gains": 1, "takes": 1, "loses": 1, "others": 1, "breaks": 2, "mends": 1}
    parts.store.faq.set_replay(drafted.id, drafted.version, {
        "questions": 4, "samples": 3, "counts": counts, "taken_from": {"task-rebate": 1}, "breaks": [line, far],
        "mends": [line], "gains": [line], "takes": [line], "loses": [line], "others": [line],
        "generation": edit.published().generation,
    })  # fmt: skip
    return [
        "queue", "queue?tab=not_ours", "queue?tab=closed", "queue?q=没有这样的", "groups/g1", "groups/g2?q=学校",
        "groups/g3", "groups/g4", "groups/g6", "groups/none", "entries", "entries?filter=off", "entries?q=没有这样的",
        "entries/fake-loan", "entries/community-officer", "entries/task-rebate/history", "drafts",
        f"drafts/{drafted.id}", f"drafts/{drafted.id}/review", f"drafts/{new.id}?add=zh.tw.lead&add=zh-Hant.steps",
        f"drafts/{new.id}/review", f"drafts/{gone.id}", f"drafts/{gone.id}/review", "try", f"try?draft={drafted.id}",
        "topics", "overview", "overview?days=7", "files", "audit", "staff", "login", "login?token=used",
    ]  # fmt: skip


@pytest.fixture(params=[("light", "zh", True), ("dark", "en", False), ("dark", "zh", False), ("light", "en", True)])
def eve(
    request: pytest.FixtureRequest, browser: Browser, parts: Parts, url: str
) -> Iterator[tuple[Visit, Literal["zh", "en"]]]:
    scheme, lang, phone = request.param
    visit = Visit(browser, url, phone=phone)
    visit.page.emulate_media(color_scheme=scheme)
    visit.sign_in(parts, parts.eve)
    if lang == "en":
        visit.page.get_by_role("button", name="English").click()
    yield visit, lang
    visit.faults = [fault for fault in visit.faults if " 404 " not in fault and " 410 " not in fault]
    visit.close()


def test_every_page_can_be_read_heard_reached_and_fits(eve: tuple[Visit, str], parts: Parts, url: str) -> None:
    visit, lang = eve
    found: dict[str, list[str]] = {}
    for path in busy(parts):
        visit.page.goto(f"{url}/console/{path}")
        assert visit.page.locator("html").get_attribute("lang") == ("en" if lang == "en" else "zh-Hans")
        if faults := visit.page.evaluate(FAULTS):
            found[path] = faults
    # What an editor is shown where an admin has a button.
    visit.page.context.clear_cookies()
    visit.sign_in(parts, parts.ben)
    if lang == "en":
        visit.page.get_by_role("button", name="English").click()
    for draft in parts.editorial.drafts(parts.ben):
        for path in (f"drafts/{draft.id}", f"drafts/{draft.id}/review"):
            visit.page.goto(f"{url}/console/{path}")
            if faults := visit.page.evaluate(FAULTS):
                found[f"{path} as ben"] = faults
    assert found == {}


def test_what_an_answer_of_the_server_brings_is_as_good(eve: tuple[Visit, str], parts: Parts, url: str) -> None:
    """Pages that only come back from a form: they have no address of their own."""
    visit, _ = eve
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        visit.page.wait_for_load_state()  # the styles, too
        if faults := visit.page.evaluate(FAULTS):
            found[name] = faults

    visit.page.goto(f"{url}/console/try")
    visit.page.locator("textarea[name=text]").fill("放款前要解冻费是不是骗子")
    visit.page.locator("button.main").click()
    visit.page.locator(".why").wait_for()
    look("try")
    visit.page.goto(f"{url}/console/staff")
    visit.page.locator("form[action$='/ann/link'] button").click()
    visit.page.locator(".copy").wait_for()
    look("sign-in link")
    visit.page.goto(f"{url}/console/groups/g1")
    visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    visit.page.locator("form[action$='/answer'] textarea").fill("问李警官 13800138000")
    visit.page.locator("form[action$='/answer'] button").click()
    visit.page.locator("[name=seen]").wait_for(state="attached")
    look("an answer with a number")
    visit.page.goto(f"{url}/console/files")
    text = parts.editorial.all_files(parts.eve)["money/fake-loan.toml"].replace(
        "先要钱的都是骗子。", "先要钱的，都是骗子！"
    )
    visit.page.locator("#file").set_input_files(
        {"name": "fake-loan.toml", "mimeType": "text/plain", "buffer": text.encode()}
    )
    visit.page.locator("form[action$='/upload'] button").click()
    visit.page.locator("[name=seen]").wait_for(state="attached")
    look("an uploaded file")
    visit.faults = [fault for fault in visit.faults if " 422 " not in fault]
    assert found == {}


def test_the_look_itself_sees_what_is_wrong(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.set_content("""
        <h1>a</h1><h1>b</h1><h3 id="x">c</h3><p id="x" style="color: #999; background: #fff">faint</p>
        <label>named <input></label><textarea aria-describedby="none">no name</textarea><select><option>1</option></select>
        <button></button><svg></svg><table><tr><th>x</th><th scope="col"></th></tr></table>
        <button tabindex="3" style="padding: 0; font-size: 5px">tiny</button><div style="width: 500px">wide</div>
    """)
    found = "\n".join(page.evaluate(FAULTS))
    page.close()
    for wrong in (
        "no language", "no title", "2 of: h1", "0 of: main", "skips from 1", "id twice: x", "leads nowhere: <textarea",
        "no name: <textarea", "no name: <select", "no name: <button", "without words: <svg", "of what?: <th>",
        "an empty heading", "out of order", "too small to hit", "contrast 2.8", " px too wide: <div",
    ):  # fmt: skip
        assert wrong in found, found
    assert "no name: <input" not in found
