"""AiohttpRequest does what HTTPXRequest does, shown side by side: every test marked `kind` runs on both."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import logging
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fake_bot_api import TOKEN, FakeBotApi
from telegram import Bot, InputFile, InputMediaDocument, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import Application, MessageHandler, filters
from telegram.request import BaseRequest, HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from bot.channels.telegram.transport import (
    POOL_TIMEOUT_TEXT,
    AiohttpRequest,
    build_request,
    never_sent,
    supports_proxy,
)

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATH = f"/bot{TOKEN}/sendMessage"


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # PTB 22 warns in the constructor of RetryAfter without it


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as server:
        yield server


@pytest.fixture(params=[AiohttpRequest, HTTPXRequest], ids=["aiohttp", "httpx"])
def kind(request: pytest.FixtureRequest) -> Callable[..., BaseRequest]:
    return request.param


@contextlib.asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """A raw TCP server; yields its address with a token in the path."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await answer(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{PATH}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            head += await reader.readexactly(int(line.split(b":")[1]))
    return head


def saying(answer: bytes) -> Answer:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()

    return answering


async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)  # of the greeting
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await asyncio.Event().wait()


async def never_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.pause_reading()
    await asyncio.Event().wait()


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def data(**parameters: Any) -> RequestData:
    return RequestData([RequestParameter.from_input(name, value) for name, value in parameters.items()])


def has_no_token(error: BaseException) -> bool:
    """Neither the error nor anything that hangs on it shows the token, however it is printed."""
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        if (one := queue.pop()) is not None and one not in seen:
            seen.append(one)
            queue += [one.__cause__, one.__context__]
    printed = "".join(traceback.format_exception(error))
    return not any(TOKEN in text for one in seen for text in (str(one), repr(one), printed))


async def failure(
    kind: Callable[..., BaseRequest], url: str, request_data: RequestData | None = None, **options: Any
) -> TelegramError:
    """The error of one post; options starting with ``call_`` go to the call, the others to the constructor."""
    call = {name.removeprefix("call_"): options.pop(name) for name in list(options) if name.startswith("call_")}
    async with kind(**options) as request:
        with pytest.raises(TelegramError) as caught:
            await request.post(url, request_data or data(chat_id=7, text="在吗"), **call)
    assert kind is HTTPXRequest or has_no_token(caught.value)
    return caught.value


# --- answers of the Bot API -------------------------------------------------------------------------------------------


async def test_a_good_answer_is_its_result(kind: Any, api: FakeBotApi) -> None:
    async with kind() as request:
        sent = await request.post(api.url + PATH, data(chat_id=7, text="a=1&b=2 好 ＋%", reply_markup={"keyboard": []}))
        assert (await request.post(f"{api.url}/bot{TOKEN}/getMe"))["is_bot"]
    assert sent["text"] == "a=1&b=2 好 ＋%"
    assert api.calls("sendMessage")[0].params == {
        "chat_id": 7,
        "text": "a=1&b=2 好 ＋%",
        "reply_markup": {"keyboard": []},
    }


@pytest.mark.parametrize(
    ("fault", "expected", "text"),
    [
        ({"status": 429, "retry_after": 7}, RetryAfter, "Flood control exceeded. Retry in 0:00:07"),
        ({"status": 403}, Forbidden, "Forbidden: bot was blocked by the user"),
        ({"status": 400, "description": "Bad Request: chat not found"}, BadRequest, "Chat not found"),
        ({"status": 400, "migrate_to": -1009}, ChatMigrated, "Group migrated to supergroup. New chat id: -1009"),
        ({"status": 401}, InvalidToken, "Unauthorized"),
        ({"status": 404}, InvalidToken, "Not Found"),
        ({"status": 409}, Conflict, "Conflict: terminated by other getUpdates request"),
        ({"status": 500}, NetworkError, "Internal Server Error"),
        ({"status": 502}, NetworkError, "Bad Gateway"),
        ({"status": 504}, NetworkError, "Gateway Timeout"),
    ],
)
async def test_refusals(kind: Any, api: FakeBotApi, fault: dict, expected: type, text: str) -> None:
    api.fail("sendMessage", **fault)
    error = await failure(kind, api.url + PATH)
    assert type(error) is expected
    assert str(error).startswith(text)
    assert not never_sent(error)


