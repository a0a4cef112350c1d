"""The composition root: settings -> store -> services -> channels; what starts and stops in which order.

Nobody imports it but the commands. Start: port, store, FAQ files, the channels, and beside them the index; stop: channels first,
then the spool is written, then the store closed. A channel that fails never takes another one down.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from bot.clock import now
from bot.conversation import Conversation
from bot.editorial import Editorial
from bot.errors import BotError, FaqError, StaleEdit, StoreError
from bot.faqfiles import scan
from bot.ids import Pseudonyms
from bot.importing import ImportResult, import_faq
from bot.keyfile import secret_key
from bot.logs import setup_logs
from bot.settings import Settings
from bot.staff import Staff
from bot.store.base import Store

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
#: How long a thread may compute while another one waits.
TURN_SECONDS = 0.0005
#: The last turns of a conversation are kept for fifteen minutes: an hour between would be four times that.
EXPIRE_SECONDS = 60.0
TELEGRAM_RETRY_SECONDS = 30.0
WEB_MODULE = "bot.channels.web.app"
TELEGRAM_MODULE = "bot.channels.telegram.channel"


# ---------------------------------------------------------------- parts, for the commands too
def open_store(settings: Settings) -> Store:
    """The store that BOT_DATABASE names; its schema is the caller's business (`migrate`)."""
    from bot.store.sqlite import SqliteStore

    return SqliteStore(settings.database, timezone=settings.timezone)


