"""What is deleted when its time is over (contract, section 5), and what `/forget` deletes at once.

Deleting means gone from the files too: see `Engine.scrub`.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.sqlite import codec, grouping
from bot.store.sqlite.engine import Engine

DAY = 86_400
UPDATE_ID_DAYS = 1  # how long a bare update id is remembered, to know a redelivery
MARK_DAYS = 1  # how long a wish to be forgotten holds back what a service still had in memory
WISH_DAYS = 30
OUTBOX_DAYS = 30
AUDIT_DAYS = 730
_CHUNK = 5_000  # rows a transaction: after a long stop there may be a million, and residents' questions come in between


@dataclass(frozen=True, slots=True)
class Times:
    """Up to which moment each kind goes."""

    now: int
    words: int
    turns: int
    unanswered: int
    not_ours: int
    context: int

    @classmethod
    def of(cls, now: int, replay_days: int, retention_days: int, context_minutes: int) -> Times:
        words, context = now - replay_days * DAY, now - context_minutes * 60
        unanswered = now - retention_days * DAY
        return cls(
            now=now,
            words=words,
            # A turn without words stays as long as the conversation: its buttons work and it keeps redeliveries out.
            turns=min(words, context),
            unanswered=unanswered,
            # "Not ours" is a question of any kind, not one that waits for an editor.
            not_ours=max(words, unanswered),
            context=context,
        )


def was_forgotten(tx: sqlite3.Connection, who: Iterable[str], at: int) -> bool:
    """Whether one of these pseudonyms was forgotten at that moment or later."""
    return (
        tx.execute("SELECT 1 FROM forgotten WHERE mark IN (?, ?) AND at >= ?", (*map(_mark, who), at)).fetchone()
        is not None
    )


def _mark(who: str) -> str:
    """Not the pseudonym itself: after forgetting it stands nowhere."""
    return hashlib.sha256(str(who).encode()).hexdigest()


def forget(engine: Engine, askers: Sequence[str], chats: Sequence[str], *, at: int) -> dict[str, int]:
    """Everything of these pseudonyms, in one transaction; then the files are scrubbed."""
    of = {"askers": codec.ids(askers), "chats": codec.ids(chats)}
    asker = "asker IN (SELECT value FROM json_each(:askers))"
    chat = "chat IN (SELECT value FROM json_each(:chats))"
    with engine.write() as tx:
        tx.executemany(
            "INSERT INTO forgotten (mark, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
            [(_mark(who), at) for who in {*askers, *chats}] if at else (),
        )
        of["turns"] = codec.ids(row[0] for row in tx.execute(f"SELECT id FROM turn WHERE {asker} OR {chat}", of))
        by_turn = "turn_id IN (SELECT value FROM json_each(:turns))"
        groups = [
            row[0] for row in tx.execute(f"SELECT DISTINCT group_id FROM unanswered WHERE {asker} OR {by_turn}", of)
        ]
        gone = {
            "questions": _delete(tx, f"turn WHERE {asker} OR {chat}", of),
            "context": _delete(tx, f"context WHERE {chat} OR {by_turn}", of),
            "unanswered": _delete(tx, f"unanswered WHERE {asker} OR {by_turn}", of),
            "feedback": _delete(tx, f"feedback WHERE {asker} OR {by_turn}", of),
            "messages": _delete(
                tx,
                f"outbox WHERE {asker} OR (state <> 'sent' AND (channel, chat_id) IN"
                f" (SELECT channel, chat_id FROM wish WHERE {asker}))",
                of,
            ),
            "wishes": _delete(tx, f"wish WHERE {asker}", of),
            "preferences": _delete(tx, f"preference WHERE {asker}", of),
        }
        grouping.tidy(tx, groups)
        if gone["questions"]:  # a replay may quote questions; it is run again with one click
            tx.execute("UPDATE draft SET replay = NULL WHERE replay IS NOT NULL")
    if any(gone.values()) and not engine.scrub(vacuum=True):
        with engine.write() as tx:  # the next expire does not wait for its day
            tx.execute("UPDATE meta SET value = CASE key WHEN 'scrub_due' THEN 1 ELSE 0 END WHERE key <> 'generation'")
    return gone


def expire(engine: Engine, times: Times, *, today: str) -> dict[str, int]:
    """In small transactions, so that nobody waits long. Running it again deletes nothing more."""
    gone = {
        "words": _in_chunks(
            engine,
            "UPDATE turn SET masked = NULL WHERE id IN"
            " (SELECT id FROM turn WHERE at <= ? AND at > ? AND masked IS NOT NULL LIMIT ?)",
            (times.words, times.turns),
        ),
        "questions": _in_chunks(
            engine, "DELETE FROM turn WHERE id IN (SELECT id FROM turn WHERE at <= ? LIMIT ?)", (times.turns,)
        ),
        "context": _in_chunks(
            engine, "DELETE FROM context WHERE id IN (SELECT id FROM context WHERE at <= ? LIMIT ?)", (times.context,)
        ),
        "feedback": _in_chunks(
            engine,
            "DELETE FROM feedback WHERE rowid IN (SELECT rowid FROM feedback WHERE at <= ? LIMIT ?)",
            (times.unanswered,),
        ),
        "unanswered": _expire_unanswered(engine, times),
        "updates": _in_chunks(
            engine,
            "DELETE FROM inbox WHERE update_id IN (SELECT update_id FROM inbox WHERE done = 1 AND at <= ? LIMIT ?)",
            (times.now - UPDATE_ID_DAYS * DAY,),
        ),
    }
    with engine.write() as tx:
        gone |= _expire_small(tx, times)
        _refresh_ranks(tx, today)
    _scrub(engine, gone, times.now)
    return gone


def _expire_unanswered(engine: Engine, times: Times) -> int:
    """Past their time, or in a closed group. A dismissed group keeps its newest question, so that the like of it
    still finds the group and is not put before the editors again."""
    with engine.read() as connection:
        doomed = [
            row[0]
            for row in connection.execute(
                "SELECT u.id FROM unanswered u JOIN question_group g ON g.id = u.group_id"
                " WHERE u.at <= :unanswered OR g.state = 'answered'"
                " OR (u.at <= :not_ours AND u.reason = 'not_ours' AND g.reason = 'not_ours')"
                " OR (g.state = 'dismissed' AND u.id <> (SELECT v.id FROM unanswered v WHERE v.group_id = g.id"
                " ORDER BY v.at DESC, v.id DESC LIMIT 1))"
                " ORDER BY u.group_id",  # each group is counted anew once or twice, not in every chunk
                {"unanswered": times.unanswered, "not_ours": times.not_ours},
            )
        ]
    total = 0
    for start in range(0, len(doomed), _CHUNK):
        with engine.write() as tx:
            left = tx.execute(
                "DELETE FROM unanswered WHERE id IN (SELECT value FROM json_each(?)) RETURNING group_id",
                (codec.ids(doomed[start : start + _CHUNK]),),
            ).fetchall()
            grouping.tidy(tx, {row["group_id"] for row in left})
        total += len(left)
    return total


def _expire_small(tx: sqlite3.Connection, times: Times) -> dict[str, int]:
    """Tables that stay small."""
    now = times.now
    gone = {
        "groups": _delete(
            tx,
            "question_group WHERE state IN ('answered', 'dismissed') AND closed_at <= :t"
            " AND NOT EXISTS (SELECT 1 FROM unanswered u WHERE u.group_id = question_group.id)",
            {"t": times.unanswered},
        ),
        "wishes": _delete(tx, "wish WHERE at <= :t", {"t": now - WISH_DAYS * DAY}),
        "messages": _delete(tx, "outbox WHERE max(due_at, claimed_at) <= :t", {"t": now - OUTBOX_DAYS * DAY}),
        "marks": _delete(tx, "forgotten WHERE at <= :t", {"t": now - MARK_DAYS * DAY}),
        "links": _delete(tx, "link WHERE used_at > 0 OR expires_at <= :t", {"t": now}),
        "sessions": _delete(tx, "session WHERE expires_at <= :t", {"t": now}),
        "audit": _delete(tx, "audit WHERE at <= :t", {"t": now - AUDIT_DAYS * DAY}),
        "replays": tx.execute(
            "UPDATE draft SET replay = NULL WHERE replay IS NOT NULL AND updated_at <= ?", (times.words,)
        ).rowcount,
    }
    grouping.drop_orphans(tx)
    return gone


def _refresh_ranks(tx: sqlite3.Connection, today: str) -> None:
    """Growth fades as days pass without a question."""
    faded = [
        row[0]
        for row in tx.execute(
            "SELECT id FROM question_group WHERE state IN ('open', 'claimed') AND grown_day < ?", (today,)
        )
    ]
    chosen = codec.ids(faded)
    tx.execute("UPDATE question_group SET grown_day = ? WHERE id IN (SELECT value FROM json_each(?))", (today, chosen))
    grouping.rank(tx, faded)


def _scrub(engine: Engine, gone: dict[str, int], now: int) -> None:
    """The log every time; the whole file is rewritten once a day at most, if any words went since."""
    with engine.write() as tx:
        if any(gone[what] for what in ("words", "questions", "context", "feedback", "unanswered", "messages")):
            tx.execute("UPDATE meta SET value = 1 WHERE key = 'scrub_due'")
        due, last = (
            tx.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]
            for key in ("scrub_due", "vacuumed_at")
        )
    vacuum = bool(due) and now - last >= DAY
    if engine.scrub(vacuum=vacuum) and vacuum:
        with engine.write() as tx:
            tx.execute("UPDATE meta SET value = ? WHERE key = 'vacuumed_at'", (now,))
            tx.execute("UPDATE meta SET value = 0 WHERE key = 'scrub_due'")


def _delete(tx: sqlite3.Connection, what: str, values: dict[str, Any]) -> int:
    return tx.execute(f"DELETE FROM {what}", values).rowcount


def _in_chunks(engine: Engine, sql: str, values: tuple[Any, ...]) -> int:
    total = 0
    while True:
        with engine.write() as tx:
            rows = tx.execute(sql, (*values, _CHUNK)).rowcount
        total += rows
        if rows < _CHUNK:
            return total
