"""A chat that writes too fast is told so once, politely, and then not answered until its bucket refills."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

#: What a person in a hurry may send at once, and how fast it comes back: Telegram itself delivers about one
#: message a second to a chat.
BURST = 60.0
A_SECOND = 1.0
#: A silenced chat is heard again when it has this much, so that it is not told off at every message.
HEARD_AGAIN = 10.0
_MOST_CHATS = 50_000

Verdict = Literal["go", "tell", "silent"]


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float
    silenced: bool = False


class Flood:
    """Token buckets by chat; the least recently seen are forgotten when there are too many."""

    def __init__(self, *, burst: float = BURST, a_second: float = A_SECOND) -> None:
        self._burst = burst
        self._rate = a_second
        self._again = min(HEARD_AGAIN, burst / 2)
        self._buckets: OrderedDict[int, _Bucket] = OrderedDict()

    @property
    def wait_seconds(self) -> int:
        """How long a silenced chat waits."""
        return math.ceil(self._again / self._rate)

    def ask(self, chat: int, now: float) -> Verdict:
        """``now``: of a clock that never goes back."""
        bucket = self._buckets.get(chat)
        if bucket is None:
            bucket = self._buckets[chat] = _Bucket(self._burst, now)
            if len(self._buckets) > _MOST_CHATS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(chat)
            bucket.level = min(self._burst, bucket.level + max(0.0, now - bucket.at) * self._rate)
            bucket.at = now
        if bucket.silenced and bucket.level < self._again:
            return "silent"
        bucket.silenced = False
        if bucket.level < 1:
            bucket.silenced = True
            return "tell"
        bucket.level -= 1
        return "go"
