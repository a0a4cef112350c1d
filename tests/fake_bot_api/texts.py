"""The text of a call, checked and refused as Telegram does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_bot_api.entities import find_entities, utf16_length
from fake_bot_api.markup import parse_html
from fake_bot_api.records import Json, Refused


def formatted(params: Mapping[str, Any], part: str, what: str, most: int, *, may_be_empty: bool = False) -> Json:
    """The text of a call and its entities, refused as Telegram refuses: markup first, then empty, then too long."""
    text = str(params.get(part) or "")
    mode = str(params.get("parse_mode") or "").lower()
    entities: list[Json] = list(params.get("entities" if part == "text" else "caption_entities") or [])
    if mode == "html":
        text, entities = parse_html(text)
    elif mode in ("markdown", "markdownv2"):
        raise Refused("unsupported parse_mode (the fake server knows HTML only)")
    elif mode:
        raise Refused("unsupported parse_mode")
    text, entities = _trimmed(text, entities)
    if not text:
        if may_be_empty:
            return {}
        raise Refused(f"{what} {part} is empty" if part not in what else f"{what} is empty")
    if utf16_length(text) > most:
        raise Refused(f"{what} is too long")
    if not mode and not entities:
        entities = find_entities(text)
    known: Json = {part: text}
    if entities:
        known["entities" if part == "text" else "caption_entities"] = entities
    return known


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    text = "".join(c if c >= " " or c == "\n" else " " for c in text.replace("\r\n", "\n"))
    lead = len(text) - len(text.lstrip())
    shown = text.strip()
    end, kept = utf16_length(shown), []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return shown, kept
