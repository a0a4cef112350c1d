"""Errors of the API as problem details (RFC 9457).

``type`` is about:blank, so ``title`` is the status phrase; ``code`` tells programs which case it is, ``detail`` tells
people what to do. Nothing of the request is ever quoted: it may hold a resident's words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a handler with a problem response. ``pointer``: the field of the body that is wrong, as JSON pointer."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        pointer: str = "",
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.headers = dict(headers or {})
        self.extra = {**({"errors": [{"pointer": pointer, "detail": detail}]} if pointer else {}), **extra}

    def body(self) -> dict[str, Any]:
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }

    def response(self) -> Response:
        return Response(
            json.dumps(self.body()).encode(), status_code=self.status, media_type=MEDIA_TYPE, headers=self.headers
        )


def too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"The body is larger than {limit:,} bytes; send less.")


def too_many(seconds: int) -> Problem:
    return Problem(
        429,
        "too_many",
        f"Too many requests from this address; wait {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
        retry_after=seconds,
    )


def unavailable(detail: str = "The service cannot do this right now; try again in a moment.") -> Problem:
    return Problem(503, "unavailable", detail, headers={"Retry-After": "5"})


def unexpected() -> Problem:
    return Problem(500, "unexpected", "Something went wrong on our side; try again in a moment.")


def unknown_answer() -> Problem:
    return Problem(404, "unknown_answer", "There is no such answer (any more); ask again.", pointer="/answer")
