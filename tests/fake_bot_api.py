"""A Telegram Bot API server of our own, over real HTTP, for tests and benchmarks.

    with FakeBotApi() as api:                       # or: async with FakeBotApi() as api
        bot = Bot(api.token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")
        api.message(7, "有人叫我刷单")               # a resident writes; returns the message
        api.wait(lambda: api.sent(7), timeout=5)    # or: await api.wait_for(...)
        api.press(api.sent(7)[-1], "有帮助")         # a button, by its text or its data
        api.fail("sendMessage", 429, retry_after=1) # the next call fails

The server always runs in a thread with a loop of its own; every helper is a plain call, safe from any thread. Or as a
process, ``python tests/fake_bot_api.py --port 8081``, driven over HTTP by ``RemoteFakeBotApi(url)`` or by hand:

    POST /control/update      one raw update or a list of them
    POST /control/<helper>    a JSON object with the helper's arguments: message, edit, press, fail, hang, burst, ...
    GET  /control/journal     ?since=N&method=sendMessage      GET /control/sent?chat_id=7
    GET  /control/wait        ?method=sendMessage&count=100&timeout=30 (blocks)       GET /control/state

Where Telegram's behaviour is known it is copied, with its error texts; the limits of text are counted in UTF-16 units,
its strictest reading. The bot token never appears in the journal, in an error or in what this module prints.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import copy
import inspect
import itertools
import json
import re
import signal
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

import aiohttp
from aiohttp import web

Json = dict[str, Any]

TOKEN = "110201543:AAFake-token-of-the-test-server_0123456"

_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}  # must be asked for by name
_OBJECTS = {  # parameters that travel as JSON text in a form
    "allowed_updates", "button", "caption_entities", "commands", "entities", "link_preview_options", "media",
    "menu_button", "message_ids", "options", "reaction", "reply_markup", "reply_parameters", "results", "rights",
    "scope",
}  # fmt: skip
_NUMBERS = {
    "cache_time", "chat_id", "from_chat_id", "limit", "max_connections", "message_id", "offset", "timeout", "user_id",
}  # fmt: skip
_FLAGS = {
    "allow_sending_without_reply", "drop_pending_updates", "is_personal", "show_alert", "disable_notification",
    "protect_content", "is_anonymous", "allows_multiple_answers",
}  # fmt: skip
_UNASKED_STATUS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class ApiError(Exception):
    """An answer with ``ok: false``."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters or {}


class _Refused(ApiError):
    def __init__(self, reason: str, **parameters: Any) -> None:
        super().__init__(400, f"Bad Request: {reason}", parameters)


@dataclass
class Upload:
    """A file that came in as multipart."""

    filename: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass
class Call:
    """One line of the journal. ``status`` is None while the answer is open, and for ever if it hangs or drops."""

    number: int
    method: str
    params: Json
    files: dict[str, Upload]
    time: float  # time.monotonic()
    status: int | None = None
    description: str = ""
    fault: str = ""
    result: Any = field(default=None, repr=False)

    def as_json(self) -> Json:
        return {
            "number": self.number,
            "method": self.method,
            "params": self.params,
            "files": {
                name: {"filename": f.filename, "content_type": f.content_type, "size": len(f.data)}
                for name, f in self.files.items()
            },
            "time": self.time,
            "status": self.status,
            "description": self.description,
            "fault": self.fault,
        }


@dataclass
class Fault:
    """What goes wrong with the next ``times`` calls of a method (None: with all of them)."""

    method: str
    kind: str  # error | garbage | hang | drop
    status: int = 200
    description: str = ""
    parameters: Json = field(default_factory=dict)
    body: bytes = b""
    seconds: float | None = None
    executed: bool = False  # the call is carried out, only its answer is lost
    partial: bool = False
    times: int | None = 1
    skip: int = 0
    chat_id: int | None = None


@dataclass
class Webhook:
    url: str
    secret_token: str | None = field(default=None, repr=False)
    max_connections: int = 40


