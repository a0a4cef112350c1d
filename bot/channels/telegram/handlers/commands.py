"""The commands of residents."""

from __future__ import annotations

from dataclasses import replace

from bot.channels.telegram.buttons import Button, Rows, lang_code, pack, short
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.handlers.questions import ask_missing
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.outgoing import Menu, Out, Say
from bot.channels.telegram.render import bold, escape, label
from bot.core.reply import LANGS, Lang
from bot.core.texts import t

PAGE = 8


def start(desk: Desk, incoming: Incoming) -> list[Out]:
    """With what a link to the bot carries: only what our own messages put into it means anything."""
    what, _, about = incoming.text.partition("-")
    if what == "missing" and about:
        return ask_missing(desk, incoming, about[:24])
    lang = desk.lang(incoming)
    words = "\n\n".join((t("start", lang), t("start.examples", lang)))
    return [desk.say(incoming, escape(words), main_menu(lang))]


def help_(desk: Desk, incoming: Incoming) -> list[Out]:
    lang = desk.lang(incoming)
    help_of_residents = desk.say_text(incoming, "help", main_menu(lang))
    if desk.person(incoming) is None:
        return [help_of_residents]
    words = f"{escape(t('telegram.help_staff', lang))}\n\n{help_of_residents.html}"
    return [replace(help_of_residents, html=words), Menu(incoming.chat, staff=True)]


def urgent(desk: Desk, incoming: Incoming) -> list[Out]:
    return [desk.say_reply(incoming, desk.conversation.urgent_card(desk.lang(incoming)))]


def topics(desk: Desk, incoming: Incoming) -> list[Out]:
    lang = desk.lang(incoming)
    return [desk.say(incoming, escape(t("topics.intro", lang)), topic_rows(desk, lang))]


def language(desk: Desk, incoming: Incoming) -> list[Out]:
    """Every language under its own name: who cannot read one finds the other."""
    elder = desk.preferences(incoming.asker).elder
    lang = desk.lang(incoming)
    rows: Rows = [
        *([Button(t("lang.name", each), pack("l", lang_code(each)))] for each in LANGS),
        [Button(t("lang.auto", lang), pack("l", "auto"))],
        [
            Button(
                desk.text("telegram.elder_off" if elder else "telegram.elder_on", lang), pack("E", str(int(not elder)))
            )
        ],
    ]
    return [desk.say(incoming, escape(t("lang.ask", lang)), rows)]


def privacy(desk: Desk, incoming: Incoming) -> list[Out]:
    key = "privacy" if desk.replay_days else "privacy.counts_only"
    return [desk.say_text(incoming, key, replay_days=desk.replay_days, retention_days=desk.retention_days)]


def forget(desk: Desk, incoming: Incoming) -> list[Out]:
    """In private only: there the chat is the person, under every key that pseudonyms were ever made with."""
    if not incoming.private:
        return [desk.private_only(incoming)]
    lang = desk.lang(incoming)
    rows = [[Button(t("forget.yes", lang), pack("F", "y")), Button(t("forget.no", lang), pack("F", "n"))]]
    return [desk.say(incoming, escape(t("forget.ask", lang)), rows)]


def verify(desk: Desk, incoming: Incoming) -> list[Out]:
    operator = desk.conversation.operator
    key = "verify" if operator else "verify.unnamed"
    name = desk.text("telegram.my_name", desk.lang(incoming), username=desk.me.username)
    said = desk.say_text(incoming, key, operator=operator)
    return [replace(said, html=f"{bold(name)}\n\n{said.html}")]


def whoami(desk: Desk, incoming: Incoming) -> list[Out]:
    """In private only: a group need not see it, and there the id of the chat is not the person's."""
    if not incoming.private:
        return [desk.private_only(incoming)]
    return [desk.say_text(incoming, "whoami", id=incoming.chat)]


def unknown_command(desk: Desk, incoming: Incoming) -> list[Out]:
    return help_(desk, incoming) if incoming.private else []


# ---------------------------------------------------------------- menus that buttons use, too
def main_menu(lang: Lang) -> Rows:
    code = lang_code(lang)
    return [
        [Button(t("menu.urgent", lang), pack("u", code))],
        [Button(t("menu.topics", lang), pack("t", code)), Button(t("menu.help", lang), pack("h", code))],
    ]


def topic_rows(desk: Desk, lang: Lang) -> Rows:
    groups = desk.conversation.topics(lang)
    return [[Button(label(title), pack("g", group[:32], "0", lang_code(lang)))] for group, title, _ in groups]


def group_page(desk: Desk, group: str, page: int, lang: Lang) -> tuple[str, Rows] | None:
    """Title and buttons of one page; None when there is no such group (any more)."""
    found = next((g for g in desk.conversation.topics(lang) if g[0][:32] == group), None)
    if found is None:
        return None
    _, title, entries = found
    code, last = lang_code(lang), max(0, (len(entries) - 1) // PAGE)
    page = min(max(page, 0), last)
    rows = [[Button(label(name), pack("e", short(entry), code))] for entry, name in entries[page * PAGE :][:PAGE]]
    turn = []
    if page > 0:
        turn.append(Button(t("menu.previous", lang), pack("g", group, str(page - 1), code)))
    if page < last:
        turn.append(Button(t("menu.next", lang), pack("g", group, str(page + 1), code)))
    rows += [turn] if turn else []
    rows.append([Button(t("menu.back", lang), pack("t", code, "b"))])
    return escape(t("topics.group", lang, title=title)), rows


def replaced(say: Say, message: int) -> Say:
    """The same, in place of a message of ours."""
    return replace(say, edit=message)
