"""The Telegram channel: updates in by polling or webhook, stored before they are confirmed, answered by the table.

start    comes up in the background: a token that is refused or an API out of reach is said, tried again, and takes
         nothing else down
stop     takes no more updates, finishes what was accepted, closes the connections
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from telegram import Bot
from telegram.error import Conflict, TelegramError

from bot.channels.telegram import menus, table
from bot.channels.telegram.careful import CarefulRequest
from bot.channels.telegram.delivery import Delivery
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.faults import explain, waiting_time
from bot.channels.telegram.flood import Flood
from bot.channels.telegram.handlers.staff import Editorial, Later
from bot.channels.telegram.incoming import CHANNEL, UPDATE_KINDS, Incoming, Me, read, restored
from bot.channels.telegram.outgoing import Menu, Out, Toast
from bot.channels.telegram.replies import Replies
from bot.channels.telegram.transport import build_request
from bot.channels.telegram.unasked import Unasked
from bot.channels.telegram.works import Works
from bot.conversation import Conversation
from bot.ids import Pseudonyms
from bot.inbox import Inbox, Ticket, Update
from bot.outreach import Outreach
from bot.settings import Settings
from bot.staff import Staff
from bot.starting import Starting
from bot.store.base import Clock

log = logging.getLogger(__name__)

WEBHOOK_PATH = "/telegram/webhook"
POLL_SECONDS = 25
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
#: How long a webhook call may wait for room before Telegram is asked to come again.
ROOM_SECONDS = 5.0
STOP_SECONDS = 20.0
POOL = 16
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


class TelegramChannel:
    """``inbox`` and ``outreach`` belong to this channel alone. ``figures``: for /stats."""

    def __init__(
        self,
        settings: Settings,
        conversation: Conversation,
        inbox: Inbox,
        staff: Staff,
        editorial: Editorial | None,
        pseudonyms: Pseudonyms,
        *,
        outreach: Outreach,
        clock: Clock,
        figures: Callable[[], Mapping[str, int]] | None = None,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        # It prints what it cannot parse and, at DEBUG, every update. What matters is said here, in our own words.
        logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
        self._settings = settings
        self._conversation = conversation
        self._inbox = inbox
        self._staff = staff
        self._pseudonyms = pseudonyms
        self._outreach = outreach
        self._clock = clock
        self._first_wait = first_wait
        self._bot = make_bot(settings)
        self._flood = Flood()
        self._albums: dict[str, None] = {}
        self._desk = Desk(
            conversation=conversation,
            staff=staff,
            pseudonyms=pseudonyms,
            me=Me(0, ""),
            clock=clock,
            later=Later(),
            unsubscribe=outreach.unsubscribe,
            editorial=editorial,
            figures=figures,
            deliveries=outreach.deliveries,
            replay_days=settings.replay_days,
            retention_days=settings.retention_days,
        )
        self._replies = Replies(conversation.note_answers)
        self._delivery = Delivery(
            self._bot,
            replies=self._replies,
            gone=lambda chat: outreach.unsubscribe(CHANNEL, str(chat)),
            menu=self._set_menu,
            first_wait=first_wait,
        )
        self._works = Works(conversation.together)
        self._starting = Starting(conversation)
        self._up = asyncio.Event()
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._offset: int | None = None

    # ------------------------------------------------------------ start and stop
    async def run(self, stop: asyncio.Event) -> None:
        """From start to stop, for who has an event to say when."""
        await self.start()
        try:
            waiting = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
                for task in self._tasks:
                    if task.done() and not task.cancelled() and task.exception() is not None:
                        raise cast(BaseException, task.exception())
                await waiting
            finally:
                waiting.cancel()
        finally:
            await self.stop()

    async def start(self) -> None:
        """Returns at once."""
        self._stopping.clear()
        self._tasks = [asyncio.create_task(self._work(), name="telegram")]

    async def stop(self) -> None:
        self._stopping.set()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        up = self._up.is_set()
        self._up.clear()
        left = await self._inbox.stop(STOP_SECONDS)
        if left:
            log.warning("stopped with %d updates unanswered; they are answered at the next start", left)
        await self._replies.close()
        if up:
            await self._confirm()
        await self._bot.shutdown()

    @property
    def up(self) -> bool:
        """Whether updates are taken."""
        return self._up.is_set()

    async def _work(self) -> None:
        await self._until_done("the bot's name", self._bot.initialize)
        self._desk.me = Me(self._bot.id, self._bot.username or "", inline=bool(self._bot.bot.supports_inline_queries))
        again = await self._inbox.start(self._handle)
        self._up.set()
        log.info("Telegram is up: %s, %d updates left by the last run", self._mode, again)
        beside = asyncio.gather(
            self._publish_menus(),
            self._outreach.run({CHANNEL: Unasked(self._desk, self._delivery).send}, self._stopping),
        )
        try:
            if self._settings.webhook:
                await self._until_done("the webhook", self._set_webhook)
                await beside
            else:
                await self._poll()
        finally:
            beside.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beside

    @property
    def _mode(self) -> str:
        return "webhook" if self._settings.webhook else "polling"

    async def _until_done(self, what: str, call: Callable[[], Awaitable[object]]) -> None:
        """Tries until it works: one line for the fault, one when it is over."""
        wait, said = self._first_wait, ""
        while True:
            try:
                await call()
            except TelegramError as error:
                said = self._say_fault(what, error, said)
                await asyncio.sleep(waiting_time(error, wait))
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                if said:
                    log.info("Telegram: %s: all right now", what)
                return

    def _say_fault(self, what: str, error: TelegramError, said: str) -> str:
        """One line for each fault in a row; a fault that goes on is not repeated."""
        words = explain(error)
        if words != said:
            log.error("Telegram: %s: %s; trying again", what, words)
        return words

    async def _set_webhook(self) -> None:
        await self._bot.set_webhook(
            self._settings.public_url + WEBHOOK_PATH,
            secret_token=self._settings.webhook_secret,
            allowed_updates=UPDATE_KINDS,
            max_connections=40,
        )

    async def _publish_menus(self) -> None:
        people = await asyncio.to_thread(self._staff.people)
        chats = [person.telegram_id for person in people if person.telegram_id]
        await menus.publish(self._bot, region=self._settings.region, staff_chats=chats)

    async def _set_menu(self, menu: Menu) -> None:
        await menus.for_chat(self._bot, menu.chat, region=self._settings.region, staff=menu.staff)

    # ------------------------------------------------------------ in: polling
    async def _poll(self) -> None:
        await self._until_done("the old webhook", lambda: self._bot.delete_webhook(drop_pending_updates=False))
        wait, said = self._first_wait, ""
        while True:
            try:
                updates = await self._get_updates(POLL_SECONDS)
            except TelegramError as error:
                said = self._say_fault("updates", error, said)
                if isinstance(error, Conflict) and "webhook" in error.message.lower():
                    with contextlib.suppress(TelegramError):
                        await self._bot.delete_webhook(drop_pending_updates=False)
                await asyncio.sleep(waiting_time(error, wait))
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            if said:
                log.info("Telegram: updates: all right now")
            wait, said = self._first_wait, ""
            if updates and await self._accept(updates, None):
                # The next call confirms everything below: all of it is stored.
                self._offset = max(int(update["update_id"]) for update in updates) + 1

    async def _get_updates(self, seconds: int, limit: int = 100) -> list[dict[str, Any]]:
        # The library's own method builds its objects from the whole batch at once, and one update that it cannot
        # read would keep coming back for ever.
        data = {
            "timeout": seconds, "limit": limit, "offset": self._offset, "allowed_updates": list(UPDATE_KINDS),
        }  # fmt: skip
        found = await self._bot._post("getUpdates", data, read_timeout=seconds + 10.0)
        if not isinstance(found, list):
            raise TelegramError("Invalid server response")
        return [update for update in found if isinstance(update, dict) and isinstance(update.get("update_id"), int)]

    async def _confirm(self) -> None:
        """What was stored in the last moment would come again at the next start."""
        if self._offset is not None and not self._settings.webhook:
            with contextlib.suppress(TelegramError, TimeoutError):
                async with asyncio.timeout(2.0):
                    await self._get_updates(0, limit=1)

    # ------------------------------------------------------------ in: webhook
    async def process_webhook(self, body: bytes, secret_header: str | None) -> int:
        """The HTTP status. 200 only when the update is stored: any other has Telegram bring it again."""
        if not self._settings.webhook:
            return 404
        given = (secret_header or "").encode("utf-8", "replace")
        if not secrets.compare_digest(given, self._settings.webhook_secret.encode()):
            return 401
        if not self._up.is_set():
            return 503
        try:
            update = json.loads(body)
        except ValueError:
            return 400
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            return 400
        return 200 if await self._accept([update], ROOM_SECONDS) else 503

    async def _accept(self, updates: Sequence[Mapping[str, Any]], wait: float | None) -> bool:
        now = self._clock()
        accepted = []
        for update in updates:
            try:
                incoming = read(update, self._desk.me, self._pseudonyms, now=now)
            except _UNREADABLE as error:  # its text may quote the update
                log.error("update %d cannot be read (%s); passed over", update["update_id"], type(error).__name__)
                continue
            if incoming is None:
                continue
            if incoming.kind == "inline":
                self._answer_inline(incoming)
                continue
            body = incoming.stored()
            live = replace(incoming, masked=body.get("text", ""))
            accepted.append(Update(incoming.update_id, str(incoming.chat), body, now, live))
        return await self._inbox.accept(accepted, wait=wait)

    def _answer_inline(self, incoming: Incoming) -> None:
        """Not stored: half-typed words, for which there is no answer any more once a few seconds have passed."""
        if self._flood.ask(incoming.chat, time.monotonic()) != "go":
            return

        async def nothing() -> None: ...

        async def work() -> None:
            try:
                if table.asks(incoming):
                    await self._starting.wait()
                outs = await self._works.run(table.answer, self._desk, incoming)
                await self._delivery.deliver(outs, nothing)
            except Exception as error:
                log.error("an inline query was not answered: %s", type(error).__name__)

        task = asyncio.create_task(work())
        self._tasks.append(task)
        task.add_done_callback(lambda done: self._tasks.remove(done) if done in self._tasks else None)

    # ------------------------------------------------------------ answering
    async def _handle(self, ticket: Ticket) -> None:
        incoming = ticket.update.live or restored(ticket.update.body)
        verdict = self._flood.ask(incoming.chat, time.monotonic())
        if verdict == "silent" or self._same_album(incoming):
            await ticket.done()
            return
        if verdict == "tell":
            outs: Sequence[Out] = await self._works.run(self._too_many, incoming)
        else:
            asks = table.asks(incoming)
            if asks and not self._conversation.ready:
                async with self._inbox.aside():
                    await self._starting.wait()
            outs = await self._works.run(self._answer, ticket, incoming, asks=incoming.text if asks else "")
        await self._delivery.deliver(outs, ticket.done, ticket.sending)

    def _answer(self, ticket: Ticket, incoming: Incoming) -> Sequence[Out]:
        ticket.begin()
        try:
            return table.answer(self._desk, incoming)
        except Exception as error:  # a resident gets an answer; the log gets the place, never the words
            log.error("update %d: %s at %s", incoming.update_id, type(error).__name__, _place(error))
            say = self._desk.say_text(incoming, "trouble")
            return [Toast(incoming.query), say] if incoming.query else [say]

    def _too_many(self, incoming: Incoming) -> Sequence[Out]:
        say = self._desk.say_text(incoming, "too_many", seconds=self._flood.wait_seconds)
        return [Toast(incoming.query), say] if incoming.query else [say]

    def _same_album(self, incoming: Incoming) -> bool:
        """Pictures sent together are several messages; they get one answer, and the one with words gets its own."""
        if not incoming.album or incoming.text:
            return False
        key = f"{incoming.chat}:{incoming.album}"
        if key in self._albums:
            return True
        self._albums[key] = None
        while len(self._albums) > 1000:
            self._albums.pop(next(iter(self._albums)))
        return False


def make_bot(settings: Settings) -> Bot:
    def request(size: int) -> CarefulRequest:
        fast = settings.telegram_transport == "fast"
        # pool_timeout: as many connections as answers at a time, so waiting for one is no fault.
        return CarefulRequest(build_request(fast=fast, pool_size=size, proxy=settings.proxy or None, pool_timeout=30.0))

    root = settings.telegram_api
    return Bot(
        settings.telegram_token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=request(POOL + 4),
        get_updates_request=request(1),
    )


def create_telegram(app: Any) -> TelegramChannel:
    """The channel of a service (`bot.app.App`)."""
    from bot import figures

    settings: Settings = app.settings
    return TelegramChannel(
        settings,
        app.conversation,
        # Beside the database file, for this process alone.
        Inbox(app.store.inbox, journal=Path(f"{settings.database}.answered")),
        app.staff,
        app.editorial,
        app.pseudonyms,
        outreach=Outreach(app.store, clock=app.clock),
        clock=app.clock,
        figures=lambda: figures.week(app.store, clock=app.clock, timezone=settings.timezone),
    )


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace is not None else "?"
