"""One writer, a pool of readers, one SQLite file; what goes wrong becomes a sentence that says what to do.

Why so: a deferred transaction that reads and then writes fails at once when another connection wrote in between,
whatever the busy timeout; so every write starts with BEGIN IMMEDIATE, on the one writer connection of the process.
Readers see a snapshot each and never wait. A reader is lent to one thread at a time and then used again: a
connection a thread would leave one open for every thread that ended.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlite_utils import Database

from bot.errors import StoreBusy, StoreError

log = logging.getLogger(__name__)

_PRAGMAS = (
    "foreign_keys=ON",
    "synchronous=NORMAL",  # with WAL: a power cut may take the last moments, never the file
    "secure_delete=ON",
    "wal_autocheckpoint=4000",  # pages; a question touches a dozen, mostly the same ones: fewer, larger syncs
    "cache_size=-16000",  # kB
)
_IDLE_READERS = 8  # kept open; a burst of threads opens more, and they are closed when it is over


class Engine:
    """The connections to one database file. Opened (and created) at first use: a damaged one can still be replaced."""

    def __init__(self, path: str | os.PathLike[str], *, busy_seconds: float = 5.0) -> None:
        if str(path) == ":memory:":
            raise StoreError("a database in memory is not supported; give the path of a file in BOT_DATABASE")
        self.path = Path(path).absolute()
        self._busy = busy_seconds
        self._lock = threading.Lock()  # around the writer
        self._writer: Database | None = None
        self._pool_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._joined = threading.local()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction on the writer: committed at the end, rolled back on any error. Inside of `together` it is
        a part of that one."""
        joined: sqlite3.Connection | None = getattr(self._joined, "tx", None)
        if joined is not None:
            with self.errors():
                yield joined
            return
        with self.errors(), self.exclusive() as db:
            tx = db.conn
            tx.execute("BEGIN IMMEDIATE")
            try:
                yield tx
                tx.execute("COMMIT")
            except BaseException:
                if tx.in_transaction:  # a full disk has rolled back by itself
                    tx.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Everything that this thread writes inside is one transaction. For short things only: nobody else writes."""
        with self.write() as tx:
            self._joined.tx = tx
            try:
                yield
            finally:
                self._joined.tx = None

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One snapshot: what several statements inside see belongs together."""
        with self.errors():
            connection = self._borrow()
            sound = False
            try:
                connection.execute("BEGIN")
                yield connection
                sound = True
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._give_back(connection, sound)

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """What one statement finds. It is a snapshot by itself: no transaction around it, half the cost."""
        with self.errors():
            connection = self._borrow()
            try:
                found = connection.execute(sql, values).fetchall()
            except BaseException:
                self._give_back(connection, False)
                raise
            self._give_back(connection, True)
            return found

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[Database]:
        """The writer without a transaction: for migrations, VACUUM and checkpoints. Not to be nested."""
        if not self._lock.acquire(timeout=self._busy + 25):
            raise StoreBusy(f"{self.path}: this process is still busy writing; try again in a moment")
        try:
            yield self._open_writer()
        finally:
            self._lock.release()

    def scrub(self, *, vacuum: bool) -> bool:
        """Takes deleted words out of the files: False when another process held it up (the next scrub does it).

        ``secure_delete`` zeroes what is deleted, but a page that was split earlier may hold a second copy (measured:
        1 of 3,000 texts), which only VACUUM removes; and the write-ahead log keeps old pages until it is cut to zero.
        """
        try:
            with self.errors(), self.exclusive() as db:
                if vacuum:
                    db.conn.execute("VACUUM")
                busy = db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except StoreError as error:
            log.warning("deleted rows are not yet out of the database files: %s", error)
            return False
        if busy:
            log.warning("deleted rows are still in the write-ahead log: another connection reads; retried later")
        return not busy

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turns what SQLite and the driver raise into StoreError."""
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.path) from error
        except (UnicodeEncodeError, OverflowError) as error:
            raise StoreError(f"a value cannot be stored ({type(error).__name__}); the record was not written") from None

    def close(self) -> None:
        """Closes every connection; later calls raise StoreError. May be called again."""
        self._closed = True
        with self.offline():
            pass

    @contextlib.contextmanager
    def offline(self) -> Iterator[None]:
        """No connection of this process is open, and none is opened, until the end: to replace the file."""
        with self._lock:
            self._disconnect()
            yield

    def _disconnect(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        with self._pool_lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def connect(self, path: Path | None = None) -> sqlite3.Connection:
        """A connection with this program's pragmas; transactions only where BEGIN says so."""
        connection = sqlite3.connect(
            path or self.path, timeout=self._busy, isolation_level=None, check_same_thread=False
        )
        try:
            connection.row_factory = sqlite3.Row
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    # ------------------------------------------------------------ private
    def _open_writer(self) -> Database:
        """Called with the lock held."""
        if self._closed:
            raise StoreError("the database was closed; start the program again")
        if self._writer is None:
            create_file(self.path)
            connection = self.connect()
            try:
                self._enable_wal(connection)
                self._writer = Database(connection, execute_plugins=False, strict=True)
            except BaseException:
                connection.close()
                raise
        return self._writer

    def _enable_wal(self, connection: sqlite3.Connection) -> None:
        """The busy timeout does not cover this switch, and processes that start together race for it."""
        deadline = time.monotonic() + self._busy
        while True:
            try:
                mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        if mode != "wal":
            raise StoreError(f"{self.path}: this file system cannot share a database; move the file to a local disk")

    def _borrow(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError("the database was closed; start the program again")
        with self._pool_lock:
            if self._idle:
                return self._idle.pop()
        if self._writer is None:  # it creates the file and switches to WAL
            with self.exclusive():
                pass
        connection = self.connect()
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection, sound: bool) -> None:
        if sound:
            with self._pool_lock:
                if not self._closed and len(self._idle) < _IDLE_READERS:
                    self._idle.append(connection)
                    return
        connection.close()


