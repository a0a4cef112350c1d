"""Staff in the same bot, over the same services as the console.

Who asks is looked up on every call, in the store: a removed person's old buttons do nothing. In private chats only,
where the chat's id is the person's. When the store cannot say who it is, it is nobody.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.channels.telegram.buttons import Button, Rows, pack, short, unshort
from bot.channels.telegram.desk import Desk, Handler, tagged
from bot.channels.telegram.handlers.commands import unknown_command
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.outgoing import Menu, Out, Toast
from bot.channels.telegram.render import bold, escape, label
from bot.conversation import mask
from bot.core.reply import Lang
from bot.core.text import clean
from bot.core.texts import one_language, t
from bot.errors import AlreadyDone, BotError, NotFound, StoreError
from bot.store.base import GroupRow, MissingRow, StaffRow, UnansweredRow

LATER_SECONDS = 30 * 60
_TEXTS = 5
_NEAREST = 3
_MISSED = 3
#: Beside the nearest entry, one that is less likely than this only takes up room.
_LIKELY = 0.05


class Editorial(Protocol):
    """What is used of the editors' service. It checks the person itself, once more."""

    def queue(self, person: StaffRow) -> Any: ...  # has .groups: Sequence[GroupRow], the most harmful first
    def group(self, group_id: str, person: StaffRow) -> tuple[GroupRow, list[UnansweredRow], int]: ...
    def missed(self, group_id: str, person: StaffRow) -> Sequence[MissingRow]: ...
    def claim(self, group_id: str, person: StaffRow) -> GroupRow: ...
    def release(self, group_id: str, person: StaffRow) -> bool: ...
    def dismiss(self, group_id: str, person: StaffRow) -> object: ...
    def reopen(self, group_id: str, person: StaffRow) -> object: ...
    def add_phrasing(self, group_id: str, entry_id: str, person: StaffRow) -> object: ...
    def new_draft(self, group_id: str, person: StaffRow) -> object: ...
    def answer_once(self, group_id: str, text: str, person: StaffRow) -> int: ...


class Later:
    """Groups that a person put off, for half an hour; gone with the process, which does no harm."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[tuple[str, str], int] = {}

    def put_off(self, name: str, group_id: str, now: int) -> None:
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[name, group_id] = now + LATER_SECONDS

    def first(self, name: str, groups: Sequence[GroupRow], now: int) -> GroupRow | None:
        """The first that is neither put off nor in somebody else's hands."""
        for group in groups:
            held = group.claimed_by not in ("", name) and now - group.claimed_at < LATER_SECONDS
            if not held and self._until.get((name, group.id), 0) <= now:
                return group
        return None


def for_staff(action: Callable[[Desk, Incoming, StaffRow], list[Out]]) -> Handler:
    """A command of staff; for others it does not exist."""

    def handler(desk: Desk, incoming: Incoming) -> list[Out]:
        person = desk.person(incoming)
        if person is None:
            if not incoming.private:
                return []
            # He may have been of the staff: then his menu still lists the commands.
            return [desk.say_text(incoming, "telegram.staff_only"), Menu(incoming.chat, staff=False)]
        try:
            return action(desk, incoming, person)
        except BotError as error:
            return [desk.say(incoming, escape(_failed(error, person, desk.lang(incoming))))]

    return handler


def _failed(error: BotError, person: StaffRow, lang: Lang) -> str:
    """Why it was not done; the texts of our own errors are fit for a person."""
    match error:
        case AlreadyDone(claimed=True):
            return t("telegram.review_held", lang, who=error.who)
        case AlreadyDone():
            key = "telegram.review_closed" if error.who == person.name else "telegram.review_closed_by"
            return t(key, lang, who=error.who)
        case NotFound():
            return t("telegram.review_gone", lang)
        case StoreError():
            return t("telegram.staff_later", lang)
        case _:
            return t("telegram.staff_failed", lang, reason=one_language(str(error), lang))


# ---------------------------------------------------------------- commands
def _console(desk: Desk, incoming: Incoming, person: StaffRow) -> list[Out]:
    link = desk.staff.link(person.name, by=person.name)
    return [desk.say_text(incoming, "telegram.console", link=link), Menu(incoming.chat, staff=True)]


def _stats(desk: Desk, incoming: Incoming, person: StaffRow) -> list[Out]:
    if desk.figures is None:
        return unknown_command(desk, incoming)
    return [desk.say(incoming, escape(t("telegram.stats", desk.lang(incoming), **desk.figures())))]


def _review(desk: Desk, incoming: Incoming, person: StaffRow) -> list[Out]:
    if desk.editorial is None:
        return unknown_command(desk, incoming)
    lang = desk.lang(incoming)
    group = desk.later.first(person.name, desk.editorial.queue(person).groups, desk.clock())
    if group is None:
        return [desk.say_text(incoming, "telegram.review_none")]
    group, members, wishes = desk.editorial.group(group.id, person)
    missed = list(dict.fromkeys(row.words for row in desk.editorial.missed(group.id, person)))
    html = _shown(desk, group, members, missed[:_MISSED], wishes, lang)
    return [desk.say(incoming, html, _actions(desk, group, wishes, lang))]


