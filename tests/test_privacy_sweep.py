"""The whole service with known personal data and secrets in every field, broken in every place that can quote them;
then everything that it wrote is searched: docs/operating.md lists the places.

The service is the real one, as a process, with its database file, the fake Bot API over HTTP, the web and the console.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_bot_api import FakeBotApi
from privacy_parts import IN_FIELDS, IN_TEXT, QUESTION, SECRETS, WORDS, files_below, leaks
from small_faq import files

ROOT = Path(__file__).parents[1]
TOKEN = "7700112233:AAswEEpTokenOfTheSweep_0123456789abcd"
RESIDENT, SILENT, GROUP, STAFF = 778899001, 778899002, -1007788990033, 778899004
#: Switched on one after the other while residents write. `crash` ends the process, so it has its own part.
WHILE_RUNNING = (
    "store", "full-disk", "question", "handler", "template", "stream", "poll", "expire", "thread", "task", "callback",
    "library", "sender", "inbox", "address", "grouping",
)  # fmt: skip
HEADERS = {
    "User-Agent": IN_FIELDS["user agent"],
    "X-Forwarded-For": IN_FIELDS["forwarded for"],
    "Cookie": f"sid={IN_FIELDS['cookie']}",
    "Referer": f"https://elsewhere.invalid/?phone={IN_FIELDS['referer']}",
}


class World:
    """A folder with everything the service may write to, and what it printed."""

    def __init__(self, folder: Path, api: FakeBotApi, port: int, **changes: str) -> None:
        self.folder, self.api = folder, api
        for name in ("home", "tmp", "cache", "data", "faults"):
            (folder / name).mkdir()
        for path, text in files().items():
            (folder / "faq" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "faq" / path).write_text(text, encoding="utf-8")
        self.url = f"http://127.0.0.1:{port}"
        self.quoted = f"{QUESTION} {api.url}/bot{api.token}/sendMessage " + " ".join(SECRETS.values())
        (folder / "faults" / "quoted").write_text(self.quoted, encoding="utf-8")
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BOT_")},
            "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp"), "XDG_CACHE_HOME": str(folder / "cache"),
            "HOME": str(folder / "home"), "BOT_DATABASE": str(folder / "data" / "bot.db"),
            "BOT_FAQ": str(folder / "faq"), "BOT_LISTEN": f"127.0.0.1:{port}", "BOT_TELEGRAM_TOKEN": api.token,
            "BOT_TELEGRAM_API": api.url, "BOT_RATE_LIMIT": "100000",
            "BOT_SECRET_KEY": f"{SECRETS['secret key']},{SECRETS['old key']}", **changes,
        }  # fmt: skip
        self.out, self.err = bytearray(), bytearray()
        self.commands: dict[str, bytes] = {}
        self.seen: dict[str, str] = {}  # secrets that came up on the way: sessions, cookies

    # ------------------------------------------------------------ the service
    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/privacy_sabotage.py"), str(self.folder / "faults"), "serve"],
            cwd=self.folder / "home", env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        for pipe, into in ((process.stdout, self.out), (process.stderr, self.err)):
            threading.Thread(target=_pump, args=(pipe, into), daemon=True).start()
        until(lambda: process.poll() is not None or self._answers())
        assert process.poll() is None, self.err.decode()[-2000:]
        return process

    def _answers(self) -> bool:
        try:
            ready = httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False
        return ready and b"Telegram is up" in self.err

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, self.err.decode()[-2000:]

    def run(self, *arguments: str, stdin: str = "", **changes: str) -> int:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments], cwd=self.folder / "home", env={**self.environ, **changes},
            input=stdin.encode(), capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        self.commands[f"{len(self.commands)} {arguments[0]}"] = done.stdout + done.stderr
        return done.returncode

    # ------------------------------------------------------------ faults
    def with_fault(self, name: str, act: Callable[[], object]) -> None:
        flag, happened = self.folder / "faults" / name, self.folder / "faults" / f"{name}.happened"
        flag.touch()
        try:
            deadline = time.monotonic() + 30
            while not happened.exists():
                act()
                time.sleep(0.05)
                assert time.monotonic() < deadline, f"the fault {name} did not happen"
        finally:
            flag.unlink(missing_ok=True)

    # ------------------------------------------------------------ the search
    def searched(self) -> dict[str, bytes]:
        folders = [self.folder / name for name in ("home", "tmp", "cache", "data", "faq")]
        return {**files_below(folders), "stdout": bytes(self.out), "stderr": bytes(self.err), **self.commands}

    def check(self) -> None:
        everywhere = {**IN_TEXT, **IN_FIELDS, **SECRETS, **self.seen, "token": self.api.token}
        found = [hit for place, data in self.searched().items() for hit in leaks(place, data, everywhere)]
        quiet = {place: data for place, data in self.searched().items() if place in ("stdout", "stderr")}
        quiet |= files_below([self.folder / "tmp", self.folder / "cache"])
        found += [hit for place, data in quiet.items() for hit in leaks(place, data, WORDS)]
        assert found == [], self.err.decode("utf-8", "replace")[-4000:]


def _pump(pipe: Any, into: bytearray) -> None:
    with pipe:
        while piece := pipe.read1(65536):
            into += piece


def until(done: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi(token=TOKEN, webhook_retry=(0.05, 0.3)) as made:
        yield made


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---------------------------------------------------------------- what residents and staff do
def telegram_traffic(world: World) -> None:
    """Every kind of update, with personal data in every field that it has."""
    api = world.api
    person = {
        "first_name": IN_FIELDS["first name"], "last_name": IN_FIELDS["last name"],
        "username": IN_FIELDS["user name"],
    }  # fmt: skip
    for who in (RESIDENT, SILENT):
        api.user(who, **person)
        api.chat(who, **person)
    api.chat(GROUP, title=IN_FIELDS["chat title"])
    before = len(api.sent())
    first = api.message(RESIDENT, QUESTION)
    api.edit(first, QUESTION + "？")
    api.message(RESIDENT, QUESTION, forward={
        "type": "hidden_user", "sender_user_name": IN_FIELDS["forwarded from"], "date": 1_764_000_000})  # fmt: skip
    api.message(RESIDENT, f"/start {QUESTION}")
    api.message(RESIDENT, f"/{IN_FIELDS['command']} {QUESTION}")
    api.photo(RESIDENT, QUESTION)
    api.document(RESIDENT, IN_FIELDS["document"])
    api.document(RESIDENT, IN_FIELDS["document"] + ".apk", caption=QUESTION)
    api.contact(RESIDENT, IN_FIELDS["contact"], IN_FIELDS["forwarded from"])
    api.poll(RESIDENT, IN_FIELDS["poll"], [QUESTION[:90], IN_FIELDS["contact"]])
    api.message(GROUP, f"@{api.username} {QUESTION}", user_id=SILENT)
    api.message(GROUP, QUESTION, user_id=SILENT)  # not to the bot: not answered
    api.inline(f"我叫{IN_FIELDS['first name']} {IN_FIELDS['inline']}", user_id=SILENT)
    until(lambda: len(api.sent()) >= before + 11 and not api.pending)
    under = api.sent(RESIDENT)[-1]
    for data in (IN_FIELDS["callback data"], f"c:{IN_FIELDS['callback data']}:x", f"y:{IN_FIELDS['callback data']}"):
        query = api.press(under, data, forged=True)
        until(lambda query=query: api.callback_answers.get(query["id"]))


def web_traffic(world: World) -> None:
    with httpx.Client(base_url=world.url, headers=HEADERS, timeout=30) as web:
        message = IN_FIELDS["client message"]
        reply = web.post("/api/v1/ask", json={"text": QUESTION, "message": message}).json()
        world.seen.setdefault("web session", reply["session"])
        assert IN_TEXT["phone"] not in reply["masked"]
        words = {"answer": reply["id"], "helpful": False, "missing": f"{QUESTION}，" * 3}
        assert web.post("/api/v1/feedback", json=words).status_code == 204
        web.post("/api/v1/tell-me", json={"answer": reply["id"], "session": reply["session"]})
        web.post("/api/v1/choose", json={"answer": reply["id"], "entry": IN_FIELDS["query"]})
        web.get("/api/v1/entries", params={"after": IN_FIELDS["query"], "name": QUESTION})
        web.get(f"/api/v1/entries/{IN_FIELDS['path']}")
        web.get(f"/{IN_FIELDS['path']}?q={IN_FIELDS['query']}")
        web.get("/", params={"lang": "en", "from": IN_FIELDS["query"]})
        assert web.post("/api/v1/ask", content=b'{"text": "' + QUESTION.encode()).status_code == 400
        assert web.post("/api/v1/ask", json={"text": QUESTION * 400}).status_code == 413
        assert web.post("/api/v1/ask", json={"text": {"a": QUESTION}, "lang": QUESTION}).status_code == 422
        cut = QUESTION.rjust(4096 + 60, "款")  # whose end is cut off in the middle of a number
        assert web.post("/api/v1/ask", json={"text": cut}).status_code == 200
        hook = {"update_id": 1, "message": QUESTION}
        web.post("/telegram/webhook", json=hook, headers={"X-Telegram-Bot-Api-Secret-Token": SECRETS["webhook secret"]})
        web.post("/telegram/webhook", json=hook, headers={"X-Telegram-Bot-Api-Secret-Token": IN_FIELDS["query"]})


def console_traffic(world: World) -> None:
    link = re.search(r"http://\S+/console/sign-in/(\S+)", world.out.decode())
    assert link
    field = f"{QUESTION} {IN_FIELDS['console field']}"
    origin = {"Origin": world.environ.get("BOT_PUBLIC_URL", world.url)}
    with httpx.Client(base_url=world.url, headers={**HEADERS, **origin}, timeout=30) as web:
        del web.headers["Cookie"]
        entered = web.post(f"/console/sign-in/{link[1]}", data={"token": link[1]})
        assert entered.status_code == 303, entered.text
        world.seen["console session"] = web.cookies["console"]
        pages = [web.get("/console/queue", params={"q": field, "search": field})]
        pages.append(web.get(f"/console/groups/{IN_FIELDS['console field']}"))
        pages.append(web.post("/console/try", data={"text": field, "lang": field, "region": field}))
        pages.append(web.post("/console/staff/add", data={"name": field, "role": field, "telegram_id": field}))
        pages.append(web.post(f"/console/staff/{IN_FIELDS['console field']}/remove", data={"x": field}))
        pages.append(web.post("/console/entries/new", data={"id": field, "topic": field}))
        group = re.search(r"/console/groups/(\w+)", web.get("/console/queue?reason=all").text)
        if group:
            pages.append(web.post(f"/console/groups/{group[1]}/claim"))
            pages.append(web.post(f"/console/groups/{group[1]}/answer", data={"text": field}))
            pages.append(web.post(f"/console/groups/{group[1]}/once", data={"text": field}))
        assert [page.status_code for page in pages if page.status_code >= 500] == []


def command_traffic(world: World) -> None:
    """Everything a person runs in a shell, with a working store and with a broken one."""
    lines = '{"id": 1, "text": "' + QUESTION + '"}\n{"id": 2, "text": "' + QUESTION + "\n" + QUESTION + "\n"
    broken_proxy = f"http://me:{SECRETS['proxy password']}@127.0.0.1:9"
    assert world.run("chat", stdin=f"{QUESTION}\n/no {QUESTION}\n/privacy\n/quit\n") == 0
    assert world.run("ask", QUESTION, "--json") == 0
    assert world.run("ask", "--jsonl", stdin=lines) == 1
    assert world.run("explain", QUESTION) == 0
    assert world.run("redact", "--jsonl", stdin=lines) == 1
    for arguments in (("list",), ("list", "--json"), ("export", "--format", "csv"), ("export", "--format", "json")):
        assert world.run("review", *arguments) == 0
    assert world.run("staff", "forget", IN_FIELDS["argument"] + "x") == 2
    assert world.run("ask", "--bogus", IN_FIELDS["argument"]) == 2
    assert world.run("doctor", BOT_PROXY=broken_proxy) == 1
    assert world.run("doctor", BOT_TELEGRAM_API=f"http://me:{SECRETS['proxy password']}@127.0.0.1:9/bot{TOKEN}") == 1
    for name, value in (
        ("BOT_PROXY", f"http://me:{SECRETS['proxy password']}@host:port"),
        ("BOT_TELEGRAM_API", f"http://[{TOKEN}]/"),
        ("BOT_TELEGRAM_TOKEN", f"bot{TOKEN}"),
        ("BOT_DATABASE", f"postgresql://me:{SECRETS['proxy password']}@host/db"),
    ):
        assert world.run("serve", **{name: value}) == 2, name
    assert world.run("staff", "forget", str(RESIDENT)) == 0
    database = Path(world.environ["BOT_DATABASE"])
    database.with_name("broken.db").write_bytes(b"no database" * 999)
    for command in (("doctor", "--offline"), ("review", "list"), ("chat",)):
        assert world.run(*command, BOT_DATABASE=str(database.with_name("broken.db"))) == 1


# ---------------------------------------------------------------- faults
def faults(world: World) -> None:
    chats = itertools.count(RESIDENT + 1000)  # one person alone would be asked to slow down

    def everybody() -> None:
        world.api.message(next(chats), QUESTION)
        world.api.message(next(chats), f"{WORDS['english words']} tomorrow")  # not ours: it is grouped
        with httpx.Client(base_url=world.url, headers=HEADERS, timeout=30) as web:
            for path in ("/healthz", f"/?q={IN_FIELDS['query']}"):
                with contextlib.suppress(httpx.HTTPError):  # broken off in the middle: one of the faults
                    web.get(path)
            web.post("/api/v1/ask", json={"text": QUESTION})

    for name in WHILE_RUNNING:
        world.with_fault(name, everybody)
    api = world.api
    for fault in (
        lambda: api.fail("sendMessage", 400, f"Bad Request: {world.quoted}"),
        lambda: api.fail("sendMessage", 500, world.quoted, times=2),
        lambda: api.fail("sendMessage", 403, world.quoted),
        lambda: api.fail("*", 401, world.quoted, times=2),
        lambda: api.garbage("sendMessage", world.quoted),
        lambda: api.garbage("*", world.quoted, status=502, times=2),
        lambda: api.drop("sendMessage", partial=True),
        lambda: api.fail("getUpdates", 409, f"Conflict: {world.quoted}"),
    ):
        fault()
        api.message(SILENT, QUESTION)
        until(lambda: not any(f.times for f in api.faults if f.method != "getUpdates"))
        api.clear_faults()
    with sqlite3.connect(world.environ["BOT_DATABASE"], isolation_level=None) as other:  # held by another program
        other.execute("BEGIN EXCLUSIVE")
        everybody()
        until(lambda: b"StoreBusy" in world.err)
        other.execute("ROLLBACK")
    other.close()
    until(lambda: not api.pending)


def crash(world: World, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """Killed before an answer: what it left is searched as it lies there, then answered by the next start."""
    (world.folder / "faults" / "crash").touch()
    world.api.message(RESIDENT, QUESTION)
    world.api.message(RESIDENT, f"/{IN_FIELDS['command']} {QUESTION}")
    assert process.wait(30) == 9
    (world.folder / "faults" / "crash").unlink()
    world.check()
    before = len(world.api.sent(RESIDENT))
    again = world.start()
    until(lambda: len(world.api.sent(RESIDENT)) > before and not world.api.pending)
    return again


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_nothing_personal_and_no_secret_is_left_anywhere(mode: str, tmp_path: Path, api: FakeBotApi) -> None:
    port = free_port()
    changes = {"BOT_WEBHOOK_SECRET": SECRETS["webhook secret"], "BOT_TELEGRAM_MODE": mode}
    if mode == "webhook":
        changes |= {"BOT_PUBLIC_URL": f"http://127.0.0.1:{port}", "BOT_LOG": "json"}
    world = World(tmp_path, api, port, **changes)
    process = world.start()
    try:
        telegram_traffic(world)
        web_traffic(world)
        console_traffic(world)
        faults(world)
        world.check()  # with the write-ahead log and the journal as they are in the middle of it
        process = crash(world, process)
        telegram_traffic(world)
    finally:
        if process.poll() is None:
            world.stop(process)
    for path, data in files_below([tmp_path / "data"]).items():  # answered: no chat is known any more
        assert re.findall(rb"7788[89]\d{4}", data) == [], path
    if mode == "polling":
        command_traffic(world)
    world.check()


def test_the_search_finds_a_piece_in_every_form() -> None:
    needles = {"phone": "139-0001-7788", "name": "司马春晓", "password": "Hunter2Xy"}
    for written in ("139 0001 7788", "１３９０００１７７８８", "139%2D0001%2D7788", "x139.0001.7788y"):
        assert leaks("here", written.encode(), needles) == ["here: phone"]
    for written in ("司马 春晓", "\\u53f8\\u9a6c\\u6625\\u6653", "%E5%8F%B8%E9%A9%AC%E6%98%A5%E6%99%93"):
        assert leaks("here", written.encode(), needles) == ["here: name"]
    assert leaks("here", b"xx HUNTER2XY xx", needles) == ["here: password"]
    assert leaks("here", "[手机号] [姓名] 13900017789".encode(), needles) == []
