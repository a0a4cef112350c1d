"""A process that serves a store, driven line by line: ``python serving_process.py DATABASE``.

poll: look for a new generation · settle: wait for the fit · anything else: a question. Each is answered by a line of JSON.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

from bot.conversation import Conversation, Question
from bot.store.sqlite import SqliteStore


def main(database: str) -> None:
    store = SqliteStore(Path(database), timezone="Asia/Shanghai")
    talk = Conversation(
        store, region="cn", timezone="Asia/Shanghai", operator="", clock=lambda: 1_796_000_000, beside=True
    )
    numbers = itertools.count(1)
    for line in sys.stdin:
        text = line.rstrip("\n")
        out: dict[str, Any]
        if text == "poll":
            changed = talk.refresh()
            out = {"changed": changed, "generation": talk.generation, "settled": talk.settled}
        elif text == "settle":
            talk.settled_index()
            out = {"generation": talk.generation, "settled": talk.settled}
        else:
            number = str(next(numbers))
            reply = talk.ask(Question(text, "web", f"chat{number}", f"asker{number}", number, 1_796_000_000))
            out = {"kind": reply.kind, "entries": [e.id for e in reply.entries], "text": reply.text,
                   "nearest": [e for e, _ in reply.nearest]}  # fmt: skip
        print(json.dumps(out, ensure_ascii=False), flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
