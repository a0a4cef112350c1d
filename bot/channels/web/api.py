"""The public API, version 1: what the chat page uses and other programs may. Its description: `openapi.py`.

Handlers parse, call, render; the store and the core run on threads. An answer's id is what lets a client rate it or
choose from it: ids are not guessable, and only answers given on the web are found.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.web import problems
from bot.channels.web.bodies import (
    card_json,
    identifier,
    is_identifier,
    json_object,
    json_response,
    language,
    message_id,
    question,
    reply_json,
    truth,
    words,
    wrong,
)
from bot.channels.web.limits import Clients, Limiter
from bot.channels.web.news import news
from bot.channels.web.openapi import DOCUMENT
from bot.channels.web.services import CHANNEL, WebServices
from bot.channels.web.sessions import Session, Sessions
from bot.conversation import NONE, Question
from bot.core.redact import REACH
from bot.core.reply import MAX_TEXT, Lang
from bot.errors import BotError
from bot.ids import new_id
from bot.settings import Settings
from bot.starting import Starting
from bot.store.base import TurnRow

PAGE = 100
MAX_PAGE = 200
MAX_NEWS = 20
#: One question leads to some clicks: what only reads or rates may come this many times as often.
CLICKS = 4


class Api:
    def __init__(self, services: WebServices, settings: Settings) -> None:
        self._services = services
        self._sessions = Sessions(services.pseudonyms)
        self._clients = Clients(settings.trusted_proxies)
        self._questions = Limiter(settings.rate_limit)
        self._clicks = Limiter(settings.rate_limit * CLICKS)
        self._starting = Starting(services.conversation)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/v1/ask", self.ask, methods=["POST"]),
            Route("/api/v1/choose", self.choose, methods=["POST"]),
            Route("/api/v1/feedback", self.feedback, methods=["POST"]),
            Route("/api/v1/tell-me", self.tell_me, methods=["POST"]),
            Route("/api/v1/news", self.news, methods=["POST"]),
            Route("/api/v1/forget", self.forget, methods=["POST"]),
            Route("/api/v1/urgent", self.urgent, methods=["GET"]),
            Route("/api/v1/topics", self.topics, methods=["GET"]),
            Route("/api/v1/entries", self.entries, methods=["GET"]),
            Route("/api/v1/entries/{id}", self.entry, methods=["GET"]),
            Route("/api/openapi.json", self.openapi, methods=["GET"]),
            Route("/healthz", self.alive, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
        ]

    # ------------------------------------------------------------ asking
    async def ask(self, request: Request) -> Response:
        body = await json_object(request)
        text, lang, message = question(body), language(body.get("lang")), message_id(body)
        session = self._session(body) or self._sessions.new()
        # After the checks: only what would be answered counts as a question.
        self._limit(request, self._questions)
        asked = Question(
            # More than is read, so that the core sees that there was more, and what the cut would halve.
            text[: MAX_TEXT + REACH], CHANNEL, session.asker, session.asker, self._message(message),
            self._services.clock(), lang=lang,
        )  # fmt: skip
        await self._starting.wait()
        reply = await run_in_threadpool(self._services.conversation.ask, asked)
        return json_response(reply_json(reply, session=session.token))

    async def choose(self, request: Request) -> Response:
        """{"answer", "entry": id} or "none" of them ({"entry": "none"} or {"none": true})."""
        body = await json_object(request)
        answer = identifier(body, "answer")
        entry = NONE if "none" in body and truth(body, "none") else identifier(body, "entry")
        session = self._session(body)
        self._limit(request, self._clicks)
        turn = await self._turn(answer)
        if entry != NONE and entry not in turn.entry_ids:
            raise problems.Problem(404, "unknown_entry", "That was not one of the choices.", pointer="/entry")
        reply = await run_in_threadpool(self._services.conversation.choose, turn.id, entry, turn.asker)
        if reply is None:
            raise problems.Problem(404, "unknown_entry", "That entry is not published any more.", pointer="/entry")
        return json_response(reply_json(reply, session=session.token if session else ""))

    # ------------------------------------------------------------ after the answer
    async def feedback(self, request: Request) -> Response:
        body = await json_object(request)
        answer, helpful = identifier(body, "answer"), truth(body, "helpful")
        missing = words(body, "missing", required=False)
        self._limit(request, self._clicks)
        turn = await self._turn(answer)
        done = await run_in_threadpool(self._services.conversation.feedback, turn.id, turn.asker, helpful, missing)
        if not done:
            raise problems.unavailable()
        return Response(status_code=204)

    async def tell_me(self, request: Request) -> Response:
        """The wish to hear of the answer; `news` hands it over when the session comes back."""
        body = await json_object(request)
        answer = identifier(body, "answer")
        self._limit(request, self._clicks)
        turn = await self._turn(answer)
        stands = await run_in_threadpool(
            self._services.conversation.tell_me, turn.id, CHANNEL, turn.chat, turn.asker, _lang(turn)
        )
        if not stands:
            raise problems.Problem(409, "nothing_to_wait_for", "No answer is being waited for here.", pointer="/answer")
        return Response(status_code=204)

    async def news(self, request: Request) -> Response:
        """Of the answers a session waits for: which are there now, which are still waited for."""
        body = await json_object(request)
        token, listed = words(body, "session"), body.get("answers")
        if not isinstance(listed, list) or not all(isinstance(a, str) for a in listed) or len(listed) > MAX_NEWS:
            raise wrong("answers", f"a list of at most {MAX_NEWS} ids")
        self._limit(request, self._clicks)
        session = self._sessions.find(token)
        if session is None:
            return json_response({"ready": [], "waiting": []})
        ids = [answer for answer in dict.fromkeys(listed) if is_identifier(answer)]
        return json_response(await run_in_threadpool(news, self._services, session, ids))

    async def forget(self, request: Request) -> Response:
        body = await json_object(request)
        token = words(body, "session")
        self._limit(request, self._clicks)
        session = self._sessions.find(token)
        if session is None:
            return json_response({"deleted": 0})
        gone = await run_in_threadpool(self._services.conversation.forget, session.identities)
        return json_response({"deleted": sum(gone.values())})

    # ------------------------------------------------------------ browsing
    async def urgent(self, request: Request) -> Response:
        lang = language(request.query_params.get("lang")) or "zh-Hans"
        self._limit(request, self._clicks)
        reply = await run_in_threadpool(self._services.conversation.urgent_card, lang)
        return json_response(reply_json(reply, session=""))

    async def topics(self, request: Request) -> Response:
        lang = language(request.query_params.get("lang")) or "zh-Hans"
        self._limit(request, self._clicks)
        groups = await run_in_threadpool(self._services.conversation.topics, lang)
        return json_response(
            {
                "groups": [
                    {"id": group, "title": title, "entries": [{"id": e, "title": name} for e, name in lines]}
                    for group, title, lines in groups
                ]
            }
        )

    async def entries(self, request: Request) -> Response:
        """By id; ``next`` is the address of the next page, or null."""
        lang = language(request.query_params.get("lang")) or "zh-Hans"
        after, size = request.query_params.get("after", ""), request.query_params.get("limit", str(PAGE))
        if not (size.isascii() and size.isdigit() and 1 <= int(size[:6]) <= MAX_PAGE):
            raise wrong("limit", f"a whole number from 1 to {MAX_PAGE}")
        self._limit(request, self._clicks)
        lines = sorted(await run_in_threadpool(self._services.conversation.entries, lang), key=lambda line: line.id)
        rest = [line for line in lines if line.id > after]
        page = rest[: int(size)]
        more = len(rest) > len(page)
        return json_response(
            {
                "entries": [{"id": e.id, "topic": e.topic, "group": e.group, "title": e.title} for e in page],
                "next": f"/api/v1/entries?after={page[-1].id}&limit={size}&lang={lang}" if more else None,
            }
        )

    async def entry(self, request: Request) -> Response:
        lang, entry_id = language(request.query_params.get("lang")) or "zh-Hans", request.path_params["id"]
        self._limit(request, self._clicks)
        talk = self._services.conversation
        reply = await run_in_threadpool(talk.open_entry, entry_id, lang=lang) if is_identifier(entry_id) else None
        if reply is None:
            raise problems.Problem(404, "unknown_entry", "There is no such entry (any more).")
        topic = talk.shown.faq.topics.get(reply.cards[0].topic)
        return json_response(
            {**card_json(reply.cards[0]), "group": topic.group if topic else "", "lang": lang, "text": reply.text}
        )

    # ------------------------------------------------------------ about the service
    async def openapi(self, request: Request) -> Response:
        return json_response(DOCUMENT)

    async def alive(self, request: Request) -> Response:
        return json_response({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        """Store and FAQ; an index that is still being built is waited for by the caller, not here."""
        try:
            generation = await run_in_threadpool(self._services.store.faq.generation)
        except BotError:
            return json_response({"status": "not ready", "store": "down", "faq": "unknown"}, status=503)
        served = self._services.conversation.generation
        try:
            entries = len(self._services.conversation.index.faq.entries) if served >= 0 else 0
        except BotError:
            entries = 0
        if not entries:
            return json_response({"status": "not ready", "store": "ok", "faq": "none"}, status=503)
        return json_response(
            {"status": "ready", "store": "ok", "faq": "ok", "entries": entries, "generation": served,
             "published": generation}
        )  # fmt: skip

    # ------------------------------------------------------------ shared
    def _message(self, given: str) -> str:
        """A client may call his messages what he likes, by his telephone number too: kept is a pseudonym."""
        return self._services.pseudonyms.of("web-message", given) if given else new_id()

    def _session(self, body: dict[str, Any]) -> Session | None:
        return self._sessions.find(words(body, "session", required=False))

    def _limit(self, request: Request, limiter: Limiter) -> None:
        wait = limiter.take(self._clients.address(request))
        if wait:
            raise problems.too_many(wait)

    async def _turn(self, answer: str) -> TurnRow:
        turn = await run_in_threadpool(self._services.store.turns.turn, answer) if answer else None
        if turn is None or turn.channel != CHANNEL:
            raise problems.unknown_answer()
        return turn


def _lang(turn: TurnRow) -> Lang:
    return language(turn.lang) or "zh-Hans"
