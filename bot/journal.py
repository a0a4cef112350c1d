"""Which updates were answered, noted the moment they are: a line in a file, which costs microseconds.

A transaction of the store takes a thread and a millisecond, in which a crash cannot tell whether an answer went out.
This file closes that gap: it is written on the spot, and the store learns of many answers at once, a little later.
What a killed process wrote is in the hands of the operating system and there at the next start. Bare update ids, no
more; the file is emptied whenever the store has caught up.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl


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

    def read(self) -> list[int]:
        """What was noted and not cleared. A line that a full disk cut off is passed over."""
        if self._file is None:
            return []
        with contextlib.suppress(OSError):
            lines = os.pread(self._file, os.fstat(self._file).st_size, 0).split(b"\n")[:-1]
            return [int(line) for line in lines if line.isdigit()]
        return []

    def note(self, update_id: int) -> bool:
        """False when it could not be written."""
        if self._file is None:
            return False
        line = b"%d\n" % update_id
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
