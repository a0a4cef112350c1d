"""Updates accepted once, answered in order.

    accept   stores what is new (masked by the caller) in one transaction; only then may it be confirmed
    lanes    one a chat, first come first served; chats take turns, so many at once and no more
    done     noted in a file at once; what was stored is deleted a moment later, many in one transaction
    start    answers what a crash left, until it is answered; what was leaving at a crash is sent once more, never a
             third time (`bot.journal` knows which that was)
    stop     finishes what was accepted, or leaves it for the next start

A store that cannot be written costs no resident the answer: such an update is answered first and confirmed after,
so that a crash in between has it delivered again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from bot.errors import StoreError
from bot.journal import Journal, Left
from bot.store.base import InboxRow, InboxStore

log = logging.getLogger(__name__)

#: An update that was begun again so often without an end may be what ends the process.
MOST_AGAIN = 5
#: How long the store may not know of an answer that the journal knows of.
FLUSH_SECONDS = 0.1
_ALL = 1_000_000

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Update:
    """``body`` is what is stored, masked. ``live`` is what the handler gets in this process; None after a restart."""

    id: int
    chat: str
    body: Mapping[str, Any]
    at: int
    live: Any = None


class Ticket:
    """An update on its way through a handler."""

    def __init__(self, inbox: Inbox, update: Update, *, stored: bool = True, again: bool = False) -> None:
        self.update = update
        self.stored = stored
        self.again = again
        self.finished = asyncio.Event()
        self._inbox = inbox

    def begin(self) -> None:
        """Counts a try after a crash, durably. To be called in the handler's thread. The first try needs no record:
        whatever is pending at a start may have had it."""
        if self.again:
            self._inbox.attempt(self.update.id)

    def sending(self, now: bool) -> None:
        """The answer is about to leave; or it did not leave after all. Without a journal nothing remembers it, and
        an answer that a crash interrupts is sent again whenever that happens."""
        if self.stored:
            self._inbox.note_sending(self.update.id, now)

    async def done(self) -> None:
        """Durable when it returns: the update will not be answered again. A second call does nothing."""
        if not self.finished.is_set():
            self.finished.set()
            if self.stored:
                await self._inbox.record_done(self.update.id)


Handler = Callable[[Ticket], Awaitable[None]]


class Inbox:
    """``concurrency``: chats answered at a time. ``limit``: updates held in memory; above it `accept` waits.
    ``journal``: a file of this process's own; without it every answer waits for the store (see `bot.journal`)."""

    def __init__(
        self, store: InboxStore, *, journal: Path | None = None, concurrency: int = 16, limit: int = 2000
    ) -> None:
        self._store = store
        self._journal = Journal(journal) if journal else None
        self._concurrency = concurrency
        self._limit = limit
        self._handler: Handler | None = None
        self._accepting = False
        self._lanes: dict[str, deque[Ticket]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._backlog = 0
        self._changed = asyncio.Condition()
        self._workers: list[asyncio.Task[None]] = []
        self._spare = 0  # workers too many
        self._unstored: dict[int, Ticket] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._accepts: Together[Update, set[int]] = Together(self._in_thread, self._write, self._enqueue)
        self._dones: Together[int, None] = Together(self._in_thread, self._erase)
        self._answered: list[int] = []  # which the store does not know yet
        self._sending: set[int] = set()  # about to leave, or gone and not noted as such
        self._doubted: set[int] = set()  # so at an earlier crash
        self._flushes = 0
        self._flush_task: asyncio.Task[None] | None = None

    @property
    def backlog(self) -> int:
        """Updates accepted and not yet answered."""
        return self._backlog

    async def start(self, handler: Handler) -> int:
        """Starts answering, with what a crash or stop left; how many these are."""
        self._handler = handler
        self._backlog = 0
        self._lanes = {}
        self._ready = asyncio.Queue()
        # A thread of its own: waiting behind questions that are being answered would keep answers in doubt for longer.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")
        again = await asyncio.to_thread(self._read_left)
        for row in again:
            self._queue(Ticket(self, Update(row.update_id, row.chat_id, row.body, row.at), again=True))
        self._spare = 0
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._concurrency)]
        self._accepting = True
        return len(again)

    def _read_left(self) -> list[InboxRow]:
        """What the last run left, without what must not be tried again. Whatever the journal knows and the store does
        not is in the store before the journal is cut."""
        opened = self._journal is not None and self._journal.open()
        noted = self._journal.read() if self._journal is not None and opened else Left()
        if noted.done:
            self._store.done(sorted(noted.done))
        left = self._store.pending(limit=_ALL)
        twice = noted.sending & noted.doubted
        tired = {row.update_id for row in left if row.attempts >= MOST_AGAIN or row.update_id in twice}
        if tired:
            log.warning("given up, sent twice perhaps or begun at %d crashes: %d updates", MOST_AGAIN + 1, len(tired))
            self._store.done(sorted(tired))
        again = [row for row in left if row.update_id not in tired]
        self._sending = set()
        self._doubted = (noted.sending | noted.doubted) & {row.update_id for row in again}
        if self._journal is not None:
            self._journal.cut(sending=(), doubted=self._doubted)
        return again

    async def accept(self, updates: Sequence[Update], *, wait: float | None = None) -> bool:
        """True: stored (or answered), the sender may forget them. False: no room within ``wait`` seconds, or stopping;
        the sender must keep them."""
        if not updates:
            return True
        if not await self._room(wait):
            return False
        try:
            await self._accepts.add(updates)
        except StoreError as error:
            log.error("updates cannot be stored, answering them before they are confirmed: %s", error)
            await self._answer_unstored(updates)
        return True

    async def stop(self, seconds: float = 20.0) -> int:
        """Accepts no more and finishes what it can in the time; how many are left for the next start."""
        self._accepting = False
        await self._notify()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._backlog == 0)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []
        await self._accepts.settle()
        await self._flush()
        await self._dones.settle()
        if self._flush_task is not None:
            self._flush_task.cancel()
            await asyncio.gather(self._flush_task, return_exceptions=True)
            self._flush_task = None
        if self._journal is not None:
            self._journal.close()
        if self._thread is not None:
            self._thread.shutdown()
        return self._backlog

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """For a handler that waits for something: meanwhile another worker takes its place."""
        self._workers.append(asyncio.create_task(self._work()))
        try:
            yield
        finally:
            self._spare += 1

    # ------------------------------------------------------------ for tickets
    def attempt(self, update_id: int) -> None:
        try:
            self._store.attempt(update_id)
        except StoreError as error:
            log.warning("attempt not counted: %s", type(error).__name__)

    def note_sending(self, update_id: int, now: bool) -> None:
        if self._journal is not None:
            (self._sending.add if now else self._sending.discard)(update_id)
            (self._journal.sending if now else self._journal.not_sent)(update_id)

    async def record_done(self, update_id: int) -> None:
        self._answered.append(update_id)
        self._doubted.discard(update_id)
        self._sending.discard(update_id)
        if self._journal is None or not self._journal.done(update_id):
            await self._flush()
        elif self._flush_task is None:
            self._flush_task = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        while self._answered:
            await asyncio.sleep(FLUSH_SECONDS)
            if not await self._flush():
                await asyncio.sleep(1.0)
        self._flush_task = None

    async def _flush(self) -> bool:
        """Tells the store what was answered; False when it could not be told."""
        told, self._answered = self._answered, []
        if not told:
            return True
        self._flushes += 1
        try:
            await self._dones.add(told)
        except StoreError as error:
            # They go with the next ones; without the journal a crash until then answers them once more.
            self._answered = told + self._answered
            log.warning("answered, but not recorded as such: %s", type(error).__name__)
            return False
        finally:
            self._flushes -= 1
        if self._journal is not None and not (self._answered or self._flushes):
            self._journal.cut(sending=self._sending, doubted=self._doubted)
        return True

    # ------------------------------------------------------------ private
    async def _in_thread(self, call: Callable[[Any], Any], items: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, items)

    async def _room(self, wait: float | None) -> bool:
        if self._accepting and self._backlog < self._limit:
            return True
        try:
            async with asyncio.timeout(wait), self._changed:
                await self._changed.wait_for(lambda: not self._accepting or self._backlog < self._limit)
        except TimeoutError:
            return False
        return self._accepting

    def _write(self, updates: list[Update]) -> set[int]:
        return set(self._store.accept([InboxRow(u.id, u.chat, u.body, u.at) for u in updates]))

    def _enqueue(self, updates: list[Update], new: set[int]) -> None:
        # Here and not in accept(): a webhook call that is broken off must not leave an update stored and unanswered.
        for update in updates:
            if update.id in new:
                new.discard(update.id)
                self._queue(Ticket(self, update))

    def _erase(self, update_ids: list[int]) -> None:
        self._store.done(update_ids)

    async def _answer_unstored(self, updates: Sequence[Update]) -> None:
        tickets = []
        for update in updates:
            ticket = self._unstored.get(update.id)
            if ticket is None:
                ticket = self._unstored[update.id] = Ticket(self, update, stored=False)
                self._queue(ticket)
            tickets.append(ticket)
        for ticket in tickets:
            await ticket.finished.wait()
        while len(self._unstored) > self._limit:  # remembered, as the sender may not hear that they were taken
            self._unstored.pop(next(iter(self._unstored)))

    def _queue(self, ticket: Ticket) -> None:
        lane = self._lanes.get(ticket.update.chat)
        self._backlog += 1
        if lane is not None:
            lane.append(ticket)  # its worker, or its place in the queue, is there already
            return
        self._lanes[ticket.update.chat] = deque([ticket])
        self._ready.put_nowait(ticket.update.chat)

    async def _work(self) -> None:
        while True:
            chat = await self._ready.get()
            lane = self._lanes[chat]
            await self._handle(lane[0])
            lane.popleft()
            self._backlog -= 1
            if lane:
                self._ready.put_nowait(chat)  # behind the others: a flood from one chat does not keep them waiting
            else:
                del self._lanes[chat]
            if self._backlog == 0 or self._backlog == self._limit - 1:
                await self._notify()
            me = asyncio.current_task()
            if self._spare and me in self._workers:
                self._spare -= 1
                self._workers.remove(me)
                return

    async def _handle(self, ticket: Ticket) -> None:
        assert self._handler is not None
        try:
            await self._handler(ticket)
        except Exception as error:  # a fault with one update must not end the worker; its text may quote the update
            log.error("update %d was not answered: %s", ticket.update.id, type(error).__name__)
        await ticket.done()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class Together(Generic[T, R]):
    """Calls that come while one is under way share the next: one transaction for many.

    ``write`` runs in a thread; ``after`` on the loop, whether or not the callers still wait.
    """

    def __init__(
        self,
        in_thread: Callable[[Callable[[list[T]], R], list[T]], Awaitable[R]],
        write: Callable[[list[T]], R],
        after: Callable[[list[T], R], None] | None = None,
    ) -> None:
        self._in_thread = in_thread
        self._write = write
        self._after = after
        self._items: list[T] = []
        self._result: asyncio.Future[R] | None = None
        self._task: asyncio.Task[None] | None = None

    async def add(self, items: Sequence[T]) -> R:
        self._items += items
        if self._result is None:
            self._result = asyncio.get_running_loop().create_future()
        result = self._result
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(result)

    async def settle(self) -> None:
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while (result := self._result) is not None:
            items, self._items, self._result = self._items, [], None
            try:
                value = await self._in_thread(self._write, items)
            except Exception as error:
                result.set_exception(error)
                result.exception()  # seen, even if every caller is gone
                continue
            if self._after is not None:
                self._after(items, value)
            result.set_result(value)
        self._task = None
