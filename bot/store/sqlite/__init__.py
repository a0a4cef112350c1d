"""The store on one SQLite file: the embedded default, no server to run.

engine     connections, transactions, errors          grouping   bookkeeping of question groups
schema     tables and migrations                      retention  /forget and what expires
faq, turns, queue, staff, inbox                       upkeep     check, backup, restore
"""

from __future__ import annotations

import os

from bot.store.sqlite import codec, schema, upkeep
from bot.store.sqlite.engine import Engine
from bot.store.sqlite.faq import SqliteFaq
from bot.store.sqlite.inbox import SqliteInbox, SqliteOutbox
from bot.store.sqlite.queue import SqliteQueue
from bot.store.sqlite.staff import SqliteStaff
from bot.store.sqlite.turns import SqliteTurns

__all__ = ["SqliteStore"]


class SqliteStore:
    """`base.Store`. Safe to share between threads; several processes may use one file.

    The file and its folder are created at the first call that needs them (`migrate`). ``busy_seconds``: how long
    a write waits for another process before StoreBusy.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, timezone: str = "Asia/Shanghai", busy_seconds: float = 5.0
    ) -> None:
        self._engine = Engine(path, busy_seconds=busy_seconds)
        self.faq = SqliteFaq(self._engine)
        self.turns = SqliteTurns(self._engine, codec.Days(timezone))
        self.queue = SqliteQueue(self._engine)
        self.staff = SqliteStaff(self._engine)
        self.inbox = SqliteInbox(self._engine)
        self.outbox = SqliteOutbox(self._engine)

    def migrate(self) -> list[str]:
        """Applies what is pending; names of the migrations applied. Processes may start together: one applies."""
        with self._engine.read() as connection:
            if not schema.pending(connection):
                return []  # without waiting for whoever writes
        with self._engine.errors(), self._engine.exclusive() as db:
            db.conn.execute("BEGIN IMMEDIATE")
            try:
                names = schema.apply(db)
                db.conn.execute("COMMIT")
            except BaseException:
                if db.conn.in_transaction:
                    db.conn.execute("ROLLBACK")
                raise
        return names

    def check(self) -> list[str]:
        """Integrity findings; empty when sound."""
        return upkeep.check(self._engine)

    def backup(self, path: str) -> None:
        """A consistent copy while the service runs; never over an existing file."""
        upkeep.backup(self._engine, path)

    def restore(self, path: str) -> None:
        """Puts a backup in place of the database. The service must be stopped; the old file stays beside the new
        one as ``*.before-restore``."""
        upkeep.restore(self._engine, path)
        self.migrate()

    def close(self) -> None:
        """Closes every connection. May be called again."""
        self._engine.close()
