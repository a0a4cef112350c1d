"""Looking at the store with Datasette: for admins, read-only, and without what is nobody's business."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from editorial_parts import NOW, Parts
from starlette.applications import Starlette
from starlette.routing import Mount
from test_console import HOME, sign_in

from bot.channels.web.console import console_routes
from bot.channels.web.console.explore import HIDDEN, TABLES
from bot.store.base import InboxRow, Preferences

SECRET = "chat-4711"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    made.ask("=HYPERLINK(1) 是真的吗", group="g1", asker=SECRET)
    made.wish("g1", SECRET)
    made.store.turns.set_preferences(SECRET, Preferences(lang="en"))
    made.store.inbox.accept([InboxRow(1, SECRET, {"text": SECRET}, NOW)])
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    routes = console_routes(parts)
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HOME) as client:
        yield client
    (explorer,) = [r.app for r in routes if isinstance(r, Mount) and r.path == "/console/explore"]
    explorer.close()


async def test_only_admins_get_in_and_only_to_look(web: httpx.AsyncClient, parts: Parts) -> None:
    paths = ("/console/explore/", "/console/explore/store", "/console/explore/-/static/app.css")
    for path in paths:
        assert (await web.get(path)).headers["location"] == "/console/login"
    await sign_in(web, parts, parts.ann)
    for path in paths:
        assert (await web.get(path)).status_code == 403
    assert "/console/explore" not in (await web.get("/console/overview")).text
    await sign_in(web, parts, parts.eve)
    assert 'href="/console/explore/"' in (await web.get("/console/overview")).text
    for method in ("POST", "PUT", "DELETE"):
        assert (await web.request(method, "/console/explore/store/entry")).status_code == 405
    parts.staff.add("adam", "admin")
    parts.staff.remove("eve")
    assert (await web.get("/console/explore/store")).status_code == 303


async def test_pages_links_and_files_work_below_the_prefix(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    home = await web.get("/console/explore/", follow_redirects=True)
    assert home.status_code == 200
    seen = set(re.findall(r'href="(/[^"#?]+)', home.text))
    assert {f"/console/explore/store/{table}" for table in TABLES} <= seen
    for path in sorted(seen):
        assert (await web.get(path, follow_redirects=True)).status_code == 200, path
    table = await web.get("/console/explore/store/entry")
    assert "放款前要钱的都是骗局" in table.text
    row = await web.get("/console/explore/store/entry/fake-loan")
    assert row.status_code == 200
    assert (await web.get("/console/explore/store/entry/fake-loan.json")).status_code == 200
    data = (await web.get("/console/explore/store/entry.json?_shape=array")).json()
    assert {line["id"] for line in data} >= {"fake-loan", "task-rebate"}


@pytest.mark.parametrize(
    "path",
    [
        "session", "session.json", "link", "wish", "inbox", "outbox", "context", "preference", "meta",
        "_sqlite_migrations", "sqlite_master", "sqlite_sequence", "session/x", "../_internal",
    ],
)  # fmt: skip
async def test_other_tables_are_not_there(web: httpx.AsyncClient, parts: Parts, path: str) -> None:
    await sign_in(web, parts, parts.eve)
    assert (await web.get(f"/console/explore/store/{path}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "store?sql=select+*+from+session", "store.json?sql=select+1", "store.csv?sql=select+1", "store.db", "_internal",
        "_memory", "-/databases", "-/settings", "-/threads", "-/permissions", "-/logout", "-/messages", "-/config.json",
        "store/turn?_where=1=1", "-/static/../../../app.py",
    ],
)  # fmt: skip
async def test_neither_sql_nor_the_file_nor_the_inside_of_datasette(
    web: httpx.AsyncClient, parts: Parts, path: str
) -> None:
    await sign_in(web, parts, parts.eve)
    response = await web.get(f"/console/explore/{path}")
    assert response.status_code in (400, 403, 404), response.text[:300]


async def test_nobody_is_recognised_by_what_is_shown(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    token = web.cookies["console"]
    with sqlite3.connect(parts.settings.database) as db:
        hashes = [row[0] for row in db.execute("SELECT token_hash FROM session UNION SELECT token_hash FROM link")]
        assert db.execute("SELECT count(*) FROM turn WHERE asker = ?", (SECRET,)).fetchone() == (1,)
    db.close()
    assert hashes
    through = json.dumps({"table": "wish", "column": "chat_id", "value": SECRET})
    pages = ["", *(f"/{table}" for table in TABLES), *(f"/{table}.json" for table in TABLES)]
    pages += [f"/{table}.csv?_stream=1" for table in TABLES]
    pages += ["/question_group/g1", "/question_group/g1.json?_extras=foreign_key_tables", "/turn?_facet=asker",
              "/turn?_sort=asker"]  # fmt: skip
    for path in pages:
        response = await web.get(f"/console/explore/store{path}")
        assert response.status_code == 200, path
        text = response.text.replace(f"_through={through}", "")
        for word in (SECRET, token, *hashes):
            assert word not in text, path
    guessed = await web.get("/console/explore/store/turn.json", params={"asker": SECRET, "_shape": "array"})
    assert guessed.json() == []
    guessed = await web.get(
        "/console/explore/store/question_group.json", params={"_through": through, "_shape": "array"}
    )
    assert guessed.status_code != 200 or guessed.json() == []


async def test_a_hidden_column_exists_and_every_table_is_one_of_the_store(parts: Parts) -> None:
    with sqlite3.connect(parts.settings.database) as db:
        for table in TABLES:
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            assert columns, table
            assert HIDDEN.get(table, frozenset()) <= columns
    db.close()


async def test_a_row_whose_key_is_hidden_in_part_can_be_opened(web: httpx.AsyncClient, parts: Parts) -> None:
    with sqlite3.connect(parts.settings.database) as db:
        turn = db.execute("SELECT id FROM turn").fetchone()[0]
        db.execute("INSERT INTO feedback VALUES (?, ?, 0, '没说号码', ?)", (turn, SECRET, NOW))
    db.close()
    await sign_in(web, parts, parts.eve)
    page = (await web.get("/console/explore/store/feedback")).text
    (link,) = set(re.findall(r'href="(/console/explore/store/feedback/[^"]+)"', page))
    row = await web.get(link)
    assert row.status_code == 200
    assert "没说号码" in row.text


async def test_a_formula_is_text_in_the_csv(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    response = await web.get("/console/explore/store/unanswered.csv?_size=max")
    rows = list(csv.reader(io.StringIO(response.text)))
    assert "'=HYPERLINK(1) 是真的吗" in rows[1]
    assert response.headers["content-length"] == str(len(response.content))


async def test_its_scripts_are_let_in_by_hash_and_no_others(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    for path in ("", "/entry", "/entry?_facet=topic", "/entry/fake-loan", "/question_group/g1", "/no-such"):
        response = await web.get(f"/console/explore/store{path}")
        policy = response.headers.get("content-security-policy", "")
        assert "'unsafe-inline'" not in (policy + "script-src").split("script-src")[1].split(";")[0]
        assert "set-cookie" not in response.headers
        scripts = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
        hashes = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
        assert hashes <= set(re.findall("'sha256-([^']+)'", policy)), (path, scripts)


async def test_without_the_extra_the_overview_says_how_to_get_it(
    web: httpx.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    find: Any = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "datasette" else find(name, *a))
    await sign_in(web, parts, parts.eve)
    page = (await web.get("/console/overview")).text
    assert "/console/explore" not in page
    assert "datasette&gt;=0.65" in page
    assert (await web.get("/console/explore/store")).status_code == 404