@pytest.mark.parametrize(
    ("status", "expected", "text"),
    [
        (200, TelegramError, "Invalid server response"),
        (403, Forbidden, "Forbidden (403). Parsing the server response b'<html>"),
        (502, NetworkError, "Bad Gateway (502). Parsing the server response b'<html>"),
        (599, NetworkError, "Unknown HTTPError (599). Parsing the server response b'<html>"),
    ],
)
async def test_garbage_bodies(kind: Any, api: FakeBotApi, status: int, expected: type, text: str) -> None:
    api.garbage("sendMessage", "<html>\xff", status=status)
    error = await failure(kind, api.url + PATH)
    assert type(error) is expected
    assert str(error).startswith(text)


async def test_a_redirect_is_not_followed(kind: Any) -> None:
    answer = http(b"{}", "302 Found", "Location: http://127.0.0.1:9/elsewhere\r\n")
    async with serving(saying(answer)) as url:
        error = await failure(kind, url)
    assert (type(error), str(error)) == (NetworkError, "Found (302)")


async def test_files_are_retrieved(kind: Any, api: FakeBotApi) -> None:
    api.document(7, "a.bin", bytes(range(256)) * 1000)
    async with kind() as request:
        body = await request.retrieve(f"{api.url}/file/bot{TOKEN}/documents/a.bin")
        assert body == bytes(range(256)) * 1000
        with pytest.raises(InvalidToken):
            await request.retrieve(f"{api.url}/file/bot{TOKEN}/documents/b.bin")


# --- a broken line ----------------------------------------------------------------------------------------------------


async def test_nobody_listens(kind: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = await failure(kind, f"http://127.0.0.1:{free.getsockname()[1]}{PATH}")
    assert type(error) is NetworkError
    assert never_sent(error)


async def test_a_host_that_does_not_exist(kind: Any) -> None:
    error = await failure(kind, f"http://no-such-host.invalid{PATH}", connect_timeout=60)
    assert type(error) is NetworkError
    assert never_sent(error)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 OK 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"\x15\x03\x01\x00\x02\x02\x28",
    ],
)
async def test_what_is_no_http_is_a_network_error(kind: Any, answer: bytes) -> None:
    async with serving(saying(answer)) as url:
        error = await failure(kind, url)
    assert type(error) is NetworkError
    assert not never_sent(error)


@pytest.mark.parametrize("partial", [False, True])
async def test_a_connection_that_breaks_may_have_delivered(kind: Any, api: FakeBotApi, partial: bool) -> None:
    api.drop("sendMessage", executed=True, partial=partial)
    error = await failure(kind, api.url + PATH)
    assert type(error) is NetworkError
    assert not never_sent(error)
    assert api.texts(7) == ["在吗"]


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1/", "http://", f"http://127.0.0.1:99999{PATH}"])
async def test_a_bad_address_is_a_network_error(kind: Any, url: str) -> None:
    assert type(await failure(kind, url)) is NetworkError


async def test_a_server_without_tls(kind: Any) -> None:
    async with serving(no_tls) as url:
        error = await failure(kind, url.replace("http:", "https:"))
    assert type(error) is NetworkError
    assert never_sent(error)


# --- time-outs --------------------------------------------------------------------------------------------------------


async def test_no_answer_in_time(kind: Any) -> None:
    async with serving(silent) as url:
        by_default = await failure(kind, url, read_timeout=0.05)
        by_call = await failure(kind, url, read_timeout=None, call_read_timeout=0.05)
        at_once = await failure(kind, url, call_read_timeout=0)
    for error in (by_default, by_call, at_once):
        assert type(error) is TimedOut
        assert not never_sent(error)


async def test_an_answer_that_stops_half_way(kind: Any) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"ok": true')
        await asyncio.Event().wait()

    async with serving(half) as url:
        assert type(await failure(kind, url, read_timeout=0.05)) is TimedOut


async def test_a_slow_answer_within_the_time_of_each_read_is_no_time_out(kind: Any) -> None:
    body = b'{"ok": true, "result": 1}'

    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for byte in http(body):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.001)

    async with serving(dripping) as url, kind(read_timeout=30) as request:
        assert await request.post(url) == 1


