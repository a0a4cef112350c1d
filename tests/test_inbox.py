"""Updates accepted once, in order per chat, a bounded number at a time, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from bot.inbox import MOST_AGAIN, Inbox, Ticket, Update
from bot.journal import Journal
from bot.store.base import InboxRow
from bot.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "bot.db")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
async def inboxes(store: SqliteStore) -> AsyncIterator[Callable[..., Awaitable[Inbox]]]:
    made: list[Inbox] = []

    async def start(handler: Any, **options: Any) -> Inbox:
        inbox = Inbox(store.inbox, **options)
        made.append(inbox)
        await inbox.start(handler)
        return inbox

    yield start
    for inbox in made:
        await inbox.stop(0.05)


def update(number: int, chat: str = "a") -> Update:
    return Update(number, chat, {"n": number}, 1, live=number)


async def empty(inbox: Inbox) -> None:
    async with asyncio.timeout(10):
        while inbox.backlog:
            await asyncio.sleep(0.005)


async def test_one_chat_in_order_others_beside_it(inboxes: Any) -> None:
    seen: list[tuple[str, int]] = []
    running = most = 0

    async def handler(ticket: Ticket) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01 if ticket.update.id % 3 else 0)
        seen.append((ticket.update.chat, ticket.update.id))
        running -= 1

    inbox = await inboxes(handler, concurrency=3)
    await inbox.accept([update(n, "abcdef"[n % 6]) for n in range(60)])
    await empty(inbox)
    assert most == 3
    for chat in "abcdef":
        numbers = [n for c, n in seen if c == chat]
        assert numbers == sorted(numbers)
        assert len(numbers) == 10


async def test_a_flood_from_one_chat_lets_the_others_have_their_turn(inboxes: Any) -> None:
    seen: list[str] = []

    async def handler(ticket: Ticket) -> None:
        seen.append(ticket.update.chat)
        await asyncio.sleep(0)

    inbox = await inboxes(handler, concurrency=1)
    await inbox.accept([*(update(n, "flood") for n in range(100)), update(200, "b"), update(201, "c")])
    await empty(inbox)
    assert seen.index("b") < 5
    assert seen.index("c") < 5


async def test_the_same_update_is_handled_once(inboxes: Any) -> None:
    seen: list[int] = []

    async def handler(ticket: Ticket) -> None:
        seen.append(ticket.update.id)

    inbox = await inboxes(handler)
    await asyncio.gather(*(inbox.accept([update(1), update(2), update(1)]) for _ in range(10)))
    await empty(inbox)
    assert await inbox.accept([update(1)])
    await empty(inbox)
    assert sorted(seen) == [1, 2]


async def test_calls_that_come_together_share_a_transaction(
    inboxes: Any, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    accept = store.inbox.accept

    def counted(rows: Any) -> list[int]:
        calls.append(len(rows))
        return accept(rows)

    async def handler(ticket: Ticket) -> None: ...

    monkeypatch.setattr(store.inbox, "accept", counted)
    inbox = await inboxes(handler)
    await asyncio.gather(*(inbox.accept([update(n)]) for n in range(50)))
    assert sum(calls) == 50
    assert len(calls) < 25


async def test_a_full_inbox_makes_the_next_wait(inboxes: Any) -> None:
    go = asyncio.Event()

    async def handler(ticket: Ticket) -> None:
        await go.wait()

    inbox = await inboxes(handler, limit=3)
    assert await inbox.accept([update(n, str(n)) for n in range(3)])
    assert not await inbox.accept([update(9)], wait=0.02)
    waiting = asyncio.create_task(inbox.accept([update(9)]))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    go.set()
    assert await waiting


async def test_what_a_crash_left_comes_first_however_often_it_crashes(
    store: SqliteStore, inboxes: Any, tmp_path: Path
) -> None:
    async def crash(ticket: Ticket) -> None:
        await asyncio.to_thread(ticket.begin)
        await asyncio.Event().wait()

    seen: list[int] = []

    async def handler(ticket: Ticket) -> None:
        await asyncio.to_thread(ticket.begin)
        assert ticket.update.live is None
        seen.append(ticket.update.body["n"])

    for number in range(3):
        inbox = await inboxes(crash, concurrency=2, journal=tmp_path / "answered")
        await inbox.accept([update(n, str(n % 2)) for n in range(number * 3, number * 3 + 3)])
        await asyncio.sleep(0.1)
        assert await inbox.stop(0.01) == 3 * (number + 1)
    last = await inboxes(handler)
    await empty(last)
    assert sorted(seen) == list(range(9))
    assert store.inbox.pending() == []


async def test_an_answer_interrupted_while_it_left_is_given_once_more_never_a_third_time(
    store: SqliteStore, inboxes: Any, tmp_path: Path
) -> None:
    begun: list[int] = []

    async def crash(ticket: Ticket) -> None:
        begun.append(ticket.update.id)
        ticket.sending(True)
        if ticket.update.id == 2:
            ticket.sending(False)  # refused, so it did not leave
        await asyncio.Event().wait()

    journal = tmp_path / "answered"
    first = await inboxes(crash, journal=journal)
    await first.accept([update(1, "a"), update(2, "b"), update(3, "a")])
    for number in range(4):
        inbox = first if number == 0 else await inboxes(crash, journal=journal)
        await asyncio.sleep(0.05)
        await inbox.stop(0.01)
    assert begun.count(1) == 2
    assert begun.count(2) == 4
    assert begun.count(3) == 2


async def test_the_journal_stays_small_however_long_something_is_leaving(inboxes: Any, tmp_path: Path) -> None:
    async def handler(ticket: Ticket) -> None:
        ticket.sending(True)
        if ticket.update.id == 1:
            await asyncio.Event().wait()
        await ticket.done()

    journal = tmp_path / "answered"
    inbox = await inboxes(handler, journal=journal)
    await inbox.accept([update(n, str(n)) for n in range(1, 502)])
    async with asyncio.timeout(10):
        while inbox.backlog > 1 or journal.stat().st_size > 10:
            await asyncio.sleep(0.01)
    assert journal.read_bytes() == b"+1\n"


async def test_an_update_that_ends_the_process_every_time_is_given_up(store: SqliteStore, inboxes: Any) -> None:
    begun: list[int] = []

    async def crash(ticket: Ticket) -> None:
        begun.append(ticket.update.id)
        await asyncio.to_thread(ticket.begin)
        await asyncio.Event().wait()

    await (await inboxes(crash)).accept([update(1)])
    for _ in range(8):
        inbox = await inboxes(crash)
        await asyncio.sleep(0.05)
        await inbox.stop(0.01)
    assert len(begun) == 1 + MOST_AGAIN
    assert store.inbox.pending() == []


async def test_a_handler_that_fails_stops_nothing_and_is_not_repeated(
    inboxes: Any, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(ticket: Ticket) -> None:
        raise RuntimeError("秘密的话")

    inbox = await inboxes(handler)
    await inbox.accept([update(1), update(2)])
    await empty(inbox)
    assert store.inbox.pending() == []
    assert "RuntimeError" in caplog.text
    assert "秘密" not in caplog.text


async def test_without_a_store_it_is_answered_first_and_confirmed_after(
    inboxes: Any, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise StoreError("full")

    seen: list[int] = []

    async def handler(ticket: Ticket) -> None:
        await asyncio.to_thread(ticket.begin)
        await asyncio.sleep(0.01)
        seen.append(ticket.update.id)

    inbox = await inboxes(handler)
    monkeypatch.setattr(store.inbox, "accept", broken)
    assert await inbox.accept([update(1), update(2, "b")])
    assert sorted(seen) == [1, 2]
    assert await inbox.accept([update(1)])
    assert sorted(seen) == [1, 2]


async def test_a_done_that_could_not_be_written_goes_with_the_next(
    inboxes: Any, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise StoreError("locked")

    async def handler(ticket: Ticket) -> None: ...

    inbox = await inboxes(handler)
    monkeypatch.setattr(store.inbox, "done", broken)
    await inbox.accept([update(1)])
    await empty(inbox)
    assert len(store.inbox.pending()) == 1
    monkeypatch.undo()
    await inbox.accept([update(2)])
    await empty(inbox)
    assert store.inbox.pending() == []


async def test_a_stopped_inbox_takes_nothing_and_can_start_again(inboxes: Any) -> None:
    seen: list[int] = []

    async def handler(ticket: Ticket) -> None:
        seen.append(ticket.update.id)

    inbox = await inboxes(handler)
    assert await inbox.stop() == 0
    assert not await inbox.accept([update(1)], wait=0.01)
    await inbox.start(handler)
    assert await inbox.accept([update(1)])
    await empty(inbox)
    assert seen == [1]


# ---------------------------------------------------------------- the journal
async def test_an_answer_is_known_at_once_and_the_store_told_a_moment_later(
    store: SqliteStore, inboxes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    done = store.inbox.done

    def counted(update_ids: Any) -> None:
        calls.append(len(update_ids))
        done(update_ids)

    async def handler(ticket: Ticket) -> None: ...

    monkeypatch.setattr(store.inbox, "done", counted)
    journal = tmp_path / "answered"
    inbox = await inboxes(handler, journal=journal)
    await inbox.accept([update(n, str(n)) for n in range(50)])
    await empty(inbox)
    assert journal.read_bytes().count(b"\n") == 50
    assert calls == []
    assert await inbox.stop() == 0
    assert calls == [50]
    assert journal.read_bytes() == b""
    assert store.inbox.pending() == []


async def test_what_the_journal_knows_is_not_answered_again(store: SqliteStore, inboxes: Any, tmp_path: Path) -> None:
    seen: list[int] = []

    async def handler(ticket: Ticket) -> None:
        seen.append(ticket.update.body["n"])

    store.inbox.accept([InboxRow(n, "a", {"n": n}, 1) for n in range(4)])
    (tmp_path / "answered").write_bytes(b"0\n2\nrubbish\n3")  # the last line was cut off
    inbox = await inboxes(handler, journal=tmp_path / "answered")
    await empty(inbox)
    assert seen == [1, 3]


async def test_a_second_process_and_a_folder_that_cannot_be_written_go_without(
    store: SqliteStore, inboxes: Any, tmp_path: Path
) -> None:
    async def handler(ticket: Ticket) -> None: ...

    first = Journal(tmp_path / "answered")
    assert first.open()
    assert first.done(99)
    for path in (tmp_path / "answered", tmp_path / "no" / "such" / "folder"):
        inbox = await inboxes(handler, journal=path)
        await inbox.accept([update(1), update(2)])
        await empty(inbox)
        assert store.inbox.pending() == []
        await inbox.stop()
    assert first.read().done == {99}
    first.close()


async def test_a_store_that_fails_for_a_while_is_told_afterwards(
    store: SqliteStore, inboxes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise StoreError("locked")

    async def handler(ticket: Ticket) -> None: ...

    inbox = await inboxes(handler, journal=tmp_path / "answered")
    monkeypatch.setattr(store.inbox, "done", broken)
    await inbox.accept([update(1)])
    await asyncio.sleep(0.3)
    assert (tmp_path / "answered").read_bytes() == b"1\n"
    monkeypatch.undo()
    await inbox.stop()
    assert store.inbox.pending() == []
    assert (tmp_path / "answered").read_bytes() == b""
