"""What goes wrong while people edit: the entry moves on or vanishes, two tabs, a session that ends, what gets pasted."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from editorial_parts import Parts
from test_console import sign_in, signed_in

from bot.drafting import META, MOST_LINES, changes, judgeable, tidy, tidy_lines
from bot.store.base import DraftRow

JSON = {"accept": "application/json"}


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
    async with signed_in(parts, parts.ben) as client:
        yield client


def edited(parts: Parts, **zh: Any) -> DraftRow:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    body = {**draft.body, "zh": {**draft.body["zh"], **zh}}
    draft = parts.editorial.save_draft(draft.id, body, draft.version, parts.ann)
    parts.replayed(draft.id, parts.ann)
    return parts.editorial.draft(draft.id, parts.ann)


# ---------------------------------------------------------------- the entry moves on
async def test_publishing_what_began_at_an_older_revision_is_refused_and_goes_on(
    web: httpx.AsyncClient, parts: Parts
) -> None:
    draft = edited(parts, lead="别交，先核实。")
    parts.editorial.roll_back("fake-loan", 1, parts.eve)
    address = f"/console/drafts/{draft.id}"
    page = (await web.get(f"{address}/review")).text
    assert "草稿从第 1 版开始，条目现在是第 2 版" in page
    assert 'name="note"' not in page, "no button that would be refused"
    refused = await web.post(f"{address}/publish", data={"version": str(draft.version)})
    assert refused.status_code == 409
    assert "条目现在是第 2 版" in refused.text
    assert parts.editorial.draft(draft.id, parts.ben).body["zh"]["lead"] == "别交，先核实。"
    assert (await web.post(f"{address}/rebase", data={"version": str(draft.version)})).status_code == 303
    assert (await web.post(f"{address}/publish", data={"version": str(draft.version)})).status_code == 409
    parts.replayed(draft.id, parts.ann)
    version = parts.editorial.draft(draft.id, parts.ann).version
    assert (await web.post(f"{address}/publish", data={"version": str(version)})).status_code == 303


@pytest.mark.parametrize(("state", "said"), [("withdrawn", "已撤下"), ("retired", "已停用")])
async def test_an_entry_taken_out_while_it_is_edited(
    web: httpx.AsyncClient, parts: Parts, state: Any, said: str
) -> None:
    draft = edited(parts, lead="别交，先核实。")
    parts.editorial.set_state("fake-loan", state, "有一句错了", parts.eve)
    for page in (f"/console/drafts/{draft.id}", f"/console/drafts/{draft.id}/review"):
        text = (await web.get(page)).text
        assert f"这个条目{said}" in text
        assert "eve" in text
        assert "发布会让它重新对居民显示" in text
    saved = await web.post(
        f"/console/drafts/{draft.id}", data={"version": str(draft.version), "zh.lead": "接着写。"}, headers=JSON
    )
    assert saved.status_code == 200
    version = saved.json()["version"]
    await sign_in(web, parts, parts.eve)
    assert (await web.post(f"/console/drafts/{draft.id}/publish", data={"version": version})).status_code == 409
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    assert row.state == state


async def test_an_entry_that_is_gone_from_the_database(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = edited(parts, lead="别交，先核实。")
    with sqlite3.connect(parts.settings.database) as db:
        db.execute("DELETE FROM revision WHERE entry_id = 'fake-loan'")
        db.execute("DELETE FROM entry WHERE id = 'fake-loan'")
        db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
    db.close()
    address = f"/console/drafts/{draft.id}"
    for page in (address, f"{address}/review"):
        text = (await web.get(page)).text
        assert "条目已经不在了" in text
    form = {"version": str(draft.version), "zh.lead": "接着写。"}
    saved = await web.post(address, data=form, headers=JSON)
    version = saved.json()["version"]
    await sign_in(web, parts, parts.eve)
    refused = await web.post(f"{address}/publish", data={"version": version})
    assert refused.status_code == 409
    assert "条目已经不在了" in refused.text
    assert (await web.post(f"{address}/rebase", data={"version": version})).status_code == 303
    parts.replayed(draft.id, parts.ann)
    version = parts.editorial.draft(draft.id, parts.ann).version
    done = await web.post(f"{address}/publish", data={"version": version, "override": "找回来"})
    assert done.status_code == 303
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    assert (row.revision, row.body["zh"]["lead"]) == (1, "接着写。")
    for page in ("/console/entries/none", "/console/entries/none/history", "/console/drafts/none"):
        assert (await web.get(page)).status_code == 404
    assert (await web.post("/console/entries/none/edit")).status_code == 404


# ---------------------------------------------------------------- two tabs, a session that ends
async def test_a_tab_left_open_after_publishing_gets_its_text_back(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = edited(parts, lead="别交，先核实。")
    parts.editorial.publish(draft.id, draft.version, parts.ben)
    form = {"version": str(draft.version), "zh.lead": "还在写的。", "zh.tw.lead": "台湾的，也在写。"}
    page = await web.post(f"/console/drafts/{draft.id}", data=form)
    assert page.status_code == 409
    assert "还在写的。" in page.text
    assert "台湾的，也在写。" in page.text
    assert "已经发布，不能再保存" in page.text
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    assert row.body["zh"]["lead"] == "别交，先核实。"


async def test_a_session_that_ended_while_saving_says_so_and_saves_nothing(
    web: httpx.AsyncClient, parts: Parts
) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    parts.store.staff.end_sessions("ben")
    form = {"version": str(draft.version), "zh.lead": "没存上的。"}
    response = await web.post(f"/console/drafts/{draft.id}", data=form, headers=JSON)
    assert response.status_code == 401
    assert "还留在这个浏览器里" in response.json()["text"]
    assert parts.editorial.draft(draft.id, parts.ann).version == draft.version


# ---------------------------------------------------------------- what is pasted
WORD = (
    "\ufeff\uf0b7\t先停手，不要\u00a0再付\r\n"
    "–  打 {police}，报\u200b账号\r\n"
    "①留下聊天记录\r\n(2)\u3000别删软件\r\n３．找家人商量\r\n一、记下对方账号\x0b二、改密码\u2028➢ 报警\r\n\uf0fc\t110 随时能打\r\n"
    "1.5 米以外说话\r\n一二线城市也有\r\n- \r\n"
)


def test_a_list_from_word_becomes_its_items() -> None:
    assert tidy_lines(WORD) == [
        "先停手，不要 再付", "打 {police}，报账号", "留下聊天记录", "别删软件", "找家人商量", "记下对方账号", "改密码", "报警",
        "110 随时能打", "1.5 米以外说话", "一二线城市也有",
    ]  # fmt: skip


def test_line_breaks_of_every_kind_stay_line_breaks() -> None:
    assert tidy("一\r\n二\r三\x0b四\x0c五\u2028六\u2029七\x85八") == "一\n二\n三\n四\n五\n六\n七\n八"


async def test_what_word_leaves_in_a_text_does_not_reach_the_entry(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    form = {"version": str(draft.version), "zh.steps": WORD, "zh.question": "是真的\x0b吗？\u200b", "id": "x"}
    assert (await web.post(f"/console/drafts/{draft.id}", data=form, headers=JSON)).status_code == 200
    zh = parts.editorial.draft(draft.id, parts.ann).body["zh"]
    assert zh["question"] == "是真的 吗？"
    assert not set("".join(zh["steps"])) & set("\u200b\ufeff\u00a0\u3000\t\x0b\u2028\uf0b7")


NASTY = ("长" * 17_000, "a" * 50_000, "{" * 50_000, "1" * 50_000, "http://" * 7_000, "是 " * 16_000, "好\n" * 12_000)


@pytest.mark.parametrize("text", NASTY, ids=lambda text: repr(text[:3]))
async def test_fifty_kilobytes_of_anything_are_judged_shown_and_compared(
    web: httpx.AsyncClient, parts: Parts, text: str
) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    fields = {f"zh.{key}": text for key in ("lead",)} | {"zh.steps": text}
    form = {"version": str(draft.version), **fields}
    assert (await web.post(f"/console/drafts/{draft.id}", data=form, headers=JSON)).status_code == 200
    found = (await web.post(f"/console/drafts/{draft.id}/preview", data=form)).json()
    assert any(p["level"] == "error" for p in found["problems"]["zh.lead"])
    assert (await web.get(f"/console/drafts/{draft.id}/review")).status_code == 200
    # Somebody else's text over it: both are shown beside each other.
    conflict = await web.post(f"/console/drafts/{draft.id}", data={**form, "zh.lead": "甲" + text + "乙"})
    assert conflict.status_code == 409


@pytest.mark.parametrize("line", ["1" * 1900, "a." * 950, "{" * 1900])
def test_of_many_long_lines_the_first_are_judged_and_the_rest_is_said(parts: Parts, line: str) -> None:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    body = {**draft.body, "en": {**draft.body["en"], "steps": [line] * 26}}
    judged, found = judgeable(body, "money/fake-loan.toml")
    assert sum(map(len, judged["en"]["steps"])) <= MOST_LINES
    assert [(p.key, p.level) for p in found] == [("en.steps", "error")]
    said = [p for p in parts.editorial.problems(body, parts.ann, new=False) if p.key == "en.steps"]
    assert any("49426" in p.text for p in said)


def test_long_texts_that_differ_a_little_still_show_the_little() -> None:
    (change,) = changes({"lead": "长" * 17_000 + "。"}, {"lead": "长" * 17_000 + "！"})
    assert [kind for kind, _ in change.pieces] == ["same", "out", "in"]
    assert change.pieces[1:] == (("out", "。"), ("in", "！"))


# ---------------------------------------------------------------- forged and foreign
async def test_a_form_cannot_bring_authors_editors_or_states(web: httpx.AsyncClient, parts: Parts) -> None:
    draft = edited(parts, lead="别交，先核实。")
    form = {
        "version": str(draft.version), "zh.lead": "我写的。", "editor": "zoe", "state": "published", "_meta": "x",
        "_meta.authors": "zoe", "authors": "zoe", "entry_id": "task-rebate", "id": "task-rebate", "role": "admin",
        "zh.xx.lead": "x", "base_revision": "9",
    }  # fmt: skip
    assert (await web.post(f"/console/drafts/{draft.id}", data=form, headers=JSON)).status_code == 200
    saved = parts.editorial.draft(draft.id, parts.ann)
    assert (saved.editor, saved.state, saved.entry_id, saved.base_revision) == ("ben", "open", "fake-loan", 1)
    assert set(saved.body[META]["authors"]) == {"ann", "ben"}
    assert set(saved.body) == set(draft.body)
    assert "xx" not in saved.body["zh"]
    parts.replayed(draft.id, parts.ann)
    version = {"version": str(saved.version), "override": "我是管理员", "role": "admin"}
    assert (await web.post(f"/console/drafts/{draft.id}/publish", data=version)).status_code == 403


async def test_scripts_in_regional_wordings_and_in_addresses_stay_text(web: httpx.AsyncClient, parts: Parts) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    draft = parts.editorial.edit("fake-loan", parts.ann)
    form = {"version": str(draft.version), "zh.tw.lead": evil, "zh-Hant.question": evil, "en.hk.steps": evil}
    await web.post(f"/console/drafts/{draft.id}", data=form, headers=JSON)
    preview = await web.post(f"/console/drafts/{draft.id}/preview", data={**form, "preview_region": "tw"})
    pages = [preview.json()["html"]]
    for path, query in (
        (f"drafts/{draft.id}", {"add": evil}), (f"drafts/{draft.id}/review", {"region": evil}),
        ("entries/fake-loan", {"region": evil, "said": evil}), ("entries", {"q": evil, "filter": evil, "group": evil}),
        ("try", {"draft": evil}),
    ):  # fmt: skip
        pages.append((await web.get(f"/console/{path}", params=query)).text)
    for text in pages:
        assert "<script>alert" not in text
        assert "<img" not in text
