"""The queue of unanswered questions: lists, one group, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from bot import drafting
from bot.channels.web.console.auth import Call
from bot.core.card import title_of
from bot.core.entry import Faq
from bot.core.policy import decide
from bot.core.redact import redact
from bot.core.text import clean
from bot.errors import AlreadyDone, NotFound, UsageError
from bot.queuedesk import MAX_ANSWER, PAGE, TABS, Tab
from bot.store.base import CLAIM_SECONDS, GroupRow

MERGE_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Near:
    """An entry near to a question, and why it was not the answer. ``phrasing``: its most similar one."""

    entry: str
    title: str
    confidence: float
    phrasing: str
    similarity: float


def home(call: Call) -> Response:
    return RedirectResponse("/console/queue", 303)


def show(call: Call) -> Response:
    tab: Tab = next((t for t in TABS if t == call.query.get("tab")), "ours")
    page, search = call.query.number("page"), call.query.get("q")
    found = call.editorial.queue(call.person, tab, search=search, page=page)
    return call.page(
        "queue.html",
        tab=tab,
        found=found,
        page=page,
        search=search,
        more=len(found.groups) == PAGE,
        titles=_titles(call, found.groups),
    )


def _titles(call: Call, groups: list[GroupRow]) -> dict[str, str]:
    index = call.console.conversation.index
    region = index.faq.regions.get(call.editorial.region) or next(iter(index.faq.regions.values()))
    lang: Any = "en" if call.lang == "en" else "zh-Hans"
    wanted = {entry for group in groups for entry, _ in group.nearest[:3]} | {group.resolution for group in groups}
    return {i: title_of(index.entries[i], lang=lang, region=region) for i in wanted if i in index.entries}


def group(call: Call) -> Response:
    return _group_page(call)


def _group_page(call: Call, status: int = 200, **values: Any) -> Response:
    row, members, wishes = call.editorial.group(call.path("group"), call.person)
    near, why = _near(call, row)
    others = [
        g
        for g in call.editorial.queue(call.person, "ours").groups
        if g.id != row.id and g.nearest[:1] and row.nearest[:1] and g.nearest[0][0] == row.nearest[0][0]
    ]
    search = call.query.get("q")
    if search:
        others = [g for g in call.editorial.queue(call.person, "ours", search=search).groups if g.id != row.id]
    published = call.editorial.published()
    drafts = [d for d in call.editorial.drafts(call.person) if row.id in _groups_of(d.group_id, d.body)]
    return call.page(
        "group.html",
        status,
        **{"typed": "", "masked": "", "unsent": None, **values},
        group=row,
        into=call.console.store.queue.group(row.merged_into) if row.merged_into else None,
        held=row.state == "claimed"
        and row.claimed_by != call.person.name
        and row.claimed_at > call.console.services.clock() - CLAIM_SECONDS,
        free_at=row.claimed_at + CLAIM_SECONDS,
        members=members,
        wishes=wishes,
        missed=call.console.store.turns.missing(group=row.id),
        near=near,
        why=why,
        others=others[:MERGE_CANDIDATES],
        search=search,
        drafts=drafts,
        phrasing=drafting.without_tokens(row.title),
        entries=_entries(call, published.faq),
        max_answer=MAX_ANSWER,
    )


def _entries(call: Call, faq: Faq) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(id, title)]) in the order of the menus: a hundred titles in a row are found by nobody."""
    found: dict[str, list[tuple[str, str]]] = {group: [] for group in faq.groups}
    for entry in faq.entries:
        topic = faq.topics.get(entry.topic)
        group = topic.group if topic else ""
        found.setdefault(group, []).append((entry.id, entry.en.question if call.lang == "en" else entry.zh.question))
    return [
        (faq.groups[group][call.lang] if group in faq.groups else group, listed)
        for group, listed in found.items()
        if listed
    ]


def _groups_of(group_id: str, body: Any) -> set[str]:
    return {group_id, *drafting.split_meta(body)[1].groups}


