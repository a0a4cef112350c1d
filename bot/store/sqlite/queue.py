"""Groups of unanswered questions as editors work on them, and wishes to be told."""

from __future__ import annotations

import datetime as dt
import sqlite3
import string
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import AlreadyDone, NotFound
from bot.ids import new_id
from bot.store.base import CLAIM_SECONDS, GroupRow, GroupState, RisingRow, UnansweredRow, WishRow
from bot.store.sqlite import codec, grouping
from bot.store.sqlite.engine import Engine

#: Like SQLite's lower(): ASCII letters only.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class SqliteQueue:
    """`base.QueueStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # ------------------------------------------------------------ reading
    def groups(
        self,
        *,
        reason: str | None = None,
        states: Sequence[GroupState] = ("open", "claimed"),
        search: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> list[GroupRow]:
        where, values = _filter(reason, states)
        # instr, not a full-text index: it finds two characters, and what is deleted leaves no terms behind.
        for number, word in enumerate(codec.text(search).translate(_LOWER).split()):
            text = "lower(masked)" if word.upper() != word.lower() else "masked"  # half the time
            where += (
                f" AND (g.id = :w{number} OR instr(lower(g.title), :w{number}) OR g.id IN"
                f" (SELECT group_id FROM unanswered WHERE instr({text}, :w{number})))"
            )
            values[f"w{number}"] = word
        with self._engine.read() as connection:
            rows = connection.execute(
                f"SELECT {grouping.GROUP_COLUMNS} FROM question_group g WHERE {where}"
                " ORDER BY g.harm DESC, g.last_seen DESC, g.id LIMIT :limit OFFSET :offset",
                {**values, "limit": max(0, limit), "offset": max(0, offset)},
            ).fetchall()
        return [codec.group(row) for row in rows]

    def count(self, *, reason: str | None = None, states: Sequence[GroupState] = ("open", "claimed")) -> int:
        where, values = _filter(reason, states)
        with self._engine.read() as connection:
            return int(connection.execute(f"SELECT count(*) FROM question_group g WHERE {where}", values).fetchone()[0])

    def rising(self, *, today: str, least: int = 2, limit: int = 12) -> list[RisingRow]:
        last = dt.date.fromisoformat(today)
        week, fortnight = ((last - dt.timedelta(days=days)).isoformat() for days in (7, 14))
        with self._engine.read() as connection:
            rows = connection.execute(
                'SELECT g.id AS "group", g.title, g.reason, d.now, d.before, g.askers FROM'
                " (SELECT group_id, sum(CASE WHEN day > :week THEN n ELSE 0 END) AS now,"
                " sum(CASE WHEN day > :week THEN 0 ELSE n END) AS before"
                " FROM group_day WHERE day > :fortnight AND day <= :today GROUP BY group_id) AS d"
                " JOIN question_group g ON g.id = d.group_id WHERE g.state IN ('open', 'claimed')"
                " AND d.now >= :least AND d.now > d.before"
                " ORDER BY d.before - d.now, g.askers DESC, g.id LIMIT :limit",
                {"week": week, "fortnight": fortnight, "today": today, "least": least, "limit": max(0, limit)},
            ).fetchall()
        return [RisingRow(**dict(row)) for row in rows]

    def coverage(self, *, since: int) -> tuple[int, float | None]:
        # The middle one, or the mean of the middle two, picked by rank: no group is read into the program for it.
        with self._engine.read() as connection:
            row = connection.execute(
                "SELECT max(n), avg(seconds) FROM (SELECT closed_at - first_seen AS seconds, count(*) OVER () AS n,"
                " row_number() OVER (ORDER BY closed_at - first_seen) AS place FROM question_group"
                " WHERE state = 'answered' AND resolution NOT IN ('', 'once') AND closed_at >= ?"
                " AND closed_at >= first_seen) AS ranked WHERE place IN ((n + 1) / 2, (n + 2) / 2)",
                (since,),
            ).fetchone()
        return int(row[0] or 0), None if row[1] is None else float(row[1])

    def group(self, group_id: str) -> GroupRow | None:
        with self._engine.read() as connection:
            return grouping.fetch(connection, group_id)

    def members(self, group_id: str, *, limit: int = 200) -> list[UnansweredRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT * FROM unanswered WHERE group_id = ? ORDER BY at DESC, id LIMIT ?", (group_id, max(0, limit))
            ).fetchall()
        return [codec.unanswered(row) for row in rows]

    def titles(self) -> list[tuple[str, str]]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT CASE merged_into WHEN '' THEN id ELSE merged_into END, title FROM question_group"
                " WHERE title <> '' ORDER BY first_seen, id"
            ).fetchall()
        return [(row[0], row[1]) for row in rows]

    # ------------------------------------------------------------ an editor's work
    def claim(self, group_id: str, editor: str, *, at: int) -> GroupRow:
        with self._engine.write() as tx:
            won = tx.execute(
                "UPDATE question_group SET state = 'claimed', claimed_by = :editor, claimed_at = :at WHERE id = :id"
                " AND (state = 'open' OR (state = 'claimed' AND (claimed_by = :editor OR claimed_at <= :stale)))",
                {"editor": editor, "at": at, "id": group_id, "stale": at - CLAIM_SECONDS},
            ).rowcount
            group = grouping.need(tx, group_id)
            if not won:
                raise _taken(group)
            return group

    def release(self, group_id: str, editor: str) -> bool:
        with self._engine.write() as tx:
            return bool(
                tx.execute(
                    "UPDATE question_group SET state = 'open', claimed_by = '', claimed_at = 0"
                    " WHERE id = ? AND state = 'claimed' AND claimed_by = ?",
                    (group_id, editor),
                ).rowcount
            )

    def close(self, group_id: str, state: GroupState, editor: str, resolution: str, *, at: int) -> GroupRow:
        if state not in ("answered", "dismissed"):
            raise ValueError(f"a group is closed as answered or dismissed, not as {state}")
        with self._engine.write() as tx:
            group = grouping.need(tx, group_id)
            _free(group, editor, at)
            grouping.close(tx, group_id, state, editor, resolution, at=at)
            return grouping.need(tx, group_id)

    def reopen(self, group_id: str, editor: str, *, at: int) -> GroupRow:
        with self._engine.write() as tx:
            group = grouping.need(tx, group_id)
            if group.state == "merged":
                raise _taken(group)
            if group.state in ("answered", "dismissed"):
                if not tx.execute("SELECT 1 FROM unanswered WHERE group_id = ?", (group_id,)).fetchone():
                    raise NotFound(f"group {group_id}: its questions are no longer kept, so it cannot be reopened")
                _set_open(tx, group_id)
                grouping.recount(tx, [group_id])
            return grouping.need(tx, group_id)

    def merge(self, group_ids: Sequence[str], into: str, editor: str, *, at: int) -> GroupRow:
        with self._engine.write() as tx:
            target = grouping.need(tx, into)
            _free(target, editor, at)
            for group_id in dict.fromkeys(group_ids):
                if group_id == into:
                    continue
                source = grouping.need(tx, group_id)
                if source.state == "merged" or _held(source, editor, at):
                    raise _taken(source)
                _merge_one(tx, group_id, into, editor, at)
            grouping.recount(tx, [into])
            return grouping.need(tx, into)

    def split(self, group_id: str, question_ids: Sequence[str], editor: str, *, at: int) -> GroupRow:
        with self._engine.write() as tx:
            group = grouping.need(tx, group_id)
            _free(group, editor, at)
            moving = [
                row[0]
                for row in tx.execute(
                    "SELECT id FROM unanswered WHERE group_id = ? AND id IN (SELECT value FROM json_each(?))",
                    (group_id, codec.ids(question_ids)),
                )
            ]
            if not moving:
                raise NotFound(f"group {group_id}: it has none of these questions")
            if len(moving) == group.questions:
                return group  # all of them: there is nothing to part
            return _split(tx, group_id, moving)

    def move_to_ours(self, group_id: str, editor: str, *, at: int) -> GroupRow:
        with self._engine.write() as tx:
            group = grouping.need(tx, group_id)
            if group.state == "merged":
                raise _taken(group)
            tx.execute("UPDATE question_group SET reason = 'no_entry' WHERE id = ?", (group_id,))
            # The questions too: they are kept as long as ours now.
            tx.execute("UPDATE unanswered SET reason = 'no_entry' WHERE group_id = ?", (group_id,))
            if group.state in ("answered", "dismissed"):
                _set_open(tx, group_id)
                grouping.recount(tx, [group_id])
            return grouping.need(tx, group_id)

    def update_harm(self, harms: Mapping[str, float]) -> None:
        with self._engine.write() as tx:
            # As a weight, so that questions that come later carry on from it.
            tx.executemany(
                "UPDATE question_group SET harm = :harm, weight = :harm / max(1, askers + growth) WHERE id = :id",
                [{"id": group_id, "harm": float(harm)} for group_id, harm in harms.items()],
            )

    # ------------------------------------------------------------ wishes
    def add_wish(self, wish: WishRow) -> bool:
        with self._engine.write() as tx:
            group_id = grouping.resolve(tx, wish.group_id)
            if group_id is None:
                return False
            return bool(
                tx.execute(
                    "INSERT INTO wish (id, channel, chat_id, asker, group_id, lang, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (group_id, channel, chat_id) DO NOTHING",
                    (wish.id, wish.channel, wish.chat_id, wish.asker, group_id, wish.lang, wish.at),
                ).rowcount
            )

    def wishes(self, group_id: str) -> list[WishRow]:
        with self._engine.read() as connection:
            rows = connection.execute(
                "SELECT id, channel, chat_id, asker, group_id, lang, at FROM wish WHERE group_id = ? ORDER BY at, id",
                (grouping.resolve(connection, group_id),),
            ).fetchall()
        return [WishRow(**dict(row)) for row in rows]

    def drop_wish(self, wish_id: str) -> None:
        with self._engine.write() as tx:
            tx.execute("DELETE FROM wish WHERE id = ?", (wish_id,))

    def drop_wishes(self, channel: str, chat_id: str) -> int:
        with self._engine.write() as tx:
            return tx.execute("DELETE FROM wish WHERE channel = ? AND chat_id = ?", (channel, chat_id)).rowcount


def _filter(reason: str | None, states: Sequence[str]) -> tuple[str, dict[str, Any]]:
    where = "g.state IN (SELECT value FROM json_each(:states))"
    values: dict[str, Any] = {"states": codec.ids(states)}
    if reason == "ours":
        where += " AND g.reason <> 'not_ours'"
    elif reason is not None:
        where += " AND g.reason = :reason"
        values["reason"] = reason
    return where, values


def _held(group: GroupRow, editor: str, at: int) -> bool:
    """Whether somebody else is at it."""
    return group.state == "claimed" and group.claimed_by != editor and group.claimed_at > at - CLAIM_SECONDS


def _free(group: GroupRow, editor: str, at: int) -> None:
    if group.state not in ("open", "claimed") or _held(group, editor, at):
        raise _taken(group)


def _taken(group: GroupRow) -> AlreadyDone:
    if group.state == "claimed":
        return AlreadyDone(f"group {group.id}", group.claimed_by, group.claimed_at, claimed=True)
    return AlreadyDone(f"group {group.id}", group.closed_by, group.closed_at)


def _set_open(tx: sqlite3.Connection, group_id: str) -> None:
    tx.execute(
        "UPDATE question_group SET state = 'open', claimed_by = '', claimed_at = 0, closed_by = '', closed_at = 0,"
        " resolution = '' WHERE id = ?",
        (group_id,),
    )


def _merge_one(tx: sqlite3.Connection, source: str, into: str, editor: str, at: int) -> None:
    members = [row[0] for row in tx.execute("SELECT id FROM unanswered WHERE group_id = ?", (source,))]
    grouping.move_questions(tx, members, into)
    tx.execute("UPDATE OR IGNORE wish SET group_id = ? WHERE group_id = ?", (into, source))
    tx.execute("DELETE FROM wish WHERE group_id = ?", (source,))  # the same chat wished for both
    tx.execute("UPDATE draft SET group_id = ? WHERE group_id = ?", (into, source))
    tx.execute("UPDATE outbox SET group_id = ? WHERE group_id = ?", (into, source))
    tx.execute("DELETE FROM group_day WHERE group_id = ?", (source,))
    tx.execute("UPDATE question_group SET merged_into = ? WHERE merged_into = ?", (into, source))
    tx.execute(
        "UPDATE question_group AS g SET weight = max(g.weight, s.weight), grown_day = max(g.grown_day, s.grown_day),"
        " reason = CASE g.reason WHEN 'not_ours' THEN s.reason ELSE g.reason END"
        " FROM question_group s WHERE g.id = ? AND s.id = ?",
        (into, source),
    )
    tx.execute(
        "UPDATE question_group SET state = 'merged', merged_into = ?, closed_by = ?, closed_at = ?, claimed_by = '',"
        " claimed_at = 0, questions = 0, askers = 0, growth = 0, harm = 0 WHERE id = ?",
        (into, editor, at, source),
    )


def _split(tx: sqlite3.Connection, group_id: str, moving: list[str]) -> GroupRow:
    new = new_id(10)
    tx.execute(
        "INSERT INTO question_group (id, title, title_id, reason, state, first_seen, last_seen, weight, grown_day,"
        " nearest) SELECT ?, u.masked, u.id, g.reason, 'open', u.at, u.at, g.weight, g.grown_day, u.nearest"
        " FROM question_group g, unanswered u WHERE g.id = ? AND u.id IN (SELECT value FROM json_each(?))"
        " ORDER BY u.at, u.id LIMIT 1",
        (new, group_id, codec.ids(moving)),
    )
    grouping.move_questions(tx, moving, new)
    # Groups merged earlier follow the question that gave them their name, so that the like of it finds the new group.
    tx.execute(
        "UPDATE question_group SET merged_into = ? WHERE merged_into = ? AND title_id IN"
        " (SELECT value FROM json_each(?))",
        (new, group_id, codec.ids(moving)),
    )
    tx.execute(
        "UPDATE wish SET group_id = :new WHERE group_id = :old"
        " AND asker IN (SELECT asker FROM unanswered WHERE group_id = :new)"
        " AND asker NOT IN (SELECT asker FROM unanswered WHERE group_id = :old)",
        {"new": new, "old": group_id},
    )
    grouping.retitle(tx, [group_id])
    grouping.recount(tx, [group_id, new])
    return grouping.need(tx, new)