async def test_none_means_no_limit_and_overrides_the_default(kind: Any, api: FakeBotApi) -> None:
    api.hang("sendMessage", 0.2)
    async with kind(read_timeout=0.01) as request:
        assert await request.post(api.url + PATH, data(chat_id=7, text="x"), read_timeout=None)


async def test_no_connection_in_time(kind: Any) -> None:
    # A listener that never answers the TLS greeting: the connection does not stand, so nothing was sent.
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(mute) as url:
        url = url.replace("http:", "https:")
        for options in ({"connect_timeout": 0.05}, {"connect_timeout": None, "call_connect_timeout": 0.05}):
            error = await failure(kind, url, read_timeout=None, **options)
            assert type(error) is TimedOut
            assert never_sent(error)


async def test_no_free_connection_in_time(kind: Any, api: FakeBotApi) -> None:
    api.hang("getMe")
    async with kind(connection_pool_size=1, pool_timeout=0.05) as request:
        first = asyncio.create_task(request.post(f"{api.url}/bot{TOKEN}/getMe", read_timeout=None))
        await api.wait_for(lambda: api.calls("getMe"))
        for call in ({}, {"pool_timeout": 0}, {"pool_timeout": 0.01}):
            with pytest.raises(TimedOut) as caught:
                await request.post(api.url + PATH, data(chat_id=7, text="x"), **call)
            assert str(caught.value) == POOL_TIMEOUT_TEXT
            assert never_sent(caught.value)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await request.post(api.url + PATH, data(chat_id=7, text="x"))  # the cancelled call gave its place back
    assert len(api.calls("sendMessage")) == 1


async def test_a_full_pool_is_waited_for(kind: Any, api: FakeBotApi) -> None:
    async with kind(connection_pool_size=2, pool_timeout=None) as request:
        calls = [request.post(api.url + PATH, data(chat_id=7, text=str(n))) for n in range(50)]
        await asyncio.gather(*calls)
    assert sorted(api.texts(7), key=int) == [str(n) for n in range(50)]


async def test_an_upload_nobody_reads(kind: Any) -> None:
    upload = InputFile(bytes(64 * 2**20), filename="big.bin")
    async with serving(never_reading) as url:
        url = url.replace("sendMessage", "sendDocument")
        plain = await failure(kind, url, data(document=upload), media_write_timeout=0.1)
        by_call = await failure(kind, url, data(document=upload), media_write_timeout=None, call_write_timeout=0.1)
        text = await failure(kind, url, data(text="x" * 64 * 2**20), write_timeout=0.1)
    for error in (plain, by_call, text):
        assert type(error) is TimedOut
        assert not never_sent(error)


async def test_media_and_texts_have_write_time_outs_of_their_own(kind: Any, api: FakeBotApi) -> None:
    upload = data(chat_id=7, document=InputFile(bytes(8 * 2**20), filename="big.bin"))
    async with kind(write_timeout=0.000001, media_write_timeout=60) as request:
        await request.post(f"{api.url}/bot{TOKEN}/sendDocument", upload)
    assert len(api.calls("sendDocument")[0].files["document"].data) == 8 * 2**20


async def test_read_timeout_is_the_default_that_polling_builds_on(kind: Any, api: FakeBotApi) -> None:
    assert kind(read_timeout=None).read_timeout is None
    polling = kind(read_timeout=30)
    assert polling.read_timeout == 30
    async with Bot(TOKEN, f"{api.url}/bot", request=kind(), get_updates_request=polling) as bot:
        waiting = asyncio.create_task(bot.get_updates(timeout=30))
        await api.wait_for(lambda: api.calls("getUpdates"))
        api.message(7, "在吗")
        assert len(await waiting) == 1
    await polling.shutdown()


# --- connections ------------------------------------------------------------------------------------------------------


async def test_connections_are_kept_and_used_again(kind: Any) -> None:
    connections = 0

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await read_request(reader)
            writer.write(http(b'{"ok": true, "result": 1}'))

    async with serving(patient) as url, kind() as request:
        for _ in range(20):
            await request.post(url, data(text="x"))
    assert connections == 1


