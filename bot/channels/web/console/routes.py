"""Every address of the console in one table, with the role that may open it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.channels.web.console import drafts, entries, figures, files, people, queue, topics, tryit
from bot.channels.web.console.auth import Console, ConsoleServices, Handler
from bot.channels.web.console.explore import PREFIX, Explorer
from bot.settings import Settings
from bot.store.base import Role

STATIC = Path(__file__).with_name("static")

#: (method, path below /console, handler, role)
TABLE: tuple[tuple[str, str, Handler, Role], ...] = (
    ("GET", "/", queue.home, "editor"),
    ("GET", "/queue", queue.show, "editor"),
    ("POST", "/queue/merge", queue.merge, "editor"),
    ("GET", "/groups/{group}", queue.group, "editor"),
    ("POST", "/groups/{group}/{action}", queue.act, "editor"),
    ("GET", "/entries", entries.show, "editor"),
    ("POST", "/entries/new", entries.new, "editor"),
    ("GET", "/entries/{entry}", entries.entry, "editor"),
    ("GET", "/entries/{entry}/history", entries.history, "editor"),
    ("POST", "/entries/{entry}/edit", entries.edit, "editor"),
    ("POST", "/entries/{entry}/roll-back", entries.roll_back, "editor"),
    ("POST", "/entries/{entry}/state", entries.set_state, "admin"),
    ("GET", "/drafts", drafts.show, "editor"),
    ("GET", "/drafts/{draft}", drafts.form, "editor"),
    ("POST", "/drafts/{draft}", drafts.save, "editor"),
    ("POST", "/drafts/{draft}/preview", drafts.preview, "editor"),
    ("GET", "/drafts/{draft}/review", drafts.review, "editor"),
    ("GET", "/drafts/{draft}/progress", drafts.progress, "editor"),
    ("POST", "/drafts/{draft}/{action}", drafts.act, "editor"),
    ("GET", "/try", tryit.show, "editor"),
    ("POST", "/try", tryit.ask, "editor"),
    ("GET", "/overview", figures.show, "editor"),
    ("GET", "/overview.csv", figures.as_csv, "editor"),
    ("GET", "/overview.json", figures.as_json, "editor"),
    ("GET", "/files", files.show, "editor"),
    ("GET", "/files.zip", files.download, "editor"),
    ("POST", "/files/import", files.bring_in, "admin"),
    ("POST", "/files/upload", files.upload, "admin"),
    ("POST", "/files/take", files.take, "admin"),
    ("GET", "/topics", topics.show, "admin"),
    ("POST", "/topics", topics.add, "admin"),
    ("POST", "/topics/{topic}/remove", topics.remove, "admin"),
    ("GET", "/audit", people.audit, "admin"),
    ("GET", "/staff", people.staff, "admin"),
    ("POST", "/staff/add", people.add, "admin"),
    ("POST", "/staff/{name}/{action}", people.act, "admin"),
)


class _Static(StaticFiles):
    """Asked for anew at each use (there is an ETag), so that an update reaches every browser at once."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def console_routes(services: ConsoleServices, settings: Settings | None = None) -> list[BaseRoute]:
    """Mounted by the web application; everything below /console."""
    console = Console(services, settings or services.settings)
    routes: list[BaseRoute] = [
        Mount("/console/static", _Static(directory=STATIC), name="console-static"),
        Mount(PREFIX, Explorer(console), name="explore"),
        Route("/console", lambda _: RedirectResponse("/console/", 307)),
        Route("/console/login", console.login_page, methods=["GET"]),
        Route("/console/login", console.login, methods=["POST"]),
        Route("/console/sign-in/{token}", console.login_page, methods=["GET"]),
        Route("/console/sign-in/{token}", console.login, methods=["POST"]),
        Route("/console/sign-out", console.logout, methods=["POST"]),
        Route("/console/language", console.language, methods=["POST"]),
    ]
    routes += [
        Route(f"/console{path}", console.endpoint(handler, role, upload=handler is files.upload), methods=[method])
        for method, path, handler, role in TABLE
    ]
    pages = {path for method, path, _, _ in TABLE if method == "GET"}
    forms = [path for method, path, _, _ in TABLE if method == "POST" and path not in pages]
    routes += [Route(f"/console{path}", _up(path, pages), methods=["GET"]) for path in forms]
    return routes


def _up(path: str, pages: set[str]) -> Callable[[Request], Awaitable[Response]]:
    """The page above an address that only takes a form: who reloads what a form brought, or changes its language, or
    signs in again there, is not told that it cannot be opened."""
    above = max((page for page in pages if path.startswith(f"{page}/")), key=len, default="/")

    async def run(request: Request) -> Response:
        names = {name: quote(str(value), safe="") for name, value in request.path_params.items()}
        return RedirectResponse(f"/console{above.format(**names)}", 303)

    return run
