"""The entries: find one, see it as residents do, its history, take it back or out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from starlette.responses import Response

from bot.channels.web.console import previews
from bot.channels.web.console.auth import Call
from bot.core.shape import as_date
from bot.desk import Snapshot
from bot.drafting import flat
from bot.errors import NotFound, UsageError
from bot.store.base import DraftRow, EntryRow, EntryState

HELPFUL_DAYS = 30
FILTERS = ("all", "overdue", "unhelpful", "draft", "off")
_TEXTS: dict[int, dict[str, str]] = {}


def show(call: Call) -> Response:
    published = call.editorial.published()
    wanted, chosen = call.query.get("q").casefold().split(), call.query.get("filter", "all")
    group = call.query.get("group")
    texts, today = _texts(published), call.editorial.today()
    since = call.console.services.clock() - HELPFUL_DAYS * 86_400
    unhelpful = call.console.store.turns.helpfulness(since=since)
    drafts = {d.entry_id for d in call.editorial.drafts(call.person)}
    lines = [
        _line(row, published, today, unhelpful, drafts)
        for row in published.rows.values()
        if all(word in texts[row.id] for word in wanted)
    ]
    lines = [x for x in lines if (not group or x["group"] == group) and _passes(x, chosen)]
    lines.sort(
        key=lambda x: (
            -x["unhelpful"] if chosen == "unhelpful" else 0,
            x["review_by"] if chosen == "overdue" else "",
            x["order"],
            x["id"],
        )
    )
    return call.page(
        "entries.html",
        lines=lines,
        groups=published.faq.groups,
        group=group,
        search=call.query.get("q"),
        chosen=chosen if chosen in FILTERS else "all",
        total=len(published.rows),
    )


def _line(
    row: EntryRow, published: Snapshot, today: dt.date, unhelpful: dict[str, tuple[int, int]], drafts: set[str]
) -> dict[str, Any]:
    topic = published.faq.topics.get(row.topic)
    order = list(published.faq.groups)
    review_by = as_date(row.body.get("review_by"))
    bad, rated = unhelpful.get(row.id, (0, 0))
    return {
        "id": row.id,
        "zh": row.body["zh"].get("question", ""),
        "en": row.body["en"].get("question", ""),
        "group": topic.group if topic else "",
        "order": order.index(topic.group) if topic and topic.group in order else len(order),
        "risk": row.body["risk"],
        "state": row.state,
        "revision": row.revision,
        "updated": row.updated_at,
        "review_by": review_by.isoformat() if review_by else "",
        "overdue": bool(review_by and review_by < today),
        "unhelpful": bad,
        "rated": rated,
        "draft": row.id in drafts,
    }


def _passes(line: dict[str, Any], chosen: str) -> bool:
    match chosen:
        case "overdue":
            return bool(line["overdue"])
        case "unhelpful":
            return bool(line["unhelpful"])
        case "draft":
            return bool(line["draft"])
        case "off":
            return bool(line["state"] != "published")
        case _:
            return True


def _texts(published: Snapshot) -> dict[str, str]:
    """What a search looks through, of the current generation."""
    if published.generation not in _TEXTS:
        _TEXTS.clear()
        _TEXTS[published.generation] = {
            row.id: "\n".join(
                "\n".join(map(str, v)) if isinstance(v, list) else str(v) for v in flat(row.body).values()
            ).casefold()
            for row in published.rows.values()
        }
    return _TEXTS[published.generation]


def new(call: Call) -> Response:
    return call.go(f"/drafts/{call.editorial.blank(call.person).id}")


def entry(call: Call) -> Response:
    row = _row(call)
    drafts = [d for d in call.editorial.drafts(call.person) if d.entry_id == row.id]
    problems = call.editorial.problems(row.body, call.person, new=False)
    return call.page(
        "entry.html",
        row=row,
        drafts=drafts,
        missed=call.console.store.turns.missing(entry=row.id),
        off_note=call.console.store.faq.revisions(row.id)[0].note if row.state != "published" else "",
        **previews.of(call, row.body, call.query.get("region")),
        problems=[p for p in problems if p.key in ("review_by", "reviewed") or p.level == "error"],
    )


def history(call: Call) -> Response:
    row = _row(call)
    return call.page("history.html", row=row, lines=call.editorial.history(row.id, call.person))


def edit(call: Call) -> Response:
    return call.go(f"/drafts/{call.editorial.edit(call.path('entry'), call.person).id}")


def roll_back(call: Call) -> Response:
    result = call.editorial.roll_back(call.path("entry"), call.form.number("revision"), call.person)
    if isinstance(result, DraftRow):
        return call.go(f"/drafts/{result.id}/review", "drafted")
    return call.go(f"/entries/{call.path('entry')}", "rolled")


def set_state(call: Call) -> Response:
    states: dict[str, EntryState] = {"withdraw": "withdrawn", "retire": "retired", "restore": "published"}
    state = states.get(call.form.get("state"))
    if state is None:
        raise UsageError("no such state")
    call.editorial.set_state(call.path("entry"), state, call.form.get("reason"), call.person)
    return call.go(f"/entries/{call.path('entry')}", "state")


def _row(call: Call) -> EntryRow:
    row = call.console.store.faq.entry(call.path("entry"))
    if row is None:
        raise NotFound("没有这个条目 / no such entry")
    return row
