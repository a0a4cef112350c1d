"""What could have been pressed and was typed instead: the words of a command, the number of a choice."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bot.channels.telegram.desk import Desk
from bot.channels.telegram.incoming import Incoming
from bot.conversation import NONE
from bot.core.reply import LANGS, Reply
from bot.core.text import to_hans
from bot.core.texts import has, t

#: Commands that have words of their own (`typed.<command>`); the label of their button counts, too. A cry for help is
#: none of them: it may end a story, and then the story is answered.
COMMANDS: Final = ("topics", "help", "lang", "privacy", "forget", "quiz", "verify")
_LONGEST: Final = 20
_AROUND: Final = re.compile(r"^[\s/／]+|[\s。.!！?？~～、,，]+$")
_NUMBER: Final = re.compile(r"(?:第|选)?\s*([0-9０-９]|[一二三四])\s*(?:个|种|条|项|号)?")
_CHINESE: Final = {"一": 1, "二": 2, "三": 3, "四": 4}


def command_of(text: str) -> str:
    """The command that a text of a few words names; '' if none."""
    return _commands().get(_plain(text), "") if len(text) <= _LONGEST else ""


@cache
def _commands() -> dict[str, str]:
    """Words -> command."""
    out: dict[str, str] = {}
    for command in COMMANDS:
        for lang in LANGS:
            words = [*t(f"typed.{command}", lang).split("|"), t(f"command.{command}", lang)]
            words += [t(f"menu.{command}", lang)] if has(f"menu.{command}") else []
            out.update({_plain(word): command for word in words})
    return out


def picked(desk: Desk, incoming: Incoming) -> Reply | None:
    """The card of the choice that was just offered, when its number is typed, or what follows "none of these"."""
    offered = desk.offered.get((incoming.chat, incoming.asker))
    if offered is None or incoming.kind != "message" or incoming.forwarded or len(incoming.text) > _LONGEST:
        return None
    turn, entries = offered
    choice = _choice(_plain(incoming.text), entries)
    return desk.conversation.choose(turn, choice, incoming.asker) if choice else None


def _choice(text: str, entries: tuple[str, ...]) -> str:
    if any(text == _plain(t("choose.none", lang)) for lang in LANGS):
        return NONE
    match = _NUMBER.fullmatch(text)
    number = (_CHINESE.get(match[1]) or int(match[1])) if match else 0
    return entries[number - 1] if 1 <= number <= len(entries) else ""


def _plain(text: str) -> str:
    return to_hans(_AROUND.sub("", text)).casefold()
