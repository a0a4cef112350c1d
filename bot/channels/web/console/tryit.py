"""Try it: ask anything, see the reply and why, with the published index or with a draft's. Nothing is recorded."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.responses import Response

from bot.channels.web.console.auth import Call
from bot.channels.web.console.telegram import message
from bot.channels.web.console.why import sentence
from bot.core.answer import answer, wants_human
from bot.core.index import Index
from bot.core.policy import decide
from bot.core.reply import MAX_TEXT
from bot.core.text import clean
from bot.errors import Blocked


def show(call: Call) -> Response:
    return _page(call, call.query.get("draft"))


def ask(call: Call) -> Response:
    typed = call.form.get("text")[:MAX_TEXT], call.form.get("before")[:MAX_TEXT]
    try:
        return _page(call, call.form.get("draft"), *typed)
    except Blocked as error:  # what was asked stays, for the published index or once the draft is right
        return _page(call, call.form.get("draft"), *typed, blocked=error.reasons, status=422)


def _titles(call: Call, index: Index) -> dict[str, str]:
    return {i: e.en.question if call.lang == "en" else e.zh.question for i, e in index.entries.items()}


def _page(
    call: Call, draft_id: str, text: str = "", before: str = "", *, blocked: Sequence[str] = (), status: int = 200
) -> Response:
    reply = decision = None
    index = call.console.conversation.index
    reasons = ("", "")
    if text.strip() and not blocked:
        if draft_id:
            index = call.editorial.draft_index(draft_id, call.person)
        region = call.editorial.region
        context = [line for line in before.split("\n") if line.strip()][-4:]
        reply = answer(index, text, context=context, region=region)
        cleaned = clean(text)
        decision = decide(index, cleaned, context=context, region=region)
        reasons = sentence(decision, human=wants_human(cleaned))
    return call.page(
        "try.html",
        status,
        blocked=blocked,
        drafts=call.editorial.drafts(call.person),
        draft_id=draft_id,
        text=text,
        before=before,
        reply=reply,
        shown=message(reply) if reply else None,
        decision=decision,
        reasons=reasons,
        titles={} if decision is None else _titles(call, index),
        detail=json.dumps(decision.detail, ensure_ascii=False, indent=2) if decision else "",
    )
