"""TurnStore: a message is recorded once, counts follow it, words go on time and on request."""

from __future__ import annotations

import dataclasses
import random

import pytest
from store_records import DAY, NOW, TODAY, ask, draft, message, question, turn, wish

from bot.errors import StoreError
from bot.store.base import AuditRow, FeedbackRow, InboxRow, Preferences, SessionRow, StaffRow, Store, SumKey


def totals(store: Store) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = store.turns.counts(since_day="2000-01-01", until_day="2100-01-01")
    return {(row["day"], row["topic"]): (row["n"], row["helpful"], row["unhelpful"]) for row in rows}


def expire(store: Store, now: int, **days: int) -> dict[str, int]:
    return store.turns.expire(now=now, **{"replay_days": 30, "retention_days": 180, **days})


def test_a_turn_comes_back_as_it_was(store: Store) -> None:
    row = turn(choice="fake-loan", group_id="g9", reason="")
    assert store.turns.record(row, context="问题")
    assert store.turns.turn(row.id) == row
    assert store.turns.turn("nowhere") is None
    assert totals(store) == {(TODAY, "fake-loan"): (1, 0, 0)}


def test_redelivery_adds_nothing(store: Store) -> None:
    row = turn(kind="unknown", reason="no_entry")
    assert store.turns.record(row, unanswered=question(row), context="一")
    again = dataclasses.replace(row, id="another")
    assert not store.turns.record(again, unanswered=question(again), context="二")
    assert store.turns.turn("another") is None
    assert store.turns.context("chat-a", since=0) == ["一"]
    assert [group.questions for group in store.queue.groups()] == [1]
    assert sum(n for n, _, _ in totals(store).values()) == 1
    # The same message number elsewhere is another message.
    assert store.turns.record(dataclasses.replace(row, id="t2", chat="chat-b"))
    assert store.turns.record(dataclasses.replace(row, id="t3", channel="telegram"))


def test_a_failed_record_leaves_nothing(store: Store) -> None:
    row = turn()
    store.turns.record(row)
    clash = turn(id=row.id, kind="unknown", reason="no_entry")
    with pytest.raises(StoreError):
        store.turns.record(clash, unanswered=question(clash), context="x")
    assert store.queue.groups() == []
    assert store.turns.context("chat-a", since=0) == []


def test_what_is_recorded_together_is_one_transaction(store: Store) -> None:
    with store.turns.together():
        store.turns.record(turn(id="t1", message="1"), context="一")
        store.turns.record(turn(id="t2", message="2"), context="二")
    assert store.turns.context("chat-a", since=0) == ["一", "二"]

    def one_is_refused() -> None:
        with store.turns.together():
            store.turns.record(turn(id="t3", message="3"), context="三")
            store.turns.record(turn(id="t1", message="4"))

    with pytest.raises(StoreError):
        one_is_refused()
    assert store.turns.turn("t3") is None
    assert store.turns.context("chat-a", since=0) == ["一", "二"]
    assert sum(n for n, _, _ in totals(store).values()) == 2
    assert store.turns.record(turn(id="t3", message="3"))  # and single ones go on as before


def test_an_edit_takes_the_old_record_back(store: Store) -> None:
    ask(store, "旧的问题", message="m", group="g1")
    old = store.turns.recent_questions(since=0)[0]
    store.turns.add_feedback(FeedbackRow(old.id, "asker-a", False, "", NOW))
    store.queue.add_wish(wish(group_id="g1"))
    new = turn(message="m", masked="新的问题", at=NOW + DAY)
    assert store.turns.record(new, context="新的问题", replace=True)
    assert store.turns.turn(old.id) is None
    assert store.turns.feedback() == []
    assert store.turns.context("chat-a", since=0) == ["新的问题"]
    assert store.queue.group("g1") is None
    assert store.queue.wishes("g1") == []
    assert totals(store) == {("2027-01-16", "fake-loan"): (1, 0, 0)}


