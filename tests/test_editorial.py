"""The editors' work over a real store: nothing done twice, nothing overwritten, nothing published unseen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from editorial_parts import Parts

from bot.channels.web.console.fields import Form
from bot.channels.web.console.replayed import relabels
from bot.core.entry import Sample
from bot.core.index import Index
from bot.core.phrasings import phrase_key
from bot.core.reply import Decision, Hit
from bot.desk import Desk
from bot.drafting import META, changes, tidy_lines
from bot.errors import AlreadyDone, Blocked, NotAllowed, NotFound, StaleEdit, UsageError
from bot.replay import _change, compare
from bot.store.base import DraftRow, Publication, StaffRow


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("bot.replay.decide", by_phrase)


def by_phrase(index: Index, text: str, *, region: str = "cn") -> Decision:
    """A matcher that knows whole phrasings and two words: what a draft teaches is all that changes."""
    for entry in index.faq.entries:
        if text in entry.zh.phrasings:
            return Decision("answer", (Hit(entry.id, 0.9, "answer"),))
    for word, entry_id in (("贷款", "fake-loan"), ("刷单", "task-rebate")):
        if word in text:
            return Decision("answer", (Hit(entry_id, 0.8, "answer"),))
    return Decision("unknown", reason="no_entry")


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.close()


def edited(parts: Parts, person: StaffRow, **zh: Any) -> DraftRow:
    """A saved change of fake-loan."""
    draft = parts.editorial.edit("fake-loan", person)
    body = {**draft.body, "zh": {**draft.body["zh"], **zh}}
    return parts.editorial.save_draft(draft.id, body, draft.version, person)


def test_what_is_taught_is_known_after_every_publication_as_if_read_anew(parts: Parts) -> None:
    first = parts.editorial.published()
    assert first.phrases
    for number, entry_id in enumerate(("fake-loan", "task-rebate", "fake-loan")):
        row = parts.store.faq.entry(entry_id)
        assert row is not None
        taught = ["办贷款先交解冻费靠谱不", "两条都有的问法", f"第{number}种问法"]
        body = {**row.body, "zh": {**row.body["zh"], "phrasings": taught}}
        parts.store.faq.publish([Publication(entry_id, row.topic, body, row.revision, "ann", "ben")], at=parts.now)
        if number != 1:  # a generation that nobody looked at is passed over
            known = {key: places for key, places in parts.editorial.published().phrases.items() if places}
            assert known == Desk(parts.store, clock=parts.clock, timezone="Asia/Shanghai").published().phrases
    parts.editorial.withdraw("fake-loan", "有害", parts.eve)
    places = parts.editorial.published().phrases
    assert places[phrase_key("两条都有的问法")] == {"task-rebate": "zh.phrasings[2]"}
    assert not places[phrase_key("第2种问法")]


# ---------------------------------------------------------------- queue
def test_of_many_editors_who_claim_at_once_one_wins_and_the_others_learn_who(parts: Parts) -> None:
    parts.ask("贷款先交钱", group="g1")
    names = [parts.staff.add(f"editor{n}", "editor") for n in range(6)]
    outcome: list[str] = []

    def claim(person: StaffRow) -> None:
        try:
            parts.editorial.claim("g1", person)
            outcome.append(f"won {person.name}")
        except AlreadyDone as error:
            outcome.append(f"lost to {error.who}")

    threads = [threading.Thread(target=claim, args=(person,)) for person in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(line for line in outcome if line.startswith("won")).removeprefix("won ")
    assert sorted(outcome) == sorted([f"won {winner}", *[f"lost to {winner}"] * 5])


def test_answering_once_masks_tells_those_who_asked_and_closes(parts: Parts) -> None:
    parts.ask("小区门口的活动是真的吗", group="g1")
    parts.wish("g1", "111")
    parts.wish("g1", "222")
    assert parts.editorial.answer_once("g1", "是真的，问李警官 13800138000", parts.ann) == 2
    rows = parts.store.outbox.by_group("g1")
    assert {row.chat_id for row in rows} == {"111", "222"}
    assert all("13800138000" not in row.body["text"] and row.state == "waiting" for row in rows)
    assert parts.store.queue.wishes("g1") == []
    with pytest.raises(AlreadyDone, match="ann"):
        parts.editorial.answer_once("g1", "又答一次", parts.ben)
    assert len(parts.store.outbox.by_group("g1")) == 2


def test_dismissing_is_sticky_and_reversible(parts: Parts) -> None:
    parts.ask("你好帅", group="g1")
    parts.editorial.dismiss("g1", parts.ann, "闲聊")
    parts.ask("你好帅啊", group="g1")
    assert parts.editorial.queue(parts.ann, "ours").groups == []
    assert [g.id for g in parts.editorial.queue(parts.ann, "closed").groups] == ["g1"]
    parts.editorial.reopen("g1", parts.ben)
    assert [g.id for g in parts.editorial.queue(parts.ann, "ours").groups] == ["g1"]


def test_merging_splitting_and_moving_to_ours(parts: Parts) -> None:
    first = parts.ask("问题甲", group="g1")
    parts.ask("问题乙", group="g2")
    parts.ask("天气好吗", group="g3", reason="not_ours")
    merged = parts.editorial.merge(["g2"], "g1", parts.ann)
    assert merged.questions == 2
    part = parts.editorial.split("g1", [first], parts.ann)
    assert part.questions == 1
    assert part.id != "g1"
    assert [g.id for g in parts.editorial.queue(parts.ann, "not_ours").groups] == ["g3"]
    parts.editorial.move_to_ours("g3", parts.ann)
    assert parts.editorial.queue(parts.ann, "ours").counts["not_ours"] == 0
    with pytest.raises(UsageError):
        parts.editorial.merge(["g1"], "g1", parts.ann)


# ---------------------------------------------------------------- drafts
def test_the_later_of_two_tabs_is_told_and_overwrites_nothing(parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    assert parts.editorial.edit("fake-loan", parts.ben).id == draft.id
    one = {**draft.body, "zh": {**draft.body["zh"], "lead": "甲写的。"}}
    two = {**draft.body, "zh": {**draft.body["zh"], "lead": "乙写的。"}}
    saved = parts.editorial.save_draft(draft.id, one, draft.version, parts.ann)
    with pytest.raises(AlreadyDone) as told:
        parts.editorial.save_draft(draft.id, two, draft.version, parts.ben)
    assert told.value.who == "ann"
    assert parts.editorial.draft(draft.id, parts.ben).body["zh"]["lead"] == "甲写的。"
    assert saved.version == draft.version + 1


def test_saving_what_did_not_change_keeps_the_version(parts: Parts) -> None:
    draft = edited(parts, parts.ann, lead="别付。")
    assert parts.editorial.save_draft(draft.id, draft.body, draft.version, parts.ben).version == draft.version


def test_one_tap_makes_a_phrasing_of_a_question_without_its_masks(parts: Parts) -> None:
    parts.ask("有人叫我先汇保证金到[银行卡号]才放款", group="g1")
    parts.ask("借钱之前要刷流水", group="g2")
    draft = parts.editorial.add_phrasing("g1", "fake-loan", parts.ann)
    draft = parts.editorial.add_phrasing("g2", "fake-loan", parts.ben, text="借钱前要我先刷流水", urgent=True)
    assert draft.body["zh"]["phrasings"][-1] == "有人叫我先汇保证金到才放款"
    assert draft.body["zh"]["urgent"][-1] == "借钱前要我先刷流水"
    assert set(draft.body[META]["groups"]) == {"g1", "g2"}
    assert len(parts.editorial.drafts(parts.ann)) == 1


def test_a_new_draft_is_prefilled_from_its_group_and_found_again(parts: Parts) -> None:
    parts.ask("养老院交押金入股是真的吗", group="g1")
    parts.ask("养老院入股交押金", group="g1")
    draft = parts.editorial.new_draft("g1", parts.ann)
    assert draft.body["zh"]["phrasings"] == ["养老院交押金入股是真的吗", "养老院入股交押金"]
    assert draft.body["hotlines"]
    assert parts.editorial.new_draft("g1", parts.ann).id == draft.id
    with pytest.raises(AlreadyDone):
        parts.editorial.new_draft("g1", parts.ben)


def test_pasted_lists_lose_their_bullets_and_invisible_characters() -> None:
    assert tidy_lines("• 先停手\r\n\u200b2、 打\u00a0{police}\r\n\r\n（3）留证据\n110 报警") == [
        "先停手", "打 {police}", "留证据", "110 报警",
    ]  # fmt: skip
    amounts = ["六十、一百二，一共交了五回", "1.5万", "三、四千"]
    assert tidy_lines("\n".join(amounts)) == amounts
    assert tidy_lines("一、停手\n十二、报警") == ["停手", "报警"]


def test_the_difference_shows_words_and_items() -> None:
    found = changes({"zh": {"lead": "别付钱", "steps": ["a", "b"]}}, {"zh": {"lead": "别付款", "steps": ["b", "c"]}})
    lead, steps = found
    assert lead.pieces == (("same", "别付"), ("out", "钱"), ("in", "款"))
    assert (steps.removed, steps.added, steps.kept) == (("a",), ("c",), 1)


# ---------------------------------------------------------------- replay and publishing
def test_the_whole_way_from_a_question_to_its_asker(parts: Parts) -> None:
    parts.ask("猫丢了怎么办", group="g1")
    parts.wish("g1", "111")
    draft = parts.editorial.add_phrasing("g1", "fake-loan", parts.ann)
    replay = parts.replayed(draft.id, parts.ann)
    assert replay["counts"]["breaks"] == 0
    assert [line["text"] for line in replay["gains"]] == ["猫丢了怎么办"]
    with pytest.raises(NotAllowed):
        parts.editorial.publish(draft.id, draft.version, parts.ann)
    generation = parts.editorial.publish(draft.id, draft.version, parts.ben)
    assert generation == parts.store.faq.generation()
    group = parts.store.queue.group("g1")
    assert group is not None
    assert (group.state, group.resolution) == ("answered", "fake-loan")
    (row,) = parts.store.outbox.by_group("g1")
    assert (row.chat_id, row.body["entry"]) == ("111", "fake-loan")
    assert [a.action for a in parts.store.staff.audit_log()][:1] == ["publish"]
    assert parts.store.faq.revisions("fake-loan")[0].editor == "ann"


def test_nothing_is_published_without_a_replay_of_this_version(parts: Parts) -> None:
    draft = edited(parts, parts.ann, lead="放款前要钱的都是骗局。别交。")
    with pytest.raises(Blocked):
        parts.editorial.publish(draft.id, draft.version, parts.ben)
    parts.replayed(draft.id, parts.ann)
    other = edited(parts, parts.ann, lead="放款前要钱的，都是骗局。")
    with pytest.raises(AlreadyDone):  # not what ben has seen
        parts.editorial.publish(draft.id, draft.version, parts.ben)
    with pytest.raises(Blocked):
        parts.editorial.publish(draft.id, other.version, parts.ben)


def test_a_replay_is_outdated_once_something_else_was_published(parts: Parts) -> None:
    draft = edited(parts, parts.ann, lead="放款前要钱的都是骗局。别交。")
    parts.replayed(draft.id, parts.ann)
    parts.editorial.retire("community-officer", "并入别的条目", parts.eve)
    with pytest.raises(Blocked, match="moved on"):
        parts.editorial.publish(draft.id, draft.version, parts.ben)


def test_a_broken_sample_blocks_until_a_person_relabels_it_with_a_reason(parts: Parts) -> None:
    draft = parts.editorial.edit("task-rebate", parts.ann)
    zh = {**draft.body["zh"], "phrasings": [*draft.body["zh"]["phrasings"], "晚上吃什么好"]}
    draft = parts.editorial.save_draft(draft.id, {**draft.body, "zh": zh}, draft.version, parts.ann)
    replay = parts.replayed(draft.id, parts.ann)
    assert [line["text"] for line in replay["breaks"]] == ["晚上吃什么好"]
    with pytest.raises(Blocked, match="sample"):
        parts.editorial.publish(draft.id, draft.version, parts.ben)
    with pytest.raises(UsageError):
        parts.editorial.relabel(draft.id, "晚上吃什么好", ["task-rebate"], "", parts.ben)
    draft = parts.editorial.relabel(draft.id, "晚上吃什么好", ["task-rebate"], "现在归刷单管", parts.ben)
    assert parts.replayed(draft.id, parts.ben)["breaks"] == []
    parts.editorial.publish(draft.id, draft.version, parts.ben)
    assert '"晚上吃什么好", "topics": ["task-rebate"]' in parts.store.faq.documents()["samples/money.jsonl"]
    assert any(a.action == "relabel sample" and "现在归刷单管" in a.detail for a in parts.store.staff.audit_log())


def test_a_question_that_was_a_choice_and_is_answered_now_is_gained(parts: Parts) -> None:
    choice = ("choose", ("rental", "fake-loan"))
    for was, now, kind in (
        (choice, ("answer", ("rental",)), "gains"),
        (("answer", ("rental",)), choice, "loses"),
        (choice, ("answer", ("fake-loan",)), "loses"),
        (choice, ("choose", ("rental", "romance")), "others"),
        (("answer", ("fake-loan",)), ("answer", ("rental",)), "takes"),
        (("unknown", ()), ("answer", ("rental",)), "gains"),
        (("answer", ("romance",)), ("answer", ("fake-loan",)), "others"),
    ):
        assert _change("rental", was, now) == kind, (was, now)


def test_a_long_sample_of_several_lines_is_found_again_when_it_is_relabelled(parts: Parts) -> None:
    text = "有人拉我进群\n" + "先垫付再返，" * 50
    samples = [Sample(text, ("task-rebate",)), Sample("别的", ("fake-loan",))]
    faq = parts.editorial.published().faq
    found = compare(
        "task-rebate", lambda _: ("answer", ("task-rebate",)), lambda _: ("unknown", ()), [], samples, faq, faq
    )
    assert [(line["text"], line["near"]) for line in found["breaks"]] == [(text, True)]
    form = {"text": [text.replace("\n", "\r\n")], "was-0": ["task-rebate"], "reason-0": ["不归我们"]}
    assert [(label.text, label.topics) for label in relabels(Form(form))] == [(text, ())]


def test_an_admin_publishes_although_a_sample_breaks_with_a_reason_on_record(parts: Parts) -> None:
    draft = parts.editorial.edit("task-rebate", parts.ann)
    zh = {**draft.body["zh"], "phrasings": [*draft.body["zh"]["phrasings"], "晚上吃什么好"]}
    draft = parts.editorial.save_draft(draft.id, {**draft.body, "zh": zh}, draft.version, parts.ann)
    with pytest.raises(Blocked, match="no replay"):  # no reason lifts this
        parts.editorial.publish(draft.id, draft.version, parts.eve, override="先上线")
    found = parts.replayed(draft.id, parts.ann)
    assert [(line["text"], line["near"]) for line in found["breaks"]] == [("晚上吃什么好", True)]
    for person, override in ((parts.ben, "我觉得行"), (parts.eve, " ")):
        with pytest.raises(Blocked, match="ask an admin"):
            parts.editorial.publish(draft.id, draft.version, person, override=override)
    parts.editorial.publish(draft.id, draft.version, parts.eve, override="这条样例下周改")
    assert any("breaks 1" in a.detail and "这条样例下周改" in a.detail for a in parts.store.staff.audit_log())


def test_whether_a_sample_is_urgent_is_relabelled_too(parts: Parts) -> None:
    draft = edited(parts, parts.ann, lead="放款前要钱的都是骗局。别交。")
    draft = parts.editorial.relabel(draft.id, "刷单给佣金能做吗", ["task-rebate"], "已经在做了", parts.ben, urgent=True)
    assert [line["text"] for line in parts.replayed(draft.id, parts.ben)["breaks"]] == []  # wrong before as well
    parts.editorial.publish(draft.id, draft.version, parts.ben)
    assert '"topics": ["task-rebate"], "urgent": true' in parts.store.faq.documents()["samples/money.jsonl"]


def test_an_admin_may_publish_alone_with_a_reason_and_it_is_recorded(parts: Parts) -> None:
    draft = edited(parts, parts.eve, lead="放款前要钱的都是骗局。别交。")
    parts.replayed(draft.id, parts.eve)
    with pytest.raises(NotAllowed):
        parts.editorial.publish(draft.id, draft.version, parts.eve)
    parts.editorial.publish(draft.id, draft.version, parts.eve, override="今晚必须上线")
    assert "今晚必须上线" in parts.store.staff.audit_log()[0].detail
    other = parts.editorial.edit("task-rebate", parts.ann)
    other = parts.editorial.save_draft(other.id, {**other.body, "severity": 3}, other.version, parts.ann)
    parts.replayed(other.id, parts.ann)
    with pytest.raises(NotAllowed):
        parts.editorial.publish(other.id, other.version, parts.ann, override="我说了算")


def test_an_author_is_no_second_person_though_another_saved_last(parts: Parts) -> None:
    edited(parts, parts.ann, lead="放款前要钱的都是骗局。别交。")
    draft = edited(parts, parts.ben, share="先要钱的就是骗子。")
    parts.replayed(draft.id, parts.ben)
    with pytest.raises(NotAllowed):
        parts.editorial.publish(draft.id, draft.version, parts.ann)
    parts.editorial.publish(draft.id, draft.version, parts.eve)


def test_a_stale_edit_is_refused_and_can_go_on_from_the_published_text(parts: Parts) -> None:
    draft = edited(parts, parts.ann, lead="放款前要钱的都是骗局。别交。")
    parts.editorial.withdraw("fake-loan", "有一句错了", parts.eve)
    with pytest.raises(StaleEdit):
        parts.editorial.publish(draft.id, draft.version, parts.ben)
    assert parts.editorial.draft(draft.id, parts.ben).state == "open"
    draft = parts.editorial.rebase(draft.id, draft.version, parts.ben)
    parts.replayed(draft.id, parts.ben)
    parts.editorial.publish(draft.id, draft.version, parts.ben)
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    assert row.state == "published"


def test_a_draft_with_errors_cannot_be_replayed(parts: Parts) -> None:
    draft = edited(parts, parts.ann, lead="打 13800138000 问")
    assert any(p.key == "zh.lead" for p in parts.editorial.problems(draft.body, parts.ann, new=False))
    with pytest.raises(Blocked):
        parts.editorial.start_replay(draft.id, parts.ann)


def test_history_rolling_back_and_what_changed_as_files(parts: Parts) -> None:
    draft = edited(parts, parts.ann, lead="新的一句。")
    parts.replayed(draft.id, parts.ann)
    parts.editorial.publish(draft.id, draft.version, parts.ben)
    assert list(parts.editorial.changed_files(parts.ann)) == ["money/fake-loan.toml"]
    newest = parts.editorial.history("fake-loan", parts.ann)[0]
    assert [c.key for c in newest.changes] == ["zh.lead"]
    back = parts.editorial.roll_back("fake-loan", 1, parts.ann)
    assert isinstance(back, DraftRow)
    generation = parts.editorial.roll_back("fake-loan", 1, parts.eve)
    assert isinstance(generation, int)
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    assert row.revision == 3
    assert row.body["zh"]["lead"].startswith("放款前要钱")


def test_roles_are_read_from_the_store_not_from_the_caller(parts: Parts) -> None:
    forged = replace(parts.ann, role="admin")
    with pytest.raises(NotAllowed):
        parts.editorial.withdraw("fake-loan", "x", forged)
    with pytest.raises(NotAllowed):
        parts.editorial.queue(replace(parts.ann, name="nobody"), "ours")
    parts.staff.remove("ben")
    parts.ask("问题", group="g1")
    with pytest.raises(NotAllowed):
        parts.editorial.claim("g1", parts.ben)
    with pytest.raises(NotFound):
        parts.editorial.claim("none", parts.ann)


def test_wishes_that_a_crash_kept_back_are_settled_once(parts: Parts) -> None:
    parts.ask("猫丢了怎么办", group="g1")
    parts.wish("g1", "111")
    parts.store.queue.close("g1", "answered", "ann", "fake-loan", at=parts.now)
    assert parts.editorial.settle() == 1
    assert parts.editorial.settle() == 0
    assert len(parts.store.outbox.by_group("g1")) == 1