async def test_a_connection_the_server_has_closed_is_not_used_again(kind: Any, api: FakeBotApi) -> None:
    async with kind() as request:
        await request.post(api.url + PATH, data(chat_id=7, text="x"))
        api.stop()
        api.start()
        await asyncio.sleep(0.05)  # the end of the old connection arrives
        await request.post(api.url + PATH, data(chat_id=7, text="y"))
    assert api.texts(7) == ["x", "y"]


async def test_what_is_sent_on_the_wire(kind: Any) -> None:
    got: list[bytes] = []

    async def keeping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            got.append(await read_request(reader))
            writer.write(http(b'{"ok": true, "result": 1}'))

    async with serving(keeping) as url, kind() as request:
        await request.post(url, data(chat_id=7, text="在 吗"))
        await request.post(url)
        await request.retrieve(url)
    form, empty, file = (text.partition(b"\r\n\r\n") for text in got)
    assert form[0].startswith(f"POST {PATH} HTTP/1.1\r\n".encode())
    assert form[2].isascii()
    assert parse_qsl(form[2].decode(), strict_parsing=True) == [("chat_id", "7"), ("text", "在 吗")]
    assert f"User-Agent: {BaseRequest.USER_AGENT}".encode() in form[0]
    assert b"Content-Type: application/x-www-form-urlencoded" in form[0]
    assert b"cookie" not in form[0].lower()
    assert b"content-type" not in empty[0].lower() + file[0].lower()
    assert file[0].startswith(b"GET ")
    assert (empty[2], file[2]) == (b"", b"")


async def test_before_initialize_and_after_shutdown_it_refuses_and_can_be_opened_again(api: FakeBotApi) -> None:
    request = AiohttpRequest()
    for _ in range(2):
        await request.shutdown()
        with pytest.raises(NetworkError, match="not initialized"):
            await request.post(api.url + PATH)
        await request.initialize()
        session = request._session
        await request.initialize()
        assert request._session is session
        await request.post(api.url + PATH, data(chat_id=7, text="x"))
        await request.shutdown()
    assert len(api.sent(7)) == 2


async def test_a_shutdown_under_way_ends_calls_with_an_error_of_the_library(api: FakeBotApi) -> None:
    api.hang("sendMessage", times=None)
    async with AiohttpRequest() as request:
        calls = [asyncio.create_task(request.post(api.url + PATH, data(chat_id=7, text="x"))) for _ in range(3)]
        await api.wait_for(lambda: len(api.calls("sendMessage")) == 3)
    for result in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(result, NetworkError)
        assert has_no_token(result)


# --- uploads ----------------------------------------------------------------------------------------------------------


async def test_uploads_arrive_whole_with_their_names(kind: Any, api: FakeBotApi, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(range(256)) * 2000)
    with path.open("rb") as handle, path.open("rb") as streamed:
        async with kind() as request:
            for file in (
                InputFile(b"\r\n--x\r\n", filename="转账 记录.csv"),
                InputFile(handle, filename='a"b\r\nX-Evil: 1.txt'),
                InputFile(streamed, filename="s.bin", read_file_handle=False),
                InputFile("文字", filename="t.txt"),
            ):
                await request.post(f"{api.url}/bot{TOKEN}/sendDocument", data(chat_id=7, caption="好&=", document=file))
    uploads = [call.files["document"] for call in api.calls("sendDocument")]
    assert [u.data for u in uploads] == [b"\r\n--x\r\n", path.read_bytes(), path.read_bytes(), "文字".encode()]
    assert [u.content_type for u in uploads] == ["text/csv", "text/plain", "application/octet-stream", "text/plain"]
    assert uploads[0].filename == "转账 记录.csv"
    assert "Evil" in uploads[1].filename
    assert all(call.params["caption"] == "好&=" for call in api.calls("sendDocument"))


async def test_an_attached_file_goes_beside_its_description(kind: Any) -> None:
    got: list[bytes] = []

    async def keeping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await read_request(reader))
        writer.write(http(b'{"ok": true, "result": 1}'))

    media = [InputMediaDocument(b"abc", filename="a.txt"), InputMediaDocument(b"def", filename="b.txt")]
    async with serving(keeping) as url, kind() as request:
        await request.post(url, data(chat_id=7, media=media))
    for one, content in zip(media, (b"abc", b"def"), strict=True):
        assert f'name="{one.media.attach_name}"'.encode() in got[0]
        assert b"\r\n\r\n" + content + b"\r\n--" in got[0]


