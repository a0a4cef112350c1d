"""Tables and their migrations: forward only, applied together in one transaction.

STRICT tables refuse a value of the wrong type. No full-text index holds residents' words: SQLite before 3.42
leaves the terms of deleted rows in it, and `/forget` must leave nothing (search: `queue.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from bot.errors import StoreError

_FAQ = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 0), ('vacuumed_at', 0), ('scrub_due', 0);

CREATE TABLE entry (
    id TEXT PRIMARY KEY, topic TEXT NOT NULL, body TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision > 0),
    state TEXT NOT NULL CHECK (state IN ('published', 'withdrawn', 'retired')),
    file_hash TEXT NOT NULL, updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL
) STRICT;

CREATE TABLE revision (
    entry_id TEXT NOT NULL REFERENCES entry (id), revision INTEGER NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    editor TEXT NOT NULL, publisher TEXT NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (entry_id, revision)
) STRICT;

CREATE TABLE document (
    path TEXT PRIMARY KEY, text TEXT NOT NULL, text_hash TEXT NOT NULL, file_hash TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;

CREATE TABLE draft (
    id TEXT PRIMARY KEY, entry_id TEXT NOT NULL, base_revision INTEGER NOT NULL, body TEXT NOT NULL,
    editor TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'published', 'discarded')),
    version INTEGER NOT NULL, group_id TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    replay TEXT
) STRICT;
CREATE INDEX draft_state ON draft (state, updated_at);
"""

_TURNS = """
CREATE TABLE turn (
    id TEXT PRIMARY KEY, channel TEXT NOT NULL, chat TEXT NOT NULL, message TEXT NOT NULL, asker TEXT NOT NULL,
    at INTEGER NOT NULL, day TEXT NOT NULL, lang TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, masked TEXT,
    entry_ids TEXT NOT NULL, topics TEXT NOT NULL, nearest TEXT NOT NULL, confidence REAL NOT NULL,
    group_id TEXT NOT NULL, choice TEXT NOT NULL,
    UNIQUE (chat, channel, message)
) STRICT;
CREATE INDEX turn_at ON turn (at);
CREATE INDEX turn_asker ON turn (asker);

CREATE TABLE context (
    id INTEGER PRIMARY KEY, chat TEXT NOT NULL, turn_id TEXT NOT NULL, at INTEGER NOT NULL, masked TEXT NOT NULL
) STRICT;
CREATE INDEX context_chat ON context (chat, at);
CREATE INDEX context_turn ON context (turn_id);
CREATE INDEX context_at ON context (at);

CREATE TABLE feedback (
    turn_id TEXT NOT NULL, asker TEXT NOT NULL, helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)),
    missing TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (turn_id, asker)
) STRICT;
CREATE INDEX feedback_asker ON feedback (asker);
CREATE INDEX feedback_at ON feedback (at);

CREATE TABLE day_count (
    day TEXT NOT NULL, channel TEXT NOT NULL, lang TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
    topic TEXT NOT NULL, n INTEGER NOT NULL, helpful INTEGER NOT NULL, unhelpful INTEGER NOT NULL,
    PRIMARY KEY (day, channel, lang, kind, reason, topic)
) STRICT, WITHOUT ROWID;

CREATE TABLE preference (
    asker TEXT PRIMARY KEY, lang TEXT NOT NULL, elder INTEGER NOT NULL, quiz TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

_QUEUE = """
CREATE TABLE question_group (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, title_id TEXT NOT NULL, reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'claimed', 'answered', 'dismissed', 'merged')),
    questions INTEGER NOT NULL DEFAULT 0, askers INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
    weight REAL NOT NULL, growth INTEGER NOT NULL DEFAULT 0, grown_day TEXT NOT NULL,
    harm REAL NOT NULL DEFAULT 0, nearest TEXT NOT NULL,
    claimed_by TEXT NOT NULL DEFAULT '', claimed_at INTEGER NOT NULL DEFAULT 0,
    closed_by TEXT NOT NULL DEFAULT '', closed_at INTEGER NOT NULL DEFAULT 0,
    resolution TEXT NOT NULL DEFAULT '', merged_into TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX question_group_rank ON question_group (state, harm DESC, last_seen DESC);
CREATE INDEX question_group_merged ON question_group (merged_into) WHERE merged_into <> '';

