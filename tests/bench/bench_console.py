"""Server time of the console's pages over 100,000 logged questions, 2,000 groups and 500 entries.

    .venv/bin/python tests/bench/bench_console.py [questions]

The index is the small FAQ's: what is measured is the store and the pages, not the matcher.
"""

from __future__ import annotations

import asyncio
import copy
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import httpx
from editorial_parts import NOW, Parts
from small_faq import tables
from starlette.applications import Starlette

from bot.channels.web.console import console_routes
from bot.core.entry import entry_from_dict, entry_to_dict
from bot.store.base import FeedbackRow, Publication, TurnRow, UnansweredRow

GROUPS, ENTRIES, TOPICS, LIMIT_MS, ROUNDS = 2000, 500, 40, 150.0, 40
PAGES = (
    "queue", "queue?page=20", "queue?q=保证", "queue?q=没有这话", "queue?tab=closed", "groups/g7", "groups/g7?q=保证", "entries", "entries?q=保证", "entries?filter=unhelpful",
    "entries/fake-loan", "entries/fake-loan/history", "drafts", "drafts/{draft}", "drafts/{draft}/review", "overview",
    "overview?days=90", "overview.csv", "audit", "files", "topics",
)  # fmt: skip


def fill(parts: Parts, questions: int) -> None:
    base = next(t for t in tables() if t["id"] == "fake-loan")
    items = []
    for n in range(ENTRIES - 4):
        data = copy.deepcopy(base)
        data["id"], data["topic"] = f"entry-{n}", "fake-loan"
        data["zh"]["phrasings"] = [f"第{n}条的第{k}种问法，先交保证金" for k in range(150)]
        body = entry_to_dict(entry_from_dict(data), iso_dates=True)
        items.append(Publication(data["id"], "fake-loan", body, 0, "ann", "ben" if n % 5 == 0 else "import"))
    parts.store.faq.publish(items, at=NOW)
    chance = random.Random(7)  # independent of each other, or the day counts have far fewer rows than in life
    for n in range(questions):
        at = NOW - chance.randrange(90 * 86_400)
        waits = n % 5 == 0
        kind = "unknown" if waits else chance.choice(("answer", "choose", "emergency", "answer"))
        entry = f"entry-{chance.randrange(ENTRIES - 4)}"
        turn = TurnRow(
            f"b{n}", chance.choice(("web", "telegram")), f"c{n % 9000}", f"m{n}", f"a{n % 9000}", at,
            chance.choice(("zh-Hans", "en", "zh-Hant")), kind, "no_entry" if waits else "",
            f"第{n % GROUPS}件事要交保证金吗", () if waits else (entry,), () if waits else (f"topic-{chance.randrange(TOPICS)}",),
        )  # fmt: skip
        row = None
        if waits:
            row = UnansweredRow(
                f"q{n}", turn.id, turn.masked or "", turn.lang, turn.channel, turn.asker, at, "no_entry",
                (("fake-loan", 0.3),), f"g{n // 5 % GROUPS}",
            )  # fmt: skip
        parts.store.turns.record(turn, unanswered=row)
        if n % 50 == 1:
            parts.store.turns.add_feedback(
                FeedbackRow(turn.id, turn.asker, n % 3 == 0, "没说怎么退钱" if n % 3 else "", at)
            )
    for n in range(100):
        parts.editorial.edit(f"entry-{n}", parts.ann)
    for n in range(1000):
        parts.staff.note("ann", "claim", f"g{n % GROUPS}")
    for n in range(0, GROUPS, 4):
        parts.store.queue.close(f"g{n}", "answered", "ann", "fake-loan", at=NOW)


async def measure(parts: Parts) -> int:
    draft = parts.editorial.edit("fake-loan", parts.ann)
    slow = 0
    app = Starlette(routes=console_routes(parts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as web:
        await web.post("/console/login", data={"token": parts.link_token("eve")})
        for page in PAGES:
            path, times = f"/console/{page}".replace("{draft}", draft.id), []
            for _ in range(ROUNDS + 1):
                began = time.perf_counter()
                response = await web.get(path)
                times.append((time.perf_counter() - began) * 1000)
                assert response.status_code == 200, path
            first, rest = times[0], sorted(times[1:])
            middle, worst = rest[len(rest) // 2], rest[int(len(rest) * 0.99)]
            slow += middle > LIMIT_MS
            size = len(response.content) // 1024
            print(f"p50 {middle:7.1f} ms  p99 {worst:7.1f} ms  (first {first:.0f})  {size:5d} kB  {page}", flush=True)
    return slow


def main() -> int:
    questions = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder))
        try:
            parts.conversation.refresh()
            fill(parts, questions)
            # The pages are measured, not the fit of 500 entries.
            parts.conversation._served._generation = parts.store.faq.generation()
            return asyncio.run(measure(parts))
        finally:
            parts.close()


if __name__ == "__main__":
    sys.exit(main())
