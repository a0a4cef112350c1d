"""Sending: what is tried again, what is not, and how little a crash leaves in doubt.

    429                   wait as told, then again
    never left, no token  wait, then again, until it works: nobody else gets through either
    5xx                   wait, then again, for some minutes
    time-out, broken off  it may have been delivered: not again
    403                   the resident is gone: what he wanted to be told is dropped
    400                   mended where it can be (message gone, chat moved), else passed over

Between the moment an answer leaves and the moment the inbox knows, a crash cannot tell whether it arrived, and will
send it again: once, never a third time. `Gate` keeps that window for one answer at a time, so that a crash repeats one
answer at most. An
answer that takes longer than ``PATIENCE`` does not hold up the others: at that pace they still leave at the most that
Telegram takes, about 30 a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter  # what RequestData is made of; pinned exactly

from bot.channels.telegram.buttons import Button, Rows
from bot.channels.telegram.careful import ServerFault
from bot.channels.telegram.outgoing import Forget, Menu, Out, Results, Say, Toast
from bot.channels.telegram.replies import Replies
from bot.channels.telegram.transport import never_sent

log = logging.getLogger(__name__)

PATIENCE: Final = 0.03
LONGEST_WAIT: Final = 30.0
_5XX_SECONDS: Final = 600.0
_NO_PREVIEW: Final = '{"is_disabled":true}'
_FORCE_REPLY: Final = '{"force_reply":true,"selective":true}'
_TAGS: Final = re.compile(r"<[^>]*>")
#: How an answer to sendMessage begins. The message that follows is ours, card and buttons: to read it whole was a
#: fifteenth of the work of a conversation (py-spy). Anything else is read whole.
_SENT: Final = re.compile(rb'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\{\s*"message_id"\s*:\s*([0-9]{1,18})\s*[,}]')


class Gone(Exception):
    """The chat cannot be written to (any more)."""


class Doubtful(Exception):
    """It may have been delivered."""


class NotYet(Exception):
    """Nobody gets through at the moment; later it may work."""


class Refused(Exception):
    """The Bot API does not take this message, and would not take it again."""


class Gate:
    """Lets one through at a time; who takes longer than ``patience`` no longer keeps the next one out."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._holder: object | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> object:
        loop = asyncio.get_running_loop()
        while self._holder is not None:
            turn: asyncio.Future[None] = loop.create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()  # the turn that came together with the end goes to the next one
                raise
        ticket = self._holder = object()
        self._timer = loop.call_later(self._patience, self.leave, ticket)
        return ticket

    def leave(self, ticket: object) -> None:
        if self._holder is ticket:
            self._holder = None
            if self._timer is not None:
                self._timer.cancel()
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class _Turn:
    """One passage of the gate, which can be given up while waiting."""

    def __init__(self, gate: Gate, sending: Callable[[bool], None] = lambda now: None) -> None:
        self._gate = gate
        self._sending = sending
        self._sent = False
        self._ticket: object = None

    async def __aenter__(self) -> _Turn:
        self._ticket = await self._gate.enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._gate.leave(self._ticket)

    def leaving(self) -> None:
        self._sending(True)

    def left(self) -> None:
        self._sent = True

    def stayed(self) -> None:
        """A message was refused. What left before it is out all the same."""
        if not self._sent:
            self._sending(False)

    async def sleep(self, seconds: float) -> None:
        self._gate.leave(self._ticket)
        await asyncio.sleep(seconds)
        self._ticket = await self._gate.enter()