def test_an_edit_keeps_the_group_and_the_wish_when_still_unanswered(store: Store) -> None:
    ask(store, "旧", message="m", group="g1")
    ask(store, "别人的", asker="asker-b", group="g1")
    store.queue.add_wish(wish(id="w", group_id="g1"))
    row = turn(message="m", kind="unknown", reason="no_entry", masked="新")
    store.turns.record(row, unanswered=question(row, group="g2"), replace=True)
    assert [w.id for w in store.queue.wishes("g2")] == ["w"]
    first, second = store.queue.group("g1"), store.queue.group("g2")
    assert first is not None
    assert second is not None
    assert (first.title, first.questions, first.askers) == ("别人的", 1, 1)
    assert (second.title, second.questions) == ("新", 1)
    # Edited again inside the same group.
    row = turn(message="m", kind="unknown", reason="no_entry", masked="更新")
    store.turns.record(row, unanswered=question(row, group="g2"), replace=True)
    assert [w.id for w in store.queue.wishes("g2")] == ["w"]
    assert [m.masked for m in store.queue.members("g2")] == ["更新"]
    assert store.queue.titles() == [("g1", "别人的"), ("g2", "更新")]


def test_an_edit_keeps_where_the_answer_stands(store: Store) -> None:
    first = turn(message="m1")
    store.turns.record(first)
    store.turns.set_answered_in({first.id: "71", "nowhere": "72"})
    found = store.turns.turn(first.id)
    assert found is not None
    assert found.answered_in == "71"
    store.turns.record(turn(id="t2", message="m1", masked="改过"), replace=True)
    edited = store.turns.turn("t2")
    assert edited is not None
    assert (edited.masked, edited.answered_in) == ("改过", "71")


def test_replace_of_an_unknown_message_just_records(store: Store) -> None:
    assert store.turns.record(turn(), replace=True)
    assert totals(store) == {(TODAY, "fake-loan"): (1, 0, 0)}


def test_a_turn_turns_out_unanswered(store: Store) -> None:
    row = turn()
    store.turns.record(row)
    rejected = question(row, group="g5", reason="rejected")
    assert store.turns.add_unanswered(rejected)
    assert not store.turns.add_unanswered(dataclasses.replace(rejected, id="other"))
    group, kept = store.queue.group("g5"), store.turns.turn(row.id)
    assert group is not None
    assert kept is not None
    assert (group.reason, group.questions, kept.group_id) == ("rejected", 1, "g5")


def test_context_is_recent_and_in_order(store: Store) -> None:
    for number in range(6):
        store.turns.record(turn(at=NOW + number), context=f"第{number}句")
    store.turns.record(turn(chat="chat-b"), context="别处")
    assert store.turns.context("chat-a", since=NOW) == ["第2句", "第3句", "第4句", "第5句"]
    assert store.turns.context("chat-a", since=NOW + 5, limit=9) == ["第5句"]
    store.turns.clear_context("chat-a")
    assert store.turns.context("chat-a", since=0) == []
    assert store.turns.context("chat-b", since=0) == ["别处"]


def test_a_choice_is_taken_once(store: Store) -> None:
    row = turn(kind="choose")
    store.turns.record(row)
    assert store.turns.choose(row.id, "none")
    assert not store.turns.choose(row.id, "fake-loan")
    assert not store.turns.choose("nowhere", "fake-loan")
    kept = store.turns.turn(row.id)
    assert kept is not None
    assert kept.choice == "none"


def test_the_later_feedback_replaces_the_earlier(store: Store) -> None:
    row = turn()
    store.turns.record(row)
    assert not store.turns.add_feedback(FeedbackRow("nowhere", "asker-a", True, "", NOW))
    assert store.turns.add_feedback(FeedbackRow(row.id, "asker-a", True, "", NOW))
    assert totals(store)[(TODAY, "fake-loan")] == (1, 1, 0)
    assert store.turns.add_feedback(FeedbackRow(row.id, "asker-a", False, "没说怎么退钱", NOW + 1))
    assert store.turns.add_feedback(FeedbackRow(row.id, "asker-b", False, "", NOW + 2))
    assert totals(store)[(TODAY, "fake-loan")] == (1, 0, 2)
    assert [(f.asker, f.missing) for f in store.turns.feedback()] == [("asker-b", ""), ("asker-a", "没说怎么退钱")]
    assert len(store.turns.feedback(since=NOW + 2)) == 1
    assert len(store.turns.feedback(limit=1)) == 1


