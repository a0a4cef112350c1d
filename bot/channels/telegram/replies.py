"""Where the answer to each message stands, so that an edited question changes its answer instead of getting another.

The process remembers the last ones by chat and message. The store keeps the number of the answer with the turn, under
pseudonyms, as long as the turn: an edit after a restart finds it there. It is told of many at once, a moment later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from bot.channels.telegram.outgoing import Say
from bot.errors import StoreError

log = logging.getLogger(__name__)

SAVE_SECONDS: Final = 0.5
_MOST: Final = 20_000


class Replies:
    """``save``: turn id -> message id of its answer; called in a thread."""

    def __init__(self, save: Callable[[Mapping[str, str]], None]) -> None:
        self._save = save
        self._known: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._unsaved: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    def of(self, say: Say) -> int:
        """The message to change; 0 when it is not known any more. ``say.edit``: what the store knows."""
        return self._known.get((say.chat, say.answers)) or say.edit

    def remember(self, say: Say, sent: int) -> None:
        if not say.answers:
            return
        changed = self._known.get((say.chat, say.answers)) != sent
        self._known[say.chat, say.answers] = sent
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        if say.turn and changed:
            self._unsaved[say.turn] = str(sent)
            if self._task is None:
                self._task = asyncio.create_task(self._save_later())

    def forget(self, chat: int) -> None:
        for key in [key for key in self._known if key[0] == chat]:
            del self._known[key]

    async def close(self) -> None:
        """Saves what is not saved yet."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._save_now()

    async def _save_later(self) -> None:
        await asyncio.sleep(SAVE_SECONDS)
        self._task = None
        await self._save_now()

    async def _save_now(self) -> None:
        batch, self._unsaved = self._unsaved, {}
        if not batch:
            return
        try:
            await asyncio.to_thread(self._save, batch)
        except StoreError as error:  # an edit after the next restart gets a message of its own
            log.warning("where %d answers stand is not saved: %s", len(batch), type(error).__name__)
