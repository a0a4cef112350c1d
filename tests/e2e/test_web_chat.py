"""The chat page in a real browser against a real server: what a resident sees, presses and is told.

The entries are those of faq/; a few words decide, so that no index is fitted. With BOT_SCREENSHOTS=1 pictures go to docs/screenshots.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from looking import FAULTS
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from small_faq import FakeIndex, stub_policy
from web_parts import NOW, Services, make_services, serving

from bot.channels.web.app import create_web
from bot.core.entry import entry_to_dict
from bot.core.reply import Decision, Hit
from bot.faqfiles import documents, read_faq
from bot.store.base import Publication

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "docs" / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP, PHONE = {"width": 1100, "height": 1000}, {"width": 360, "height": 740}

if CHROMIUM is None:
    reason = "no browser: apt-get install chromium fonts-noto-cjk"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def few_words(index: Any, text: str, *, context: Sequence[str] = (), forwarded: bool = False, **_: Any) -> Decision:
    """What the matcher would say to the sentences of these tests."""
    if "转给" in text:
        return Decision(
            "emergency",
            (
                Hit("emergency-transferred", 0.97, "emergency"),
                Hit("task-rebate", 0.6, "answer"),
                Hit("money-recovery", 0.5, "answer"),
            ),
        )
    if "刷单" in text or "paid tasks" in text:
        return Decision("answer", (Hit("task-rebate", 0.93, "answer"),))
    if "客服" in text:
        names = ("fake-customer-service", "cancel-service", "fake-bank")
        return Decision("choose", tuple(Hit(n, 0.3, "choice") for n in names))
    if "你好" in text:
        return Decision("smalltalk", smalltalk="greeting")
    return Decision("unknown", reason="no_entry")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with pytest.MonkeyPatch.context() as patch:
        stub_policy(patch, few_words)
        patch.setattr("bot.conversation.index_of", FakeIndex)
        faq = read_faq(ROOT / "faq")
        made = make_services(
            tmp_path_factory.mktemp("web"),
            entries=[entry_to_dict(entry, iso_dates=True) for entry in faq.entries],
            texts=documents(ROOT / "faq"),
            environ={"BOT_RATE_LIMIT": "10000", "BOT_OPERATOR": "阳光社区居委会（@sunny_community）"},
        )
        made.conversation.refresh()
        yield made
        made.store.close()


class _City(BaseHTTPRequestHandler):
    """Another site, whose page shows the address after the question mark in a frame."""

    def do_GET(self) -> None:
        body = f'<iframe src="{self.path[2:]}" width="400" height="600"></iframe>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def city() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _City) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def address(services: Services, city: int) -> Iterator[str]:
    with serving(create_web(services, console=False, embed_origins=(f"http://127.0.0.1:{city}",))) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, headless=True)
        yield started
        started.close()


@contextlib.contextmanager
def opened(browser: Browser, url: str, *, size: dict[str, int] = DESKTOP, quiet: bool = True) -> Iterator[Page]:
    """A fresh visitor's page. ``quiet``: any console error, CSP violations among them, fails the test."""
    context: BrowserContext = browser.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        page.goto(url)
        expect(page.locator(".hello")).to_be_visible()
        yield page
        if quiet:
            assert said == []
    finally:
        context.close()


def ask(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".waiting")).to_have_count(0)


def last(page: Page) -> Any:
    return page.locator(".bubble.bot").last


def picture(page: Page, name: str) -> None:
    """BOT_SCREENSHOTS=1 writes it into docs/screenshots; a mere run of the tests changes no file."""
    if os.environ.get("BOT_SCREENSHOTS") == "1":
        page.screenshot(path=SHOTS / f"{name}.png")


def settled(page: Page) -> None:
    """The picture must not show a list that is still rolling."""
    page.wait_for_function(
        "() => { const y = document.getElementById('log').scrollTop; const same = y === window.lastY;"
        " window.lastY = y; return same; }",
        polling=150,
    )


def no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert (
        page.evaluate("(() => { const l = document.getElementById('log'); return l.scrollWidth - l.clientWidth })()")
        <= 0
    )