def test_what_residents_missed_is_found_by_entry_and_by_group(store: Store) -> None:
    shown = turn(entry_ids=("fake-loan", "task-rebate"), masked="放款前要交钱吗")
    chosen = turn(kind="choose", entry_ids=("fake-loan", "task-rebate"), choice="task-rebate")
    asked = ask(store, "没答上的", group="g1")
    for row in (shown, chosen):
        store.turns.record(row)
    for turn_id, asker, words, at in (
        (shown.id, "a", "没说怎么退钱", NOW), (shown.id, "b", "", NOW + 1), (chosen.id, "a", "做到一半怎么办", NOW + 2),
        (asked, "a", "什么也没说", NOW + 3),
    ):  # fmt: skip
        store.turns.add_feedback(FeedbackRow(turn_id, asker, False, words, at))
    (row,) = store.turns.missing(entry="fake-loan")
    assert (row.words, row.question, row.at) == ("没说怎么退钱", "放款前要交钱吗", NOW)
    assert [r.words for r in store.turns.missing(entry="task-rebate")] == ["做到一半怎么办"]
    assert [r.words for r in store.turns.missing(group="g1")] == ["什么也没说"]
    assert store.turns.missing() == store.turns.missing(entry="fake-loan", limit=0) == []


def test_helpfulness_is_counted_for_the_entry_that_was_read(store: Store) -> None:
    shown = turn(entry_ids=("fake-loan", "task-rebate"), topics=("loans",))
    sibling = turn(entry_ids=("loan-two",), topics=("loans",))
    chosen = turn(kind="choose", entry_ids=("fake-loan", "task-rebate"), choice="task-rebate")
    refused = turn(kind="choose", entry_ids=("fake-loan",), choice="none")
    nothing = turn(kind="unknown", reason="no_entry", entry_ids=())
    for row in (shown, sibling, chosen, refused, nothing):
        store.turns.record(row)
    for row, asker, helpful in (
        (shown, "a", False), (shown, "b", True), (sibling, "a", True), (chosen, "a", False), (refused, "a", False),
        (nothing, "a", False),
    ):  # fmt: skip
        store.turns.add_feedback(FeedbackRow(row.id, asker, helpful, "", NOW))
    assert store.turns.helpfulness(since=NOW) == {"fake-loan": (2, 3), "loan-two": (0, 1), "task-rebate": (1, 1)}
    store.turns.add_feedback(FeedbackRow(shown.id, "a", True, "", NOW + 5))
    assert store.turns.helpfulness(since=NOW + 5) == {"fake-loan": (0, 1)}


def test_counts_are_per_day_of_the_service_time_zone(store: Store) -> None:
    store.turns.record(turn(at=NOW + 8 * 3600 - 1))  # 23:59:59 in Shanghai
    store.turns.record(turn(at=NOW + 8 * 3600, kind="unknown", reason="not_ours", topics=(), lang="en"))
    rows = store.turns.counts(since_day=TODAY, until_day="2027-01-16")
    assert [dict(row) for row in rows] == [
        {
            "day": TODAY,
            "channel": "web",
            "lang": "zh-Hans",
            "kind": "answer",
            "reason": "",
            "topic": "fake-loan",
            "n": 1,
            "helpful": 0,
            "unhelpful": 0,
        },
        {
            "day": "2027-01-16",
            "channel": "web",
            "lang": "en",
            "kind": "unknown",
            "reason": "not_ours",
            "topic": "",
            "n": 1,
            "helpful": 0,
            "unhelpful": 0,
        },
    ]
    assert len(store.turns.counts(since_day=TODAY, until_day=TODAY)) == 1


