"""What every piece of editors' work stands on: who may do it, the audit, and the published FAQ as one snapshot."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.core.claims import Claims
from bot.core.entry import Faq
from bot.core.phrasings import phrase_key, phrasings_of
from bot.errors import NotAllowed
from bot.faqfiles import faq_from_parts
from bot.staff import require
from bot.store.base import AuditRow, Clock, EntryRow, EntryState, Role, StaffRow, Store

ALL_STATES: tuple[EntryState, ...] = ("published", "withdrawn", "retired")


@dataclass(frozen=True)
class Snapshot:
    """One generation of the published FAQ. ``rows``: every entry there is, retired and withdrawn ones too."""

    generation: int
    faq: Faq
    rows: Mapping[str, EntryRow]
    documents: Mapping[str, str] = field(repr=False)

    @cached_property
    def phrases(self) -> dict[str, dict[str, str]]:
        """phrase key -> {entry id: where it stands}: what a draft may not teach a second time."""
        held: dict[str, dict[str, str]] = {}
        for row in self.rows.values():
            if row.state == "published":
                for place, text in phrasings_of(row.body):
                    held.setdefault(phrase_key(text), {})[row.id] = place
        return held

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.faq.lexicon.get("forbidden", {}))


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
                found = Snapshot(generation, faq_from_parts(bodies, documents), rows, documents)
                self._snapshot = found
            return found
