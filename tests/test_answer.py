"""From a question to what a resident reads, with a stand-in for the matcher."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_faq import index, stub_policy

from bot.conversation import mask
from bot.core.answer import answer, card_reply, none_reply, reading_language, simple_text, urgent_reply, wants_human
from bot.core.reply import MAX_TEXT, Decision
from bot.core.texts import t
from bot.errors import NotFound


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub_policy(monkeypatch)


def test_an_answer_has_the_card_and_the_contracts_shape() -> None:
    reply = answer(index(), "贷款要先交解冻费，能信吗")
    assert (reply.kind, reply.reason, reply.lang) == ("answer", None, "zh-Hans")
    assert reply.entries[0].confidence == 0.93
    assert reply.text.startswith("【网上贷款要先交钱，是真的吗？】")
    data = reply.as_json()
    assert list(data) == [
        "id", "turn", "session", "kind", "reason", "lang", "entries", "why", "notices", "text", "masked", "elapsed_ms",
    ]  # fmt: skip
    assert list(data["entries"][0]) == ["id", "topic", "title", "confidence", "role"]


def test_a_second_matter_is_shown_short() -> None:
    reply = answer(index(), "贷款和刷单都是骗人的吗")
    assert [card.brief for card in reply.cards] == [False, True]
    assert "您还提到另一件事" in reply.text


def test_an_emergency_says_first_what_to_do_and_fits_a_phone_screen() -> None:
    reply = answer(index(), "网上贷款，我把保证金转给骗子了")
    assert [entry.role for entry in reply.entries] == ["emergency", "answer"]
    assert reply.text.startswith("先停手。马上打 110")
    assert "这像是" in reply.text
    # 18 characters a line, 30 lines: what a small phone shows at once.
    lines = sum(max(1, -(-len(line) // 18)) for line in reply.text.splitlines())
    assert lines <= 30


def test_the_region_decides_the_numbers_and_the_language_the_words() -> None:
    assert "打 165 问" in answer(index(), "贷款要先交钱", region="tw").text
    assert answer(index(), "they want a fee for the loan").text.startswith("They want a fee before the loan.")
    assert answer(index(), "贷款要先交钱", lang="en").lang == "en"


def test_a_region_that_the_faq_lacks_is_answered_with_another() -> None:
    assert answer(index(), "贷款要先交钱", region="sg").kind == "answer"


def test_choices_are_numbered_and_brief() -> None:
    reply = answer(index(), "做任务的")
    assert reply.kind == "choose"
    assert "1. 刷单返利能挣钱吗？\n2. 网上贷款要先交钱，是真的吗？" in reply.text
    assert "先别转账" in reply.text


def test_not_found_is_not_safe_and_names_hotlines() -> None:
    reply = answer(index(), "社区里的一件新鲜事")
    assert (reply.kind, reply.reason, reply.entries) == ("unknown", "no_entry", ())
    for words in ("没查到不等于安全", "不转账", "不给验证码", "不装软件", "先挂断", "96110", "110"):
        assert words in reply.text
    assert [line.number for line in reply.hotlines] == ["110", "96110"]


@pytest.mark.parametrize("text", ["😀", "？？", "……", "👍🏻"])
def test_a_message_without_a_word_is_asked_for_words(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "That is none of my business" would be an odd answer to a thumb."""
    stub_policy(monkeypatch, lambda *_, **__: Decision("unknown", reason="not_ours"))
    reply = answer(index(), text)
    assert (reply.kind, reply.reason, reply.text) == ("unknown", "not_ours", t("empty", "zh-Hans"))
    assert answer(index(), "天气" + text).text == t("unknown.not_ours", "zh-Hans")


def test_not_ours_is_said_kindly_and_without_entries() -> None:
    reply = answer(index(), "今天天气怎么样")
    assert (reply.reason, reply.entries, reply.cards) == ("not_ours", (), ())
    assert "防骗" in reply.text


@pytest.mark.parametrize("text", ["", "  \n", "\u200b\u200b", "\ud800"])
def test_no_words_get_a_hint(text: str) -> None:
    reply = answer(index(), text)
    assert (reply.kind, reply.reason, reply.masked.strip()) == ("unknown", "not_ours", "")
    assert "没有看到文字" in reply.text


def test_personal_data_is_masked_and_said() -> None:
    reply = answer(index(), "贷款的人电话是13800138000，可信吗")
    assert reply.notices == ("masked",)
    assert "13800138000" not in reply.masked
    assert "已隐去" in reply.text


@pytest.mark.parametrize(
    "text", ["贷款可信吗", "我电话13800138000，贷款可信吗", "贷款\u200b可信吗", "贷款" * MAX_TEXT, " "]
)
def test_who_masked_it_already_gets_the_same_reply(text: str) -> None:
    assert answer(index(), text, masked=mask(text)) == answer(index(), text)


def test_that_something_was_masked_is_told_once_in_a_conversation() -> None:
    first = answer(index(), "贷款的人电话是13800138000，可信吗")
    again = answer(index(), "他又让我加微信号abc_12345", context=[first.masked])
    later = answer(index(), "他又让我加微信号abc_12345", context=["贷款可信吗"])
    assert "已隐去" in first.text
    assert again.notices == ("masked",)  # programs still learn of it
    assert "已隐去" not in again.text
    assert "已隐去" in later.text


