"""Every flow of the console with the keyboard alone: what has the focus is seen, and nothing needs a pointer."""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from console_parts import ASKED, Visit, browser, parts, url
from playwright.sync_api import Browser, Locator, expect

sys.path.insert(0, str(Path(__file__).parents[1]))
from editorial_parts import Parts

__all__ = ["browser", "parts", "url"]  # fixtures

#: Whether what has the focus can be seen: it is outlined, on the screen, and nothing lies over all of it.
SEEN = """
e => {
  const style = getComputedStyle(e);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "no outline";
  const box = e.getBoundingClientRect();
  const points = [[.1, .5], [.5, .5], [.9, .5], [.5, .1], [.5, .9]].map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
  const free = points.some(([x, y]) => { const top = document.elementFromPoint(x, y); return top && (e.contains(top) || top.contains(e)); });
  return free ? "" : "covered or off the screen";
}
"""


class Keys:
    """Hands on the keyboard of a visit."""

    def __init__(self, visit: Visit) -> None:
        self.page = visit.page

    def to(self, place: Locator) -> None:
        """Tab to it, and look at where the focus is on the way."""
        expect(place).to_have_count(1)
        self.page.wait_for_load_state()  # without its styles nothing is outlined
        for _ in range(400):
            self.page.keyboard.press("Tab")
            focused = self.page.locator(":focus")
            if focused.count() == 0:
                continue  # round through the browser's own bar
            unseen = focused.evaluate(SEEN)
            assert not unseen, f"{unseen}: {focused.evaluate('e => e.outerHTML.slice(0, 200)')}"
            if place.evaluate("e => e === document.activeElement"):
                return
        pytest.fail(f"Tab does not lead to {place}")

    def press(self, place: Locator, key: str = "Enter") -> None:
        self.to(place)
        self.page.keyboard.press(key)

    def write(self, place: Locator, text: str) -> None:
        self.to(place)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def said(self) -> Locator:
        return self.page.get_by_role("status").first

    def sign_in(self, parts: Parts, name: str) -> None:
        self.page.goto(f"{parts.url}/console/login?token={parts.link_token(name)}")
        self.press(self.page.get_by_role("main").get_by_role("button", name="登录"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("没答上的问题")


@pytest.fixture
def here(parts: Parts, url: str) -> Parts:
    parts.url = url
    return parts


def test_from_signing_in_to_what_another_person_publishes(browser: Browser, here: Parts) -> None:
    ann_visit, ben_visit = Visit(browser, here.url), Visit(browser, here.url)
    ann, ben = Keys(ann_visit), Keys(ben_visit)
    ann.sign_in(here, "ann")
    # Past the menu at one go.
    ann.press(ann.link("跳到正文"))
    expect(ann.page.locator("main")).to_be_focused()
    ann.page.keyboard.press("Tab")
    assert ann.page.locator(":focus").evaluate("e => document.querySelector('main').contains(e)")
    # Claim it, and teach it as a phrasing.
    ann.press(ann.link(ASKED["g2"][0]))
    ann.press(ann.button("认领"))
    expect(ann.said()).to_contain_text("已认领")
    ann.write(ann.page.get_by_label(re.compile("^问法")), "领鸡蛋要下载软件是不是骗子")
    # The nearest is chosen already; the one below it is wanted.
    ann.press(ann.page.locator("select[name=entry]"), "ArrowDown")
    expect(ann.page.locator("select[name=entry]")).to_have_value("task-rebate")
    ann.press(ann.page.get_by_role("checkbox", name=re.compile("事情已经发生")), "Space")
    ann.press(ann.button("加进草稿"))
    expect(ann.said()).to_contain_text("问法已加进这份草稿")
    # Change a word, with the preview beside it.
    ann.press(ann.page.get_by_role("main").get_by_role("link", name="修改"))
    ann.write(ann.page.locator('[name="zh.lead"]'), "这是骗局，先别付。打 {antifraud} 问。")
    expect(ann.page.locator("#preview .tg-bubble").first).to_contain_text("先别付")
    ann.press(ann.button("保存并回放"))
    expect(ann.page.locator(".sum")).to_be_visible(timeout=60_000)
    expect(ann.page.get_by_text("要由另一个人发布")).to_be_visible()
    address = ann.page.url.split("?")[0]

    ben.sign_in(here, "ben")
    ben.press(ben.link("草稿"))
    ben.press(ben.page.get_by_role("main").get_by_role("link", name="回放与发布"))
    expect(ben.page).to_have_url(address)
    ben.press(ben.page.locator("summary", has_text="居民会看到的"))
    expect(ben.page.locator(".tg-bubble").first).to_be_visible()
    ben.write(ben.page.get_by_label("说明（可不写）"), "多了一种问法")
    ben.press(ben.button("发布"))
    expect(ben.said()).to_contain_text("已发布")
    row = here.store.faq.entry("task-rebate")
    assert row is not None
    assert "先别付" in row.body["zh"]["lead"]
    assert "领鸡蛋要下载软件是不是骗子" in row.body["zh"]["urgent"]
    ben.press(ben.button("退出"))
    expect(ben.page.get_by_role("heading", level=1)).to_have_text("登录编辑台")
    ben.page.goto(f"{here.url}/console/queue")
    expect(ben.page.get_by_role("heading", level=1)).to_have_text("登录编辑台")
    ann_visit.close()
    ben_visit.close()


def test_history_withdrawing_and_the_admins_pages(browser: Browser, here: Parts) -> None:
    here.editorial.roll_back("fake-loan", 1, here.eve)
    visit = Visit(browser, here.url)
    eve = Keys(visit)
    eve.sign_in(here, "eve")
    eve.press(eve.link("条目"))
    eve.write(eve.page.get_by_label(re.compile("^搜索")), "解冻")
    eve.page.keyboard.press("Enter")
    expect(eve.page.locator(".entrylist > li")).to_have_count(1)
    eve.press(eve.page.locator(".entrylist a").first)
    eve.press(eve.link("历史"))
    eve.press(eve.page.locator("summary", has_text=re.compile("^第 1 版")))
    eve.press(eve.button("退回到这一版"))
    expect(eve.said()).to_contain_text("已退回")
    eve.write(eve.page.get_by_label("理由（会记录）"), "号码写错了")
    eve.press(eve.button("立即撤下（有害）"))
    expect(eve.page.get_by_role("alert").first).to_contain_text("居民看不到")
    eve.write(eve.page.get_by_label("理由（会记录）"), "改好了")
    eve.press(eve.button("恢复发布"))
    expect(eve.page.get_by_role("alert")).to_have_count(0)
    row = here.store.faq.entry("fake-loan")
    assert row is not None
    assert (row.revision, row.state) == (5, "published")

    eve.press(eve.link("试一试"))
    eve.write(eve.page.get_by_label("问题", exact=True), "办贷款先交解冻费靠谱不")
    eve.press(eve.button("问"))
    expect(eve.page.locator(".why")).to_be_visible()
    eve.press(eve.page.locator("summary", has_text="全部细节"))
    expect(eve.page.locator("pre").last).to_be_visible()

    eve.press(eve.link("概览"))
    with eve.page.expect_download() as coming:
        eve.press(eve.link("CSV"))
    rows = list(csv.reader(io.StringIO(Path(coming.value.path()).read_text(encoding="utf-8-sig"))))
    assert len(rows) > 5
    eve.press(eve.link("记录"))
    expect(eve.page.get_by_role("main")).to_contain_text("号码写错了")
    eve.press(eve.link("人员"))
    eve.write(eve.page.get_by_label("名字"), "zoe")
    eve.press(eve.button("添加"))
    expect(eve.said()).to_contain_text("已添加")
    eve.press(eve.link("文件"))
    with eve.page.expect_file_chooser() as chooser:
        eve.press(eve.page.locator("#file"), "Space")
    text = here.editorial.all_files(here.eve)["money/fake-loan.toml"].replace(
        "先要钱的都是骗子。", "先要钱的，都是骗子！"
    )
    chooser.value.set_files({"name": "fake-loan.toml", "mimeType": "text/plain", "buffer": text.encode()})
    eve.press(eve.button("上传并比较（先不导入）"))
    eve.press(eve.page.get_by_role("checkbox", name=re.compile("用上传的")), "Space")
    eve.press(eve.button("变成草稿"))
    expect(eve.said()).to_contain_text("已变成草稿")
    eve.press(eve.button("English"))
    expect(eve.page.get_by_role("heading", level=1)).to_have_text("Files")
    visit.close()


def test_the_rest_of_the_queue(browser: Browser, here: Parts) -> None:
    visit = Visit(browser, here.url)
    ann = Keys(visit)
    ann.sign_in(here, "ann")
    # Merge two groups, take one question out again.
    for group in ("g2", "g3"):
        ann.press(ann.page.locator(f'[name=group][value="{group}"]'), "Space")
    ann.press(ann.button("合并勾选的组"))
    expect(ann.said()).to_contain_text("已合并")
    ann.press(ann.page.locator("[name=question]").last, "Space")
    ann.press(ann.button("把勾选的分成另一组"))
    expect(ann.said()).to_contain_text("已分成两组")
    # Dismiss it, find it among the closed, open it again.
    ann.press(ann.page.locator("summary", has_text="忽略"))
    ann.press(ann.button("忽略，以后同样的也不再排队"))
    expect(ann.said()).to_contain_text("已忽略")
    ann.press(ann.page.get_by_role("link", name=re.compile("^已结束")))
    ann.press(ann.button("重新打开"))
    expect(ann.said()).to_contain_text("已重新打开")
    ann.press(ann.page.locator("summary", has_text="只回答这一次"))
    ann.write(ann.page.get_by_label(re.compile("^回答")), "先别交钱，问老师本人。")
    ann.press(ann.button("发送并结束这一组"))
    expect(ann.said()).to_contain_text("已结束这一组")
    ann.press(ann.page.get_by_role("link", name=re.compile("^不归我们的")))
    ann.press(ann.button("移到该我们答的"))
    expect(ann.said()).to_contain_text("已移到")
    visit.close()


def test_the_keys_of_the_queue_are_listed_and_silent_while_one_types(browser: Browser, here: Parts) -> None:
    visit = Visit(browser, here.url)
    ann = Keys(visit)
    ann.sign_in(here, "ann")
    listed = set(ann.page.locator(".keys kbd").all_inner_texts())
    used = set(ann.page.locator("[data-key]").evaluate_all("all => all.map(e => e.dataset.key)"))
    assert listed == used | {"j", "k", "Enter"}
    ann.write(ann.page.get_by_label(re.compile("^搜索")), "jckd")
    expect(ann.page.get_by_label(re.compile("^搜索"))).to_have_value("jckd")
    for chord in ("Control+c", "Alt+d"):
        ann.page.keyboard.press(chord)
    groups = here.store.queue.groups(reason="ours")
    assert {g.state for g in groups} == {"open"}
    assert here.editorial.drafts(here.ann) == []
    # In a group, Enter opens it; on a button of the group, Enter is the button's.
    ann.page.keyboard.press("Escape")
    ann.to(ann.page.locator(".group").first)
    ann.page.keyboard.press("j")
    ann.page.keyboard.press("d")
    expect(ann.page.get_by_role("heading", level=1)).to_contain_text("修改")
    assert [d.group_id for d in here.editorial.drafts(here.ann)] == [groups[1].id]
    visit.close()
