"""`chat`: the conversation in the terminal, with choices by number, feedback and the residents' commands."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import IO

from bot.conversation import NONE, Conversation, Question
from bot.core.answer import region_of, simple_text
from bot.core.card import hotline_numbers
from bot.core.reply import LANGS, Lang, Reply
from bot.core.text import clean
from bot.core.texts import t
from bot.errors import StoreError
from bot.ids import Pseudonyms, new_id
from bot.store.base import Clock, Preferences

CHANNEL = "terminal"
_LANGS: dict[str, str] = {"zh": "zh-Hans", "hans": "zh-Hans", "hant": "zh-Hant", "en": "en", "auto": ""}


class Terminal:
    """One conversation on two streams. Who talks is known by the system's user name, as a pseudonym."""

    def __init__(
        self,
        conversation: Conversation,
        pseudonyms: Pseudonyms,
        *,
        clock: Clock,
        retention_days: int,
        replay_days: int,
        lang: Lang | None = None,
    ) -> None:
        self._talk = conversation
        self._clock = clock
        self._days = {"retention_days": retention_days, "replay_days": replay_days}
        user = _user()
        self._identities = pseudonyms.all(CHANNEL, user)
        self._asker = self._identities[0]
        self._start = new_id()  # messages of this run: each is new, and unique over runs
        self._count = 0
        self._fixed = lang
        self._last_lang: Lang = lang or "zh-Hans"
        self._last: Reply | None = None
        self._choices: list[tuple[str, str]] = []  # (entry or group, title) by number
        self._choosing: Callable[[str], str] | None = None

    def run(self, lines: Iterable[str], out: IO[str]) -> int:
        """Talks until /quit or the end of input."""
        print(t("terminal.start", self._lang), file=out, flush=True)
        for line in lines:
            if line.strip() == "/quit":
                break
            print(self.say(line.rstrip("\n")) + "\n", file=out, flush=True)
        print(t("terminal.bye", self._lang), file=out, flush=True)
        return 0

    def say(self, line: str) -> str:
        """What the terminal answers to one line."""
        words = clean(line).strip()
        if words.startswith("/"):
            return self._command(words)
        if self._choosing is not None and words.isdecimal():
            return self._number(int(words))
        return self._ask(line)

    # ------------------------------------------------------------ questions and choices
    def _ask(self, text: str) -> str:
        self._count += 1
        reply = self._talk.ask(
            Question(
                text, CHANNEL, self._asker, self._asker, f"{self._start}-{self._count}", self._clock(),
                lang=self._fixed,
            )
        )  # fmt: skip
        self._last, self._last_lang = reply, reply.lang
        if reply.kind == "choose":
            self._offer([(entry.id, entry.title) for entry in reply.entries], lambda entry: self._choose(entry))
            return f"{reply.text}\n0. {t('choose.none', reply.lang)}"
        if reply.cards and reply.cards[0].role == "choice":  # a cry for help
            return self._emergencies(reply)
        self._choosing = None
        shown = self._shown(reply)
        if reply.kind in ("answer", "emergency") and reply.cards:
            shown += f"\n\n{t('feedback.ask', reply.lang)} /yes /no"
        return shown

    def _shown(self, reply: Reply) -> str:
        return simple_text(reply) if self._preferences.elder else reply.text

    def _offer(self, choices: list[tuple[str, str]], then: Callable[[str], str]) -> None:
        self._choices, self._choosing = choices, then

    def _number(self, number: int) -> str:
        then = self._choosing
        if then is None or number > len(self._choices):
            return t("terminal.number", self._lang, n=len(self._choices))
        return then(NONE if number == 0 else self._choices[number - 1][0])

    def _choose(self, entry_id: str) -> str:
        self._choosing = None
        reply = self._talk.choose(self._last.id, entry_id, self._asker) if self._last else None
        return self._opened(reply)

    def _opened(self, reply: Reply | None) -> str:
        if reply is None:
            return t("stale", self._lang)
        # Feedback goes to the turn that asked; a browsed card has none.
        self._last = replace(reply, id=reply.id)
        return self._shown(reply)

    # ------------------------------------------------------------ commands
    def _command(self, line: str) -> str:
        name, _, rest = line[1:].partition(" ")
        table: dict[str, Callable[[str], str]] = {
            "start": lambda _: t("start", self._lang),
            "help": lambda _: t("terminal.help", self._lang),
            "urgent": lambda _: self._urgent(),
            "topics": lambda _: self._topics(),
            "lang": self._set_lang,
            "elder": lambda _: self._set_elder(),
            "more": lambda _: self._part("more"),
            "share": lambda _: self._part("share"),
            "privacy": lambda _: self._privacy(),
            "forget": lambda _: self._forget(),
            "verify": lambda _: self._verify(),
            "yes": lambda _: self._rate(True, ""),
            "no": lambda words: self._rate(False, words),
        }
        run = table.get(name.casefold())
        return run(rest.strip()) if run else t("terminal.unknown_command", self._lang)

    def _urgent(self) -> str:
        return self._emergencies(self._talk.urgent_card(self._lang))

    def _emergencies(self, reply: Reply) -> str:
        self._offer([(entry.id, entry.title) for entry in reply.entries], lambda entry: self._open(entry))
        listed = "\n".join(f"{number}. {title}" for number, (_, title) in enumerate(self._choices, 1))
        return f"{reply.intro}\n\n{reply.outro}\n{listed}"

    def _topics(self) -> str:
        groups = self._talk.topics(self._lang)

        def entries(group_id: str) -> str:
            found = next(((title, lines) for group, title, lines in groups if group == group_id), None)
            if found is None:
                return t("terminal.number", self._lang, n=len(self._choices))
            self._offer(found[1], lambda entry: self._open(entry))
            listed = "\n".join(f"{number}. {title}" for number, (_, title) in enumerate(found[1], 1))
            return f"{t('topics.group', self._lang, title=found[0])}\n{listed}"

        self._offer([(group, title) for group, title, _ in groups], entries)
        listed = "\n".join(f"{number}. {title}" for number, (_, title) in enumerate(self._choices, 1))
        return f"{t('topics.intro', self._lang)}\n{listed}"

    def _open(self, entry_id: str) -> str:
        self._choosing = None
        return self._opened(None if entry_id == NONE else self._talk.open_entry(entry_id, lang=self._lang))

    def _part(self, name: str) -> str:
        """More about the last card, or its text to forward."""
        card = self._last.cards[0] if self._last and self._last.cards else None
        text = getattr(card, name, "") if card else ""
        if name == "more" and card and card.sources:
            text += f"\n\n{t('label.sources', self._lang)}{t('label.colon', self._lang)}" + "; ".join(card.sources)
        return text.strip() or t("terminal.nothing_more", self._lang)

    def _set_lang(self, word: str) -> str:
        chosen = _LANGS.get(word.casefold(), word)
        if chosen and chosen not in LANGS:
            return f"{t('lang.ask', self._lang)} /lang zh · hant · en · auto"
        self._save(replace(self._preferences, lang=chosen))
        self._fixed = next((lang for lang in LANGS if lang == chosen), None)
        self._last_lang = self._fixed or self._last_lang
        return t("lang.done" if chosen else "lang.auto_done", self._lang)

    def _set_elder(self) -> str:
        elder = not self._preferences.elder
        self._save(replace(self._preferences, elder=elder))
        return t("elder.on_done" if elder else "elder.off_done", self._lang)

    def _privacy(self) -> str:
        return t("privacy" if self._days["replay_days"] else "privacy.counts_only", self._lang, **self._days)

    def _forget(self) -> str:
        try:
            gone = sum(self._talk.forget(self._identities).values())
        except StoreError:
            return t("forget.failed", self._lang)
        self._last, self._choosing = None, None
        return t("forget.done", self._lang, n=gone) if gone else t("forget.nothing", self._lang)

    def _verify(self) -> str:
        if self._talk.operator:
            return t("verify", self._lang, operator=self._talk.operator)
        place = region_of(self._talk.shown, self._talk.region)
        return t("verify.unnamed", self._lang, **hotline_numbers(place, self._lang))

    def _rate(self, helpful: bool, missing: str) -> str:
        if self._last is None or not self._last.id:
            return t("terminal.nothing_yet", self._lang)
        if not self._talk.feedback(self._last.id, self._asker, helpful, missing):
            return t("stale", self._lang)
        if helpful:
            return t("feedback.thanks", self._lang)
        return t("feedback.thanks_missing" if missing else "feedback.missing", self._lang) + (
            "" if missing else " /no …"
        )

    # ------------------------------------------------------------ settings of this person
    @property
    def _lang(self) -> Lang:
        return self._fixed or self._last_lang

    @property
    def _preferences(self) -> Preferences:
        return self._talk.preferences(self._asker)

    def _save(self, preferences: Preferences) -> None:
        # The store may be down: this run goes on as chosen, the next one asks again.
        try:
            self._talk.set_preferences(self._asker, preferences)
        except StoreError:
            return


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no entry for this user id: a container
        return f"uid-{os.getuid() if hasattr(os, 'getuid') else 0}"
