"""Decisions: what must always hold of the shipped FAQ, and how evidence becomes a decision."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_parts import NASTY, messages, tiny_faq, weights_of

from bot.core import index as indexing
from bot.core.answer import answer, look_at
from bot.core.calibrate import FALSE_ALARMS, OFF_ALARMS, OFF_ANSWERED, calibrated
from bot.core.entry import Faq
from bot.core.features import MAX_READ, Features, extract
from bot.core.index import Index, build_index
from bot.core.lexicon import Lexicon
from bot.core.match import evidence, look
from bot.core.policy import decide
from bot.core.reply import Decision


@pytest.fixture(scope="module")
def tiny() -> Index:
    return build_index(tiny_faq())


def first(decision: Decision) -> str:
    return decision.hits[0].entry_id if decision.hits else ""


EMERGENCIES = [
    ("我刚刚把三万块转给骗子了", {"emergency-transferred"}),
    ("刚转完账对方就把我拉黑了怎么办", {"emergency-transferred"}),
    ("I just sent 5000 dollars to a scammer", {"emergency-transferred"}),
    ("我剛剛把錢轉給騙子了", {"emergency-transferred"}),
    ("我把验证码告诉客服了，怎么办", {"emergency-info-leaked"}),
    ("他让我打开屏幕共享，我已经开了，他还在操作", {"emergency-app-installed"}),
    ("有人拿我的裸照威胁我要钱不然发通讯录", {"emergency-threatened"}),
    ("我不想活了", {"emotional-support"}),
    ("家里煤气味很重是不是漏气了", {"fire-prevention"}),
]


@pytest.mark.parametrize(("text", "cards"), EMERGENCIES)
def test_emergencies(text: str, cards: set[str], shipped_index: Index) -> None:
    decision = decide(shipped_index, text)
    assert decision.kind == "emergency"
    assert first(decision) in cards
    assert decision.hits[0].role == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "今天天气怎么样",
        "红烧肉怎么做",
        "上证指数今天多少点",
        "what is the weather like today",
        "asdfghjkl qwerty",
        "",
        " ",
        "😀😀😀",
        "？？？",
        "\ud800",
    ],
)
def test_not_ours(text: str, shipped_index: Index) -> None:
    decision = decide(shipped_index, text)
    assert (decision.kind, decision.hits) == ("unknown", ())


@pytest.mark.parametrize("text", ["我没转账", "我不要转账", "我没点链接", "幸好没把验证码告诉他"])
def test_what_did_not_happen_is_no_emergency(text: str, shipped_index: Index) -> None:
    assert decide(shipped_index, text).kind != "emergency"


@pytest.mark.parametrize("text", ["有人让我刷单靠谱吗", "贷款要先交保证金是真的吗", "怎么找社区民警"])
def test_answers(text: str, shipped_index: Index) -> None:
    decision = decide(shipped_index, text)
    assert decision.kind in ("answer", "choose")
    assert decision.hits


def test_a_later_turn_is_read_with_the_one_before(shipped_index: Index) -> None:
    alone = decide(shipped_index, "这个靠谱吗")
    later = decide(shipped_index, "这个靠谱吗", context=["有人让我刷单，说垫付返佣金"])
    assert first(later) == "task-rebate"
    assert first(alone) != "task-rebate"


def test_a_change_of_subject_is_not_coloured_by_the_turn_before(shipped_index: Index) -> None:
    assert decide(shipped_index, "红烧肉怎么做", context=["有人让我刷单"]).kind == "unknown"


def test_a_region_only_gets_its_entries(tiny: Index) -> None:
    entries = tuple(replace(e, regions=("tw",)) if e.id == "fake-loan" else e for e in tiny.faq.entries)
    local = replace(tiny, entries={e.id: e for e in entries})
    question = "放款前要解冻费是不是骗子"
    assert "fake-loan" in {n for n, _ in evidence(local, question, region="tw").ranked}
    assert "fake-loan" not in {n for n, _ in evidence(local, question, region="cn").ranked}


# ---------------------------------------------------------------- any message


def check(decision: Decision) -> None:
    json.dumps(decision.detail)
    assert (decision.kind == "smalltalk") == (decision.smalltalk not in ("", "cry", "danger"))
    assert (decision.kind == "unknown") == bool(decision.reason)
    assert (decision.kind in ("unknown", "smalltalk")) == (not decision.hits)
    assert all(0.0 <= h.confidence <= 1.0 and h.confidence == round(h.confidence, 2) for h in decision.hits)
    assert len({h.entry_id for h in decision.hits}) == len(decision.hits)
    if decision.kind == "emergency":
        assert decision.hits[0].role == "emergency"
        assert {h.role for h in decision.hits[1:]} <= {"choice" if decision.smalltalk else "answer"}
    elif decision.hits:
        assert {h.role for h in decision.hits} == {{"answer": "answer", "choose": "choice"}[decision.kind]}


@settings(max_examples=150)
@given(messages, st.lists(messages, max_size=2))
def test_any_message_is_decided_and_again_alike(text: str, context: list[str]) -> None:
    index = _once()
    decision = decide(index, text, context=context)
    check(decision)
    assert decision == decide(index, text, context=context)


_BUILT: list[Index] = []


def _once() -> Index:
    """hypothesis wants no function fixture around an example."""
    if not _BUILT:
        _BUILT.append(build_index(tiny_faq()))
    return _BUILT[0]


@pytest.mark.parametrize("kind", range(len(NASTY)))
def test_nasty_messages(kind: int, shipped_index: Index) -> None:
    check(decide(shipped_index, NASTY[kind]))
    check(decide(shipped_index, "我刚把钱转给骗子了" + NASTY[kind]))


@pytest.mark.parametrize(
    "text",
    [
        "我给他转了钱。" * 600,
        "i sent him money. " * 230,
        "转" * 4096,
        "\ud800" * 4096,
        "我给他转了钱。" * 150_000,
        "a" * 1_000_000,
    ],
    ids=["zh", "en", "one", "surrogates", "megabyte", "one-word-megabyte"],
)
def test_work_is_bounded(text: str, shipped_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in readings, characters and features: a message 240 times as long costs no more."""
    read: list[Features] = []

    def counted(raw: str, lexicon: Lexicon) -> Features:
        read.append(extract(raw, lexicon))
        return read[-1]

    monkeypatch.setattr(indexing, "extract", counted)
    check(decide(shipped_index, text))
    assert len(read) <= 1 + 12
    assert all(len(f.text) <= MAX_READ for f in read)
    assert sum(sum(b.values()) for f in read for b in f.bags.values()) <= 12 * MAX_READ


