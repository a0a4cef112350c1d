"""Records with sensible defaults, and what an engine is, for the store tests."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.store.base import DraftRow, OutboxRow, Publication, Store, TurnRow, UnansweredRow, WishRow

DAY = 86_400
NOW = 1_800_000_000  # 2027-01-15 16:00 in Shanghai
TODAY = "2027-01-15"
ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Engine:
    """``open`` gives one more store on the same database; ``code`` is the same as an expression that another
    process can evaluate."""

    name: str
    open: Callable[[], Store]
    code: str

    def process(self, code: str) -> subprocess.Popen[str]:
        """Another process that runs ``code`` with ``store``; it waits for a line on stdin at ``go()``."""
        return subprocess.Popen(
            [sys.executable, "-c", f"import os; go = input; store = {self.code}; {code}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )


def turn(**values: Any) -> TurnRow:
    number = next(_numbers)
    return TurnRow(
        **{
            "id": f"turn{number}",
            "channel": "web",
            "chat": "chat-a",
            "message": f"m{number}",
            "asker": "asker-a",
            "at": NOW,
            "lang": "zh-Hans",
            "kind": "answer",
            "reason": "",
            "masked": f"问题{number}",
            "entry_ids": ("fake-loan",),
            "topics": ("fake-loan", "ponzi"),
            "nearest": (("fake-loan", 0.5),),
            "confidence": 0.91,
            **values,
        }
    )


def ask(store: Store, text: str, *, group: str = "g1", asker: str = "asker-a", at: int = NOW, **values: Any) -> str:
    """Records an unanswered question and returns the turn's id; the question's id is "q-" + that."""
    weight, reason = values.pop("weight", 1.0), values.pop("reason", "no_entry")
    row = turn(
        kind="unknown", reason=reason, masked=text, asker=asker, at=at, entry_ids=(), topics=(), nearest=(), **values
    )
    assert store.turns.record(row, unanswered=question(row, group=group, weight=weight), context=text)
    return row.id


def question(row: TurnRow, *, group: str = "g1", **values: Any) -> UnansweredRow:
    return UnansweredRow(
        **{
            "id": f"q-{row.id}",
            "turn_id": row.id,
            "masked": row.masked or "",
            "lang": row.lang,
            "channel": row.channel,
            "asker": row.asker,
            "at": row.at,
            "reason": row.reason,
            "nearest": (("fake-loan", 0.31),),
            "group_id": group,
            **values,
        }
    )


def wish(**values: Any) -> WishRow:
    number = next(_numbers)
    return WishRow(
        **{
            "id": f"w{number}",
            "channel": "telegram",
            "chat_id": f"{number}",
            "asker": "asker-a",
            "group_id": "g1",
            "lang": "zh-Hans",
            "at": NOW,
            **values,
        }
    )


def publication(**values: Any) -> Publication:
    return Publication(
        **{
            "entry_id": "fake-loan",
            "topic": "fake-loan",
            "body": {"id": "fake-loan", "zh": {"question": "贷款先交钱？"}},
            "base_revision": 0,
            "editor": "李",
            "publisher": "王",
            **values,
        }
    )


def draft(**values: Any) -> DraftRow:
    return DraftRow(
        **{
            "id": "d1",
            "entry_id": "fake-loan",
            "base_revision": 0,
            "body": {"zh": {"question": "？"}},
            "editor": "李",
            "state": "open",
            "version": 0,
            "group_id": "",
            "created_at": NOW,
            "updated_at": NOW,
            **values,
        }
    )


def message(**values: Any) -> OutboxRow:
    number = next(_numbers)
    return OutboxRow(
        **{
            "id": f"o{number:03d}",
            "channel": "telegram",
            "chat_id": f"{number}",
            "kind": "answer",
            "body": {"entry": "fake-loan"},
            "due_at": NOW,
            "state": "waiting",
            "group_id": "g1",
            **values,
        }
    )
