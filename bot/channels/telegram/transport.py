"""The way out to the Bot API: python-telegram-bot's request interface on aiohttp.

PTB's own ``HTTPXRequest`` spends 3-8 ms CPU on a reply, most of it in scanning its connection pool; this one about
a tenth. What a caller sees is the same: the same exceptions for the same faults, the same time-outs and defaults,
uploads, keep-alive, an HTTP proxy. ``tests/test_telegram_transport.py`` holds the two side by side.

Nothing here logs, and no error carries the URL: it holds the bot token, and aiohttp's own messages quote it.
"""

from __future__ import annotations

import asyncio
import os
import urllib.request
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus, urlsplit

import aiohttp
import httpx
from aiohttp.payload import Payload
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest, RequestData

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

    # Private names of a library we pin exactly; needed for the signature only, so never imported at run time.
    from telegram._utils.types import ODVInput

POOL_TIMEOUT_TEXT: Final = (
    "Pool timeout: All connections in the connection pool are occupied. "
    "Request was *not* sent to Telegram. Consider adjusting the connection "
    "pool size or the pool timeout."
)  # word for word what HTTPXRequest says, for whoever compares the text
CONNECT_TIMEOUT_TEXT: Final = "Connect timeout: no connection in time. Request was *not* sent to Telegram."
WRITE_TIMEOUT_TEXT: Final = "Write timeout: the request was sent in part only."
READ_TIMEOUT_TEXT: Final = "Read timeout: the request was sent, no answer in time. It may have been carried out."

_FORM: Final = "application/x-www-form-urlencoded"
_CHUNK: Final = 64 * 1024
_DEFAULT: Final = type(BaseRequest.DEFAULT_NONE)
# A body up to this size goes into the socket's buffer in one go: no write to wait for, so none to time.
_SMALL: Final = 32 * 1024


class NotSent(Exception):
    """The cause of a ``NetworkError`` or ``TimedOut`` whose request never left this machine."""


def never_sent(error: BaseException) -> bool:
    """Whether the failed call can be repeated without fear of a second delivery, on either transport.

    A plain ``TimedOut`` may mean "delivered": only what failed before the connection stood is safe.
    """
    safe = (NotSent, httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.ProxyError)
    return isinstance(error, NetworkError) and isinstance(error.__cause__, safe)


def build_request(
    *,
    fast: bool,
    pool_size: int,
    proxy: str | None = None,
    read_timeout: float | None = 5.0,
    write_timeout: float | None = 5.0,
    connect_timeout: float | None = 5.0,
    pool_timeout: float | None = 1.0,
    media_write_timeout: float | None = 20.0,
) -> BaseRequest:
    """The request object for an ``Application``: the fast one, or the library's own.

    A SOCKS proxy always takes ``HTTPXRequest``: aiohttp does not speak SOCKS. That needs the extra
    ``python-telegram-bot[socks]``; without it PTB says so in a ``RuntimeError``.
    """
    kind = AiohttpRequest if fast and supports_proxy(proxy) else HTTPXRequest
    return kind(
        connection_pool_size=pool_size,
        proxy=proxy,
        read_timeout=read_timeout,
        write_timeout=write_timeout,
        connect_timeout=connect_timeout,
        pool_timeout=pool_timeout,
        media_write_timeout=media_write_timeout,
    )


def supports_proxy(proxy: str | None) -> bool:
    """Whether ``AiohttpRequest`` can go through this proxy; None means the one of the environment, if any."""
    if proxy is not None:
        return _scheme(proxy) in ("http", "https")
    found = urllib.request.getproxies()
    return all(_scheme(found[key]) in ("http", "https") for key in ("http", "https", "all") if found.get(key))