# ---------------------------------------------------------------- several at once, and no more than is shown
LOOKED_AT = (
    "有人让我刷单",
    "我把钱转给骗子了，对方叫我再交解冻费。" * 6,
    "红烧肉",
    "loan deposit",
    "你好",
    "怎么办",
    "转了",
)


def test_looked_at_together_or_alone_decides_the_same(tiny: Index) -> None:
    texts = [*LOOKED_AT, *NASTY]
    for text, looked in zip(texts, look(tiny, texts), strict=True):
        assert decide(tiny, text, looked=looked) == decide(tiny, text)
        assert decide(tiny, text, looked=looked, forwarded=True) == decide(tiny, text, forwarded=True)
        context = ("我贷款被骗了",)
        assert decide(tiny, text, context=context, looked=looked) == decide(tiny, text, context=context)


def test_answers_are_the_same_for_questions_looked_at_together(tiny: Index) -> None:
    texts = [*LOOKED_AT, "长" * 9000]
    looks = look_at(tiny, texts)
    assert [answer(tiny, text, looked=looks[text]) for text in texts] == [answer(tiny, text) for text in texts]


@pytest.mark.parametrize("text", LOOKED_AT)
def test_without_the_reasons_it_decides_the_same(tiny: Index, text: str) -> None:
    whole = decide(tiny, text)
    # What no model decided has one reason, which costs nothing.
    bare = whole if whole.smalltalk else replace(whole, why=(), detail={})
    assert decide(tiny, text, why=False) == bare
    assert whole.detail


