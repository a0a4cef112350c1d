"""QueueStore: groups are counted exactly, ranked by harm, and one editor works on one."""

from __future__ import annotations

import random
import statistics

import pytest
from store_records import DAY, NOW, TODAY, ask, draft, wish

from bot.errors import AlreadyDone, NotFound
from bot.store.base import GroupRow, Store


def group(store: Store, group_id: str) -> GroupRow:
    row = store.queue.group(group_id)
    assert row is not None
    return row


def test_a_group_counts_questions_and_distinct_askers(store: Store) -> None:
    ask(store, "快递退款", at=NOW - DAY)
    ask(store, "快递说退款", asker="asker-b")
    ask(store, "快递退款？", asker="asker-b")
    row = group(store, "g1")
    assert (row.questions, row.askers, row.title) == (3, 2, "快递退款")
    assert (row.first_seen, row.last_seen, row.state, row.reason) == (NOW - DAY, NOW, "open", "no_entry")
    assert row.nearest == (("fake-loan", 0.31),)
    assert row.days == {"2027-01-14": 1, TODAY: 2}
    newest, *_, oldest = store.queue.members("g1")
    assert (oldest.masked, newest.asker) == ("快递退款", "asker-b")
    assert len(store.queue.members("g1", limit=2)) == 2
    assert store.queue.group("nowhere") is None


def test_a_group_is_made_when_none_is_named(store: Store) -> None:
    row = store.turns.turn(ask(store, "没有组", group=""))
    assert row is not None
    assert group(store, row.group_id).questions == 1


def test_harm_is_askers_and_growth_times_weight(store: Store) -> None:
    for number in range(3):
        ask(store, "老问题", group="old", asker=f"a{number}", at=NOW - 8 * DAY)
    for number in range(3):
        ask(store, "老问题", group="old", asker=f"a{number}", at=NOW)
    ask(store, "新问题", group="new", asker="a1")
    ask(store, "新问题", group="new", asker="a2")
    ask(store, "要命的", group="urgent", weight=5.0)
    assert {row.id: row.harm for row in store.queue.groups()} == {"urgent": 10.0, "new": 4.0, "old": 3.0}
    ask(store, "要命的", group="urgent", asker="asker-b")
    assert store.queue.groups()[0].harm == 20.0


def test_update_harm_carries_on(store: Store) -> None:
    ask(store, "甲", group="g1")
    ask(store, "乙", group="g2")
    store.queue.update_harm({"g2": 8.0, "nowhere": 1.0})
    assert [(row.id, row.harm) for row in store.queue.groups()] == [("g2", 8.0), ("g1", 2.0)]
    ask(store, "乙", group="g2", asker="asker-b")
    assert group(store, "g2").harm == 16.0


def test_filters_pages_and_search(store: Store) -> None:
    for number in range(5):
        ask(store, f"问题{number}", group=f"g{number}", at=NOW + number)
    ask(store, "今天天气", group="weather", reason="not_ours")
    ask(store, "有人冒充公安 FaceTime 我", group="g1", asker="asker-b")
    ask(store, "都不是", group="rejected", reason="rejected", at=NOW - 1)
    store.queue.close("g4", "dismissed", "李", "", at=NOW)
    assert [row.id for row in store.queue.groups(reason="no_entry")] == ["g1", "g3", "g2", "g0"]
    assert [row.id for row in store.queue.groups(reason="ours", limit=2, offset=3)] == ["g0", "rejected"]
    assert [row.id for row in store.queue.groups(reason="not_ours")] == ["weather"]
    assert [row.id for row in store.queue.groups(states=("dismissed",))] == ["g4"]
    assert (store.queue.count(), store.queue.count(reason="ours"), store.queue.count(states=("dismissed",))) == (
        6,
        5,
        1,
    )
    for words, found in {
        "公安": ["g1"],  # two characters, of a question that is not the title
        "facetime 公安": ["g1"],
        "公安 天气": [],
        "问题2": ["g2"],
        "g3": ["g3"],
        "%": [],
        "'; --": [],
        "  ": ["g1", "g3", "g2", "g0", "weather", "rejected"],
    }.items():
        assert [row.id for row in store.queue.groups(search=words)] == found, words


def test_a_group_is_ours_as_soon_as_one_question_is(store: Store) -> None:
    ask(store, "这个", reason="not_ours")
    assert group(store, "g1").reason == "not_ours"
    ask(store, "这个", reason="no_entry")
    ask(store, "这个", reason="not_ours")
    assert group(store, "g1").reason == "no_entry"


