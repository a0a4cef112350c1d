"""Waiting for the first fit on an event loop, without holding up a thread for each who waits.

A process that finds nothing in the cache cannot answer questions for about a minute. Threads are few, and whoever needs
no models (help, the emergency card, browsing) needs one of them meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading

from bot.conversation import Conversation


class Starting:
    """For one event loop."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._over: asyncio.Event | None = None

    async def wait(self) -> None:
        """Returns when a question can be answered, or when it is known that it cannot: asking says why."""
        if self._conversation.ready:
            return
        if self._over is None or self._over.is_set():
            self._over = asyncio.Event()
            # Not of a pool: the process may end before the fit does.
            threading.Thread(
                target=self._first, args=(asyncio.get_running_loop(), self._over), name="first", daemon=True
            ).start()
        await self._over.wait()

    def _first(self, loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
        with contextlib.suppress(Exception):  # whoever asks gets the same fault, and says it
            _ = self._conversation.index
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(over.set)
