"""For admins: who is staff, and who did what."""

from __future__ import annotations

from starlette.responses import Response

from bot.channels.web.console.auth import Call
from bot.errors import AlreadyDone, NotFound, UsageError

PAGE = 100


def audit(call: Call) -> Response:
    before = call.query.number("before") or None
    rows = call.console.staff.audit_log(limit=PAGE, before_id=before)
    targets = {row.target for row in rows}
    found = [call.console.store.queue.group(target) for target in targets]
    return call.page(
        "audit.html",
        rows=rows,
        more=rows[-1].id if len(rows) == PAGE else 0,
        entries=targets & set(call.editorial.published().rows),
        groups={group.id: group.title for group in found if group},
    )


def staff(call: Call) -> Response:
    return _page(call)


def _page(call: Call, link: str = "", name: str = "") -> Response:
    return call.page("staff.html", people=call.console.staff.people(), link=link, link_for=name)


def add(call: Call) -> Response:
    telegram = call.form.get("telegram_id").strip()
    if telegram and not telegram.isdecimal():
        raise UsageError("Telegram 编号只有数字，发 /whoami 可查 / a Telegram id has only digits; /whoami shows it")
    try:
        call.console.staff.add(
            call.form.get("name"),
            call.form.get("role"),
            telegram_id=int(telegram) if telegram else None,
            by=call.person.name,
        )
    except AlreadyDone as error:
        raise UsageError(
            f"已经有{error.who}了（名字或 Telegram 编号相同） / {error.who} is there already, by name or Telegram id"
        ) from error
    return call.go("/staff", "added")


def act(call: Call) -> Response:
    service, name = call.console.staff, call.path("name")
    match call.path("action"):
        case "link":
            return _page(call, service.link(name, by=call.person.name), name)
        case "remove":
            service.remove(name, by=call.person.name)
            return call.go("/staff", "removed")
        case "sign-out":
            service.sign_out_everywhere(name, by=call.person.name)
            return call.go("/staff", "ended")
        case _:
            raise NotFound("no such action")