# ---------------------------------------------------------------- a conversation
def test_a_conversation_of_several_turns(browser: Browser, address: str, services: Services) -> None:
    with opened(browser, address) as page:
        expect(page.locator("header")).to_contain_text("阳光社区居委会")
        expect(page.locator("#warning")).to_contain_text("绝不会要钱")
        ask(page, "你好")
        expect(last(page)).to_contain_text("防骗助手")
        ask(page, "有人让我刷单返利，能信吗")
        card = last(page).locator(".card")
        expect(card.locator("ol.steps > li").first).to_be_visible()
        expect(card.locator("a.call").first).to_have_attribute("href", "tel:110")
        signs = card.locator("details", has_text="怎么识别")
        expect(signs.locator("li").first).not_to_be_visible()
        signs.locator("summary").click()
        expect(signs.locator("li").first).to_be_visible()
        signs.locator("summary").click()
        last(page).get_by_role("button", name="有帮助").click()
        expect(last(page).locator(".told").last).to_contain_text("记下了")
        settled(page)
        picture(page, "chat-desktop")
        ask(page, "我把钱转给骗子了")
        expect(last(page)).to_have_attribute("data-kind", "emergency")
        expect(last(page).locator("a.call").first).to_have_attribute("href", "tel:110")
        expect(last(page).locator(".card.brief")).to_have_count(2)
        expect(last(page).locator(".also")).to_have_text(["这像是：", "还有："])
        ask(page, "<img src=x onerror=alert(1)>**新鲜事**")
        expect(page.locator(".bubble.mine").last).to_contain_text("<img src=x onerror=alert(1)>")
        assert page.locator("img").count() == 0
        last(page).get_by_role("button", name="有了答案告诉我").click()
        expect(last(page)).to_contain_text("最多等 30 天")
        turns = services.store.turns.recent_questions(since=0)
        assert len({turn.chat for turn in turns}) == 1


def test_an_answer_that_came_later_waits_at_the_next_visit(browser: Browser, address: str, services: Services) -> None:
    with opened(browser, address) as page:
        ask(page, "楼道里的怪事")
        last(page).get_by_role("button", name="有了答案告诉我").click()
        expect(last(page)).to_contain_text("最多等 30 天")
        (group,) = services.store.queue.groups(search="怪事")
        row = services.store.faq.entry("task-rebate")
        assert row
        services.store.faq.publish(
            [Publication("task-rebate", row.topic, row.body, row.revision, "e", "p", close_groups=(group.id,))], at=NOW
        )
        services.conversation.refresh()
        page.reload()
        expect(last(page)).to_contain_text("您之前问过一件事")
        expect(last(page).locator(".card")).to_be_visible()
        page.reload()
        expect(page.locator(".bubble.bot")).to_have_count(1)


