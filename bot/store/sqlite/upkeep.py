"""Check, online backup, restore."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot.errors import StoreBusy, StoreError
from bot.store.sqlite import schema
from bot.store.sqlite.engine import Engine, create_file, explain

log = logging.getLogger(__name__)

_MAX_FINDINGS = 20


def check(engine: Engine) -> list[str]:
    """What is wrong, a line each; empty when sound."""
    if not engine.path.exists():
        return [f"{engine.path} does not exist yet; run: python -m bot db migrate"]
    try:
        with engine.read() as connection:
            return _findings(connection)
    except StoreError as error:
        return [str(error)]


def _findings(connection: sqlite3.Connection) -> list[str]:
    seen = schema.applied(connection)
    newer = schema.newer_than_program(seen)
    if newer:
        return [newer]
    missing = schema.pending(connection)
    if missing:
        return [f"migrations are missing ({', '.join(missing)}); run: python -m bot db migrate"]
    damage = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MAX_FINDINGS})")]
    findings = [] if damage == ["ok"] else [f"damaged: {line}; restore a backup" for line in damage]
    for table, count in connection.execute(
        'SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1'
    ):
        findings.append(f"{table}: {count} rows refer to something that is gone; restore a backup")
    (wrong,) = connection.execute(
        "SELECT count(*) FROM question_group g WHERE g.state IN ('open', 'claimed') AND (g.questions, g.askers) <>"
        " (SELECT count(*), count(DISTINCT u.asker) FROM unanswered u WHERE u.group_id = g.id)"
    ).fetchone()
    if wrong:
        findings.append(f"question_group: the counts of {wrong} groups do not match their questions; report this")
    return findings


def backup(engine: Engine, target: str) -> None:
    """To a file of its own (no log beside it), complete or not there at all."""
    path = Path(target).absolute()
    if not path.parent.is_dir():
        raise StoreError(f"{path.parent} does not exist; create the folder first")
    if not engine.path.exists():
        raise StoreError(f"{engine.path} does not exist yet; there is nothing to back up")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))  # holds the name
    except FileExistsError:
        raise StoreError(f"{path} exists already; give another name, a backup is never overwritten") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); choose another folder") from None
    partial = path.with_name(path.name + ".partial")
    try:
        with engine.read() as source:
            _copy(source, partial)
        os.replace(partial, path)
    except BaseException:
        for leftover in (partial, path):
            leftover.unlink(missing_ok=True)
        raise


def restore(engine: Engine, source: str) -> None:
    """Verifies the backup, then swaps the files; nothing is touched unless the backup is sound."""
    path = Path(source).absolute()
    if not path.is_file():
        raise StoreError(f"{path}: there is no such backup")
    if engine.path.exists() and os.path.samefile(path, engine.path):
        raise StoreError(f"{path} is the database itself; name a backup")
    folder = engine.path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be created ({error.strerror})") from None
    copy = engine.path.with_name(engine.path.name + ".restoring")
    copy.unlink(missing_ok=True)
    try:
        with _errors(path), contextlib.closing(_open_backup(path)) as connection:
            _verify(connection, path)
            _copy(connection, copy)
        with engine.offline():
            _set_aside(engine.path)
            os.replace(copy, engine.path)
    finally:
        copy.unlink(missing_ok=True)


def _open_backup(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _verify(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN")  # what is verified is what is copied
    seen = schema.applied(connection)
    if not seen:
        raise StoreError(f"{path} is a database, but not a backup of this program")
    newer = schema.newer_than_program(seen)
    if newer:
        raise StoreError(newer)
    damage = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    if damage != ["ok"] or connection.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError(f"{path} is damaged and was not restored; take an older backup")


def _copy(source: sqlite3.Connection, path: Path) -> None:
    path.unlink(missing_ok=True)  # what a killed run left
    create_file(path)
    with _errors(path), contextlib.closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, readable from a read-only disk


def _set_aside(path: Path) -> None:
    """The old database under a free name; refused while another process has it open."""
    if not path.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=1)) as connection:
            # Leaving WAL needs the file for oneself, and takes the log into the file.
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        failure = explain(error, path)
        if isinstance(failure, StoreBusy):
            raise StoreBusy(f"{path} is in use; stop the service, restore, and start it again") from None
        log.warning("the database to be replaced is damaged itself; it is set aside as it is")
    aside = path.with_name(path.name + ".before-restore")
    number = 2
    while aside.exists():
        aside = path.with_name(f"{path.name}.before-restore-{number}")
        number += 1
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            os.replace(part, aside.with_name(aside.name + suffix))
    log.info("the database before the restore is kept as %s", aside.name)


@contextlib.contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path) from error