def test_sums_are_the_counts_added_up_whatever_happens(store: Store) -> None:
    chance = random.Random(3)
    for number in range(60):
        row = turn(
            message=f"m{number % 40}", at=NOW + chance.randrange(4) * 86_400, lang=chance.choice(("en", "zh-Hans")),
            channel=chance.choice(("web", "telegram")), kind=chance.choice(("answer", "choose")),
            topics=chance.choice(((), ("fake-loan",), ("task-rebate", "fake-loan"))),
        )  # fmt: skip
        store.turns.record(row, replace=True)
        if chance.random() < 0.5:
            store.turns.add_feedback(FeedbackRow(row.id, "a", chance.random() < 0.5, "", NOW))
    since, until = "2027-01-16", "2027-01-17"
    keys: tuple[SumKey, ...] = ("day", "channel", "lang", "topic")
    for key in keys:
        added: dict[tuple[str, str, str], list[int]] = {}
        for count in store.turns.counts(since_day=since, until_day=until):
            sums = added.setdefault((count[key], count["kind"], count["reason"]), [0, 0, 0])
            for place, figure in enumerate(("n", "helpful", "unhelpful")):
                sums[place] += count[figure]
        found = [tuple(dict(row).values()) for row in store.turns.sums(key, since_day=since, until_day=until)]
        assert found == [(*names, *sums) for names, sums in sorted(added.items())], key
        assert sum(row[3] for row in found) > 10


def test_recent_questions_are_those_with_words(store: Store) -> None:
    store.turns.record(turn(at=NOW - 10, masked="早"))
    store.turns.record(turn(at=NOW, masked="晚"))
    store.turns.record(turn(at=NOW, masked=None))
    assert [row.masked for row in store.turns.recent_questions(since=0)] == ["晚", "早"]
    assert [row.masked for row in store.turns.recent_questions(since=NOW)] == ["晚"]
    assert len(store.turns.recent_questions(since=0, limit=1)) == 1


def test_preferences(store: Store) -> None:
    assert store.turns.preferences("asker-a") == Preferences()
    mine = Preferences(lang="zh-Hant", elder=True, quiz={"right": 3})
    store.turns.set_preferences("asker-a", Preferences(lang="en"))
    store.turns.set_preferences("asker-a", mine)
    assert store.turns.preferences("asker-a") == mine


def test_text_that_no_database_takes_is_still_recorded(store: Store) -> None:
    row = turn(masked="半个\ud83d表情\0", kind="unknown", reason="no_entry")
    assert store.turns.record(row, unanswered=question(row), context=row.masked)
    assert [r.masked for r in store.turns.recent_questions(since=0)] == ["半个?表情�"]
    store.turns.add_feedback(FeedbackRow(row.id, "asker-a", False, "\ud83d\0", NOW))