def test_the_router_reads_the_first_groups_of_what_the_other_models_read() -> None:
    """`row_of` cuts its vector off behind them."""
    assert list(indexing.STATE)[: len(indexing.ROUTING)] == list(indexing.ROUTING)


# ---------------------------------------------------------------- the index


def test_built_twice_decides_the_same(tiny: Index) -> None:
    again = build_index(tiny_faq())
    assert again.calibration == tiny.calibration
    assert weights_of(again) == weights_of(tiny)
    for text in ("有人让我刷单", "我把钱转给骗子了", "红烧肉", "loan deposit", "你好"):
        assert decide(again, text) == decide(tiny, text)


def test_order_of_the_entries_does_not_matter(tiny: Index) -> None:
    faq = tiny_faq()
    again = build_index(replace(faq, entries=faq.entries[::-1]))
    for text in ("有人让我刷单", "我把钱转给骗子了", "贷款先交保证金", "红烧肉"):
        assert decide(again, text) == decide(tiny, text)


def test_tiny_faq_answers_its_own_phrasings(tiny: Index) -> None:
    assert first(decide(tiny, "有人让我刷单靠谱吗")) == "task-rebate"
    assert first(decide(tiny, "我把钱转给骗子了")) == "emergency-transferred"


def test_a_new_phrasing_counts_from_the_next_build(tiny: Index) -> None:
    text = "楼下阿婆叫我一起搓麻将赢积分换鸡蛋"
    faq = tiny_faq()
    taught = [
        replace(e, zh=replace(e.zh, phrasings=(*e.zh.phrasings, text))) if e.id == "task-rebate" else e
        for e in faq.entries
    ]
    decision = decide(build_index(replace(faq, entries=tuple(taught))), text)
    assert first(decision) == "task-rebate"
    assert evidence(tiny, text).similarity < 1.0


def test_a_faq_without_entries_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="no entries"):
        build_index(Faq((), {}, {}, {}, {}))


def test_only_cards_or_no_cards_can_be_built() -> None:
    faq = tiny_faq()
    for chosen in (lambda e: e.risk == "emergency", lambda e: e.risk != "emergency"):
        index = build_index(replace(faq, entries=tuple(e for e in faq.entries if chosen(e))))
        check(decide(index, "我把钱转给骗子了"))


def test_thresholds_keep_to_their_budgets(shipped_index: Index) -> None:
    """The written procedure: on the samples the shares named in `calibrate` are not passed."""
    chosen = shipped_index.calibration
    assert 0.0 < chosen["ours_choose"] <= chosen["ours_answer"] < 1.0
    samples = shipped_index.faq.samples
    off = [decide(shipped_index, s.text) for s in samples if not s.topics]
    assert sum(d.kind == "answer" for d in off) <= OFF_ANSWERED * len(off)
    assert sum(d.kind == "emergency" for d in off) <= OFF_ALARMS * len(off)
    emergency = {t.id for t in shipped_index.faq.topics.values() if t.group == "emergency"}
    calm = [s for s in samples if s.topics and not s.urgent and not emergency & {*s.topics}]
    alarms = sum(decide(shipped_index, s.text).kind == "emergency" for s in calm)
    assert alarms <= FALSE_ALARMS * len(calm)


def test_calibrating_again_changes_nothing(tiny: Index) -> None:
    assert calibrated(tiny).calibration == tiny.calibration


def test_calibrating_the_shipped_faq_again_changes_nothing(shipped_index: Index) -> None:
    """What is added to the cards is fitted on scores to which nothing was added."""
    assert shipped_index.calibration["cards"]
    assert calibrated(shipped_index).calibration == shipped_index.calibration


def test_what_is_added_to_cards_puts_more_right_ones_first(shipped_index: Index) -> None:
    bare = replace(shipped_index, calibration={**shipped_index.calibration, "cards": {}})
    urgent = [s for s in shipped_index.faq.samples if s.urgent and s.topics]

    def right(index: Index) -> int:
        return sum(index.entries[evidence(index, s.text).cards[0][0]].topic in s.topics for s in urgent)

    assert right(shipped_index) > right(bare)


