"""What can go wrong, for whom.

An expected outcome (no match, rate limited) is a result; an exception is for what the caller cannot go on from.

    BotError                 shown to a person as one clear line that says what to do
    ├── SettingsError        settings missing or bad: all of them named at once (exit status 2)
    ├── UsageError           the command was called wrongly (exit status 2)
    ├── FaqError             faq/ files that cannot be read or are wrong; carries the problems
    ├── StoreError           the database cannot be opened, read or written
    │   └── StoreBusy        another process holds it; trying again later helps
    ├── StaleEdit            the entry moved on since this edit was begun
    ├── AlreadyDone          another editor was first; says who and when
    ├── NotAllowed           the person's role does not permit this
    ├── NotFound             no such entry, group, person ...
    └── Blocked              publishing is blocked; carries the reasons
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.entry import Problem


class BotError(Exception):
    """Base of every error that the bot raises on purpose; ``str(error)`` is fit for a person."""


class SettingsError(BotError):
    """Bad or missing settings. ``problems`` has one line for each; values are never part of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class UsageError(BotError):
    """A command was called wrongly."""


class FaqError(BotError):
    """The FAQ files are wrong. ``problems`` name file, key and remedy."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class StoreError(BotError):
    """The database cannot be opened, read or written."""


class StoreBusy(StoreError):
    """Another process holds the database; trying again later helps."""


class StaleEdit(BotError):
    """The entry moved on since this edit was begun.

    ``yours`` is the revision that the edit started from, ``current`` the published one.
    """

    def __init__(self, entry_id: str, yours: int, current: int) -> None:
        super().__init__(f"{entry_id}: this edit started from revision {yours}, the entry is at {current} now")
        self.entry_id, self.yours, self.current = entry_id, yours, current


class AlreadyDone(BotError):
    """Another editor was first. ``who`` did it, ``at`` is epoch seconds. ``claimed``: is at it, and not done yet."""

    def __init__(self, what: str, who: str, at: int, *, claimed: bool = False) -> None:
        super().__init__(f"{what}: {'claimed' if claimed else 'already done'} by {who}")
        self.what, self.who, self.at, self.claimed = what, who, at, claimed


class NotAllowed(BotError):
    """The person's role does not permit this."""


class NotFound(BotError):
    """No such entry, group, person or answer."""


class Blocked(BotError):
    """Publishing is blocked; ``reasons`` are lines for the editor."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)
