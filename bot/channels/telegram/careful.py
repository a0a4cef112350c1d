"""Around either transport: what the library would print, and what it would not tell apart."""

from __future__ import annotations

import json
from typing import Any

from telegram.error import NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData


class ServerFault(NetworkError):
    """The Bot API, or what stands before it, answered 5xx: nothing was carried out."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered {status}")
        self.status = status


class CarefulRequest(BaseRequest):
    """Hands every call to ``inner``. A 5xx becomes `ServerFault`, which the library makes a plain NetworkError, as if
    the connection had broken in the middle; and an answer that is no JSON is not written to the log, for it may be a
    piece of an update."""

    __slots__ = ("_inner",)

    def __init__(self, inner: BaseRequest) -> None:
        self._inner = inner

    @property
    def read_timeout(self) -> float | None:
        return self._inner.read_timeout

    async def initialize(self) -> None:
        await self._inner.initialize()

    async def shutdown(self) -> None:
        await self._inner.shutdown()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> tuple[int, bytes]:
        status, body = await self._inner.do_request(url, method, request_data, *args, **kwargs)
        if status >= 500:
            raise ServerFault(status)
        return status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            found = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TelegramError("Invalid server response")
        return found
