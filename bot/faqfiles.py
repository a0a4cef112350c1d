"""faq/ on disk: read it whole, write an entry in the one canonical form.

A ruined file never hides the others: `scan` names every problem and still hands out all texts, so that the service can
tell what is wrong and go on with what it published last. What the files say is judged by `bot.faqcheck`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from bot.core.entry import Dialogue, Entry, Faq, Hotline, Problem, Region, Sample, Topic, entry_from_dict, entry_to_dict
from bot.core.rules import problem
from bot.core.shape import entry_shape, lexicon_shape, region_shape, topics_shape
from bot.errors import FaqError

TOPICS_FILE = "topics.toml"
#: Folders of documents; every other folder is a group of entries.
DOCUMENT_FOLDERS = {"regions": ".toml", "lexicon": ".toml", "samples": ".jsonl"}


@dataclass(frozen=True, slots=True)
class FileInfo:
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything found in faq/. ``faq`` is None where an error stands among ``problems``.

    ``files``: every readable file by its path in faq/. ``tables``: the parsed TOML of every
    entry, and of the documents that are sound.
    ``samples``: (path, line number, sample or dialogue).
    """

    faq: Faq | None
    problems: tuple[Problem, ...]
    files: Mapping[str, FileInfo]
    tables: Mapping[str, Mapping[str, Any]] = field(repr=False)
    samples: tuple[tuple[str, int, Sample | Dialogue], ...] = field(repr=False)


def content_hash(text: str) -> str:
    """Names a text; line ends do not count, because an editor's Windows changes them."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------- reading
def read_faq(folder: Path) -> Faq:
    """The FAQ of a folder; FaqError names every problem that keeps it from being read."""
    result = scan(folder)
    if result.faq is None:
        errors = [p for p in result.problems if p.level == "error"]
        message = f"{folder}: {len(errors)} 处错误 / errors, first: {errors[0]}"
        raise FaqError(message, result.problems)
    return result.faq


def scan(folder: Path) -> Scan:
    """Reads everything that can be read and names the rest; never raises for what stands in the folder."""
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    if not folder.is_dir():
        problems.append(problem("unreadable", ".", "-", detail=f"{folder} 不是文件夹 / is no folder"))
    for path in _paths(folder):
        text = _read(folder, path, problems)
        if text is not None:
            texts[path] = text
    return scan_texts(texts, problems)


def scan_texts(texts: Mapping[str, str], problems: Iterable[Problem] = ()) -> Scan:
    """The same of texts by their path in faq/, wherever they come from. ``problems``: what was found before."""
    found = list(problems)
    files = {path: FileInfo(text, content_hash(text)) for path, text in texts.items()}
    tables, samples = _parse(texts, found)
    for missing in (TOPICS_FILE, *([] if any(map(_is_region, files)) else ["regions/cn.toml"])):
        if missing not in files:
            found.append(problem("missing-file", missing, "-"))
    if not any(is_entry(path) for path in files):
        found.append(problem("no-entries", ".", "-"))
    found.sort(key=lambda p: (p.file, p.level, p.key))
    faq = None
    if not any(p.level == "error" for p in found):
        faq = _assemble((tables[path] for path in sorted(tables) if is_entry(path)), tables, samples)
    return Scan(faq, tuple(found), files, tables, tuple(samples))


def documents(folder: Path) -> dict[str, str]:
    """path -> text of what is published beside the entries: topics, regions, lexicon, samples. Unreadable: left out."""
    found: dict[str, str] = {}
    for path in _paths(folder):
        if not is_entry(path):
            text = _read(folder, path, [])
            if text is not None:
                found[path] = text
    return found


def faq_from_parts(entry_bodies: Iterable[Mapping[str, Any]], documents: Mapping[str, str]) -> Faq:
    """The FAQ from what the store holds: bodies of `entry_to_dict` (dates as dates or ISO strings) and documents."""
    problems: list[Problem] = []
    tables, samples = _parse({path: text for path, text in documents.items() if not is_entry(path)}, problems)
    if TOPICS_FILE not in documents:
        problems.append(problem("missing-file", TOPICS_FILE, "-"))
    errors = [p for p in problems if p.level == "error"]
    if errors:
        raise FaqError(f"published documents cannot be read, first: {errors[0]}", errors)
    try:
        return _assemble(entry_bodies, tables, samples)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FaqError(f"a published entry cannot be read: {error!r}") from error


def is_entry(path: str) -> bool:
    """Whether a path in faq/ is an entry's: in a folder that is not one of documents."""
    folder, _, name = path.rpartition("/")
    return bool(folder) and folder not in DOCUMENT_FOLDERS and name.endswith(".toml")


