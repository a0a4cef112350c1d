"""Logs hold ids and outcomes; a filter on the root handlers keeps secrets and personal data out of the rest.

Our own lines never contain a resident's words. What libraries print (a URL with the token, an exception that
quotes its input) passes `RedactingFilter` first, tracebacks included.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable

# A bot token wherever it stands, and the tail of a digit run or address: what a library may quote.
_PATTERNS = (
    (re.compile(r"\d{6,12}:[A-Za-z0-9_-]{20,}"), "[token]"),
    (re.compile(r"/bot\d+:[^/\s\"']+"), "/bot[token]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[email]"),
    (re.compile(r"(?<![\w.])\+?\d[\d -]{9,}\d(?![\w])"), "[number]"),
    # Residents write Chinese; our log lines are English. What is left of Chinese came from outside.
    (re.compile(r"[㐀-鿿豈-﫿][㐀-鿿豈-﫿＀-￯　-〿\w\s,.!?-]*"), "[text]"),
)


class RedactingFilter(logging.Filter):
    """Scrubs secrets (given) and personal data (by pattern) from messages and tracebacks."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)

    def scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        for pattern, token in _PATTERNS:
            text = pattern.sub(token, text)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:  # a library's broken format string must not print its raw arguments
            message = str(record.msg)
        record.msg, record.args = self.scrub(message), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self.scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self.scrub(record.exc_text)
        if record.stack_info:
            record.stack_info = self.scrub(record.stack_info)
        return True


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
    """Logs to stderr as ``text`` or ``json`` lines. Uncaught exceptions go through the same filter."""
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
    sys.excepthook = _excepthook(guard)
    return guard


def _excepthook(guard: RedactingFilter) -> Callable[..., None]:
    def hook(kind: type[BaseException], error: BaseException, trace: object) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        logging.getLogger("bot").critical("stopped by an unexpected error", exc_info=(kind, error, trace))  # type: ignore[arg-type]

    return hook
