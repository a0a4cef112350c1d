"""Logs hold ids and outcomes; a filter on the root handlers keeps secrets and personal data out of the rest.

Our own lines never contain a resident's words. For everything else there is no knowing what it quotes, so it is taken
apart before it is written:

    exceptions    the kinds and the places (file, line, function), never their texts; only errors made for people
                  (`BotError`) and what the system says (`OSError`) keep their words
    libraries     the constant part of what they say and numbers; their other arguments and whatever stands in
                  quotation marks or brackets goes
    everything    known secrets, tokens, addresses with what follows the host, long numbers, e-mail, Chinese

`setup_logs` also takes what Python itself would print past any logger: uncaught exceptions of the program, of
threads and of finalizers, and warnings.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bot.errors import BotError

_SECRET_PATTERNS = (
    # A bot token wherever it stands, also as a part of an address.
    (re.compile(r"\d{6,12}(?::|%3[Aa])[A-Za-z0-9_-]{20,}"), "[token]"),
    (re.compile(r"/bot\d+(?::|%3[Aa])[^/\s\"']+"), "/bot[token]"),
    (re.compile(r"(\w{2,10}://)[^\s/@\"'<>]*@"), r"\1[credentials]@"),
)
_PATTERNS = (
    *_SECRET_PATTERNS,
    # Sign-in links, sessions, queries: behind the host of an address anything may stand.
    (re.compile(r"(https?://[^\s/?#\"'<>]+)[/?#][^\s\"'<>]+"), r"\1/[path]"),
    (re.compile(r"(/sign-in/)[^\s\"'/]+"), r"\1[token]"),
    (re.compile(r"(?<![0-9a-z])[2-9a-z]{22}-[0-9a-f]{12}(?![0-9a-z])"), "[session]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[email]"),
    (re.compile(r"(?<![\w.])\+?\d[\d -]{9,}\d(?![\w])"), "[number]"),
    # Residents write Chinese; our log lines are English. What is left of Chinese came from outside.
    (re.compile(r"[㐀-鿿豈-﫿][㐀-鿿豈-﫿＀-￯　-〿\w\s,.!?-]*"), "[text]"),
)
#: Where a library's ready-made sentence begins to quote: at the first sign that is none of plain English.
_QUOTES = re.compile(r"[^A-Za-z ,.;!?-]")
_SHORTEST_SECRET = 4


class RedactingFilter(logging.Filter):
    """Scrubs secrets (given) and personal data (by pattern) from messages and tracebacks."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets: list[str] = []
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Also as they stand in an address, where signs are written as %xx."""
        found = {form for s in secrets if len(s) >= _SHORTEST_SECRET for form in (s, quote(s, safe=""))}
        self._secrets = sorted(found | set(self._secrets), key=len, reverse=True)

    def scrub(self, text: str) -> str:
        return self._without(text, _PATTERNS)

    def hide_secrets(self, text: str) -> str:
        """For what is written for the operator's eyes: tokens and passwords go, the rest stays."""
        return self._without(text, _SECRET_PATTERNS)

    def _without(self, text: str, patterns: Sequence[tuple[re.Pattern[str], str]]) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        for pattern, token in patterns:
            text = pattern.sub(token, text)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        ours = record.name == "bot" or record.name.startswith("bot.")
        record.msg, record.args = self.scrub(_ours(record) if ours else _foreign(record)), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = self.scrub(places(record.exc_info[1]))
        elif record.exc_text:  # made by somebody else, with the text of the exception
            record.exc_text = "[traceback]"
        record.exc_info = None
        if record.stack_info:
            record.stack_info = self.scrub(record.stack_info)
        return True


def _ours(record: logging.LogRecord) -> str:
    args = record.args
    if isinstance(args, tuple):
        args = tuple(_said(arg) if isinstance(arg, BaseException) else arg for arg in args)
    return _formatted(record.msg, args)


def _foreign(record: logging.LogRecord) -> str:
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    args = record.args
    if isinstance(args, Mapping):
        return _formatted(record.msg, {key: _number_or_kind(value) for key, value in args.items()})
    if args:
        return _formatted(record.msg, tuple(_number_or_kind(arg) for arg in args))
    quotes = _QUOTES.search(record.msg)
    return record.msg[: quotes.start()].rstrip() + " …" if quotes else record.msg


def _formatted(message: object, args: Any) -> str:
    try:
        return str(message) % args if args else str(message)
    except Exception:  # a broken format string must not print its raw arguments
        return str(message)


def _number_or_kind(value: object) -> object:
    if isinstance(value, (int, float)):
        return value
    return _said(value) if isinstance(value, BaseException) else "…"


def _said(error: BaseException) -> str:
    if isinstance(error, BotError):
        return str(error)
    detail = ""
    if isinstance(error, OSError) and isinstance(error.strerror, str):
        detail = f": {error.strerror}"
    elif isinstance(error, (AttributeError, NameError, ImportError)) and str(error.name).isidentifier():
        detail = f": {error.name}"  # a name in the program's text
    return f"{type(error).__name__}{detail}"


def places(error: BaseException) -> str:
    """A traceback without the exceptions' texts, which may quote what a person wrote."""
    return "\n".join(_chain(error, set()))


def _chain(error: BaseException, seen: set[int]) -> Iterator[str]:
    if id(error) in seen:
        return
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before, seen)
        yield "which led to:"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
    yield _said(error)
    for inner in getattr(error, "exceptions", ()):  # of a group
        yield from _chain(inner, seen)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        row = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            row["traceback"] = record.exc_text
        return json.dumps(row, ensure_ascii=False)


def setup_logs(style: str, *, secrets: Iterable[str] = (), level: int = logging.INFO) -> RedactingFilter:
    """Logs to stderr as ``text`` or ``json`` lines. What nobody catches goes through the same filter."""
    guard = RedactingFilter(secrets)
    handler = logging.StreamHandler(sys.stderr)
    if style == "json":
        handler.setFormatter(_JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(guard)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # httpx logs full URLs at INFO, and the URL of the Bot API holds the token.
    for name in ("httpx", "httpcore", "telegram", "aiohttp", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.raiseExceptions = False  # what fails while a line is written would be printed with the line's arguments
    _take_the_rest()
    return guard


def _take_the_rest() -> None:
    """What Python prints by itself: with the exception's text, or with the line of source that warned."""
    log = logging.getLogger("bot")

    def uncaught(kind: type[BaseException], error: BaseException, _: object) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("stopped by an unexpected error", exc_info=error)

    def in_thread(given: threading.ExceptHookArgs) -> None:
        if given.exc_value is not None and not isinstance(given.exc_value, SystemExit):
            log.error("a thread ended by an unexpected error", exc_info=given.exc_value)

    def unraisable(given: sys.UnraisableHookArgs) -> None:
        log.error("an error that nobody could be told: %s", given.exc_type.__name__, exc_info=given.exc_value)

    def warned(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: object = None,
        line: str | None = None,
    ) -> None:  # fmt: skip
        log.warning("%s at %s:%d", category.__name__, filename, lineno)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
    warnings.showwarning = warned
