"""The editors' work on the queue: take a group of unanswered questions, answer, merge, split, dismiss.

The store decides who was first (AlreadyDone tells who and when); here stands what a person may do and what follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot import waiting
from bot.core.redact import redact, redact_start
from bot.core.text import clean
from bot.desk import Desk
from bot.errors import NotFound, UsageError
from bot.store.base import GroupRow, GroupState, MissingRow, StaffRow, UnansweredRow

Tab = Literal["ours", "not_ours", "closed"]
TABS: tuple[Tab, ...] = ("ours", "not_ours", "closed")
OPEN: tuple[GroupState, ...] = ("open", "claimed")
CLOSED: tuple[GroupState, ...] = ("answered", "dismissed")
MAX_ANSWER = 1000
PAGE = 50


@dataclass(frozen=True, slots=True)
class QueuePage:
    groups: list[GroupRow]
    total: int
    counts: Mapping[Tab, int]


class QueueDesk(Desk):
    def queue(self, person: StaffRow, tab: Tab = "ours", *, search: str = "", page: int = 0) -> QueuePage:
        """The most harmful first; ``counts`` says how many stand in every tab."""
        self.allowed(person)
        reason, states = _tab(tab)
        counts: dict[Tab, int] = {}
        for name in TABS:
            counted_reason, counted_states = _tab(name)
            counts[name] = self.store.queue.count(reason=counted_reason, states=counted_states)
        groups = self.store.queue.groups(
            reason=reason, states=states, search=search[:100], limit=PAGE, offset=max(0, page) * PAGE
        )
        return QueuePage(groups, counts[tab], counts)

    def queue_next(self, person: StaffRow) -> GroupRow | None:
        """The most harmful group of ours that nobody holds; None when all is done."""
        self.allowed(person)
        found = self.store.queue.groups(reason="ours", states=("open",), limit=1)
        return found[0] if found else None

    def group(self, group_id: str, person: StaffRow) -> tuple[GroupRow, list[UnansweredRow], int]:
        """A group, its questions (newest first) and how many chats want to be told."""
        self.allowed(person)
        return self._group(group_id), self.store.queue.members(group_id), len(self.store.queue.wishes(group_id))

    def missed(self, group_id: str, person: StaffRow) -> list[MissingRow]:
        """What residents missed in the answers to its questions, newest first."""
        self.allowed(person)
        return self.store.turns.missing(group=group_id)

    # ------------------------------------------------------------ taking and giving back
    def claim(self, group_id: str, person: StaffRow) -> GroupRow:
        """AlreadyDone tells who holds or closed it, and since when."""
        name = self.allowed(person).name
        group = self.store.queue.claim(group_id, name, at=self.clock())
        self.note(person, "claim", group_id)
        return group

    def release(self, group_id: str, person: StaffRow) -> bool:
        done = self.store.queue.release(group_id, self.allowed(person).name)
        if done:
            self.note(person, "release", group_id)
        return done

    def dismiss(self, group_id: str, person: StaffRow, reason: str = "") -> GroupRow:
        """For good: what is like it joins silently. `reopen` takes it back."""
        name = self.allowed(person).name
        group = self.store.queue.close(group_id, "dismissed", name, redact_start(reason, 200).text, at=self.clock())
        self.note(person, "dismiss", group_id)
        return group

    def reopen(self, group_id: str, person: StaffRow) -> GroupRow:
        group = self.store.queue.reopen(group_id, self.allowed(person).name, at=self.clock())
        self.note(person, "reopen", group_id)
        return group

    def move_to_ours(self, group_id: str, person: StaffRow) -> GroupRow:
        group = self.store.queue.move_to_ours(group_id, self.allowed(person).name, at=self.clock())
        self.note(person, "move to ours", group_id)
        return group

    def merge(self, group_ids: Sequence[str], into: str, person: StaffRow) -> GroupRow:
        name = self.allowed(person).name
        if not [g for g in group_ids if g != into]:
            raise UsageError("choose at least one other group to merge / 至少再选一组")
        group = self.store.queue.merge(group_ids, into, name, at=self.clock())
        self.note(person, "merge", into, " ".join(g for g in group_ids if g != into))
        return group

    def split(self, group_id: str, question_ids: Sequence[str], person: StaffRow) -> GroupRow:
        name = self.allowed(person).name
        if not question_ids:
            raise UsageError("choose the questions that go / 先选要分出去的问题")
        group = self.store.queue.split(group_id, question_ids, name, at=self.clock())
        self.note(person, "split", group_id, group.id)
        return group

    # ------------------------------------------------------------ answering once
    def answer_once(self, group_id: str, text: str, person: StaffRow) -> int:
        """Tells those who asked to be told, publishes nothing, closes the group; how many will be told."""
        name = self.allowed(person).name
        words = redact(clean(text)).text.strip()
        if not words:
            raise UsageError("the answer is empty / 回答是空的")
        if len(words) > MAX_ANSWER:
            raise UsageError(f"the answer is longer than {MAX_ANSWER} characters / 回答超过 {MAX_ANSWER} 字")
        # Claimed first: of two editors who answer at the same moment, only one reaches the residents.
        group = self.store.queue.claim(group_id, name, at=self.clock())
        told = self.tell(group, {"text": words})
        self.store.queue.close(group_id, "answered", name, "once", at=self.clock())
        self.note(person, "answer once", group_id, f"told {told}")
        return told

    def tell(self, group: GroupRow, body: Mapping[str, Any]) -> int:
        """Turns the group's wishes into messages; how many."""
        return waiting.tell(self.store, group, body, at=self.clock())

    def settle(self) -> int:
        """Messages that a crash kept back: wishes that still wait on a group answered by an entry."""
        told, start = 0, 0
        while True:
            groups = self.store.queue.groups(states=("answered",), limit=200, offset=start)
            for group in groups:
                if group.resolution and group.resolution != "once":
                    told += self.tell(group, {"entry": group.resolution})
            if len(groups) < 200:
                return told
            start += 200

    def _group(self, group_id: str) -> GroupRow:
        group = self.store.queue.group(group_id)
        if group is None:
            raise NotFound(f"no group {group_id}: its questions may have been deleted / 没有这一组，可能已到期删除")
        return group


def _tab(tab: Tab) -> tuple[str | None, tuple[GroupState, ...]]:
    if tab == "closed":
        return None, CLOSED
    return tab, OPEN
