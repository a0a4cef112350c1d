"""Published entries with their revisions, drafts, the other FAQ documents, and the generation replicas watch."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import AlreadyDone, NotFound, StaleEdit
from bot.store.base import DraftRow, DraftState, EntryRow, EntryState, Publication, RevisionRow
from bot.store.sqlite import codec, grouping
from bot.store.sqlite.engine import Engine


class SqliteFaq:
    """`base.FaqStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def generation(self) -> int:
        with self._engine.read() as connection:
            return _generation(connection)

    def entries(self, *, states: Sequence[EntryState] = ("published",)) -> list[EntryRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM entry WHERE state IN (SELECT value FROM json_each(?)) ORDER BY id", (codec.ids(states),)
            ).fetchall()
        return [_entry(row) for row in rows]

    def entry(self, entry_id: str) -> EntryRow | None:
        with self._engine.read() as connection:
            row = connection.execute("SELECT * FROM entry WHERE id = ?", (entry_id,)).fetchone()
        return _entry(row) if row else None

    def publish(self, items: Sequence[Publication], *, at: int) -> int:
        with self._engine.write() as tx:
            for item in items:
                _publish_one(tx, item, at)
            return _next_generation(tx) if items else _generation(tx)

    def revisions(self, entry_id: str) -> list[RevisionRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM revision WHERE entry_id = ? ORDER BY revision DESC", (entry_id,)
            ).fetchall()
        return [RevisionRow(**{**dict(row), "body": codec.load(row["body"])}) for row in rows]

    def set_file_hash(self, entry_id: str, file_hash: str) -> None:
        with self._engine.write() as tx:
            if not tx.execute("UPDATE entry SET file_hash = ? WHERE id = ?", (file_hash, entry_id)).rowcount:
                raise NotFound(f"entry {entry_id}: there is none")

    # ------------------------------------------------------------ documents
    def documents(self) -> dict[str, str]:
        with self._engine.read() as connection:
            return {row[0]: row[1] for row in connection.execute("SELECT path, text FROM document ORDER BY path")}

    def document_hashes(self) -> dict[str, tuple[str, str]]:
        with self._engine.read() as connection:
            rows = connection.execute("SELECT path, text_hash, file_hash FROM document ORDER BY path").fetchall()
        return {row[0]: (row[1], row[2]) for row in rows}

    def put_documents(self, texts: Mapping[str, tuple[str, str]], *, at: int) -> int:
        with self._engine.write() as tx:
            changed = 0
            for path, (text, file_hash) in texts.items():
                text_hash = hashlib.sha256(text.encode()).hexdigest()
                changed += tx.execute(
                    "INSERT INTO document (path, text, text_hash, file_hash, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO"
                    " UPDATE SET text = excluded.text, text_hash = excluded.text_hash, at = excluded.at"
                    " WHERE text_hash <> excluded.text_hash",
                    (path, text, text_hash, file_hash, at),
                ).rowcount
                tx.execute("UPDATE document SET file_hash = ? WHERE path = ?", (file_hash, path))
            return _next_generation(tx) if changed else _generation(tx)

    # ------------------------------------------------------------ drafts
    def save_draft(self, draft: DraftRow) -> DraftRow:
        with self._engine.write() as tx:
            if draft.version == 0:
                _insert_draft(tx, draft)
            else:
                saved = tx.execute(
                    # An earlier replay was of an earlier text.
                    "UPDATE draft SET entry_id = ?, base_revision = ?, body = ?, editor = ?, group_id = ?,"
                    " updated_at = ?, version = version + 1, replay = NULL"
                    " WHERE id = ? AND version = ? AND state = 'open'",
                    (
                        draft.entry_id,
                        draft.base_revision,
                        codec.dump(draft.body),
                        draft.editor,
                        draft.group_id,
                        draft.updated_at,
                        draft.id,
                        draft.version,
                    ),
                ).rowcount
                if not saved:
                    raise _draft_conflict(tx, draft.id)
            row = tx.execute("SELECT * FROM draft WHERE id = ?", (draft.id,)).fetchone()
        return _draft(row)

    def draft(self, draft_id: str) -> DraftRow | None:
        with self._engine.read() as connection:
            row = connection.execute("SELECT * FROM draft WHERE id = ?", (draft_id,)).fetchone()
        return _draft(row) if row else None

    def drafts(self, *, state: DraftState = "open") -> list[DraftRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM draft WHERE state = ? ORDER BY updated_at DESC, id", (state,)
            ).fetchall()
        return [_draft(row) for row in rows]

    def close_draft(self, draft_id: str, state: DraftState, *, at: int) -> bool:
        with self._engine.write() as tx:
            return _close_draft(tx, draft_id, state, at)

    def set_replay(self, draft_id: str, version: int, replay: Mapping[str, Any]) -> None:
        with self._engine.write() as tx:
            tx.execute(
                "UPDATE draft SET replay = ? WHERE id = ? AND version = ?", (codec.dump(replay), draft_id, version)
            )


def _generation(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])


def _next_generation(tx: sqlite3.Connection) -> int:
    tx.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
    return _generation(tx)


def _publish_one(tx: sqlite3.Connection, item: Publication, at: int) -> None:
    row = tx.execute("SELECT revision, file_hash FROM entry WHERE id = ?", (item.entry_id,)).fetchone()
    current = row["revision"] if row else 0
    if current != item.base_revision:
        raise StaleEdit(item.entry_id, item.base_revision, current)
    file_hash = item.file_hash if item.file_hash is not None else (row["file_hash"] if row else "")
    body = codec.dump(item.body)
    tx.execute(
        "INSERT INTO entry (id, topic, body, revision, state, file_hash, updated_at, updated_by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET topic = excluded.topic, body = excluded.body,"
        " revision = excluded.revision, state = excluded.state, file_hash = excluded.file_hash,"
        " updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        (item.entry_id, item.topic, body, current + 1, item.state, file_hash, at, item.publisher),
    )
    tx.execute(
        "INSERT INTO revision (entry_id, revision, body, state, editor, publisher, at, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (item.entry_id, current + 1, body, item.state, item.editor, item.publisher, at, codec.text(item.note)),
    )
    if item.draft_id and not _close_draft(tx, item.draft_id, "published", at):
        raise _draft_conflict(tx, item.draft_id)
    for group_id in item.close_groups:
        grouping.close(tx, group_id, "answered", item.publisher, item.entry_id, at=at)


def _insert_draft(tx: sqlite3.Connection, draft: DraftRow) -> None:
    inserted = tx.execute(
        "INSERT INTO draft (id, entry_id, base_revision, body, editor, state, version, group_id, created_at,"
        " updated_at) VALUES (?, ?, ?, ?, ?, 'open', 1, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            draft.id,
            draft.entry_id,
            draft.base_revision,
            codec.dump(draft.body),
            draft.editor,
            draft.group_id,
            draft.created_at,
            draft.updated_at,
        ),
    ).rowcount
    if not inserted:
        raise _draft_conflict(tx, draft.id)


def _close_draft(tx: sqlite3.Connection, draft_id: str, state: str, at: int) -> bool:
    return bool(
        tx.execute(
            "UPDATE draft SET state = ?, updated_at = ? WHERE id = ? AND state = 'open'", (state, at, draft_id)
        ).rowcount
    )


def _draft_conflict(tx: sqlite3.Connection, draft_id: str) -> AlreadyDone | NotFound:
    row = tx.execute("SELECT editor, updated_at FROM draft WHERE id = ?", (draft_id,)).fetchone()
    if row is None:
        return NotFound(f"draft {draft_id}: there is none")
    return AlreadyDone(f"draft {draft_id}", row["editor"], row["updated_at"])


def _entry(row: sqlite3.Row) -> EntryRow:
    return EntryRow(**{**dict(row), "body": codec.load(row["body"])})


def _draft(row: sqlite3.Row) -> DraftRow:
    replay = codec.load(row["replay"]) if row["replay"] is not None else None
    return DraftRow(**{**dict(row), "body": codec.load(row["body"]), "replay": replay})
