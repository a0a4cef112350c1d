"""serve, chat: the service with every configured channel, and the same conversation in the terminal."""

from __future__ import annotations

import argparse
import sys

from bot.commands.common import Commands, add, now, opened, settings


def register(commands: Commands) -> None:
    add(commands, "serve", _serve, "run every configured channel: web chat, console, API; Telegram with a token")
    parser = add(commands, "chat", _chat, "the same conversation in the terminal")
    parser.add_argument("--lang", choices=("zh-Hans", "zh-Hant", "en"))


def _serve(args: argparse.Namespace) -> int:
    from bot.app import App

    return App(settings()).serve()


def _chat(args: argparse.Namespace) -> int:
    from bot.app import import_folder, make_conversation
    from bot.channels.terminal import Terminal
    from bot.ids import Pseudonyms
    from bot.keyfile import secret_key

    with opened() as (configured, store):
        import_folder(store, configured.faq)
        conversation = make_conversation(configured, store)
        terminal = Terminal(
            conversation,
            Pseudonyms(secret_key(configured)),
            clock=now,
            retention_days=configured.retention_days,
            replay_days=configured.replay_days,
            lang=args.lang,
        )
        return terminal.run(sys.stdin, sys.stdout)
