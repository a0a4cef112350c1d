"""Whole conversations a second, beside bots that do less or scan: one run, the rounds alternate, compare the ratios.

    .venv/bin/python tests/bench/bench_telegram.py [--updates 1000] [--rounds 5] [--concurrency 16]

    scan-default  finds the nearest phrasing of the same FAQ with rapidfuzz WRatio, the library's own transport; a tenth
                  of the updates, for it takes a hundred times as long
    echo-default  echoes, python-telegram-bot's own transport (what a tutorial builds)
    whole         ours: stored masked, matched, recorded, answered with buttons, marked done
    echo-fast     echoes, our transport: the least that a bot can do

One conversation = update in by long polling, reply out, over a fake Bot API in a process of its own. Every bot gets the
same questions, drawn from faq/samples, each from another chat. CPU is the bot's process alone.

A shared machine's speed may change by half within minutes: what counts is the median of the ratios of each round, whose
bots ran next to each other in time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
sys.path[:0] = [str(HERE), str(TESTS), str(TESTS.parent)]

from bench_transport import fake_server, positive  # noqa: E402
from fake_bot_api import TOKEN, RemoteFakeBotApi  # noqa: E402
from rapidfuzz import fuzz, process  # noqa: E402

from bot.channels.telegram.transport import build_request  # noqa: E402
from bot.faqfiles import read_faq  # noqa: E402

FAQ = TESTS.parent / "faq"
KINDS = ("scan-default", "echo-default", "whole", "echo-fast")  # in this order
GOALS = {"echo-default": 1.5, "echo-fast": 0.2, "scan-default": 5.0}
TEXTS = 50


def questions() -> list[str]:
    samples = [sample.text for sample in read_faq(FAQ).samples if sample.topics]
    return samples[:: max(1, len(samples) // TEXTS)][:TEXTS]


def send_all(remote: RemoteFakeBotApi, updates: int, texts: list[str]) -> None:
    first = 1_000_001
    for number, text in enumerate(texts):
        chats = list(range(first + number, first + updates, len(texts)))
        if chats:
            remote("burst", chats=chats, text=text)


async def simple(url: str, texts: list[str], updates: int, concurrency: int, kind: str) -> tuple[float, float]:
    """A bot of a few lines on the library's own machinery."""
    from telegram import Update
    from telegram.ext import Application, MessageHandler, filters

    remote = RemoteFakeBotApi(url)
    answer = _scanner() if kind.startswith("scan") else str
    answered, done = 0, asyncio.Event()

    async def reply(update: Update, _: object) -> None:
        nonlocal answered
        assert update.message is not None
        await update.message.reply_text(answer(update.message.text or ""))
        answered += 1
        if answered == updates:
            done.set()

    app = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{url}/bot")
        .request(build_request(fast=kind.endswith("fast"), pool_size=concurrency, pool_timeout=60))
        .get_updates_request(build_request(fast=kind.endswith("fast"), pool_size=1))
        .concurrent_updates(concurrency)
        .job_queue(None)
        .build()
    )
    app.add_handler(MessageHandler(filters.TEXT, reply))
    async with app:
        await app.start()
        await asyncio.to_thread(send_all, remote, updates, texts)
        wall, cpu = time.perf_counter(), time.process_time()
        assert app.updater is not None
        await app.updater.start_polling(timeout=10)
        await done.wait()
        took = time.perf_counter() - wall, time.process_time() - cpu
        await app.updater.stop()
        await app.stop()
    return took


def _scanner() -> Callable[[str], str]:
    phrases = {}
    for entry in read_faq(FAQ).entries:
        for text in (entry.zh.question, *entry.zh.phrasings, *entry.zh.urgent, entry.en.question, *entry.en.phrasings):
            phrases[text] = entry.zh.lead or entry.en.lead
    keys = list(phrases)

    def nearest(text: str) -> str:
        found = process.extractOne(text, keys, scorer=fuzz.WRatio, score_cutoff=60)
        return phrases[found[0]] if found else "?"

    return nearest


async def whole(url: str, texts: list[str], updates: int, concurrency: int) -> tuple[float, float]:
    """Our channel on a store of its own, as `serve` wires it."""
    from bot.app import App
    from bot.channels.telegram.channel import create_telegram
    from bot.settings import load_settings

    remote = RemoteFakeBotApi(url)
    with tempfile.TemporaryDirectory() as folder:
        app = App(
            load_settings(
                {
                    "BOT_TELEGRAM_TOKEN": TOKEN,
                    "BOT_TELEGRAM_API": url,
                    "BOT_FAQ": str(FAQ),
                    "BOT_DATABASE": f"{folder}/bot.db",
                },
                env_file=Path(folder) / "none",
            )
        )
        app.prepare()
        assert app.conversation.index  # built before the clock runs, as a service has it
        telegram = create_telegram(app)
        await asyncio.to_thread(send_all, remote, updates, texts)
        wall, cpu = time.perf_counter(), time.process_time()
        await telegram.start()
        await asyncio.to_thread(remote.wait, "sendMessage", updates, timeout=600.0)
        took = time.perf_counter() - wall, time.process_time() - cpu
        await telegram.stop()
        assert app.store.inbox.pending() == []
        app.close()
    return took


def one_round(kind: str, updates: int, concurrency: int) -> tuple[float, float]:
    """Conversations a second, CPU ms each."""
    if kind.startswith("scan"):
        updates = max(1, updates // 10)
    with fake_server() as remote:
        command = [sys.executable, __file__, "--run", kind, "--url", remote.url]
        command += ["--updates", str(updates), "--concurrency", str(concurrency)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        wall, cpu = json.loads(done.stdout.splitlines()[-1])
        assert remote.wait("sendMessage", updates) == updates
    return updates / wall, 1000 * cpu / updates


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--updates", type=positive, default=1000)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--concurrency", type=positive, default=16)
    parser.add_argument("--run", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        logging.disable(logging.CRITICAL)
        arguments = (given.url, questions(), given.updates, given.concurrency)
        bot = whole(*arguments) if given.run == "whole" else simple(*arguments, given.run)
        print(json.dumps(asyncio.run(bot)))
        return 0

    rounds = []
    for number in range(given.rounds):
        rounds.append({kind: one_round(kind, given.updates, given.concurrency) for kind in KINDS})
        print(f"round {number + 1}: " + ", ".join(f"{kind} {speed:.0f}/s" for kind, (speed, _) in rounds[-1].items()))
    print(
        f"long polling, {given.updates} updates a round, {given.rounds} rounds, concurrency {given.concurrency}, "
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; whole is x: median (lowest-highest) of the rounds"
    )
    print(f"{'bot':14} {'conversations/s':>16} {'CPU ms each':>12}   whole is x")
    missed = []
    for kind in KINDS:
        ratios = [found["whole"][0] / found[kind][0] for found in rounds]
        speed, cpu = (statistics.median(found[kind][i] for found in rounds) for i in (0, 1))
        ratio = statistics.median(ratios)
        print(f"{kind:14} {speed:16.0f} {cpu:12.2f}   {ratio:.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
        if ratio < GOALS.get(kind, 0.0):
            missed.append(kind)
    wanted = ", ".join(f"{kind} {goal}" for kind, goal in GOALS.items())
    print(f"goals ({wanted}): " + (f"missed against {', '.join(missed)}" if missed else "met"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
