"""The server driven over HTTP by another process."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import web

from fake_bot_api.account import Account
from fake_bot_api.records import Json

HELPERS = {
    "block", "burst", "channel_post", "chat", "chat_member", "choose_inline", "clear_faults", "contact", "document",
    "drop", "edit",
    "fail", "garbage", "hang", "inline", "join", "leave", "location", "message", "migrate", "my_chat_member", "photo",
    "poll", "press", "reset", "sticker", "unblock", "user", "vanish", "video", "voice",
}  # fmt: skip


class Control(Account):
    """See the package's docstring."""

    async def _on_control(self, request: web.Request) -> web.Response:
        helper = request.match_info["helper"]
        try:
            body = await request.json() if request.can_read_body else {}
            if helper == "update":
                result: Any = self.update(*(body if isinstance(body, list) else [body]))
            elif helper in HELPERS:
                result = getattr(self, helper)(**body)
            else:
                return web.json_response({"error": f"no helper {helper!r}; there are {sorted(HELPERS)}"}, status=404)
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
