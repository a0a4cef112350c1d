"""The entry form's regional wordings and its preview: what is saved, what is said beside a field, what residents read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from editorial_parts import Parts
from hypothesis import given
from hypothesis import strategies as st
from test_console import signed_in

from bot.channels.web.console import forms, overrides
from bot.channels.web.console.fields import Form
from bot.channels.web.console.telegram import safe
from bot.store.base import DraftRow


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(parts, parts.ann) as client:
        yield client


async def save(web: httpx.AsyncClient, parts: Parts, draft: DraftRow, **fields: str) -> httpx.Response:
    version = parts.editorial.draft(draft.id, parts.ann).version
    names = {name.replace("__", "."): value for name, value in fields.items()}
    return await web.post(f"/console/drafts/{draft.id}", data={"version": str(version), **names})


def body(parts: Parts, draft: DraftRow) -> dict[str, Any]:
    return dict(parts.editorial.draft(draft.id, parts.ann).body)


# ---------------------------------------------------------------- adding, changing, removing
async def test_an_override_is_added_changed_and_removed(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    response = await save(web, parts, draft, then="override", override_table="zh.tw", override_key="lead")
    page = await web.get(response.headers["location"])
    assert (
        f'name="zh.tw.lead" rows="3" aria-describedby="p-zh.tw.lead" data-limit="120" data-kind="text" autofocus>\n{draft.body["zh"]["lead"]}'
        in page.text
    )
    await save(web, parts, draft, **{"zh.tw.lead": draft.body["zh"]["lead"]})
    assert "tw" not in body(parts, draft)["zh"], "what says the same is no override"
    await save(web, parts, draft, **{"zh.tw.lead": "台湾的写法，打 {antifraud}。"})
    assert body(parts, draft)["zh"]["tw"] == {"lead": "台湾的写法，打 {antifraud}。"}
    assert "台湾的写法" in (await web.get(f"/console/drafts/{draft.id}")).text
    await save(web, parts, draft, **{"zh.tw.lead": "又改了。", "zh.lead": "通用的。"})
    assert body(parts, draft)["zh"]["tw"] == {"lead": "又改了。"}
    await save(web, parts, draft, **{"zh.tw.lead": "又改了。", "then": "remove:zh.tw.lead"})
    assert "tw" not in body(parts, draft)["zh"]
    assert body(parts, draft)["zh"]["lead"] == "通用的。"


async def test_an_emptied_field_is_no_override_and_lists_are_lists(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    await save(web, parts, draft, **{"zh-Hant.steps": "1. 停手\r\n• 打 {police}", "en.hk.share": "Hong Kong"})
    assert body(parts, draft)["zh-Hant"] == {"steps": ["停手", "打 {police}"]}
    assert body(parts, draft)["en"]["hk"] == {"share": "Hong Kong"}
    await save(web, parts, draft, **{"zh-Hant.steps": " ", "en.hk.share": ""})
    assert "zh-Hant" not in body(parts, draft)
    assert "hk" not in body(parts, draft)["en"]


async def test_what_the_form_did_not_send_stays(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    table = {**draft.body, "zh-Hant": {"lead": "繁體的。", "phrasings": ["留著"]}}
    parts.editorial.save_draft(draft.id, table, draft.version, parts.ann)
    await save(web, parts, draft, **{"zh.lead": "新的。"})
    assert body(parts, draft)["zh-Hant"] == {"lead": "繁體的。", "phrasings": ["留著"]}
    page = (await web.get(f"/console/drafts/{draft.id}")).text
    assert 'name="zh-Hant.lead"' in page
    assert 'name="zh-Hant.phrasings"' in page, "nothing that the entry has is hidden from the form"


@pytest.mark.parametrize("name", ["zh.xx.lead", "zh.hk.phrasings", "zh.hk", "_meta.lead", "id", "zh.hk.lead.x", "."])
async def test_only_what_may_read_differently_can_be_added(web: httpx.AsyncClient, parts: Parts, name: str) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    table, _, key = name.rpartition(".")
    before = body(parts, draft)
    response = await save(web, parts, draft, then="override", override_table=table, override_key=key)
    assert "add=" not in response.headers["location"]
    assert (await web.get(f"/console/drafts/{draft.id}", params={"add": name})).status_code == 200
    assert body(parts, draft) == before


async def test_a_begun_override_starts_in_the_script_of_its_readers(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    page = (await web.get(f"/console/drafts/{draft.id}?add=zh-Hant.lead")).text
    assert "放款前要錢的都是騙局" in page


# ---------------------------------------------------------------- findings beside the field
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("zh.tw.lead", "长" * 121, "太长"),
        ("zh.tw.steps", "好\n" + "长" * 41, "太长"),
        ("zh.tw.lead", "打 13800138000", "13800138000"),
        ("zh.tw.lead", "打 {nobody}", "nobody"),
        ("en.tw.share", "x" * 221, "221"),
        ("zh-Hant.lead", "長" * 121, "太长"),
        ("zh-Hant.share", "看 http://evil.example/x", "evil.example"),
    ],
)
async def test_the_rules_of_faq_check_stand_beside_the_override(
    web: httpx.AsyncClient, parts: Parts, name: str, value: str, said: str
) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    form = {"version": "1", name: value}
    found = (await web.post(f"/console/drafts/{draft.id}/preview", data=form)).json()["problems"]
    assert any(said in p["text"] for p in found[name] if p["level"] == "error"), found
    common = name.replace(".tw", "").replace("zh-Hant", "zh")
    assert not any(p["level"] == "error" for p in found.get(common, []))
    await save(web, parts, draft, **{name: value})
    page = (await web.get(f"/console/drafts/{draft.id}")).text
    beside = re.search(rf'data-problems="{re.escape(name)}".*?</ul>', page, re.DOTALL)
    assert beside is not None
    assert said in beside[0]
    review = (await web.get(f"/console/drafts/{draft.id}/review")).text
    assert f"<code>{name}" in review


# ---------------------------------------------------------------- preview
async def test_the_preview_is_of_the_chosen_region(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    form = {"version": "1", "zh.tw.lead": "台湾的写法，打 {antifraud}。"}
    for region, lead, number in (
        ("cn", "放款前要钱", "96110"),
        ("tw", "台湾的写法", "165"),
        ("xx", "放款前要钱", "96110"),
    ):
        answer = await web.post(f"/console/drafts/{draft.id}/preview", data={**form, "preview_region": region})
        html = answer.json()["html"]
        assert lead in html
        assert number in html
    await save(web, parts, draft, regions="cn", frame="1", hotlines="police")
    answer = await web.post(f"/console/drafts/{draft.id}/preview", data={"version": "2", "preview_region": "tw"})
    assert "在所选地区不显示" in answer.json()["html"]
    page = (await web.get("/console/entries/fake-loan?region=tw")).text
    assert "165" in page
    assert 'href="/console/entries/fake-loan?region=tw" aria-current="page"' in page


async def test_the_preview_is_what_telegram_is_sent(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    form = {"version": "1", "zh.question": "标题 <b>&", "zh.steps": "停手\n打 {police}", "zh.more": "更多"}
    html = (await web.post(f"/console/drafts/{draft.id}/preview", data=form)).json()["html"]
    bubble = html.split('class="tg-bubble">')[1].split("</div>")[0]
    assert bubble.startswith("<b>标题 &lt;b&gt;&amp;</b>\n\n")
    assert "<b>怎么做</b>\n1. 停手\n2. 打 110" in bubble
    assert ">有帮助<" in html
    assert ">转发给家人<" in html
    large = html.split('class="tg elder">')[1].split("</div>")[0]
    assert "标题" not in large, "simple mode begins with the verdict"


async def test_an_emergency_is_previewed_as_one(web: httpx.AsyncClient, parts: Parts) -> None:
    page = (await web.get("/console/entries/emergency-transferred")).text
    assert '<div class="tg-bubble">🆘 <b>' in page


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<b>a &amp; b</b>", "<b>a &amp; b</b>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('<a href="javascript:alert(1)">x</a>', "&lt;a href=&#34;javascript:alert(1)&#34;&gt;x&lt;/a&gt;"),
        ('<b onclick="alert(1)">x</b>', "<b>x</b>"),
        ("<b><i>x</b>y", "<b><i>x</i></b>y"),
        ("<b>never closed", "<b>never closed</b>"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<!-- x --><b", "&lt;!-- x --&gt;"),
    ],
)
def test_only_the_tags_of_telegram_are_markup(source: str, shown: str) -> None:
    assert safe(source).startswith(shown)


@given(st.text(alphabet="<>/b iscript&;#x27\"'=!-", max_size=40))
def test_nothing_else_ever_is(source: str) -> None:
    left = re.sub(r"</?(?:b|i|s|strong|em|u|code|pre|blockquote)>", "", safe(source))
    assert "<" not in left
    assert ">" not in left


# ---------------------------------------------------------------- the form as values
def test_a_form_that_shows_everything_and_changes_nothing_gives_the_same_table(parts: Parts) -> None:
    table = dict(parts.editorial.edit("fake-loan", parts.ann).body)
    table["zh"] = {**table["zh"], "hk": {"lead": "香港。", "steps": ["一", "二"]}, "tw": {"question": "台湾？"}}
    table["zh-Hant"] = {"share": "繁體。"}
    fields = [f for language in ("zh", "en") for f in forms.wording_fields(table, language)]
    fields += [f for _, listed in forms.override_fields(table) for f in listed]
    assert forms.body_of(Form({f.name: [f.value] for f in fields}), table) == table
    assert {f.name for f in fields} >= set(overrides.names(table))