def _is_region(path: str) -> bool:
    return path.startswith("regions/")


def _paths(folder: Path) -> Iterator[str]:
    """Paths of the files that make up the FAQ, sorted; hidden files and editors' backups are no content."""
    for path in sorted(folder.glob("*/*")) if folder.is_dir() else ():
        wanted = DOCUMENT_FOLDERS.get(path.parent.name, ".toml")
        if path.suffix == wanted and not path.name.startswith((".", "~", "#")) and not path.parent.name.startswith("."):
            yield f"{path.parent.name}/{path.name}"
    if (folder / TOPICS_FILE).exists():
        yield TOPICS_FILE


def _read(folder: Path, path: str, problems: list[Problem]) -> str | None:
    try:
        # Notepad begins a file with a byte order mark, which TOML does not know.
        return (folder / path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        problems.append(problem("unreadable", path, "-", detail=error.strerror or type(error).__name__))
    except UnicodeDecodeError:
        problems.append(problem("not-utf8", path, "-"))
    return None


def _parse(
    texts: Mapping[str, str], problems: list[Problem]
) -> tuple[dict[str, Mapping[str, Any]], list[tuple[str, int, Sample | Dialogue]]]:
    """Tables of the TOML files and the samples; problems of syntax and shape go to the list."""
    tables: dict[str, Mapping[str, Any]] = {}
    samples: list[tuple[str, int, Sample | Dialogue]] = []
    for path, text in sorted(texts.items()):
        if path.endswith(".jsonl"):
            samples.extend((path, number, sample) for number, sample in _samples(path, text, problems))
            continue
        try:
            table = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            problems.append(problem("toml", path, _line(str(error)), detail=str(error) or "nested too deeply"))
            continue
        found = _shape(path, table)
        problems.extend(found)
        if is_entry(path) or not any(p.level == "error" for p in found):
            tables[path] = table
    return tables, samples


def _line(message: str) -> str:
    """「line 12」 of tomllib's message as the key of the finding."""
    _, _, place = message.rpartition("(at ")
    return place.split(",")[0].rstrip(")") or "-"


def _shape(path: str, table: Mapping[str, Any]) -> list[Problem]:
    folder, _, name = path.rpartition("/")
    if path == TOPICS_FILE:
        return topics_shape(table, path)
    if folder == "regions":
        return region_shape(table, path)
    if folder == "lexicon":
        return lexicon_shape(name.removesuffix(".toml"), table, path)
    return entry_shape(table, path)


def _samples(path: str, text: str, problems: list[Problem]) -> Iterator[tuple[int, Sample | Dialogue]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, _sample(json.loads(line))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            detail = f"缺 / lacks {error}" if isinstance(error, KeyError) else str(error)
            problems.append(problem("json-line", path, f"line {number}", detail=detail))


def _sample(data: Any) -> Sample | Dialogue:
    if not isinstance(data, dict):
        raise TypeError("不是 {…} / is no object")
    if "turns" in data:
        turns = _texts(data["turns"], "turns")
        per_turn = data.get("topics_per_turn", [[]] * (len(turns) - 1) + [data.get("topics", [])])
        if not isinstance(per_turn, list) or len(per_turn) != len(turns):
            raise ValueError("topics_per_turn: 每轮一项 / one item a turn")
        return Dialogue(turns, tuple(_texts(topics, "topics_per_turn") for topics in per_turn))
    text, urgent = data["text"], data.get("urgent", False)
    if not isinstance(text, str) or not text.strip() or not isinstance(urgent, bool):
        raise TypeError('应为 / should be {"text": "…", "topics": […], "urgent": false}')
    return Sample(text, _texts(data["topics"], "topics"), urgent, str(data.get("style", "")))


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise TypeError(f"{name}: 应是一列文字 / should be a list of texts")
    return tuple(value)


# ---------------------------------------------------------------- tables to values
def _assemble(
    entries: Iterable[Mapping[str, Any]],
    tables: Mapping[str, Mapping[str, Any]],
    samples: Iterable[tuple[str, int, Sample | Dialogue]],
) -> Faq:
    groups, topics = topics_from_table(tables[TOPICS_FILE])
    golden = [sample for _, _, sample in samples]
    return Faq(
        entries=tuple(sorted(map(entry_from_dict, entries), key=lambda e: e.id)),
        topics=topics,
        groups=groups,
        regions=regions_from_tables(tables),
        lexicon={
            path.removeprefix("lexicon/").removesuffix(".toml"): table
            for path, table in sorted(tables.items())
            if path.startswith("lexicon/")
        },
        samples=tuple(s for s in golden if isinstance(s, Sample)),
        dialogues=tuple(s for s in golden if isinstance(s, Dialogue)),
    )


def topics_from_table(table: Mapping[str, Any]) -> tuple[dict[str, Mapping[str, str]], dict[str, Topic]]:
    """(groups, topics) in the order of the file."""
    topics = {key: Topic(key, topic["group"], topic["zh"], topic["en"]) for key, topic in table["topics"].items()}
    return dict(table["groups"]), topics


def regions_from_tables(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Region]:
    found = (region_from_table(table) for path, table in sorted(tables.items()) if path.startswith("regions/"))
    return {region.id: region for region in found}


def region_from_table(table: Mapping[str, Any]) -> Region:
    hotlines = {name: _hotline(name, line) for name, line in table["hotlines"].items()}
    official, words = tuple(table.get("official", ())), table.get("words", {})
    return Region(table["id"], table["name"], table["timezone"], hotlines, official, words)


def _hotline(name: str, table: Mapping[str, Any]) -> Hotline:
    number = table["number"]
    return Hotline(
        name=name,
        number={"zh": number, "en": number} if isinstance(number, str) else number,
        title=table["name"],
        purpose=table["for"],
        never=table.get("never", {}),
        dial=table.get("dial", True),
    )


# ---------------------------------------------------------------- writing
def entry_path(entry: Entry, topics: Mapping[str, Topic]) -> str:
    """Where an entry's file belongs: 「group/id.toml」."""
    if entry.topic not in topics:
        raise FaqError(f"{entry.id}: topic {entry.topic!r} is not in {TOPICS_FILE}; correct it or add it there")
    return f"{topics[entry.topic].group}/{entry.id}.toml"


def write_entry(entry: Entry) -> str:
    """The canonical file of an entry: keys in the order of the contract, one item of a list a line."""
    table = entry_to_dict(entry)
    sources = table.pop("sources", None)
    head = _dumps({key: value for key, value in table.items() if not isinstance(value, Mapping)})
    if sources:
        # tomli_w would write a long source as [[sources]] behind the other keys; one line each is easier to edit.
        lines = "".join(
            f"    {{ {', '.join(tomli_w.dumps({k: v}).strip() for k, v in s.items())} }},\n" for s in sources
        )
        head += f"sources = [\n{lines}]\n"
    return head + "\n" + _dumps({key: value for key, value in table.items() if isinstance(value, Mapping)})


def _dumps(table: Mapping[str, Any]) -> str:
    return tomli_w.dumps(table, multiline_strings=not _has_return(table))


def _has_return(value: Any) -> bool:
    """A carriage return would be lost in a multi-line string; such an entry is written with escapes."""
    if isinstance(value, Mapping):
        return any(map(_has_return, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_return, value))
    return isinstance(value, str) and "\r" in value