def create_file(path: Path) -> None:
    """An empty file that only the service's user can read, and its folder. An existing file is not touched:
    opening and closing it here would drop the locks that SQLite holds on it in this process."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_dir():
            raise StoreError(f"{path} is a folder; BOT_DATABASE must name a file")
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not path.parent.is_dir():
            raise StoreError(f"{path.parent} is not a folder; give another path in BOT_DATABASE") from None
    except OSError as error:
        raise StoreError(
            f"{path} cannot be created ({error.strerror}); "
            "give the service's user write permission on the folder, or another path in BOT_DATABASE"
        ) from None


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """The sentence for a person; never a value that was to be stored."""
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code is None:
        if "closed database" in str(error):
            return StoreError("the database was closed; start the program again")
        return StoreError(f"{path}: the database refused the call ({type(error).__name__}); report this")
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(f"{path} is held by another program; try again in a moment, or end what keeps it open")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreError(
                f"{path} cannot be written; give the service's user write permission on the file and its folder"
            )
        case sqlite3.SQLITE_FULL:
            return StoreError(f"{path}: the disk is full; free some space, the last change was not saved")
        case sqlite3.SQLITE_CORRUPT:
            return StoreError(
                f"{path} is damaged; stop the service and restore a backup: python -m bot db restore FILE"
            )
        case sqlite3.SQLITE_NOTADB:
            return StoreError(f"{path} is not a database; correct BOT_DATABASE, or restore a backup over it")
        case sqlite3.SQLITE_CANTOPEN:
            return StoreError(f"{path} cannot be opened; check that its folder exists and may be written")
        case sqlite3.SQLITE_IOERR:
            return StoreError(f"{path}: reading or writing the disk failed ({name}); check the disk")
        case sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISMATCH:
            return StoreError(f"{path}: a record breaks a rule of the database and was not written ({_rule(error)})")
    if "no such table" in str(error) or "no such column" in str(error):
        return StoreError(f"{path} has no tables of this version yet; run: python -m bot db migrate")
    return StoreError(f"{path}: the database failed ({name})")


# Names of tables and columns only. What a trigger, an extension or a function says may hold a value.
_RULE = re.compile(
    r"(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY|PRIMARY KEY) constraint failed(?:: [\w., ]+)?"
    r"|cannot store \w+ value in \w+ column [\w.]+"
)


def _rule(error: sqlite3.Error) -> str:
    found = _RULE.match(str(error))
    return found.group() if found else type(error).__name__
