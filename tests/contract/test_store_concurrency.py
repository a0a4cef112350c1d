"""Threads and processes on one database: one winner, nothing lost, nothing twice."""

from __future__ import annotations

import ast
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from store_records import DAY, NOW, Engine, ask, message, publication, question, turn

from bot.errors import AlreadyDone, StaleEdit
from bot.store.base import InboxRow, StaffRow, Store

T = TypeVar("T")


def together(calls: list[Callable[[], T]]) -> list[T | Exception]:
    """All at the same moment, a thread each; what they return or raise."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        barrier.wait(10)
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_eight_editors_claim_one_group(engine: Engine, store: Store) -> None:
    ask(store, "问")
    stores = [store, engine.open()]
    results = together([lambda n=n: stores[n % 2].queue.claim("g1", f"editor{n}", at=NOW) for n in range(8)])
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert sum(isinstance(result, AlreadyDone) for result in results) == 7


def test_eight_publish_over_one_revision(engine: Engine, store: Store) -> None:
    stores = [store, engine.open()]
    store.faq.publish([publication()], at=NOW)
    item = publication(base_revision=1)
    results = together([lambda n=n: stores[n % 2].faq.publish([item], at=NOW) for n in range(8)])
    assert sorted(result for result in results if isinstance(result, int)) == [2]
    assert sum(isinstance(result, StaleEdit) for result in results) == 7
    assert len(store.faq.revisions("fake-loan")) == 2


def test_one_message_recorded_by_eight(engine: Engine, store: Store) -> None:
    stores = [store, engine.open()]
    rows = [turn(message="same", kind="unknown", reason="no_entry") for _ in range(8)]
    results = together(
        [lambda n=n, row=row: stores[n % 2].turns.record(row, unanswered=question(row)) for n, row in enumerate(rows)]
    )
    assert sorted(results) == [False] * 7 + [True]
    assert [group.questions for group in store.queue.groups()] == [1]


def test_nothing_is_lost_under_load(engine: Engine, store: Store) -> None:
    stores = [store, engine.open()]

    def work(n: int) -> int:
        for number in range(25):
            ask(stores[n % 2], f"问{n}-{number}", group=f"g{number % 3}", asker=f"a{n}")
            stores[n % 2].queue.groups(search="问")
        return 25

    assert sum(r for r in together([lambda n=n: work(n) for n in range(8)]) if isinstance(r, int)) == 200
    assert sum(group.questions for group in store.queue.groups()) == 200
    assert {group.askers for group in store.queue.groups()} == {8}


def test_messages_are_claimed_once(engine: Engine, store: Store) -> None:
    stores = [store, engine.open()]
    store.outbox.put([message() for _ in range(40)])
    results = together([lambda n=n: stores[n % 2].outbox.claim(["telegram"], now=NOW, limit=7) for n in range(8)])
    claimed = [row.id for rows in results if isinstance(rows, list) for row in rows]
    assert len(claimed) == len(set(claimed)) == 40


def test_a_link_is_used_once(engine: Engine, store: Store) -> None:
    stores = [store, engine.open()]
    store.staff.add(StaffRow("李", "admin", None, NOW))
    store.staff.add_link("t", "李", expires_at=NOW + DAY)
    results = together([lambda n=n: stores[n % 2].staff.use_link("t", now=NOW) for n in range(8)])
    assert sorted(results, key=str) == [None] * 7 + ["李"]


def test_an_update_is_accepted_by_one(engine: Engine, store: Store) -> None:
    stores = [store, engine.open()]
    rows = [InboxRow(number, "5", {}, NOW) for number in range(20)]
    results = together([lambda n=n: stores[n % 2].inbox.accept(rows) for n in range(8)])
    accepted = [number for result in results if isinstance(result, list) for number in result]
    assert sorted(accepted) == list(range(20))


def test_three_processes_migrate_at_once(engine: Engine) -> None:
    processes = [engine.process("go(); print(store.migrate()); store.close()") for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=30) for process in processes]
    assert [error for _, error in outputs] == ["", "", ""]
    applied = [ast.literal_eval(out) for out, _ in outputs]
    store = engine.open()
    assert sorted(map(bool, applied)) == [False, False, True]
    assert store.migrate() == []
    assert store.check() == []


def test_what_a_killed_process_accepted_is_still_there(engine: Engine, store: Store) -> None:
    """No close, no farewell: the next process finds what was not answered yet."""
    code = (
        "from bot.store.base import InboxRow as Row;"
        f"store.inbox.accept([Row(1, '5', {{'text': '一'}}, {NOW}), Row(2, '5', {{'text': '二'}}, {NOW})]);"
        "store.inbox.done([1]); store.inbox.attempt(2); os._exit(9)"
    )
    process = engine.process(code)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 9
    assert store.inbox.pending() == [InboxRow(2, "5", {"text": "二"}, NOW, attempts=1)]
    assert store.inbox.accept([InboxRow(1, "5", {}, NOW), InboxRow(2, "5", {}, NOW)]) == []
