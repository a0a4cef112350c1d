"""A plain echo bot on python-telegram-bot's own transport and on ours, over a fake Bot API in a process of its own.

    .venv/bin/python tests/bench/bench_transport.py [--updates 1500] [--rounds 5] [--concurrency 16]

One conversation = update in by long polling, handler, reply out. The rounds alternate, each in a fresh process, so that
a busy machine slows both; compare the ratio, not the figures. CPU is the bot's process alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from fake_bot_api import TOKEN, RemoteFakeBotApi  # noqa: E402
from telegram import Update  # noqa: E402
from telegram.ext import Application, MessageHandler, filters  # noqa: E402

from bot.channels.telegram.transport import build_request  # noqa: E402

KINDS = {"default": False, "fast": True}


@contextlib.contextmanager
def fake_server() -> Iterator[RemoteFakeBotApi]:
    command = [sys.executable, str(TESTS / "fake_bot_api")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield RemoteFakeBotApi(process.stdout.readline().split()[4])
        finally:
            process.terminate()


async def converse(url: str, *, fast: bool, updates: int, concurrency: int) -> tuple[float, float]:
    """Answer so many queued messages; wall-clock and CPU seconds."""
    remote = RemoteFakeBotApi(url)
    answered = 0
    done = asyncio.Event()

    async def echo(update: Update, _: object) -> None:
        nonlocal answered
        assert update.message is not None
        assert update.message.text is not None
        await update.message.reply_text(update.message.text)
        answered += 1
        if answered == updates:
            done.set()

    app = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{url}/bot")
        # The same pool for both, as small as PTB's cost of scanning it asks for: its default of 256 would be slower.
        .request(build_request(fast=fast, pool_size=concurrency, pool_timeout=60))
        .get_updates_request(build_request(fast=fast, pool_size=1))
        .concurrent_updates(concurrency)
        .job_queue(None)
        .build()
    )
    app.add_handler(MessageHandler(filters.TEXT, echo))
    async with app:
        await app.start()
        await asyncio.to_thread(remote, "burst", chats=updates)
        wall, cpu = time.perf_counter(), time.process_time()
        assert app.updater is not None
        await app.updater.start_polling(timeout=10)
        await done.wait()
        took = time.perf_counter() - wall, time.process_time() - cpu
        await app.updater.stop()
        await app.stop()
    assert remote.wait("sendMessage", updates) == updates
    return took


def one_round(kind: str, updates: int, concurrency: int) -> tuple[float, float]:
    with fake_server() as remote:
        command = [sys.executable, __file__, "--run", kind, "--url", remote.url]
        command += ["--updates", str(updates), "--concurrency", str(concurrency)]
        wall, cpu = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return updates / wall, 1000 * cpu / updates


def positive(text: str) -> int:
    """For argparse: none at all would wait for ever, or have no median."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--updates", type=positive, default=1500)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--concurrency", type=positive, default=16)
    parser.add_argument("--run", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        logging.disable(logging.CRITICAL)
        took = converse(given.url, fast=KINDS[given.run], updates=given.updates, concurrency=given.concurrency)
        print(json.dumps(asyncio.run(took)))
        return 0

    results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for _ in range(given.rounds):
        for kind in KINDS:
            results[kind].append(one_round(kind, given.updates, given.concurrency))
    base = statistics.median(speed for speed, _ in results["default"])
    print(
        f"echo bot, long polling, {given.updates} updates a round, {given.rounds} rounds alternating, "
        f"concurrent_updates = pool = {given.concurrency}, Python {sys.version.split()[0]}, {os.cpu_count()} cores"
    )
    print(f"{'transport':10} {'conversations/s':>16} {'lowest':>8} {'highest':>8} {'CPU ms each':>12} {'ratio':>6}")
    for kind, rounds in results.items():
        speeds = [speed for speed, _ in rounds]
        middle, cpu = statistics.median(speeds), statistics.median(cpu for _, cpu in rounds)
        print(f"{kind:10} {middle:16.0f} {min(speeds):8.0f} {max(speeds):8.0f} {cpu:12.2f} {middle / base:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