async def test_a_handle_without_a_length_is_sent_in_chunks(kind: Any, api: FakeBotApi) -> None:
    class Pipe(io.RawIOBase):
        left = 200_000

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return False

        def read(self, size: int = -1) -> bytes:
            given = min(size, self.left) if size >= 0 else self.left
            self.left -= given
            return b"x" * given

    with Pipe() as pipe:
        upload = InputFile(pipe, filename="p.bin", read_file_handle=False)
        async with kind() as request:
            await request.post(f"{api.url}/bot{TOKEN}/sendDocument", data(chat_id=7, document=upload))
    assert api.calls("sendDocument")[0].files["document"].data == b"x" * 200_000


async def test_a_lone_surrogate_is_refused_without_repeating_the_words(api: FakeBotApi) -> None:
    words = "".join(["秘", "密"])  # a traceback quotes this file, too
    for extra in ({}, {"document": InputFile(b"x", filename="x")}):
        async with AiohttpRequest() as request:
            with pytest.raises(BadRequest) as caught:
                await request.post(api.url + PATH, data(chat_id=7, text=words + "\ud800", **extra))
        assert words not in "".join(traceback.format_exception(caught.value))
    assert not api.journal


# --- proxies ----------------------------------------------------------------------------------------------------------


class Proxy:
    """A tiny HTTP proxy: forwards absolute-form requests, tunnels CONNECT, or refuses everything."""

    def __init__(self, refusal: bytes = b"") -> None:
        self.refusal = refusal
        self.lines: list[str] = []
        self.logins: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            head, _, body = request.partition(b"\r\n\r\n")
            first, *fields = head.decode().split("\r\n")
            self.lines.append(first.replace(TOKEN, "<token>"))
            login = [f.split(" ")[2] for f in fields if f.lower().startswith("proxy-authorization: basic ")]
            self.logins += [base64.b64decode(text).decode() for text in login]
            if self.refusal:
                writer.write(self.refusal)
                await writer.drain()
                return
            method, target, _ = first.split(" ")
            if method == "CONNECT":
                await self._tunnel(target, reader, writer)
                return
            address, _, path = target.removeprefix("http://").partition("/")
            there, back = await asyncio.open_connection(*address.split(":"))
            kept = [f for f in fields if not f.lower().startswith(("proxy-", "connection:"))]
            back.write("\r\n".join([f"{method} /{path} HTTP/1.1", "Connection: close", *kept, "", ""]).encode() + body)
            answer = await there.read()
            back.close()
            await back.wait_closed()
            writer.write(answer.replace(b"Connection: close", b"X-Via: tiny"))

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*target.split(":"))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while chunk := await source.read(65536):
                sink.write(chunk)
            sink.close()

        try:
            await asyncio.gather(pump(reader, back), pump(there, writer))
        finally:
            back.close()
            with contextlib.suppress(ConnectionError):
                await back.wait_closed()


async def test_calls_go_through_a_proxy_with_its_login(kind: Any, api: FakeBotApi) -> None:
    proxy = Proxy()
    async with serving(proxy) as url:
        address = url.partition("/bot")[0].replace("http://", "http://user:p%40ss@")
        async with kind(proxy=address) as request:
            for text in ("一", "二"):
                await request.post(api.url + PATH, data(chat_id=7, text=text))
    assert proxy.lines == [f"POST {api.url}/bot<token>/sendMessage HTTP/1.1"] * 2
    assert proxy.logins == ["user:p@ss"] * 2
    assert api.texts(7) == ["一", "二"]


async def test_https_goes_through_a_tunnel(kind: Any) -> None:
    proxy = Proxy()
    async with serving(no_tls) as target, serving(proxy) as url:
        address = url.partition("/bot")[0].replace("http://", "http://user:pw@")
        error = await failure(kind, target.replace("http:", "https:"), proxy=address)
    assert type(error) is NetworkError
    assert never_sent(error)  # the greeting failed: no request left
    assert proxy.lines == [f"CONNECT {target.split('/')[2]} HTTP/1.1"]
    assert proxy.logins == ["user:pw"]