class FakeBotApi:
    """See the module's docstring. ``start`` and ``stop`` may be repeated: the port and all state are kept."""

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        username: str = "fanzha_test_bot",
        strict_chats: bool = False,
        webhook_retry: tuple[float, float] = (0.05, 2.0),
        webhook_timeout: float = 30.0,
    ) -> None:
        """``strict_chats``: a chat nobody has written from is "chat not found", as on the real server.

        ``webhook_retry``: first and longest wait before an update is delivered again, doubling in between.
        """
        self.token = token
        self.username = username
        self.port = port
        self.strict_chats = strict_chats
        self._retry_first, self._retry_most = webhook_retry
        self._webhook_timeout = webhook_timeout

        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._version = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._wakes = 0
        self._sleepers: list[asyncio.Future[None]] = []
        self._pulse_due = False
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._clear()

    def _clear(self) -> None:
        self.journal: list[Call] = []
        self.ok: Counter[str] = Counter()  # how many calls of each method went well
        self.faults: list[Fault] = []
        self.pending: dict[int, Json] = {}  # update id -> update, in order
        self.dropped: list[Json] = []  # updates the bot has not asked for (allowed_updates)
        self.delivered: list[int] = []  # update ids the bot has confirmed, in the order of confirmation
        self.webhook: Webhook | None = None
        self.allowed_updates: list[str] | None = None
        self.last_webhook_error: tuple[int, str] | None = None
        self.me: Json = {
            "id": int(self.token.partition(":")[0]), "is_bot": True,
            "first_name": "反诈助手", "username": self.username,
            "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": True,
            "can_connect_to_business": False, "has_main_web_app": False,
        }  # fmt: skip
        self.users: dict[int, Json] = {}
        self.chats: dict[int, Json] = {}
        self.messages: dict[int, Json] = {}  # message id -> message; ids are unique across chats here
        self.by_chat: dict[int, list[int]] = {}
        self.members: dict[tuple[int, int], str] = {}
        self.migrated: dict[int, int] = {}
        self.lost_chats: dict[int, ApiError] = {}
        self.files: dict[str, tuple[str, bytes]] = {}  # file id -> path, content
        self.commands: dict[tuple[str, str], list[Json]] = {}  # scope as JSON, language
        self.profile: dict[tuple[str, str], str] = {}  # name | description | short_description, language
        self.menu_buttons: dict[int | None, Json] = {}
        self.callback_queries: dict[str, Json] = {}
        self.callback_answers: dict[str, Json] = {}
        self.inline_queries: dict[str, Json] = {}
        self.inline_answers: dict[str, Json] = {}
        self.inline_messages: dict[str, Json] = {}
        self.chat_actions: list[tuple[int, str]] = []
        self._ids = {name: itertools.count(start) for name, start in _FIRST_IDS.items()}
        self._update_id = 500_000_000
        # Webhook delivery: one lane a chat, so that order within it is kept while other chats go on.
        self._lanes: dict[Any, deque[int]] = {}
        self._ready: deque[Any] = deque()
        self._busy: set[Any] = set()
        self._delayed: dict[Any, asyncio.TimerHandle] = {}
        self._attempts: dict[int, int] = {}
        self._flying: set[int] = set()
        self._poll_ticket = 0
        self._poll_conflict = ""

    # --- life -------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The root, without ``/bot``: the value of BOT_TELEGRAM_API."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        if self._thread is not None:
            return self
        started: deque[BaseException | None] = deque()
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready, started)), name="fake-bot-api", daemon=True
        )
        self._thread.start()
        ready.wait()
        if (error := started[0]) is not None:
            self._thread.join()
            self._thread = None
            raise error
        return self

    def stop(self) -> None:
        """Close the port. Waiting polls and hanging calls end; state stays, so start() goes on where it was."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        loop.call_soon_threadsafe(self._closing.set)
        thread.join()
        self._thread = self._loop = None

    def reset(self) -> None:
        """Forget everything but the port."""
        with self._lock:
            for handle in self._delayed.values():
                self._from_anywhere(handle.cancel)
            self._clear()
            self._interrupt_poll("Conflict: the server was reset")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        # In a thread: the caller's loop may be needed to finish what still waits for an answer.
        await asyncio.to_thread(self.stop)

    async def _serve(self, ready: threading.Event, started: deque[BaseException | None]) -> None:
        self._closing = asyncio.Event()
        self._sleepers, self._pulse_due = [], False
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._on_call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._on_file)
        app.router.add_get("/control/journal", self._on_journal)
        app.router.add_get("/control/sent", self._on_sent)
        app.router.add_get("/control/state", self._on_state)
        app.router.add_get("/control/wait", self._on_wait)
        app.router.add_post("/control/{helper}", self._on_control)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self.port)
            await site.start()
            self.port = runner.addresses[0][1]
            self._loop = asyncio.get_running_loop()
        except OSError as error:
            await runner.cleanup()
            started.append(error)
            ready.set()
            return
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=False), timeout=aiohttp.ClientTimeout(self._webhook_timeout)
        )
        dispatcher = asyncio.create_task(self._dispatch())
        started.append(None)
        ready.set()
        await self._closing.wait()
        with self._lock:
            self._wake()
        dispatcher.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(dispatcher, *self._tasks, return_exceptions=True)
        with self._lock:  # what was under way or waiting for its retry starts afresh with the next start()
            for handle in self._delayed.values():
                handle.cancel()
            self._delayed.clear()
            self._ready = deque(self._lanes)
            self._busy.clear()
            self._flying.clear()
        await self._client.close()
        await runner.cleanup()

    def _from_anywhere(self, call: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # closing: nobody is left to hear it
                loop.call_soon_threadsafe(call)

    def _touch(self) -> None:
        """State has changed: wake whoever waits in a test."""
        self._version += 1
        self._changed.notify_all()

    def _wake(self) -> None:
        """Something to deliver, or a reason to stop: wake the long polls and the dispatcher."""
        self._touch()
        self._wakes += 1
        if self._sleepers and not self._pulse_due:
            self._pulse_due = True
            self._from_anywhere(self._pulse)

    def _pulse(self) -> None:
        with self._lock:
            sleepers, self._sleepers, self._pulse_due = self._sleepers, [], False
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    async def _sleep(self, seen: int, seconds: float | None) -> None:
        """Until something new has come since ``_wakes`` was ``seen``."""
        with self._lock:
            if self._wakes != seen:
                return
            sleeper = asyncio.get_running_loop().create_future()
            self._sleepers.append(sleeper)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await sleeper

    # --- waiting and looking ----------------------------------------------------------------------------------------

    def wait(self, predicate: Callable[[], Any], timeout: float = 10.0) -> Any:
        """Block until the predicate is true and return its value. For sync tests."""
        end = time.monotonic() + timeout
        while not (value := predicate()):
            left = end - time.monotonic()
            if left <= 0:
                self._late(timeout)
            with self._changed:  # asked again now and then: the predicate may look at something else, too
                self._changed.wait(min(left, 0.02))
        return value

    async def wait_for(self, predicate: Callable[[], Any], timeout: float = 10.0) -> Any:
        """The same without blocking the caller's loop."""
        end = time.monotonic() + timeout
        while not (value := predicate()):
            if time.monotonic() >= end:
                self._late(timeout)
            seen, again = self._version, time.monotonic() + 0.02
            while self._version == seen and time.monotonic() < again:
                await asyncio.sleep(0.002)
        return value

    def _late(self, timeout: float) -> NoReturn:
        last = [f"{call.method} -> {call.status} {call.description}".strip() for call in self.journal[-12:]]
        raise TimeoutError(f"not within {timeout} s; pending updates: {len(self.pending)}; last calls: {last}")

    def sent(self, chat_id: int | None = None) -> list[Json]:
        """The bot's messages as they stand now (edits applied, deleted ones gone), oldest first."""
        with self._lock:
            ids = self.messages if chat_id is None else self.by_chat.get(chat_id, ())
            return [m for i in ids if (m := self.messages.get(i)) and m.get("from", {}).get("id") == self.me["id"]]

    def texts(self, chat_id: int | None = None) -> list[str]:
        return [message.get("text") or message.get("caption", "") for message in self.sent(chat_id)]

    def calls(self, method: str | None = None, *, ok: bool | None = None) -> list[Call]:
        """The journal, of one method, and of the calls that went well or did not."""
        with self._lock:
            return [
                call
                for call in self.journal
                if (method is None or call.method.lower() == method.lower())
                and (ok is None or (call.status == 200) is ok)
            ]

    def confirmed(self, update_id: int) -> bool:
        """Whether the bot has confirmed this update (by offset or by a 2xx on the webhook)."""
        with self._lock:
            return update_id <= self._update_id and update_id not in self.pending

    @property
    def last_update_id(self) -> int:
        return self._update_id

    # --- residents, groups and what they do -------------------------------------------------------------------------

    def user(self, user_id: int, **fields: Any) -> Json:
        """A person; fields given here stay (first_name, username, language_code, ...)."""
        with self._lock:
            known = self.users.setdefault(user_id, {"id": user_id, "is_bot": False, "first_name": f"用户{user_id}"})
            known.update(fields)
            return known

    def chat(self, chat_id: int, **fields: Any) -> Json:
        """A chat; its type follows from the id unless given: above 0 private, -100... a supergroup, else a group."""
        with self._lock:
            if chat_id not in self.chats:
                if chat_id > 0:
                    person = self.user(chat_id)
                    kept: Json = {k: person[k] for k in ("first_name", "last_name", "username") if k in person}
                    self.chats[chat_id] = {"id": chat_id, "type": "private", **kept}
                else:
                    kind = "supergroup" if str(chat_id).startswith("-100") else "group"
                    self.chats[chat_id] = {"id": chat_id, "type": kind, "title": f"群{-chat_id}"}
            self.chats[chat_id].update(fields)
            return self.chats[chat_id]

    def message(
        self,
        chat_id: int,
        text: str | None = None,
        *,
        user_id: int | None = None,
        reply_to: Json | int | None = None,
        forward: str | Json | None = None,
        **fields: Any,
    ) -> Json:
        """Someone writes. ``forward``: "user", "hidden", "chat", "channel" or a whole MessageOrigin."""
        with self._lock:
            message = self._compose(chat_id, text, user_id=user_id, reply_to=reply_to, forward=forward, **fields)
            self._enqueue({"message": message}, lane=chat_id)
            return message

    def burst(self, chats: Iterable[int] | int, text: str = "有人叫我刷单返利，靠谱吗", *, each: int = 1) -> int:
        """Many messages at once: one a chat, ``each`` times. A number counts chats from 1,000,001 up."""
        chats = range(1_000_001, 1_000_001 + chats) if isinstance(chats, int) else list(chats)
        with self._lock:
            for round_number, chat_id in itertools.product(range(each), chats):
                self.message(chat_id, text.replace("{n}", str(round_number)))
        return each * len(chats)

    def edit(self, message: Json | int, text: str | None = None, **fields: Any) -> Json:
        """The author edits a message (or a channel its post)."""
        with self._lock:
            known = self.messages[_id_of(message)]
            edited: Json = {**known, **fields, "edit_date": max(int(time.time()), known["date"])}
            if text is not None:
                part = "text" if "text" in known else "caption"
                edited[part] = text
                edited.pop("entities" if part == "text" else "caption_entities", None)
                edited.update(_entities_field(part, text, fields))
            self.messages[known["message_id"]] = edited
            kind = "edited_channel_post" if edited["chat"]["type"] == "channel" else "edited_message"
            self._enqueue({kind: edited}, lane=edited["chat"]["id"])
            return edited

    def photo(self, chat_id: int, caption: str | None = None, **fields: Any) -> Json:
        sizes = [{**self._file(f"photos/{n}.jpg", b"\xff\xd8jpeg"), "width": n, "height": n} for n in (90, 320, 800)]
        return self.message(chat_id, caption=caption, photo=sizes, **fields)

    def document(self, chat_id: int, file_name: str, content: bytes = b"content", **fields: Any) -> Json:
        mime = fields.pop("mime_type", "application/octet-stream")
        thing = {**self._file(f"documents/{file_name}", content), "file_name": file_name, "mime_type": mime}
        return self.message(chat_id, document=thing, **fields)

    def sticker(self, chat_id: int, emoji: str = "😀", **fields: Any) -> Json:
        shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self.message(
            chat_id, sticker={**self._file("stickers/1.webp", b"RIFF"), **shape, "emoji": emoji}, **fields
        )

    def voice(self, chat_id: int, duration: int = 3, **fields: Any) -> Json:
        thing = {**self._file("voice/1.oga", b"OggS"), "duration": duration, "mime_type": "audio/ogg"}
        return self.message(chat_id, voice=thing, **fields)

    def video(self, chat_id: int, caption: str | None = None, **fields: Any) -> Json:
        thing = {**self._file("videos/1.mp4", b"mp4"), "duration": 3, "width": 640, "height": 360}
        return self.message(chat_id, caption=caption, video=thing, **fields)

    def contact(self, chat_id: int, phone_number: str, first_name: str = "某人", **fields: Any) -> Json:
        return self.message(chat_id, contact={"phone_number": phone_number, "first_name": first_name}, **fields)

    def location(self, chat_id: int, latitude: float = 31.23, longitude: float = 121.47, **fields: Any) -> Json:
        return self.message(chat_id, location={"latitude": latitude, "longitude": longitude}, **fields)

    def poll(self, chat_id: int, question: str, options: Iterable[str], **fields: Any) -> Json:
        return self.message(chat_id, poll=self._poll(question, list(options)), **fields)

    def channel_post(self, chat_id: int, text: str | None = None, **fields: Any) -> Json:
        with self._lock:
            self.chat(chat_id, type="channel")
            post = self._compose(chat_id, text, channel=True, **fields)
            self._enqueue({"channel_post": post}, lane=chat_id)
            return post

    def press(
        self, message: Json | int | str, button: str, *, user_id: int | None = None, forged: bool = False
    ) -> Json:
        """Press a button of the bot's message (or of an inline message, by its id), found by its text or its data.

        ``forged``: the data is sent although no button has it, as a changed client could. Returns the callback query;
        the answer will be in ``callback_answers[query["id"]]``.
        """
        with self._lock:
            query: Json = {"id": str(next(self._ids["query"])), "chat_instance": "-8190000000000000001"}
            if isinstance(message, str):
                known = self.inline_messages[message]
                query["inline_message_id"] = message
                user_id = user_id or known.get("user_id", 1)
                lane: Any = user_id
            else:
                known = self.messages[_id_of(message)]
                query["message"] = copy.deepcopy(known)
                lane = known["chat"]["id"]
                user_id = user_id or (lane if lane > 0 else 1)
            query["data"] = button if forged else _button_data(known, button)
            query["from"] = self.user(user_id)
            self.callback_queries[query["id"]] = query
            self._enqueue({"callback_query": query}, lane=lane)
            return query

    def inline(self, query: str, *, user_id: int = 1, offset: str = "", chat_type: str = "private") -> Json:
        """Someone types ``@bot query``; the answer will be in ``inline_answers[returned["id"]]``."""
        with self._lock:
            asked: Json = {
                "id": str(next(self._ids["query"])), "from": self.user(user_id), "query": query, "offset": offset,
                "chat_type": chat_type,
            }  # fmt: skip
            self.inline_queries[asked["id"]] = asked
            self._enqueue({"inline_query": asked}, lane=user_id)
            return asked

    def choose_inline(self, query: Json, result_id: str) -> str:
        """They send one of the results; returns the id of the inline message, for press()."""
        with self._lock:
            results = {r["id"]: r for r in self.inline_answers[query["id"]]["results"]}
            content = results[result_id].get("input_message_content", {})
            inline_id = f"inline{next(self._ids['query'])}"
            kept = {"reply_markup": results[result_id].get("reply_markup"), "user_id": query["from"]["id"], **content}
            self.inline_messages[inline_id] = kept
            chosen = {
                "result_id": result_id, "from": query["from"], "query": query["query"], "inline_message_id": inline_id,
            }  # fmt: skip
            self._enqueue({"chosen_inline_result": chosen}, lane=query["from"]["id"])
            return inline_id

    def my_chat_member(self, chat_id: int, status: str, *, user_id: int | None = None) -> Json:
        """The bot's own place in a chat changes: "kicked" (blocked, removed), "member", "left", "administrator"."""
        with self._lock:
            change = self._member_change(chat_id, self.me, status, user_id)
            chat = self.chat(chat_id)
            if status in ("kicked", "left"):
                where = "user" if chat["type"] == "private" else f"{chat['type']} chat"
                what = "blocked by" if chat["type"] == "private" else "kicked from"
                self.lost_chats[chat_id] = ApiError(403, f"Forbidden: bot was {what} the {where}")
            else:
                self.lost_chats.pop(chat_id, None)
            self._enqueue({"my_chat_member": change}, lane=chat_id)
            return change

    def chat_member(self, chat_id: int, user_id: int, status: str = "member") -> Json:
        with self._lock:
            change = self._member_change(chat_id, self.user(user_id), status, user_id)
            self._enqueue({"chat_member": change}, lane=chat_id)
            return change

    def join(self, chat_id: int, user_id: int | None = None) -> Json:
        """The service message of a new member: the bot itself unless a user is given."""
        who = self.me if user_id is None else self.user(user_id)
        return self.message(chat_id, user_id=user_id or 1, new_chat_members=[who])

    def leave(self, chat_id: int, user_id: int | None = None) -> Json:
        who = self.me if user_id is None else self.user(user_id)
        return self.message(chat_id, user_id=user_id or 1, left_chat_member=who)

    def migrate(self, chat_id: int, new_chat_id: int, *, user_id: int = 1) -> None:
        """A group becomes a supergroup: two service messages, and calls to the old id are refused with the new."""
        with self._lock:
            self.chat(new_chat_id, type="supergroup", title=self.chat(chat_id).get("title"))
            self.message(chat_id, user_id=user_id, migrate_to_chat_id=new_chat_id)
            self.message(new_chat_id, user_id=user_id, migrate_from_chat_id=chat_id)
            self.migrated[chat_id] = new_chat_id

    def block(self, chat_id: int) -> None:
        """Every call to this chat is 403 from now on, without an update about it."""
        with self._lock:
            self.lost_chats[chat_id] = ApiError(403, _UNASKED_STATUS[403])

    def unblock(self, chat_id: int) -> None:
        with self._lock:
            self.lost_chats.pop(chat_id, None)

    def vanish(self, chat_id: int) -> None:
        """The chat is gone: 400 chat not found."""
        with self._lock:
            self.lost_chats[chat_id] = _Refused("chat not found")

    def update(self, *updates: Json) -> list[int]:
        """Raw updates. An ``update_id`` of their own is kept, also an old one (a redelivery, a jump)."""
        with self._lock:
            return [self._enqueue(dict(update), lane=_lane_of(update)) for update in updates]

    def _compose(
        self,
        chat_id: int,
        text: str | None = None,
        *,
        user_id: int | None = None,
        reply_to: Json | int | None = None,
        forward: str | Json | None = None,
        caption: str | None = None,
        channel: bool = False,
        **fields: Any,
    ) -> Json:
        chat = self.chat(chat_id)
        message: Json = {"message_id": next(self._ids["message"]), "date": int(time.time()), "chat": dict(chat)}
        if channel:
            message["sender_chat"] = dict(chat)
        else:
            message["from"] = self.user(user_id if user_id is not None else (chat_id if chat_id > 0 else 1))
        if text is not None:
            message["text"] = text
            message.update(_entities_field("text", text, fields))
        if caption is not None:
            message["caption"] = caption
            message.update(_entities_field("caption", caption, fields))
        if reply_to is not None:
            parent = self.messages[_id_of(reply_to)]
            message["reply_to_message"] = {k: v for k, v in parent.items() if k != "reply_to_message"}
        if forward is not None:
            message["forward_origin"] = self._origin(forward) if isinstance(forward, str) else forward
        message.update(fields)
        return self._keep(message)

    def _keep(self, message: Json) -> Json:
        self.messages[message["message_id"]] = message
        self.by_chat.setdefault(message["chat"]["id"], []).append(message["message_id"])
        return message

    def _origin(self, kind: str) -> Json:
        date = int(time.time()) - 3600
        if kind == "user":
            return {"type": "user", "date": date, "sender_user": self.user(99_001, first_name="转发者")}
        if kind == "hidden":
            return {"type": "hidden_user", "date": date, "sender_user_name": "隐身的人"}
        if kind == "chat":
            return {"type": "chat", "date": date, "sender_chat": self.chat(-1001999000001, title="来源群")}
        if kind == "channel":
            source = self.chat(-1001999000002, type="channel", title="来源频道")
            return {"type": "channel", "date": date, "chat": source, "message_id": 5}
        raise ValueError(f"no such origin: {kind}")

    def _member_change(self, chat_id: int, who: Json, status: str, by: int | None) -> Json:
        chat = self.chat(chat_id)
        before = self.members.get((chat_id, who["id"]), "member" if status in ("kicked", "left") else "left")
        self.members[chat_id, who["id"]] = status
        return {
            "chat": dict(chat), "from": self.user(by or (chat_id if chat_id > 0 else 1)), "date": int(time.time()),
            "old_chat_member": _member(who, before), "new_chat_member": _member(who, status),
        }  # fmt: skip

    def _file(self, path: str, content: bytes) -> Json:
        with self._lock:
            number = next(self._ids["file"])
            self.files[f"file{number}"] = (path, content)
            return {"file_id": f"file{number}", "file_unique_id": f"unique{number}", "file_size": len(content)}

    def _poll(self, question: str, options: list[str], **fields: Any) -> Json:
        return {
            "id": str(next(self._ids["query"])), "question": question, "total_voter_count": 0, "is_closed": False,
            "options": [
                {"text": text, "voter_count": 0, "persistent_id": str(n)} for n, text in enumerate(options)
            ],
            "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
            "allows_revoting": False, "members_only": False, **fields,
        }  # fmt: skip

    # --- faults -----------------------------------------------------------------------------------------------------

    def fail(
        self,
        method: str,
        status: int = 500,
        description: str | None = None,
        *,
        retry_after: int | None = None,
        migrate_to: int | None = None,
        times: int | None = 1,
        skip: int = 0,
        chat_id: int | None = None,
    ) -> None:
        """The next calls of ``method`` ("*": of any) are refused; ``skip`` lets some pass first.

        429 brings ``retry_after`` (1 unless given), 403 says "blocked by the user" unless told otherwise.
        """
        parameters: Json = {}
        if status == 429:
            retry_after = 1 if retry_after is None else retry_after
            description = description or f"Too Many Requests: retry after {retry_after}"
        if retry_after is not None:
            parameters["retry_after"] = retry_after
        if migrate_to is not None:
            parameters["migrate_to_chat_id"] = migrate_to
            description = description or "Bad Request: group chat was upgraded to a supergroup chat"
        text = description or _UNASKED_STATUS.get(status, "Error")
        self._fault(Fault(method, "error", status, text, parameters, times=times, skip=skip, chat_id=chat_id))

    def garbage(
        self,
        method: str,
        body: str | bytes = "<html><h1>502 Bad Gateway</h1>",
        *,
        status: int = 200,
        times: int | None = 1,
        skip: int = 0,
        executed: bool = False,
        chat_id: int | None = None,
    ) -> None:
        """An answer that is no JSON."""
        raw = body.encode() if isinstance(body, str) else body
        self._fault(
            Fault(method, "garbage", status, body=raw, times=times, skip=skip, executed=executed, chat_id=chat_id)
        )

    def hang(
        self,
        method: str,
        seconds: float | None = None,
        *,
        executed: bool = False,
        times: int | None = 1,
        skip: int = 0,
        chat_id: int | None = None,
    ) -> None:
        """No answer, for some seconds (then a proper one) or for ever; ``executed``: but the call was carried out."""
        self._fault(Fault(method, "hang", seconds=seconds, executed=executed, times=times, skip=skip, chat_id=chat_id))

    def drop(
        self,
        method: str,
        *,
        executed: bool = False,
        partial: bool = False,
        times: int | None = 1,
        skip: int = 0,
        chat_id: int | None = None,
    ) -> None:
        """The connection breaks instead of an answer, or in the middle of one (``partial``)."""
        self._fault(Fault(method, "drop", executed=executed, partial=partial, times=times, skip=skip, chat_id=chat_id))

    def clear_faults(self) -> None:
        with self._lock:
            self.faults.clear()
            self._touch()

    def _fault(self, fault: Fault) -> None:
        with self._lock:
            self.faults.append(fault)
            self._touch()

    def _take_fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.method not in ("*", call.method) and fault.method.lower() != call.method.lower():
                continue
            if fault.chat_id is not None and call.params.get("chat_id") != fault.chat_id:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                return None
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
            return fault
        return None

    # --- updates on their way to the bot ----------------------------------------------------------------------------

    def _enqueue(self, update: Json, lane: Any) -> int:
        kind = next(key for key in update if key != "update_id")
        allowed = self.allowed_updates
        if "update_id" in update:
            self._update_id = max(self._update_id, update["update_id"])
        else:
            self._update_id += 1
            # The content is frozen as it is now: a later edit must not change an update that waits.
            update = {"update_id": self._update_id, kind: copy.deepcopy(update[kind])}
        if kind not in allowed if allowed else kind in _NOT_BY_DEFAULT:
            self.dropped.append(update)
        else:
            self.pending[update["update_id"]] = update
            if self.webhook is not None:
                self._into_lane(update["update_id"], lane)
        self._wake()
        return int(update["update_id"])

    def _into_lane(self, update_id: int, lane: Any) -> None:
        if lane not in self._lanes:
            self._lanes[lane] = deque()
            if lane not in self._busy:
                self._ready.append(lane)
        self._lanes[lane].append(update_id)

    def _confirm(self, update_id: int) -> None:
        if self.pending.pop(update_id, None) is not None:
            self.delivered.append(update_id)

    async def _dispatch(self) -> None:
        """Start webhook deliveries, at most max_connections at once, one at a time in each lane."""
        while True:
            with self._lock:
                seen, hook = self._wakes, self.webhook
                while hook is not None and self._ready and len(self._flying) < hook.max_connections:
                    lane = self._ready.popleft()
                    if lane in self._busy:  # it comes back when its delivery ends
                        continue
                    waiting = self._lanes.get(lane)
                    while waiting and waiting[0] not in self.pending:
                        waiting.popleft()
                    if not waiting:
                        self._lanes.pop(lane, None)
                        continue
                    self._busy.add(lane)
                    self._flying.add(waiting[0])
                    task = asyncio.create_task(self._deliver(hook, lane, self.pending[waiting[0]]))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
            await self._sleep(seen, None)

    async def _deliver(self, hook: Webhook, lane: Any, update: Json) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret_token} if hook.secret_token else {}
        problem, reply = "", b""
        assert self._client is not None
        try:
            async with self._client.post(hook.url, json=update, headers=headers, allow_redirects=False) as response:
                reply = await response.read()
                if not 200 <= response.status < 300:
                    problem = f"Wrong response from the webhook: {response.status} {response.reason}"
        except (aiohttp.ClientError, OSError) as error:
            problem = "Read timeout expired" if isinstance(error, TimeoutError) else "Connection refused"
        with self._lock:
            update_id = update["update_id"]
            self._flying.discard(update_id)
            self._busy.discard(lane)
            if problem:
                self.last_webhook_error = (int(time.time()), problem)
                tries = self._attempts[update_id] = self._attempts.get(update_id, 0) + 1
                wait = min(self._retry_most, self._retry_first * 2 ** min(tries - 1, 30))
                self._delayed[lane] = asyncio.get_running_loop().call_later(wait, self._retry, lane)
            else:
                self._attempts.pop(update_id, None)
                self._confirm(update_id)
                self._ready.append(lane)
                self._method_in_reply(reply)
            self._wake()

    def _retry(self, lane: Any) -> None:
        with self._lock:
            if self._delayed.pop(lane, None) is not None:
                self._ready.append(lane)
                self._wake()

    def _method_in_reply(self, reply: bytes) -> None:
        """A bot may answer the webhook with a method to carry out; it never learns how that went."""
        with contextlib.suppress(ValueError, ApiError):
            body = json.loads(reply) if reply[:1] == b"{" else {}
            method = body.pop("method", "") if isinstance(body, dict) else ""
            if action := _ACTIONS.get(method.lower()):
                call = self._record(method, body, {})
                call.result = action(self, call)
                call.status = 200

    # --- HTTP: the Bot API ------------------------------------------------------------------------------------------

    def _record(self, method: str, params: Json, files: dict[str, Upload]) -> Call:
        with self._lock:
            text = json.dumps(params)
            if self.token in text:  # a webhook address may hold it
                params = json.loads(text.replace(self.token, "<token>"))
            if "secret_token" in params:
                params = {**params, "secret_token": "<secret>"}
            call = Call(len(self.journal) + 1, method, params, files, time.monotonic())
            self.journal.append(call)
            self._touch()
            return call

    async def _on_call(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]
        if token != self.token:
            known_form = re.fullmatch(r"\d+:[\w-]{10,}", token)
            return _answer(ApiError(401, "Unauthorized") if known_form else ApiError(404, "Not Found"))
        try:
            params, files = await _read_params(request)
        except _Refused as error:
            return _answer(error)
        call = self._record(method, params, files)
        with self._lock:
            fault = self._take_fault(call)
        secret = params.get("secret_token")
        if fault is None:
            return self._close(call, await self._carry_out(call, secret))
        call.fault = fault.kind
        self._notice()
        if fault.kind == "error":
            return self._close(call, ApiError(fault.status, fault.description, fault.parameters))
        outcome = await self._carry_out(call, secret) if fault.executed else None
        if fault.kind == "hang":
            await self._pause(fault.seconds)
            if fault.seconds is None or self._closing.is_set():
                return self._close(call, ApiError(504, "Gateway Timeout"))
            return self._close(call, await self._carry_out(call, secret) if outcome is None else outcome)
        if fault.kind == "garbage":
            call.status = fault.status
            self._notice()
            return web.Response(body=fault.body, status=fault.status, content_type="text/html")
        return await _break_off(request, partial=fault.partial)

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _carry_out(self, call: Call, secret: str | None) -> Any:
        name = call.method.lower()
        try:
            if name == "getupdates":
                return await self._get_updates(call.params)
            action = _ACTIONS.get(name)
            if action is None:
                return ApiError(404, "Not Found: method not found")
            with self._lock:
                result = action(self, call)
                if name == "setwebhook" and self.webhook is not None:
                    self.webhook.secret_token = secret  # the journal holds a stand-in
                call.result = copy.deepcopy(result)
                return call.result
        except ApiError as error:
            return error

    def _close(self, call: Call, outcome: Any) -> web.Response:
        call.status = outcome.code if isinstance(outcome, ApiError) else 200
        call.description = outcome.description if isinstance(outcome, ApiError) else ""
        with self._lock:
            self.ok[call.method] += call.status == 200
        self._notice()
        return _answer(outcome)

    def _notice(self) -> None:
        with self._lock:
            self._touch()

    async def _get_updates(self, params: Json) -> list[Json]:
        offset, limit = params.get("offset") or 0, min(max(params.get("limit") or 100, 1), 100)
        with self._lock:
            if self.webhook is not None:
                raise ApiError(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; "
                    "use deleteWebhook to delete the webhook first",
                )
            self._interrupt_poll(_UNASKED_STATUS[409])
            ticket = self._poll_ticket
            if "allowed_updates" in params:
                self.allowed_updates = params["allowed_updates"] or None
            if offset < 0:  # only the last few are wanted
                for update_id in list(self.pending)[:offset]:
                    self._confirm(update_id)
            else:
                for update_id in list(itertools.takewhile(lambda i: i < offset, self.pending)):
                    self._confirm(update_id)
            self._touch()
        end = time.monotonic() + min(params.get("timeout") or 0, 50)
        while True:
            with self._lock:
                if ticket != self._poll_ticket:
                    raise ApiError(409, self._poll_conflict)
                if self.pending or self._closing.is_set():
                    return list(itertools.islice(self.pending.values(), limit))
                seen = self._wakes
            left = end - time.monotonic()
            if left <= 0:
                return []
            await self._sleep(seen, left)

    def _interrupt_poll(self, why: str) -> None:
        self._poll_ticket += 1
        self._poll_conflict = why
        self._wake()

    async def _on_file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _answer(ApiError(401, "Unauthorized"))
        for path, content in list(self.files.values()):
            if path == request.match_info["path"]:
                return web.Response(body=content, content_type="application/octet-stream")
        return _answer(ApiError(404, "Not Found"))

    # --- the methods ------------------------------------------------------------------------------------------------

    def _addressee(self, params: Json) -> Json:
        chat_id = params.get("chat_id")
        if chat_id in (None, ""):
            raise _Refused("chat_id is empty")
        if isinstance(chat_id, str):
            named = [c for c in self.chats.values() if f"@{c.get('username')}" == chat_id]
            if not named:
                raise _Refused("chat not found")
            chat_id = named[0]["id"]
        if (lost := self.lost_chats.get(chat_id)) is not None:
            raise ApiError(lost.code, lost.description)
        if (new := self.migrated.get(chat_id)) is not None:
            raise _Refused("group chat was upgraded to a supergroup chat", migrate_to_chat_id=new)
        if self.strict_chats and chat_id not in self.chats:
            raise _Refused("chat not found")
        return self.chat(chat_id)

    def _post(self, params: Json, content: Json) -> Json:
        """Store a message of the bot."""
        chat = self._addressee(params)
        message: Json = {
            "message_id": next(self._ids["message"]), "date": int(time.time()), "chat": dict(chat),
            "from": {key: self.me[key] for key in ("id", "is_bot", "first_name", "username")},
        }  # fmt: skip
        reply = params.get("reply_parameters") or {}
        if (parent_id := reply.get("message_id")) is not None:
            parent = self.messages.get(parent_id)
            if parent is None and not reply.get("allow_sending_without_reply"):
                raise _Refused("message to be replied not found")
            if parent is not None:
                message["reply_to_message"] = {k: v for k, v in parent.items() if k != "reply_to_message"}
        if chat["type"] == "channel":
            message["sender_chat"] = dict(chat)
        return self._keep({**message, **content, **_markup(params)})

    def do_getMe(self, call: Call) -> Json:
        return self.me

    def do_setWebhook(self, call: Call) -> bool:
        params = call.params
        if not params.get("url"):
            return self.do_deleteWebhook(call)
        if not re.match(r"https?://", params["url"]):
            raise _Refused("bad webhook: invalid webhook URL specified")
        if not 1 <= (most := params.get("max_connections") or 40) <= 100:
            raise _Refused("max_connections must be between 1 and 100")
        if params.get("drop_pending_updates"):
            self.pending.clear()
        if "allowed_updates" in params:
            self.allowed_updates = params["allowed_updates"] or None
        self._interrupt_poll("Conflict: terminated by setWebhook request")
        if self.webhook is None:
            self._lanes = {}
            self._ready = deque()
            for update_id, update in self.pending.items():
                self._into_lane(update_id, _lane_of(update))
        else:  # set again, perhaps by a bot that has just come up: what waits for its retry goes at once
            for lane, handle in self._delayed.items():
                self._from_anywhere(handle.cancel)
                self._ready.append(lane)
            self._delayed.clear()
        self.webhook = Webhook(params["url"], max_connections=most)
        self.last_webhook_error = None
        return True

    def do_deleteWebhook(self, call: Call) -> bool:
        self.webhook = None
        self._lanes.clear()
        self._ready.clear()
        if call.params.get("drop_pending_updates"):
            self.pending.clear()
        return True

    def do_getWebhookInfo(self, call: Call) -> Json:
        hook = self.webhook
        info: Json = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if hook:
            info.update(max_connections=hook.max_connections, ip_address="127.0.0.1")
        if self.allowed_updates:
            info["allowed_updates"] = self.allowed_updates
        if self.last_webhook_error:
            info["last_error_date"], info["last_error_message"] = self.last_webhook_error
        return info

    def do_logOut(self, call: Call) -> bool:
        return True

    do_close = do_logOut

    def do_sendMessage(self, call: Call) -> Json:
        return self._post(call.params, _formatted(call.params, "text", "message", 4096))

    def do_editMessageText(self, call: Call) -> Json | bool:
        return self._edit(call.params, _formatted(call.params, "text", "message", 4096))

    def do_editMessageCaption(self, call: Call) -> Json | bool:
        return self._edit(call.params, _formatted(call.params, "caption", "message caption", 1024, may_be_empty=True))

    def do_editMessageReplyMarkup(self, call: Call) -> Json | bool:
        return self._edit(call.params, {})

    def _edit(self, params: Json, content: Json) -> Json | bool:
        inline_id = params.get("inline_message_id")
        if inline_id is not None:
            known = self.inline_messages.get(inline_id)
            if known is None:
                raise _Refused("MESSAGE_ID_INVALID")
        else:
            chat = self._addressee(params)
            known = self.messages.get(params.get("message_id") or 0)
            if known is None or known["chat"]["id"] != chat["id"]:
                raise _Refused("message to edit not found")
            if known["from"]["id"] != self.me["id"]:
                raise _Refused("message can't be edited")
        if "text" in content and inline_id is None and "text" not in known:
            raise _Refused("there is no text in the message to edit")
        edited = {k: v for k, v in known.items() if k != "reply_markup"}  # not given again: gone
        if content:
            edited.pop("entities", None)
            edited.pop("caption_entities", None)
        edited |= {**content, **_markup(params)}
        if _face(edited) == _face(known):
            raise _Refused(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message"
            )
        if inline_id is not None:
            self.inline_messages[inline_id] = edited
            return True
        edited["edit_date"] = int(time.time())
        self.messages[known["message_id"]] = edited
        return edited

    def do_deleteMessage(self, call: Call) -> bool:
        chat, message_id = self._addressee(call.params), call.params.get("message_id")
        known = self.messages.get(message_id or 0)
        if known is None or known["chat"]["id"] != chat["id"]:
            raise _Refused("message to delete not found")
        del self.messages[known["message_id"]]
        return True

    def do_deleteMessages(self, call: Call) -> bool:
        self._addressee(call.params)
        for message_id in call.params.get("message_ids") or []:
            self.messages.pop(message_id, None)
        return True

    def do_sendPhoto(self, call: Call) -> Json:
        caption = _formatted(call.params, "caption", "message caption", 1024, may_be_empty=True)
        thing = self._incoming(call, "photo", "photos")
        return self._post(call.params, {"photo": [{**thing, "width": 800, "height": 800}], **caption})

    def do_sendDocument(self, call: Call) -> Json:
        caption = _formatted(call.params, "caption", "message caption", 1024, may_be_empty=True)
        return self._post(call.params, {"document": self._incoming(call, "document", "documents"), **caption})

    def _incoming(self, call: Call, kind: str, folder: str) -> Json:
        value = call.params.get(kind)
        if isinstance(value, str) and value.startswith("attach://"):
            upload = call.files.get(value.removeprefix("attach://"))
        else:
            upload = call.files.get(kind)
        if upload is not None:
            if not upload.data:
                raise _Refused("file must be non-empty")
            thing = self._file(f"{folder}/{upload.filename}", upload.data)
            named = {"file_name": upload.filename, "mime_type": upload.content_type} if kind == "document" else {}
            return thing | named
        if isinstance(value, str) and value in self.files:
            return {"file_id": value, "file_unique_id": f"unique{value}", "file_size": len(self.files[value][1])}
        if not value:
            raise _Refused(f"there is no {kind} in the request")
        raise _Refused("wrong file identifier/HTTP URL specified")

    def do_sendPoll(self, call: Call) -> Json:
        params = call.params
        options = [o["text"] if isinstance(o, dict) else o for o in params.get("options") or []]
        if not params.get("question"):
            raise _Refused("poll question must be non-empty")
        if not 1 <= len(options) <= 12:
            raise _Refused(
                "poll must have at least 1 option" if not options else "poll can't have more than 12 options"
            )
        return self._post(params, {"poll": self._poll(params["question"], options, type=params.get("type", "regular"))})

    def do_sendChatAction(self, call: Call) -> bool:
        chat = self._addressee(call.params)
        self.chat_actions.append((chat["id"], call.params.get("action", "")))
        return True

    def do_answerCallbackQuery(self, call: Call) -> bool:
        query_id = str(call.params.get("callback_query_id"))
        if query_id not in self.callback_queries:
            raise _Refused("query is too old and response timeout expired or query ID is invalid")
        if _length(str(call.params.get("text") or "")) > 200:
            raise _Refused("MESSAGE_TOO_LONG")
        self.callback_answers[query_id] = dict(call.params)
        return True

    def do_answerInlineQuery(self, call: Call) -> bool:
        query_id, results = str(call.params.get("inline_query_id")), call.params.get("results") or []
        if query_id not in self.inline_queries:
            raise _Refused("query is too old and response timeout expired or query ID is invalid")
        if len(results) > 50:
            raise _Refused("RESULTS_TOO_MUCH")
        ids = [str(result.get("id", "")) for result in results]
        if any(not 1 <= len(i.encode()) <= 64 for i in ids):
            raise _Refused("RESULT_ID_INVALID")
        if len(set(ids)) < len(ids):
            raise _Refused("RESULT_ID_DUPLICATE")
        shown = []
        for result in results:
            _markup(result)
            content = result.get("input_message_content")
            if content is not None:
                content = content | _formatted(
                    {"text": content.get("message_text"), **{k: content.get(k) for k in ("parse_mode", "entities")}},
                    "text", "message", 4096,
                )  # fmt: skip
            shown.append({**result, "input_message_content": content} if content else result)
        self.inline_answers[query_id] = {**call.params, "results": shown}
        return True

    def do_setMyCommands(self, call: Call) -> bool:
        commands = call.params.get("commands") or []
        if len(commands) > 100:
            raise _Refused("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command.get("command", "")):
                raise _Refused("BOT_COMMAND_INVALID")
            if not 1 <= _length(command.get("description", "")) <= 256:
                raise _Refused("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_scope(call.params)] = commands
        return True

    def do_getMyCommands(self, call: Call) -> list[Json]:
        return self.commands.get(_scope(call.params), [])

    def do_deleteMyCommands(self, call: Call) -> bool:
        self.commands.pop(_scope(call.params), None)
        return True

    def _set_profile(self, call: Call, part: str, most: int) -> bool:
        text = str(call.params.get(part) or "")
        if _length(text) > most:
            raise _Refused(f"bot {part.replace('_', ' ')} is too long")
        self.profile[part, call.params.get("language_code", "")] = text
        return True

    def _get_profile(self, call: Call, part: str) -> Json:
        language = call.params.get("language_code", "")
        return {part: self.profile.get((part, language), self.profile.get((part, ""), ""))}

    def do_setMyName(self, call: Call) -> bool:
        return self._set_profile(call, "name", 64)

    def do_setMyDescription(self, call: Call) -> bool:
        return self._set_profile(call, "description", 512)

    def do_setMyShortDescription(self, call: Call) -> bool:
        return self._set_profile(call, "short_description", 120)

    def do_getMyName(self, call: Call) -> Json:
        return self._get_profile(call, "name")

    def do_getMyDescription(self, call: Call) -> Json:
        return self._get_profile(call, "description")

    def do_getMyShortDescription(self, call: Call) -> Json:
        return self._get_profile(call, "short_description")

    def do_setChatMenuButton(self, call: Call) -> bool:
        self.menu_buttons[call.params.get("chat_id")] = call.params.get("menu_button") or {"type": "default"}
        return True

    def do_getChatMenuButton(self, call: Call) -> Json:
        return self.menu_buttons.get(call.params.get("chat_id")) or {"type": "default"}

    def do_setMyDefaultAdministratorRights(self, call: Call) -> bool:
        return True

    def do_setMessageReaction(self, call: Call) -> bool:
        self._addressee(call.params)
        if call.params.get("message_id") not in self.messages:
            raise _Refused("message to react not found")
        return True

    def do_getChat(self, call: Call) -> Json:
        return {
            **self._addressee(call.params), "accent_color_id": 0, "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }  # fmt: skip

    def do_getChatMember(self, call: Call) -> Json:
        chat, user_id = self._addressee(call.params), call.params.get("user_id")
        if user_id is None:
            raise _Refused("invalid user_id specified")
        who = self.me if user_id == self.me["id"] else self.users.get(user_id)
        if who is None:
            raise _Refused("member not found")
        return _member(who, self.members.get((chat["id"], user_id), "member"))

    def do_getChatAdministrators(self, call: Call) -> list[Json]:
        chat = self._addressee(call.params)
        places = [(user_id, status) for (chat_id, user_id), status in self.members.items() if chat_id == chat["id"]]
        return [_member(self.user(i), s) for i, s in places if s in ("administrator", "creator")]

    def do_getChatMemberCount(self, call: Call) -> int:
        chat = self._addressee(call.params)
        return 1 + len({m["from"]["id"] for i in self.by_chat.get(chat["id"], ()) if (m := self.messages.get(i))})

    def do_leaveChat(self, call: Call) -> bool:
        chat = self._addressee(call.params)
        self.members[chat["id"], self.me["id"]] = "left"
        self.lost_chats[chat["id"]] = ApiError(403, f"Forbidden: bot is not a member of the {chat['type']} chat")
        return True

    def do_getFile(self, call: Call) -> Json:
        file_id = str(call.params.get("file_id"))
        if file_id not in self.files:
            raise _Refused("wrong file_id or the file is temporarily unavailable")
        path, content = self.files[file_id]
        return {
            "file_id": file_id, "file_unique_id": f"unique{file_id}", "file_size": len(content), "file_path": path,
        }  # fmt: skip

    # --- HTTP: control ----------------------------------------------------------------------------------------------

    async def _on_control(self, request: web.Request) -> web.Response:
        helper = request.match_info["helper"]
        try:
            body = await request.json() if request.can_read_body else {}
            if helper == "update":
                result: Any = self.update(*(body if isinstance(body, list) else [body]))
            elif helper in _HELPERS:
                result = getattr(self, helper)(**body)
            else:
                return web.json_response({"error": f"no helper {helper!r}; there are {sorted(_HELPERS)}"}, status=404)
        except (TypeError, ValueError, LookupError, AttributeError, StopIteration) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response({"result": result})

    async def _on_journal(self, request: web.Request) -> web.Response:
        since = int(request.query.get("since", 0))
        with self._lock:
            return web.json_response([c.as_json() for c in self.calls(request.query.get("method")) if c.number > since])

    async def _on_sent(self, request: web.Request) -> web.Response:
        chat_id = request.query.get("chat_id")
        with self._lock:
            return web.json_response(self.sent(int(chat_id) if chat_id else None))

    async def _on_state(self, request: web.Request) -> web.Response:
        with self._lock:
            return web.json_response(self._state())

    def _state(self) -> Json:
        return {
            "url": self.url,
            "pending": len(self.pending),
            "delivered": len(self.delivered),
            "dropped": len(self.dropped),
            "calls": len(self.journal),
            "ok": dict(self.ok),
            "messages": len(self.messages),
            "faults": len(self.faults),
            "webhook": self.webhook.url.replace(self.token, "<token>") if self.webhook else None,
            "callback_answers": self.callback_answers,
            "inline_answers": self.inline_answers,
            "last_update_id": self._update_id,
        }

    async def _on_wait(self, request: web.Request) -> web.Response:
        method, count = request.query.get("method", "sendMessage"), int(request.query.get("count", 1))
        end = time.monotonic() + float(request.query.get("timeout", 30))
        while not (done := self.ok[method] >= count) and time.monotonic() < end and not self._closing.is_set():
            await asyncio.sleep(0.005)
        return web.json_response({"done": done, "count": self.ok[method]}, status=200 if done else 408)


_FIRST_IDS = {"message": 1, "query": 4_000_000_001, "file": 1}

_ACTIONS: dict[str, Callable[[FakeBotApi, Call], Any]] = {
    name.removeprefix("do_").lower(): action
    for name, action in vars(FakeBotApi).items()
    if name.startswith("do_") and inspect.isfunction(action)
}

_HELPERS = {
    "block", "burst", "channel_post", "chat", "chat_member", "choose_inline", "clear_faults", "contact", "document",
    "drop", "edit",
    "fail", "garbage", "hang", "inline", "join", "leave", "location", "message", "migrate", "my_chat_member", "photo",
    "poll", "press", "reset", "sticker", "unblock", "user", "vanish", "video", "voice",
}  # fmt: skip


class RemoteFakeBotApi:
    """Drives a server in another process: ``remote("message", chat_id=7, text="你好")``. Blocking, standard library."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __call__(self, helper: str, **arguments: Any) -> Any:
        return self._fetch(f"/control/{helper}", body=json.dumps(arguments).encode())["result"]

    def update(self, *updates: Json) -> list[int]:
        return list(self._fetch("/control/update", body=json.dumps(updates).encode())["result"])

    def journal(self, method: str | None = None, since: int = 0) -> list[Json]:
        return list(self._fetch("/control/journal", {"since": since} | ({"method": method} if method else {})))

    def sent(self, chat_id: int | None = None) -> list[Json]:
        return list(self._fetch("/control/sent", {} if chat_id is None else {"chat_id": chat_id}))

    def state(self) -> Json:
        return dict(self._fetch("/control/state"))

    def wait(self, method: str, count: int = 1, *, timeout: float = 30.0) -> int:
        """Block until this many calls of the method, from the beginning, went well; raises TimeoutError otherwise."""
        answer = self._fetch("/control/wait", {"method": method, "count": count, "timeout": timeout})
        if not answer["done"]:
            raise TimeoutError(f"{answer['count']} of {count} calls of {method} within {timeout} s")
        return int(answer["count"])

    def _fetch(self, path: str, query: Mapping[str, Any] | None = None, body: bytes | None = None) -> Any:
        query = query or {}
        address = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(address, data=body, headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _KeepErrors())
        with opener.open(request, timeout=float(query.get("timeout", 30)) + 10) as response:
            answer = json.load(response)
        if isinstance(answer, dict) and "error" in answer:
            raise ValueError(answer["error"])
        return answer


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response


# --- reading and answering ------------------------------------------------------------------------------------------


async def _read_params(request: web.Request) -> tuple[Json, dict[str, Upload]]:
    raw: Json = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json" and request.can_read_body:
        try:
            raw |= await request.json()
        except (ValueError, TypeError):
            raise _Refused("can't parse JSON object") from None
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = Upload(value.filename, value.content_type, value.file.read())
                value.file.close()
            else:
                raw[name] = value
    return {name: _decoded(name, value) for name, value in raw.items()}, files


def _decoded(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in _OBJECTS and value:
        try:
            return json.loads(value)
        except ValueError:
            raise _Refused(f"can't parse {name.replace('_', ' ')} JSON object") from None
    if name in _NUMBERS and re.fullmatch(r"-?\d{1,19}", value):
        return int(value)
    if name in _FLAGS:
        return value.lower() in ("true", "1", "yes")
    return value


def _answer(outcome: Any) -> web.Response:
    if not isinstance(outcome, ApiError):
        return web.json_response({"ok": True, "result": outcome})
    body: Json = {"ok": False, "error_code": outcome.code, "description": outcome.description}
    if outcome.parameters:
        body["parameters"] = outcome.parameters
    return web.json_response(body, status=outcome.code)


async def _break_off(request: web.Request, *, partial: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    if partial:
        await response.prepare(request)
        await response.write(b'{"ok": true, "resu')
    if request.transport is not None:
        request.transport.abort() if not partial else request.transport.close()
    return response


# --- texts, entities, keyboards -------------------------------------------------------------------------------------


def _length(text: str) -> int:
    """In UTF-16 units, as Telegram counts offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _formatted(params: Mapping[str, Any], part: str, what: str, most: int, *, may_be_empty: bool = False) -> Json:
    """The text of a call and its entities, refused as Telegram refuses: markup first, then empty, then too long."""
    text = str(params.get(part) or "")
    mode = str(params.get("parse_mode") or "").lower()
    entities: list[Json] = list(params.get("entities" if part == "text" else "caption_entities") or [])
    if mode == "html":
        text, entities = parse_html(text)
    elif mode in ("markdown", "markdownv2"):
        raise _Refused("unsupported parse_mode (the fake server knows HTML only)")
    elif mode:
        raise _Refused("unsupported parse_mode")
    text, entities = _trimmed(text, entities)
    if not text:
        if may_be_empty:
            return {}
        raise _Refused(f"{what} {part} is empty" if part not in what else f"{what} is empty")
    if _length(text) > most:
        raise _Refused(f"{what} is too long")
    if not mode and not entities:
        entities = find_entities(text)
    known: Json = {part: text}
    if entities:
        known["entities" if part == "text" else "caption_entities"] = entities
    return known


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    text = "".join(c if c >= " " or c == "\n" else " " for c in text.replace("\r\n", "\n"))
    lead = len(text) - len(text.lstrip())
    shown = text.strip()
    end, kept = _length(shown), []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return shown, kept


_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
_LINK = re.compile(r"tg://\S+|(?:(?:https?|ton)://)?(?:\S+@)?[\w-]+(?:\.[\w-]+)+\.?(?::\d+)?(?:[/?#]\S*)?")
_CHARACTER = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,8})|#[xX]([0-9a-fA-F]{1,8}));?")
_SPACE = " \t\r\n\f\v"


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Text and entities of Telegram's HTML, with its complaints; offsets in the complaints are in bytes, as there."""

    def refuse(problem: str) -> _Refused:
        return _Refused(f"can't parse entities: {problem}")

    def byte(at: int) -> int:
        return len(source[:at].encode("utf-8", "surrogatepass"))

    out: list[str] = []
    length = 0
    open_tags: list[tuple[str, str, int]] = []
    entities: list[Json] = []
    at = 0
    while at < len(source):
        char = source[at]
        if char == "&" and (found := _CHARACTER.match(source, at)):
            char = _character(found)
            at = found.end()
        elif char != "<":
            at += 1
        elif source[at : at + 2] != "</":
            begin, at = at, at + 1
            while at < len(source) and source[at] not in _SPACE + ">":
                at += 1
            tag = source[begin + 1 : at].lower()
            if at >= len(source):
                raise refuse(f"Unclosed start tag at byte offset {byte(begin)}")
            if tag not in _TAGS:
                raise refuse(f'Unsupported start tag "{tag}" at byte offset {byte(begin)}')
            attributes, at = _attributes(source, at, tag, begin, refuse, byte)
            if tag == "span" and attributes.get("class") != "tg-spoiler":
                raise refuse(f'Tag "span" must have class "tg-spoiler" at byte offset {byte(begin)}')
            open_tags.append((tag, _argument(tag, attributes, open_tags), length))
            continue
        else:
            begin, at = at, at + 2
            if not open_tags:
                raise refuse(f"Unexpected end tag at byte offset {byte(begin)}")
            while at < len(source) and source[at] not in _SPACE + ">":
                at += 1
            name = source[begin + 2 : at].lower()
            while at < len(source) and source[at] in _SPACE:
                at += 1
            if source[at : at + 1] != ">":
                raise refuse(f"Unclosed end tag at byte offset {byte(begin)}")
            at += 1
            tag, argument, start = open_tags.pop()
            if name not in ("", tag):
                raise refuse(f'Unmatched end tag at byte offset {byte(begin)}, expected "</{tag}>", found "</{name}>"')
            if length > start:
                entities += _entity(tag, argument, start, length, "".join(out))
            continue
        out.append(char)
        length += 2 if ord(char) > 0xFFFF else 1
    if open_tags:
        raise refuse(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return "".join(out), sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def _character(found: re.Match[str]) -> str:
    named, decimal, hexadecimal = found.groups()
    if named:
        return {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    # Telegram leaves what is no character as it stands; one character of it is enough here.
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code < 0xE000 else "&"


def _attributes(
    source: str, at: int, tag: str, begin: int, refuse: Callable[[str], ApiError], byte: Callable[[int], int]
) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    unclosed = f"Unclosed start tag at byte offset {byte(begin)}"

    def spaces(at: int) -> int:
        while at < len(source) and source[at] in _SPACE:
            at += 1
        if at >= len(source):
            raise refuse(unclosed)
        return at

    while source[at : at + 1] != ">":
        at = spaces(at)
        if source[at] == ">":
            break
        name_at = at
        while at < len(source) and source[at] not in _SPACE + "=>":
            at += 1
        name = source[name_at:at].lower()
        if not name:
            raise refuse(f'Empty attribute name in the tag "{tag}" at byte offset {byte(begin)}')
        at = spaces(at)
        if source[at] != "=":
            found[name] = ""
            continue
        at = spaces(at + 1)
        if source[at] in "'\"":
            end = source.find(source[at], at + 1)
            if end < 0:
                raise refuse(unclosed)
            value, at = source[at + 1 : end], end + 1
        else:
            value_at = at
            while at < len(source) and (source[at].isalnum() or source[at] in ".-"):
                at += 1
            value = source[value_at:at]
            if at < len(source) and source[at] not in _SPACE + ">":
                raise refuse(f"Unexpected end of name token at byte offset {byte(value_at)}")
        if at >= len(source):
            raise refuse(unclosed)
        found[name] = _CHARACTER.sub(_character, value)
    return found, at + 1


def _argument(tag: str, attributes: dict[str, str], open_tags: list[tuple[str, str, int]]) -> str:
    if tag == "a":
        return attributes.get("href", "")
    if tag == "code" and open_tags and open_tags[-1][0] == "pre":
        return attributes.get("class", "").removeprefix("language-")
    if tag == "tg-emoji":
        return attributes.get("emoji-id", "")
    return "expandable" if tag == "blockquote" and "expandable" in attributes else ""


def _entity(tag: str, argument: str, start: int, end: int, text: str) -> Iterator[Json]:
    entity: Json = {"type": _TAGS[tag], "offset": start, "length": end - start}
    if tag == "a":
        inside = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")
        url = argument or inside
        if not _LINK.fullmatch(url):
            return  # tel:, localhost and the like are no links there: the words stay, as plain text
        if user := re.fullmatch(r"tg://user\?id=(\d+)", url):
            person = {"id": int(user[1]), "is_bot": False, "first_name": inside}
            entity.update(type="text_mention", user=person)
        else:
            entity["url"] = url
    elif tag == "blockquote" and argument:
        entity["type"] = "expandable_blockquote"
    elif tag == "code" and argument:
        entity.update(type="pre", language=argument)
    elif tag == "tg-emoji":
        entity["custom_emoji_id"] = argument
    yield entity


# As in Telegram's own finder a word character, and a Chinese one is one, must not touch a mention or a command:
# "你好@bot" and "/help你好" are plain text there, too. A bot that wants to hear them must look at the words.
_FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>]))"
    r"|(?P<mention>(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w))"
    r"|(?P<url>https?://[^\s<>\"，。！？、（）]+|(?<![\w@.])(?:[a-z0-9-]+\.)+(?:com|cn|net|org|top|xyz|cc|me|tk)\b(?:/[^\s，。]*)?)"
    r"|(?P<hashtag>(?<!\w)#\w+)"
)


