"""What every piece of editors' work stands on: who may do it, the audit, and the published FAQ as one snapshot."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.claims import Claims
from bot.core.entry import Faq
from bot.core.phrasings import phrase_key, phrasings_of
from bot.errors import NotAllowed
from bot.faqfiles import faq_from_parts
from bot.staff import require
from bot.store.base import AuditRow, Clock, EntryRow, EntryState, Role, StaffRow, Store

ALL_STATES: tuple[EntryState, ...] = ("published", "withdrawn", "retired")


Phrases = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Snapshot:
    """One generation of the published FAQ. ``rows``: every entry there is, retired and withdrawn ones too."""

    generation: int
    faq: Faq
    rows: Mapping[str, EntryRow]
    documents: Mapping[str, str] = field(repr=False)
    earlier: tuple[Mapping[str, EntryRow], Phrases] = field(default=({}, {}), repr=False)

    @cached_property
    def phrases(self) -> Phrases:
        """phrase key -> {entry id: where it stands}: what a draft may not teach a second time.

        Goes on from those of an ``earlier`` generation: to read all of tens of thousands anew takes half a second,
        and after a publication somebody waits for it.
        """
        rows, known = self.earlier
        held = dict(known)
        for entry_id in rows.keys() | self.rows.keys():
            old, new = _taught(rows.get(entry_id)), _taught(self.rows.get(entry_id))
            if old == new:
                continue
            for _, text in phrasings_of(old):
                key = phrase_key(text)
                held[key] = {other: place for other, place in held[key].items() if other != entry_id}
            for place, text in phrasings_of(new):
                key = phrase_key(text)
                held[key] = {**held.get(key, {}), entry_id: place}
        return held

    def known(self) -> tuple[Mapping[str, EntryRow], Phrases]:
        """What the next generation's phrases go on from: these if they were read, else the ones before."""
        return (self.rows, self.phrases) if "phrases" in self.__dict__ else self.earlier

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.faq.lexicon.get("forbidden", {}))


def _taught(row: EntryRow | None) -> Mapping[str, Any]:
    return row.body if row is not None and row.state == "published" else {}


class Desk:
    """Checks the person on every call against the store, not against what the caller holds of him."""

    def __init__(self, store: Store, *, clock: Clock, timezone: str) -> None:
        self.store = store
        self.clock = clock
        self.zone = ZoneInfo(timezone)
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def allowed(self, person: StaffRow | None, role: Role = "editor") -> StaffRow:
        """The person as the store knows him now. NotAllowed for whom it does not know, or not in this role."""
        if person is None:
            raise NotAllowed("sign in first")
        return require(self.store.staff.person(person.name), role)

    def note(self, person: StaffRow, action: str, target: str, detail: str = "") -> None:
        """One line of the audit; ``detail`` holds no resident's words."""
        self.store.staff.audit(AuditRow(self.clock(), person.name, action, target, detail))

    def today(self) -> dt.date:
        return dt.datetime.fromtimestamp(self.clock(), self.zone).date()

    def published(self) -> Snapshot:
        """What is published now; read again only when the generation moved on."""
        generation = self.store.faq.generation()
        with self._lock:
            found = self._snapshot
            if found is None or found.generation != generation:
                rows = {row.id: row for row in self.store.faq.entries(states=ALL_STATES)}
                documents = self.store.faq.documents()
                bodies = (row.body for row in rows.values() if row.state == "published")
                earlier = found.known() if found else ({}, {})
                found = Snapshot(generation, faq_from_parts(bodies, documents), rows, documents, earlier)
                self._snapshot = found
            return found
