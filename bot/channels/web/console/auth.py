"""The way of every request through the console: origin, session, role, handler, page. Whatever is in doubt is refused.

A handler is a plain function ``(Call) -> Response`` that runs on a thread, because services and store are synchronous.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.channels.web.console.fields import Form, read_form
from bot.channels.web.console.forms import name_of
from bot.channels.web.console.pages import LANGUAGES, PageLang, Pages
from bot.channels.web.console.shelf import Shelf
from bot.conversation import Conversation
from bot.core.texts import one_language
from bot.editorial import Editorial
from bot.errors import AlreadyDone, Blocked, BotError, NotAllowed, NotFound, StaleEdit, StoreError, UsageError
from bot.settings import Settings
from bot.staff import SESSION_SECONDS, Staff, require
from bot.store.base import Clock, Role, StaffRow, Store

log = logging.getLogger(__name__)

COOKIE = "console"
LANGUAGE_COOKIE = "console_lang"


class ConsoleServices(Protocol):
    """What the console takes from the service; `bot.app.App` has it. ``editorial`` is made here where it is missing."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def conversation(self) -> Conversation: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True)
class Call:
    """One request as a handler sees it. ``person`` is signed in and has the role of the route."""

    console: Console
    request: Request
    person: StaffRow
    lang: PageLang
    query: Form
    form: Form

    @property
    def editorial(self) -> Editorial:
        return self.console.editorial

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    @property
    def wants_json(self) -> bool:
        return wants_json(self.request)

    def say(self, zh: str, en: str) -> str:
        return en if self.lang == "en" else zh

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        return self.console.pages.response(self.request, template, self.lang, status, person=self.person, **values)

    def go(self, path: str, said: str = "") -> Response:
        """After a POST: show a page; ``said`` names the sentence to show there."""
        mark = f"{'&' if '?' in path else '?'}said={said}" if said else ""
        return RedirectResponse(f"/console{path}{mark}", 303)


Handler = Callable[[Call], Response]