@pytest.mark.parametrize("piece", ["13800138000", "110101199003071234", "lilei.77@example.org", "138 0013 8000"])
def test_a_piece_that_the_cut_would_halve_is_masked_as_a_whole(piece: str) -> None:
    for behind in range(len(piece)):
        text = "款" * (MAX_TEXT - 3 - behind) + "打给：" + piece + "，好吗"
        assert re.search(r"[0-9a-z]", answer(index(), text).masked) is None


def test_a_long_text_is_read_in_part_and_said() -> None:
    reply = answer(index(), "贷款" + "长" * MAX_TEXT)
    assert "truncated" in reply.notices
    assert "4096" in reply.text
    assert len(reply.masked) <= MAX_TEXT


def test_what_is_decided_on_is_the_text_and_the_context() -> None:
    made = index()
    reply = answer(made, "那已经垫了3000怎么办", context=["有人让我贷款"])
    assert reply.entries[0].id == "fake-loan"
    assert made.seen[-1] == ("那已经垫了3000怎么办", ("有人让我贷款",))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["转人工", "我要找真人", "人工客服", "有没有活人", "轉人工", "talk to a human", "speak to an agent"]
)
def test_who_asks_for_a_person_gets_the_officer_and_hotlines(text: str) -> None:
    reply = answer(index(), text)
    assert reply.kind == "answer"
    assert [entry.id for entry in reply.entries] == ["community-officer"]
    assert {line.number for line in reply.hotlines} == {"110", "96110", "12345"}


def test_without_an_entry_for_the_officer_the_words_stand_in() -> None:
    made = index()
    made = index(*(e for e in made.faq.entries if e.id != "community-officer"))
    reply = answer(made, "转人工")
    assert reply.entries == ()
    assert "社区民警" in reply.text
    assert "12345" in reply.text


@pytest.mark.parametrize("text", ["他冒充人工客服让我转账给他我该怎么办呢急", "人工湖", "我把钱转给骗子了转人工"])
def test_a_story_about_a_person_is_no_wish_for_one(text: str) -> None:
    assert not wants_human(text) or answer(index(), text).kind == "emergency"


def test_a_turn_without_letters_goes_on_in_the_conversations_language() -> None:
    assert reading_language("5000!!", ["my loan asks for a fee"]) == "en"
    assert reading_language("5000!!", []) == "zh-Hans"


@given(st.text(max_size=200))
def test_any_text_gets_a_reply_that_can_be_written_as_utf8(text: str) -> None:
    reply = answer(index(), text)
    assert reply.text
    str(reply.as_json()).encode()


def test_the_same_question_gets_the_same_reply() -> None:
    assert answer(index(), "贷款要先交钱") == answer(index(), "贷款要先交钱")


# ---------------------------------------------------------------- chosen, urgent
def test_a_chosen_card_is_full() -> None:
    reply = card_reply(index(), "task-rebate", lang="zh-Hans", region="cn")
    assert reply.kind == "answer"
    assert reply.cards[0].steps
    assert card_reply(index(), "emergency-transferred", lang="en", region="cn").kind == "emergency"


def test_a_card_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        card_reply(index(), "nothing", lang="en", region="cn")


def test_the_urgent_card_has_a_step_a_line_and_leads_to_the_emergencies() -> None:
    reply = urgent_reply(index(), "zh-Hans", "cn")
    assert [entry.role for entry in reply.entries] == ["emergency"]
    assert [card.role for card in reply.cards] == ["choice"]
    assert "1. 钱转出去了：马上打 110，报对方账号、金额、时间" in reply.text
    assert "2. 卡号、密码、验证码给了：打银行卡背面的电话，冻结" in reply.text
    assert reply.text.endswith("· 钱已经转给骗子了，怎么办？")


def test_none_of_these_asks_for_other_words() -> None:
    reply = none_reply(index(), lang="en", region="cn")
    assert reply.kind == "unknown"
    assert "other words" in reply.text
    assert "96110" in reply.text


def test_simple_mode_is_shorter() -> None:
    reply = answer(index(), "贷款要先交钱")
    assert len(simple_text(reply)) < len(reply.text)
    assert "怎么识别" not in simple_text(reply)


def test_behind_an_emergency_a_scam_goes_by_the_short_title_of_its_topic() -> None:
    reply = answer(index(), "网上贷款，我把保证金转给骗子了")
    assert reply.entries[1].title == "网络贷款"
    assert "这像是：\n· 网络贷款：放款前要钱的都是骗局。" in reply.text


def test_a_card_is_made_once_for_each_reader() -> None:
    """By language, region and place in the reply: what one resident was shown must not reach another one's."""
    one = index()
    text = "贷款和刷单都是骗人的吗"
    for lang in ("zh-Hans", "en", "zh-Hant", "zh-Hans"):
        for region in one.faq.regions:
            fresh = answer(index(), text, lang=lang, region=region)  # type: ignore[arg-type]
            assert answer(one, text, lang=lang, region=region) == fresh  # type: ignore[arg-type]
