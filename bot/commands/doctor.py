"""doctor: settings, store, FAQ, clock, disk, Bot API; a line each with what to do."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.commands.common import Commands, add, put_json, settings
from bot.errors import BotError
from bot.logs import RedactingFilter
from bot.settings import Settings

LEAST_DISK = 200_000_000
BUILT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
TIMEOUT = 8.0


@dataclass(frozen=True, slots=True)
class Finding:
    """``remedy`` is what to do; only a fault makes the exit status 1."""

    what: str
    fault: bool
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = "FAULT" if self.fault else "ok"
        return f"{mark:5} {self.what}: {self.text}" + (f"; {self.remedy}" if self.remedy else "")


def register(commands: Commands) -> None:
    parser = add(commands, "doctor", _doctor, "is everything in order? exit 1 on a fault")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--offline", action="store_true", help="do not ask the Bot API")


def _doctor(args: argparse.Namespace) -> int:
    configured = settings()
    found = list(findings(configured, offline=args.offline))
    if args.json:
        put_json([{"what": f.what, "fault": f.fault, "text": f.text, "remedy": f.remedy} for f in found], indent=2)
    else:
        for finding in found:
            print(finding, flush=True)
    return int(any(finding.fault for finding in found))


def findings(configured: Settings, *, offline: bool = False) -> Iterator[Finding]:
    yield _settings(configured)
    yield _key(configured)
    yield _store(configured)
    yield _published(configured)
    yield _faq(configured)
    yield _clock(configured)
    yield _disk(configured)
    yield _bot_api(configured, offline)


def _settings(configured: Settings) -> Finding:
    shown = []
    for field in fields(configured):
        value = getattr(configured, field.name)
        if not field.repr:  # secrets, and addresses that may carry a password
            value = "set" if value else "-"
        shown.append(f"{field.name}={value if value != '' else '-'}")
    # An address may have been given with a password or a token in it.
    return Finding("settings", False, RedactingFilter().hide_secrets(", ".join(shown)))


def _key(configured: Settings) -> Finding:
    from bot.keyfile import key_path

    if configured.secret_key:
        return Finding("secret key", False, "from BOT_SECRET_KEY")
    path = key_path(configured)
    if not path.exists():
        return Finding("secret key", False, f"{path} will be created at the first start")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        return Finding("secret key", True, f"{path} can be read by others", f"chmod 600 {path}")
    return Finding("secret key", False, f"{path}; keep a copy with the backups")


def _store(configured: Settings) -> Finding:
    from bot.app import open_store

    if not Path(configured.database).exists():
        return Finding("store", False, "not created yet", "serve or db migrate creates it")
    store = open_store(configured)
    try:
        store.migrate()
        problems = store.check()
    except (BotError, sqlite3.Error) as error:
        return Finding(
            "store",
            True,
            str(error) if isinstance(error, BotError) else type(error).__name__,
            "see db check; a backup is put back with db restore",
        )
    finally:
        store.close()
    if problems:
        return Finding("store", True, f"{len(problems)} finding(s), first: {problems[0]}", "db restore a backup")
    size = Path(configured.database).stat().st_size
    return Finding("store", False, f"sound, {size / 1e6:.1f} MB")


def _published(configured: Settings) -> Finding:
    from bot.app import open_store

    if not Path(configured.database).exists():
        return Finding("published FAQ", False, "none yet", "serve imports the folder at its start")
    store = open_store(configured)
    try:
        store.migrate()
        entries, generation = store.faq.entries(), store.faq.generation()
        people = store.staff.people()
    except BotError as error:
        return Finding("published FAQ", True, str(error), "see store")
    finally:
        store.close()
    if not entries:
        return Finding("published FAQ", True, "no entry", f"python -m bot faq import {configured.faq}")
    staff = f"{len(people)} staff" if people else "no staff yet (serve prints a link for the first admin)"
    return Finding("published FAQ", False, f"{len(entries)} entries, generation {generation}, {staff}")


def _faq(configured: Settings) -> Finding:
    from bot.faqfiles import scan

    found = scan(configured.faq)
    errors = [problem for problem in found.problems if problem.level == "error"]
    if errors:
        return Finding("FAQ folder", True, f"{len(errors)} error(s), first: {errors[0]}", "faq check names all")
    today = dt.datetime.now(ZoneInfo(configured.timezone)).date()
    overdue = sum(entry.review_by < today for entry in found.faq.entries) if found.faq else 0
    late = f", {overdue} past their review date" if overdue else ""
    return Finding("FAQ folder", False, f"{configured.faq}: {len(found.files)} files without error{late}")


def _clock(configured: Settings) -> Finding:
    here = dt.datetime.now(dt.UTC)
    shown = here.astimezone(ZoneInfo(configured.timezone)).strftime("%Y-%m-%d %H:%M %Z")
    if here < BUILT:
        return Finding("clock", True, f"{shown} is before this program was made", "set the system's clock")
    return Finding("clock", False, f"{shown} ({configured.timezone})")


def _disk(configured: Settings) -> Finding:
    folder = Path(configured.database).absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        return Finding(
            "disk", True, f"{folder} cannot be written", "give the service's user the right to, or set BOT_DATABASE"
        )
    if free < LEAST_DISK:
        return Finding("disk", True, f"{free / 1e6:.0f} MB free in {folder}", "free some space: writing fails soon")
    return Finding("disk", False, f"{free / 1e9:.1f} GB free in {folder}")


def _bot_api(configured: Settings, offline: bool) -> Finding:
    if not configured.telegram_token:
        return Finding("Telegram", False, "off", "set BOT_TELEGRAM_TOKEN (from @BotFather) to switch it on")
    if offline:
        return Finding("Telegram", False, "not asked (--offline)")
    # The address holds the token: it must not be part of any message.
    request = urllib.request.Request(f"{configured.telegram_api}/bot{configured.telegram_token}/getMe")  # noqa: S310
    handlers = []
    if configured.proxy:
        handlers.append(urllib.request.ProxyHandler({"http": configured.proxy, "https": configured.proxy}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT) as answer:
            name = json.load(answer)["result"]["username"]
    except urllib.error.HTTPError as error:
        with error:
            remedy = "check BOT_TELEGRAM_TOKEN" if error.code in (401, 404) else "try again; see BOT_TELEGRAM_API"
            return Finding("Telegram", True, f"the Bot API answered {error.code}", remedy)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "reason", error)
        return Finding("Telegram", True, f"no answer from the Bot API ({type(reason).__name__})",
                       "check the network, BOT_TELEGRAM_API and BOT_PROXY; the web chat works without")  # fmt: skip
    return Finding("Telegram", False, f"@{name}, {'webhook' if configured.webhook else 'polling'}")