def test_claim_and_release(store: Store) -> None:
    ask(store, "问")
    row = store.queue.claim("g1", "李", at=NOW)
    assert (row.state, row.claimed_by, row.claimed_at) == ("claimed", "李", NOW)
    assert store.queue.claim("g1", "李", at=NOW + 60).claimed_at == NOW + 60
    with pytest.raises(AlreadyDone) as caught:
        store.queue.claim("g1", "王", at=NOW + 61)
    assert (caught.value.who, caught.value.at) == ("李", NOW + 60)
    assert store.queue.claim("g1", "王", at=NOW + 60 + 1800).claimed_by == "王"  # free again after 30 minutes
    assert not store.queue.release("g1", "李")
    assert store.queue.release("g1", "王")
    assert (group(store, "g1").state, group(store, "g1").claimed_by) == ("open", "")
    with pytest.raises(NotFound):
        store.queue.claim("nowhere", "李", at=NOW)


def test_close_and_reopen(store: Store) -> None:
    ask(store, "问")
    row = store.queue.close("g1", "dismissed", "李", "灌水", at=NOW)
    assert (row.state, row.closed_by, row.closed_at, row.resolution) == ("dismissed", "李", NOW, "灌水")
    for call in (
        lambda: store.queue.close("g1", "answered", "王", "", at=NOW),
        lambda: store.queue.claim("g1", "王", at=NOW),
    ):
        with pytest.raises(AlreadyDone) as caught:
            call()
        assert (caught.value.who, caught.value.at) == ("李", NOW)
    row = store.queue.reopen("g1", "王", at=NOW)
    assert (row.state, row.closed_by, row.closed_at, row.resolution) == ("open", "", 0, "")
    assert store.queue.reopen("g1", "王", at=NOW).state == "open"
    with pytest.raises(NotFound):
        store.queue.close("nowhere", "answered", "李", "", at=NOW)
    with pytest.raises(ValueError, match="merged"):
        store.queue.close("g1", "merged", "李", "", at=NOW)


def test_nobody_closes_merges_or_splits_what_another_editor_has_claimed(store: Store) -> None:
    ask(store, "问", group="g1")
    ask(store, "又问", group="g1")
    ask(store, "别的", group="g2")
    store.queue.claim("g1", "李", at=NOW)
    for call in (
        lambda: store.queue.close("g1", "dismissed", "王", "", at=NOW + 1),
        lambda: store.queue.merge(["g1"], "g2", "王", at=NOW + 1),
        lambda: store.queue.merge(["g2"], "g1", "王", at=NOW + 1),
        lambda: store.queue.split("g1", [store.queue.members("g1")[0].id], "王", at=NOW + 1),
    ):
        with pytest.raises(AlreadyDone) as caught:
            call()
        assert (caught.value.who, caught.value.at, caught.value.claimed) == ("李", NOW, True)
    assert store.queue.merge(["g2"], "g1", "李", at=NOW + 1).questions == 3
    assert store.queue.close("g1", "dismissed", "王", "", at=NOW + 1800).closed_by == "王"  # 李 did not come back


def test_reopening_needs_the_questions(store: Store) -> None:
    ask(store, "问")
    store.queue.close("g1", "answered", "李", "", at=NOW)
    store.turns.expire(now=NOW, replay_days=30, retention_days=180)
    with pytest.raises(NotFound, match="no longer kept"):
        store.queue.reopen("g1", "李", at=NOW)


def test_dismissed_is_sticky_answered_opens_again(store: Store) -> None:
    ask(store, "灌水", group="spam")
    ask(store, "答过", group="done")
    store.queue.close("spam", "dismissed", "李", "", at=NOW)
    store.queue.close("done", "answered", "李", "", at=NOW)
    ask(store, "灌水", group="spam", asker="asker-b", at=NOW + DAY)
    ask(store, "答过", group="done", asker="asker-b", at=NOW + 5)  # a replica that has not loaded the answer yet
    assert (group(store, "spam").state, group(store, "spam").questions) == ("dismissed", 2)
    assert (group(store, "done").state, group(store, "done").questions) == ("answered", 2)
    ask(store, "答过", group="done", asker="asker-c", at=NOW + DAY)
    assert (group(store, "done").state, group(store, "done").askers) == ("open", 3)
    assert set(store.queue.titles()) == {("spam", "灌水"), ("done", "答过")}


