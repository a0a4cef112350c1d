"""The overview and its exports."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from bot.channels.web.console import explore
from bot.channels.web.console.auth import Call
from bot.overview import PERIODS, Overview, overview
from bot.overview import as_csv as csv_of


def _found(call: Call) -> tuple[int, Overview]:
    days = call.query.number("days", 30)
    days = days if days in PERIODS else 30
    editorial = call.editorial
    return days, overview(
        call.console.store, editorial.published().rows.values(), days=days, today=editorial.today(), zone=editorial.zone
    )


def show(call: Call) -> Response:
    days, found = _found(call)
    return call.page(
        "overview.html",
        days=days,
        periods=PERIODS,
        found=found,
        peak=max(
            ((day, counts.get("n", 0)) for day, counts in found.by_day.items()), key=lambda d: d[1], default=("", 0)
        ),
        topics=call.editorial.published().faq.topics,
        explore=explore.available(call.console.settings),
    )


def as_csv(call: Call) -> Response:
    _, found = _found(call)
    return Response(csv_of(found), media_type="text/csv; charset=utf-8", headers=_attached("overview.csv"))


def as_json(call: Call) -> Response:
    _, found = _found(call)
    return JSONResponse(found.as_json(), headers=_attached("overview.json"))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
