"""Drafts of entries: begun, extended by a tap, saved, discarded. What stands in one is `bot.drafting`'s business.

Of two who save the same draft the later one is told who was first; nothing is overwritten silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot import drafting
from bot.core.language import detect_lang
from bot.drafting import Meta, split_meta, with_meta
from bot.errors import AlreadyDone, NotFound, UsageError
from bot.ids import new_id
from bot.queuedesk import QueueDesk
from bot.store.base import DraftRow, EntryRow, StaffRow


class DraftDesk(QueueDesk):
    # ------------------------------------------------------------ drafts
    def drafts(self, person: StaffRow) -> list[DraftRow]:
        self.allowed(person)
        return self.store.faq.drafts()

    def draft(self, draft_id: str, person: StaffRow) -> DraftRow:
        self.allowed(person)
        return self._draft(draft_id)

    def edit(self, entry_id: str, person: StaffRow) -> DraftRow:
        """The open draft of an entry, begun if there is none: two editors of one entry meet in one draft."""
        name = self.allowed(person).name
        row = self._entry(entry_id)
        for draft in self.store.faq.drafts():
            if draft.entry_id == entry_id and draft.base_revision:
                return draft
        draft = self._insert(entry_id, row.revision, row.body, name)
        self.note(person, "draft", entry_id, draft.id)
        return draft

    def blank(self, person: StaffRow) -> DraftRow:
        """A draft of a new entry from nothing."""
        name = self.allowed(person).name
        published, made = self.published(), new_id(6)
        topic = next(iter(published.faq.topics))
        body = drafting.new_body(f"new-{made}", (), topic=topic, near=None, lang="zh", today=self.today())
        draft = self._insert(body["id"], 0, body, name)
        self.note(person, "draft", draft.entry_id, draft.id)
        return draft

    def new_draft(self, group_id: str, person: StaffRow) -> DraftRow:
        """A draft of a new entry, prefilled from a group; the group is claimed, and its draft opened if it has one."""
        name = self.allowed(person).name
        self.store.queue.claim(group_id, name, at=self.clock())
        group = self._group(group_id)
        for draft in self.store.faq.drafts():
            if draft.group_id == group_id and not draft.base_revision:
                return draft
        texts = [group.title, *(m.masked for m in self.store.queue.members(group_id, limit=50))]
        faq = self.published().faq
        near = next((e for e in (faq.entry(i) for i, _ in group.nearest) if e), None)
        topic = near.topic if near else next(iter(faq.topics))
        body = drafting.new_body(
            f"new-{group_id}"[:40], texts, topic=topic, near=near, lang=_language(group.title), today=self.today()
        )
        draft = self._insert(body["id"], 0, with_meta(body, Meta((group_id,))), name, group_id)
        self.note(person, "draft", draft.entry_id, f"{draft.id} from group {group_id}")
        return draft

    def add_phrasing(
        self, group_id: str, entry_id: str, person: StaffRow, *, text: str = "", urgent: bool = False
    ) -> DraftRow:
        """One tap: the entry's draft (begun if need be) also teaches this question; publishing closes the group."""
        name = self.allowed(person).name
        self._entry(entry_id)
        self.store.queue.claim(group_id, name, at=self.clock())
        group = self._group(group_id)
        phrasing = drafting.without_tokens(drafting.tidy(text or group.title)).replace("\n", " ")[:200]
        if not phrasing:
            raise UsageError("the phrasing is empty / 问法是空的")
        for _ in range(5):
            draft = self.edit(entry_id, person)
            table, meta = split_meta(draft.body)
            table = drafting.with_phrasing(table, phrasing, lang=_language(phrasing), urgent=urgent)
            meta = replace(meta, groups=tuple(dict.fromkeys((*meta.groups, group_id))))
            try:
                saved = self._save(draft, with_meta(table, meta), name)
            except AlreadyDone:
                continue  # another tap on the same entry came between: read again, both count
            self.note(person, "add phrasing", entry_id, f"draft {saved.id} group {group_id}")
            return saved
        raise AlreadyDone(f"draft of {entry_id}", draft.editor, draft.updated_at)

    def save_draft(self, draft_id: str, body: Mapping[str, Any], version: int, person: StaffRow) -> DraftRow:
        """AlreadyDone when somebody saved meanwhile: who and when; nothing is overwritten."""
        name = self.allowed(person).name
        draft = self._draft(draft_id)
        if draft.state != "open" or draft.version != version:
            raise AlreadyDone(f"draft {draft_id}", draft.editor, draft.updated_at)
        table = {key: value for key, value in body.items() if key != drafting.META}
        if draft.base_revision:
            table["id"] = draft.entry_id  # an entry keeps its name: buttons and files point to it
        if table == split_meta(draft.body)[0]:
            return draft  # nothing changed: the replay stays, and nobody becomes its author
        return self._save(draft, with_meta(table, split_meta(draft.body)[1]), name)

    def discard(self, draft_id: str, person: StaffRow) -> None:
        name = self.allowed(person).name
        draft = self._draft(draft_id)
        if not self.store.faq.close_draft(draft_id, "discarded", at=self.clock()):
            raise AlreadyDone(f"draft {draft_id}", draft.editor, draft.updated_at)
        for group_id in {draft.group_id, *split_meta(draft.body)[1].groups} - {""}:
            self.store.queue.release(group_id, name)
        self.note(person, "discard draft", draft.entry_id, draft_id)

    def rebase(self, draft_id: str, version: int, person: StaffRow) -> DraftRow:
        """The draft goes on from the revision that is published now; its text stays as it is."""
        self.allowed(person)
        draft = self._draft(draft_id)
        if draft.version != version:
            raise AlreadyDone(f"draft {draft_id}", draft.editor, draft.updated_at)
        row = self.store.faq.entry(draft.entry_id)
        saved = self._save(replace(draft, base_revision=row.revision if row else 0), draft.body, draft.editor)
        self.note(person, "rebase draft", draft.entry_id, draft_id)
        return saved

    # ------------------------------------------------------------ helpers
    def _draft(self, draft_id: str) -> DraftRow:
        draft = self.store.faq.draft(draft_id)
        if draft is None:
            raise NotFound(f"no draft {draft_id} / 没有这份草稿")
        return draft

    def _entry(self, entry_id: str) -> EntryRow:
        row = self.store.faq.entry(entry_id)
        if row is None:
            raise NotFound(f"no entry {entry_id} / 没有这个条目")
        return row

    def _insert(self, entry_id: str, base: int, body: Mapping[str, Any], name: str, group_id: str = "") -> DraftRow:
        now = self.clock()
        return self.store.faq.save_draft(
            DraftRow(new_id(), entry_id, base, dict(body), name, "open", 0, group_id, now, now)
        )

    def _save(self, draft: DraftRow, body: Mapping[str, Any], name: str, *, wrote: bool = True) -> DraftRow:
        """``wrote``: whether the person changed the text, and so is no second pair of eyes any more."""
        table, meta = split_meta(body)
        if wrote:
            meta = replace(meta, authors=tuple(dict.fromkeys((*meta.authors, draft.editor, name))))
        body = with_meta(table, meta)
        entry_id = draft.entry_id if draft.base_revision else str(body.get("id") or draft.entry_id)
        return self.store.faq.save_draft(
            replace(draft, entry_id=entry_id, body=dict(body), editor=name, updated_at=self.clock())
        )


def _language(text: str) -> Any:
    return "en" if detect_lang(text) == "en" else "zh"