def find_entities(text: str) -> list[Json]:
    """Commands, mentions, links and hashtags of a plain text."""
    return [
        {
            "type": str(match.lastgroup),
            "offset": _length(text[: match.start()]),
            "length": _length(match.group()),
        }
        for match in _FOUND.finditer(text)
    ]


def _entities_field(part: str, text: str, given: Mapping[str, Any]) -> Json:
    name = "entities" if part == "text" else "caption_entities"
    if name in given:
        return {}
    found = find_entities(text)
    return {name: found} if found else {}


def _markup(params: Mapping[str, Any]) -> Json:
    """The keyboard of a call, checked; only an inline one stays with the message."""
    markup = params.get("reply_markup")
    if not markup:
        return {}
    if not isinstance(markup, dict):
        raise _Refused("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return {}
    for button in itertools.chain.from_iterable(rows):
        if not button.get("text"):
            raise _Refused("can't parse inline keyboard button: Text of the button must be non-empty")
        kinds = set(button) - {"text", "style", "icon_custom_emoji_id"}
        if not kinds:
            raise _Refused("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise _Refused("BUTTON_DATA_INVALID")
        if "url" in button and not re.match(r"(?:https?|tg)://\S|[\w-]+\.\w", button["url"]):
            raise _Refused(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    kept = [row for row in rows if row]
    return {"reply_markup": {"inline_keyboard": kept}} if kept else {}


def _face(message: Json) -> list[Any]:
    """What a reader sees of a message."""
    return [message.get(k) or None for k in ("text", "caption", "entities", "caption_entities", "reply_markup")]


def _button_data(message: Json, button: str) -> str:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    buttons = [b for row in rows for b in row if "callback_data" in b]
    for wanted in ("text", "callback_data"):
        for candidate in buttons:
            if candidate[wanted] == button:
                return str(candidate["callback_data"])
    raise LookupError(f"no button {button!r}; there are {[b['text'] for b in buttons]}")


def _member(who: Json, status: str) -> Json:
    extra: Json = {}
    if status == "kicked":
        extra = {"until_date": 0}
    elif status == "creator":
        extra = {"is_anonymous": False}
    elif status == "administrator":
        rights = """can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats
            can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories
            can_delete_stories"""
        extra = dict.fromkeys(rights.split(), False)
    return {"status": status, "user": dict(who), **extra}


def _scope(params: Json) -> tuple[str, str]:
    scope = params.get("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), params.get("language_code", "")


def _id_of(message: Json | int) -> int:
    return message if isinstance(message, int) else int(message["message_id"])


def _lane_of(update: Json) -> Any:
    """What keeps its order in webhook delivery: the chat, else the person."""
    for key, content in update.items():
        if key == "update_id" or not isinstance(content, dict):
            continue
        chat = content.get("chat") or (content.get("message") or {}).get("chat")
        return (chat or content.get("from") or {"id": None}).get("id")
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description="A Telegram Bot API server for tests; stop it with Ctrl-C.")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument("--strict-chats", action="store_true", help="unknown chats are refused")
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        api = FakeBotApi(port=arguments.port, strict_chats=arguments.strict_chats).start()
    except OSError as error:
        print(f"cannot listen on port {arguments.port}: {error.strerror}; choose another --port", file=sys.stderr)
        return 1
    print(f"fake Bot API at {api.url} (any request to /control/...; the token is fake_bot_api.TOKEN)", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    api.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
