"""Waiting for what the bot does, and looking at it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, NoReturn

from fake_bot_api.records import Call, Json
from fake_bot_api.state import State


class Looking(State):
    """For tests: what was sent, called, confirmed."""

    def wait(self, predicate: Callable[[], Any], timeout: float = 10.0) -> Any:
        """Block until the predicate is true and return its value. For sync tests."""
        end = time.monotonic() + timeout
        while not (value := predicate()):
            left = end - time.monotonic()
            if left <= 0:
                self._late(timeout)
            with self._changed:  # asked again now and then: the predicate may look at something else, too
                self._changed.wait(min(left, 0.02))
        return value

    async def wait_for(self, predicate: Callable[[], Any], timeout: float = 10.0) -> Any:
        """The same without blocking the caller's loop."""
        end = time.monotonic() + timeout
        while not (value := predicate()):
            if time.monotonic() >= end:
                self._late(timeout)
            seen, again = self._version, time.monotonic() + 0.02
            while self._version == seen and time.monotonic() < again:
                await asyncio.sleep(0.002)
        return value

    def _late(self, timeout: float) -> NoReturn:
        last = [f"{call.method} -> {call.status} {call.description}".strip() for call in self.journal[-12:]]
        raise TimeoutError(f"not within {timeout} s; pending updates: {len(self.pending)}; last calls: {last}")

    def sent(self, chat_id: int | None = None) -> list[Json]:
        """The bot's messages as they stand now (edits applied, deleted ones gone), oldest first."""
        with self._lock:
            ids = self.messages if chat_id is None else self.by_chat.get(chat_id, ())
            return [m for i in ids if (m := self.messages.get(i)) and m.get("from", {}).get("id") == self.me["id"]]

    def texts(self, chat_id: int | None = None) -> list[str]:
        return [message.get("text") or message.get("caption", "") for message in self.sent(chat_id)]

    def calls(self, method: str | None = None, *, ok: bool | None = None) -> list[Call]:
        """The journal, of one method, and of the calls that went well or did not."""
        with self._lock:
            return [
                call
                for call in self.journal
                if (method is None or call.method.lower() == method.lower())
                and (ok is None or (call.status == 200) is ok)
            ]

    def confirmed(self, update_id: int) -> bool:
        """Whether the bot has confirmed this update (by offset or by a 2xx on the webhook)."""
        with self._lock:
            return update_id <= self._update_id and update_id not in self.pending

    @property
    def last_update_id(self) -> int:
        return self._update_id