def test_a_link_that_led_to_more_gets_the_card_of_what_followed(shipped_index: Index) -> None:
    decision = decide(shipped_index, "点了短信里的链接，填了银行卡和密码，刚才卡里被扣了八千")
    assert first(decision) in {"emergency-transferred", "emergency-info-leaked"}


def test_explain_adds_up(shipped_index: Index) -> None:
    decision = decide(shipped_index, "我刚刚把三万块转给骗子了")
    assert {"pay:done"} <= set(decision.detail["acts"])
    assert decision.detail["urgency"]["probability"] >= decision.detail["thresholds"]["alarm"]
    assert decision.why
    found = evidence(shipped_index, "我刚刚把三万块转给骗子了")
    assert np.isfinite(found.router).all()
    assert found.ranked == tuple(sorted(found.ranked, key=lambda r: (-r[1], r[0])))


@pytest.mark.parametrize("text", ["救命", "救命啊！！", "怎么办", "出事了 快帮帮我", "help me please", "110"])
def test_a_bare_cry_for_help_gets_the_first_steps(text: str, shipped_index: Index) -> None:
    reply = answer(shipped_index, text)
    assert (reply.kind, reply.entries[0].role) == ("emergency", "emergency")
    assert "110" in reply.text
    assert {entry.topic for entry in reply.entries} >= {"emergency-transferred", "emergency-threatened"}


def test_a_cry_after_a_story_is_read_with_it(shipped_index: Index) -> None:
    reply = answer(shipped_index, "怎么办", context=["我把验证码念给他听了"])
    assert reply.kind == "emergency"
    assert reply.entries[0].topic == "emergency-info-leaked"
    asked = answer(shipped_index, "怎么办", context=["有人让我刷单，说先垫付再返佣金"])
    assert asked.entries[0].topic == "task-rebate"


@pytest.mark.parametrize(
    "text",
    ["准备跳江", "老伴喝农药了", "我老公打我满脸血", "孩子掉河里了", "gas leak", "I cut my wrists", "he is beating me",
     "煤气味好大", "小偷在我家里", "we are being followed by a man with a knife"],
)  # fmt: skip
def test_danger_to_life_is_never_silence(text: str, shipped_index: Index) -> None:
    """Either an entry's own card, or the numbers to call."""
    reply = answer(shipped_index, text)
    assert reply.kind == "emergency"
    assert any(number in reply.text for number in ("110", "119", "120"))


def test_what_sounds_urgent_and_says_nothing_more_gets_the_first_steps(shipped_index: Index) -> None:
    """The bar is set on the samples: hardly any everyday message clears it."""
    everyday = "今天天气不错，适合去公园走走"

    def at(bar: float) -> Decision:
        return decide(replace(shipped_index, calibration={**shipped_index.calibration, "cry": bar}), everyday)

    assert at(1.0).kind == "unknown"
    alarmed = at(0.0)
    assert (alarmed.kind, alarmed.smalltalk, alarmed.hits[0].role) == ("emergency", "cry", "emergency")
    assert "nothing says what it is" in alarmed.detail["decided"]
    idle = [s.text for s in shipped_index.faq.samples if not s.topics]
    steps = [t for t in idle if (d := decide(shipped_index, t)).smalltalk == "cry" and "urgency" in d.detail]
    assert len(steps) <= 0.01 * len(idle)


def test_danger_that_no_entry_answers_gets_the_numbers_first(shipped_index: Index) -> None:
    for region, number in (("cn", "120"), ("hk", "999"), ("tw", "110"), ("sg", "999")):
        reply = answer(shipped_index, "老人摔倒不动了", region=region)
        assert number in reply.text.split("\n")[1]
        assert reply.entries[0].role == "emergency"


def test_what_only_sounds_like_a_cry_is_not_one(shipped_index: Index) -> None:
    for text in ("救命我论文没存", "谢谢", "110元一份", "早餐怎么办"):
        assert shipped_index.smalltalk.kind(text) != "cry"
