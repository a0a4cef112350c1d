"""The conversation on a real store: recorded once, context, edits, a store that fails, the queue, being forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_faq import FakeIndex, bodies, documents, keyword_decision, stub_policy

from bot.conversation import CONTEXT_SECONDS, CONTEXT_TURNS, Conversation, Question, turn_id
from bot.core.entry import Faq
from bot.core.reply import Decision
from bot.errors import FaqError, StoreError
from bot.store.base import Preferences, Publication, TurnRow
from bot.store.sqlite import SqliteStore

NOW = 1_764_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "bot.db")
    made.migrate()
    made.faq.put_documents({path: (text, "h") for path, text in documents().items()}, at=NOW)
    made.faq.publish([Publication(b["id"], b["topic"], b, 0, "e", "p") for b in bodies()], at=NOW)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub_policy(monkeypatch)

    def fake(faq: Faq) -> Any:
        return FakeIndex(faq)

    monkeypatch.setattr("bot.conversation.index_of", fake)


@pytest.fixture
def talk(store: SqliteStore) -> Conversation:
    return conversation(store)


def conversation(store: SqliteStore, **options: Any) -> Conversation:
    return Conversation(store, region="cn", timezone="Asia/Shanghai", operator="", clock=lambda: NOW, **options)


def question(text: str, message: str = "1", **changes: Any) -> Question:
    values: dict[str, Any] = {"channel": "test", "chat": "chat", "asker": "asker", "message": message, "at": NOW}
    return Question(text, **(values | changes))


def groups(store: SqliteStore, reason: str = "ours") -> list[tuple[str, int, int]]:
    return [(g.title, g.questions, g.askers) for g in store.queue.groups(reason=reason)]


# ---------------------------------------------------------------- asking
def test_the_id_of_a_message_stays_what_it_was() -> None:
    """Buttons of old answers carry it."""
    assert turn_id(question("贷款可信吗", "1")) == "ddv9x9zj6jce"


def test_a_turn_is_recorded_masked(talk: Conversation, store: SqliteStore) -> None:
    reply = talk.ask(question("贷款的人电话是13800138000，可信吗"))
    turn = store.turns.turn(reply.id)
    assert turn
    assert turn.masked == reply.masked
    assert "13800138000" not in str(turn)
    assert (turn.kind, turn.entry_ids, turn.topics, turn.lang) == ("answer", ("fake-loan",), ("fake-loan",), "zh-Hans")


def test_a_redelivered_message_adds_nothing_and_keeps_its_id(talk: Conversation, store: SqliteStore) -> None:
    first, second = talk.ask(question("社区里的新鲜事")), talk.ask(question("社区里的新鲜事"))
    assert first.id == second.id
    assert first.kind == second.kind
    assert len(store.turns.recent_questions(since=0)) == 1
    assert groups(store) == [("社区里的新鲜事", 1, 1)]


def test_an_edited_message_replaces_its_record(talk: Conversation, store: SqliteStore) -> None:
    talk.ask(question("社区里的新鲜事"))
    reply = talk.ask(question("社区里贷款的新鲜事", edited=True))
    assert reply.kind == "answer"
    assert [turn.kind for turn in store.turns.recent_questions(since=0)] == ["answer"]
    assert groups(store) == []
    assert store.turns.context("chat", since=0) == ["社区里贷款的新鲜事"]


def test_an_edited_message_is_not_its_own_context(talk: Conversation) -> None:
    talk.ask(question("有人让我贷款"))
    talk.ask(question("有人让我货款", edited=True))
    assert talk.index.seen[-1] == ("有人让我货款", ())  # type: ignore[attr-defined]


def test_the_last_turns_are_context_for_fifteen_minutes(talk: Conversation) -> None:
    talk.ask(question("有人让我贷款"))
    reply = talk.ask(question("那已经垫了3000怎么办", "2", at=NOW + CONTEXT_SECONDS - 1))
    assert reply.entries[0].id == "fake-loan"
    assert reply.turn == 2
    later = talk.ask(question("那怎么办呢", "3", at=NOW + 3 * CONTEXT_SECONDS))
    assert later.turn == 1
    assert later.kind == "unknown"


def test_turns_are_counted_beyond_what_is_read_as_context(talk: Conversation) -> None:
    turns = [talk.ask(question(f"有人让我贷款，第{n}回", str(n))).turn for n in range(1, CONTEXT_TURNS + 5)]
    assert turns == list(range(1, CONTEXT_TURNS + 5))
    assert len(talk.index.seen[-1][1]) == CONTEXT_TURNS  # type: ignore[attr-defined]


def test_context_stays_in_its_chat_and_greetings_are_none(talk: Conversation) -> None:
    talk.ask(question("有人让我贷款"))
    talk.ask(question("怎么办", "1", chat="another"))
    assert talk.index.seen[-1] == ("怎么办", ())  # type: ignore[attr-defined]
    talk.ask(question("你好", "2"))
    talk.ask(question("怎么办", "3"))
    assert talk.index.seen[-1] == ("怎么办", ("有人让我贷款",))  # type: ignore[attr-defined]


def test_the_chosen_language_is_kept(talk: Conversation) -> None:
    talk.set_preferences("asker", Preferences(lang="zh-Hant"))
    assert talk.ask(question("贷款")).lang == "zh-Hant"
    assert talk.ask(question("贷款", "2", lang="en")).lang == "en"


def test_without_replay_no_words_of_answered_questions_are_kept(store: SqliteStore) -> None:
    talk = conversation(store, replay_days=0)
    reply = talk.ask(question("贷款可信吗"))
    turn = store.turns.turn(reply.id)
    assert turn
    assert turn.masked is None
    talk.ask(question("社区里的新鲜事", "2", chat="c2"))
    assert groups(store) == [("社区里的新鲜事", 1, 1)]


def test_ids_follow_from_the_message() -> None:
    assert turn_id(question("a")) == turn_id(question("b"))
    assert turn_id(question("a")) != turn_id(question("a", "2"))
    assert len(turn_id(question("a"))) == 12
    assert turn_id(question("a", "")) != turn_id(question("a", ""))


# ---------------------------------------------------------------- the queue
def test_near_duplicates_share_a_group_and_askers_are_counted(talk: Conversation, store: SqliteStore) -> None:
    talk.ask(question("楼道里的新鲜事怎么举报", "1"))
    talk.ask(question("请问楼道里的新鲜事咋举报呢", "2", asker="other", chat="c2"))
    talk.ask(question("楼道里的新鲜事怎么举报", "3"))
    assert groups(store) == [("楼道里的新鲜事怎么举报", 3, 2)]


def test_another_process_finds_the_group(talk: Conversation, store: SqliteStore) -> None:
    talk.ask(question("楼道里的新鲜事怎么举报"))
    conversation(store).ask(question("楼道里的新鲜事咋举报", "2"))
    assert len(groups(store)) == 1


def test_what_is_not_ours_is_counted_apart(talk: Conversation, store: SqliteStore) -> None:
    talk.ask(question("今天天气怎么样"))
    assert groups(store) == []
    assert groups(store, "not_ours") == [("今天天气怎么样", 1, 1)]


def test_none_of_these_puts_the_question_into_the_queue(talk: Conversation, store: SqliteStore) -> None:
    reply = talk.ask(question("做任务的"))
    follow = talk.choose(reply.id, "none", "asker")
    assert follow
    assert follow.kind == "unknown"
    assert groups(store, "rejected") == [("做任务的", 1, 1)]
    turn = store.turns.turn(reply.id)
    assert turn
    assert turn.choice == "none"


def test_a_choice_is_remembered_and_answered_with_the_card(talk: Conversation, store: SqliteStore) -> None:
    reply = talk.ask(question("做任务的"))
    card = talk.choose(reply.id, "task-rebate", "asker")
    assert card
    assert card.entries[0].id == "task-rebate"
    assert card.id == reply.id
    turn = store.turns.turn(reply.id)
    assert turn
    assert turn.choice == "task-rebate"


def test_in_a_group_others_may_look_but_not_decide(talk: Conversation, store: SqliteStore) -> None:
    reply = talk.ask(question("做任务的"))
    assert talk.choose(reply.id, "task-rebate", "somebody")
    turn = store.turns.turn(reply.id)
    assert turn
    assert turn.choice == ""


def test_stale_buttons_are_told_apart(talk: Conversation) -> None:
    assert talk.choose("gone", "none", "asker") is None
    assert talk.choose("gone", "no-such-entry", "asker") is None
    card = talk.choose("gone", "task-rebate", "asker")  # the entry is still there: show it
    assert card


def test_not_helpful_puts_the_question_into_the_queue_once(talk: Conversation, store: SqliteStore) -> None:
    reply = talk.ask(question("贷款可信吗"))
    assert talk.feedback(reply.id, "asker", False)
    assert talk.feedback(reply.id, "asker", False, missing="没说我13800138000的事")
    assert groups(store, "rejected") == [("贷款可信吗", 1, 1)]
    (row,) = store.turns.feedback()
    assert "13800138000" not in row.missing
    assert "没说" in row.missing


def test_helpful_does_not(talk: Conversation, store: SqliteStore) -> None:
    reply = talk.ask(question("贷款可信吗"))
    assert talk.feedback(reply.id, "asker", True)
    assert groups(store) == []
    assert not talk.feedback("gone", "asker", True)


def test_who_wants_to_be_told_is_noted_once(talk: Conversation, store: SqliteStore) -> None:
    reply = talk.ask(question("社区里的新鲜事"))
    assert talk.tell_me(reply.id, "test", "42", "asker", "zh-Hans")
    assert talk.tell_me(reply.id, "test", "42", "asker", "zh-Hans")
    (group,) = store.queue.groups()
    assert [wish.chat_id for wish in store.queue.wishes(group.id)] == ["42"]
    assert not talk.tell_me("gone", "test", "42", "asker", "zh-Hans")
    answered = talk.ask(question("贷款", "9"))
    assert not talk.tell_me(answered.id, "test", "42", "asker", "zh-Hans")


def test_urgent_words_and_severity_rank_the_queue(talk: Conversation, store: SqliteStore) -> None:
    talk.ask(question("楼道里的新鲜事"))
    talk.ask(question("救命，新鲜事来了急急急", "2"))
    harms = [group.harm for group in store.queue.groups()]
    assert harms[0] > harms[1]
    assert store.queue.groups()[0].title.startswith("救命")


# ---------------------------------------------------------------- a store that fails
class Broken:
    """Lets a method of the store fail while ``down``."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method, self.down = method, True

    def __call__(self, *args: Any, **options: Any) -> Any:
        if self.down:
            raise StoreError("database is locked")
        return self.method(*args, **options)