# ---------------------------------------------------------------- forget
def test_forget_deletes_everywhere_and_nobody_else(store: Store) -> None:
    first = ask(store, "骗子让我转账", asker="asker-a", chat="chat-a", group="g1")
    ask(store, "有人让我转账", asker="asker-b", chat="chat-b", group="g1")
    ask(store, "只有我问", asker="asker-a", chat="chat-a", group="g2")
    other = turn(asker="asker-b", chat="chat-b")
    store.turns.record(other, context="别人")
    store.turns.add_feedback(FeedbackRow(first, "asker-a", False, "缺", NOW))
    store.turns.add_feedback(FeedbackRow(other.id, "asker-a", True, "", NOW))
    store.turns.add_feedback(FeedbackRow(other.id, "asker-b", True, "", NOW))
    store.turns.set_preferences("asker-a", Preferences(lang="en"))
    store.queue.add_wish(wish(id="w1", asker="asker-a", chat_id="77", group_id="g1"))
    store.queue.add_wish(wish(id="w2", asker="asker-b", group_id="g1"))
    mine, by_wish = message(asker="asker-a", group_id="g1"), message(chat_id="77", group_id="g1")
    store.outbox.put([mine, by_wish, message(id="others", asker="asker-b", group_id="g1")])
    store.faq.save_draft(draft())
    store.faq.set_replay("d1", 1, {"takes": ["骗子让我转账"]})
    before = totals(store)

    assert store.turns.forget(["asker-a", "old-key-a"], ["chat-a"]) == {
        "questions": 2,
        "context": 2,
        "unanswered": 2,
        "feedback": 2,
        "messages": 2,
        "wishes": 1,
        "preferences": 1,
    }
    assert store.turns.turn(first) is None
    assert store.turns.context("chat-a", since=0) == []
    assert [f.asker for f in store.turns.feedback()] == ["asker-b"]
    assert store.turns.preferences("asker-a") == Preferences()
    assert [w.id for w in store.queue.wishes("g1")] == ["w2"]
    assert [o.id for o in store.outbox.by_group("g1")] == ["others"]
    assert store.faq.drafts()[0].replay is None
    group = store.queue.group("g1")
    assert group is not None
    assert (group.questions, group.askers, group.title) == (1, 1, "有人让我转账")
    assert group.days == {TODAY: 1}
    assert store.queue.group("g2") is None
    assert store.queue.titles() == [("g1", "有人让我转账")]
    assert totals(store) == before  # figures hold nobody's words
    assert not any(store.turns.forget(["asker-a"], ["chat-a"]).values())


def test_forget_reaches_titles_of_merged_and_closed_groups(store: Store) -> None:
    ask(store, "甲的话", asker="asker-a", group="g1")
    ask(store, "乙的话", asker="asker-b", group="g2")
    ask(store, "丙的话", asker="asker-a", group="g3")
    store.queue.merge(["g2"], "g1", "李", at=NOW)
    store.queue.close("g3", "dismissed", "李", "", at=NOW)
    store.turns.forget(["asker-b"], [])
    assert store.queue.titles() == [("g1", "甲的话"), ("g3", "丙的话")]
    store.turns.forget(["asker-a"], [])
    assert store.queue.titles() == []


# ---------------------------------------------------------------- expire
def test_words_go_on_time_counts_stay(store: Store) -> None:
    row = turn()
    store.turns.record(row, context="问题")
    store.turns.add_feedback(FeedbackRow(row.id, "asker-a", True, "", NOW))
    before = totals(store)
    assert not any(expire(store, NOW + 14 * 60).values())
    assert expire(store, NOW + 15 * 60)["context"] == 1
    assert expire(store, NOW + 30 * DAY - 1)["questions"] == 0
    assert expire(store, NOW + 30 * DAY)["questions"] == 1
    assert store.turns.turn(row.id) is None
    assert expire(store, NOW + 180 * DAY - 1)["feedback"] == 0
    assert expire(store, NOW + 180 * DAY)["feedback"] == 1
    assert not any(expire(store, NOW + 180 * DAY).values())
    assert totals(store) == before


def test_zero_replay_days_keeps_only_counts(store: Store) -> None:
    row = turn()
    store.turns.record(row, context="问题")
    gone = expire(store, NOW, replay_days=0)
    assert (gone["words"], gone["questions"], gone["context"]) == (1, 0, 0)
    kept = store.turns.turn(row.id)
    assert kept is not None
    assert kept.masked is None
    assert expire(store, NOW + 15 * 60, replay_days=0)["questions"] == 1
    assert totals(store) == {(TODAY, "fake-loan"): (1, 0, 0)}


