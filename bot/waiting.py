"""Questions that wait for the editors: which group they join, how much they weigh, who wants to be told."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.answer import Shown
from bot.core.cluster import Grouping
from bot.core.reply import Lang
from bot.core.text import to_hant
from bot.errors import StoreError
from bot.ids import new_id
from bot.store.base import GroupRow, OutboxRow, QueueStore, Store, WishRow

log = logging.getLogger(__name__)

_URGENT = re.compile(
    r"急|救命|快点|马上|现在就|已经[转付给交填点装]|[转付给交填点装][^，。]{0,4}了|威胁|逼我|报警|被骗|轉了"
    r"|urgent|help me|already (?:paid|sent|gave)|threat",
    re.IGNORECASE,
)
URGENT_FACTOR = 2.0
#: Looking for groups of other processes reads every title: not for each question of a busy hour.
CATCH_UP_SECONDS = 30.0


def weight(index: Shown, masked: str, nearest: Sequence[tuple[str, float]], shown: Sequence[str] = ()) -> float:
    """How much harm an unanswered question may mean: severity of the nearest topic, doubled by urgent words."""
    near = shown[0] if shown else (nearest[0][0] if nearest else "")
    entry = index.faq.entry(near) if near else None
    return (entry.severity if entry else 1) * (URGENT_FACTOR if _URGENT.search(masked) else 1.0)


class Groups:
    """The grouping index over the store's queue, loaded at first use and kept up as questions come.

    Groups that other processes made are picked up when a question finds none here; merges and closings are the
    store's business (it follows a merged group to its target).
    """

    def __init__(self, queue: QueueStore, *, catch_up_seconds: float = CATCH_UP_SECONDS) -> None:
        self._every = catch_up_seconds
        self._read_at = 0.0
        self._queue = queue
        self._lock = threading.Lock()
        self._grouping: Grouping | None = None
        self._known: set[tuple[str, str]] = set()

    def of(self, masked: str) -> str:
        """The group that a question belongs to: an existing one or a new id."""
        with self._lock:
            grouping = self._loaded()
            group_id = grouping.assign(masked)
            due = time.monotonic() - self._read_at >= self._every
            if group_id is None and due and self._catch_up(grouping):
                group_id = grouping.assign(masked)
            if group_id is None:
                group_id = new_id(10)
                grouping.add(group_id, masked)
                self._known.add((group_id, masked))
            return group_id

    def reset(self) -> None:
        """Forget everything read so far; the next question loads what the store still holds."""
        with self._lock:
            self._grouping, self._known = None, set()

    def _loaded(self) -> Grouping:
        if self._grouping is None:
            self._grouping = Grouping()
            self._catch_up(self._grouping)
        return self._grouping

    def _catch_up(self, grouping: Grouping) -> bool:
        """Adds the titles that are new in the store; whether there were any."""
        self._read_at = time.monotonic()
        try:
            titles = self._queue.titles()
        except StoreError as error:
            log.warning("grouping without the store: %s", type(error).__name__)
            return False
        new = [title for title in titles if title not in self._known]
        for group_id, text in new:
            grouping.add(group_id, text)
        self._known.update(new)
        return bool(new)


def wish(queue: QueueStore, group_id: str, channel: str, chat_id: str, asker: str, lang: Lang, *, at: int) -> bool:
    """Notes that a chat wants the answer; True also when it was noted before."""
    if not group_id:
        return False
    row = WishRow(new_id(), channel, chat_id, asker, group_id, lang, at)
    if queue.add_wish(row):
        return True
    return any(w.channel == channel and w.chat_id == chat_id for w in queue.wishes(group_id))


def tell(store: Store, group: GroupRow, body: Mapping[str, Any], *, at: int) -> int:
    """Turns the group's wishes into messages; how many. A crash between the two steps repeats harmlessly: the row's id
    is the wish's, and a row that is there already is left alone."""
    wishes = store.queue.wishes(group.id)
    store.outbox.put([_message(each, group, body, at) for each in wishes])
    for each in wishes:
        store.queue.drop_wish(each.id)
    return len(wishes)


def keep_late(store: Store, group_id: str, *, at: int) -> None:
    """A wish about what was answered meanwhile is kept, too: the entry is sent now, and what was answered once goes
    before the editors again."""
    group = store.queue.group(group_id)
    if group is None or group.state != "answered":
        return
    if group.resolution and group.resolution != "once":
        tell(store, group, {"entry": group.resolution}, at=at)
    else:
        store.queue.reopen(group.id, "", at=at)


def _message(wish: WishRow, group: GroupRow, body: Mapping[str, Any], at: int) -> OutboxRow:
    if wish.lang == "zh-Hant" and "text" in body:
        body = {**body, "text": to_hant(str(body["text"]))}  # as everything else that this resident reads
    return OutboxRow(
        id=f"wish-{wish.id}",
        channel=wish.channel,
        chat_id=wish.chat_id,
        kind="answer",
        body={**body, "lang": wish.lang, "question": group.title},
        due_at=at,
        state="waiting",
        group_id=group.id,
        asker=wish.asker,
    )
