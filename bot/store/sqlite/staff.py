"""People who edit and review, their sign-in links and sessions, and the audit log."""

from __future__ import annotations

import sqlite3

from bot.errors import AlreadyDone
from bot.store.base import AuditRow, SessionRow, StaffRow
from bot.store.sqlite import codec
from bot.store.sqlite.engine import Engine


class SqliteStaff:
    """`base.StaffStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, row: StaffRow) -> None:
        with self._engine.write() as tx:
            taken = tx.execute(
                "SELECT * FROM staff WHERE removed_at = 0 AND (name = ? OR telegram_id = ?)",
                (row.name, row.telegram_id),
            ).fetchone()
            if taken:
                what = f"staff {row.name}" if taken["name"] == row.name else f"Telegram id {row.telegram_id}"
                raise AlreadyDone(what, taken["name"], taken["added_at"])
            tx.execute(
                "INSERT INTO staff (name, role, telegram_id, added_at, removed_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET role = excluded.role, telegram_id = excluded.telegram_id,"
                " added_at = excluded.added_at, removed_at = excluded.removed_at",
                (row.name, row.role, row.telegram_id, row.added_at, row.removed_at),
            )

    def remove(self, name: str, *, at: int) -> bool:
        with self._engine.write() as tx:
            tx.execute("DELETE FROM session WHERE name = ?", (name,))
            tx.execute("DELETE FROM link WHERE name = ?", (name,))
            return bool(
                tx.execute("UPDATE staff SET removed_at = ? WHERE name = ? AND removed_at = 0", (at, name)).rowcount
            )

    def person(self, name: str) -> StaffRow | None:
        return self._one("SELECT * FROM staff WHERE name = ?", name)

    def by_telegram(self, telegram_id: int) -> StaffRow | None:
        return self._one("SELECT * FROM staff WHERE telegram_id = ? AND removed_at = 0", telegram_id)

    def people(self, *, removed: bool = False) -> list[StaffRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM staff WHERE ? OR removed_at = 0 ORDER BY name", (int(removed),)
            ).fetchall()
        return [_person(row) for row in rows]

    # ------------------------------------------------------------ links and sessions
    def add_link(self, token_hash: str, name: str, *, expires_at: int) -> None:
        with self._engine.write() as tx:
            tx.execute(
                "INSERT INTO link (token_hash, name, expires_at) VALUES (?, ?, ?)", (token_hash, name, expires_at)
            )

    def peek_link(self, token_hash: str, *, now: int) -> str | None:
        with self._engine.read() as connection:
            row = connection.execute(f"SELECT name FROM link WHERE {_VALID_LINK}", (token_hash, now)).fetchone()
        return row["name"] if row else None

    def use_link(self, token_hash: str, *, now: int) -> str | None:
        with self._engine.write() as tx:
            rows = tx.execute(
                f"UPDATE link SET used_at = max(1, ?) WHERE {_VALID_LINK} RETURNING name", (now, token_hash, now)
            ).fetchall()
        return rows[0]["name"] if rows else None

    def add_session(self, row: SessionRow) -> None:
        with self._engine.write() as tx:
            tx.execute(
                "INSERT INTO session (token_hash, name, created_at, expires_at) VALUES (?, ?, ?, ?)",
                (row.token_hash, row.name, row.created_at, row.expires_at),
            )

    def session(self, token_hash: str, *, now: int) -> StaffRow | None:
        return self._one(
            "SELECT p.* FROM session s JOIN staff p ON p.name = s.name"
            " WHERE s.token_hash = ? AND s.expires_at > ? AND p.removed_at = 0",
            token_hash,
            now,
        )

    def end_session(self, token_hash: str) -> None:
        with self._engine.write() as tx:
            tx.execute("DELETE FROM session WHERE token_hash = ?", (token_hash,))

    def end_sessions(self, name: str) -> int:
        with self._engine.write() as tx:
            return tx.execute("DELETE FROM session WHERE name = ?", (name,)).rowcount

    # ------------------------------------------------------------ audit
    def audit(self, row: AuditRow) -> None:
        with self._engine.write() as tx:
            tx.execute(
                "INSERT INTO audit (at, who, action, target, detail) VALUES (?, ?, ?, ?, ?)",
                (row.at, row.who, row.action, codec.text(row.target), codec.text(row.detail)),
            )

    def audit_log(self, *, limit: int = 100, before_id: int | None = None) -> list[AuditRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT at, who, action, target, detail, id FROM audit WHERE :before IS NULL OR id < :before"
                " ORDER BY id DESC LIMIT :limit",
                {"before": before_id, "limit": max(0, limit)},
            ).fetchall()
        return [AuditRow(**dict(row)) for row in rows]

    def _one(self, sql: str, *values: object) -> StaffRow | None:
        with self._engine.read() as connection:
            row = connection.execute(sql, values).fetchone()
        return _person(row) if row else None


_VALID_LINK = (
    "token_hash = ? AND used_at = 0 AND expires_at > ? AND name IN (SELECT p.name FROM staff p WHERE p.removed_at = 0)"
)


def _person(row: sqlite3.Row) -> StaffRow:
    return StaffRow(**dict(row))
