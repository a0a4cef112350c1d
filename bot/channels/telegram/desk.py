"""What every handler has at hand: the services, and the few steps that all of them take."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from bot.channels.telegram import render
from bot.channels.telegram.buttons import Button, Rows
from bot.channels.telegram.incoming import CHANNEL, Incoming, Me
from bot.channels.telegram.outgoing import Out, Say
from bot.conversation import Conversation
from bot.core.answer import region_of
from bot.core.card import hotline_numbers
from bot.core.reply import LANGS, Lang, Reply
from bot.core.texts import t
from bot.errors import StoreError
from bot.ids import Pseudonyms
from bot.staff import Staff
from bot.store.base import Clock, Preferences, StaffRow

if TYPE_CHECKING:
    from bot.channels.telegram.handlers.quiz import Case
    from bot.channels.telegram.handlers.staff import Editorial, Later
    from bot.core.entry import Faq

_MOST_PREFERENCES = 5000
_MOST_KEPT = 20_000


@dataclass(slots=True)
class Desk:
    """``figures``: the values of ``telegram.stats``. ``deliveries``: of a group's answers. ``unsubscribe``: drops what
    a chat wanted to be told."""

    conversation: Conversation
    staff: Staff
    pseudonyms: Pseudonyms
    me: Me
    clock: Clock
    later: Later
    unsubscribe: Callable[[str, str], object]
    editorial: Editorial | None = None
    figures: Callable[[], Mapping[str, int]] | None = None
    deliveries: Callable[[str], Mapping[str, int]] | None = None
    replay_days: int = 30
    retention_days: int = 180
    _preferences: OrderedDict[str, Preferences] = field(default_factory=OrderedDict)
    _spoken: OrderedDict[str, Lang] = field(default_factory=OrderedDict)
    offered: OrderedDict[tuple[int, str], tuple[str, tuple[str, ...]]] = field(default_factory=OrderedDict)
    quiz_cases: dict[Lang, tuple[Faq, list[Case]]] = field(default_factory=dict)
    inline_cache: OrderedDict[tuple[int, bool, Lang, str, int], Sequence[object]] = field(default_factory=OrderedDict)

    # ------------------------------------------------------------ a resident's own
    def preferences(self, asker: str) -> Preferences:
        found = self._preferences.get(asker)
        if found is None:
            found = self.conversation.preferences(asker)
            self._preferences[asker] = found
            if len(self._preferences) > _MOST_PREFERENCES:
                with contextlib.suppress(KeyError):  # another thread was faster
                    self._preferences.popitem(last=False)
        return found

    def change_preferences(self, asker: str, **changes: object) -> Preferences:
        """StoreError: nothing was changed."""
        self._preferences.pop(asker, None)
        changed = replace(self.conversation.preferences(asker), **changes)  # type: ignore[arg-type]
        self.conversation.set_preferences(asker, changed)
        self._preferences[asker] = changed
        return changed

    def forget(self, asker: str) -> None:
        self._preferences.pop(asker, None)
        self._spoken.pop(asker, None)
        for key in [key for key in self.offered if key[1] == asker]:
            del self.offered[key]

    def chosen_lang(self, asker: str) -> Lang | None:
        """The language set by /lang; None follows what is typed."""
        value = self.preferences(asker).lang
        return next((lang for lang in LANGS if lang == value), None)

    def spoke(self, asker: str, lang: Lang) -> None:
        """What he typed last: remembered until a restart, for what has no words of its own."""
        self._spoken.pop(asker, None)
        self._spoken[asker] = lang
        if len(self._spoken) > _MOST_KEPT:
            self._spoken.popitem(last=False)

    def offer(self, incoming: Incoming, reply: Reply) -> None:
        """Which choices he sees now, for who types a number instead of pressing. An answer ends it."""
        key = incoming.chat, incoming.asker
        self.offered.pop(key, None)
        if reply.kind == "choose":
            self.offered[key] = reply.id, tuple(entry.id for entry in reply.entries)
            if len(self.offered) > _MOST_KEPT:
                self.offered.popitem(last=False)

    def lang(self, incoming: Incoming) -> Lang:
        """For what answers no words of the resident: as chosen, else as he types, else as his Telegram is set, which
        for many who write Chinese is English."""
        chosen = self.chosen_lang(incoming.asker) or self._spoken.get(incoming.asker)
        return chosen or locale_lang(incoming.locale)

    def person(self, incoming: Incoming) -> StaffRow | None:
        """Who of the staff it is: nobody in a group, and nobody when the store cannot say."""
        if not incoming.private:
            return None
        try:
            return self.staff.by_telegram(incoming.chat)
        except StoreError:
            return None

    def chat_pseudonym(self, incoming: Incoming) -> str:
        return incoming.asker if incoming.private else self.pseudonyms.of(CHANNEL, incoming.chat)

    # ------------------------------------------------------------ words
    def text(self, key: str, lang: Lang, **values: object) -> str:
        """A sentence with the region's hotline numbers at hand."""
        place = region_of(self.conversation.shown, self.conversation.region)
        return t(key, lang, **{**hotline_numbers(place, lang), **values})

    def say(self, incoming: Incoming, html: str, rows: Rows = (), *, ask: bool = False) -> Say:
        """A message to where the incoming one came from; in a group as a reply, which also keeps it in its topic."""
        return Say(incoming.chat, render.cut(html), rows, answers=incoming.message, quote=not incoming.private, ask=ask)

    def say_text(self, incoming: Incoming, key: str, rows: Rows = (), **values: object) -> Say:
        return self.say(incoming, render.escape(self.text(key, self.lang(incoming), **values)), rows)

    def private_only(self, incoming: Incoming) -> Say:
        """With the way there: who asked in a group need not look for the bot."""
        to_me = Button(self.text("telegram.to_private", self.lang(incoming)), url=f"https://t.me/{self.me.username}")
        return self.say_text(incoming, "telegram.private_only", [[to_me]])

    def say_reply(self, incoming: Incoming, reply: Reply) -> Say:
        elder = self.preferences(incoming.asker).elder
        rows = render.reply_rows(reply, private=incoming.private)
        return self.say(incoming, render.reply_html(reply, elder=elder), rows)


Handler: TypeAlias = Callable[[Desk, Incoming], list[Out]]


def locale_lang(locale: str) -> Lang:
    """Telegram's language of a person; Chinese where nothing is known."""
    code = locale.lower().replace("_", "-")
    if not code or code.startswith("zh"):
        traditional = ("hant", "-tw", "-hk", "-mo")
        return "zh-Hant" if any(part in code for part in traditional) else "zh-Hans"
    return "en"


def tagged(html: str, tag: str, username: str) -> str:
    """Our question with a link that says what it asks: a reply to it brings the link back, after a restart too."""
    return f'<a href="https://t.me/{username}?start={tag}">✍️</a> {html}'
