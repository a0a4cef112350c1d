"""All that the server knows, and how threads and its loop hear of a change."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import aiohttp

from fake_bot_api.records import TOKEN, ApiError, Call, Fault, Json, Webhook

FIRST_IDS = {"message": 1, "query": 4_000_000_001, "file": 1}


class State:
    """Every part of the server stands on this; all of it changes under ``_lock`` only."""

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        username: str = "fanzha_test_bot",
        strict_chats: bool = False,
        webhook_retry: tuple[float, float] = (0.05, 2.0),
        webhook_timeout: float = 30.0,
    ) -> None:
        """``strict_chats``: a chat nobody has written from is "chat not found", as on the real server.

        ``webhook_retry``: first and longest wait before an update is delivered again, doubling in between.
        """
        self.token = token
        self.username = username
        self.port = port
        self.strict_chats = strict_chats
        self._retry_first, self._retry_most = webhook_retry
        self._webhook_timeout = webhook_timeout

        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._version = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._wakes = 0
        self._sleepers: list[asyncio.Future[None]] = []
        self._pulse_due = False
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._clear()

    def _clear(self) -> None:
        self.journal: list[Call] = []
        self.ok: Counter[str] = Counter()  # how many calls of each method went well
        self.faults: list[Fault] = []
        self.pending: dict[int, Json] = {}  # update id -> update, in order
        self.dropped: list[Json] = []  # updates the bot has not asked for (allowed_updates)
        self.delivered: list[int] = []  # update ids the bot has confirmed, in the order of confirmation
        self.webhook: Webhook | None = None
        self.allowed_updates: list[str] | None = None
        self.last_webhook_error: tuple[int, str] | None = None
        self.me: Json = {
            "id": int(self.token.partition(":")[0]), "is_bot": True,
            "first_name": "反诈助手", "username": self.username,
            "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": True,
            "can_connect_to_business": False, "has_main_web_app": False,
        }  # fmt: skip
        self.users: dict[int, Json] = {}
        self.chats: dict[int, Json] = {}
        self.messages: dict[int, Json] = {}  # message id -> message; ids are unique across chats here
        self.by_chat: dict[int, list[int]] = {}
        self.members: dict[tuple[int, int], str] = {}
        self.migrated: dict[int, int] = {}
        self.lost_chats: dict[int, ApiError] = {}
        self.files: dict[str, tuple[str, bytes]] = {}  # file id -> path, content
        self.commands: dict[tuple[str, str], list[Json]] = {}  # scope as JSON, language
        self.profile: dict[tuple[str, str], str] = {}  # name | description | short_description, language
        self.menu_buttons: dict[int | None, Json] = {}
        self.callback_queries: dict[str, Json] = {}
        self.callback_answers: dict[str, Json] = {}
        self.inline_queries: dict[str, Json] = {}
        self.inline_answers: dict[str, Json] = {}
        self.inline_messages: dict[str, Json] = {}
        self.chat_actions: list[tuple[int, str]] = []
        self._ids = {name: itertools.count(start) for name, start in FIRST_IDS.items()}
        self._update_id = 500_000_000
        # Webhook delivery: one lane a chat, so that order within it is kept while other chats go on.
        self._lanes: dict[Any, deque[int]] = {}
        self._ready: deque[Any] = deque()
        self._busy: set[Any] = set()
        self._delayed: dict[Any, asyncio.TimerHandle] = {}
        self._attempts: dict[int, int] = {}
        self._flying: set[int] = set()
        self._poll_ticket = 0
        self._poll_conflict = ""

    @property
    def url(self) -> str:
        """The root, without ``/bot``: the value of BOT_TELEGRAM_API."""
        return f"http://127.0.0.1:{self.port}"

    def _from_anywhere(self, call: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # closing: nobody is left to hear it
                loop.call_soon_threadsafe(call)

    def _touch(self) -> None:
        """State has changed: wake whoever waits in a test."""
        self._version += 1
        self._changed.notify_all()

    def _wake(self) -> None:
        """Something to deliver, or a reason to stop: wake the long polls and the dispatcher."""
        self._touch()
        self._wakes += 1
        if self._sleepers and not self._pulse_due:
            self._pulse_due = True
            self._from_anywhere(self._pulse)

    def _pulse(self) -> None:
        with self._lock:
            sleepers, self._sleepers, self._pulse_due = self._sleepers, [], False
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    async def _sleep(self, seen: int, seconds: float | None) -> None:
        """Until something new has come since ``_wakes`` was ``seen``."""
        with self._lock:
            if self._wakes != seen:
                return
            sleeper = asyncio.get_running_loop().create_future()
            self._sleepers.append(sleeper)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await sleeper
