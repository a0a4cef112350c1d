"""The real service, killed in the middle of a thousand queued updates, again and again: every one is answered; a kill
makes at most one answer come twice; none comes a third time."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_bot_api import FakeBotApi
from small_faq import files
from telegram_parts import SECRET

ROOT = Path(__file__).parents[2]
UPDATES = 1000
#: After how many answers; the second a moment after a start.
KILLS = (250, 253, 600)

if importlib.util.find_spec("bot.commands.serve") is None:
    pytest.skip("`python -m bot serve` is not part of this installation yet", allow_module_level=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """`python -m bot serve` with a small FAQ, again and again on the same database."""

    def __init__(self, folder: Path, api: FakeBotApi, *, webhook: bool) -> None:
        for path, text in files().items():
            (folder / "faq" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "faq" / path).write_text(text, encoding="utf-8")
        port = free_port()
        self.folder, self.api = folder, api
        self.log = folder / "log"
        self.environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "BOT_TELEGRAM_TOKEN": api.token,
            "BOT_TELEGRAM_API": api.url,
            "BOT_LISTEN": f"127.0.0.1:{port}",
            "BOT_FAQ": str(folder / "faq"),
        }
        if webhook:
            self.environ |= {"BOT_PUBLIC_URL": f"http://127.0.0.1:{port}", "BOT_WEBHOOK_SECRET": SECRET}

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        with (
            open(self.log, "ab") as log,
            subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], cwd=self.folder, env=self.environ, stdout=log, stderr=log
            ) as process,
        ):
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    try:
                        process.wait(40)
                    except subprocess.TimeoutExpired:
                        process.kill()


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
def test_killed_in_the_middle_of_a_thousand_updates(tmp_path: Path, webhook: bool) -> None:
    with FakeBotApi(webhook_retry=(0.1, 1.0)) as api:
        service = Service(tmp_path, api, webhook=webhook)
        api.burst(UPDATES, "网上贷款要先交保证金，可信吗")
        for at in KILLS:
            with service.running() as process:
                api.wait(lambda at=at: api.ok["sendMessage"] >= at or process.poll() is not None, timeout=120)
                assert process.poll() is None, service.log.read_text(encoding="utf-8", errors="replace")[-3000:]
                process.kill()
                process.wait()
        with service.running() as process:
            api.wait(lambda: len(Counter(m["chat"]["id"] for m in api.sent())) == UPDATES, timeout=120)
            api.wait(lambda: not api.pending, timeout=30)
            time.sleep(0.5)  # a late duplicate would come now
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
        answers = Counter(m["chat"]["id"] for m in api.sent())
        twice = [chat for chat, count in answers.items() if count > 1]
        assert len(answers) == UPDATES
        assert max(answers.values()) <= 2
        assert len(twice) <= len(KILLS), f"{len(KILLS)} crashes, {len(twice)} answered twice"
        log = service.log.read_text(encoding="utf-8", errors="replace")
        assert api.token not in log
        assert "保证金" not in log