CREATE TABLE group_day (
    group_id TEXT NOT NULL REFERENCES question_group (id) ON DELETE CASCADE, day TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (group_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE unanswered (
    id TEXT PRIMARY KEY, turn_id TEXT NOT NULL UNIQUE, masked TEXT NOT NULL, lang TEXT NOT NULL,
    channel TEXT NOT NULL, asker TEXT NOT NULL, at INTEGER NOT NULL, day TEXT NOT NULL, reason TEXT NOT NULL,
    nearest TEXT NOT NULL, group_id TEXT NOT NULL REFERENCES question_group (id)
) STRICT;
CREATE INDEX unanswered_group_asker ON unanswered (group_id, asker);
CREATE INDEX unanswered_group_at ON unanswered (group_id, at);
CREATE INDEX unanswered_asker ON unanswered (asker);
CREATE INDEX unanswered_at ON unanswered (at);

CREATE TABLE wish (
    id TEXT PRIMARY KEY, channel TEXT NOT NULL, chat_id TEXT NOT NULL, asker TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES question_group (id) ON DELETE CASCADE, lang TEXT NOT NULL, at INTEGER NOT NULL,
    UNIQUE (group_id, channel, chat_id)
) STRICT;
CREATE INDEX wish_asker ON wish (asker);
"""

_STAFF = """
CREATE TABLE staff (
    name TEXT PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('editor', 'admin')), telegram_id INTEGER,
    added_at INTEGER NOT NULL, removed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX staff_telegram ON staff (telegram_id) WHERE removed_at = 0;

CREATE TABLE link (
    token_hash TEXT PRIMARY KEY, name TEXT NOT NULL REFERENCES staff (name), expires_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX link_name ON link (name);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY, name TEXT NOT NULL REFERENCES staff (name), created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_name ON session (name);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
    target TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
"""

_BOXES = """
CREATE TABLE inbox (
    update_id INTEGER PRIMARY KEY, chat_id TEXT, body TEXT, at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX inbox_pending ON inbox (update_id) WHERE done = 0;
CREATE INDEX inbox_done ON inbox (at) WHERE done = 1;

CREATE TABLE outbox (
    id TEXT PRIMARY KEY, channel TEXT NOT NULL, chat_id TEXT NOT NULL, asker TEXT NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL, due_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'sent', 'uncertain', 'failed')),
    attempts INTEGER NOT NULL, note TEXT NOT NULL, group_id TEXT NOT NULL, claimed_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_due ON outbox (state, due_at);
CREATE INDEX outbox_group ON outbox (group_id) WHERE group_id <> '';
CREATE INDEX outbox_asker ON outbox (asker) WHERE asker <> '';
"""


def first(db: Database) -> None:
    """Everything of version 0.1."""
    for script in (_FAQ, _TURNS, _QUEUE, _STAFF, _BOXES):
        for statement in script.split(";\n"):  # not executescript: it would commit the transaction
            if statement.strip():
                db.conn.execute(statement)


def answered_in(db: Database) -> None:
    """Which message has the answer to a turn."""
    db.conn.execute("ALTER TABLE turn ADD COLUMN answered_in TEXT NOT NULL DEFAULT ''")


def figures(db: Database) -> None:
    """What the overview shows at once: counts of a day summed by one key, and what rises by day."""
    db.conn.execute(
        "CREATE TABLE day_sum (name TEXT NOT NULL, day TEXT NOT NULL, value TEXT NOT NULL, kind TEXT NOT NULL,"
        " reason TEXT NOT NULL, n INTEGER NOT NULL, helpful INTEGER NOT NULL, unhelpful INTEGER NOT NULL,"
        " PRIMARY KEY (name, day, value, kind, reason)) STRICT, WITHOUT ROWID"
    )
    for name in ("channel", "lang", "topic"):
        db.conn.execute(
            f"INSERT INTO day_sum SELECT '{name}', day, {name}, kind, reason, sum(n), sum(helpful), sum(unhelpful)"
            f" FROM day_count GROUP BY day, {name}, kind, reason"
        )
    db.conn.execute("CREATE INDEX group_day_day ON group_day (day)")


def forgotten(db: Database) -> None:
    """Who asked to be forgotten a moment ago, as a digest, for what still waits in a service's memory."""
    db.conn.execute("CREATE TABLE forgotten (mark TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID")


#: In order; add at the end, change none that was released.
MIGRATIONS: tuple[tuple[str, Callable[[Database], None]], ...] = (
    ("0001_first", first),
    ("0002_answered_in", answered_in),
    ("0003_figures", figures),
    ("0004_forgotten", forgotten),
)

_set = Migrations("bot")
for _name, _function in MIGRATIONS:
    _set(name=_name)(_function)


def applied(connection: sqlite3.Connection) -> list[str]:
    """Names of the migrations this database has seen, in order; empty for a database that is not ours."""
    return [row.name for row in _set.applied(Database(connection, execute_plugins=False))]


def pending(connection: sqlite3.Connection) -> list[str]:
    """Names of the migrations still to apply. StoreError when the database is newer than the program."""
    seen = applied(connection)
    newer = newer_than_program(seen)
    if newer:
        raise StoreError(newer)
    return [name for name, _ in MIGRATIONS if name not in seen]


def newer_than_program(seen: list[str]) -> str:
    """A sentence when a later version of the program has migrated the database, '' otherwise."""
    unknown = [name for name in seen if name not in {known for known, _ in MIGRATIONS}]
    if not unknown:
        return ""
    return (
        f"the database was made by a newer version of the program (it has {', '.join(unknown)}); "
        "install that version, or restore a backup from before the update"
    )


def apply(db: Database) -> list[str]:
    """Applies what is pending. The caller holds BEGIN IMMEDIATE, so that of several processes one applies."""
    names = pending(db.conn)
    if names:
        _set.apply(db)
    return names
