"""Which handler answers what: one table, read from top to bottom, the first that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.channels.telegram.desk import Desk, Handler
from bot.channels.telegram.handlers import commands, groups, inline, media, pressed, questions, quiz, staff, typed
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.outgoing import Out

COMMANDS: Final[Mapping[str, Handler]] = {
    "start": commands.start,
    "help": commands.help_,
    "topics": commands.topics,
    "urgent": commands.urgent,
    "lang": commands.language,
    "privacy": commands.privacy,
    "forget": commands.forget,
    "quiz": quiz.quiz,
    "verify": commands.verify,
    "whoami": commands.whoami,
    "review": staff.review,
    "console": staff.console,
    "stats": staff.stats,
}
STAFF_COMMANDS: Final = ("review", "console", "stats")
RESIDENT_COMMANDS: Final = tuple(name for name in COMMANDS if name not in STAFF_COMMANDS)
#: What a group is offered; the rest is answered with "write to me in private" or not worth a group's time.
GROUP_COMMANDS: Final = ("urgent", "topics", "help", "verify")


def _typed(incoming: Incoming) -> bool:
    """Words that name a command, written or said to the bot: not those that somebody else wrote."""
    plain = incoming.kind == "message" and incoming.content == "text" and not incoming.forwarded
    return plain and bool(typed.command_of(incoming.text))


def _typed_command(desk: Desk, incoming: Incoming) -> list[Out]:
    return COMMANDS[typed.command_of(incoming.text)](desk, replace(incoming, text=""))


def _command(desk: Desk, incoming: Incoming) -> list[Out]:
    return COMMANDS.get(incoming.command, commands.unknown_command)(desk, incoming)


TABLE: Final[tuple[tuple[Callable[[Incoming], bool], Handler], ...]] = (
    (lambda i: i.kind == "inline", inline.inline),
    (lambda i: i.kind == "member", groups.member),
    (lambda i: i.kind == "press", pressed.press),
    # Before everything typed: in the reply to "what was missing?" a line of any form is the answer.
    (lambda i: i.tag.startswith("missing-") and bool(i.text), questions.missing),
    (lambda i: i.tag.startswith("once-") and bool(i.text), staff.answer_once),
    # Before the questions, which take any text.
    (lambda i: bool(i.command), _command),
    (_typed, _typed_command),
    # Before captions: the warning stands before the answer to what was written with the file.
    (lambda i: i.content == "program", media.program),
    (lambda i: bool(i.text.strip()), questions.question),
    # A group's member who names the bot and says nothing; in private an empty text cannot be sent.
    (lambda i: i.content == "text", groups.how),
    # What is left has no words.
    (lambda i: True, media.unreadable),
)


#: What asks the models; everything else is answered while they are being fitted for the first time.
ASKING: Final = (questions.question, media.program, inline.inline)


def answer(desk: Desk, incoming: Incoming) -> list[Out]:
    return _handler(incoming)(desk, incoming)


def asks(incoming: Incoming) -> bool:
    return _handler(incoming) in ASKING and bool(incoming.text.strip())


def _handler(incoming: Incoming) -> Handler:
    return next(handler for fits, handler in TABLE if fits(incoming))
