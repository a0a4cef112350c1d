"""Records that the store could not take, kept in memory until it can: bounded, and what was dropped is counted."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.errors import StoreError
from bot.store.base import TurnRow, TurnStore, UnansweredRow

log = logging.getLogger(__name__)

LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """One turn with everything that `TurnStore.record` writes in its transaction."""

    turn: TurnRow
    unanswered: UnansweredRow | None
    context: str | None
    replace: bool


class Spool:
    """In order of asking, so that an edit is written after the question it replaces."""

    def __init__(self, store: TurnStore, *, limit: int = LIMIT) -> None:
        self._store = store
        self._limit = limit
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: deque[Record] = deque()
        self._held: list[Record] = []
        self._holding = threading.local()
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """How many records were lost since the start because too many waited."""
        return self._dropped

    def write(self, record: Record) -> bool:
        """Now if the store takes it and nothing waits before it, else later. False when it was dropped."""
        if getattr(self._holding, "on", False):
            with self._lock:
                self._held.append(record)
            return True
        if not self._waiting:
            try:
                self._put(record)
                return True
            except StoreError as error:
                log.warning("record spooled: %s", type(error).__name__)
        with self._lock:
            if len(self._waiting) >= self._limit:
                self._dropped += 1
                log.error("record dropped, %d waiting, %d dropped so far", len(self._waiting), self._dropped)
                return False
            self._waiting.append(record)
        return True

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What this thread writes inside is held back and written at the end, in one transaction."""
        self._holding.on = True
        try:
            yield
        finally:
            self._holding.on = False
            with self._lock:
                held, self._held = self._held, []
            if held and not self._put_all(held):
                for record in held:
                    self.write(record)

    def flush(self) -> int:
        """Writes what waits until the store fails again; how many were written."""
        written = 0
        with self._flushing:
            while self._waiting:
                record = self._waiting[0]
                try:
                    self._put(record)
                except StoreError:
                    break
                with self._lock:
                    # `forget` may have taken it out meanwhile.
                    if self._waiting and self._waiting[0] is record:
                        self._waiting.popleft()
                written += 1
        if written:
            log.info("spool flushed written=%d waiting=%d dropped=%d", written, len(self._waiting), self._dropped)
        return written

    def context(self, chat: str, *, since: int) -> list[str]:
        """Context lines of a conversation that did not reach the store yet, oldest first."""
        with self._lock:
            kept = (*self._waiting, *self._held)
        return [r.context for r in kept if r.context and r.turn.chat == chat and r.turn.at >= since]

    def forget(self, identities: Collection[str]) -> int:
        """Takes out what waits of these askers and chats."""
        with self._flushing, self._lock:
            before = len(self._waiting) + len(self._held)
            self._waiting = deque(_without(self._waiting, identities))
            self._held = _without(self._held, identities)
            return before - len(self._waiting) - len(self._held)

    def _put_all(self, records: list[Record]) -> bool:
        if self._waiting or len(records) == 1:
            return False  # behind those; or no need
        try:
            with self._store.together():
                for record in records:
                    self._put(record)
        except StoreError:
            return False  # one may be what the store does not take: each by itself
        return True

    def _put(self, record: Record) -> None:
        self._store.record(record.turn, unanswered=record.unanswered, context=record.context, replace=record.replace)


def _without(records: Collection[Record], identities: Collection[str]) -> list[Record]:
    return [r for r in records if r.turn.asker not in identities and r.turn.chat not in identities]
