"""`python privacy_sabotage.py FOLDER COMMAND …`: runs the program with faults that a test switches on.

A fault is on while a file of its name lies in FOLDER. Each breaks one place with an exception (or a line of some
library) that quotes FOLDER/quoted: the question with its personal data, the token in an address, every secret. A fault
that happened leaves FOLDER/NAME.happened.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import sqlite3
import sys
import threading
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

FOLDER = Path(sys.argv[1])
QUOTED = (FOLDER / "quoted").read_text(encoding="utf-8")
FAULTS = (
    "store", "full-disk", "question", "handler", "template", "stream", "poll", "expire", "thread",
    "task", "callback", "library", "sender", "inbox", "address", "grouping", "crash",
)  # fmt: skip


def happens(name: str) -> bool:
    if not (FOLDER / name).exists():
        return False
    (FOLDER / f"{name}.happened").touch()
    return True


def breaks(name: str, kind: type[Exception] = RuntimeError) -> None:
    if happens(name):
        raise kind(QUOTED)


def _wrap(owner: Any, attribute: str, before: Any) -> None:
    original = getattr(owner, attribute)

    def wrapped(*args: Any, **options: Any) -> Any:
        before()
        return original(*args, **options)

    setattr(owner, attribute, wrapped)


def _noise() -> None:
    """What goes past our own log calls: threads, finalizers, warnings, other people's loggers."""
    if happens("thread"):

        def broken() -> NoReturn:
            raise RuntimeError(QUOTED)

        threading.Thread(target=broken).start()
        _Finalized()
        gc.collect()
    if happens("library"):
        warnings.warn(QUOTED, RuntimeWarning, stacklevel=1)
        library = logging.getLogger("some.library")
        library.error("failed: %s after %d tries", QUOTED, 3)
        library.error("request to " + QUOTED)
        library.error(RuntimeError(QUOTED))
        library.warning("%(what)s", {"what": QUOTED})
        library.warning("too many %s", QUOTED, 1)
        try:
            raise ValueError(QUOTED) from KeyError(QUOTED)
        except ValueError:
            library.exception("while asking")


class _Finalized:
    def __del__(self) -> None:
        raise RuntimeError(QUOTED)


def _on_the_loop() -> None:
    loop = asyncio.get_running_loop()
    if happens("task"):

        async def broken() -> NoReturn:
            raise RuntimeError(QUOTED)

        loop.create_task(broken())  # noqa: RUF006 - that nobody holds it is the fault
    if happens("callback"):
        loop.call_soon(_with_arguments, QUOTED)
    gc.collect()


def _with_arguments(text: str) -> NoReturn:
    raise RuntimeError(text)


def _limit_files() -> None:
    """Files cannot grow: for SQLite a full disk."""
    soft = 0 if happens("full-disk") else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))


def _crash() -> None:
    if happens("crash"):
        os._exit(9)


def arm() -> None:
    import aiohttp
    import jinja2
    from starlette.responses import StreamingResponse

    from bot import app, inbox
    from bot.channels.telegram import channel, table
    from bot.channels.telegram.delivery import Delivery
    from bot.channels.web.api import Api
    from bot.conversation import Conversation
    from bot.store.sqlite import turns
    from bot.store.sqlite.engine import Engine
    from bot.waiting import Groups

    app.EXPIRE_SECONDS = app.POLL_SECONDS = app.TELEGRAM_RETRY_SECONDS = 0.2
    channel.LONGEST_WAIT = 0.2
    channel.TelegramChannel.__init__.__kwdefaults__["first_wait"] = 0.05
    _wrap(turns.SqliteTurns, "record", lambda: breaks("store"))
    _wrap(Conversation, "ask", lambda: breaks("question"))
    _wrap(Conversation, "refresh", lambda: (breaks("poll"), _noise()))
    _wrap(Groups, "of", lambda: breaks("grouping", LookupError))
    _wrap(table, "answer", lambda: (_crash(), breaks("handler", ValueError)))
    _wrap(jinja2.Template, "render", lambda: breaks("template", jinja2.TemplateError))
    _wrap(Delivery, "_call", lambda: (_on_the_loop(), breaks("sender")))
    _wrap(inbox.Inbox, "_write", lambda: breaks("inbox"))
    _wrap(aiohttp.ClientSession, "_request", lambda: breaks("address", aiohttp.ServerDisconnectedError))

    _wrap(Engine, "write", _limit_files)
    open_engine = Engine.__init__

    def hurried(self: Engine, path: Any, *, busy_seconds: float = 5.0) -> None:
        open_engine(self, path, busy_seconds=0.2)

    Engine.__init__ = hurried  # type: ignore[method-assign]

    expire = turns.SqliteTurns.expire

    def expiring(self: Any, **options: Any) -> Any:
        with self._engine.errors():
            breaks("expire", sqlite3.OperationalError)
        return expire(self, **options)

    turns.SqliteTurns.expire = expiring  # type: ignore[method-assign]

    alive = Api.alive

    async def streaming(self: Api, request: Any) -> Any:
        if not (FOLDER / "stream").exists():
            return await alive(self, request)

        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            breaks("stream")

        return StreamingResponse(pieces())

    Api.alive = streaming  # type: ignore[method-assign]


if __name__ == "__main__":
    from bot.__main__ import main

    arm()
    sys.exit(main(sys.argv[2:]))
