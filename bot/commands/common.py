"""What several commands share: streams that take any text, JSON lines, tables, the store of the settings."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from bot.clock import now
from bot.settings import Settings, load_settings
from bot.store.base import Store

__all__ = [
    "Commands", "Complaints", "add", "add_group", "json_lines", "now", "opened", "put_json", "put_table", "settings",
    "stdin_lines", "text_of", "utf8_streams", "when",
]  # fmt: skip

Commands = Any  # argparse's sub-parsers, whose class is private
#: A line of JSON longer than this is refused: nothing a person types is, and memory stays bounded.
MAX_LINE = 4_000_000


def utf8_streams() -> None:
    """UTF-8 whatever the locale says. What cannot be encoded (a lone surrogate) becomes its escape, which is what
    JSON writes for it, so that no input ever ends in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def add(commands: Commands, name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    """A command; its help is also its description."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def add_group(commands: Commands, name: str, text: str) -> Commands:
    """A command with commands of its own, such as `faq check`."""
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(dest=f"{name}_command", required=True, metavar="COMMAND")


# ---------------------------------------------------------------- JSON lines
def json_lines(stream: Iterable[bytes], *, complain: Callable[[str], None]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of every sound line; ``complain`` hears of the others. Empty lines are passed over."""
    for number, raw in enumerate(stream, 1):
        if not raw.strip():
            continue
        try:
            if len(raw) > MAX_LINE:
                raise ValueError(f"longer than {MAX_LINE:,} bytes")
            data = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
            if not isinstance(data, dict):
                raise ValueError("not an object {…}")
            if not isinstance(data.get("id"), (str, int)) or isinstance(data.get("id"), bool):
                raise ValueError('"id" is missing or neither text nor a whole number')
        except RecursionError:
            complain(f"line {number}: nested too deeply; left out")
            continue
        except ValueError as error:  # JSON and UTF-8 errors are ValueErrors too
            complain(f"line {number}: {_plain(error)}; left out")
            continue
        yield number, data


def _plain(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start + 1}"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON ({error.msg} at character {error.pos + 1})"
    return str(error)


def text_of(data: Mapping[str, Any], key: str = "text") -> str:
    """A text field of a line; ValueError says what is wrong."""
    value = data.get(key)
    if not isinstance(value, str):
        raise ValueError(f'"{key}" is missing or no text')
    return value


class Complaints:
    """Counts what went wrong with lines of input and says it on stderr, at once."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream
        self.count = 0

    def __call__(self, line: str) -> None:
        self.count += 1
        print(line, file=self._stream or sys.stderr, flush=True)

    @property
    def status(self) -> int:
        return 1 if self.count else 0


def stdin_lines() -> Iterable[bytes]:
    """stdin as bytes, so that a line that is not UTF-8 spoils only itself; split at line feeds only."""
    return sys.stdin.buffer


def put_json(data: Any, *, indent: int | None = None) -> None:
    """One JSON value a line (or indented, for a person), written at once: a program may be waiting for it."""
    print(json.dumps(data, ensure_ascii=False, indent=indent, default=str), flush=True)


# ---------------------------------------------------------------- tables
def put_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str = "") -> None:
    """Rows as a table for people or as JSON for scripts."""
    if as_json:
        put_json(list(rows), indent=2)
        return
    if not rows:
        print(empty)
        return
    shown = [list(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(_width(line[place]) for line in shown) for place in range(len(columns))]
    for line in shown:
        padded = (text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def _cell(value: Any) -> str:
    text = "" if value is None else str(value).replace("\n", " ")
    return text if len(text) <= 60 else text[:59] + "…"


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def when(seconds: int) -> str:
    """A time for people, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds)) if seconds else ""


# ---------------------------------------------------------------- settings and store
def settings() -> Settings:
    return load_settings()


@contextlib.contextmanager
def opened(configured: Settings | None = None) -> Iterator[tuple[Settings, Store]]:
    """The store of the settings, with its schema up to date; closed at the end."""
    from bot.app import open_store

    configured = configured or settings()
    store = open_store(configured)
    try:
        store.migrate()
        yield configured, store
    finally:
        store.close()