def _near(call: Call, row: GroupRow) -> tuple[list[Near], dict[str, Any]]:
    """What the published index makes of the group's first question: the nearest entries, and the decision."""
    if not row.title:
        return [], {}
    index = call.console.conversation.index
    decision = decide(index, row.title, region=call.editorial.region)
    detail = decision.detail
    titles = _titles(call, [row])
    near = []
    for line in detail.get("entries", ())[:4]:
        entry = index.entries[line["id"]]
        best: dict[str, Any] = next((n for n in detail["nearest_phrasings"] if n["entry"] == line["id"]), {})
        title = titles.get(line["id"]) or (entry.en.question if call.lang == "en" else entry.zh.question)
        near.append(
            Near(line["id"], title, line["confidence"], str(best.get("text", "")), float(best.get("similarity", 0)))
        )
    return near, {
        "kind": decision.kind,
        "ours": detail.get("scope", {}).get("ours", 0.0),
        "needed": detail.get("thresholds", {}).get("answer") or 0.0,
        "ours_needed": detail.get("thresholds", {}).get("ours_choose") or 0.0,
        "concepts": list(detail.get("concepts", {}).values()),
    }


# ---------------------------------------------------------------- what is done with a group
def act(call: Call) -> Response:
    action = _ACTIONS.get(call.path("action"))
    if action is None:
        raise NotFound("no such action")
    return action(call, call.path("group"))


def _claim(call: Call, group_id: str) -> Response:
    call.editorial.claim(group_id, call.person)
    return call.go(f"/groups/{group_id}", "claimed")


def _release(call: Call, group_id: str) -> Response:
    call.editorial.release(group_id, call.person)
    return call.go("/queue", "released")


def _dismiss(call: Call, group_id: str) -> Response:
    call.editorial.dismiss(group_id, call.person, call.form.get("reason"))
    return call.go(f"/queue?tab={_tab_of(call)}", "dismissed")


def _reopen(call: Call, group_id: str) -> Response:
    call.editorial.reopen(group_id, call.person)
    return call.go(f"/groups/{group_id}", "reopened")


def _ours(call: Call, group_id: str) -> Response:
    call.editorial.move_to_ours(group_id, call.person)
    return call.go(f"/groups/{group_id}", "ours")


def _answer(call: Call, group_id: str) -> Response:
    text = clean(drafting.tidy(call.form.get("text")))
    masked = redact(text).text
    if masked != text and drafting.tidy(call.form.get("seen")) != masked:
        # Half a number reaches nobody: the editor sees what residents would read, before they do.
        return _group_page(call, 422, typed=text, masked=masked)
    try:
        told = call.editorial.answer_once(group_id, text, call.person)
    except AlreadyDone as error:
        return _group_page(
            call, 409, typed=text, unsent=error
        )  # an answer that took minutes to write is not thrown away
    return call.go("/queue", "answered" if told else "answered-none")


def _phrasing(call: Call, group_id: str) -> Response:
    entry = call.form.get("entry").strip()
    if not entry:
        raise UsageError("先选一个条目 / choose an entry first")
    draft = call.editorial.add_phrasing(
        group_id, entry, call.person, text=call.form.get("text"), urgent=call.form.get("urgent") == "1"
    )
    return call.go(f"/drafts/{draft.id}/review", "phrasing")


def _draft(call: Call, group_id: str) -> Response:
    return call.go(f"/drafts/{call.editorial.new_draft(group_id, call.person).id}")


def _split(call: Call, group_id: str) -> Response:
    new = call.editorial.split(group_id, call.form.all("question"), call.person)
    return call.go(f"/groups/{new.id}", "split")


def _merge_into(call: Call, group_id: str) -> Response:
    call.editorial.merge(call.form.all("group"), group_id, call.person)
    return call.go(f"/groups/{group_id}", "merged")


def merge(call: Call) -> Response:
    """From the list: what is ticked goes into the first that is ticked, the most harmful."""
    chosen = call.form.all("group")
    if len(chosen) < 2:
        raise UsageError("至少勾选两组 / tick at least two groups")
    call.editorial.merge(chosen[1:], chosen[0], call.person)
    return call.go(f"/groups/{quote(chosen[0], safe='')}", "merged")


def _tab_of(call: Call) -> str:
    return next((t for t in TABS if t == call.form.get("tab")), "ours")


_ACTIONS: dict[str, Callable[[Call, str], Response]] = {
    "claim": _claim,
    "release": _release,
    "dismiss": _dismiss,
    "reopen": _reopen,
    "ours": _ours,
    "answer": _answer,
    "phrasing": _phrasing,
    "draft": _draft,
    "split": _split,
    "merge": _merge_into,
}