class Delivery:
    """``gone``: called, in a thread, with the id of a chat that cannot be written to any more. ``menu``: sets the
    commands that one chat is shown."""

    def __init__(
        self,
        bot: Bot,
        *,
        gone: Callable[[int], object],
        menu: Callable[[Menu], Awaitable[None]] | None = None,
        replies: Replies,
        first_wait: float = 0.5,
    ) -> None:
        self._bot = bot
        self._gone = gone
        self._menu = menu
        self._first_wait = first_wait
        self._gate = Gate()
        self._replies = replies

    async def deliver(
        self,
        outs: Sequence[Out],
        done: Callable[[], Awaitable[None]],
        sending: Callable[[bool], None] = lambda now: None,
    ) -> None:
        """Sends in order, then ``done``. Never raises for what the Bot API says; a lost answer is a line in the log.

        ``sending``: told before a message leaves, and when it is certain that none did.
        """
        async with _Turn(self._gate, sending) as turn:
            for out in outs:
                match out:
                    case Say():
                        await self._say_or_log(out, turn)
                    case Toast() | Results():
                        await self._once(out)
                    case Forget():
                        self._replies.forget(out.chat)
                    case Menu():
                        if self._menu is not None:
                            await self._menu(out)
            await done()

    async def send(self, say: Say) -> int:
        """One message outside of a conversation. Raises Gone, Doubtful, NotYet, Refused or RetryAfter."""
        async with _Turn(self._gate) as turn:
            return await self._say(say, turn, patient=False)

    # ------------------------------------------------------------ private
    async def _say_or_log(self, say: Say, turn: _Turn) -> None:
        try:
            sent = await self._say(say, turn)
        except Gone:
            with contextlib.suppress(Exception):
                await asyncio.to_thread(self._gone, say.chat)
        except Doubtful as error:
            log.warning("an answer may not have arrived (%s); not sent again, it might come twice", error)
        except Refused as error:
            log.error("an answer was refused (%s)", error)
        else:
            self._replies.remember(say, sent)

    async def _say(self, say: Say, turn: _Turn, *, patient: bool = True) -> int:
        wait, waited = self._first_wait, 0.0
        if say.edit_reply:
            say = replace(say, edit=self._replies.of(say), edit_reply=False)
        while True:
            try:
                turn.leaving()
                sent = await self._call(say)
                turn.left()
                return sent
            except ChatMigrated as error:
                say = replace(say, chat=error.new_chat_id, edit=0)
            except RetryAfter as error:
                turn.stayed()
                if not patient:
                    raise
                await turn.sleep(_seconds(error))
            except Forbidden as error:
                raise Gone(type(error).__name__) from None
            except BadRequest as error:
                changed = _mended(say, error.message)
                if changed is None:
                    return say.edit
                say = changed
            except (NetworkError, InvalidToken) as error:
                lasting = never_sent(error) or isinstance(error, InvalidToken)
                if not lasting and not isinstance(error, ServerFault):
                    raise Doubtful(type(error).__name__) from None
                turn.stayed()
                if not patient:
                    raise NotYet(type(error).__name__) from None
                if not lasting and waited >= _5XX_SECONDS:
                    raise Refused(type(error).__name__) from None
                log.warning("not sent (%s), trying again in %.1f s", type(error).__name__, wait)
                await turn.sleep(wait)
                waited += wait
                wait = min(2 * wait, LONGEST_WAIT)
            except (TelegramError, TypeError, LookupError, ValueError) as error:  # an answer that is none
                raise Doubtful(type(error).__name__) from None

    async def _call(self, say: Say) -> int:
        # The library's own method builds objects of what goes out and of the message that comes back: as much work
        # as everything else about sending.
        data: dict[str, str] = {
            "chat_id": str(say.chat),
            "text": say.html,
            "parse_mode": "HTML",
            "link_preview_options": _NO_PREVIEW,
        }
        if say.ask and not say.edit:
            data["reply_markup"] = _FORCE_REPLY
        elif say.rows:
            data["reply_markup"] = keyboard(say.rows)
        if say.edit:
            self._result(await self._post("editMessageText", {**data, "message_id": str(say.edit)}))
            return say.edit
        if say.quote and say.answers:
            data["reply_parameters"] = f'{{"message_id":{say.answers},"allow_sending_without_reply":true}}'
        answer = await self._post("sendMessage", data)
        if found := _SENT.match(answer):
            return int(found[1])
        return int(self._result(answer)["message_id"])

    async def _post(self, method: str, fields: dict[str, str]) -> bytes:
        """The answer as it came; an error in it is raised. The library's ``post`` would read it whole."""
        # Text already: the library would look at each value for what it is made of.
        data = RequestData([RequestParameter(name, value, None) for name, value in fields.items()])
        return await self._bot.request._request_wrapper(f"{self._bot.base_url}/{method}", "POST", data)

    def _result(self, answer: bytes) -> Any:
        return self._bot.request.parse_json_payload(answer)["result"]

    async def _once(self, out: Toast | Results) -> None:
        """Worth nothing a few seconds later, so never tried again."""
        try:
            if isinstance(out, Toast):
                await self._bot.answer_callback_query(out.query, text=out.text[:200] or None, show_alert=out.alert)
            else:
                await self._bot.answer_inline_query(
                    out.query,
                    out.results,
                    cache_time=out.seconds,
                    is_personal=out.personal,
                    next_offset=str(out.next_page or ""),
                )
        except TelegramError as error:
            log.info("a %s was not taken (%s)", type(out).__name__.lower(), type(error).__name__)


def keyboard(rows: Rows) -> str:
    lines = ["[" + ",".join([_button(button) for button in row]) + "]" for row in rows]
    return '{"inline_keyboard":[' + ",".join(lines) + "]}"


def _button(button: Button) -> str:
    if button.data:
        kind, value = "callback_data", button.data
    elif button.url:
        kind, value = "url", button.url
    else:
        kind, value = "switch_inline_query", button.inline or ""
    return f'{{"text":{_quoted(button.text)},"{kind}":{json.dumps(value, ensure_ascii=False)}}}'


@lru_cache(maxsize=4096)  # the same few hundred labels all day
def _quoted(label: str) -> str:
    return json.dumps(label, ensure_ascii=False)


def _mended(say: Say, message: str) -> Say | None:
    """What to send instead; None when there is nothing left to do."""
    said = message.lower()
    if "not modified" in said:
        return None
    if say.edit:
        return replace(say, edit=0)  # deleted, or too old to be edited
    plain = html.escape(html.unescape(_TAGS.sub("", say.html)), quote=False)
    if "parse entities" in said and plain != say.html:
        log.error("our HTML was refused, sent as plain text")
        return replace(say, html=plain)
    if "button" in said and say.rows:
        log.error("our buttons were refused, sent without")
        return replace(say, rows=())
    if any(words in said for words in ("chat not found", "user not found", "deactivated", "peer_id_invalid")):
        raise Gone("chat not found")
    # Its text may quote the message.
    raise Refused("400 Bad Request")


def _seconds(error: RetryAfter) -> float:
    wait: Any = error.retry_after
    return float(wait.total_seconds() if hasattr(wait, "total_seconds") else wait) + 0.1
