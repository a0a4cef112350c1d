"""FaqStore: publishing is compare-and-set and all or nothing; drafts cannot overwrite each other."""

from __future__ import annotations

import hashlib

import pytest
from store_records import NOW, ask, draft, publication

from bot.errors import AlreadyDone, NotFound, StaleEdit
from bot.store.base import Store


def test_empty_store(store: Store) -> None:
    assert store.faq.generation() == 0
    assert store.faq.entries() == []
    assert store.faq.entry("fake-loan") is None
    assert store.faq.revisions("fake-loan") == []
    assert store.faq.documents() == {}
    assert store.faq.drafts() == []
    assert store.faq.draft("d1") is None


def test_publish_makes_entry_revision_and_generation(store: Store) -> None:
    first = publication(note="初版", file_hash="h1")
    assert store.faq.publish([first], at=NOW) == 1
    second = publication(base_revision=1, body={"id": "fake-loan", "v": 2}, editor="王", publisher="李")
    assert store.faq.publish([second], at=NOW + 5) == 2 == store.faq.generation()

    entry = store.faq.entry("fake-loan")
    assert entry is not None
    assert (entry.revision, entry.body, entry.state, entry.topic) == (2, second.body, "published", "fake-loan")
    assert (entry.updated_at, entry.updated_by, entry.file_hash) == (NOW + 5, "李", "h1")
    newest, oldest = store.faq.revisions("fake-loan")
    assert (newest.revision, newest.editor, newest.publisher, newest.at) == (2, "王", "李", NOW + 5)
    assert (oldest.revision, oldest.body, oldest.note, oldest.state) == (1, first.body, "初版", "published")


def test_publish_is_compare_and_set_and_all_or_nothing(store: Store) -> None:
    store.faq.publish([publication()], at=NOW)
    fresh = publication(entry_id="romance", topic="romance")
    with pytest.raises(StaleEdit) as caught:
        store.faq.publish([fresh, publication(base_revision=0)], at=NOW)
    assert (caught.value.entry_id, caught.value.yours, caught.value.current) == ("fake-loan", 0, 1)
    with pytest.raises(StaleEdit):
        store.faq.publish([publication(base_revision=2)], at=NOW)
    with pytest.raises(StaleEdit):  # twice the same entry in one go
        store.faq.publish([fresh, fresh], at=NOW)
    assert store.faq.entry("romance") is None
    assert store.faq.generation() == 1
    assert store.faq.publish([], at=NOW) == 1


def test_entries_by_state_and_file_hash(store: Store) -> None:
    names = {"published": "a", "withdrawn": "b", "retired": "c"}
    store.faq.publish([publication(entry_id=name, state=state) for state, name in names.items()], at=NOW)
    assert [row.id for row in store.faq.entries()] == ["a"]
    assert [row.id for row in store.faq.entries(states=("withdrawn", "retired"))] == ["b", "c"]
    store.faq.set_file_hash("b", "new")
    row = store.faq.entry("b")
    assert row is not None
    assert row.file_hash == "new"
    assert row.revision == 1
    assert store.faq.generation() == 1
    with pytest.raises(NotFound):
        store.faq.set_file_hash("nowhere", "x")


def test_publishing_closes_groups_and_draft_together(store: Store) -> None:
    ask(store, "贷款要交钱", group="g1")
    ask(store, "相亲要钱", group="g2")
    store.queue.claim("g1", "李", at=NOW)
    store.queue.close("g2", "dismissed", "王", "", at=NOW)
    saved = store.faq.save_draft(draft())
    store.faq.publish([publication(draft_id=saved.id, close_groups=("g1", "g2", "nowhere"))], at=NOW + 9)
    group, closed_before = store.queue.group("g1"), store.queue.group("g2")
    assert group is not None
    assert closed_before is not None
    assert (group.state, group.closed_by, group.closed_at, group.resolution) == ("answered", "王", NOW + 9, "fake-loan")
    assert closed_before.state == "dismissed"
    assert [row.id for row in store.faq.drafts(state="published")] == ["d1"]

    # A draft that is not open any more stops the whole publication.
    with pytest.raises(AlreadyDone):
        store.faq.publish([publication(base_revision=1, draft_id=saved.id)], at=NOW)
    with pytest.raises(NotFound):
        store.faq.publish([publication(base_revision=1, draft_id="nowhere")], at=NOW)
    assert store.faq.generation() == 1


def test_documents_change_the_generation_only_with_their_text(store: Store) -> None:
    assert store.faq.put_documents({"topics.toml": ("甲", "f1"), "regions/cn.toml": ("乙", "f2")}, at=NOW) == 1
    assert store.faq.put_documents({"topics.toml": ("甲", "f3")}, at=NOW) == 1
    assert store.faq.document_hashes()["topics.toml"] == (hashlib.sha256("甲".encode()).hexdigest(), "f3")
    assert store.faq.put_documents({"topics.toml": ("丙", "f3")}, at=NOW) == 2
    assert store.faq.documents() == {"regions/cn.toml": "乙", "topics.toml": "丙"}
    assert store.faq.put_documents({}, at=NOW) == 2


def test_two_tabs_cannot_overwrite_each_other(store: Store) -> None:
    first = store.faq.save_draft(draft(replay={"gains": 1}))
    assert (first.version, first.state, first.replay) == (1, "open", None)
    with pytest.raises(AlreadyDone):
        store.faq.save_draft(draft())
    second = store.faq.save_draft(draft(version=1, body={"v": 2}, created_at=1, updated_at=NOW + 1))
    assert (second.version, second.body, second.created_at, second.updated_at) == (2, {"v": 2}, NOW, NOW + 1)
    with pytest.raises(AlreadyDone) as caught:
        store.faq.save_draft(draft(version=1))
    assert (caught.value.who, caught.value.at) == ("李", NOW + 1)
    with pytest.raises(NotFound):
        store.faq.save_draft(draft(id="nowhere", version=3))
    assert store.faq.draft("d1") == second


def test_replay_belongs_to_a_version(store: Store) -> None:
    store.faq.save_draft(draft())
    store.faq.set_replay("d1", 2, {"gains": 9})
    assert store.faq.drafts()[0].replay is None
    store.faq.set_replay("d1", 1, {"gains": 12})
    assert store.faq.drafts()[0].replay == {"gains": 12}
    assert store.faq.save_draft(draft(version=1)).replay is None


def test_a_closed_draft_stays_closed(store: Store) -> None:
    store.faq.save_draft(draft())
    assert store.faq.close_draft("d1", "discarded", at=NOW + 1)
    assert not store.faq.close_draft("d1", "published", at=NOW + 2)
    assert not store.faq.close_draft("nowhere", "discarded", at=NOW)
    with pytest.raises(AlreadyDone):
        store.faq.save_draft(draft(version=1))
    assert store.faq.drafts() == []
    assert [row.updated_at for row in store.faq.drafts(state="discarded")] == [NOW + 1]
