"""Updates on their way to the bot: long polling, and a webhook with its retries."""

from __future__ import annotations

import asyncio
import copy
import itertools
import time
from collections import deque
from typing import Any

import aiohttp

from fake_bot_api.faults import Faults
from fake_bot_api.records import UNASKED_STATUS, ApiError, Json, Webhook

NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}  # must be asked for by name


class Delivery(Faults):
    """An update waits until the bot confirms it. Webhook calls keep the order within a chat."""

    def _enqueue(self, update: Json, lane: Any) -> int:
        kind = next(key for key in update if key != "update_id")
        allowed = self.allowed_updates
        if "update_id" in update:
            self._update_id = max(self._update_id, update["update_id"])
        else:
            self._update_id += 1
            # The content is frozen as it is now: a later edit must not change an update that waits.
            update = {"update_id": self._update_id, kind: copy.deepcopy(update[kind])}
        if kind not in allowed if allowed else kind in NOT_BY_DEFAULT:
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

    async def _get_updates(self, params: Json) -> list[Json]:
        offset, limit = params.get("offset") or 0, min(max(params.get("limit") or 100, 1), 100)
        with self._lock:
            if self.webhook is not None:
                raise ApiError(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; "
                    "use deleteWebhook to delete the webhook first",
                )
            self._interrupt_poll(UNASKED_STATUS[409])
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
        """A bot may answer the webhook with a method to carry out (`server`)."""
        raise NotImplementedError


def lane_of(update: Json) -> Any:
    """What keeps its order in webhook delivery: the chat, else the person."""
    for key, content in update.items():
        if key == "update_id" or not isinstance(content, dict):
            continue
        chat = content.get("chat") or (content.get("message") or {}).get("chat")
        return (chat or content.get("from") or {"id": None}).get("id")
    return None
