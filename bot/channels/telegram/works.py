"""Answers are computed in one thread, those that came while one was computed together.

Computing is not made faster by more threads: they would only take the turns of the loop that sends. What is computed
together is looked at together and recorded together, before any of it is sent: a transaction costs as much as the rest
of a record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bot.channels.telegram.outgoing import Out
from bot.inbox import Together


@dataclass(slots=True)
class _Work:
    """A call that runs in the thread, what it will ask the models, if anything, and what came of it."""

    call: Callable[[], Sequence[Out]]
    asks: str
    outs: Sequence[Out] = ()
    error: Exception | None = None


class Works:
    """``around``: entered with what is asked, for what is computed together."""

    def __init__(self, around: Callable[[Sequence[str]], AbstractContextManager[None]]) -> None:
        self._around = around
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="telegram")
        self._together: Together[_Work, None] = Together(self._in_thread, self._work_all)

    async def run(self, call: Callable[..., Sequence[Out]], *arguments: object, asks: str = "") -> Sequence[Out]:
        work = _Work(lambda: call(*arguments), asks)
        await self._together.add([work])
        if work.error is not None:
            raise work.error
        return work.outs

    async def _in_thread(self, call: Callable[[list[_Work]], None], works: list[_Work]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, call, works)

    def _work_all(self, works: list[_Work]) -> None:
        with self._around([work.asks for work in works if work.asks]):
            for work in works:
                try:
                    work.outs = work.call()
                except Exception as error:
                    work.error = error
