"""review list, show, export, group: the log of unanswered questions, for scripts."""

from __future__ import annotations

import argparse
import csv
import sys
from typing import Any

from bot.commands.common import (
    Commands,
    Complaints,
    add,
    add_group,
    json_lines,
    opened,
    put_json,
    put_table,
    stdin_lines,
    text_of,
    when,
)
from bot.errors import NotFound, UsageError
from bot.store.base import GroupRow, GroupState, Store

STATES: tuple[GroupState, ...] = ("open", "claimed", "answered", "dismissed")
COLUMNS = ("group", "harm", "questions", "askers", "state", "reason", "last_seen", "title", "nearest")
CSV_COLUMNS = (
    "group", "state", "reason", "text", "texts", "questions", "askers", "first_seen", "last_seen", "harm", "nearest",
    "claimed_by", "resolution",
)  # fmt: skip
PAGE = 500


def register(commands: Commands) -> None:
    group = add_group(commands, "review", "the log of unanswered questions")
    parser = add(group, "list", _list, "groups that wait, the most harmful first")
    parser.add_argument("--state", action="append", choices=STATES, help="repeatable; default open and claimed")
    parser.add_argument("--reason", choices=("ours", "no_entry", "not_ours", "rejected"), default="ours")
    parser.add_argument("--search", default="", metavar="WORDS")
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    parser = add(group, "show", _show, "one group with its questions (masked)")
    parser.add_argument("group", metavar="GROUP")
    parser.add_argument("--json", action="store_true")
    parser = add(group, "export", _export, "every group, for other programs")
    parser.add_argument("--format", choices=("csv", "json"), required=True)
    parser.add_argument("--reason", choices=("ours", "no_entry", "not_ours", "rejected"))
    parser = add(group, "group", _group, 'read {"id", "text"} a line, write {"id", "group"}: near-duplicates share one')
    parser.add_argument("--jsonl", action="store_true", help="needed; reads stdin")


def _row(group: GroupRow) -> dict[str, Any]:
    return {
        "group": group.id,
        "state": group.state,
        "reason": group.reason,
        "title": group.title,
        "questions": group.questions,
        "askers": group.askers,
        "first_seen": when(group.first_seen),
        "last_seen": when(group.last_seen),
        "harm": round(group.harm, 1),
        "nearest": [{"entry": entry, "score": round(score, 2)} for entry, score in group.nearest],
        "claimed_by": group.claimed_by,
        "resolution": group.resolution,
        "days": dict(group.days),
    }


def _list(args: argparse.Namespace) -> int:
    states = tuple(args.state or ("open", "claimed"))
    with opened() as (_, store):
        found = store.queue.groups(reason=args.reason, states=states, search=args.search, limit=max(1, args.limit))
        total = store.queue.count(reason=args.reason, states=states)
    rows = [_row(group) for group in found]
    shown = rows if args.json else [row | {"nearest": _nearest(row)} for row in rows]
    put_table(shown, COLUMNS, as_json=args.json, empty="no questions wait")
    if not args.json and not args.search and total > len(rows):
        print(f"… {total - len(rows)} more; --limit shows them")
    return 0


def _nearest(row: dict[str, Any]) -> str:
    return " ".join(f"{near['entry']}:{near['score']}" for near in row["nearest"])


def _texts(store: Store, group_id: str) -> list[dict[str, Any]]:
    return [
        {
            "text": member.masked,
            "lang": member.lang,
            "channel": member.channel,
            "at": when(member.at),
            "reason": member.reason,
            "nearest": [{"entry": entry, "score": round(score, 2)} for entry, score in member.nearest],
        }
        for member in store.queue.members(group_id, limit=10_000)
    ]


def _show(args: argparse.Namespace) -> int:
    with opened() as (_, store):
        group = store.queue.group(args.group)
        if group is None:
            raise NotFound(f"no group {args.group}; `review list` shows which there are")
        row = _row(group) | {"texts": _texts(store, group.id)}
    if args.json:
        put_json(row, indent=2)
        return 0
    for key in ("group", "state", "reason", "questions", "askers", "first_seen", "last_seen", "harm"):
        print(f"{key}: {row[key]}")
    print(f"nearest: {_nearest(row) or '-'}")
    for text in row["texts"]:
        print(f"- {text['at']} {text['channel']} {text['lang']}: {text['text']}")
    return 0


def _export(args: argparse.Namespace) -> int:
    with opened() as (_, store):
        rows = [_row(group) | {"texts": _texts(store, group.id)} for group in _all(store, args.reason)]
    if args.format == "json":
        put_json(rows, indent=2)
        return 0
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        values = row | {
            "text": row["title"],
            "texts": "\n".join(text["text"] for text in row["texts"]),
            "nearest": _nearest(row),
        }
        writer.writerow([_harmless(values[column]) for column in CSV_COLUMNS])
    return 0


def _all(store: Store, reason: str | None) -> list[GroupRow]:
    out: list[GroupRow] = []
    while True:
        page = store.queue.groups(reason=reason, states=STATES, limit=PAGE, offset=len(out))
        out += page
        if len(page) < PAGE:
            return out


def _harmless(value: Any) -> Any:
    """A cell that begins like a formula would be run by a spreadsheet: residents' words must not."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _group(args: argparse.Namespace) -> int:
    from bot.core.cluster import Grouping
    from bot.core.redact import redact
    from bot.core.text import clean

    if not args.jsonl:
        raise UsageError('review group reads {"id", "text"} lines from stdin; give --jsonl')
    grouping, complain, made = Grouping(), Complaints(), 0
    for number, data in json_lines(stdin_lines(), complain=complain):
        try:
            text = redact(clean(text_of(data))).text
        except ValueError as error:
            complain(f"line {number}: {error}; left out")
            continue
        found = grouping.assign(text)
        if found is None:
            made += 1
            found = f"g{made}"
            grouping.add(found, text)
        put_json({"id": data["id"], "group": found})
    return complain.status
