"""The Telegram channel on a real store, a small FAQ and the fake Bot API, in the test's own process."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_bot_api import FakeBotApi, Json
from small_faq import FakeIndex, bodies, documents, keyword_decision, stub_policy

from bot import figures
from bot.channels.telegram.channel import TelegramChannel
from bot.conversation import Conversation
from bot.core.entry import Faq
from bot.core.reply import Decision
from bot.editorial import Editorial
from bot.ids import Pseudonyms
from bot.inbox import Inbox
from bot.outreach import Outreach
from bot.settings import Settings, load_settings
from bot.staff import Staff
from bot.store.base import GroupRow, Publication
from bot.store.sqlite import SqliteStore

SECRET = "webhook-secret_1"
KEY = "key of the tests"
NOW = 1_764_000_000


class Watch:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture(autouse=True)
def small_index(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Answers by key words; returns what was asked, with its context."""
    asked: list[tuple[str, tuple[str, ...]]] = []

    def decide(found: Any, text: str, **options: Any) -> Decision:
        asked.append((text, tuple(options.get("context", ()))))
        return keyword_decision(found, text, **options)

    stub_policy(monkeypatch, decide)

    def fake(faq: Faq, *, aside: bool = False) -> Any:
        return FakeIndex(faq)

    monkeypatch.setattr("bot.conversation.index_of", fake)
    monkeypatch.setattr("bot.editorial.index_of", fake)
    monkeypatch.setattr("bot.replay.decide", decide)
    return asked


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = new_store(tmp_path / "bot.db")
    yield made
    made.close()


def new_store(path: Path) -> SqliteStore:
    made = SqliteStore(path)
    made.migrate()
    if not made.faq.entries():
        everyday = (
            '[near]\nzh = ["等额本息和等额本金哪个划算", "快递三天没更新在哪查"]\nen = ["which loan rate is low"]\n'
        )
        texts = {**documents(), "lexicon/everyday.toml": everyday}
        made.faq.put_documents({path: (text, "h") for path, text in texts.items()}, at=NOW)
        made.faq.publish([Publication(b["id"], b["topic"], b, 0, "e", "p") for b in bodies()], at=NOW)
    return made


def settings(api: FakeBotApi, **changes: str) -> Settings:
    return load_settings(
        {"BOT_TELEGRAM_TOKEN": api.token, "BOT_TELEGRAM_API": api.url, "BOT_OPERATOR": "某区派出所", **changes},
        env_file=Path("/nonexistent"),
    )


class House:
    """What one process holds. ``close`` is a graceful stop; ``open`` again is a restart on the same store."""

    def __init__(self, api: FakeBotApi, store: SqliteStore, *, edited: bool = False, **changes: str) -> None:
        self.api, self.store, self.clock = api, store, Watch()
        self.settings = settings(api, **changes)
        self.pseudonyms = Pseudonyms(KEY)
        self.conversation = Conversation(
            store, region="cn", timezone="Asia/Shanghai", operator=self.settings.operator, clock=self.clock
        )
        self.staff = Staff(store.staff, clock=self.clock, base_url="http://127.0.0.1:8080")
        self.editorial = Editorial(
            store, clock=self.clock, timezone="Asia/Shanghai", index=lambda: self.conversation.index
        )
        self.outreach = Outreach(store, clock=self.clock)
        self.inbox = Inbox(store.inbox, journal=Path(f"{store._engine.path}.answered"))
        self.channel = TelegramChannel(
            self.settings,
            self.conversation,
            self.inbox,
            self.staff,
            self.editorial if edited else None,
            self.pseudonyms,
            outreach=self.outreach,
            clock=self.clock,
            figures=lambda: figures.week(store, clock=self.clock, timezone="Asia/Shanghai"),
            first_wait=0.02,
        )

    async def open(self) -> House:
        await self.channel.start()
        await self.api.wait_for(lambda: self.channel.up)
        return self

    async def close(self) -> None:
        await self.channel.stop()

    async def __aenter__(self) -> House:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def group(self, group_id: str) -> GroupRow:
        found = self.store.queue.group(group_id)
        assert found is not None
        return found

    # ------------------------------------------------------------ talking to it
    async def reply(self, chat: int, act: Callable[[], Any], *, more: int = 1) -> Json:
        """Does something in a chat and waits for the bot's next message there; the last of ``more``."""
        before = {m["message_id"] for m in self.api.sent(chat)}
        act()

        def new() -> list[Json]:
            return [m for m in self.api.sent(chat) if m["message_id"] not in before]

        await self.api.wait_for(lambda: len(new()) >= more)
        return new()[more - 1]

    async def say(self, chat: int, text: str, **fields: Any) -> Json:
        return await self.reply(chat, lambda: self.api.message(chat, text, **fields))

    async def press(self, message: Json, button: str, **fields: Any) -> Json:
        """Presses and returns what the button was answered with."""
        query = self.api.press(message, button, **fields)
        answered: Json = await self.api.wait_for(lambda: self.api.callback_answers.get(query["id"]))
        return answered

    async def open_by(self, message: Json, button: str, **fields: Any) -> Json:
        """Presses and returns the message that comes."""
        chat = message["chat"]["id"]
        return await self.reply(chat, lambda: self.api.press(message, button, **fields))

    async def quiet(self) -> None:
        """Until everything that was sent to the bot is confirmed and answered."""
        await self.api.wait_for(lambda: not self.api.pending and self.inbox.backlog == 0)
        for _ in range(3):
            await asyncio.sleep(0.01)
        await self.api.wait_for(lambda: self.inbox.backlog == 0)


@pytest.fixture
async def house(api: FakeBotApi, store: SqliteStore) -> AsyncIterator[House]:
    made = House(api, store)
    async with made:
        yield made


def buttons(message: Json) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def data_of(message: Json) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button.get("callback_data", "") for row in rows for button in row]


def button_like(message: Json, pattern: str) -> str:
    return next(text for text in buttons(message) if re.search(pattern, text))


__all__ = ["KEY", "NOW", "SECRET", "House", "Watch", "api", "button_like", "buttons", "contextlib", "data_of", "house",
           "new_store", "settings", "small_index", "store"]  # fmt: skip
