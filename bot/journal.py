"""How far each answer is, noted the moment it changes: a line in a file, which costs microseconds.

    +7   the answer to update 7 is about to leave    7    it left
    -7   it did not leave after all (refused)        ?7   a crash came while it was leaving, once

A transaction of the store takes a thread and a millisecond, in which a crash cannot tell whether an answer went out.
This file closes that gap: it is written on the spot, and the store learns of many answers at once, a little later.
What a killed process wrote is in the hands of the operating system and there at the next start. Bare update ids, no
more; whenever the store has caught up, the file is cut down to what is leaving at that moment.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True, slots=True)
class Left:
    """What a stopped process left: answered; in the middle of leaving; so at a crash before."""

    done: set[int] = field(default_factory=set)
    sending: set[int] = field(default_factory=set)
    doubted: set[int] = field(default_factory=set)

    def add(self, line: bytes) -> None:
        """A line that a full disk cut off is passed over."""
        sign, digits = line[:1], line.lstrip(b"+-?")
        if not digits.isdigit():
            return
        update_id = int(digits)
        if sign == b"?":
            self.doubted.add(update_id)
        elif sign == b"+":
            self.sending.add(update_id)
        else:
            self.sending.discard(update_id)
            if sign != b"-":
                self.done.add(update_id)


class Journal:
    """One process at a time: `open` says False when another one has it, or when the folder cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def open(self) -> bool:
        if sys.platform == "win32":
            return False
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def read(self) -> Left:
        """What was noted and not cut away."""
        left = Left()
        if self._file is not None:
            with contextlib.suppress(OSError):
                for line in os.pread(self._file, os.fstat(self._file).st_size, 0).split(b"\n")[:-1]:
                    left.add(line)
        return left

    def sending(self, update_id: int) -> None:
        self._note(b"+%d\n" % update_id)

    def not_sent(self, update_id: int) -> None:
        self._note(b"-%d\n" % update_id)

    def done(self, update_id: int) -> bool:
        """False when it could not be written."""
        return self._note(b"%d\n" % update_id)

    def cut(self, *, sending: Collection[int], doubted: Collection[int]) -> None:
        """The store knows the rest."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            if sending or doubted:
                self._note(b"".join([*(b"?%d\n" % each for each in doubted), *(b"+%d\n" % each for each in sending)]))

    def close(self) -> None:
        """Gives it up to the next process."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _note(self, lines: bytes) -> bool:
        if self._file is None:
            return False
        try:
            return os.write(self._file, lines) == len(lines)
        except OSError:
            return False
