"""Buttons: checked as they come in, found as they are pressed; and what a reader sees of a message."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from fake_bot_api.records import Json, Refused


def checked_markup(params: Mapping[str, Any]) -> Json:
    """The keyboard of a call, checked; only an inline one stays with the message."""
    markup = params.get("reply_markup")
    if not markup:
        return {}
    if not isinstance(markup, dict):
        raise Refused("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return {}
    for button in itertools.chain.from_iterable(rows):
        if not button.get("text"):
            raise Refused("can't parse inline keyboard button: Text of the button must be non-empty")
        kinds = set(button) - {"text", "style", "icon_custom_emoji_id"}
        if not kinds:
            raise Refused("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refused("BUTTON_DATA_INVALID")
        if "url" in button and not re.match(r"(?:https?|tg)://\S|[\w-]+\.\w", button["url"]):
            raise Refused(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    kept = [row for row in rows if row]
    return {"reply_markup": {"inline_keyboard": kept}} if kept else {}


def face(message: Json) -> list[Any]:
    """What a reader sees of a message."""
    return [message.get(k) or None for k in ("text", "caption", "entities", "caption_entities", "reply_markup")]


def button_data(message: Json, button: str) -> str:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    buttons = [b for row in rows for b in row if "callback_data" in b]
    for wanted in ("text", "callback_data"):
        for candidate in buttons:
            if candidate[wanted] == button:
                return str(candidate["callback_data"])
    raise LookupError(f"no button {button!r}; there are {[b['text'] for b in buttons]}")
