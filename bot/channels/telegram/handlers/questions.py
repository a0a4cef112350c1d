"""Whatever is no command is a question."""

from __future__ import annotations

from dataclasses import replace

from bot.channels.telegram.desk import Desk, tagged
from bot.channels.telegram.handlers import typed
from bot.channels.telegram.incoming import CHANNEL, Incoming
from bot.channels.telegram.outgoing import Out
from bot.channels.telegram.render import escape
from bot.conversation import Question
from bot.core.answer import notice_text
from bot.core.reply import Reply


def question(desk: Desk, incoming: Incoming) -> list[Out]:
    """A text, a caption, a forwarded message; an edited one replaces the reply it got."""
    if (chosen := typed.picked(desk, incoming)) is not None:
        return [desk.say_reply(incoming, chosen)]
    reply = ask(desk, incoming)
    desk.offer(incoming, reply)
    say = replace(desk.say_reply(incoming, reply), turn=reply.id)
    if incoming.kind != "edit":
        return [say]
    return [replace(say, edit_reply=True, edit=desk.conversation.answered_in(reply.id))]


def ask(desk: Desk, incoming: Incoming) -> Reply:
    reply = desk.conversation.ask(
        Question(
            text=incoming.text,
            channel=CHANNEL,
            chat=desk.chat_pseudonym(incoming),
            asker=incoming.asker,
            message=str(incoming.message),
            at=incoming.at,
            lang=desk.chosen_lang(incoming.asker),
            edited=incoming.kind == "edit",
            forwarded=incoming.forwarded,
            masked=incoming.masked or None,
            lang_known=True,
            why=False,
        )
    )
    if not incoming.forwarded and any(map(str.isalpha, incoming.text)):
        desk.spoke(incoming.asker, reply.lang)
    if incoming.forwarded and not reply.entries:
        # It was passed on to be judged: "that is not my business" would read as "harmless".
        told = notice_text("masked", reply.lang)
        outro = told if told in reply.outro else ""
        reply = replace(reply, kind="unknown", intro=desk.text("telegram.forwarded", reply.lang), outro=outro)
    return reply


def missing(desk: Desk, incoming: Incoming) -> list[Out]:
    """The answer to "what was missing?"."""
    turn = incoming.tag.partition("-")[2]
    noted = desk.conversation.feedback(turn, incoming.asker, False, incoming.text)
    return [desk.say_text(incoming, "feedback.thanks_missing" if noted else "feedback.gone")]


def ask_missing(desk: Desk, incoming: Incoming, turn: str) -> list[Out]:
    words = escape(desk.text("feedback.missing", desk.lang(incoming)))
    return [desk.say(incoming, tagged(words, pack_tag("missing", turn), desk.me.username), ask=True)]


def pack_tag(what: str, about: str) -> str:
    return f"{what}-{about}"
