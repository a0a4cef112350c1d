"""Bookkeeping of question groups inside a transaction of somebody else: joining, counting, ranking, titles.

A group's harm is ``weight * (askers + growth)``: distinct askers, and how many more questions the last seven days
brought than the seven before. ``weight`` (severity, urgency) comes with the questions; the highest counts.
Counts of an open group always equal its questions; those of a closed one are figures that stay when its words go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from bot.errors import NotFound
from bot.ids import new_id
from bot.store.base import GroupRow, UnansweredRow
from bot.store.sqlite import codec

#: Replicas take some seconds to load what was published; a question in between does not reopen its group.
SETTLE_SECONDS = 60

GROUP_COLUMNS = """g.*, (SELECT json_group_object(d.day, d.n) FROM group_day d WHERE d.group_id = g.id) AS days"""

_OPEN = "g.id IN (SELECT value FROM json_each(:ids)) AND g.state IN ('open', 'claimed')"


def fetch(connection: sqlite3.Connection, group_id: str) -> GroupRow | None:
    row = connection.execute(f"SELECT {GROUP_COLUMNS} FROM question_group g WHERE g.id = ?", (group_id,)).fetchone()
    return codec.group(row) if row else None


def need(connection: sqlite3.Connection, group_id: str) -> GroupRow:
    group = fetch(connection, group_id)
    if group is None:
        raise NotFound(f"group {group_id}: there is none, or its questions are no longer kept")
    return group


def resolve(connection: sqlite3.Connection, group_id: str) -> str | None:
    """The group, or the one it was merged into; None when it is unknown."""
    row = connection.execute("SELECT id, merged_into FROM question_group WHERE id = ?", (group_id,)).fetchone()
    return (row["merged_into"] or row["id"]) if row else None


def join(tx: sqlite3.Connection, row: UnansweredRow, day: str) -> str:
    """Puts a question into its group, made if need be, and returns the group's id."""
    group_id = resolve(tx, row.group_id) if row.group_id else None
    if group_id is None:
        group_id = row.group_id or new_id(10)
        tx.execute(
            "INSERT INTO question_group (id, title, title_id, reason, state, first_seen, last_seen, weight, grown_day,"
            " nearest) VALUES (?, '', '', ?, 'open', ?, ?, ?, ?, '[]')",
            (group_id, row.reason, row.at, row.at, row.weight, day),
        )
    masked, nearest = codec.text(row.masked), codec.dump(row.nearest)
    known = tx.execute("SELECT 1 FROM unanswered WHERE group_id = ? AND asker = ?", (group_id, row.asker)).fetchone()
    tx.execute(
        "INSERT INTO unanswered (id, turn_id, masked, lang, channel, asker, at, day, reason, nearest, group_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.turn_id, masked, row.lang, row.channel, row.asker, row.at, day, row.reason, nearest, group_id),
    )
    tx.execute(
        "INSERT INTO group_day (group_id, day, n) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1",
        (group_id, day),
    )
    tx.execute(
        "UPDATE question_group SET questions = questions + 1, askers = askers + :new,"
        " first_seen = min(first_seen, :at), last_seen = max(last_seen, :at), weight = max(weight, :weight),"
        " grown_day = max(grown_day, :day), reason = CASE reason WHEN 'not_ours' THEN :reason ELSE reason END,"
        " title = CASE title_id WHEN '' THEN :masked ELSE title END,"
        " title_id = CASE title_id WHEN '' THEN :question ELSE title_id END,"
        " nearest = CASE nearest WHEN '[]' THEN :nearest ELSE nearest END WHERE id = :id",
        {
            "new": 0 if known else 1,
            "at": row.at,
            "weight": row.weight,
            "day": day,
            "reason": row.reason,
            "masked": masked,
            "question": row.id,
            "nearest": nearest,
            "id": group_id,
        },
    )
    if not _reopen_answered(tx, group_id, row.at):
        rank(tx, [group_id])
    return group_id


def _reopen_answered(tx: sqlite3.Connection, group_id: str, at: int) -> bool:
    """A question that the published answer does not serve must not vanish in a closed group; a dismissed one stays."""
    reopened = tx.execute(
        "UPDATE question_group SET state = 'open', claimed_by = '', claimed_at = 0, closed_by = '', closed_at = 0"
        " WHERE id = ? AND state = 'answered' AND closed_at + ? < ?",
        (group_id, SETTLE_SECONDS, at),
    ).rowcount
    if reopened:
        recount(tx, [group_id])
    return bool(reopened)


