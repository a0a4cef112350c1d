"""A read-only look at the store with Datasette, for admins; there only with the extra `explore`.

Three fences stand behind each other: this guard lets only signed-in admins GET the pages of `TABLES`; Datasette is told
of no other table and takes no SQL; and SQLite itself reads every other table, and the columns named in `HIDDEN`, as
NULL. A table that is added later is thereby hidden until somebody writes it down here.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import re
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web.console.auth import COOKIE, Console, language_of
from bot.errors import BotError, NotFound
from bot.overview import harmless
from bot.settings import Settings
from bot.staff import require

PREFIX = "/console/explore"
NAME = "store"
MAX_CSV_MB = 10

#: What an admin may look at: table -> what it holds. Not here: sign-in links and sessions, chat ids (wishes, what waits
#: to be answered or sent), the last turns of conversations, residents' own settings.
TABLES: Mapping[str, str] = {
    "entry": "条目 / entries",
    "revision": "条目的每一版 / every revision of an entry",
    "document": "主题、地区、词典、样例 / topics, regions, lexicon, samples",
    "draft": "草稿 / drafts",
    "turn": "问过什么、答了什么（已打码） / questions (masked) and what was answered",
    "feedback": "有没有帮上（已打码） / helpful or not, and what was missing (masked)",
    "day_count": "每天的数 / counts by day",
    "day_sum": "每天的数，按一项合计 / counts by day, summed by one key",
    "question_group": "没答上的问题，一组一件事 / groups of unanswered questions",
    "group_day": "每组每天几次 / a group's questions by day",
    "unanswered": "没答上的问题（已打码） / unanswered questions (masked)",
    "staff": "编辑和管理员 / editors and admins",
    "audit": "谁做了什么 / who did what",
}
#: Columns that link questions to one person, or a person to an account elsewhere: they read as empty.
HIDDEN: Mapping[str, frozenset[str]] = {
    "turn": frozenset({"asker", "chat", "message"}),
    "feedback": frozenset({"asker"}),
    "unanswered": frozenset({"asker"}),
    "staff": frozenset({"telegram_id"}),
}
_PATH = re.compile(rf"/-/static/[\w./-]+|/{NAME}(?:\.json)?|/{NAME}/(?P<table>\w+)(?:\.(?:json|csv)|/[^/]+)?")
_BACK = '<a href="/console/overview">← 回到编辑台 / back to the console</a>'
_EMPTY = "只读。{hidden} 不显示。 / Read-only; {hidden} is left empty."


def available(settings: Settings) -> bool:
    """Whether the extra is installed and the store is a file that it can read."""
    return "://" not in str(settings.database) and importlib.util.find_spec("datasette") is not None


class Explorer:
    """ASGI: the guard, and behind it Datasette, which is made at the first look (it takes a third of a second)."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._made: tuple[Any, ASGIApp, str] | None = None

    def close(self) -> None:
        if self._made is not None:
            datasette = self._made[0]
            datasette.executor.shutdown()
            for database in datasette.databases.values():
                database.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        refused = await run_in_threadpool(self._refused, Request(scope), path)
        if refused is not None:
            await refused(scope, receive, send)
            return
        _, app, policy = await run_in_threadpool(self._datasette)
        # Datasette knows its prefix (base_url) and wants the path without it.
        inner = {**scope, "path": path, "raw_path": quote(path, safe="/~").encode(), "root_path": ""}
        await app(inner, receive, _Sender(send, policy, tidy=path.endswith(".csv")))

    def _refused(self, request: Request, path: str) -> Response | None:
        console, lang = self._console, language_of(request)
        person = None
        try:
            person = console.staff.session(request.cookies.get(COOKIE, ""))
            if person is None:
                return RedirectResponse("/console/login", 303)
            require(person, "admin")
            if request.method not in ("GET", "HEAD"):
                return PlainTextResponse("只能看 / read-only\n", 405, headers={"Allow": "GET, HEAD"})
            if not available(console.settings):
                raise NotFound("没有装 Datasette / Datasette is not installed")
            if path == "/":
                return RedirectResponse(f"{PREFIX}/{NAME}", 307)
            found = _PATH.fullmatch(path)
            if found is None or ".." in path or (found["table"] or "audit") not in TABLES:
                raise NotFound("没有这一页 / no such page")
        except BotError as error:
            return console.refusal(request, lang, error, person)
        return None

    def _datasette(self) -> tuple[Any, ASGIApp, str]:
        with self._lock:
            if self._made is None:
                self._made = _make(str(self._console.settings.database))
            return self._made