@pytest.fixture
def broken(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> list[Broken]:
    made = []
    for name in ("record", "context", "preferences", "turn", "add_feedback"):
        fault = Broken(getattr(store.turns, name))
        monkeypatch.setattr(store.turns, name, fault)
        made.append(fault)
    return made


def repair(broken: list[Broken]) -> None:
    for fault in broken:
        fault.down = False


def test_a_failing_store_costs_no_answer_and_no_record(
    talk: Conversation, store: SqliteStore, broken: list[Broken]
) -> None:
    first = talk.ask(question("贷款可信吗"))
    assert first.kind == "answer"
    assert talk.ask(question("社区里的新鲜事", "2")).kind == "answer"  # its context waits in the spool
    assert len(talk.spool) == 2
    assert talk.flush() == 0
    repair(broken)
    assert talk.flush() == 2
    assert len(talk.spool) == 0
    assert store.turns.turn(first.id)


def test_what_waits_is_written_before_what_comes(talk: Conversation, store: SqliteStore, broken: list[Broken]) -> None:
    talk.ask(question("贷款可信吗"))
    repair(broken)
    talk.ask(question("刷单的贷款可信吗", edited=True))
    talk.flush()
    assert [turn.masked for turn in store.turns.recent_questions(since=0)] == ["刷单的贷款可信吗"]


def test_what_is_asked_together_is_recorded_together(talk: Conversation, store: SqliteStore) -> None:
    with talk.together():
        first = talk.ask(question("贷款可信吗", "1"))
        assert store.turns.turn(first.id) is None
        assert talk.ask(question("怎么办", "2")).turn == 2  # in the light of the first, which is not written yet
        talk.ask(question("社区里的新鲜事", "3", chat="c2", asker="other"))
        assert talk.forget(["other"])["questions"] == 1
    assert [turn.message for turn in store.turns.recent_questions(since=0)] == ["1", "2"]


def test_what_is_asked_together_is_looked_at_together(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[list[str]] = []
    used: list[object] = []

    def look_at(index: Any, texts: list[str]) -> dict[str, Any]:
        looked.append(list(texts))
        return {text: f"look of {text}" for text in texts}

    def decide(found: Any, text: str, **options: Any) -> Decision:
        used.append(options["looked"])
        return keyword_decision(found, text, **options)

    monkeypatch.setattr("bot.conversation.look_at", look_at)
    stub_policy(monkeypatch, decide)
    with talk.together(["贷款可信吗", "怎么办"]):
        pass  # the index is not there yet: nobody waits for it here
    assert talk.index
    with talk.together(["贷款可信吗", "怎么办"]):
        for number, text in enumerate(("贷款可信吗", "怎么办", "社区里的新鲜事")):
            talk.ask(question(text, str(number)))
    talk.ask(question("怎么办", "4"))
    with talk.together(["贷款可信吗"]):
        talk.ask(question("贷款可信吗", "5"))
    assert looked == [["贷款可信吗", "怎么办"]]
    assert used == ["look of 贷款可信吗", "look of 怎么办", None, None, None]


def test_looking_together_costs_nobody_the_answer(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_at(*_: object) -> None:
        raise RuntimeError("one of them")

    monkeypatch.setattr("bot.conversation.look_at", look_at)
    assert talk.index
    with talk.together(["贷款可信吗", "怎么办"]):
        assert talk.ask(question("贷款可信吗")).kind == "answer"


@pytest.mark.parametrize("refused", ["1", "2"])
def test_one_record_that_the_store_refuses_does_not_take_the_others_along(
    talk: Conversation, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    record = store.turns.record

    def picky(turn: TurnRow, **options: Any) -> bool:
        if turn.message == refused:
            raise StoreError("a rule of the database")
        return record(turn, **options)

    monkeypatch.setattr(store.turns, "record", picky)
    with talk.together():
        for number in ("1", "2", "3"):
            assert talk.ask(question("贷款可信吗", number, chat=number)).kind == "answer"
    assert len(talk.spool) == 3 - int(refused) + 1  # it, and what came after it
    monkeypatch.setattr(store.turns, "record", record)
    talk.flush()
    assert len(store.turns.recent_questions(since=0)) == 3


def test_the_spool_is_bounded_and_counts_what_it_dropped(talk: Conversation, broken: list[Broken]) -> None:
    talk.spool._limit = 3
    for number in range(5):
        assert talk.ask(question("贷款可信吗", str(number))).kind == "answer"
    assert (len(talk.spool), talk.spool.dropped) == (3, 2)


def test_buttons_survive_a_failing_store(talk: Conversation, broken: list[Broken]) -> None:
    assert talk.choose("x", "task-rebate", "asker")
    assert not talk.feedback("x", "asker", True)
    assert not talk.tell_me("x", "test", "1", "asker", "en")
    assert talk.preferences("asker") == Preferences()


# ---------------------------------------------------------------- the index
def test_a_new_generation_is_built_and_swapped(talk: Conversation, store: SqliteStore) -> None:
    first = talk.index
    assert not talk.refresh()
    row = store.faq.entry("fake-loan")
    assert row
    store.faq.publish([Publication("fake-loan", "fake-loan", row.body, 1, "e", "p", state="withdrawn")], at=NOW)
    assert talk.index is first
    assert talk.refresh()
    assert talk.index is not first
    assert talk.generation == store.faq.generation()
    assert talk.open_entry("fake-loan", lang="en") is None


def test_a_broken_generation_leaves_the_old_index(talk: Conversation, store: SqliteStore) -> None:
    first = talk.index
    store.faq.put_documents({"topics.toml": ("groups = ", "h")}, at=NOW)
    assert not talk.refresh()
    assert talk.index is first
    assert not talk.refresh()


def test_without_anything_published_the_error_says_what_to_do(tmp_path: Path) -> None:
    empty = SqliteStore(tmp_path / "empty.db")
    empty.migrate()
    try:
        with pytest.raises(FaqError, match="faq import"):
            _ = conversation(empty).index
    finally:
        empty.close()


def test_many_threads_share_a_conversation(talk: Conversation, store: SqliteStore) -> None:
    faults: list[BaseException] = []

    def run(number: int) -> None:
        try:
            for turn in range(10):
                talk.ask(question("社区里的新鲜事", f"{number}-{turn}", asker=f"a{number}", chat=f"c{number}"))
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert groups(store) == [("社区里的新鲜事", 60, 6)]


# ---------------------------------------------------------------- browsing, forgetting
def test_topics_stand_in_the_order_of_the_file(talk: Conversation) -> None:
    assert talk.topics("zh-Hans") == [
        ("emergency", "已经出事", [("emergency-transferred", "已经转账")]),
        ("money", "钱", [("fake-loan", "网络贷款"), ("task-rebate", "刷单")]),
        ("community", "社区", [("community-officer", "社区民警")]),
    ]
    assert talk.topics("en")[1][1] == "Money"
    assert talk.topics("zh-Hant")[1][2][0][1] == "網路貸款"


def test_entries_are_listed_with_their_group(talk: Conversation) -> None:
    assert [(line.id, line.group) for line in talk.entries()] == [
        ("community-officer", "community"), ("emergency-transferred", "emergency"), ("fake-loan", "money"),
        ("task-rebate", "money"),
    ]  # fmt: skip


def test_cards_are_found_by_a_word(talk: Conversation) -> None:
    assert [card.entry_id for card in talk.search_cards("刷单", "zh-Hans")] == ["task-rebate"]
    assert [card.entry_id for card in talk.search_cards("解冻费", "zh-Hans", 1)] == ["fake-loan"]
    assert talk.search_cards("  ", "en") == []


def test_forgetting_deletes_everything_of_a_person(
    talk: Conversation, store: SqliteStore, broken: list[Broken]
) -> None:
    talk.ask(question("贷款可信吗", "0"))  # waits in the spool
    repair(broken)
    talk.flush()
    reply = talk.ask(question("社区里的新鲜事"))
    talk.tell_me(reply.id, "test", "42", "asker", "en")
    talk.set_preferences("asker", Preferences(lang="en"))
    talk.ask(question("社区里的新鲜事", chat="c2", asker="other"))
    gone = talk.forget(["asker", "chat"])
    assert gone["questions"] == 2
    assert store.turns.turn(reply.id) is None
    assert groups(store) == [("社区里的新鲜事", 1, 1)]
    assert talk.preferences("asker") == Preferences()
    assert talk.ask(question("怎么办", "9")).turn == 1
    assert not any(talk.forget(["nobody"]).values())


def test_what_waits_in_the_spool_is_forgotten_too(talk: Conversation, store: SqliteStore, broken: list[Broken]) -> None:
    talk.ask(question("贷款可信吗"))
    repair(broken)
    assert talk.forget(["asker"])["questions"] == 1
    assert talk.flush() == 0
    assert store.turns.recent_questions(since=0) == []


def test_what_waits_in_a_running_service_is_forgotten_when_another_process_deletes(
    talk: Conversation, store: SqliteStore, broken: list[Broken]
) -> None:
    talk.ask(question("社区里的新鲜事"))
    talk.ask(question("社区里的新鲜事", "2", chat="c2", asker="other"))
    repair(broken)
    assert not any(store.turns.forget(["asker"], ["chat"], at=NOW + 5).values())  # `staff forget`, meanwhile
    talk.ask(question("贷款可信吗", "3", at=NOW + 6))  # asks again afterwards: that is kept
    talk.flush()
    assert len(talk.spool) == 0
    assert [(t.asker, t.masked) for t in store.turns.recent_questions(since=0)] == [
        ("asker", "贷款可信吗"),
        ("other", "社区里的新鲜事"),
    ]
    assert groups(store) == [("社区里的新鲜事", 1, 1)]
    assert "社区里的新鲜事" not in store.turns.context("chat", since=0)