async def test_a_proxy_that_refuses(kind: Any, api: FakeBotApi) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with serving(Proxy(refusal)) as url:
        address = url.partition("/bot")[0]
        tunnel = await failure(kind, "https://127.0.0.1:9" + PATH, proxy=address)
        plain = await failure(kind, api.url + PATH, proxy=address)
    assert (type(tunnel), type(plain)) == (NetworkError, NetworkError)
    assert never_sent(tunnel)
    assert not api.journal


async def test_a_proxy_that_is_down(kind: Any, api: FakeBotApi) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://user:geheim@127.0.0.1:{free.getsockname()[1]}"
        error = await failure(kind, api.url + PATH, proxy=address)
    assert type(error) is NetworkError
    assert never_sent(error)
    assert "geheim" not in str(error)


async def test_the_proxy_of_the_environment(kind: Any, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy()
    async with serving(proxy) as url:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, url.partition("/bot")[0])
            async with kind() as request:
                await request.post(api.url + PATH, data(chat_id=7, text=name))
            monkeypatch.delenv(name)
        monkeypatch.setenv("HTTP_PROXY", url.partition("/bot")[0])
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,example.org")
        async with kind() as request:
            await request.post(api.url + PATH, data(chat_id=7, text="direct"))
    assert len(proxy.lines) == 2
    assert len(api.sent(7)) == 3


# --- the factory ------------------------------------------------------------------------------------------------------


def test_the_factory_takes_the_fast_one_unless_told_otherwise_or_the_proxy_is_socks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert type(build_request(fast=True, pool_size=8, proxy=None)) is AiohttpRequest
    assert type(build_request(fast=True, pool_size=8, proxy="http://127.0.0.1:3128")) is AiohttpRequest
    assert type(build_request(fast=False, pool_size=8, read_timeout=9)) is HTTPXRequest
    assert build_request(fast=True, pool_size=8, read_timeout=9).read_timeout == 9
    # Without the extra the library names it; with it, it works. Either way aiohttp is not asked.
    for build in (
        lambda: build_request(fast=True, pool_size=8, proxy="socks5://127.0.0.1:1080"),
        lambda: monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080") or build_request(fast=True, pool_size=8),
    ):
        try:
            made = build()
        except RuntimeError as error:
            assert "python-telegram-bot[socks]" in str(error)  # noqa: PT017
        else:
            assert type(made) is HTTPXRequest
    assert not supports_proxy("socks5h://127.0.0.1:1080")
    with pytest.raises(ValueError, match=r"^A socks5 proxy is not supported here") as caught:
        AiohttpRequest(proxy="socks5://user:geheim@127.0.0.1:1080")
    assert "geheim" not in str(caught.value)
    with pytest.raises(ValueError, match="at least 1"):
        AiohttpRequest(connection_pool_size=0)


async def test_a_whole_bot_on_the_fast_transport_and_nothing_of_it_in_the_log(
    api: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("telegram", "telegram.ext"):  # the library itself prints updates at DEBUG; ours is what is looked at
        caplog.set_level(logging.WARNING, logger=name)

    async def echo(update: Update, _: object) -> None:
        await update.message.reply_text(update.message.text)

    app = (
        Application.builder()
        .token(api.token)
        .base_url(f"{api.url}/bot")
        .request(build_request(fast=True, pool_size=8))
        .get_updates_request(build_request(fast=True, pool_size=1))
        .concurrent_updates(8)
        .job_queue(None)
        .build()
    )
    app.add_handler(MessageHandler(filters.TEXT, echo))
    async with app:
        await app.start()
        await app.updater.start_polling(timeout=30)
        api.burst(100)
        await api.wait_for(lambda: len(api.sent()) == 100)
        await app.updater.stop()
        await app.stop()
    assert TOKEN not in caplog.text
    assert "有人叫我刷单" not in caplog.text


def test_a_certificate_error_names_no_url() -> None:
    # A real TLS server would need a key on disk; the words of the system's error are what matters.
    import aiohttp

    from bot.channels.telegram.transport import _describe

    broken = ssl.SSLCertVerificationError(1, "certificate verify failed")
    key = aiohttp.client_reqrep.ConnectionKey("api.telegram.org", 443, True, True, None, None, None)
    assert "certificate verify failed" in _describe(aiohttp.ClientConnectorCertificateError(key, broken))