class AiohttpRequest(BaseRequest):
    """``BaseRequest`` on one aiohttp session; arguments and defaults as for ``HTTPXRequest``.

    HTTP/1.1 with keep-alive. ``proxy`` is an ``http://`` (or ``https://``) URL, with credentials if it needs
    them; when None, ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` are read once per server.
    """

    __slots__ = (
        "_connect_timeout",
        "_media_write_timeout",
        "_pool",
        "_pool_size",
        "_pool_timeout",
        "_proxies",
        "_proxy",
        "_read_timeout",
        "_session",
        "_write_timeout",
    )

    def __init__(
        self,
        connection_pool_size: int = 256,
        read_timeout: float | None = 5.0,
        write_timeout: float | None = 5.0,
        connect_timeout: float | None = 5.0,
        pool_timeout: float | None = 1.0,
        proxy: str | None = None,
        media_write_timeout: float | None = 20.0,
    ) -> None:
        if connection_pool_size < 1:
            raise ValueError("`connection_pool_size` must be at least 1.")
        if proxy is not None and not supports_proxy(proxy):
            # The URL may hold a password: name its scheme only.
            raise ValueError(f"A {_scheme(proxy) or 'schemeless'} proxy is not supported here, use HTTPXRequest.")
        self._pool_size = connection_pool_size
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._connect_timeout = connect_timeout
        self._pool_timeout = pool_timeout
        self._media_write_timeout = media_write_timeout
        self._proxy = proxy
        self._proxies: dict[str, str | None] = {}
        # Both belong to a running loop, so they are made in initialize().
        self._session: aiohttp.ClientSession | None = None
        self._pool: asyncio.Semaphore | None = None

    @property
    def read_timeout(self) -> float | None:
        """The default read time-out in seconds; ``Bot.get_updates`` adds the polling time to it."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the session; again after a shutdown, and a second time without effect."""
        if self._session is not None and not self._session.closed:
            return
        self._proxies = {}
        self._pool = asyncio.Semaphore(self._pool_size)
        self._session = aiohttp.ClientSession(
            # limit=0: the semaphore counts. aiohttp's own limit spends the connect time-out while it waits,
            # and then "no free connection" could not be told from "no connection".
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            skip_auto_headers=("Content-Type",),
        )

    async def shutdown(self) -> None:
        """Close all connections; without effect when closed already."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One request, one answer: status and body. Every failure is a ``NetworkError`` or a ``TimedOut``."""
        session, pool = self._session, self._pool
        if session is None or pool is None or session.closed:
            raise RuntimeError("This AiohttpRequest is not initialized!")

        files = request_data.multipart_data if request_data else None
        write_default = self._media_write_timeout if files else self._write_timeout
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=_positive(_chosen(connect_timeout, self._connect_timeout)),
            sock_read=_positive(_chosen(read_timeout, self._read_timeout)),
        )
        body, content_type = _encode(request_data, files, _positive(_chosen(write_timeout, write_default)))
        headers = {"Content-Type": content_type} if content_type else None

        # The failure is raised after the except blocks, so that it carries aiohttp's exception, whose text
        # quotes the URL and with it the token, neither as its cause nor as its context.
        failure: TelegramError
        cause: BaseException | None = None
        if not await _enter(pool, _chosen(pool_timeout, self._pool_timeout)):
            raise TimedOut(POOL_TIMEOUT_TEXT) from NotSent("pool")
        try:
            async with session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=timeout,
                proxy=self._proxy_for(url),
                allow_redirects=False,  # nobody follows a redirect with a token in its path
            ) as response:
                return response.status, await response.read()
        except aiohttp.ConnectionTimeoutError:
            failure, cause = TimedOut(CONNECT_TIMEOUT_TEXT), NotSent("connect")
        except _WriteTimeout:
            failure = TimedOut(WRITE_TIMEOUT_TEXT)
        except TimeoutError:
            failure = TimedOut(READ_TIMEOUT_TEXT)
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as err:
            failure, cause = NetworkError(_describe(err)), NotSent("connect")
        except (aiohttp.ClientError, OSError) as err:
            failure = NetworkError(_describe(err))
        finally:
            pool.release()
        raise failure from cause

    def _proxy_for(self, url: str) -> str | None:
        if self._proxy is not None:
            return self._proxy
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._proxies:
            self._proxies[origin] = _environment_proxy(parts.scheme, parts.netloc)
        return self._proxies[origin]


class _WriteTimeout(TimeoutError):
    """A part of the body did not leave in time. A TimeoutError, which aiohttp hands on as it is."""


class _Body(Payload):
    """A body written part by part, each within the write time-out, which aiohttp itself does not have."""

    def __init__(self, parts: list[bytes | IO[bytes]], content_type: str, write_timeout: float | None) -> None:
        super().__init__(parts, content_type=content_type)
        self._parts = parts
        self._write_timeout = write_timeout
        sizes = [len(part) if isinstance(part, bytes) else _remaining(part) for part in parts]
        # Unknown for a pipe: aiohttp then sends the body in chunks, as httpx does.
        self._size = None if None in sizes else sum(size for size in sizes if size is not None)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("an upload is not text")

    async def write(self, writer: AbstractStreamWriter) -> None:
        for part in self._pieces():
            try:
                async with asyncio.timeout(self._write_timeout):
                    await writer.write(part)
            except TimeoutError:
                raise _WriteTimeout from None

    def _pieces(self) -> Iterator[bytes]:
        # Bytes are one write, a file handle is read in chunks: as httpx counts its write time-out.
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                while chunk := part.read(_CHUNK):
                    yield chunk


