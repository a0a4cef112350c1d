"""Questions and what was answered, the context of conversations, feedback, day counts, preferences."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from bot.store.base import FeedbackRow, MissingRow, Preferences, SumKey, TurnRow, UnansweredRow
from bot.store.sqlite import codec, grouping, retention
from bot.store.sqlite.engine import Engine

#: The entry that feedback on a turn counts for.
_COUNTS_FOR = "coalesce(nullif(nullif(turn.choice, ''), 'none'), json_extract(turn.entry_ids, '$[0]'), '')"


class SqliteTurns:
    """`base.TurnStore`."""

    def __init__(self, engine: Engine, days: codec.Days) -> None:
        self._engine = engine
        self._days = days

    def record(
        self,
        turn: TurnRow,
        *,
        unanswered: UnansweredRow | None = None,
        context: str | None = None,
        replace: bool = False,
    ) -> bool:
        day = self._days.of(turn.at)
        with self._engine.write() as tx:
            if retention.was_forgotten(tx, (turn.asker, turn.chat), turn.at):
                return False
            old = tx.execute(
                "SELECT * FROM turn WHERE chat = ? AND channel = ? AND message = ?",
                (turn.chat, turn.channel, turn.message),
            ).fetchone()
            if old and not replace:
                return False
            left = _take_back(tx, old) if old else None
            group_id = turn.group_id
            if unanswered is not None:
                group_id = grouping.join(tx, unanswered, self._days.of(unanswered.at))
            if old:
                turn = dataclasses.replace(turn, answered_in=old["answered_in"])
            _insert(tx, turn, day, group_id)
            if context is not None:
                tx.execute(
                    "INSERT INTO context (chat, turn_id, at, masked) VALUES (?, ?, ?, ?)",
                    (turn.chat, turn.id, turn.at, codec.text(context)),
                )
            _count(tx, (day, turn.channel, turn.lang, turn.kind, turn.reason, _topic(turn.topics)), n=1)
            if left:
                _leave_group(tx, left, group_id if unanswered is not None else None, turn.asker)
        return True

    def together(self) -> AbstractContextManager[None]:
        return self._engine.together()

    def add_unanswered(self, row: UnansweredRow) -> bool:
        with self._engine.write() as tx:
            if tx.execute("SELECT 1 FROM unanswered WHERE turn_id = ?", (row.turn_id,)).fetchone():
                return False
            group_id = grouping.join(tx, row, self._days.of(row.at))
            tx.execute("UPDATE turn SET group_id = ? WHERE id = ?", (group_id, row.turn_id))
        return True

    def turn(self, turn_id: str) -> TurnRow | None:
        rows = self._engine.rows("SELECT * FROM turn WHERE id = ?", (turn_id,))
        return codec.turn(rows[0]) if rows else None

    def set_answered_in(self, messages: Mapping[str, str]) -> None:
        with self._engine.write() as tx:
            tx.executemany(
                "UPDATE turn SET answered_in = ? WHERE id = ?", [(message, turn) for turn, message in messages.items()]
            )

    def context(self, chat: str, *, since: int, limit: int = 4) -> list[str]:
        rows = self._engine.rows(
            "SELECT masked FROM context WHERE chat = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
            (chat, since, max(0, limit)),
        )
        return [row[0] for row in reversed(rows)]

    def clear_context(self, chat: str) -> None:
        with self._engine.write() as tx:
            tx.execute("DELETE FROM context WHERE chat = ?", (chat,))

    def choose(self, turn_id: str, choice: str) -> bool:
        with self._engine.write() as tx:
            return bool(
                tx.execute("UPDATE turn SET choice = ? WHERE id = ? AND choice = ''", (choice, turn_id)).rowcount
            )

    # ------------------------------------------------------------ feedback and figures
    def add_feedback(self, row: FeedbackRow) -> bool:
        with self._engine.write() as tx:
            turn = tx.execute("SELECT * FROM turn WHERE id = ?", (row.turn_id,)).fetchone()
            if turn is None:
                return False
            old = tx.execute(
                "SELECT helpful FROM feedback WHERE turn_id = ? AND asker = ?", (row.turn_id, row.asker)
            ).fetchone()
            tx.execute(
                "INSERT INTO feedback (turn_id, asker, helpful, missing, at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET helpful = excluded.helpful, missing = excluded.missing, at = excluded.at",
                (row.turn_id, row.asker, int(row.helpful), codec.text(row.missing), row.at),
            )
            helpful, unhelpful = int(row.helpful), int(not row.helpful)
            if old:
                helpful, unhelpful = helpful - old["helpful"], unhelpful - (1 - old["helpful"])
            _count(tx, _key(turn), helpful=helpful, unhelpful=unhelpful)
        return True

    def feedback(self, *, since: int = 0, limit: int = 500) -> list[FeedbackRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM feedback WHERE at >= ? ORDER BY at DESC, turn_id, asker LIMIT ?", (since, max(0, limit))
            ).fetchall()
        return [FeedbackRow(**{**dict(row), "helpful": bool(row["helpful"])}) for row in rows]

    def missing(self, *, entry: str = "", group: str = "", limit: int = 20) -> list[MissingRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT missing AS words, coalesce(masked, '') AS question, feedback.at AS at FROM feedback"
                " JOIN turn ON turn.id = feedback.turn_id WHERE missing <> '' AND"
                f" ((:entry <> '' AND {_COUNTS_FOR} = :entry) OR (:group <> '' AND group_id = :group))"
                " ORDER BY feedback.at DESC, feedback.turn_id, feedback.asker LIMIT :limit",
                {"entry": entry, "group": group, "limit": max(0, limit)},
            ).fetchall()
        return [MissingRow(**dict(row)) for row in rows]

    def helpfulness(self, *, since: int) -> dict[str, tuple[int, int]]:
        with self._engine.read() as connection:
            rows = connection.execute(
                f"SELECT {_COUNTS_FOR} AS entry, sum(1 - helpful), count(*) FROM feedback JOIN turn ON turn.id = feedback.turn_id"
                " WHERE feedback.at >= ? GROUP BY entry HAVING entry <> ''",
                (since,),
            ).fetchall()
        return {row[0]: (row[1], row[2]) for row in rows}

    def recent_questions(self, *, since: int, limit: int = 2000) -> list[TurnRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM turn WHERE at >= ? AND masked IS NOT NULL ORDER BY at DESC, id LIMIT ?",
                (since, max(0, limit)),
            ).fetchall()
        return [codec.turn(row) for row in rows]

    def counts(self, *, since_day: str, until_day: str) -> list[Mapping[str, Any]]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM day_count WHERE day BETWEEN ? AND ? ORDER BY day, channel, lang, kind, reason, topic",
                (since_day, until_day),
            ).fetchall()
        return [dict(row) for row in rows]

    def sums(self, key: SumKey, *, since_day: str, until_day: str) -> list[Mapping[str, Any]]:
        # Every question has one channel: the sums of the days are in those.
        value, name = ("day", "channel") if key == "day" else ("value", key)
        with self._engine.read() as connection:
            rows = connection.execute(
                f"SELECT {value} AS value, kind, reason, sum(n) AS n, sum(helpful) AS helpful,"
                " sum(unhelpful) AS unhelpful FROM day_sum WHERE name = ? AND day BETWEEN ? AND ?"
                f" GROUP BY {value}, kind, reason ORDER BY {value}, kind, reason",
                (name, since_day, until_day),
            ).fetchall()
        return [dict(row) for row in rows]

    # ------------------------------------------------------------ a resident's own
    def preferences(self, asker: str) -> Preferences:
        rows = self._engine.rows("SELECT * FROM preference WHERE asker = ?", (asker,))
        if not rows:
            return Preferences()
        row = rows[0]
        return Preferences(lang=row["lang"], elder=bool(row["elder"]), quiz=codec.load(row["quiz"]))

    def set_preferences(self, asker: str, preferences: Preferences) -> None:
        with self._engine.write() as tx:
            tx.execute(
                "INSERT INTO preference (asker, lang, elder, quiz) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " lang = excluded.lang, elder = excluded.elder, quiz = excluded.quiz",
                (asker, preferences.lang, int(preferences.elder), codec.dump(preferences.quiz)),
            )

    def forget(self, askers: Sequence[str], chats: Sequence[str], *, at: int = 0) -> dict[str, int]:
        return retention.forget(self._engine, askers, chats, at=at)

    def expire(self, *, now: int, replay_days: int, retention_days: int, context_minutes: int = 15) -> dict[str, int]:
        times = retention.Times.of(now, replay_days, retention_days, context_minutes)
        return retention.expire(self._engine, times, today=self._days.of(now))


def _insert(tx: sqlite3.Connection, turn: TurnRow, day: str, group_id: str) -> None:
    tx.execute(
        "INSERT INTO turn (id, channel, chat, message, asker, at, day, lang, kind, reason, masked, entry_ids, topics,"
        " nearest, confidence, group_id, choice, answered_in)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            turn.id,
            turn.channel,
            turn.chat,
            turn.message,
            turn.asker,
            turn.at,
            day,
            turn.lang,
            turn.kind,
            turn.reason,
            None if turn.masked is None else codec.text(turn.masked),
            codec.dump(turn.entry_ids),
            codec.dump(turn.topics),
            codec.dump(turn.nearest),
            float(turn.confidence),
            group_id,
            turn.choice,
            turn.answered_in,
        ),
    )


def _topic(topics: Sequence[str]) -> str:
    """A turn counts once, under its first topic, so that the sum over the topics is the number of questions."""
    return topics[0] if topics else ""


_Key = tuple[str, str, str, str, str, str]


def _key(turn: sqlite3.Row) -> _Key:
    topic = _topic(codec.load(turn["topics"]))
    return (turn["day"], turn["channel"], turn["lang"], turn["kind"], turn["reason"], topic)


def _count(tx: sqlite3.Connection, key: _Key, *, n: int = 0, helpful: int = 0, unhelpful: int = 0) -> None:
    tx.execute(
        "INSERT INTO day_count (day, channel, lang, kind, reason, topic, n, helpful, unhelpful)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n,"
        " helpful = helpful + excluded.helpful, unhelpful = unhelpful + excluded.unhelpful",
        (*key, n, helpful, unhelpful),
    )
    day, channel, lang, kind, reason, topic = key
    tx.executemany(
        "INSERT INTO day_sum (name, day, value, kind, reason, n, helpful, unhelpful) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET n = n + excluded.n, helpful = helpful + excluded.helpful,"
        " unhelpful = unhelpful + excluded.unhelpful",
        [
            (name, day, value, kind, reason, n, helpful, unhelpful)
            for name, value in (("channel", channel), ("lang", lang), ("topic", topic))
        ],
    )


def _take_back(tx: sqlite3.Connection, turn: sqlite3.Row) -> str | None:
    """Removes a turn as if it had never been asked; returns the group its unanswered question was in."""
    row = tx.execute(
        "SELECT coalesce(sum(helpful), 0), coalesce(sum(1 - helpful), 0) FROM feedback WHERE turn_id = ?", (turn["id"],)
    ).fetchone()
    _count(tx, _key(turn), n=-1, helpful=-row[0], unhelpful=-row[1])
    for table in ("day_count", "day_sum"):
        tx.execute(f"DELETE FROM {table} WHERE n = 0 AND helpful = 0 AND unhelpful = 0 AND day = ?", (turn["day"],))
    tx.execute("DELETE FROM feedback WHERE turn_id = ?", (turn["id"],))
    tx.execute("DELETE FROM context WHERE turn_id = ?", (turn["id"],))
    gone = tx.execute("SELECT group_id FROM unanswered WHERE turn_id = ?", (turn["id"],)).fetchone()
    tx.execute("DELETE FROM unanswered WHERE turn_id = ?", (turn["id"],))
    tx.execute("DELETE FROM turn WHERE id = ?", (turn["id"],))
    return gone["group_id"] if gone else None


def _leave_group(tx: sqlite3.Connection, old: str, new: str | None, asker: str) -> None:
    """An edited question left its group: whoever asked nothing else there takes the wish along, or drops it."""
    still_there = tx.execute("SELECT 1 FROM unanswered WHERE group_id = ? AND asker = ?", (old, asker)).fetchone()
    if not still_there:
        if new is not None:
            tx.execute("UPDATE OR IGNORE wish SET group_id = ? WHERE group_id = ? AND asker = ?", (new, old, asker))
        tx.execute("DELETE FROM wish WHERE group_id = ? AND asker = ?", (old, asker))
    grouping.tidy(tx, [old])
