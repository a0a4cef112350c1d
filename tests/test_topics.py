"""A topic added in the console: the file stays as people wrote it, and what is wrong with one is said beside the form."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from editorial_parts import Parts
from hypothesis import given
from hypothesis import strategies as st
from test_console import sign_in, signed_in

from bot.core.browse import topics as menu
from bot.core.entry import Topic
from bot.errors import NotAllowed, NotFound, UsageError
from bot.faqfiles import TOPICS_FILE
from bot.topicdesk import with_topic, without_topic

SHIPPED = (Path(__file__).parents[1] / "faq" / TOPICS_FILE).read_text(encoding="utf-8")
PENSION = Topic("pension-fee", "money", "代办养老金", "Pension fees")


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(parts, parts.eve) as client:
        yield client


# ---------------------------------------------------------------- the file
def test_the_line_stands_below_the_last_of_its_group_and_nothing_else_changes() -> None:
    added = with_topic(SHIPPED, PENSION)
    lines = added.split("\n")
    number = lines.index('pension-fee = { group = "money", zh = "代办养老金", en = "Pension fees" }')
    assert lines[number - 1].startswith("online-gambling ")
    assert lines[:number] + lines[number + 1 :] == SHIPPED.split("\n")
    assert without_topic(added, "pension-fee") == SHIPPED


@given(st.text(min_size=1), st.text(min_size=1), st.sampled_from(sorted(tomllib.loads(SHIPPED)["groups"])))
def test_whatever_the_titles_hold_they_are_read_back(zh: str, en: str, group: str) -> None:
    zh, en = (text.encode("utf-8", "ignore").decode().replace("\x7f", "") for text in (zh, en))
    found = tomllib.loads(with_topic(SHIPPED, Topic("x-1", group, zh, en)))["topics"]
    assert found.pop("x-1") == {"group": group, "zh": zh, "en": en}
    assert found == tomllib.loads(SHIPPED)["topics"]


# ---------------------------------------------------------------- the desk
def test_a_topic_is_added_used_and_shown_in_the_menu(parts: Parts) -> None:
    edit = parts.editorial
    edit.add_topic(PENSION, parts.eve)
    assert edit.topic_uses(parts.ann)["pension-fee"] == 0
    draft = edit.blank(parts.ann)
    source = edit.published().rows["fake-loan"].body
    body = {**source, "id": "pension-fee", "topic": "pension-fee", "related": []}
    body |= {
        lang: {**source[lang], "phrasings": [f"pension {lang}"], "urgent": [f"pension paid {lang}"]}
        for lang in ("zh", "en")
    }
    draft = edit.save_draft(draft.id, body, draft.version, parts.ann)
    with pytest.raises(UsageError, match="still name"):
        edit.remove_topic("pension-fee", parts.eve)
    parts.replayed(draft.id, parts.ann)
    edit.publish(
        draft.id,
        draft.version,
        parts.ben,
    )
    listed = menu(parts.index(), lang="zh-Hans", region="cn")
    assert ("pension-fee", "代办养老金") in {group: lines for group, _, lines in listed}["money"]
    assert list(edit.changed_files(parts.eve)) == ["money/pension-fee.toml", TOPICS_FILE]


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (Topic("Pension", "money", "甲", "a"), "lower-case"),
        (Topic("", "money", "甲", "a"), "lower-case"),
        (Topic("a" * 41, "money", "甲", "a"), "lower-case"),
        (Topic("x] = 1", "money", "甲", "a"), "lower-case"),
        (Topic("x", "nowhere", "甲", "a"), "group first"),
        (Topic("x", "", "甲", "a"), "group first"),
        (Topic("x", "money", " \u200b", "a"), "Chinese title"),
        (Topic("x", "money", "长" * 41, "a"), "Chinese title"),
        (Topic("x", "money", "甲", ""), "English title"),
        (Topic("x", "money", "刷单", "a"), "called"),
        (Topic("fake-loan", "money", "甲", "a"), "already"),
    ],
)
def test_what_is_no_topic_is_refused_and_changes_nothing(parts: Parts, topic: Topic, said: str) -> None:
    generation = parts.editorial.published().generation
    with pytest.raises(UsageError, match=said):
        parts.editorial.add_topic(topic, parts.eve)
    assert parts.editorial.published().generation == generation


def test_only_admins_and_only_what_nothing_is_about(parts: Parts) -> None:
    for person in (parts.ann, parts.ben):
        with pytest.raises(NotAllowed):
            parts.editorial.add_topic(PENSION, person)
        with pytest.raises(NotAllowed):
            parts.editorial.remove_topic("fake-loan", person)
    with pytest.raises(UsageError, match="still name"):
        parts.editorial.remove_topic("fake-loan", parts.eve)
    with pytest.raises(NotFound):
        parts.editorial.remove_topic("none", parts.eve)
    before = parts.store.faq.documents()[TOPICS_FILE]
    parts.editorial.add_topic(PENSION, parts.eve)
    parts.editorial.remove_topic("pension-fee", parts.eve)
    assert parts.store.faq.documents()[TOPICS_FILE].strip() == before.strip()
    assert [(row.action, row.target) for row in parts.store.staff.audit_log(limit=2)] == [
        ("remove topic", "pension-fee"), ("add topic", "pension-fee"),
    ]  # fmt: skip


def test_of_many_added_at_once_none_is_lost(parts: Parts) -> None:
    names = [f"topic-{letter}" for letter in "abcdef"]
    adding = [
        threading.Thread(target=parts.editorial.add_topic, args=(Topic(name, "money", name, name), parts.eve))
        for name in names
    ]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    assert set(names) <= set(parts.editorial.published().faq.topics)


def test_a_file_laid_out_otherwise_is_left_to_a_person(parts: Parts) -> None:
    table = tomllib.loads(parts.store.faq.documents()[TOPICS_FILE])
    lines = [f'{key} = {{ zh = "{title["zh"]}", en = "{title["en"]}" }}' for key, title in table["groups"].items()]
    for key, topic in table["topics"].items():
        lines += [f"[topics.{key}]", *(f'{name} = "{value}"' for name, value in topic.items())]
    text = "\n".join(["[groups]", *lines, ""])
    parts.store.faq.put_documents({TOPICS_FILE: (text, "x")}, at=parts.now)
    with pytest.raises(UsageError, match="download"):
        parts.editorial.add_topic(PENSION, parts.eve)
    assert "pension-fee" not in parts.editorial.published().faq.topics


# ---------------------------------------------------------------- the page
async def test_the_page_lists_adds_and_takes_back(web: httpx.AsyncClient, parts: Parts) -> None:
    form = {"id": "pension-fee", "group": "money", "zh": "代办<b>养老金", "en": "Pension fees"}
    wrong = await web.post("/console/topics", data={**form, "id": "Pension Fee"})
    assert wrong.status_code == 422
    assert "编号用小写字母" in wrong.text
    assert 'value="代办&lt;b&gt;养老金"' in wrong.text, "what was typed comes back"
    assert '<option value="money" selected>' in wrong.text
    done = await web.post("/console/topics", data=form)
    assert done.headers["location"] == "/console/topics?said=topic"
    page = (await web.get("/console/topics")).text
    assert page.count("还没有条目") == 1
    assert page.count("/remove") == 1
    draft = parts.editorial.blank(parts.ann)
    assert "代办&lt;b&gt;养老金</option>" in (await web.get(f"/console/drafts/{draft.id}")).text
    await web.post("/console/topics/pension-fee/remove")
    assert "养老金" not in (await web.get("/console/topics")).text
    await sign_in(web, parts, parts.ann)
    assert "请管理员（eve）" in (await web.get(f"/console/drafts/{draft.id}")).text
