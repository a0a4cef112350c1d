"""Answers that come later, for sessions of the web: handed over when the session comes back.

Nothing can be sent to a browser that is closed, so the outbox rows of this channel wait here until they are fetched;
a row that was handed over is marked as sent, like a message of any other channel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from bot.channels.web.bodies import language, reply_json
from bot.channels.web.services import CHANNEL, WebServices
from bot.channels.web.sessions import Session
from bot.core.reply import Lang, Reply
from bot.store.base import OutboxRow, TurnRow

#: What an editor's answer to a single question is called where a group names the entry that answers it.
ONCE = "once"


def news(services: WebServices, session: Session, answers: list[str]) -> dict[str, Any]:
    """``answers``: ids of turns whose answer the session waits for. Other people's turns are passed over."""
    ready: list[dict[str, Any]] = []
    waiting: list[str] = []
    for answer in answers:
        turn = services.store.turns.turn(answer)
        if turn is None or turn.asker not in session.identities or not turn.group_id:
            continue
        found = _now(services, session, turn)
        if found == "waiting":
            waiting.append(answer)
        elif found != "over":
            shown = reply_json(replace(found, id=answer), session=session.token)
            ready.append({"answer": answer, "reply": shown})
    return {"ready": ready, "waiting": waiting}


def _now(services: WebServices, session: Session, turn: TurnRow) -> Reply | Literal["waiting", "over"]:
    lang = language(turn.lang) or "zh-Hans"
    for row in services.store.outbox.by_group(turn.group_id):
        if row.channel != CHANNEL or row.asker not in session.identities or row.state not in ("waiting", "uncertain"):
            continue
        reply = _told(services, row, lang)
        services.store.outbox.mark(row.id, "sent" if reply else "failed", note="" if reply else "entry not published")
        if reply:
            return reply
    group = services.store.queue.group(turn.group_id)
    if group is None or group.state == "dismissed":
        return "over"
    if group.state != "answered":
        return "waiting"
    if group.resolution == ONCE:
        return "over"  # fetched before, perhaps in another tab
    reply = services.conversation.open_entry(group.resolution, lang=lang)
    if reply is None:
        return "waiting"  # published a moment ago: this process has not read it yet
    for wish in services.store.queue.wishes(turn.group_id):
        if wish.channel == CHANNEL and wish.asker in session.identities:
            services.store.queue.drop_wish(wish.id)
    return reply


def _told(services: WebServices, row: OutboxRow, lang: Lang) -> Reply | None:
    """``body``: {entry | text}."""
    words = row.body.get("text")
    if not isinstance(words, str):
        return services.conversation.open_entry(str(row.body.get("entry", "")), lang=lang)
    return Reply(
        kind="answer", reason=None, lang=lang, entries=(), cards=(), why=(), notices=(), intro=words, outro="",
        text=words, masked="",
    )  # fmt: skip
