"""Who may import whom, read from the source; and every module can be imported alone, without a warning.

The table is an allow-list: a new edge between services is a decision, written down here with its reason.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Folders and modules that stand at the bottom: package -> what they may use beside the standard library.
CORE = {"rapidfuzz", "numpy", "opencc", "pypinyin", "phonenumbers", "stdnum"}
BASE: dict[str, set[str]] = {
    "bot.errors": {"bot.core.entry"},  # FaqError carries Problem records
    "bot.settings": {"bot.errors"},
    "bot.keyfile": {"bot.errors", "bot.settings"},
    "bot.logs": {"bot.errors"},  # their texts are made for people
    "bot.clock": set(),
    "bot.ids": set(),
    "bot.core": CORE | {"bot.core", "bot.errors"},
    "bot.store.base": {"bot.core"},
    "bot.store": {"bot.core", "bot.errors", "bot.ids", "bot.store", "sqlite_utils"},
    "bot.faqfiles": {"bot.core", "bot.store.base", "bot.errors", "tomli_w"},
}
#: Services use core, store.base, faqfiles, errors and ids; beside these, each other as follows.
SERVICE = {"bot.core", "bot.store.base", "bot.faqfiles", "bot.errors", "bot.ids"}
SERVICES: dict[str, set[str]] = {
    "bot.faqcheck": {"bot.faqfolds"},  # --folds is part of checking
    "bot.faqfolds": set(),
    "bot.faqstats": set(),
    "bot.indexcache": {"numpy"},  # reads and writes the models' arrays
    "bot.importing": set(),
    "bot.conversation": {"bot.indexcache", "bot.served", "bot.spool", "bot.waiting"},  # its halves, the index it owns
    "bot.served": set(),
    "bot.spool": set(),
    "bot.starting": {"bot.conversation"},
    "bot.waiting": set(),
    "bot.staff": set(),
    "bot.inbox": {"bot.journal"},  # what was answered, noted the moment it is
    "bot.journal": set(),
    "bot.outreach": set(),
    "bot.overview": set(),
    "bot.figures": set(),
    "bot.replay": set(),
    "bot.desk": {"bot.staff"},  # who may do what
    "bot.drafting": {"bot.desk"},
    "bot.queuedesk": {"bot.desk", "bot.waiting"},  # an answer goes to who waits for it
    "bot.draftdesk": {"bot.drafting", "bot.queuedesk"},  # publishing closes the groups it answers
    "bot.uploading": {"bot.desk", "bot.drafting"},
    "bot.filedesk": {
        "bot.desk",
        "bot.draftdesk",
        "bot.drafting",
        "bot.importing",  # files into the store
        "bot.uploading",
    },
    "bot.topicdesk": {"bot.drafting", "bot.filedesk"},
    "bot.editorial": {
        "bot.desk",
        "bot.topicdesk",
        "bot.drafting",
        "bot.indexcache",  # previews and replays ask an index
        "bot.replay",
    },
}
CHANNEL = {"bot.core", "bot.store.base", "bot.errors", "bot.ids", "bot.settings", *SERVICES} - {"bot.importing"}
CHANNELS: dict[str, set[str]] = {
    "bot.channels.terminal": set(),
    "bot.channels.telegram": {"telegram", "aiohttp", "httpx"},
    "bot.channels.web": {
        "starlette",
        "jinja2",
        "markupsafe",
        "datasette",  # the extra `explore`
        "bot.channels.telegram.render",  # the console's preview shows what Telegram gets, not a copy of it
    },
}
#: Composition: these may import anything, and nobody but each other imports them.
TOP = ("bot.app", "bot.commands", "bot.__main__")


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def modules() -> dict[str, Path]:
    out = {}
    for path in sorted((ROOT / "bot").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


MODULES = modules()


def imports(name: str) -> Iterator[tuple[str, int]]:
    """Every imported module of ours or a third party, those inside functions and TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: a relative import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [w if w in MODULES else str(node.module) for w in whole]
        else:
            continue
        yield from ((f, node.lineno) for f in found if f.split(".")[0] not in sys.stdlib_module_names)


def allowed(name: str) -> set[str] | None:
    """What ``name`` may import; None: anything."""
    if name == "bot" or any(within(name, top) for top in TOP):
        return None
    for package, use in CHANNELS.items():
        if within(name, package):
            return CHANNEL | use | {package}
    if name == "bot.channels":
        return set()
    if name in SERVICES:
        return SERVICE | SERVICES[name]
    for package, use in BASE.items():  # bot.store.base stands before bot.store
        if within(name, package):
            return use
    raise AssertionError(f"{name} is not in the table of tests/test_imports.py: say what it may import")


@pytest.mark.parametrize("name", MODULES)
def test_imports_only_what_it_may(name: str) -> None:
    use = allowed(name)
    if use is None:
        return
    wrong = [f"line {line}: {found}" for found, line in imports(name) if not any(within(found, u) for u in use)]
    assert not wrong, f"{name} may not import {wrong}"


def test_nobody_imports_the_composition_root() -> None:
    wrong = [
        (name, found)
        for name in MODULES
        if not any(within(name, top) for top in TOP)
        for found, _ in imports(name)
        if any(within(found, top) for top in TOP)
    ]
    assert not wrong


def test_the_table_names_what_exists() -> None:
    table = {*BASE, *SERVICES, *CHANNELS, *TOP}
    assert not {t for t in table if t not in MODULES and not any(within(m, t) for m in MODULES)}


def test_services_do_not_import_in_a_circle() -> None:
    seen: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in seen:
            for other in sorted(SERVICES[name] & SERVICES.keys()):
                visit(other, (*path, name))
            seen.add(name)

    for name in SERVICES:
        visit(name, ())


PURE = {"time", "socket", "sqlite3", "asyncio", "threading", "subprocess", "os", "pathlib", "logging", "random"}


@pytest.mark.parametrize("name", [m for m in MODULES if within(m, "bot.core")])
def test_core_has_no_clock_no_files_no_network(name: str) -> None:
    used = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            used |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add(str(node.module).split(".")[0])
    assert not used & PURE


@pytest.mark.parametrize("part", range(4))
def test_each_module_can_be_imported_first(part: int) -> None:
    """In a state where nothing of ours is loaded yet, with warnings as errors: no module leans on another's import."""
    names = [m for m in MODULES if m != "bot.__main__"][part::4]
    program = (
        "import importlib, sys\n"
        f"for name in {names!r}:\n"
        "    for loaded in [m for m in sys.modules if m == 'bot' or m.startswith('bot.')]:\n"
        "        del sys.modules[loaded]\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except Exception as error:\n"
        "        sys.exit(f'{name}: {error!r}')\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "", "importing prints nothing"
