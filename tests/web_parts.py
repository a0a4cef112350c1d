"""The web application on a real store and a small FAQ, with the matcher replaced by a few words."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from small_faq import FakeIndex, bodies, documents, stub_policy
from starlette.applications import Starlette

from bot.channels.web.app import create_web
from bot.conversation import Conversation
from bot.ids import Pseudonyms
from bot.settings import Settings, load_settings
from bot.store.base import Clock, Publication
from bot.store.sqlite import SqliteStore

NOW = 1_764_000_000
KEY = "a-key-of-the-tests"


@dataclass
class Services:
    settings: Settings
    store: SqliteStore
    conversation: Conversation
    pseudonyms: Pseudonyms
    clock: Clock
    telegram: Any = None


def stub_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fitting: the index is the FAQ alone, and a few words decide."""
    stub_policy(monkeypatch)
    monkeypatch.setattr("bot.conversation.index_of", FakeIndex)


def make_services(
    folder: Path,
    *,
    entries: Iterable[Mapping[str, Any]] | None = None,
    texts: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Services:
    store = SqliteStore(folder / "bot.db")
    store.migrate()
    store.faq.put_documents({path: (text, "h") for path, text in (texts or documents()).items()}, at=NOW)
    found = bodies() if entries is None else list(entries)
    store.faq.publish([Publication(b["id"], b["topic"], b, 0, "e", "p") for b in found], at=NOW)
    settings = load_settings(
        {"BOT_DATABASE": str(folder / "bot.db"), **(environ or {})}, env_file=folder / "no-such-file"
    )
    talk = Conversation(
        store, region=settings.region, timezone=settings.timezone, operator=settings.operator, clock=lambda: NOW,
        replay_days=settings.replay_days,
    )  # fmt: skip
    return Services(settings, store, talk, Pseudonyms(KEY), lambda: NOW)


@contextlib.contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The application behind a real server on a free port; its address."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        bound.setblocking(False)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def client(services: Services, *, address: str = "203.0.113.7", **options: Any) -> httpx.AsyncClient:
    """Talks to the application as a browser at ``address`` would."""
    transport = httpx.ASGITransport(create_web(services, console=False, **options), client=(address, 4321))
    return httpx.AsyncClient(transport=transport, base_url="http://bot.invalid")
