"""A person in a browser at the console, over a store with the small FAQ: for the browser tests.

BOT_SCREENSHOTS=1 writes the pages into docs/screenshots/; otherwise nothing outside the test's folder is touched.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1]))
from editorial_parts import NOW, Parts
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.channels.web.app import create_web
from bot.store.base import StaffRow

CHROMIUM = Path("/usr/bin/chromium")
SHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
DAY = 86_400
ASKED = {
    "g1": ("有人说可以代办养老金补缴，先交八千手续费", 9),
    "g2": ("社区群里发的免费领鸡蛋要下载软件能领吗", 6),
    "g3": ("孩子学校群里收资料费的是不是老师本人", 4),
    "g4": ("My landlord wants the deposit in crypto", 2),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = "needs the system package chromium (/usr/bin/chromium): apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


class _Quiet(uvicorn.Server):
    def install_signal_handlers(self) -> None: ...


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Parts(tmp_path)
    for group, (text, count) in ASKED.items():
        for n in range(count):
            made.ask(text, group=group, at=NOW - (n * n % 11) * DAY)
    made.ask("今天天气怎么样", group="g5", reason="not_ours")
    made.wish("g1", "111")
    yield made
    made.close()


@pytest.fixture
def url(parts: Parts) -> Iterator[str]:
    config = uvicorn.Config(create_web(parts), host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="on")
    server = _Quiet(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


class Visit:
    """One person in a browser of his own; what the page refuses or complains about fails the test."""

    def __init__(self, browser: Browser, url: str, *, phone: bool = False) -> None:
        size: Any = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 900}
        self.context: BrowserContext = browser.new_context(viewport=size, locale="zh-CN")
        self.page: Page = self.context.new_page()
        self.url, self.phone = url, phone
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("dialog", lambda dialog: dialog.accept())

    def sign_in(self, parts: Parts, person: StaffRow) -> None:
        self.page.goto(f"{self.url}/console/login?token={parts.link_token(person.name)}")
        self.page.get_by_role("main").get_by_role("button", name="登录").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("没答上的问题")
        self.page.wait_for_load_state()

    def shot(self, name: str, *, whole: bool = True) -> None:
        """``whole``: the page from top to bottom, else what is on the screen."""
        self.fits()
        if os.environ.get("BOT_SCREENSHOTS") == "1":
            SHOTS.mkdir(parents=True, exist_ok=True)
            path = SHOTS / f"console-{name}{'-phone' if self.phone else ''}.png"
            self.page.screenshot(path=path, full_page=whole)
            from PIL import Image  # comes with matplotlib; a third of the size at no loss that one sees

            with Image.open(path) as picture:
                picture.convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                    path, optimize=True
                )

    def fits(self) -> None:
        """Nothing sticks out to the side."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"

    def close(self) -> None:
        self.context.close()
        assert self.faults == [], self.faults
