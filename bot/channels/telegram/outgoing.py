"""What a handler wants sent: values, so that handlers stay free of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.channels.telegram.buttons import Rows


@dataclass(frozen=True, slots=True)
class Say:
    """A message. ``answers``: the message it is the reply to, remembered for edits. ``quote``: shown as a reply to it.

    ``edit_reply``: replace the reply to ``answers`` if it is known, else the message ``edit``, else send. ``edit``:
    replace this message of ours. ``turn``: the recorded question that this is the answer to. ``ask``: open the keyboard
    for an answer to this very message.
    """

    chat: int
    html: str
    rows: Rows = ()
    answers: int = 0
    quote: bool = False
    edit_reply: bool = False
    edit: int = 0
    turn: str = ""
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """Ends the waiting of a pressed button; ``alert``: in a box that is closed by hand."""

    query: str
    text: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to an inline query."""

    query: str
    results: Sequence[Any]
    personal: bool
    seconds: int = 300
    next_page: int = 0  # 0: there is none


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing to send: what the process remembers of a chat goes."""

    chat: int


@dataclass(frozen=True, slots=True)
class Menu:
    """The commands that one chat is shown (staff see theirs)."""

    chat: int
    staff: bool


Out: TypeAlias = Say | Toast | Results | Forget | Menu
