"""GET / and /embed: the residents' chat page. Answers come through the API; the page only lays out and remembers."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web.middleware import EMBED_PATH
from bot.channels.web.services import WebServices
from bot.channels.web.words import page_words
from bot.core.answer import region_of
from bot.core.card import hotline_numbers
from bot.core.reply import LANGS, Lang
from bot.errors import BotError
from bot.settings import Settings

TEMPLATES = Path(__file__).with_name("templates")


class Chat:
    def __init__(self, services: WebServices, settings: Settings) -> None:
        self._services = services
        self._settings = settings
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.page, methods=["GET"]),
            Route(EMBED_PATH, self.page, methods=["GET"]),
            # Browsers ask for it whatever the page says.
            Route("/favicon.ico", self.icon, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        asked = request.query_params.get("lang", "")
        chosen = next((lang for lang in LANGS if lang == asked), None)
        html = await run_in_threadpool(self._html, chosen, request.url.path == EMBED_PATH)
        return HTMLResponse(html)

    async def icon(self, request: Request) -> Response:
        return RedirectResponse("/static/icon.svg")

    def _html(self, chosen: Lang | None, embedded: bool) -> str:
        words = {lang: self._words(lang) for lang in LANGS}
        lang: Lang = chosen or "zh-Hans"
        return self._templates.get_template("chat.html").render(
            lang=lang,
            langs=[(code, words[code]["lang.name"]) for code in LANGS],
            w=words[lang],
            words=json.dumps(words, ensure_ascii=False),
            chosen=chosen or "",
            embedded=embedded,
        )

    def _words(self, lang: Lang) -> dict[str, str]:
        settings = self._settings
        talk = self._services.conversation
        numbers: dict[str, str] = {}
        with contextlib.suppress(BotError):  # with nothing published the page says "the official number"
            numbers = hotline_numbers(region_of(talk.shown, settings.region), lang)
        return page_words(
            lang,
            numbers=numbers,
            operator=settings.operator,
            replay_days=settings.replay_days,
            retention_days=settings.retention_days,
        )
