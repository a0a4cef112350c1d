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
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parents[1]))
from editorial_parts import Parts

__all__ = ["browser", "parts", "url"]  # fixtures

#: What is wrong with the page as it stands, a line each. Closed parts are opened first: they are read too.
FAULTS = r"""
() => {
  const faults = [];
  const say = (what, e) => faults.push(`${what}: ${(e.outerHTML || e).replace(/\s+/g, " ").slice(0, 160)}`);
  const all = (css) => [...document.querySelectorAll(css)];
  const told = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const name = (e) => [
    e.getAttribute("aria-label"), told(e.getAttribute("aria-labelledby") || ""),
    ...[...(e.labels || [])].map((l) => l.textContent), /^(BUTTON|A|SUMMARY)$/.test(e.tagName) ? e.textContent : "",
  ].join("").trim();
  all("details").forEach((d) => { d.open = true; });

  if (!/^(zh-Hans|en)$/.test(document.documentElement.lang)) say("no language", "html");
  if (!document.title.trim()) say("no title", "html");
  for (const [css, wanted] of [["h1", 1], ["main", 1], ["body > header", 1], [".skip[href='#main']", 1]])
    if (all(css).length !== wanted) say(`${all(css).length} of`, css);
  let level = 1;
  for (const h of all("h1, h2, h3, h4, h5")) {
    if (Number(h.tagName[1]) > level + 1) say(`a heading skips from ${level}`, h);
    level = Number(h.tagName[1]);
  }
  const ids = all("[id]").map((e) => e.id);
  ids.filter((id, n) => ids.indexOf(id) !== n).forEach((id) => say("id twice", id));
  for (const key of ["aria-labelledby", "aria-describedby", "for"])
    for (const e of all(`[${key}]`))
      for (const id of e.getAttribute(key).split(/\s+/)) if (!ids.includes(id)) say(`${key} leads nowhere`, e);
  all("input:not([type=hidden]), select, textarea, button, a[href], summary, [role=region]")
    .filter((e) => !name(e)).forEach((e) => say("no name", e));
  all("th").filter((e) => !e.textContent.trim()).forEach((e) => say("an empty heading", e));
  if (all("nav").length > 1) all("nav").filter((e) => !name(e)).forEach((e) => say("no name", e));
  all("svg").filter((e) => e.getAttribute("aria-hidden") !== "true" && !(e.getAttribute("role") === "img" && name(e)))
    .forEach((e) => say("a picture without words", e));
  all("th").filter((e) => !e.scope).forEach((e) => say("a heading of what?", e));
  all("[tabindex]").filter((e) => e.tabIndex > 0).forEach((e) => say("out of order", e));

  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  all("button, a.button, select, textarea, input:not([type=hidden]), summary, header nav a, .tabs a").filter(shown)
    .filter((e) => e.offsetHeight < 24 || e.offsetWidth < 24).forEach((e) => say("too small to hit", e));

  // Contrast, as WCAG counts it: 4.5, or 3 for large print.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => top.slice(0, 3).map((v, n) => v * top[3] + under[n] * (1 - top[3])).concat(1);
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null; // a gradient: looked at by eye
      layers.push(rgba(style.backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(e) || !shown(e) || e.closest("script, .skip, .hidden, option")) continue;
    seen.add(e);
    const style = getComputedStyle(e), under = ground(e);
    if (!under || e.closest(":disabled")) continue;
    const [a, b] = [light(over(rgba(style.color), under)), light(under)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, e);
  }

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = all("body *").filter((e) => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".scroll"));
    say(`${root.scrollWidth - root.clientWidth} px too wide`, wide.at(-1) || "html");
  }
  return faults;
}
"""


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
