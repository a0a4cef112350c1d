"""FAQ files that a person uploads: a .zip of faq/ or one entry's .toml. Read in memory, never written to disk.

    unpack(name, data)     the texts by their path in faq/, or UploadError: what is wrong with the file, in two languages
    plan(upload, snapshot) what each file would do to what is published, and what `faq check` finds wrong with it

An upload may be a part of the FAQ, and may be older than what is published; so nothing that exists is replaced unless
a person chose it, and what is not in it stays.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.core.claims import Claims
from bot.core.entry import Faq, Problem, entry_from_dict, entry_to_dict
from bot.core.phrasings import find_duplicates
from bot.core.rules import problem
from bot.core.shape import entry_shape
from bot.core.validate import validate_entry
from bot.desk import Snapshot
from bot.drafting import Change, changes, file_of, judgeable
from bot.errors import BotError, FaqError
from bot.faqfiles import DOCUMENT_FOLDERS, TOPICS_FILE, content_hash, faq_from_parts, is_entry, scan_texts

MAX_UPLOAD = 4 * 1024 * 1024
MAX_UNPACKED = 24 * 1024 * 1024
MAX_FILE = 2 * 1024 * 1024
MAX_FILES = 2000
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}", re.IGNORECASE)
#: Documents that judge the entries: with another one every entry is checked anew.
_JUDGES = (TOPICS_FILE, "regions/", "lexicon/forbidden.toml")

State = Literal["new", "differs", "same", "off"]


class UploadError(BotError):
    """The uploaded file cannot be taken; what to do stands in the sentence."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Upload:
    """``texts`` by path in faq/; ``ignored``: members that are no FAQ files; ``problems``: what is not UTF-8."""

    name: str
    texts: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def only(self, paths: Collection[str]) -> Upload:
        return replace(self, texts={path: text for path, text in self.texts.items() if path in paths})


@dataclass(frozen=True, slots=True)
class Item:
    """One file against what is published. ``off``: its entry is withdrawn or retired and stays so."""

    path: str
    name: str
    state: State
    changes: tuple[Change, ...] = ()
    body: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """``generation``: of what it was compared with. ``problems``: errors; with any, nothing can be taken."""

    generation: int
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]

    def of(self, *states: State) -> list[Item]:
        return [item for item in self.items if item.state in states]


# ---------------------------------------------------------------- unpacking
def unpack(name: str, data: bytes) -> Upload:
    """UploadError when nothing can be made of it. ``name``: as the browser tells it, no path of ours."""
    if not data:
        raise UploadError("文件是空的。请重新选择。", "The file is empty. Choose another.")
    if len(data) > MAX_UPLOAD:
        raise UploadError(
            "文件超过 4 MB。请只放改过的条目。", "The file is over 4 MB. Put in only the entries that changed."
        )
    name = name.replace("\\", "/").rpartition("/")[2][:100]
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        members, ignored = _members(data)
    elif name.lower().endswith(".toml"):
        members, ignored = {name: data}, []
    else:
        raise UploadError(
            "只收 .zip（faq 文件夹）或一个 .toml（条目）。",
            "Only a .zip (the faq folder) or one .toml (an entry) is taken.",
        )
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for path, content in sorted(members.items()):
        try:
            texts[path] = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            problems.append(problem("not-utf8", path, "-"))
    return Upload(name, texts, tuple(sorted(ignored)), tuple(problems))


