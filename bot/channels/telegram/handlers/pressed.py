"""Buttons of residents. Each does what its data says, whoever pressed it and however old it is, or says so kindly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bot.channels.telegram import render
from bot.channels.telegram.buttons import Button, lang_code, lang_of, unpack, unshort
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.handlers import commands, quiz, staff
from bot.channels.telegram.handlers.questions import ask_missing
from bot.channels.telegram.incoming import CHANNEL, Incoming
from bot.channels.telegram.outgoing import Forget, Out, Toast
from bot.core.reply import Card, Lang, Reply
from bot.core.texts import t
from bot.errors import StoreError

Pressed = Callable[[Desk, Incoming, list[str]], list[Out]]


def press(desk: Desk, incoming: Incoming) -> list[Out]:
    verb, arguments = unpack(incoming.data)
    action = BUTTONS.get(verb)
    if action is None or not incoming.message:
        return stale(desk, incoming)
    try:
        outs = action(desk, incoming, arguments)
    except (ValueError, IndexError):  # too few arguments, or no number: forged, or of another version
        outs = []
    if not outs:
        return stale(desk, incoming)
    if not any(isinstance(out, Toast) for out in outs):
        outs.insert(0, Toast(incoming.query))
    return outs


def stale(desk: Desk, incoming: Incoming) -> list[Out]:
    return [Toast(incoming.query, desk.text("stale", desk.lang(incoming)), alert=True)]


def _toast(desk: Desk, incoming: Incoming, key: str) -> list[Out]:
    return [Toast(incoming.query, desk.text(key, desk.lang(incoming)))]


# ---------------------------------------------------------------- answers
def _choose(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    turn, key = arguments
    reply = desk.conversation.choose(turn, _entry(desk, key), incoming.asker)
    return [] if reply is None else [desk.say_reply(incoming, reply)]


def _none(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    (turn,) = arguments
    reply = desk.conversation.choose(turn, "none", incoming.asker)
    return [] if reply is None else [desk.say_reply(incoming, reply)]


def _helpful(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    (turn,) = arguments
    noted = desk.conversation.feedback(turn, incoming.asker, True)
    return _toast(desk, incoming, "feedback.thanks") if noted else []


def _unhelpful(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    (turn,) = arguments
    noted = desk.conversation.feedback(turn, incoming.asker, False)
    return ask_missing(desk, incoming, turn) if noted else []


def _tell_me(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    turn, code = arguments
    if not incoming.private:
        return _toast(desk, incoming, "telegram.private_only")
    lang = lang_of(code)
    noted = desk.conversation.tell_me(turn, CHANNEL, str(incoming.chat), incoming.asker, lang)
    return [desk.say(incoming, render.escape(t("wish.done", lang)))] if noted else []


# ---------------------------------------------------------------- entries
def _open(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    reply = _reply(desk, arguments)
    return [] if reply is None else [desk.say_reply(incoming, reply)]


def _share(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    card, lang = _card(desk, arguments)
    if card is None:
        return []
    rows = [[Button(t("telegram.share_to", lang), inline=card.title[:200])]] if desk.me.inline else []
    return [desk.say(incoming, render.share_html(card, lang, username=desk.me.username), rows)]


def _more(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    card, lang = _card(desk, arguments)
    return [] if card is None else [desk.say(incoming, render.more_html(card, lang))]


def _reply(desk: Desk, arguments: list[str]) -> Reply | None:
    key, code = arguments
    return desk.conversation.open_entry(_entry(desk, key), lang=lang_of(code))


def _card(desk: Desk, arguments: list[str]) -> tuple[Card | None, Lang]:
    reply = _reply(desk, arguments)
    return (reply.cards[0], reply.lang) if reply and reply.cards else (None, "zh-Hans")


def _entry(desk: Desk, key: str) -> str:
    return unshort(key, (entry.id for entry in desk.conversation.shown.faq.entries))


# ---------------------------------------------------------------- menus
def _topics(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    lang = lang_of(arguments[0])
    say = desk.say(incoming, render.escape(t("topics.intro", lang)), commands.topic_rows(desk, lang))
    # Under an answer the list comes as a new message: the answer is still needed.
    return [commands.replaced(say, incoming.message) if len(arguments) > 1 else say]


def _group(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    group, page, code = arguments
    found = commands.group_page(desk, group, int(page), lang_of(code))
    if found is None:
        return []
    return [commands.replaced(desk.say(incoming, *found), incoming.message)]


def _urgent(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    return [desk.say_reply(incoming, desk.conversation.urgent_card(lang_of(arguments[0])))]


def _help(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    lang = lang_of(arguments[0])
    return [desk.say(incoming, render.escape(t("help", lang)), commands.main_menu(lang))]


# ---------------------------------------------------------------- a resident's own
def _language(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    (code,) = arguments
    if code == "auto":
        desk.change_preferences(incoming.asker, lang="")
        return [desk.say_text(incoming, "lang.auto_done")]
    lang = lang_of(code)
    if lang_code(lang) != code:
        return []
    desk.change_preferences(incoming.asker, lang=lang)
    return [desk.say_text(incoming, "lang.done", commands.main_menu(lang))]


def _elder(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    on = arguments == ["1"]
    desk.change_preferences(incoming.asker, elder=on)
    return [desk.say_text(incoming, "telegram.elder_on_done" if on else "elder.off_done")]


def _forget(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    (sure,) = arguments
    if not incoming.private:
        return _toast(desk, incoming, "telegram.private_only")
    if sure != "y":
        return [commands.replaced(desk.say_text(incoming, "forget.kept"), incoming.message)]
    lang = desk.lang(incoming)  # deleted with the rest
    try:
        # In private the chat is the person. The pseudonyms under older keys, too.
        gone = desk.conversation.forget(desk.pseudonyms.all(CHANNEL, incoming.chat))
    except StoreError:
        return [desk.say(incoming, render.escape(desk.text("forget.failed", lang)))]
    desk.forget(incoming.asker)
    total = sum(gone.values())
    words = t("forget.done", lang, n=total) if total else t("forget.nothing", lang)
    return [commands.replaced(desk.say(incoming, render.escape(words)), incoming.message), Forget(incoming.chat)]


BUTTONS: Final[Mapping[str, Pressed]] = {
    "c": _choose,
    "n": _none,
    "y": _helpful,
    "x": _unhelpful,
    "w": _tell_me,
    "e": _open,
    "s": _share,
    "m": _more,
    "t": _topics,
    "g": _group,
    "u": _urgent,
    "h": _help,
    "l": _language,
    "E": _elder,
    "F": _forget,
    "q": quiz.pressed,
    "R": staff.pressed,
}
