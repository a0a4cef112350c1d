"""staff add, list, remove, link, forget: who may edit and review, and a resident's wish to be forgotten."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator

from bot.commands.common import Commands, add, add_group, now, opened, put_json, put_table, when
from bot.staff import Staff


def register(commands: Commands) -> None:
    group = add_group(commands, "staff", "who may edit and review")
    parser = add(group, "add", _add, "somebody who edits, or administers too")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--role", choices=("editor", "admin"), required=True)
    parser.add_argument("--telegram-id", type=int, metavar="N", help="as /whoami shows it")
    parser = add(group, "list", _list, "everybody who is staff now")
    parser.add_argument("--removed", action="store_true", help="those who were, too")
    parser.add_argument("--json", action="store_true")
    parser = add(group, "remove", _remove, "ends the person's sessions and links at once")
    parser.add_argument("name", metavar="NAME")
    parser = add(group, "link", _link, "a sign-in link for ten minutes and one use")
    parser.add_argument("name", metavar="NAME")
    parser = add(group, "forget", _forget, "delete a resident's data on request")
    parser.add_argument("telegram_id", type=int, metavar="TELEGRAM_ID")
    parser.add_argument("--json", action="store_true")


def _add(args: argparse.Namespace) -> int:
    with _staff() as staff:
        person = staff.add(args.name, args.role, telegram_id=args.telegram_id)
    print(f"{person.name} is {person.role} now; sign-in link: python -m bot staff link {person.name}")
    return 0


def _list(args: argparse.Namespace) -> int:
    with _staff() as staff:
        people = staff.people(removed=args.removed)
    rows = [
        {
            "name": person.name,
            "role": person.role,
            "telegram_id": person.telegram_id,
            "added": when(person.added_at),
            "removed": when(person.removed_at),
        }
        for person in people
    ]
    columns = ("name", "role", "telegram_id", "added", *(("removed",) if args.removed else ()))
    put_table(rows, columns, as_json=args.json, empty="no staff yet: python -m bot staff add NAME --role admin")
    return 0


def _remove(args: argparse.Namespace) -> int:
    with _staff() as staff:
        staff.remove(args.name)
    print(f"{args.name} is no staff any more; sessions and links ended")
    return 0


def _link(args: argparse.Namespace) -> int:
    with _staff() as staff:
        print(staff.link(args.name))
    return 0


def _forget(args: argparse.Namespace) -> int:
    from bot.ids import Pseudonyms
    from bot.keyfile import secret_key
    from bot.store.base import AuditRow

    with opened() as (configured, store):
        identities = Pseudonyms(secret_key(configured)).all("telegram", args.telegram_id)
        # In private the chat is the person; what he sent last may still wait for its answer.
        asked_at = now()  # a running service may hold records that wait for the store
        gone = {
            "updates": store.inbox.forget(str(args.telegram_id)),
            **store.turns.forget(identities, identities, at=asked_at),
        }
        # Without the id: the audit must not keep what was to be forgotten.
        store.staff.audit(AuditRow(asked_at, "shell", "forget", "resident", str(sum(gone.values()))))
    if args.json:
        put_json(gone, indent=2)
    else:
        for what, count in gone.items():
            print(f"{what}: {count}")
        print("nothing was kept of this person" if not any(gone.values()) else "deleted")
    return 0


@contextlib.contextmanager
def _staff() -> Iterator[Staff]:
    """The staff service on the store of the settings."""
    from bot.app import base_url

    with opened() as (configured, store):
        yield Staff(store.staff, clock=now, base_url=base_url(configured))
