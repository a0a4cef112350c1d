"""What the bot cannot read: a kind word, what to do instead, and what to do meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.channels.telegram.desk import Desk
from bot.channels.telegram.handlers.commands import main_menu
from bot.channels.telegram.handlers.questions import question
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.outgoing import Out
from bot.channels.telegram.render import bold, escape

#: Kind of message -> the sentence; what is urgent all the same follows it, except under a sticker.
SENTENCES: Final = {
    "photo": "cannot.photo",
    "voice": "cannot.voice",
    "video": "cannot.video",
    "file": "cannot.file",
    "contact": "telegram.contact",
    "location": "telegram.location",
    "poll": "telegram.poll",
    "sticker": "telegram.sticker",
    "other": "cannot.other",
}


def unreadable(desk: Desk, incoming: Incoming) -> list[Out]:
    lang = desk.lang(incoming)
    words = [desk.text(SENTENCES.get(incoming.content, "cannot.other"), lang)]
    if incoming.content != "sticker":
        words.append(desk.text("cannot.meanwhile", lang))
    return [desk.say(incoming, escape("\n\n".join(words)), main_menu(lang))]


def program(desk: Desk, incoming: Incoming) -> list[Out]:
    """An app or a program as a file: the warning comes first, then the answer to what was written with it."""
    lang = desk.lang(incoming)
    first, _, rest = desk.text("telegram.program", lang).partition("\n")
    warning = desk.say(incoming, f"{bold(first)}\n{escape(rest)}", main_menu(lang))
    if not incoming.text.strip():
        return [warning]
    # Remembered for an edit is the answer, not the warning.
    return [replace(warning, answers=0, quote=False), *question(desk, incoming)]
