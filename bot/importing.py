"""Files and database: what `faq import` takes, keeps and lists, and what `faq export` writes.

What is published in the store is what runs; faq/ is its reviewable form. The hash of each file is remembered when it
is imported or exported, so that three states can be told apart: file changed, store changed, both.

    file               in the store                                then
    new                nothing                                     imported
    unchanged          whatever                                    kept
    changed            as last imported                            imported
    changed            edited since, says the same                 kept, hash remembered
    changed            edited since                                conflict: kept, listed, a person chooses
    gone               imported once                               kept, listed
    any                retired or withdrawn                        stays so, listed

Documents (topics, regions, lexicon, samples) follow the same table.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.entry import entry_from_dict, entry_to_dict
from bot.errors import FaqError
from bot.faqfiles import Scan, content_hash, entry_path, is_entry, scan, topics_from_table, write_entry
from bot.store.base import AuditRow, EntryRow, Publication, Store

IMPORTER = "import"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Ids of entries and paths of documents, sorted. ``retired`` ones have a file but are not published."""

    imported: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether a person has nothing to choose."""
        return not self.conflicts


@dataclass(slots=True)
class _Lists:
    imported: list[str]
    kept: list[str]
    conflicts: list[str]
    gone: list[str]
    retired: list[str]


def import_faq(store: Store, found: Scan, *, at: int, editor: str, take: Collection[str] = ()) -> ImportResult:
    """Takes the clean changes of a scanned folder. ``take``: conflicts (ids, paths) that a person decided for the
    file. FaqError when the folder has errors: half of it is never taken. StaleEdit when somebody published
    meanwhile: nothing of the entries was taken, try again.
    """
    if found.faq is None:
        errors = [p for p in found.problems if p.level == "error"]
        raise FaqError(f"nothing imported: {len(errors)} error(s), first: {errors[0]}", found.problems)
    lists = _Lists([], [], [], [], [])
    publications, hashes = _entries(store, found, editor, lists, take)
    documents = _documents(store, found, lists, take)
    if documents:
        # Before the entries, so that no generation has an entry whose topic or hotline is unknown.
        store.faq.put_documents(documents, at=at)
    if publications:
        store.faq.publish(publications, at=at)
    for entry_id, file_hash in hashes.items():
        store.faq.set_file_hash(entry_id, file_hash)
    result = ImportResult(
        imported=tuple(sorted(lists.imported)),
        kept=tuple(sorted(lists.kept)),
        conflicts=tuple(sorted(lists.conflicts)),
        gone=tuple(sorted(lists.gone)),
        retired=tuple(sorted(lists.retired)),
    )
    if result.imported or result.conflicts:
        detail = f"imported {len(result.imported)}, conflicts {len(result.conflicts)}"
        store.staff.audit(AuditRow(at, editor, "import", "faq", detail))
    return result


def _entries(
    store: Store, found: Scan, editor: str, lists: _Lists, take: Collection[str]
) -> tuple[list[Publication], dict[str, str]]:
    assert found.faq is not None
    rows = {row.id: row for row in store.faq.entries(states=("published", "withdrawn", "retired"))}
    files = {str(found.tables[path]["id"]): path for path in found.files if is_entry(path)}
    publications: list[Publication] = []
    hashes: dict[str, str] = {}
    for entry_id, path in sorted(files.items()):
        file_hash = found.files[path].hash
        entry = found.faq.entry(entry_id)
        assert entry is not None
        body = entry_to_dict(entry, iso_dates=True)
        row = rows.get(entry_id)
        if row is not None and row.state != "published":
            lists.retired.append(entry_id)
        elif row is None or (
            file_hash != row.file_hash and row.body != body and (entry_id in take or not _edited(store, row))
        ):
            lists.imported.append(entry_id)
            base = row.revision if row else 0
            publications.append(
                Publication(entry_id, entry.topic, body, base, editor, IMPORTER, note=path, file_hash=file_hash)
            )
        elif file_hash == row.file_hash or row.body == body:
            lists.kept.append(entry_id)
            if file_hash != row.file_hash:
                hashes[entry_id] = file_hash
        else:
            lists.conflicts.append(entry_id)
    for row in rows.values():
        if row.id not in files and row.file_hash and row.state == "published":
            lists.gone.append(row.id)
    return publications, hashes


def _edited(store: Store, row: EntryRow) -> bool:
    """Whether the published text is another than the file last imported or exported gave: its revisions tell."""
    for revision in store.faq.revisions(row.id):  # newest first
        if revision.revision == row.revision:
            return revision.publisher != IMPORTER and content_hash(_text(row.body)) != row.file_hash
    return True


def _text(body: Mapping[str, Any]) -> str:
    """The canonical file of a stored entry."""
    return write_entry(entry_from_dict(body))


def _documents(store: Store, found: Scan, lists: _Lists, take: Collection[str]) -> dict[str, tuple[str, str]]:
    published = store.faq.documents()
    hashes = store.faq.document_hashes()
    taken: dict[str, tuple[str, str]] = {}
    for path, info in found.files.items():
        if is_entry(path):
            continue
        if path not in published:
            lists.imported.append(path)
            taken[path] = (info.text, info.hash)
            continue
        file_hash = hashes[path][1]
        if info.hash == file_hash:
            lists.kept.append(path)
        elif content_hash(published[path]) == info.hash:
            lists.kept.append(path)
            taken[path] = (published[path], info.hash)  # only the remembered hash changes
        elif path in take or content_hash(published[path]) == file_hash:
            lists.imported.append(path)
            taken[path] = (info.text, info.hash)
        else:
            lists.conflicts.append(path)
    lists.gone.extend(path for path in published if path not in found.files)
    return taken


# ---------------------------------------------------------------- export
def export_faq(store: Store, folder: Path) -> list[str]:
    """Writes what is published to files, only where the text differs; paths written. Nothing is deleted.

    Entries edited in the console become a diff of the folder; exported files count as imported.
    """
    documents = store.faq.documents()
    written: list[str] = []
    for path, text in sorted(documents.items()):
        if _write(folder / path, text):
            written.append(path)
    _groups, topics = topics_from_table(_toml(documents["topics.toml"])) if "topics.toml" in documents else ({}, {})
    for row in store.faq.entries():
        entry = entry_from_dict(row.body)
        path, text = entry_path(entry, topics), write_entry(entry)
        # A file that says the same in another layout is left as its author wrote it.
        if _says(folder / path) != row.body and _write(folder / path, text):
            written.append(path)
    _remember(store, folder)
    return sorted(written)


def _remember(store: Store, folder: Path) -> None:
    """After an export, store and folder agree: the hashes are those of the files."""
    found = scan(folder)
    rows = {row.id: row for row in store.faq.entries()}
    for path, info in found.files.items():
        if is_entry(path):
            row = rows.get(str(found.tables.get(path, {}).get("id", "")))
            if row is not None and row.file_hash != info.hash:
                store.faq.set_file_hash(row.id, info.hash)
    published, hashes = store.faq.documents(), store.faq.document_hashes()
    same = {
        path: (published[path], info.hash)
        for path, info in found.files.items()
        if path in published and content_hash(published[path]) == info.hash and hashes[path][1] != info.hash
    }
    if same:
        store.faq.put_documents(same, at=0)


def _says(path: Path) -> dict[str, Any] | None:
    """The entry that a file holds, as the store would keep it; None when it is not there or cannot be read."""
    try:
        return entry_to_dict(entry_from_dict(_toml(path.read_text(encoding="utf-8-sig"))), iso_dates=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _toml(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def _write(path: Path, text: str) -> bool:
    """Replaces a file in one step, so that a crash leaves the old one; False when it says so already."""
    try:
        if path.read_bytes() == text.encode("utf-8"):
            return False
    except OSError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(text.encode("utf-8"))
    os.replace(aside, path)
    return True