def _members(data: bytes) -> tuple[dict[str, bytes], list[str]]:
    """The FAQ files of an archive by path, and the names of what is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = [info for info in archive.infolist() if not info.is_dir()]
            _refuse(listed)
            places = _places([info.filename for info in listed])
            found: dict[str, bytes] = {}
            left = MAX_UNPACKED
            for info, place in zip(listed, places, strict=True):
                if place is None:
                    continue
                if place in found:
                    raise UploadError(f"{place} 在压缩包里有两份。", f"{place} is in the archive twice.")
                found[place] = content = _read(archive, info, min(MAX_FILE, left))
                left -= len(content)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError) as error:
        raise UploadError("压缩包坏了，打不开。请重新打包。", "The archive is damaged. Pack it again.") from error
    if not found:
        raise UploadError(
            "压缩包里没有 FAQ 文件（组/条目.toml、topics.toml、regions、lexicon、samples）。",
            "The archive holds no FAQ files (group/entry.toml, topics.toml, regions, lexicon, samples).",
        )
    ignored = [info.filename[:100] for info, place in zip(listed, places, strict=True) if place is None]
    return found, ignored


def _refuse(listed: list[zipfile.ZipInfo]) -> None:
    """What no honest archive of faq/ holds; nothing of it is looked at then."""
    if len(listed) > MAX_FILES:
        raise UploadError(f"压缩包里超过 {MAX_FILES} 个文件。", f"The archive holds over {MAX_FILES} files.")
    if sum(info.file_size for info in listed) > MAX_UNPACKED:
        raise UploadError("解压后超过 24 MB，不收。", "Unpacked it would be over 24 MB; it is not taken.")
    for info in listed:
        name = info.filename
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/") or "\x00" in name:
            raise UploadError(
                "压缩包里有指向外面的路径，不收。", "The archive holds a path that leads outside; it is not taken."
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UploadError("压缩包里有链接，不收。", "The archive holds a link; it is not taken.")
        if info.flag_bits & 0x1:
            raise UploadError("压缩包有密码。请不加密码再打包。", "The archive has a password. Pack it without one.")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    # The size in the header is a claim; what is read is counted.
    with archive.open(info) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise UploadError(
            f"{info.filename[:100]} 解压后太大，不收。",
            f"{info.filename[:100]} is too large unpacked; it is not taken.",
        )
    return content


def _places(names: list[str]) -> list[str | None]:
    """Where in faq/ each member belongs, None for what is no FAQ file. The folder may be packed below others."""
    tops = {name.split("/")[0] for name in names if not name.startswith("__MACOSX/")}
    below = len(tops) == 1 and any(name.count("/") > 1 for name in names)
    return [_place(name, strip=below) for name in names]


def _place(name: str, *, strip: bool) -> str | None:
    parts = name.split("/")
    if "faq" in parts[:-1]:
        parts = parts[len(parts) - parts[::-1].index("faq") :]
    elif strip:
        parts = parts[1:]
    path = "/".join(parts)
    if path == TOPICS_FILE:
        return path
    if len(parts) != 2 or not all(_NAME.fullmatch(part) for part in (parts[0], posixpath.splitext(parts[1])[0])):
        return None
    wanted = DOCUMENT_FOLDERS.get(parts[0], ".toml")
    return path if parts[1].endswith(wanted) else None


# ---------------------------------------------------------------- comparing
def plan(upload: Upload, published: Snapshot, *, today: dt.date) -> Plan:
    """Every file against what is published; errors as `faq check` words them."""
    problems = list(upload.problems)
    upload = placed(upload, published.faq)
    # The gaps of a part (no topics.toml, no entry) are no fault of it: what is published fills them.
    read = scan_texts({**published.documents, **upload.texts})
    problems += [p for p in read.problems if p.level == "error" and p.file in upload.texts]
    items: list[Item] = []
    for path in sorted(upload.texts):
        if is_entry(path):
            table = read.tables.get(path)
            if table is not None and not any(p.level == "error" for p in entry_shape(table, path)):
                items.append(_entry_item(path, table, published))
        else:
            items.append(_document_item(path, upload.texts[path], published))
    if not any(p.level == "error" for p in problems):
        problems += _judged(upload, items, published, today)
    errors = tuple(dict.fromkeys(p for p in problems if p.level == "error"))
    return Plan(published.generation, tuple(items), errors)


def placed(upload: Upload, faq: Faq) -> Upload:
    """A single entry's file goes where its topic belongs."""
    if set(upload.texts) != {upload.name} or "/" in upload.name or upload.name == TOPICS_FILE:
        return upload
    ((name, text),) = upload.texts.items()
    # Read where every entry could stand; its own findings name the file as the person knows it.
    table = scan_texts({f"x/{name}": text}).tables.get(f"x/{name}", {})
    topic = faq.topics.get(str(table.get("topic", "")))
    return replace(upload, texts={f"{topic.group if topic else 'unknown'}/{name}": text})


def _entry_item(path: str, table: Mapping[str, Any], published: Snapshot) -> Item:
    body = entry_to_dict(entry_from_dict(table), iso_dates=True)
    row = published.rows.get(body["id"])
    if row is None:
        return Item(path, body["id"], "new", tuple(changes({}, body)), body)
    if row.body == body:
        return Item(path, body["id"], "same", (), body)
    state: State = "differs" if row.state == "published" else "off"
    return Item(path, body["id"], state, tuple(changes(row.body, body)), body)


def _document_item(path: str, text: str, published: Snapshot) -> Item:
    old = published.documents.get(path)
    if old is None:
        return Item(path, path, "new")
    if content_hash(old) == content_hash(text):
        return Item(path, path, "same")
    return Item(path, path, "differs", tuple(changes({"text": old.split("\n")}, {"text": text.split("\n")})))


def _judged(upload: Upload, items: list[Item], published: Snapshot, today: dt.date) -> Iterable[Problem]:
    """The rules of `faq check` on what would change, in the FAQ as it would be."""
    fresh = {i.name: i for i in items if i.body is not None and i.state in ("new", "differs")}
    documents = {**published.documents, **{i.path: upload.texts[i.path] for i in items if i.body is None}}
    bodies = {row.id: row.body for row in published.rows.values() if row.state == "published"}
    bodies |= {name: item.body for name, item in fresh.items() if item.body is not None}
    ids = [item.name for item in items if item.body is not None]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        places = [item.path for item in items if item.name == name]
        yield problem("duplicate-id", places[1], "id", other=places[0])
    try:
        faq = faq_from_parts(bodies.values(), documents)
    except FaqError as error:
        yield from (p for p in error.problems if p.level == "error")
        return
    files = {name: fresh[name].path if name in fresh else file_of(body, faq) for name, body in bodies.items()}
    anew = any(i.state != "same" and i.path.startswith(_JUDGES) for i in items)
    claims = Claims(faq.lexicon.get("forbidden", {}))
    for name, body in bodies.items() if anew else ((n, bodies[n]) for n in fresh):
        judged, long = judgeable(body, files[name])
        yield from long
        yield from validate_entry(
            judged, file=files[name], topics=faq.topics, regions=faq.regions, today=today, entry_ids=set(bodies),
            claims=claims,
        )  # fmt: skip
    touched = {item.path for item in fresh.values()}
    for found in find_duplicates({files[name]: body for name, body in bodies.items()}, within=False):
        if found.file in touched or any(path in found.text + found.remedy for path in touched):
            yield found
