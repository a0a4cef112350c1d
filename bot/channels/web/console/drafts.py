"""Drafts: the form with its live check and preview, and the review page where they are replayed and published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from starlette.responses import JSONResponse, Response

from bot import drafting
from bot.channels.web.console import forms, overrides, previews, replayed
from bot.channels.web.console.auth import Call
from bot.core.entry import BASES, REGIONS, RISKS, Hotline, Problem
from bot.core.texts import one_language
from bot.editorial import authors
from bot.errors import AlreadyDone, Blocked, NotFound, UsageError
from bot.replay import RUNNING
from bot.store.base import DraftRow


def show(call: Call) -> Response:
    drafts = call.editorial.drafts(call.person)
    jobs = {d.id: call.editorial.replays.job(d.id, d.version) for d in drafts}
    return call.page(
        "drafts.html", drafts=drafts, running={i: job is not None and job.state in RUNNING for i, job in jobs.items()}
    )


def form(call: Call) -> Response:
    draft = call.editorial.draft(call.path("draft"), call.person)
    return _form_page(call, draft, drafting.split_meta(draft.body)[0], added=call.query.all("add"))


def _form_page(
    call: Call,
    draft: DraftRow,
    body: Mapping[str, Any],
    *,
    status: int = 200,
    conflict: AlreadyDone | None = None,
    added: Sequence[str] = (),
) -> Response:
    published = call.editorial.published()
    here = published.faq.regions.get(call.editorial.region)
    hotlines: dict[str, Hotline] = dict(here.hotlines) if here else {}
    for place in published.faq.regions.values():
        hotlines |= {name: line for name, line in place.hotlines.items() if name not in hotlines}
    frame = forms.frame_values(body)
    # The chosen ones first, as they are ordered: a browser sends ticked boxes in the order of the page.
    chosen = [name for name in dict.fromkeys(frame["hotlines"]) if name in hotlines]
    problems = call.editorial.problems(body, call.person, new=not draft.base_revision)
    return call.page(
        "draft.html",
        status,
        draft=draft,
        frame=frame,
        languages=[(language, forms.wording_fields(body, language)) for language in ("zh", "en")],
        overrides=forms.override_fields(body, added),
        added=added,
        tables=[(table, overrides.title(table)) for table in overrides.TABLES],
        keys=overrides.KEYS,
        problems=by_field(problems),
        loose=[p for p in problems if forms.field_of(p.key) not in _known(body)],
        **previews.of(call, body, call.form.get("preview_region")),
        topics=published.faq.topics,
        groups=published.faq.groups,
        admins=admins(call),
        hotlines=[hotlines[name] for name in dict.fromkeys([*chosen, *hotlines])],
        choices={"risk": RISKS, "basis": BASES, "regions": REGIONS},
        conflict=conflict,
        stored=drafting.changes(draft.body, body) if conflict else [],
        current=call.editorial.current_revision(draft.entry_id),
        **_entry_now(call, draft),
    )


def _entry_now(call: Call, draft: DraftRow) -> dict[str, Any]:
    """What became of the draft's entry meanwhile: it may be taken out, or gone from a restored database."""
    row = call.console.store.faq.entry(draft.entry_id) if draft.base_revision else None
    off = row is not None and row.state != "published"
    note = call.console.store.faq.revisions(draft.entry_id)[0].note if off else ""
    return {"gone": bool(draft.base_revision) and row is None, "off": row if off else None, "off_note": note}


def admins(call: Call) -> list[str]:
    """Whom an editor may ask for what only they may do."""
    return [person.name for person in call.console.staff.people() if person.role == "admin"]


def by_field(problems: list[Problem]) -> dict[str, list[Problem]]:
    out: dict[str, list[Problem]] = {}
    for found in problems:
        out.setdefault(forms.field_of(found.key), []).append(found)
    return out


def _known(body: Mapping[str, Any]) -> set[str]:
    fields = {f.name for language in ("zh", "en") for f in forms.wording_fields(body, language)}
    return fields | set(forms.frame_values(body)) | set(overrides.names(body))


def save(call: Call) -> Response:
    """JSON for the page's script, which tries again when the connection is lost; a page for everybody else."""
    draft = call.editorial.draft(call.path("draft"), call.person)
    body = forms.body_of(call.form, draft.body)
    try:
        saved = call.editorial.save_draft(draft.id, body, call.form.number("version"), call.person)
    except AlreadyDone as error:
        # The typed text is not lost: the form comes back with it, over the version that the other person saved.
        if call.wants_json:
            raise
        return _form_page(call, call.editorial.draft(draft.id, call.person), body, status=409, conflict=error)
    if call.wants_json:
        return JSONResponse({"version": saved.version})
    if call.form.get("then") == "review":
        if saved.replay is None:
            with suppress(Blocked):  # the page lists what is wrong
                call.editorial.start_replay(saved.id, call.person)
        return call.go(f"/drafts/{saved.id}/review", "saved")
    if call.form.get("then") == "override":
        name = f"{call.form.get('override_table')}.{call.form.get('override_key')}"
        if overrides.known(name):
            return call.go(f"/drafts/{saved.id}?add={name}", "override")
    return call.go(f"/drafts/{saved.id}", "saved")


