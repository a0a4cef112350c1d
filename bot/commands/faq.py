"""faq check, stats, export, import: the curated files and what the store has published."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.commands.common import Commands, add, add_group, now, opened, put_json, settings
from bot.errors import FaqError


def register(commands: Commands) -> None:
    group = add_group(commands, "faq", "check, count, export and import the FAQ files")
    parser = add(group, "check", _check, "validate the files; exit 1 on any error")
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="default BOT_FAQ")
    parser.add_argument("--fast", action="store_true", help="only the rules that need no matcher")
    parser.add_argument("--json", action="store_true")
    parser = add(group, "stats", _stats, "coverage and freshness")
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="default BOT_FAQ")
    parser.add_argument("--json", action="store_true")
    parser = add(group, "export", _export, "write what is published to files")
    parser.add_argument("dir", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    parser = add(group, "import", _import, "take the files into the store; conflicts are listed, nothing overwritten")
    parser.add_argument("dir", type=Path, metavar="DIR")
    parser.add_argument("--take", action="append", default=[], metavar="ID", help="a conflict that the file wins")
    parser.add_argument("--json", action="store_true")


def _today() -> dt.date:
    return dt.datetime.now(ZoneInfo(settings().timezone)).date()


def _check(args: argparse.Namespace) -> int:
    from bot.faqcheck import check, render

    problems = check(args.dir or settings().faq, fast=args.fast, today=_today())
    shown = render(problems, as_json=args.json)
    if shown:
        print(shown)
    return int(any(problem.level == "error" for problem in problems))


def _stats(args: argparse.Namespace) -> int:
    from bot.faqstats import stats

    figures = stats(args.dir or settings().faq, today=_today())
    if args.json:
        put_json(figures.as_dict(), indent=2)
    else:
        print(figures)
    return 0


def _export(args: argparse.Namespace) -> int:
    from bot.importing import export_faq

    with opened() as (_, store):
        if not store.faq.documents():
            raise FaqError("nothing is published yet; run: python -m bot faq import faq")
        try:
            written = export_faq(store, args.dir)
        except OSError as error:
            raise FaqError(f"{args.dir}: cannot be written ({error.strerror}); choose a folder you may write") from None
    if args.json:
        put_json({"written": written}, indent=2)
    else:
        for path in written:
            print(path)
        print(f"{len(written)} file(s) written, the others said the same already")
    return 0


def _import(args: argparse.Namespace) -> int:
    from bot.faqfiles import scan
    from bot.importing import import_faq

    found = scan(args.dir)
    errors = [problem for problem in found.problems if problem.level == "error"]
    if errors:
        for problem in errors:
            print(problem)
        raise FaqError(f"nothing imported: {len(errors)} error(s) in {args.dir}; correct them and import again")
    with opened() as (_, store):
        result = import_faq(store, found, at=now(), editor="shell", take=args.take)
    lists = {
        "imported": result.imported,
        "kept": result.kept,
        "conflicts": result.conflicts,
        "gone": result.gone,
        "retired": result.retired,
    }
    if args.json:
        put_json(lists, indent=2)
    else:
        for name, ids in lists.items():
            shown = f": {', '.join(ids)}" if ids and name != "kept" else ""
            print(f"{name} {len(ids)}{shown}")
        if result.conflicts:
            print(
                "conflicts: file and store were both changed; the store's text is kept. To take the file's: --take ID"
            )
    return 0 if result.clean else 1