def _encode(
    request_data: RequestData | None, files: Mapping[str, Any] | None, write_timeout: float | None
) -> tuple[bytes | Payload | None, str | None]:
    fields = request_data.json_parameters if request_data else {}
    try:
        if files:
            boundary = os.urandom(16).hex()
            kind = f"multipart/form-data; boundary={boundary}"
            return _Body(list(_multipart(fields, files, boundary)), kind, write_timeout), kind
        if not fields:
            return None, None
        form = "&".join([f"{_form_name(name)}={_form_value(value)}" for name, value in fields.items()]).encode("ascii")
    except UnicodeEncodeError:
        pass  # its text quotes the message: a resident's words
    else:
        return (form if len(form) <= _SMALL else _Body([form], _FORM, write_timeout)), _FORM
    # What Telegram itself answers to such a text. HTTPXRequest makes it a NetworkError, as if worth a retry.
    raise BadRequest("Bad Request: strings must be encoded in UTF-8")


_form_name = lru_cache(maxsize=256)(quote_plus)


def _form_value(value: str) -> str:
    """Chinese is escaped in full, in one go: the library escapes byte by byte, a tenth of a millisecond an answer."""
    if value.isascii():
        return value if value.isalnum() else quote_plus(value)
    return "%" + value.encode().hex("%")


def _multipart(fields: Mapping[str, str], files: Mapping[str, Any], boundary: str) -> Iterator[bytes | IO[bytes]]:
    mark = f"--{boundary}\r\n".encode("ascii")
    for name, value in fields.items():
        yield mark + f'Content-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'.encode()
    for name, (filename, content, mime) in files.items():
        yield (
            mark
            + (
                f'Content-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(filename)}"\r\n'
                f"Content-Type: {mime}\r\n\r\n"
            ).encode()
        )
        if isinstance(content, bytes):
            yield content
        elif isinstance(content, str):
            yield content.encode()
        else:
            if content.seekable():
                content.seek(0)  # a repeated call sends the whole file again
            yield content
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode("ascii")


def _quoted(name: str) -> str:
    """A name inside a header's quotes, as browsers write it: nothing in it can end the header."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _remaining(handle: IO[bytes]) -> int | None:
    if not handle.seekable():
        return None
    here = handle.tell()
    end = handle.seek(0, os.SEEK_END)
    handle.seek(here)
    return end - here


def _chosen(value: ODVInput[float], default: float | None) -> float | None:
    return default if isinstance(value, _DEFAULT) else value  # type: ignore[return-value]


def _positive(timeout: float | None) -> float | None:
    """aiohttp reads 0 as "no limit", PTB's callers mean "at once"."""
    return None if timeout is None else max(timeout, 0.001)


async def _enter(pool: asyncio.Semaphore, timeout: float | None) -> bool:
    if not pool.locked():  # the usual case costs no timer
        await pool.acquire()
        return True
    try:
        async with asyncio.timeout(timeout):
            await pool.acquire()
    except TimeoutError:
        return False
    return True


def _describe(err: BaseException) -> str:
    """The class and what is safe to say: never str(err), which quotes the URL."""
    detail = ""
    if isinstance(err, aiohttp.ClientResponseError):
        detail = f": status {err.status}"
    elif isinstance(err, aiohttp.ClientConnectorCertificateError):
        detail = f": {err.certificate_error}"
    elif isinstance(err, aiohttp.ClientConnectorError):
        detail = f": {err}"  # host, port and the system's words
    elif isinstance(err, OSError) and err.errno is not None:
        detail = f": {os.strerror(err.errno)}"
    return f"aiohttp.{type(err).__name__}{detail}"


def _environment_proxy(scheme: str, netloc: str) -> str | None:
    host = netloc.rpartition("@")[2]
    if urllib.request.proxy_bypass(host):
        return None
    found = urllib.request.getproxies()
    proxy = found.get(scheme) or found.get("all")
    # A SOCKS proxy of the environment is build_request's business; here it would only be a late, odd error.
    return proxy if proxy and _scheme(proxy) in ("http", "https") else None


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower()
