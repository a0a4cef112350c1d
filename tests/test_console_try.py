"""Try it: the reply as residents get it, and why, in Chinese first; with what is published and with a draft."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from editorial_parts import Parts
from test_console import signed_in

from bot.channels.web.console.why import sentence
from bot.core.reply import Decision


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def parts(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(parts, parts.ann) as client:
        yield client


def reasons(page: str) -> tuple[str, str]:
    found = re.search(r'<p class="why" lang="zh-Hans">(.*?)</p><p class="soft" lang="en">(.*?)</p>', page)
    assert found is not None, page
    return found[1], found[2]


DETAIL = {
    "scope": {"ours": 0.91},
    "urgency": {"probability": 0.84},
    "entries": [{"id": "a", "confidence": 0.72, "score": 1.0}],
    "thresholds": {"ours_choose": 0.4, "ours_answer": 0.5, "alarm": 0.6, "answer": 0.7},
}


@pytest.mark.parametrize(
    ("decision", "zh", "en"),
    [
        (Decision("emergency", detail=DETAIL), "84%（要 60%）", "urgent with 84% (60% needed)"),
        (Decision("answer", detail=DETAIL), "归我们管（91%，要 50%）", "sure of the first entry (72%, 70% needed)"),
        (Decision("choose", detail=DETAIL), "所以给选项", "not sure which entry (best 72%"),
        (Decision("unknown", reason="no_entry", detail=DETAIL), "进待答队列", "no entry fits (best 72%)"),
        (Decision("unknown", reason="no_entry", detail={}), "这个地区没有条目", "in this region"),
        (Decision("unknown", reason="not_ours", detail=DETAIL), "不归我们管（91%，要 40%）", "Not ours"),
        (Decision("unknown", reason="not_ours", detail={}), "读得懂", "read"),
        (Decision("smalltalk", smalltalk="thanks", detail={"decided": "x"}), "道谢", "thanks"),
    ],
)
def test_every_kind_of_decision_has_its_sentence(decision: Decision, zh: str, en: str) -> None:
    found = sentence(decision)
    assert zh in found[0]
    assert en in found[1]
    assert found[1].isascii()


async def test_why_is_said_in_chinese_first_then_in_english(web: httpx.AsyncClient, parts: Parts) -> None:
    for lang in ("zh", "en"):
        await web.post("/console/language", data={"lang": lang})
        page = (await web.post("/console/try", data={"text": "放款前要解冻费是不是骗子"})).text
        zh, en = reasons(page)
        assert "%" in zh
        assert not zh.isascii()
        assert en.isascii()
        assert '<div class="tg-bubble">' in page
    page = (await web.post("/console/try", data={"text": "我要找真人客服"})).text
    assert reasons(page)[0].startswith("要找真人")
    page = (await web.post("/console/try", data={"text": "🙂🙂"})).text
    assert reasons(page)[0]


async def test_the_draft_answers_what_is_published_does_not(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("community-officer", parts.ann)
    zh = {**draft.body["zh"], "phrasings": [*draft.body["zh"]["phrasings"], "猫丢了找谁帮忙", "我家的猫丢了怎么办"],
          "lead": "先问居委会，再贴启事。"}  # fmt: skip
    draft = parts.editorial.save_draft(draft.id, {**draft.body, "zh": zh}, draft.version, parts.ann)
    question = {"text": "我家的猫丢了怎么办"}
    published = (await web.post("/console/try", data=question)).text
    tried = (await web.post("/console/try", data={**question, "draft": draft.id})).text
    assert "先问居委会，再贴启事。" not in published
    assert "先问居委会，再贴启事。" in tried
    assert f'<option value="{draft.id}" selected>' in tried
    assert reasons(tried)[0] != reasons(published)[0]


async def test_a_draft_that_is_no_entry_yet_says_what_is_missing(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.blank(parts.ann)
    table = {key: value for key, value in draft.body.items() if key != "reviewed"} | {"review_by": "gestern"}
    draft = parts.editorial.save_draft(draft.id, table, draft.version, parts.ann)
    response = await web.post("/console/try", data={"text": "贷款", "draft": draft.id})
    assert response.status_code == 422
    assert "reviewed" in response.text
    assert "贷款</textarea>" in response.text, "what was asked stays"
    assert f'href="/console/drafts/{draft.id}"' in response.text
    assert (await web.post("/console/try", data={"text": "贷款", "draft": "none"})).status_code == 404


@pytest.mark.parametrize("kind", ["greeting", "cry"])
async def test_what_no_model_decided_has_its_reason_too(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: Literal["greeting", "cry"]
) -> None:
    """Of a greeting or a bare cry for help no entry was ranked."""
    said = Decision("emergency" if kind == "cry" else "smalltalk", smalltalk=kind, detail={"decided": kind})
    monkeypatch.setattr("bot.channels.web.console.tryit.decide", lambda *_, **__: said)
    response = await web.post("/console/try", data={"text": "你好"})
    assert response.status_code == 200
    assert reasons(response.text) == sentence(said)