def _shown(
    desk: Desk, group: GroupRow, members: Sequence[UnansweredRow], missed: Sequence[str], wishes: int, lang: Lang
) -> str:
    last = dt.datetime.fromtimestamp(group.last_seen, ZoneInfo(desk.conversation.timezone)).strftime("%m-%d %H:%M")
    head = t("telegram.review_head", lang, questions=group.questions, askers=group.askers, last=last, wishes=wishes)
    texts = list(dict.fromkeys(member.masked for member in members))[:_TEXTS]
    lines = [bold(head), *(f"· {escape(text[:500])}" for text in texts)]
    if missed:
        lines += ["\n" + bold(t("telegram.review_missed", lang)), *(f"· {escape(words)}" for words in missed)]
    if near := _near(group):
        lines.append("\n" + bold(t("telegram.review_near", lang)))
        titles = [f"{_title(desk, entry, lang)} ({score:.2f})" for entry, score in near]
        lines += [f"{number}. {escape(title)}" for number, title in enumerate(titles, 1)]
    return "\n".join(lines)


def _near(group: GroupRow) -> list[tuple[str, float]]:
    first, others = group.nearest[:1], group.nearest[1:_NEAREST]
    return [*first, *(pair for pair in others if pair[1] >= _LIKELY)]


def _actions(desk: Desk, group: GroupRow, wishes: int, lang: Lang) -> Rows:
    """Nobody waits: then an answer of once would reach nobody, and is not offered."""
    rows = []
    for number, (entry, _) in enumerate(_near(group), 1):
        words = t("telegram.review_add", lang, n=number, title=_title(desk, entry, lang))
        rows.append([Button(label(words), pack("R", "a", group.id, short(entry)))])
    once = [_button("once", "o", group, lang)] if wishes else []
    rows.append([_button("new", "d", group, lang), *once])
    rows.append([_button("dismiss", "x", group, lang), _button("later", "l", group, lang)])
    return rows


def _button(name: str, verb: str, group: GroupRow, lang: Lang) -> Button:
    return Button(t(f"telegram.review_{name}", lang), pack("R", verb, group.id))


def _title(desk: Desk, entry_id: str, lang: Lang) -> str:
    reply = desk.conversation.open_entry(entry_id, lang=lang)
    return reply.cards[0].title if reply else entry_id


# ---------------------------------------------------------------- buttons
def pressed(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    person, lang = desk.person(incoming), desk.lang(incoming)
    if person is None or desk.editorial is None:
        return [Toast(incoming.query, t("telegram.staff_only", lang), alert=True)]
    verb, group_id = arguments[0], arguments[1]
    try:
        return _act(desk, desk.editorial, incoming, person, verb, group_id, arguments[2:])
    except BotError as error:
        return [Toast(incoming.query, _failed(error, person, lang), alert=True)]


def _act(
    desk: Desk, editorial: Editorial, incoming: Incoming, person: StaffRow, verb: str, group_id: str, rest: list[str]
) -> list[Out]:
    lang = desk.lang(incoming)
    more: Rows = [[Button(t("telegram.review_next", lang), pack("R", "n", group_id))]]
    if verb == "n":
        return _review(desk, incoming, person)
    if verb == "l":
        desk.later.put_off(person.name, group_id, desk.clock())
        return _review(desk, incoming, person)
    if verb == "x":
        editorial.dismiss(group_id, person)
        back = Button(t("telegram.review_undo", lang), pack("R", "u", group_id))
        return [desk.say_text(incoming, "telegram.review_dismissed", [[back], *more])]
    if verb == "u":
        group, _, _ = editorial.group(group_id, person)
        if group.state != "dismissed":
            return []
        editorial.reopen(group_id, person)
        return [desk.say_text(incoming, "telegram.review_reopened", more)]
    if verb == "a":
        entry = unshort(rest[0], (e.id for e in desk.conversation.shown.faq.entries))
        editorial.add_phrasing(group_id, entry, person)
        desk.later.put_off(person.name, group_id, desk.clock())  # it stays claimed until the draft is published
        return [desk.say_text(incoming, "telegram.review_added", more, title=_title(desk, entry, lang))]
    if verb == "d":
        draft = editorial.new_draft(group_id, person)
        desk.later.put_off(person.name, group_id, desk.clock())
        return [desk.say_text(incoming, "telegram.review_drafted", more, draft=getattr(draft, "id", draft))]
    if verb == "o":
        editorial.claim(group_id, person)
        _, _, wishes = editorial.group(group_id, person)
        if not wishes:  # who waited had his records deleted, or has left
            editorial.release(group_id, person)
            return [Toast(incoming.query, t("telegram.review_nobody", lang), alert=True)]
        words = escape(t("telegram.review_ask_once", lang, wishes=wishes))
        return [desk.say(incoming, tagged(words, f"once-{group_id}", desk.me.username), ask=True)]
    if verb == "s" and desk.deliveries is not None:
        return [Toast(incoming.query, t("telegram.review_delivery", lang, **desk.deliveries(group_id)), alert=True)]
    return []


def _once(desk: Desk, incoming: Incoming, person: StaffRow) -> list[Out]:
    if desk.editorial is None:
        return []
    group_id, lang = incoming.tag.partition("-")[2], desk.lang(incoming)
    masked = mask(incoming.text)
    if masked != clean(incoming.text):
        # Sent like this it would puzzle the residents; only who wrote it knows what to say instead.
        words = escape(desk.text("telegram.review_masked", lang, text=masked))
        return [desk.say(incoming, tagged(words, incoming.tag, desk.me.username), ask=True)]
    told = desk.editorial.answer_once(group_id, incoming.text, person)
    rows: list[list[Button]] = [[Button(t("telegram.review_next", lang), pack("R", "n", group_id))]]
    if told:
        rows.insert(0, [Button(t("telegram.review_state", lang), pack("R", "s", group_id))])
    return [desk.say_text(incoming, "telegram.review_told", rows, n=told)]


console = for_staff(_console)
stats = for_staff(_stats)
review = for_staff(_review)
answer_once = for_staff(_once)