def _make(path: str) -> tuple[Any, ASGIApp, str]:
    from datasette.app import Datasette
    from datasette.database import Database

    class Guarded(Database):  # type: ignore[misc]
        """The store's file as Datasette is to know it."""

        def connect(self, write: bool = False) -> sqlite3.Connection:
            connection: sqlite3.Connection = super().connect(write=False)
            connection.set_authorizer(_authorize)
            return connection

        async def table_names(self) -> list[str]:
            return [name for name in await super().table_names() if name in TABLES]

        async def primary_keys(self, table: str) -> list[str]:
            keys: list[str] = await super().primary_keys(table)
            # A row is addressed by its number where part of its key is hidden.
            return [] if HIDDEN.get(table, frozenset()) & set(keys) else keys

        async def get_all_foreign_keys(self) -> dict[str, Any]:
            found = await super().get_all_foreign_keys()
            return {
                table: {side: [k for k in keys if k["other_table"] in TABLES] for side, keys in sides.items()}
                for table, sides in found.items()
            }

    tables = {
        name: {
            "description": text + " " + _hint(name),
            "columns": dict.fromkeys(HIDDEN.get(name, ()), "不显示 / hidden"),
        }
        for name, text in TABLES.items()
    }
    datasette = Datasette(
        [],
        settings={
            "base_url": f"{PREFIX}/",
            "default_allow_sql": False,
            "allow_download": False,
            "default_cache_ttl": 0,
            "num_sql_threads": 2,
            "max_csv_mb": MAX_CSV_MB,
        },
        metadata={
            "title": "只读查看 / Explore",
            "databases": {NAME: {"allow_sql": False, "description_html": _BACK, "tables": tables}},
        },
    )
    datasette.remove_database("_memory")
    datasette.add_database(Guarded(datasette, path=path), name=NAME)
    return datasette, datasette.app(), _policy()


def _hint(table: str) -> str:
    hidden = ", ".join(sorted(HIDDEN.get(table, ())))
    return _EMPTY.format(hidden=hidden) if hidden else ""


def _authorize(action: int, first: str | None, second: str | None, *_: Any) -> int:
    """SQLite asks for every table and column of a statement while it is prepared."""
    if action == sqlite3.SQLITE_READ and first and second:
        known = first in TABLES or first.startswith(("sqlite_", "pragma_"))
        return sqlite3.SQLITE_OK if known and second not in HIDDEN.get(first, ()) else sqlite3.SQLITE_IGNORE
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _policy() -> str:
    """Datasette writes styles, and a few scripts of its own, into its pages: the scripts are let in by their hashes."""
    import datasette

    folder = Path(datasette.__file__).parent / "templates"
    inline = [
        script
        for name in ("_close_open_menus.html", "_codemirror_foot.html")
        for script in re.findall(r"<script>(.*?)</script>", (folder / name).read_text("utf-8"), re.DOTALL)
    ]
    scripts = [*inline, "DATASETTE_ALLOW_FACET = true;"]
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class _Sender:
    """Datasette's answers under our headers; in a CSV no cell is a formula."""

    def __init__(self, send: Send, policy: str, *, tidy: bool) -> None:
        self._send, self._policy, self._tidy = send, policy, tidy
        self._start: Message = {}
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in ("set-cookie", "cache-control", "referrer-policy", "link"):
                del headers[name]
            headers["Content-Security-Policy"] = self._policy
            self._tidy = self._tidy and "html" not in headers.get("content-type", "")
            self._start = message
            if not self._tidy:
                await self._send(message)
        elif not self._tidy:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                body = _harmless_csv(self._body.decode("utf-8", "replace")).encode()
                MutableHeaders(scope=self._start)["Content-Length"] = str(len(body))
                await self._send(self._start)
                await self._send({"type": "http.response.body", "body": body})


def _harmless_csv(text: str) -> str:
    csv.field_size_limit(MAX_CSV_MB * 1024 * 1024)  # a cell may hold a whole document
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline="")))
    return out.getvalue()
