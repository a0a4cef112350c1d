"""faq/ as files: what was edited here, to take along; what a folder or an uploaded file brings, to choose from.

Only admins bring files in. An uploaded entry becomes a draft, which is replayed and published by a second person like
any edit; with a reason an admin takes files at once. The folder is the operator's, who put the files there: its clean
changes take effect without either. Each taking is in the audit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot import drafting
from bot.core.entry import Entry, entry_from_dict, entry_to_dict
from bot.desk import Snapshot
from bot.draftdesk import DraftDesk
from bot.drafting import Change
from bot.errors import Blocked, StaleEdit, UsageError
from bot.faqfiles import content_hash, entry_path, scan, write_entry
from bot.importing import IMPORTER, ImportResult, import_faq
from bot.store.base import Clock, DraftRow, EntryRow, Publication, StaffRow, Store
from bot.uploading import Item, Plan, Upload, placed, plan


class FileDesk(DraftDesk):
    def __init__(self, store: Store, *, clock: Clock, timezone: str) -> None:
        super().__init__(store, clock=clock, timezone=timezone)
        self._files: dict[str, tuple[Mapping[str, Any], tuple[Entry, str, str]]] = {}

    # ------------------------------------------------------------ out
    def changed_files(self, person: StaffRow) -> dict[str, str]:
        """path in faq/ -> text of what was edited here since it was imported or exported."""
        self.allowed(person)
        published = self.published()
        out: dict[str, str] = {}
        for row in self.store.faq.entries():
            if row.updated_by == IMPORTER:
                continue
            entry, text, text_hash = self._file_of(row)
            if text_hash != row.file_hash:
                out[entry_path(entry, published.faq.topics)] = text
        for path, (_, file_hash) in self.store.faq.document_hashes().items():
            text = published.documents.get(path, "")
            if content_hash(text) != file_hash:
                out[path] = text
        return out

    def _file_of(self, row: EntryRow) -> tuple[Entry, str, str]:
        """An entry, its file and the file's hash. Remembered: writing hundreds takes longer than a page may."""
        held = self._files.get(row.id)
        if held is None or held[0] != row.body:
            entry = entry_from_dict(row.body)
            text = write_entry(entry)
            held = self._files[row.id] = (row.body, (entry, text, content_hash(text)))
        return held[1]

    def all_files(self, person: StaffRow) -> dict[str, str]:
        """path in faq/ -> text of everything that is published."""
        self.allowed(person)
        published = self.published()
        entries = {entry_path(entry, published.faq.topics): write_entry(entry) for entry in published.faq.entries}
        return entries | dict(published.documents)

    # ------------------------------------------------------------ in, from the folder
    def import_folder(
        self, folder: Path, person: StaffRow, *, take: Sequence[str] = ()
    ) -> tuple[ImportResult, dict[str, list[Change]]]:
        """Takes the clean changes of the FAQ folder; conflicts come back with what the file would change, for a person
        to choose (``take``)."""
        name = self.allowed(person, "admin").name
        found = scan(folder)
        result = import_faq(self.store, found, at=self.clock(), editor=name, take=take)
        differ: dict[str, list[Change]] = {}
        documents = self.store.faq.documents()
        for conflict in result.conflicts:
            row = self.store.faq.entry(conflict)
            entry = found.faq.entry(conflict) if found.faq else None
            if row is not None and entry is not None:
                differ[conflict] = drafting.changes(row.body, entry_to_dict(entry, iso_dates=True))
            else:
                old, new = documents.get(conflict, ""), found.files[conflict].text
                differ[conflict] = drafting.changes({"text": old.split("\n")}, {"text": new.split("\n")})
        return result, differ

    # ------------------------------------------------------------ in, uploaded
    def plan_upload(self, upload: Upload, person: StaffRow) -> Plan:
        """What each uploaded file would change. Nothing is changed by asking."""
        self.allowed(person, "admin")
        return plan(upload, self.published(), today=self.today())

    def draft_upload(
        self, upload: Upload, take: Collection[str], seen: int, person: StaffRow
    ) -> tuple[list[DraftRow], list[Item]]:
        """Begins a draft of each entry that the person ticked, with the file's text, to be replayed and published by
        another; and what was left alone: an entry that has a draft already, and what is no entry.

        Raises as `import_upload` does.
        """
        name = self.allowed(person, "admin").name
        _, wanted = self._ticked(upload, take, seen)
        taken = {draft.entry_id for draft in self.store.faq.drafts()}
        made: list[DraftRow] = []
        for item in wanted:
            if item.body is None or item.name in taken:
                continue
            row = self.store.faq.entry(item.name)
            made.append(self._insert(item.name, row.revision if row else 0, item.body, name))
            self.note(person, "draft from file", item.name, f"{made[-1].id} from {upload.name}")
        begun = {draft.entry_id for draft in made}
        return made, [item for item in wanted if item.body is None or item.name not in begun]

    def import_upload(
        self, upload: Upload, take: Collection[str], seen: int, person: StaffRow, *, reason: str
    ) -> list[Item]:
        """Publishes the files that the person ticked (``take``: paths), having looked at generation ``seen``; without
        a replay and a second person, so with a ``reason`` on record.

        Blocked with the findings when the ticked part has errors; StaleEdit when something was published since the
        person looked: he looks again.
        """
        name = self.allowed(person, "admin").name
        reason = drafting.tidy(reason)[:300]
        if not reason:
            raise UsageError("请写明理由 / give the reason")
        upload, wanted = self._ticked(upload, take, seen)
        published = self.published()
        # What is remembered of the folder's files stays: its next import must not take an upload for an old file.
        hashes = self.store.faq.document_hashes()
        texts = {i.path: (upload.texts[i.path], hashes.get(i.path, ("", ""))[1]) for i in wanted if i.body is None}
        if texts:
            # Before the entries, so that no generation has an entry whose topic or hotline is unknown.
            self.store.faq.put_documents(texts, at=self.clock())
        if publications := [_publication(i, published, upload.name, name) for i in wanted if i.body is not None]:
            self.store.faq.publish(publications, at=self.clock())
        self.note(person, "import", "faq", f"{upload.name}: {len(wanted)} taken; override: {reason}")
        return wanted

    def _ticked(self, upload: Upload, take: Collection[str], seen: int) -> tuple[Upload, list[Item]]:
        """The upload with its files in their places, and what is wanted of it."""
        published = self.published()
        if published.generation != seen:
            raise StaleEdit(upload.name, seen, published.generation)
        upload = placed(upload, published.faq)
        part = plan(upload.only(take), published, today=self.today())
        if part.problems:
            raise Blocked([str(p) for p in part.problems])
        wanted = part.of("new", "differs")
        if not wanted:
            raise UsageError("一个也没有勾选 / nothing is ticked")
        return upload, wanted


def _publication(item: Item, published: Snapshot, source: str, name: str) -> Publication:
    """On the revision that the file was compared with: a later one makes the store refuse."""
    assert item.body is not None
    row = published.rows.get(item.name)
    base = row.revision if row else 0
    return Publication(item.name, str(item.body["topic"]), item.body, base, name, name, note=f"{source}: {item.path}")
