"""Around every request: security headers, a limit on the body, and no traceback for anybody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web import problems

log = logging.getLogger(__name__)

#: The API's limit is the contract's. Console forms carry whole entries, Telegram whole updates.
API_BODY = 64 * 1024
OTHER_BODY = 1024 * 1024
#: The console says beside its field that a file is too large (over 4 MB); beyond this the connection is closed.
UPLOAD_PATH = "/console/files/upload"
UPLOAD_BODY = 16 * 1024 * 1024
#: After a 413 the rest of the body is thrown away up to here, so that a client that is still writing gets to read
#: the answer instead of a reset connection.
DRAIN_BYTES = 8 * 1024 * 1024
DRAIN_SECONDS = 5.0
EMBED_PATH = "/embed"

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)


class SecurityHeaders:
    """Set unless the handler set its own. Only the embedded chat may stand in frames of ``embed_origins``."""

    def __init__(self, app: ASGIApp, *, embed_origins: Sequence[str], https: bool) -> None:
        self.app = app
        self._common = {
            "X-Content-Type-Options": "nosniff",
            # Not no-referrer: forms would then be posted with "Origin: null", and the console checks the origin.
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
            **({"Strict-Transport-Security": "max-age=31536000"} if https else {}),
        }
        self._embed = {"Content-Security-Policy": _CSP + " ".join(embed_origins or ("'self'",))}
        self._page = {"Content-Security-Policy": _CSP + "'none'", "X-Frame-Options": "DENY"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = self._embed if scope["path"] == EMBED_PATH else self._page

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (*self._common.items(), *own.items()):
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)


class NoTracebacks:
    """The last resort. The log gets the place of the fault, not the exception's text: that may quote a resident."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except ClientDisconnect:
            log.info("the client went away")
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-6:])
            log.error("request failed: %s\n%s", type(error).__name__, where)
            if started:
                raise
            await problems.unexpected().response()(scope, receive, send)


class _TooLarge(Exception):
    pass


class BodyLimit:
    """413 as soon as it is known: from Content-Length before anything is read, else when the limit is passed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        limit = API_BODY if path.startswith("/api/") else UPLOAD_BODY if path == UPLOAD_PATH else OTHER_BODY
        length = Headers(scope=scope).get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:18]) > limit:
            await self._refuse(limit, receive, send)
            return
        seen = 0
        started = False

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counting, noting)
        except _TooLarge:
            if started:
                raise ClientDisconnect from None
            await self._refuse(limit, receive, send)

    async def _refuse(self, limit: int, receive: Receive, send: Send) -> None:
        response = problems.too_large(limit).response()
        headers = [*response.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_drain(receive), DRAIN_SECONDS)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    left = DRAIN_BYTES
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
