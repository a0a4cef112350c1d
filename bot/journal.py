"""How far each answer is, noted the moment it changes: a line in a file, which costs microseconds.

    +7   the answer to update 7 is being sent       7    it was sent
    -7   it was not sent after all (refused)        ?7   a crash came while it was being sent, once

A transaction of the store takes a thread and a millisecond, in which a crash cannot tell whether an answer went out.
This file closes that gap: it is written on the spot, and the store learns of many answers at once, a little later.
What a killed process wrote is in the hands of the operating system and there at the next start. Bare update ids, no
more; the file is emptied whenever the store has caught up.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True, slots=True)
class Left:
    """What a stopped process left: answered; in the middle of sending; so once before."""

    done: set[int]
    sending: set[int]
    doubted: set[int]

    def add(self, sign: bytes, update_id: int) -> None:
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
        """What was noted and not cleared. A line that a full disk cut off is passed over."""
        left = Left(set(), set(), set())
        if self._file is None:
            return left
        with contextlib.suppress(OSError):
            for line in os.pread(self._file, os.fstat(self._file).st_size, 0).split(b"\n")[:-1]:
                sign, digits = line[:1], line.lstrip(b"+-?")
                if digits.isdigit():
                    left.add(sign, int(digits))
        return left

    def sending(self, update_id: int) -> None:
        self._note(b"+%d\n" % update_id)

    def not_sent(self, update_id: int) -> None:
        self._note(b"-%d\n" % update_id)

    def in_doubt(self, update_id: int) -> None:
        self._note(b"?%d\n" % update_id)

    def done(self, update_id: int) -> bool:
        """False when it could not be written."""
        return self._note(b"%d\n" % update_id)

    def _note(self, line: bytes) -> bool:
        if self._file is None:
            return False
        try:
            return os.write(self._file, line) == len(line)
        except OSError:
            return False

    def clear(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Gives it up to the next process."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
