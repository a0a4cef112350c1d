"""What the bot sends unasked: answers that come later, out of the outbox, each row claimed, sent and marked.

A crash between sending and marking leaves a row 'claimed', which the store turns 'uncertain': nothing is knowingly
sent twice. How a row is sent is its channel's business; it says how it went.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.errors import StoreError
from bot.store.base import Clock, OutboxRow, Store

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
BATCH = 20
#: A message that could not leave is tried for about half a day, at growing intervals.
MOST_TRIES = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """``later``: nothing left the house; tried again after ``seconds`` (0: as the tries so far suggest)."""

    state: Literal["sent", "failed", "uncertain", "later"]
    note: str = ""
    seconds: int = 0
    gone: bool = False  # the chat cannot be written to any more


Sender: TypeAlias = Callable[[OutboxRow], Awaitable[Outcome]]


class Outreach:
    """``senders``: by channel. Rows of other channels are left alone: a web session fetches its own."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(self, senders: Mapping[str, Sender], stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                while await self.send_due(senders) == BATCH and not stop.is_set():
                    pass
            except StoreError as error:
                log.warning("the outbox cannot be read: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async def send_due(self, senders: Mapping[str, Sender]) -> int:
        """Sends what is due; how many rows were taken."""
        rows = await asyncio.to_thread(self._store.outbox.claim, [*senders], now=self._clock(), limit=BATCH)
        for row in rows:
            try:
                outcome = await senders[row.channel](row)
            except Exception as error:  # its text may quote the message
                log.error("sending a row failed: %s", type(error).__name__)
                outcome = Outcome("uncertain", type(error).__name__)
            await asyncio.to_thread(self._mark, row, outcome)
        return len(rows)

    def _mark(self, row: OutboxRow, outcome: Outcome) -> None:
        mark = self._store.outbox.mark
        if outcome.state == "later":
            if row.attempts >= MOST_TRIES:
                mark(row.id, "failed", note=outcome.note)
            else:
                wait = outcome.seconds or min(3600, 15 * 2 ** min(row.attempts, 10))
                mark(row.id, "waiting", note=outcome.note, due_at=self._clock() + wait)
        else:
            mark(row.id, outcome.state, note=outcome.note)
        log.info("outbox row=%s %s %s", row.id, outcome.state, outcome.note)
        if outcome.gone:
            self.unsubscribe(row.channel, row.chat_id)

    def unsubscribe(self, channel: str, chat_id: str) -> int:
        """The chat is gone: what it wanted to be told is dropped; how many wishes."""
        return self._store.queue.drop_wishes(channel, chat_id)

    def deliveries(self, group_id: str) -> dict[str, int]:
        """How far the messages about a group are: {waiting, sent, uncertain, failed}."""
        states = Counter(row.state for row in self._store.outbox.by_group(group_id))
        return {
            "waiting": states["waiting"] + states["claimed"],
            "sent": states["sent"],
            "uncertain": states["uncertain"],
            "failed": states["failed"],
        }