def test_unanswered_questions_go_when_closed_or_old(store: Store) -> None:
    ask(store, "答过的", group="answered")
    ask(store, "旧的", group="dismissed", at=NOW - 9)
    ask(store, "新的", group="dismissed", asker="asker-b")
    ask(store, "老早的", group="open", at=NOW - 200 * DAY)
    ask(store, "还在的", group="open", asker="asker-b", at=NOW - 90 * DAY)
    ask(store, "天气", group="weather", reason="not_ours", at=NOW - 31 * DAY)
    ask(store, "老掉的", group="old", at=NOW - 180 * DAY)
    store.queue.close("answered", "answered", "李", "fake-loan", at=NOW)
    store.queue.close("dismissed", "dismissed", "李", "灌水", at=NOW)
    gone = expire(store, NOW)
    assert gone["unanswered"] == 5
    assert [m.masked for m in store.queue.members("dismissed")] == ["新的"]
    assert store.queue.titles() == [("open", "还在的"), ("dismissed", "新的")]
    assert store.queue.group("weather") is None
    assert store.queue.group("old") is None
    answered, dismissed, still = (store.queue.group(name) for name in ("answered", "dismissed", "open"))
    assert answered is not None
    assert dismissed is not None
    assert still is not None
    assert (answered.title, answered.questions, answered.askers) == ("", 1, 1)
    assert (dismissed.questions, dismissed.askers) == (2, 2)
    assert (still.questions, still.askers, still.first_seen) == (1, 1, NOW - 90 * DAY)
    # The figures of closed groups go when even their words would have gone.
    gone = expire(store, NOW + 180 * DAY)
    assert (gone["groups"], gone["unanswered"]) == (2, 2)
    assert store.queue.groups(states=("open", "claimed", "answered", "dismissed", "merged")) == []


def test_everything_else_that_has_a_time(store: Store) -> None:
    store.staff.add(StaffRow("李", "editor", None, NOW))
    store.staff.add_link("used", "李", expires_at=NOW + 10 * DAY)
    store.staff.add_link("late", "李", expires_at=NOW + 60)
    store.staff.add_link("good", "李", expires_at=NOW + 10 * DAY)
    store.staff.use_link("used", now=NOW)
    store.staff.add_session(SessionRow("old", "李", NOW, NOW + 60))
    store.staff.add_session(SessionRow("live", "李", NOW, NOW + 40 * DAY))
    store.staff.audit(AuditRow(NOW - 730 * DAY + 3600, "李", "publish", "a"))
    store.staff.audit(AuditRow(NOW, "李", "publish", "b"))
    store.inbox.accept([InboxRow(1, "5", {"text": "一"}, NOW), InboxRow(2, "5", {"text": "二"}, NOW)])
    store.inbox.done([1])
    ask(store, "问", group="g1")
    store.queue.add_wish(wish(id="w1"))
    store.outbox.put([message(id="sent"), message(id="waiting", due_at=NOW + 5 * DAY)])
    store.outbox.mark("sent", "sent")

    gone = expire(store, NOW + DAY)
    assert {k: n for k, n in gone.items() if n} == {
        "context": 1,
        "updates": 1,
        "links": 2,
        "sessions": 1,
        "audit": 1,
    }
    assert [row.update_id for row in store.inbox.pending()] == [2]
    assert store.staff.peek_link("good", now=NOW + DAY) == "李"
    assert store.staff.session("live", now=NOW + DAY) is not None
    assert store.inbox.accept([InboxRow(1, "5", {}, NOW + DAY)]) == [1]  # forgotten after a day
    gone = expire(store, NOW + 30 * DAY)
    assert (gone["wishes"], gone["messages"]) == (1, 1)
    assert [row.id for row in store.outbox.by_group("g1")] == ["waiting"]
    # A year without the service.
    gone = expire(store, NOW + 365 * DAY)
    assert (gone["messages"], gone["unanswered"], gone["sessions"]) == (1, 1, 1)
    assert [row.target for row in store.staff.audit_log()] == ["b"]


def test_growth_fades_without_new_questions(store: Store) -> None:
    ask(store, "问", group="g1")
    ask(store, "问", group="g1", asker="asker-b")
    assert [group.harm for group in store.queue.groups()] == [4.0]
    expire(store, NOW + 6 * DAY)
    assert [group.harm for group in store.queue.groups()] == [4.0]
    expire(store, NOW + 7 * DAY)
    assert [group.harm for group in store.queue.groups()] == [2.0]