def rank(tx: sqlite3.Connection, group_ids: Iterable[str]) -> None:
    """Growth as of the group's last reckoning day, then harm."""
    chosen = (codec.ids(group_ids),)
    where = "WHERE g.id IN (SELECT value FROM json_each(?))"
    tx.execute(
        "UPDATE question_group AS g SET growth = max(0, coalesce((SELECT"
        " sum(CASE WHEN d.day > date(g.grown_day, '-7 days') THEN d.n ELSE -d.n END) FROM group_day d"
        f" WHERE d.group_id = g.id AND d.day > date(g.grown_day, '-14 days')), 0)) {where}",
        chosen,
    )
    tx.execute(f"UPDATE question_group AS g SET harm = weight * (askers + growth) {where}", chosen)


def recount(tx: sqlite3.Connection, group_ids: Iterable[str]) -> None:
    """Counts of open groups from their questions: after some were deleted or moved."""
    chosen = {"ids": codec.ids(group_ids)}
    groups = f"(SELECT g.id FROM question_group g WHERE {_OPEN})"
    tx.execute(f"DELETE FROM group_day WHERE group_id IN {groups}", chosen)
    tx.execute(
        "INSERT INTO group_day (group_id, day, n) SELECT group_id, day, count(*) FROM unanswered"
        f" WHERE group_id IN {groups} GROUP BY group_id, day",
        chosen,
    )
    tx.execute(
        "UPDATE question_group AS g SET (questions, askers, first_seen, last_seen) ="
        " (SELECT count(*), count(DISTINCT u.asker), coalesce(min(u.at), g.first_seen),"
        f" coalesce(max(u.at), g.last_seen) FROM unanswered u WHERE u.group_id = g.id) WHERE {_OPEN}",
        chosen,
    )
    rank(tx, [row[0] for row in tx.execute(f"SELECT g.id FROM question_group g WHERE {_OPEN}", chosen)])


def tidy(tx: sqlite3.Connection, group_ids: Iterable[str]) -> int:
    """After questions left these groups: titles, counts, and how many empty open groups were dropped."""
    chosen = {"ids": codec.ids(group_ids)}
    retitle(tx, group_ids)
    recount(tx, group_ids)
    dropped = tx.execute(f"DELETE FROM question_group AS g WHERE {_OPEN} AND g.questions = 0", chosen).rowcount
    drop_orphans(tx)
    return dropped


def retitle(tx: sqlite3.Connection, group_ids: Iterable[str]) -> None:
    """A title is a question's text: when that question is gone from the group, its oldest one lends the title."""
    stale = tx.execute(
        "SELECT g.id FROM question_group g"
        " WHERE (g.id IN (SELECT value FROM json_each(:ids)) OR g.merged_into IN (SELECT value FROM json_each(:ids)))"
        " AND g.title_id <> '' AND NOT EXISTS (SELECT 1 FROM unanswered u WHERE u.id = g.title_id"
        " AND u.group_id = CASE g.merged_into WHEN '' THEN g.id ELSE g.merged_into END)",
        {"ids": codec.ids(group_ids)},
    ).fetchall()
    for (group_id,) in stale:
        heir = tx.execute(
            "SELECT id, masked FROM unanswered WHERE group_id = ? ORDER BY at, id LIMIT 1", (group_id,)
        ).fetchone()
        tx.execute(
            "UPDATE question_group SET title_id = ?, title = ? WHERE id = ?",
            (heir["id"], heir["masked"], group_id) if heir else ("", "", group_id),
        )


def drop_orphans(tx: sqlite3.Connection) -> None:
    """Merged groups go with the group they went into."""
    tx.execute(
        "DELETE FROM question_group WHERE merged_into <> '' AND merged_into NOT IN (SELECT id FROM question_group)"
    )


def close(tx: sqlite3.Connection, group_id: str, state: str, who: str, resolution: str, *, at: int) -> bool:
    """False when it is closed already or unknown."""
    return bool(
        tx.execute(
            "UPDATE question_group SET state = ?, closed_by = ?, closed_at = ?, resolution = ?"
            " WHERE id = ? AND state IN ('open', 'claimed')",
            (state, who, at, codec.text(resolution), resolve(tx, group_id)),
        ).rowcount
    )


def move_questions(tx: sqlite3.Connection, question_ids: Iterable[str], target: str) -> None:
    """Questions, and the turns they came from, go to another group; counts are the caller's."""
    chosen = codec.ids(question_ids)
    tx.execute("UPDATE unanswered SET group_id = ? WHERE id IN (SELECT value FROM json_each(?))", (target, chosen))
    tx.execute(
        "UPDATE turn SET group_id = ? WHERE id IN"
        " (SELECT turn_id FROM unanswered WHERE id IN (SELECT value FROM json_each(?)))",
        (target, chosen),
    )
