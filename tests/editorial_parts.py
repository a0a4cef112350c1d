"""A store with the small FAQ published, two editors and an admin: for the tests of the editors' work."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from small_faq import bodies, documents

from bot.conversation import Conversation
from bot.editorial import Editorial
from bot.faqfiles import content_hash
from bot.ids import Pseudonyms
from bot.settings import Settings, load_settings
from bot.staff import Staff
from bot.store.base import Publication, StaffRow, Store, TurnRow, UnansweredRow, WishRow
from bot.store.sqlite import SqliteStore

NOW = 1_796_000_000  # 2026-11-30 in Shanghai: the small FAQ is neither overdue nor from the future
SAMPLES = [
    {"text": "办贷款先交解冻费靠谱不", "topics": ["fake-loan"]},
    {"text": "刷单给佣金能做吗", "topics": ["task-rebate"]},
    {"text": "晚上吃什么好", "topics": []},
]
_numbers = itertools.count(1)


class Parts:
    """The services that the console is given, with a clock that stands still until it is moved."""

    def __init__(self, folder: Path, *, url: str = "http://test") -> None:
        self.now = NOW
        self.url = url
        self.settings: Settings = load_settings(
            {"BOT_DATABASE": str(folder / "bot.db"), "BOT_FAQ": str(folder / "faq")}
        )
        self.store: Store = SqliteStore(folder / "bot.db", timezone="Asia/Shanghai")
        self.store.migrate()
        texts = documents() | {"samples/money.jsonl": "\n".join(json.dumps(s, ensure_ascii=False) for s in SAMPLES)}
        self.store.faq.put_documents({p: (t, content_hash(t)) for p, t in texts.items()}, at=NOW)
        self.store.faq.publish([Publication(b["id"], b["topic"], b, 0, "import", "import") for b in bodies()], at=NOW)
        self.pseudonyms = Pseudonyms("a key for tests")
        self.telegram: Any = None
        self.conversation = Conversation(
            self.store, region="cn", timezone="Asia/Shanghai", operator="", clock=self.clock
        )
        self.staff = Staff(self.store.staff, clock=self.clock, base_url=url)
        self.editorial = Editorial(
            self.store, clock=self.clock, timezone="Asia/Shanghai", index=self.index, replay_days=30
        )
        self.ann = self.staff.add("ann", "editor")
        self.ben = self.staff.add("ben", "editor")
        self.eve = self.staff.add("eve", "admin")

    def clock(self) -> int:
        return self.now

    def index(self) -> Any:
        self.conversation.refresh()
        return self.conversation.index

    def close(self) -> None:
        self.editorial.close()
        self.store.close()

    def ask(self, text: str, *, group: str, asker: str = "", reason: str = "no_entry", at: int = NOW) -> str:
        """An unanswered question in the queue; its id."""
        number = next(_numbers)
        turn = TurnRow(
            f"t{number}", "web", f"chat{number}", f"m{number}", asker or f"asker{number}", at, "zh-Hans", "unknown",
            reason, text,
        )  # fmt: skip
        row = UnansweredRow(
            f"q{number}", turn.id, text, "zh-Hans", "web", turn.asker, at, reason, (("fake-loan", 0.31),), group
        )
        assert self.store.turns.record(turn, unanswered=row)
        return row.id

    def wish(self, group: str, chat: str, asker: str = "asker") -> None:
        assert self.store.queue.add_wish(
            WishRow(f"w{next(_numbers)}", "telegram", chat, asker, group, "zh-Hans", self.now)
        )

    def replayed(self, draft_id: str, person: StaffRow) -> dict[str, Any]:
        """Runs the replay to its end; what it found."""
        self.editorial.start_replay(draft_id, person)
        self.editorial.replays.wait()
        draft, job = self.editorial.replay_state(draft_id, person)
        assert job.state == "done", job
        assert draft.replay is not None
        return dict(draft.replay)

    def link_token(self, name: str) -> str:
        return self.staff.link(name).rsplit("/", 1)[1].rsplit("=", 1)[-1]