class Console:
    """What the handlers share."""

    def __init__(self, services: ConsoleServices, settings: Settings) -> None:
        self.settings = settings
        self.services = services
        self.store, self.staff = services.store, services.staff
        self.conversation = services.conversation
        made: Editorial | None = getattr(services, "editorial", None)
        self.editorial = made or Editorial(
            services.store,
            clock=services.clock,
            timezone=services.conversation.timezone,
            index=services.conversation.settled_index,
            region=services.conversation.region,
            replay_days=settings.replay_days,
        )
        self.pages = Pages(self.editorial.zone, services.clock, name_of)
        self.secure = settings.public_url.startswith("https://")
        self.shelf = Shelf()

    def endpoint(
        self, handler: Handler, role: Role, *, upload: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        """``upload``: the form may bring a file."""

        async def run(request: Request) -> Response:
            lang = language_of(request)
            if request.method == "POST" and not same_origin(request, self.settings.public_url):
                return self._forged(request, lang)
            form = await read_form(request, upload=upload) if request.method == "POST" else Form({})
            if form is None:
                return self._error(request, lang, 413, *_TOO_LARGE)
            return await run_in_threadpool(self._answer, handler, role, request, lang, form)

        return run

    def _answer(self, handler: Handler, role: Role, request: Request, lang: PageLang, form: Form) -> Response:
        person: StaffRow | None = None
        try:
            person = self.staff.session(request.cookies.get(COOKIE, ""))
            if person is None:
                if wants_json(request) or request.method == "POST":
                    return self._error(request, lang, 401, "请重新登录", "Sign in again", *_SIGN_IN)
                return RedirectResponse("/console/login", 303)
            require(person, role)
            query = Form(parse_qs(request.url.query, keep_blank_values=True, max_num_fields=50))
            return handler(Call(self, request, person, lang, query, form))
        except (BotError, ValueError) as error:
            if isinstance(error, ValueError):
                log.warning("console: %s on a %s", type(error).__name__, request.method)
            return self.refusal(request, lang, error, person)

    def refusal(self, request: Request, lang: PageLang, error: Exception, person: StaffRow | None) -> Response:
        """The page of an error: what happened, what to do."""
        said = one_language(str(error), lang)
        match error:
            case AlreadyDone(claimed=True):
                when = self.pages.when(error.at)
                zh = f"{error.who}在 {when} 认领了这一组，正在处理。认领 30 分钟后还没处理完，别人就能接手。"
                en = f"{error.who} claimed this group at {when} and is at it. After 30 minutes others may take it over."
                return self._error(request, lang, 409, "有人先了一步", "Someone was first", zh, en, person)
            case AlreadyDone():
                when = self.pages.when(error.at) if error.at else ""
                zh = f"{error.who or '别人'}{f'在 {when} ' if when else ' '}已经先做了这一步。刷新页面看看现在的样子。"
                en = f"{error.who or 'Somebody'} was first{f', at {when}' if when else ''}. Reload the page to see it."
                return self._error(request, lang, 409, "有人先了一步", "Someone was first", zh, en, person)
            case StaleEdit(current=0):
                zh = "条目已经不在了。草稿还在：打开它，接上去以后作为新条目发布。"
                en = "The entry is gone. The draft is kept: open it; once it goes on, it is published as a new entry."
                return self._error(request, lang, 409, "条目已经不在了", "The entry is gone", zh, en, person)
            case StaleEdit():
                zh = f"这份草稿从第 {error.yours} 版开始，条目现在是第 {error.current} 版。草稿还在：打开它，对比后接着改。"
                en = f"This draft began at revision {error.yours}; the entry is at {error.current} now. " \
                     "The draft is kept: open it, compare, and go on from there."  # fmt: skip
                return self._error(request, lang, 409, "条目已经变了", "The entry moved on", zh, en, person)
            case NotAllowed():
                return self._error(request, lang, 403, "没有权限", "Not allowed", said, said, person)
            case NotFound():
                return self._error(request, lang, 404, "没有找到", "Not found", said, said, person)
            case Blocked():
                lines = "\n".join(one_language(reason, lang) for reason in error.reasons)
                return self._error(request, lang, 422, "还不能发布", "Not yet", lines, lines, person)
            case StoreError():
                zh, en = (
                    "数据库暂时忙，没有保存。过一会儿再试。",
                    "The database is busy; nothing was saved. Try again soon.",
                )
                return self._error(request, lang, 503, "请稍后再试", "Try again", zh, en, person)
            case UsageError() | BotError():
                return self._error(request, lang, 422, "没有做成", "Not done", said, said, person)
            case _:
                zh, en = "有一项填得不对，没有保存。", "A field could not be read; nothing was saved."
                return self._error(request, lang, 400, "没有做成", "Not done", zh, en, person)

    def _forged(self, request: Request, lang: PageLang) -> Response:
        log.warning("console: a request from another origin was refused")
        zh = "这个请求来自别的网站，没有执行。请在本站的页面里操作。"
        return self._error(request, lang, 403, "请求被拒绝", "Refused", zh, "This request came from another site.")

    def _error(
        self,
        request: Request,
        lang: PageLang,
        status: int,
        title_zh: str,
        title_en: str,
        zh: str = "",
        en: str = "",
        person: StaffRow | None = None,
    ) -> Response:
        title, text = (title_en, en) if lang == "en" else (title_zh, zh)
        if wants_json(request):
            return JSONResponse({"error": title, "text": text}, status)
        back = _came_from(request)
        return self.pages.response(
            request, "error.html", lang, status, person=person, title=title, text=text, back=back
        )

    # ------------------------------------------------------------ signing in and out
    async def login_page(self, request: Request) -> Response:
        """Shows whose link it is and one button; a link preview consumes nothing."""
        lang = language_of(request)
        token = _token(request)
        name = await run_in_threadpool(self.staff.peek, token) if token else None
        status = 410 if token and name is None else 200
        return self.pages.response(request, "login.html", lang, status, person=None, token=token, name=name)

    async def login(self, request: Request) -> Response:
        lang = language_of(request)
        if not same_origin(request, self.settings.public_url):
            return self._forged(request, lang)
        form = await read_form(request)
        token = (form.get("token") if form else "") or _token(request)
        found = await run_in_threadpool(self.staff.sign_in, token) if token else None
        if found is None:
            return self.pages.response(request, "login.html", lang, 410, person=None, token=token or "-", name=None)
        response = RedirectResponse("/console/", 303)
        self._set(response, COOKIE, found.token, SESSION_SECONDS)
        return response

    async def logout(self, request: Request) -> Response:
        if not same_origin(request, self.settings.public_url):
            return self._forged(request, language_of(request))
        await run_in_threadpool(self.staff.sign_out, request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/console/login", 303)
        response.delete_cookie(COOKIE, path="/console", httponly=True, samesite="lax", secure=self.secure)
        return response

    async def language(self, request: Request) -> Response:
        if not same_origin(request, self.settings.public_url):
            return self._forged(request, language_of(request))
        form = await read_form(request) or Form({})
        back = form.get("back")
        # Only a page of ours: "//elsewhere" and "/console\\@elsewhere" are addresses of others to some browsers.
        safe = back.startswith("/console/") and not set(back) & set("\\\r\n")
        response = RedirectResponse(back if safe else "/console/", 303)
        chosen = form.get("lang")
        self._set(response, LANGUAGE_COOKIE, chosen if chosen in LANGUAGES else "zh", 365 * 86_400)
        return response

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/console", httponly=True, samesite="lax", secure=self.secure
        )


_TOO_LARGE = (
    "内容太长", "Too long", "一次最多提交 512 kB，没有保存。请分开写。",
    "One form takes 512 kB at most; nothing was saved. Write less at once.",
)  # fmt: skip
_SIGN_IN = (
    "登录已结束，没有保存。登录后再试；草稿里没存上的字还留在这个浏览器里。",
    "Your session ended and nothing was saved. Sign in and try again; what you typed is kept in this browser.",
)


def _came_from(request: Request) -> str:
    """The page of ours whose button led here, without what it said; else the first page."""
    path = urlsplit(request.headers.get("referer", "")).path if same_origin(request) else ""
    safe = path.startswith("/console/") and not set(path) & set("\\\r\n") and path != request.url.path
    return path if safe and request.method == "POST" else "/console/"


def _token(request: Request) -> str:
    return str(request.path_params.get("token") or request.query_params.get("token", ""))[:200]


def wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def language_of(request: Request) -> PageLang:
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "zh"


def same_origin(request: Request, public_url: str = "") -> bool:
    """Whether a browser made this request from a page of ours.

    Browsers send Sec-Fetch-Site (over https and on localhost) and, with every POST, Origin. A request with neither
    comes from no browser, so it carries no cookie that somebody else's page could have borrowed.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    own = {request.headers.get("host", ""), urlsplit(public_url).netloc} - {""}
    return urlsplit(origin).scheme in ("http", "https") and urlsplit(origin).netloc in own
