"""The composition root: the key, the port, the FAQ at a start, and channels that do not take each other down."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import stat
import sys
import threading
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_faq import FakeIndex, files, stub_policy

from bot import app as root
from bot.app import EXPIRE_SECONDS, App, base_url, import_folder, listen
from bot.conversation import Question
from bot.core.entry import Faq
from bot.errors import BotError, FaqError, SettingsError
from bot.keyfile import key_path, secret_key
from bot.logs import RedactingFilter
from bot.settings import Settings, load_settings
from bot.store.sqlite import SqliteStore


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for path, text in files().items():
        (tmp_path / "faq" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "faq" / path).write_text(text, encoding="utf-8")
    environ = {
        "BOT_DATABASE": str(tmp_path / "data/bot.db"),
        "BOT_FAQ": str(tmp_path / "faq"),
        "BOT_LISTEN": "127.0.0.1:0",
    }
    return load_settings(environ, env_file=tmp_path / "none")


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub_policy(monkeypatch)

    def fake(faq: Faq, *, aside: bool = False) -> Any:
        return FakeIndex(faq)

    monkeypatch.setattr("bot.conversation.index_of", fake)
    monkeypatch.setattr(root, "setup_logs", lambda *_args, **_options: RedactingFilter())


@pytest.fixture
def store(settings: Settings) -> Iterator[SqliteStore]:
    made = SqliteStore(settings.database)
    made.migrate()
    yield made
    made.close()


# ---------------------------------------------------------------- the key
def test_the_key_is_made_once_and_only_ours_to_read(settings: Settings) -> None:
    key = secret_key(settings)
    assert len(key) >= 40
    assert secret_key(settings) == key
    assert stat.S_IMODE(key_path(settings).stat().st_mode) == 0o600
    assert [path.name for path in key_path(settings).parent.iterdir()] == ["bot.key"]


def test_processes_that_start_together_agree_on_the_key(settings: Settings) -> None:
    keys: list[str] = []
    threads = [threading.Thread(target=lambda: keys.append(secret_key(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_given_key_makes_no_file(settings: Settings) -> None:
    assert secret_key(replace(settings, secret_key="given")) == "given"
    assert not key_path(settings).exists()


def test_an_empty_key_file_is_an_error_that_says_what_to_do(settings: Settings) -> None:
    secret_key(settings)
    key_path(settings).write_text("\n")
    with pytest.raises(SettingsError, match="empty"):
        secret_key(settings)


# ---------------------------------------------------------------- address and port
def test_addresses_that_people_can_open(settings: Settings) -> None:
    assert base_url(settings) == "http://127.0.0.1:0"
    assert base_url(replace(settings, host="0.0.0.0", port=80)) == "http://127.0.0.1:80"
    assert base_url(replace(settings, host="::1", port=80)) == "http://[::1]:80"
    assert base_url(replace(settings, public_url="https://bot.invalid")) == "https://bot.invalid"


def test_a_busy_port_is_said_at_once_and_names_the_setting(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = replace(settings, port=taken.getsockname()[1])
        with pytest.raises(BotError, match="BOT_LISTEN"):
            listen(busy)


def test_a_host_that_is_not_ours_names_the_setting(settings: Settings) -> None:
    with pytest.raises(BotError, match="BOT_LISTEN"):
        listen(replace(settings, host="no host"))


# ---------------------------------------------------------------- the FAQ at a start
def test_a_broken_folder_with_nothing_published_stops_the_start(settings: Settings, store: SqliteStore) -> None:
    (settings.faq / "money/fake-loan.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(FaqError, match=r"fake-loan\.toml"):
        import_folder(store, settings.faq)


def test_a_broken_folder_is_named_and_what_was_published_is_served(
    settings: Settings, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    assert import_folder(store, settings.faq)
    (settings.faq / "money/fake-loan.toml").write_text("id = ", encoding="utf-8")
    with caplog.at_level(logging.ERROR):
        assert import_folder(store, settings.faq) is None
    assert "money/fake-loan.toml" in caplog.text
    assert len(store.faq.entries()) == 4


def test_a_prepared_app_answers(settings: Settings) -> None:
    app = App(settings)
    try:
        app.prepare()
        assert not app.ready  # the index is fitted beside the channels
        app.poll()
        assert app.ready
        reply = app.conversation.ask(Question("贷款", "test", "c", "a", "1", app.clock()))
        assert reply.kind == "answer"
        app.poll()
        app.expire()
    finally:
        app.close()


def test_what_is_kept_for_minutes_is_looked_for_every_minute(settings: Settings) -> None:
    assert EXPIRE_SECONDS <= 60
    app = App(settings)
    looked: list[float] = []
    app.expire = lambda: looked.append(app.clock())  # type: ignore[method-assign]
    with app._background():
        pass
    app.close()
    assert len(looked) == 1  # at the start too, for what a long stop left


# ---------------------------------------------------------------- channels
async def _plain_web(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def _fake_channels(monkeypatch: pytest.MonkeyPatch, telegram: Any) -> None:
    web = types.ModuleType(root.WEB_MODULE)
    web.__dict__["create_web"] = lambda _app, **_options: _plain_web
    channel = types.ModuleType(root.TELEGRAM_MODULE)
    channel.__dict__["create_telegram"] = lambda _app: telegram
    monkeypatch.setitem(sys.modules, root.WEB_MODULE, web)
    monkeypatch.setitem(sys.modules, root.TELEGRAM_MODULE, channel)
    monkeypatch.setattr(root, "TELEGRAM_RETRY_SECONDS", 0.01)


async def _get(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await writer.drain()
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


class FailingTelegram:
    """Throws three times; then the web is still up, and the test ends the service as a person would."""

    def __init__(self) -> None:
        self.tries = 0
        self.port = 0
        self.web = b""

    async def run(self, stop: asyncio.Event) -> None:
        self.tries += 1
        if self.tries <= 3:
            raise OSError("unreachable")
        self.web = await _get(self.port)
        signal.raise_signal(signal.SIGTERM)
        await stop.wait()


def test_a_failing_telegram_is_tried_again_and_the_web_stays_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    telegram = FailingTelegram()
    _fake_channels(monkeypatch, telegram)
    real = root.listen

    def bound(configured: Settings) -> socket.socket:
        made = real(configured)
        telegram.port = made.getsockname()[1]
        return made

    monkeypatch.setattr(root, "listen", bound)
    assert App(replace(settings, telegram_token="1:secret-token")).serve() == 0
    assert telegram.tries == 4
    assert telegram.web.endswith(b"ok")
    out = capsys.readouterr().out
    assert f"http://127.0.0.1:{telegram.port}/" in out
    assert "/console/sign-in/" in out
    assert "secret-token" not in out


def test_a_web_that_cannot_start_is_an_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_channels(monkeypatch, None)

    def broken(_app: App, **_options: Any) -> Any:
        raise FaqError("no templates")

    sys.modules[root.WEB_MODULE].__dict__["create_web"] = broken
    with pytest.raises(FaqError):
        App(settings).serve()


def test_a_telegram_that_cannot_be_made_leaves_the_web(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _fake_channels(monkeypatch, None)

    def broken(_app: App, **_options: Any) -> Any:
        raise RuntimeError("bad token")

    sys.modules[root.TELEGRAM_MODULE].__dict__["create_telegram"] = broken
    app = App(replace(settings, telegram_token="1:secret-token"))
    try:
        assert app._telegram() is None
        assert "the web goes on" in caplog.text
    finally:
        app.close()


def test_a_background_job_that_fails_runs_again(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    app = App(settings)
    calls: list[int] = []

    def job() -> None:
        calls.append(1)
        if len(calls) == 3:
            app.stopping.set()
        raise ValueError("once more")

    try:
        app._every(0.001, job)
        assert len(calls) == 3
    finally:
        app.close()
