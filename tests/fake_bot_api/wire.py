"""HTTP: parameters of a call in, answers out."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from fake_bot_api.records import ApiError, Json, Refused, Upload

_OBJECTS = {  # parameters that travel as JSON text in a form
    "allowed_updates", "button", "caption_entities", "commands", "entities", "link_preview_options", "media",
    "menu_button", "message_ids", "options", "reaction", "reply_markup", "reply_parameters", "results", "rights",
    "scope",
}  # fmt: skip
_NUMBERS = {
    "cache_time", "chat_id", "from_chat_id", "limit", "max_connections", "message_id", "offset", "timeout", "user_id",
}  # fmt: skip
_FLAGS = {
    "allow_sending_without_reply", "drop_pending_updates", "is_personal", "show_alert", "disable_notification",
    "protect_content", "is_anonymous", "allows_multiple_answers",
}  # fmt: skip


async def read_params(request: web.Request) -> tuple[Json, dict[str, Upload]]:
    raw: Json = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json" and request.can_read_body:
        try:
            raw |= await request.json()
        except (ValueError, TypeError):
            raise Refused("can't parse JSON object") from None
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = Upload(value.filename, value.content_type, value.file.read())
                value.file.close()
            else:
                raw[name] = value
    return {name: _decoded(name, value) for name, value in raw.items()}, files


def _decoded(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in _OBJECTS and value:
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(f"can't parse {name.replace('_', ' ')} JSON object") from None
    if name in _NUMBERS and re.fullmatch(r"-?\d{1,19}", value):
        return int(value)
    if name in _FLAGS:
        return value.lower() in ("true", "1", "yes")
    return value


def answer_of(outcome: Any) -> web.Response:
    if not isinstance(outcome, ApiError):
        return web.json_response({"ok": True, "result": outcome})
    body: Json = {"ok": False, "error_code": outcome.code, "description": outcome.description}
    if outcome.parameters:
        body["parameters"] = outcome.parameters
    return web.json_response(body, status=outcome.code)


async def break_off(request: web.Request, *, partial: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    if partial:
        await response.prepare(request)
        await response.write(b'{"ok": true, "resu')
    if request.transport is not None:
        request.transport.abort() if not partial else request.transport.close()
    return response