def test_choices_by_keyboard_and_none_of_these(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        ask(page, "客服打电话来")
        choices = last(page).locator(".choice")
        expect(choices).to_have_count(4)
        choices.nth(1).focus()
        page.keyboard.press("Enter")
        expect(last(page).locator(".card")).to_be_visible()
        expect(page.locator(".choice.taken")).to_have_count(1)
        ask(page, "客服又来了")
        last(page).get_by_role("button", name="都不是").click()
        expect(last(page)).to_contain_text("换个说法")
        expect(last(page).get_by_role("button", name="有了答案告诉我")).to_be_visible()


def test_not_helpful_asks_what_was_missing(browser: Browser, address: str, services: Services) -> None:
    with opened(browser, address) as page:
        ask(page, "刷单")
        last(page).get_by_role("button", name="没帮上").click()
        words = last(page).get_by_label("少了什么")
        expect(words).to_be_focused()
        words.fill("没说垫付的钱怎么办")
        last(page).get_by_role("button", name="告诉编辑").click()
        expect(last(page)).to_contain_text("编辑会看到")
        assert "没说垫付的钱怎么办" in [row.missing for row in services.store.turns.feedback()]


def test_emergency_topics_privacy_and_forget(browser: Browser, address: str, services: Services) -> None:
    with opened(browser, address) as page:
        page.get_by_role("button", name="紧急求助").click()
        expect(last(page).locator("a.call").first).to_have_attribute("href", "tel:110")
        expect(last(page).locator("ol > li")).to_have_count(7)
        last(page).locator(".choice").first.click()
        expect(last(page).locator(".card.urgent")).to_be_visible()
        page.get_by_role("button", name="按类别看").click()
        sheet = page.get_by_role("dialog")
        expect(sheet).to_be_visible()
        sheet.locator("summary").nth(1).click()
        sheet.locator("details[open] .choice").first.click()
        expect(sheet).not_to_be_visible()
        expect(last(page).locator(".card")).to_be_visible()
        ask(page, "刷单")
        page.get_by_role("button", name="隐私").click()
        sheet.get_by_role("button", name="删掉我的记录").click()
        expect(sheet.get_by_role("button", name="删掉", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(sheet).to_contain_text("删好了")
        page.keyboard.press("Escape")
        expect(page.locator(".bubble")).to_have_count(1)


# ---------------------------------------------------------------- language, large print, small screens, frames
def test_languages_and_large_print_are_kept(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="Emergency")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        ask(page, "刷单")
        expect(last(page)).to_contain_text("What to do")
        page.get_by_role("button", name="繁體中文").click()
        expect(page.get_by_role("button", name="緊急求助")).to_be_visible()
        page.get_by_role("button", name="大字版").click()
        page.reload()
        expect(page.get_by_role("button", name="緊急求助")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
        page.get_by_role("button", name="简体中文").click()
        ask(page, "我把钱转给骗子了")
        expect(last(page).locator(".extras")).not_to_be_visible()
    with opened(browser, address, size={"width": 414, "height": 896}) as page:
        page.get_by_role("button", name="大字版").click()
        ask(page, "有人让我刷单返利，能信吗")
        no_sideways_scrolling(page)
        settled(page)
        picture(page, "chat-elder")


def test_a_phone_of_360_pixels(browser: Browser, address: str) -> None:
    with opened(browser, address, size=PHONE) as page:
        no_sideways_scrolling(page)
        ask(page, "我把钱转给骗子了")
        no_sideways_scrolling(page)
        settled(page)
        picture(page, "chat-phone")
        # What matters stands on the first screen, and fingers can hit what is to be pressed.
        expect(last(page).locator("a.call").first).to_be_in_viewport()
        small = page.evaluate(
            "[...document.querySelectorAll('button, a.call, summary')].filter(e => e.offsetParent && e.offsetHeight < 44)"
            ".map(e => e.textContent)"
        )
        assert small == []


def test_landmarks_labels_and_the_way_by_keyboard(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        for role in ("banner", "navigation", "main", "contentinfo", "log"):
            expect(page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
        expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
        expect(page.get_by_label("您遇到了什么事")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.type("刷单")
        page.keyboard.press("Enter")
        expect(last(page).locator(".card")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_kind_of_reply_can_be_read_heard_reached_and_fits(
    browser: Browser, address: str, size: dict[str, int], scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, address, size=size) as page:
        page.emulate_media(color_scheme=scheme)
        for text in ("刷单", "我把钱转给骗子了", "今天天气怎么样", "你好"):
            ask(page, text)
            settled(page)
        assert page.evaluate(FAULTS) == []
        page.locator("#elder").click()
        assert page.evaluate(FAULTS) == []
        page.goto(f"{address}/embed")
        ask(page, "我把钱转给骗子了")
        settled(page)
        assert page.evaluate(FAULTS) == []


@pytest.mark.parametrize(
    ("host", "path", "shown"),
    [("127.0.0.1", "/embed", True), ("127.0.0.1", "/", False), ("localhost", "/embed", False)],
)
def test_only_the_embedded_chat_stands_in_a_frame_and_only_on_named_sites(
    browser: Browser, address: str, city: int, host: str, path: str, shown: bool
) -> None:
    page = browser.new_page()
    try:
        page.goto(f"http://{host}:{city}/?{address}{path}", wait_until="load")
        frame = page.frame_locator("iframe")
        expect(frame.locator("#ask")).to_have_count(1 if shown else 0)
        if shown:
            frame.locator("#text").fill("刷单")
            frame.locator(".send").click()
            expect(frame.locator(".bubble.bot .card")).to_be_visible()
    finally:
        page.close()


# ---------------------------------------------------------------- what goes wrong
def test_without_a_connection_the_words_are_kept_and_sent_again(
    browser: Browser, address: str, services: Services
) -> None:
    with opened(browser, address, quiet=False) as page:
        page.context.set_offline(True)
        expect(page.locator("#offline")).to_contain_text("没有网络")
        ask(page, "刷单的事，没有网络时问的")
        failed = page.locator(".bubble.mine.failed")
        expect(failed).to_contain_text("刷单的事，没有网络时问的")
        expect(failed).to_contain_text("110")
        page.context.set_offline(False)
        failed.get_by_role("button", name="再发一次").click()
        expect(last(page).locator(".card")).to_be_visible()
        expect(page.locator(".bubble.mine")).to_have_count(1)
        asked = [turn.masked for turn in services.store.turns.recent_questions(since=0)]
        assert asked.count("刷单的事，没有网络时问的") == 1


def test_what_is_being_typed_survives_a_reload(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.locator("#text").fill("写到一半")
        page.reload()
        expect(page.locator("#text")).to_have_value("写到一半")


def test_the_share_card_is_copied(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        ask(page, "刷单")
        share = last(page).locator("details", has_text="转发给家人")
        share.locator("summary").click()
        share.get_by_role("button", name="复制这段话").click()
        expect(share).to_contain_text("复制好了")
        assert page.evaluate("navigator.clipboard.readText()") == share.locator(".share").inner_text()
