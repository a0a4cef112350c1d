"""db migrate, check, backup, restore."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator

from bot.commands.common import Commands, add, add_group, put_json, settings
from bot.store.base import Store


def register(commands: Commands) -> None:
    group = add_group(commands, "db", "schema, integrity, backup and restore")
    add(group, "migrate", _migrate, "bring the schema up to date; three processes may do so at once")
    parser = add(group, "check", _check, "integrity; exit 1 on findings")
    parser.add_argument("--json", action="store_true")
    parser = add(group, "backup", _backup, "a consistent copy while the service runs")
    parser.add_argument("file", metavar="FILE")
    parser = add(group, "restore", _restore, "put a backup in place; stop the service first")
    parser.add_argument("file", metavar="FILE")


def _migrate(args: argparse.Namespace) -> int:
    with _store() as store:
        names = store.migrate()
    print("\n".join(f"applied {name}" for name in names) or "up to date")
    return 0


def _check(args: argparse.Namespace) -> int:
    with _store() as store:
        store.migrate()
        findings = store.check()
    if args.json:
        put_json(findings, indent=2)
    else:
        print("\n".join(findings) or "sound")
    return int(bool(findings))


def _backup(args: argparse.Namespace) -> int:
    with _store() as store:
        store.backup(args.file)
    print(f"backed up to {args.file}; it holds what the database held, keep it as safe")
    return 0


def _restore(args: argparse.Namespace) -> int:
    with _store() as store:
        store.restore(args.file)
    print(f"restored from {args.file}; start the service again")
    return 0


@contextlib.contextmanager
def _store() -> Iterator[Store]:
    """The store as it is: no migration, so that a damaged one can be checked and replaced."""
    from bot.app import open_store

    store = open_store(settings())
    try:
        yield store
    finally:
        store.close()
