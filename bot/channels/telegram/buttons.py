"""What buttons carry: a verb and its arguments, at most 64 bytes, nothing that lives in this process only.

    c:<turn>:<entry>     choose            n:<turn>                none of these
    y:<turn>  x:<turn>   helpful, not      w:<turn>:<lang>         tell me when you know
    e:<entry>:<lang>     open an entry     s:… m:…                 share it, more about it
    t:<lang>[:b]         topics (in place) g:<group>:<page>:<lang> one group of them
    u:<lang>             urgent card       h:<lang>                help
    l:<lang|auto>        language          E:<0|1>                 simple mode
    F:<y|n>              forget            q:<item>:<y|n>          quiz
    R:<verb>:<group>[:<entry>]             review (staff)

Whoever changes his client can send any data, under any message: every handler treats it as a stranger's input.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.core.reply import Lang

MAX_BYTES = 64
_LANGS: dict[str, Lang] = {"s": "zh-Hans", "t": "zh-Hant", "e": "en"}
_CODES = {lang: code for code, lang in _LANGS.items()}
_LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Button:
    """``data`` for the bot, or ``url``, or ``inline``: words that open inline mode in a chat of one's choice."""

    text: str
    data: str = ""
    url: str = ""
    inline: str | None = None


Rows = Sequence[Sequence[Button]]


def pack(verb: str, *arguments: str) -> str:
    data = ":".join((verb, *arguments))
    if len(data.encode()) > MAX_BYTES:
        raise ValueError(f"the data of a button is too long: {verb}")
    return data


def unpack(data: str) -> tuple[str, list[str]]:
    verb, *arguments = data.split(":")
    return verb, arguments


_OURS = re.compile(r"[A-Za-z](?::[#A-Za-z0-9_-]{0,41}){0,4}")
_LONG_NUMBER = re.compile(r"[0-9](?:[_-]?[0-9]){9}")


def is_ours(data: str) -> bool:
    """Whether it has the form of what `pack` makes. Ids are random letters: one that is a telephone number is none."""
    return _OURS.fullmatch(data) is not None and _LONG_NUMBER.search(data) is None


def lang_code(lang: Lang) -> str:
    return _CODES[lang]


def lang_of(code: str) -> Lang:
    return _LANGS.get(code, "zh-Hans")


@lru_cache(maxsize=4096)
def short(entry_id: str) -> str:
    """An entry's id, or a digest of it where it would not fit."""
    if len(entry_id) <= _LONGEST_ID and entry_id.isascii():
        return entry_id
    return "#" + hashlib.sha256(entry_id.encode()).hexdigest()[:16]


def unshort(key: str, entry_ids: Iterable[str]) -> str:
    return next((e for e in entry_ids if short(e) == key), "") if key.startswith("#") else key