def test_merge(store: Store) -> None:
    first = ask(store, "甲", group="g1", asker="asker-a")
    ask(store, "乙", group="g2", asker="asker-a", weight=3.0)
    ask(store, "丙", group="g3", asker="asker-b")
    store.faq.save_draft(draft(group_id="g2"))
    for name in ("g1", "g2"):
        store.queue.add_wish(wish(chat_id="7", group_id=name))
    store.queue.add_wish(wish(chat_id="8", group_id="g2", asker="asker-b"))
    row = store.queue.merge(["g1", "g2", "g1"], "g3", "李", at=NOW)
    assert (row.questions, row.askers, row.days, row.harm) == (3, 2, {TODAY: 3}, 15.0)
    merged = group(store, "g1")
    assert (merged.state, merged.closed_by, merged.questions, merged.merged_into) == ("merged", "李", 0, "g3")
    assert row.merged_into == ""
    assert sorted(w.chat_id for w in store.queue.wishes("g3")) == ["7", "8"]
    assert [w.chat_id for w in store.queue.wishes("g1")] == [w.chat_id for w in store.queue.wishes("g3")]
    turn, saved = store.turns.turn(first), store.faq.draft("d1")
    assert turn is not None
    assert saved is not None
    assert (turn.group_id, saved.group_id) == ("g3", "g3")
    assert set(store.queue.titles()) == {("g3", "甲"), ("g3", "乙"), ("g3", "丙")}
    # What comes later for a merged group goes where it went, also over two steps.
    ask(store, "丁", group="g4")
    store.queue.merge(["g3"], "g4", "李", at=NOW)
    ask(store, "甲", group="g1", asker="asker-c")
    assert group(store, "g4").questions == 5
    assert group(store, "g1").merged_into == "g4"
    for call in (
        lambda: store.queue.merge(["g4"], "g1", "李", at=NOW),
        lambda: store.queue.merge(["g1"], "g4", "李", at=NOW),
        lambda: store.queue.claim("g1", "李", at=NOW),
        lambda: store.queue.reopen("g1", "李", at=NOW),
    ):
        with pytest.raises(AlreadyDone):
            call()
    with pytest.raises(NotFound):
        store.queue.merge(["nowhere"], "g4", "李", at=NOW)


def test_split(store: Store) -> None:
    title = ask(store, "要分开的", asker="asker-a", at=NOW - DAY)
    also = ask(store, "也要分开", asker="asker-b")
    ask(store, "留下的", asker="asker-c")
    ask(store, "留下的", asker="asker-b")
    store.queue.add_wish(wish(id="w-a", asker="asker-a"))
    store.queue.add_wish(wish(id="w-b", asker="asker-b"))
    new = store.queue.split("g1", [f"q-{title}", f"q-{also}", "nowhere"], "李", at=NOW)
    old = group(store, "g1")
    assert (new.title, new.questions, new.askers, new.first_seen, new.state) == ("要分开的", 2, 2, NOW - DAY, "open")
    assert (old.title, old.questions, old.askers, old.days) == ("留下的", 2, 2, {TODAY: 2})
    assert [w.id for w in store.queue.wishes(new.id)] == ["w-a"]
    assert [w.id for w in store.queue.wishes("g1")] == ["w-b"]
    row = store.turns.turn(title)
    assert row is not None
    assert row.group_id == new.id
    assert store.queue.split(new.id, [m.id for m in store.queue.members(new.id)], "李", at=NOW).id == new.id
    with pytest.raises(NotFound):
        store.queue.split("g1", [f"q-{title}"], "李", at=NOW)
    store.queue.close("g1", "dismissed", "李", "", at=NOW)
    with pytest.raises(AlreadyDone):
        store.queue.split("g1", ["x"], "李", at=NOW)


def test_move_to_ours(store: Store) -> None:
    ask(store, "物业", reason="not_ours")
    store.queue.close("g1", "dismissed", "李", "", at=NOW)
    row = store.queue.move_to_ours("g1", "李", at=NOW)
    assert (row.reason, row.state) == ("no_entry", "open")
    # It is kept as long as ours now.
    store.turns.expire(now=NOW + 60 * DAY, replay_days=30, retention_days=180)
    assert group(store, "g1").questions == 1
    with pytest.raises(NotFound):
        store.queue.move_to_ours("nowhere", "李", at=NOW)


def test_wishes(store: Store) -> None:
    ask(store, "问")
    mine = wish(chat_id="7")
    assert store.queue.add_wish(mine)
    assert not store.queue.add_wish(wish(chat_id="7"))
    assert not store.queue.add_wish(wish(group_id="nowhere"))
    assert store.queue.wishes("g1") == [mine]
    store.queue.drop_wish(mine.id)
    assert store.queue.wishes("g1") == store.queue.wishes("nowhere") == []


