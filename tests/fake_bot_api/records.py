"""What the server notes: calls, faults, webhooks, refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TOKEN = "110201543:AAFake-token-of-the-test-server_0123456"

UNASKED_STATUS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class ApiError(Exception):
    """An answer with ``ok: false``."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters or {}


class Refused(ApiError):
    def __init__(self, reason: str, **parameters: Any) -> None:
        super().__init__(400, f"Bad Request: {reason}", parameters)


@dataclass
class Upload:
    """A file that came in as multipart."""

    filename: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass
class Call:
    """One line of the journal. ``status`` is None while the answer is open, and for ever if it hangs or drops."""

    number: int
    method: str
    params: Json
    files: dict[str, Upload]
    time: float  # time.monotonic()
    status: int | None = None
    description: str = ""
    fault: str = ""
    result: Any = field(default=None, repr=False)

    def as_json(self) -> Json:
        return {
            "number": self.number,
            "method": self.method,
            "params": self.params,
            "files": {
                name: {"filename": f.filename, "content_type": f.content_type, "size": len(f.data)}
                for name, f in self.files.items()
            },
            "time": self.time,
            "status": self.status,
            "description": self.description,
            "fault": self.fault,
        }


@dataclass
class Fault:
    """What goes wrong with the next ``times`` calls of a method (None: with all of them)."""

    method: str
    kind: str  # error | garbage | hang | drop
    status: int = 200
    description: str = ""
    parameters: Json = field(default_factory=dict)
    body: bytes = b""
    seconds: float | None = None
    executed: bool = False  # the call is carried out, only its answer is lost
    partial: bool = False
    times: int | None = 1
    skip: int = 0
    chat_id: int | None = None


@dataclass
class Webhook:
    url: str
    secret_token: str | None = field(default=None, repr=False)
    max_connections: int = 40
