"""Updates accepted and not yet answered; messages the bot sends unasked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from bot.store.base import InboxRow, OutboxRow
from bot.store.sqlite import codec
from bot.store.sqlite.engine import Engine

UNCERTAIN_SECONDS = 5 * 60


class SqliteInbox:
    """`base.InboxStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accept(self, rows: Sequence[InboxRow]) -> list[int]:
        new = []
        with self._engine.write() as tx:
            for row in rows:
                if tx.execute(
                    "INSERT INTO inbox (update_id, chat_id, body, at, attempts) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (row.update_id, row.chat_id, codec.dump(row.body), row.at, row.attempts),
                ).rowcount:
                    new.append(row.update_id)
        return new

    def done(self, update_ids: Sequence[int]) -> None:
        with self._engine.write() as tx:
            tx.executemany(
                "UPDATE inbox SET done = 1, chat_id = NULL, body = NULL WHERE update_id = ?",
                [(update_id,) for update_id in update_ids],
            )

    def pending(self, *, limit: int = 1000) -> list[InboxRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT update_id, chat_id, body, at, attempts FROM inbox WHERE done = 0 ORDER BY update_id LIMIT ?",
                (max(0, limit),),
            ).fetchall()
        return [InboxRow(**{**dict(row), "body": codec.load(row["body"])}) for row in rows]

    def forget(self, chat_id: str) -> int:
        with self._engine.write() as tx:
            gone = tx.execute(
                "UPDATE inbox SET done = 1, chat_id = NULL, body = NULL WHERE done = 0 AND chat_id = ?", (chat_id,)
            ).rowcount
        if gone:
            self._engine.scrub(vacuum=False)
        return gone

    def attempt(self, update_id: int) -> int:
        with self._engine.write() as tx:
            rows = tx.execute(
                "UPDATE inbox SET attempts = attempts + 1 WHERE update_id = ? RETURNING attempts", (update_id,)
            ).fetchall()
        return rows[0]["attempts"] if rows else 0


class SqliteOutbox:
    """`base.OutboxStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, rows: Iterable[OutboxRow]) -> None:
        with self._engine.write() as tx:
            tx.executemany(
                "INSERT INTO outbox (id, channel, chat_id, asker, kind, body, due_at, state, attempts, note, group_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    (
                        row.id,
                        row.channel,
                        row.chat_id,
                        row.asker,
                        row.kind,
                        codec.dump(row.body),
                        row.due_at,
                        row.state,
                        row.attempts,
                        codec.text(row.note),
                        row.group_id,
                    )
                    for row in rows
                ],
            )

    def claim(self, channels: Sequence[str], *, now: int, limit: int = 20) -> list[OutboxRow]:
        with self._engine.write() as tx:
            tx.execute(
                "UPDATE outbox SET state = 'uncertain', note = 'claimed, and no word since'"
                " WHERE state = 'claimed' AND claimed_at <= ?",
                (now - UNCERTAIN_SECONDS,),
            )
            rows = tx.execute(
                "UPDATE outbox SET state = 'claimed', claimed_at = ?, attempts = attempts + 1 WHERE id IN"
                " (SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= ?"
                " AND channel IN (SELECT value FROM json_each(?)) ORDER BY due_at, id LIMIT ?) RETURNING *",
                (now, now, codec.ids(channels), max(0, limit)),
            ).fetchall()
        return sorted((_message(row) for row in rows), key=lambda row: (row.due_at, row.id))

    def mark(self, row_id: str, state: str, *, note: str = "", due_at: int | None = None) -> None:
        with self._engine.write() as tx:
            tx.execute(
                "UPDATE outbox SET state = ?, note = ?, due_at = coalesce(?, due_at) WHERE id = ?",
                (state, codec.text(note), due_at, row_id),
            )
            if state in ("sent", "failed"):  # the chat id is kept until delivered, no longer
                tx.execute("UPDATE outbox SET chat_id = '', asker = '', body = '{}' WHERE id = ?", (row_id,))

    def by_group(self, group_id: str) -> list[OutboxRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM outbox WHERE group_id = ? ORDER BY due_at, id", (group_id,)
            ).fetchall()
        return [_message(row) for row in rows]


def _message(row: sqlite3.Row) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        channel=row["channel"],
        chat_id=row["chat_id"],
        kind=row["kind"],
        body=codec.load(row["body"]),
        due_at=row["due_at"],
        state=row["state"],
        attempts=row["attempts"],
        note=row["note"],
        group_id=row["group_id"],
        asker=row["asker"],
    )
