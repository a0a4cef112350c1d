"""A server in another process, driven from here."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from fake_bot_api.records import Json


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