def base_url(settings: Settings) -> str:
    """Where people find the web pages: the public address, or the one listened on."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return settings.public_url or f"http://{host}:{settings.port}"


def make_conversation(settings: Settings, store: Store) -> Conversation:
    return Conversation(
        store,
        region=settings.region,
        timezone=settings.timezone,
        operator=settings.operator,
        clock=now,
        replay_days=settings.replay_days,
        beside=True,
    )


def import_folder(store: Store, folder: Path) -> ImportResult | None:
    """Takes clean changes of the FAQ folder at a start. A broken folder is named in the log and left alone;
    FaqError when nothing is published either."""
    found = scan(folder)
    errors = [problem for problem in found.problems if problem.level == "error"]
    for problem in errors:
        log.error("faq: %s", problem)
    if errors:
        if not store.faq.entries():
            raise FaqError(
                f"{folder}: {len(errors)} error(s), and nothing is published that could be served; first: {errors[0]}",
                errors,
            )
        log.error("faq: serving what was published last; correct the files and start again")
        return None
    try:
        result = import_faq(store, found, at=now(), editor="system")
    except StaleEdit:
        # Another process imported the same folder at the same moment; what is left to do is seen now.
        result = import_faq(store, found, at=now(), editor="system")
    for entry in result.conflicts:
        log.warning("faq: %s changed in the files and in the console; the console's text is kept", entry)
    log.info("faq: imported=%d kept=%d conflicts=%d gone=%d retired=%d", *map(
        len, (result.imported, result.kept, result.conflicts, result.gone, result.retired)))  # fmt: skip
    return result


def listen(settings: Settings) -> socket.socket:
    """The web server's socket, bound before anything slow is done: a busy port is said at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((settings.host, settings.port))
        bound.listen(512)
    except (OSError, OverflowError, UnicodeError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BotError(
            f"BOT_LISTEN={settings.host}:{settings.port} cannot be used ({reason}); stop what listens there, or set "
            "BOT_LISTEN to another host:port"
        ) from None
    bound.setblocking(False)
    return bound


# ---------------------------------------------------------------- the service
class App:
    """Everything that runs, wired once. Channels are given the app and take from it what they need.

    A channel's module has one function that the app calls when it starts:

        bot.channels.web.app          create_web(app) -> ASGI application
        bot.channels.telegram.channel create_telegram(app) -> object with ``async run(stop: asyncio.Event)``, which
                                      works until ``stop`` is set; in webhook mode the web channel hands updates to
                                      ``app.telegram``

    ``ready``: store and index can answer. ``stopping``: set when the service ends.
    """

    def __init__(self, settings: Settings) -> None:
        # The loop that sends and the threads that compute take turns: by Python's 5 ms a turn, an answer of 2 ms would
        # wait for several turns before it is out.
        sys.setswitchinterval(TURN_SECONDS)
        self.settings = settings
        self.clock: Callable[[], int] = now
        self.store = open_store(settings)
        self.url = base_url(settings)
        self.stopping = threading.Event()
        self.ready = False
        self.telegram: Any = None

    @cached_property
    def key(self) -> str:
        return secret_key(self.settings)

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(self.key)

    @cached_property
    def conversation(self) -> Conversation:
        return make_conversation(self.settings, self.store)

    @cached_property
    def editorial(self) -> Editorial:
        """One for console and Telegram, so that both see the same replay. Its index is that of what is published now,
        fitted: a replay on the interim one would blame the draft for what the fit changes."""
        return Editorial(
            self.store,
            clock=self.clock,
            timezone=self.settings.timezone,
            index=self.conversation.settled_index,
            region=self.settings.region,
            replay_days=self.settings.replay_days,
        )

    @cached_property
    def staff(self) -> Staff:
        return Staff(self.store.staff, clock=self.clock, base_url=self.url)

    # ------------------------------------------------------------ running
    def serve(self) -> int:
        """Runs until a signal; the exit status."""
        guard = setup_logs(self.settings.log, secrets=self._secrets())
        try:
            with listen(self.settings) as bound:
                self.url = self.settings.public_url or base_url(self.settings).rsplit(":", 1)[0] + (
                    f":{bound.getsockname()[1]}"
                )
                self.prepare()
                guard.add(self.key.split(","))  # it may lie in its file
                self._announce()
                with self._background():
                    asyncio.run(self._run(bound))
            return 0
        finally:
            self.close()

    def prepare(self) -> None:
        """Store and FAQ; the index is fitted by the first `poll`, beside the channels.

        A new FAQ takes a while to fit. The pages are there meanwhile, and a question that comes early waits for
        the index instead of failing; `ready` says when it is there.
        """
        self.store.migrate()
        _ = self.pseudonyms  # the key is made now, not at the first question
        import_folder(self.store, self.settings.faq)
        self.editorial.settle()  # answers that a crash kept back

    def close(self) -> None:
        self.stopping.set()
        if "editorial" in self.__dict__:
            self.editorial.close()
        with contextlib.suppress(BotError):
            self.conversation.flush()
        self.store.close()

    def _secrets(self) -> list[str]:
        """Whole and in the parts that a library may quote alone."""
        configured = self.settings
        proxy = urlsplit(configured.proxy)
        return [
            configured.telegram_token,
            configured.telegram_token.partition(":")[2],
            configured.webhook_secret,
            *(part.strip() for part in configured.secret_key.split(",")),
            configured.proxy,
            proxy.netloc if "@" in proxy.netloc else "",
            proxy.password or "",
        ]

    def _announce(self) -> None:
        """What a person who started the service needs to know, on stdout: links do not belong into logs."""
        print(f"网页聊天 / web chat: {self.url}/")
        link = self.staff.first_admin_link()
        if link:
            print(f"第一位管理员登录（10 分钟内用一次） / first admin, once within 10 minutes: {link}")
        if not self.settings.telegram_token:
            print("Telegram 未开 / is off: 向 @BotFather 要令牌，设 BOT_TELEGRAM_TOKEN / get a token from @BotFather "
                  "and set BOT_TELEGRAM_TOKEN", flush=True)  # fmt: skip
        else:
            print(f"Telegram: {'webhook' if self.settings.webhook else 'polling'}", flush=True)

    async def _run(self, bound: socket.socket) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
                loop.add_signal_handler(number, stop.set)
        self.telegram = self._telegram()  # before the web: the webhook's route asks for it
        channels = [asyncio.create_task(self._web(bound, stop), name="web")]
        if self.telegram is not None:
            channels.append(asyncio.create_task(self._keep_up(self.telegram, stop), name="telegram"))
        ended = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([ended, channels[0]], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.ready = False
            stop.set()
            results = await asyncio.gather(*channels, return_exceptions=True)
            ended.cancel()
        if isinstance(results[0], Exception):
            raise results[0]

    async def _web(self, bound: socket.socket, stop: asyncio.Event) -> None:
        module = _module(WEB_MODULE)
        if module is None:
            log.error("the web channel is not part of this installation")
            await stop.wait()
            return
        web = module.create_web(self, embed_origins=self.settings.embed_origins)
        proxies = ",".join(self.settings.trusted_proxies)
        config = uvicorn.Config(
            web,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies or None,
            timeout_graceful_shutdown=5,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        waiting.cancel()
        await serving

    def _telegram(self) -> Any:
        """The Telegram channel, made but not started; None without a token, or when it cannot be made."""
        if not self.settings.telegram_token:
            return None
        try:
            module = _module(TELEGRAM_MODULE)
            if module is None:
                log.error("the Telegram channel is not part of this installation")
                return None
            return module.create_telegram(self)
        except Exception:
            log.exception("Telegram cannot be started; the web goes on")
            return None

    async def _keep_up(self, telegram: Any, stop: asyncio.Event) -> None:
        """Runs Telegram until the stop; what it throws is said, and it is tried again."""
        while not stop.is_set():
            try:
                await telegram.run(stop)
                if stop.is_set():
                    return
                log.error("Telegram ended by itself; starting it again")
            except Exception as error:
                log.error("Telegram failed (%s); the web goes on, next try in %d s", error, TELEGRAM_RETRY_SECONDS)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), TELEGRAM_RETRY_SECONDS)

    # ------------------------------------------------------------ what happens beside
    @contextlib.contextmanager
    def _background(self) -> Iterator[None]:
        """Pollers on threads of their own: the store and the index builder are synchronous."""
        jobs = [
            threading.Thread(target=self._every, args=(POLL_SECONDS, self.poll), name="poll", daemon=True),
            threading.Thread(target=self._every, args=(EXPIRE_SECONDS, self.expire), name="expire", daemon=True),
        ]
        for job in jobs:
            job.start()
        try:
            yield
        finally:
            self.stopping.set()
            for job in jobs:
                job.join(timeout=10)

    def _every(self, seconds: float, job: Callable[[], object]) -> None:
        while True:
            try:
                job()
            except StoreError as error:
                log.warning("%s: %s", threading.current_thread().name, error)
            except Exception:
                log.exception("%s failed; trying again in %d s", threading.current_thread().name, seconds)
            if self.stopping.wait(seconds):
                return

    def poll(self) -> None:
        """A new generation is served, its models fitted beside; records that waited are written."""
        self.conversation.flush()
        self.conversation.refresh()
        _ = self.editorial.published().phrases  # read here, so that no editor's page waits for it
        self.ready = not self.stopping.is_set()

    def expire(self) -> None:
        """Deletes what is past its time (the contract's section 5)."""
        gone = self.store.turns.expire(
            now=self.clock(),
            replay_days=self.settings.replay_days,
            retention_days=self.settings.retention_days,
        )
        if any(gone.values()):
            log.info("expired %s", " ".join(f"{what}={count}" for what, count in gone.items() if count))


def _module(name: str) -> Any:
    """A channel's module, or None when it is not installed; an import inside it that fails is an error."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise


class _Server(uvicorn.Server):
    """Signals are the app's: uvicorn's own handlers would end the process before the spool is written."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
