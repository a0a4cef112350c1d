"""What may stand in a log line, whoever wrote it; and that no settings are printed."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot import logs
from bot.errors import SettingsError, StoreError
from bot.logs import RedactingFilter, places
from bot.settings import load_settings

TOKEN = "7700112233:AAswEEpTokenOfTheSweep_0123456789abcd"
SAID = f"我叫司马春晓 139-0001-7788 purple elephant https://api.invalid/bot{TOKEN}/x?y=z"


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, logging.Logger, io.StringIO]]:
    """Our logger, a library's, and what came out."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter(["swordfish"]))
    ours, theirs = logging.getLogger("bot.test_logs"), logging.getLogger("library.test_logs")
    for logger in (ours, theirs):
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
    yield ours, theirs, out
    for logger in (ours, theirs):
        logger.removeHandler(handler)


def clean(text: str) -> bool:
    return not any(piece in text for piece in ("司马", "7788", "purple", "elephant", "AAsw", "swordfish", "y=z"))


def test_our_lines_keep_their_words_and_lose_what_came_from_outside(written: tuple[logging.Logger, ...]) -> None:
    ours, _, out = written
    ours.info("answered entry=%s in %.1f ms", "fake-loan", 1.5)
    ours.warning("poll: %s", StoreError("bot.db: the disk is full; free some space"))
    ours.error("failed: %s", ValueError(SAID))
    ours.error("failed: %s, key %s", OSError(28, "No space left on device", SAID), "swordfish")
    assert out.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "answered entry=fake-loan in 1.5 ms",
        "poll: bot.db: the disk is full; free some space",
        "failed: ValueError",
        "failed: OSError: No space left on device, key [secret]",
    ]


def test_a_library_keeps_its_constant_words_and_numbers(written: tuple[logging.Logger, ...]) -> None:
    _, theirs, out = written
    theirs.info("Started server process [%d]", 42)
    theirs.info("Uvicorn running on %s:%d", SAID, 8080)
    theirs.error("Task exception was never retrieved\nfuture: <Task exception=ValueError('%s')>" % SAID)  # noqa: UP031
    theirs.error(f"Exception in callback f('{SAID}')")
    theirs.error(RuntimeError(SAID))
    theirs.error("%(what)s failed", {"what": SAID})
    theirs.error("one %s", SAID, SAID)  # a broken format
    assert out.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "Started server process [42]", "Uvicorn running on …:8080", "Task exception was never retrieved …",
        "Exception in callback f …", "RuntimeError", "… failed", "one %s",
    ]  # fmt: skip


def test_tracebacks_have_places_and_kinds_but_no_texts(written: tuple[logging.Logger, ...]) -> None:
    ours, theirs, out = written
    for logger in (ours, theirs):
        try:
            try:
                raise KeyError(SAID)
            except KeyError as error:
                raise ExceptionGroup(SAID, [ValueError(SAID)]) from error
        except ExceptionGroup:
            logger.exception("not served")
    text = out.getvalue()  # type: ignore[attr-defined]
    assert clean(text)
    assert text.count("test_logs.py:") >= 4
    assert all(kind in text for kind in ("KeyError", "which led to:", "ExceptionGroup", "ValueError"))


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, two = ValueError("a"), ValueError("b")
    one.__cause__, two.__cause__ = two, one
    assert places(one).count("ValueError") == 2


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (f"GET /bot{TOKEN}/getMe", "GET /bot[token]/getMe"),
        (f"{TOKEN.replace(':', '%3A')} refused", "[token] refused"),
        ("proxy http://me:pass@host:1", "proxy http://[credentials]@host:1"),
        ("https://a.invalid/path?q=1", "https://a.invalid/[path]"),
        ("/console/sign-in/abc-DEF_123", "/console/sign-in/[token]"),
        ("session 23456789abcdefghjkmnpq-0123456789ab", "session [session]"),
        ("from li.lei@example.org", "from [email]"),
        ("+86 139 0001 7788 called", "[number] called"),
        ("he said 我的密码是什么 twice", "he said [text]"),
        ("update 500000001 took 12.5 ms", "update 500000001 took 12.5 ms"),
    ],
)
def test_what_is_scrubbed_from_any_line(written: str, left: str) -> None:
    assert RedactingFilter().scrub(written) == left


def test_secrets_are_known_in_the_form_of_an_address_too() -> None:
    guard = RedactingFilter(["a b/c?d", "abc", ""])
    guard.add(["later-key"])
    assert guard.scrub("a b/c?d a%20b%2Fc%3Fd later-key abc") == "[secret] [secret] [secret] abc"


@pytest.mark.parametrize("style", ["text", "json"])
def test_what_python_prints_by_itself_is_a_log_line(style: str) -> None:
    program = (
        "import gc, sys, threading, warnings\n"
        "from bot.logs import setup_logs\n"
        f"setup_logs({style!r}, secrets=['swordfish'])\n"
        f"said = {SAID!r} + 'swordfish'\n"
        "def fail(): raise RuntimeError(said)\n"
        "class Late:\n    def __del__(self): fail()\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "Late(); gc.collect()\n"
        "warnings.warn(said, RuntimeWarning)\n"
        "fail()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert clean(done.stderr), done.stderr
    for part in ("a thread ended", "nobody could be told", "RuntimeWarning", "stopped by an unexpected error"):
        assert part in done.stderr
    if style == "json":
        assert [json.loads(line)["logger"] for line in done.stderr.splitlines()] == ["bot"] * 4


def test_setting_up_twice_leaves_one_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(logs, "_take_the_rest", lambda: None)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    level = root.level
    logs.setup_logs("text")
    logs.setup_logs("json")
    assert len(root.handlers) == 1
    root.setLevel(level)


# ---------------------------------------------------------------- settings
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_PROXY", "http://me:swordfish@host:port"),
        ("BOT_PROXY", "gopher://me:swordfish@host:70"),
        ("BOT_PROXY", "swordfish"),
        ("BOT_TELEGRAM_API", f"http://[{TOKEN}]/"),
        ("BOT_PUBLIC_URL", "https://swordfish:0x"),
        ("BOT_TELEGRAM_TOKEN", f"bot{TOKEN}"),
        ("BOT_LISTEN", "swordfish"),
    ],
)
def test_a_bad_setting_is_named_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value})
    assert caught.value.problems[0].startswith(name)
    assert clean(str(caught.value))


@pytest.mark.parametrize("proxy", ["http://me:secret@host:3128", "socks5://host:1080", "http://[::1]:3128"])
def test_proxies_of_every_kind_that_is_served(proxy: str) -> None:
    assert load_settings({"BOT_PROXY": proxy}).proxy == proxy
