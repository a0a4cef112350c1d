"""StaffStore, InboxStore, OutboxStore: links work once, updates are answered once, messages go to one sender."""

from __future__ import annotations

import pytest
from store_records import DAY, NOW, message

from bot.errors import AlreadyDone
from bot.store.base import AuditRow, InboxRow, SessionRow, StaffRow, Store


def test_people(store: Store) -> None:
    li, wang = StaffRow("李", "admin", 42, NOW), StaffRow("王", "editor", None, NOW)
    store.staff.add(li)
    store.staff.add(wang)
    store.staff.add(StaffRow("赵", "editor", None, NOW))
    assert store.staff.person("李") == li
    assert store.staff.by_telegram(42) == li
    assert store.staff.by_telegram(43) is None
    assert store.staff.person("nobody") is None
    assert store.staff.people() == sorted([li, wang, StaffRow("赵", "editor", None, NOW)], key=lambda row: row.name)
    with pytest.raises(AlreadyDone, match="李"):
        store.staff.add(StaffRow("李", "editor", 7, NOW))
    with pytest.raises(AlreadyDone, match="42"):
        store.staff.add(StaffRow("新人", "editor", 42, NOW))


def test_whoever_is_removed_is_out_at_once_and_may_come_back(store: Store) -> None:
    store.staff.add(StaffRow("李", "admin", 42, NOW))
    store.staff.add_link("link", "李", expires_at=NOW + 60)
    store.staff.add_session(SessionRow("session", "李", NOW, NOW + DAY))
    assert store.staff.remove("李", at=NOW + 1)
    assert not store.staff.remove("李", at=NOW + 2)
    assert not store.staff.remove("nobody", at=NOW)
    assert store.staff.session("session", now=NOW) is None
    assert store.staff.use_link("link", now=NOW) is None
    assert store.staff.by_telegram(42) is None
    assert store.staff.people() == []
    assert [(row.name, row.removed_at) for row in store.staff.people(removed=True)] == [("李", NOW + 1)]
    back = StaffRow("李", "editor", 42, NOW + 9)
    store.staff.add(back)
    assert store.staff.person("李") == back
    assert store.staff.session("session", now=NOW) is None


def test_a_link_works_once_and_in_time(store: Store) -> None:
    store.staff.add(StaffRow("李", "admin", None, NOW))
    store.staff.add_link("t1", "李", expires_at=NOW + 60)
    assert store.staff.peek_link("t1", now=NOW) == "李"
    assert store.staff.peek_link("t1", now=NOW + 60) is None
    assert store.staff.use_link("t1", now=NOW + 60) is None
    assert store.staff.use_link("t1", now=NOW + 59) == "李"
    assert store.staff.use_link("t1", now=NOW) is None
    assert store.staff.peek_link("t1", now=NOW) is None
    assert store.staff.use_link("nowhere", now=NOW) is None


def test_sessions(store: Store) -> None:
    store.staff.add(StaffRow("李", "admin", None, NOW))
    for token in ("a", "b", "c"):
        store.staff.add_session(SessionRow(token, "李", NOW, NOW + 60))
    person = store.staff.session("a", now=NOW)
    assert person is not None
    assert (person.name, person.role) == ("李", "admin")
    assert store.staff.session("a", now=NOW + 60) is None
    store.staff.end_session("a")
    assert store.staff.session("a", now=NOW) is None
    assert store.staff.end_sessions("李") == 2
    assert store.staff.session("b", now=NOW) is None


def test_audit_pages_backwards(store: Store) -> None:
    for number in range(5):
        store.staff.audit(AuditRow(NOW + number, "李", "publish", f"entry-{number}", "细节"))
    first = store.staff.audit_log(limit=2)
    assert [row.target for row in first] == ["entry-4", "entry-3"]
    assert (first[0].who, first[0].action, first[0].detail, first[0].at) == ("李", "publish", "细节", NOW + 4)
    assert [row.target for row in store.staff.audit_log(before_id=first[-1].id)] == ["entry-2", "entry-1", "entry-0"]


def test_an_update_is_accepted_once(store: Store) -> None:
    rows = [InboxRow(11, "5", {"text": "你好", "n": 1}, NOW), InboxRow(10, "6", {"text": "在吗"}, NOW)]
    assert store.inbox.accept(rows) == [11, 10]
    assert store.inbox.accept([*rows, InboxRow(12, "5", {}, NOW)]) == [12]
    assert store.inbox.pending()[:2] == [rows[1], rows[0]]
    assert len(store.inbox.pending(limit=1)) == 1
    assert [store.inbox.attempt(10), store.inbox.attempt(10), store.inbox.attempt(99)] == [1, 2, 0]
    assert store.inbox.pending()[0].attempts == 2
    store.inbox.done([10, 11, 99])
    assert [row.update_id for row in store.inbox.pending()] == [12]
    assert store.inbox.accept(rows) == []


def test_a_message_goes_to_one_sender(store: Store) -> None:
    late, early, future = message(due_at=NOW), message(due_at=NOW - 5), message(due_at=NOW + 1)
    store.outbox.put([late, early, future])
    store.outbox.put([late])
    claimed = store.outbox.claim(["telegram"], now=NOW, limit=5)
    assert [(row.id, row.state, row.attempts) for row in claimed] == [(early.id, "claimed", 1), (late.id, "claimed", 1)]
    assert claimed[0].body == early.body
    assert store.outbox.claim(["telegram"], now=NOW) == []
    store.outbox.mark(early.id, "sent")
    store.outbox.mark(late.id, "waiting", note="RetryAfter", due_at=NOW + 30)
    assert [row.id for row in store.outbox.claim(["telegram"], now=NOW + 30, limit=1)] == [future.id]
    rows = {row.id: row for row in store.outbox.by_group("g1")}
    assert (rows[early.id].state, rows[early.id].chat_id, rows[early.id].body) == ("sent", "", {})
    assert (rows[late.id].note, rows[late.id].due_at, rows[late.id].chat_id) == ("RetryAfter", NOW + 30, late.chat_id)


def test_a_channel_claims_its_own_messages_only(store: Store) -> None:
    ours, web, other = message(), message(channel="web"), message(channel="app")
    store.outbox.put([ours, web, other])
    assert store.outbox.claim([], now=NOW) == []
    assert [row.id for row in store.outbox.claim(["telegram"], now=NOW)] == [ours.id]
    assert [(row.id, row.attempts) for row in store.outbox.by_group("g1") if row.state == "waiting"] == [
        (web.id, 0),
        (other.id, 0),
    ]
    assert [row.id for row in store.outbox.claim(["app", "web"], now=NOW)] == [web.id, other.id]


def test_an_old_claim_is_uncertain_and_not_sent_again(store: Store) -> None:
    row = message()
    store.outbox.put([row])
    store.outbox.claim(["telegram"], now=NOW)
    assert store.outbox.claim(["telegram"], now=NOW + 299) == []
    assert [r.state for r in store.outbox.by_group("g1")] == ["claimed"]
    assert store.outbox.claim(["telegram"], now=NOW + 300) == []
    assert [r.state for r in store.outbox.by_group("g1")] == ["uncertain"]
