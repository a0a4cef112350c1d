"""Reading what clients send and writing what they get: JSON in, fields checked, JSON out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web.problems import Problem
from bot.core.reply import LANGS, Card, Lang, Reply
from bot.core.text import clean

#: Ids of answers and entries. What does not look like one is unknown, and never reaches the store.
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MESSAGE = re.compile(r"[A-Za-z0-9_-]{1,64}")


# ---------------------------------------------------------------- in
async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object. 400: not JSON; 422: JSON, but no object."""
    raw = await request.body()
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # errors of UTF-8 and JSON are ValueErrors
        raise Problem(400, "broken_json", "The body is not JSON in UTF-8.") from None
    if not isinstance(data, dict):
        raise Problem(422, "not_an_object", "The body must be a JSON object.", pointer="")
    return data


def wrong(name: str, must_be: str) -> Problem:
    return Problem(422, "wrong_type", f'"{name}" must be {must_be}.', pointer=f"/{name}")


def words(body: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    """A text field as it was sent; lone surrogates and controls are the core's business (`clean`)."""
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise wrong(name, "text" if name in body else "given, as text")
    return value


def question(body: Mapping[str, Any]) -> str:
    """The text of a question; 422 when nothing visible is in it."""
    text = words(body, "text")
    # Cleaning a whole 64 kB text only to see whether it is empty would cost more than answering it.
    if not clean(text[:4096]).strip():
        raise Problem(422, "empty_text", '"text" is empty; send the words of the question.', pointer="/text")
    return text


def truth(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise wrong(name, "true or false")
    return value


def language(value: object, name: str = "lang") -> Lang | None:
    """A chosen language; None: as the text is written."""
    if value is None or value in ("", "auto"):
        return None
    for lang in LANGS:
        if value == lang:
            return lang
    raise wrong(name, f"one of {', '.join(LANGS)}, or left out")


def identifier(body: Mapping[str, Any], name: str) -> str:
    """An id, or '' for a text that cannot be one."""
    value = words(body, name)
    return value if _ID.fullmatch(value) else ""


def is_identifier(value: str) -> bool:
    return bool(_ID.fullmatch(value))


def message_id(body: Mapping[str, Any]) -> str:
    """The client's own id of a message: sent again with the same one, a question is recorded once."""
    value = words(body, "message", required=False)
    if value and not _MESSAGE.fullmatch(value):
        raise wrong("message", "1 to 64 of A-Z a-z 0-9 _ -")
    return value


# ---------------------------------------------------------------- out
def json_response(data: Any, *, status: int = 200) -> Response:
    """Never fails on a character that UTF-8 does not have."""
    body = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status_code=status, media_type="application/json")


def card_json(card: Card) -> dict[str, Any]:
    data = asdict(card)
    return {"id": data.pop("entry_id"), **data}


def reply_json(reply: Reply, *, session: str) -> dict[str, Any]:
    """The contract's Reply, with its parts beside the plain text for clients that lay out themselves."""
    return {
        **reply.as_json(),
        "session": session,
        "intro": reply.intro,
        "outro": reply.outro,
        "cards": [card_json(card) for card in reply.cards],
        "hotlines": [asdict(line) for line in reply.hotlines],
    }