def preview(call: Call) -> Response:
    """The draft as typed so far, unsaved: how it reads, and what is wrong with it, by field."""
    draft = call.editorial.draft(call.path("draft"), call.person)
    body = forms.body_of(call.form, draft.body)
    problems = call.editorial.problems(body, call.person, new=not draft.base_revision)
    html = call.console.pages.render(
        "_preview.html", call.lang, **previews.of(call, body, call.form.get("preview_region"))
    )
    found = {
        field: [
            {
                "level": p.level,
                "text": one_language(p.text, call.lang),
                "remedy": one_language(p.remedy, call.lang),
                "key": p.key,
            }
            for p in listed
        ]
        for field, listed in by_field(problems).items()
    }
    return JSONResponse({"html": html, "problems": found})


# ---------------------------------------------------------------- review
def review(call: Call) -> Response:
    return _review_page(call)


def _review_page(call: Call, status: int = 200, refused: str = "") -> Response:
    draft, job = call.editorial.replay_state(call.path("draft"), call.person)
    published = call.editorial.published()
    _, meta = drafting.split_meta(draft.body)
    new = not draft.base_revision
    problems = call.editorial.problems(draft.body, call.person, new=new)
    current = call.editorial.current_revision(draft.entry_id)
    return call.page(
        "review.html",
        status,
        refused=refused,
        draft=draft,
        job=job,
        running=job.state in RUNNING,
        replay=draft.replay or {},
        outdated=draft.state == "open"
        and bool(draft.replay)
        and (draft.replay or {}).get("generation") != published.generation,
        changes=call.editorial.draft_changes(draft, call.person),
        errors=[p for p in problems if p.level == "error"],
        warnings=[p for p in problems if p.level != "error"],
        meta=meta,
        authors=authors(draft),
        mine=call.person.name in authors(draft),
        blockers=call.editorial.blockers(draft, overriding=call.person.role == "admin")
        if draft.state == "open"
        else [],
        **replayed.of(call, draft, published.faq),
        stale=current != draft.base_revision,
        current=current,
        topics=published.faq.topics,
        admins=admins(call),
        **_entry_now(call, draft),
        **previews.of(call, draft.body, call.query.get("region")),
    )


def progress(call: Call) -> Response:
    _, job = call.editorial.replay_state(call.path("draft"), call.person)
    return JSONResponse({"state": job.state, "done": job.done, "total": job.total, "error": job.error})


def act(call: Call) -> Response:
    action = _ACTIONS.get(call.path("action"))
    if action is None:
        raise NotFound("no such action")
    return action(call, call.path("draft"))


def _replay(call: Call, draft_id: str) -> Response:
    call.editorial.start_replay(draft_id, call.person)
    return call.go(f"/drafts/{draft_id}/review", "replay")


def _relabel(call: Call, draft_id: str) -> Response:
    try:
        labels = replayed.relabels(call.form)
    except UsageError as error:  # labels of many samples were chosen by hand: they come back as they were
        return _review_page(call, 422, one_language(str(error), call.lang))
    for label in labels:
        call.editorial.relabel(draft_id, label.text, label.topics, label.reason, call.person, urgent=label.urgent)
    call.editorial.start_replay(draft_id, call.person)
    return call.go(f"/drafts/{draft_id}/review", "relabelled")


def _publish(call: Call, draft_id: str) -> Response:
    call.editorial.publish(
        draft_id,
        call.form.number("version"),
        call.person,
        override=call.form.get("override"),
        note=call.form.get("note"),
    )
    draft = call.editorial.draft(draft_id, call.person)
    return call.go(f"/entries/{draft.entry_id}", "published")


def _discard(call: Call, draft_id: str) -> Response:
    call.editorial.discard(draft_id, call.person)
    return call.go("/drafts", "discarded")


def _rebase(call: Call, draft_id: str) -> Response:
    call.editorial.rebase(draft_id, call.form.number("version"), call.person)
    return call.go(f"/drafts/{draft_id}/review", "rebased")


_ACTIONS: dict[str, Callable[[Call, str], Response]] = {
    "replay": _replay,
    "relabel": _relabel,
    "publish": _publish,
    "discard": _discard,
    "rebase": _rebase,
}
