"""The web application: one table of routes, one of errors, the layers around them.

create_web(app)   `bot.app` hands itself over; a test, any object that has what `WebServices` names
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.channels.web import problems
from bot.channels.web.api import Api
from bot.channels.web.chat import Chat
from bot.channels.web.middleware import BodyLimit, NoTracebacks, SecurityHeaders
from bot.channels.web.services import WebServices
from bot.errors import BotError
from bot.settings import Settings

log = logging.getLogger(__name__)

STATIC = Path(__file__).with_name("static")
CONSOLE_MODULE = "bot.channels.web.console"
TELEGRAM_HEADER = "x-telegram-bot-api-secret-token"


def create_web(
    services: WebServices,
    settings: Settings | None = None,
    *,
    embed_origins: Sequence[str] = (),
    console: bool = True,
) -> Starlette:
    """``embed_origins``: sites whose pages may show /embed in a frame; none: only our own. ``console``: False leaves
    the staff's pages out. There is no lifespan: `bot.app` starts and stops the services, and builds the index."""
    settings = settings or services.settings
    return Starlette(
        routes=[
            *Chat(services, settings).routes(),
            *Api(services, settings).routes(),
            Route("/telegram/webhook", _Webhook(services).receive, methods=["POST"]),
            *(_console(services, settings) if console else ()),
            Mount("/static", _Static(directory=STATIC), name="static"),
        ],
        middleware=[
            # Outermost first: whatever answers, the headers are on it.
            Middleware(
                SecurityHeaders, embed_origins=tuple(embed_origins), https=settings.public_url.startswith("https://")
            ),
            Middleware(NoTracebacks),
            Middleware(BodyLimit),
        ],
        exception_handlers={
            problems.Problem: _problem,
            HTTPException: _http_error,
            BotError: _bot_error,
        },
    )


class _Static(StaticFiles):
    """Revalidated at each use (there is an ETag), so that an update reaches every browser at once."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


class _Webhook:
    """Hands an update to the Telegram channel, which checks the secret and stores it before the 200."""

    def __init__(self, services: WebServices) -> None:
        self._services = services

    async def receive(self, request: Request) -> Response:
        telegram = self._services.telegram
        if telegram is None:
            raise HTTPException(404)
        status = await telegram.process_webhook(await request.body(), request.headers.get(TELEGRAM_HEADER))
        return Response(status_code=status)


def _console(services: WebServices, settings: Settings) -> list[BaseRoute]:
    """The console's routes. It is loaded here and not above so that its fault does not take the residents' chat down."""
    try:
        found = importlib.util.find_spec(CONSOLE_MODULE)
        return list(importlib.import_module(CONSOLE_MODULE).console_routes(services, settings)) if found else []
    except Exception:
        log.exception("the console cannot be started; the chat goes on without it")
        return []


# ---------------------------------------------------------------- errors
async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, problems.Problem)
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    """What the router refuses: a problem on the API, a line for people elsewhere."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/api/"):
        details = {
            404: ("not_found", "There is nothing at this address; see /api/openapi.json."),
            405: ("method_not_allowed", "This address does not take this method; see the Allow header."),
        }
        code, detail = details.get(error.status_code, ("refused", "The request was refused."))
        return problems.Problem(error.status_code, code, detail, headers=error.headers).response()
    lines = {404: "没有这个页面 / There is no such page", 405: "不能这样打开 / Not to be opened like this"}
    return PlainTextResponse(
        lines.get(error.status_code, "没有成功 / Refused") + "\n", error.status_code, headers=error.headers
    )


async def _bot_error(request: Request, error: Exception) -> Response:
    log.warning("request not served: %s", type(error).__name__)
    return problems.unavailable().response()
