"""The bot comes into a group, leaves it, is blocked; and is called without a word."""

from __future__ import annotations

from bot.channels.telegram.desk import Desk
from bot.channels.telegram.handlers.commands import main_menu
from bot.channels.telegram.incoming import CHANNEL, Incoming
from bot.channels.telegram.outgoing import Forget, Out
from bot.channels.telegram.render import escape


def member(desk: Desk, incoming: Incoming) -> list[Out]:
    if not incoming.member:
        gone(desk, incoming.chat)
        return [Forget(incoming.chat)]
    if incoming.private or incoming.content == "channel":
        return []  # unblocked, or made to watch a channel: nobody asked anything
    lang = desk.lang(incoming)
    words = "\n".join((desk.text("telegram.about", lang), desk.text("telegram.group", lang, username=desk.me.username)))
    return [desk.say(incoming, escape(words), main_menu(lang))]


def how(desk: Desk, incoming: Incoming) -> list[Out]:
    return [desk.say_text(incoming, "telegram.group", main_menu(desk.lang(incoming)), username=desk.me.username)]


def gone(desk: Desk, chat: int) -> None:
    """Nobody there any more: what waits to be told is dropped."""
    desk.unsubscribe(CHANNEL, str(chat))