def test_a_chat_that_is_gone_loses_its_wishes_in_every_group(store: Store) -> None:
    for name in ("g1", "g2", "g3"):
        ask(store, f"问{name}", group=name)
        store.queue.add_wish(wish(chat_id="7", group_id=name))
    kept = [wish(chat_id="8"), wish(chat_id="7", channel="web")]
    for row in kept:
        store.queue.add_wish(row)
    store.queue.merge(["g2"], "g1", "李", at=NOW)
    store.queue.close("g3", "dismissed", "李", "", at=NOW)
    assert store.queue.drop_wishes("telegram", "7") == 2
    assert store.queue.drop_wishes("telegram", "7") == 0
    assert store.queue.wishes("g1") == kept
    assert store.queue.wishes("g3") == []


def test_what_rises_is_a_waiting_group_that_was_asked_more_this_week(store: Store) -> None:
    for group_id, before, now in (("steep", 0, 4), ("up", 2, 4), ("more", 2, 4), ("same", 3, 3), ("once", 0, 1)):
        for number in range(before):
            ask(store, group_id, group=group_id, asker=f"a{number}", at=NOW - (7 + number) * DAY)
        for number in range(now):
            ask(store, group_id, group=group_id, asker=f"a{number}", at=NOW - number * DAY)
    ask(store, "more", group="more", asker="one more", at=NOW - 20 * DAY)  # too long ago to be before
    ask(store, "tomorrow", group="once", at=NOW + DAY)
    for _ in range(3):
        ask(store, "done", group="done")
    store.queue.close("done", "dismissed", "ann", "", at=NOW)
    found = store.queue.rising(today=TODAY)
    assert [(row.group, row.title, row.now, row.before, row.askers) for row in found] == [
        ("steep", "steep", 4, 0, 4),
        ("more", "more", 4, 2, 5),
        ("up", "up", 4, 2, 4),
    ]
    assert [row.group for row in store.queue.rising(today=TODAY, limit=1)] == ["steep"]


@pytest.mark.parametrize("size", [0, 1, 2, 5, 8])
def test_coverage_is_the_true_median_of_what_an_entry_answered(store: Store, size: int) -> None:
    chance = random.Random(size)
    seconds = [chance.randrange(60, 100_000) for _ in range(size)]
    for number, took in enumerate(seconds):
        ask(store, "等", group=f"g{number}", asker="first", at=NOW - took)
        ask(store, "等", group=f"g{number}", asker="later", at=NOW)
        store.queue.close(f"g{number}", "answered", "ann", "fake-loan", at=NOW)
    for group_id, state, resolution, at in (
        ("dismissed", "dismissed", "spam", NOW), ("told", "answered", "once", NOW), ("none", "answered", "", NOW),
        ("earlier", "answered", "fake-loan", NOW - 9 * DAY),
    ):  # fmt: skip
        ask(store, group_id, group=group_id, at=NOW - 10 * DAY)
        store.queue.close(group_id, state, "ann", resolution, at=at)
    ask(store, "open", group="open")
    assert store.queue.coverage(since=NOW - DAY) == (size, statistics.median(seconds) if seconds else None)


def test_counts_stay_exact_through_everything(store: Store) -> None:
    """A few hundred random steps; then, and for every group, the counts are those of the questions."""
    dice = random.Random(5)
    for step in range(300):
        groups = [row.id for row in store.queue.groups()] or [""]
        name, other = dice.choice([*groups, f"n{step}"]), dice.choice(groups)
        action = dice.random()
        if action < 0.7 or other == "":
            ask(store, f"问{step}", group=name, asker=f"a{dice.randrange(20)}", at=NOW + step * 3600)
        elif action < 0.76:
            store.queue.merge([dice.choice(groups)], other, "李", at=NOW)
        elif action < 0.84:
            members = store.queue.members(other)
            store.queue.split(other, [m.id for m in dice.sample(members, (len(members) + 1) // 2)], "李", at=NOW)
        elif action < 0.9:
            store.queue.close(other, dice.choice(["answered", "dismissed"]), "李", "", at=NOW + step * 3600)
        elif action < 0.96:
            store.turns.forget([f"a{dice.randrange(20)}"], [])
        else:
            store.turns.expire(now=NOW + step * 3600, replay_days=2, retention_days=5)
        if step % 20 == 0:
            assert store.check() == []
    assert store.queue.count() > 3
    texts = {m.masked for row in store.queue.groups() for m in store.queue.members(row.id)}
    for row in store.queue.groups():
        members = store.queue.members(row.id)
        assert (row.questions, row.askers) == (len(members), len({m.asker for m in members}))
        assert sum(row.days.values()) == row.questions
        assert row.title in texts
