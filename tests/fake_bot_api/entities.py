"""Entities of a plain text, counted in UTF-16 units as Telegram counts offsets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fake_bot_api.records import Json


def utf16_length(text: str) -> int:
    """In UTF-16 units, as Telegram counts offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# As in Telegram's own finder a word character, and a Chinese one is one, must not touch a mention or a command:
# "你好@bot" and "/help你好" are plain text there, too. A bot that wants to hear them must look at the words.
_FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>]))"
    r"|(?P<mention>(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w))"
    r"|(?P<url>https?://[^\s<>\"，。！？、（）]+|(?<![\w@.])(?:[a-z0-9-]+\.)+(?:com|cn|net|org|top|xyz|cc|me|tk)\b(?:/[^\s，。]*)?)"
    r"|(?P<hashtag>(?<!\w)#\w+)"
)


def find_entities(text: str) -> list[Json]:
    """Commands, mentions, links and hashtags of a plain text."""
    return [
        {
            "type": str(match.lastgroup),
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match.group()),
        }
        for match in _FOUND.finditer(text)
    ]


def entities_field(part: str, text: str, given: Mapping[str, Any]) -> Json:
    name = "entities" if part == "text" else "caption_entities"
    if name in given:
        return {}
    found = find_entities(text)
    return {name: found} if found else {}
