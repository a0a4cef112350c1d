"""The server: its life, and a call of the Bot API from request to answer."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Self

import aiohttp
from aiohttp import web

from fake_bot_api.control import Control
from fake_bot_api.records import ApiError, Call, Json, Refused, Upload
from fake_bot_api.wire import answer_of, break_off, read_params


class FakeBotApi(Control):
    """See the package's docstring. ``start`` and ``stop`` may be repeated: the port and all state are kept."""

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

    def _method_in_reply(self, reply: bytes) -> None:
        """A bot may answer the webhook with a method to carry out; it never learns how that went."""
        with contextlib.suppress(ValueError, ApiError):
            body = json.loads(reply) if reply[:1] == b"{" else {}
            method = body.pop("method", "") if isinstance(body, dict) else ""
            if action := ACTIONS.get(method.lower()):
                call = self._record(method, body, {})
                call.result = action(self, call)
                call.status = 200

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
            return answer_of(ApiError(401, "Unauthorized") if known_form else ApiError(404, "Not Found"))
        try:
            params, files = await read_params(request)
        except Refused as error:
            return answer_of(error)
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
        return await break_off(request, partial=fault.partial)

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _carry_out(self, call: Call, secret: str | None) -> Any:
        name = call.method.lower()
        try:
            if name == "getupdates":
                return await self._get_updates(call.params)
            action = ACTIONS.get(name)
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
        return answer_of(outcome)

    def _notice(self) -> None:
        with self._lock:
            self._touch()

    async def _on_file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return answer_of(ApiError(401, "Unauthorized"))
        for path, content in list(self.files.values()):
            if path == request.match_info["path"]:
                return web.Response(body=content, content_type="application/octet-stream")
        return answer_of(ApiError(404, "Not Found"))


ACTIONS: dict[str, Callable[[FakeBotApi, Call], Any]] = {
    name.removeprefix("do_").lower(): action
    for name, action in inspect.getmembers(FakeBotApi, inspect.isfunction)
    if name.startswith("do_")
}
