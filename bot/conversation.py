"""A resident's conversation, whatever the channel: ask, choose, rate, browse, be forgotten.

`ask` answers from the current index and records the turn; a fault of the store never costs a resident the answer.
The index is immutable: `refresh` swaps in the next one (`bot.served`), running questions keep the old one.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot import waiting
from bot.core import browse
from bot.core.answer import Shown, answer, card_reply, look_at, none_reply, urgent_reply
from bot.core.index import Index
from bot.core.match import Look
from bot.core.redact import REACH, redact, redact_start
from bot.core.reply import LANGS, MAX_TEXT, Card, Lang, Reply
from bot.core.text import clean
from bot.errors import NotFound, StoreError
from bot.ids import new_id
from bot.indexcache import index_of
from bot.served import Served
from bot.spool import Record, Spool
from bot.store.base import Clock, FeedbackRow, Preferences, Store, TurnRow, UnansweredRow

log = logging.getLogger(__name__)

CONTEXT_SECONDS = 15 * 60
CONTEXT_TURNS = 4
#: Turns of a conversation that are counted; more than anybody types in fifteen minutes.
COUNTED_TURNS = 99
NONE = "none"
#: An edited message is still in the context under its old words; what is this alike is taken to be it.
SAME_MESSAGE = 0.6
MAX_MISSING = 500
_ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Question:
    """What a channel makes of a message. ``chat`` and ``asker`` are pseudonyms; ``message`` is unique in its chat.
    ``forwarded``: somebody else's words, passed on to be judged; whose is not known here. ``masked``: `mask` of the
    text, where the channel had to store it already. ``lang_known``: the channel looked for a language chosen before.
    ``why``: the channel shows which words decided."""

    text: str
    channel: str
    chat: str
    asker: str
    message: str
    at: int
    lang: Lang | None = None
    edited: bool = False
    forwarded: bool = False
    masked: str | None = None
    lang_known: bool = False
    why: bool = True


class Conversation:
    """Safe to share between threads. ``replay_days`` 0: the words of answered questions are not kept at all.
    ``beside``: a new FAQ is fitted by a process of its own while this one goes on answering."""

    def __init__(
        self,
        store: Store,
        *,
        region: str,
        timezone: str,
        operator: str,
        clock: Clock,
        replay_days: int = 30,
        beside: bool = False,
    ) -> None:
        self.region, self.timezone, self.operator = region, timezone, operator
        self._store = store
        self._clock = clock
        self._replay_days = replay_days
        self._served = Served(
            store.faq, lambda faq: index_of(faq, aside=True) if beside else index_of(faq), beside=beside
        )
        self.spool = Spool(store.turns)
        self._looked = threading.local()
        self._groups = waiting.Groups(store.queue)

    # ------------------------------------------------------------ the index
    @property
    def index(self) -> Index:
        """The current index; the first use makes it. FaqError when nothing that can be served is published."""
        return self._served.index

    @property
    def shown(self) -> Shown:
        """What is published, for whatever needs no models: does not wait for the first fit, as `index` does."""
        return self._served.shown

    @property
    def ready(self) -> bool:
        """Whether a question is answered without waiting for the first fit."""
        return self._served.ready

    @property
    def generation(self) -> int:
        """The generation of the published FAQ that the current index shows; -1 before the first."""
        return self._served.generation

    @property
    def settled(self) -> bool:
        """False while the models of the current generation are being fitted beside."""
        return self._served.settled

    def refresh(self) -> bool:
        """Serves a new generation if one is published. The old one stays when that one is broken."""
        return self._served.refresh()

    def settled_index(self) -> Index:
        """The index of what is published, with its models; waits for them."""
        while True:
            self.refresh()
            if self._served.settle():
                return self.index

    def flush(self) -> int:
        """Writes what waits in the spool; how many records were written."""
        return self.spool.flush()

    @contextmanager
    def together(self, texts: Sequence[str] = ()) -> Iterator[None]:
        """What this thread asks inside is looked at together and recorded at the end, in one transaction. ``texts``:
        what will be asked, as far as it is known. The answers are the same."""
        if self.ready and len(texts) > 1:
            index = self.index
            try:
                self._looked.at = index, look_at(index, texts)
            except Exception as error:  # `ask` meets it again, for the one question that it is about
                log.warning("not looked at together: %s", type(error).__name__)
        try:
            with self.spool.together():
                yield
        finally:
            self._looked.at = None

    # ------------------------------------------------------------ asking
    def ask(self, question: Question) -> Reply:
        """The reply, recorded. The same message again adds nothing; an edited one replaces its record."""
        began = time.perf_counter()
        index = self.index
        before, lang = self._before(question)
        context = before[-CONTEXT_TURNS:]
        reply = answer(
            index, question.text, context=context, region=self.region, lang=question.lang or lang,
            forwarded=question.forwarded, masked=question.masked, why=question.why,
            looked=self._look_of(index, question.text),
        )  # fmt: skip
        identity = turn_id(question)
        self._record(question, reply, index, identity)
        elapsed = round((time.perf_counter() - began) * 1000, 2)
        return replace(reply, id=identity, turn=len(before) + 1, elapsed_ms=elapsed)

    def _look_of(self, index: Index, text: str) -> Look | None:
        looked: tuple[Index, dict[str, Look]] | None = getattr(self._looked, "at", None)
        return looked[1].get(text) if looked is not None and looked[0] is index else None

    def _before(self, question: Question) -> tuple[list[str], Lang | None]:
        """What was said before in this conversation, oldest first, and the language chosen, if the store answers."""
        since = question.at - CONTEXT_SECONDS
        lines: list[str] = []
        lang: Lang | None = None
        try:
            lines = self._store.turns.context(question.chat, since=since, limit=COUNTED_TURNS)
            if question.lang is None and not question.lang_known:
                lang = _lang(self._store.turns.preferences(question.asker).lang)
        except StoreError as error:
            log.warning("answering without context: %s", type(error).__name__)
        lines = [*lines, *self.spool.context(question.chat, since=since)]
        if lines:
            masked = mask(question.text) if question.masked is None else question.masked
            lines = [line for line in lines if not _same_message(line, masked, edited=question.edited)]
        return lines, lang

    def _record(self, question: Question, reply: Reply, index: Index, identity: str) -> None:
        turn = TurnRow(
            id=identity,
            channel=question.channel,
            chat=question.chat,
            message=question.message or identity,
            asker=question.asker,
            at=question.at,
            lang=reply.lang,
            kind=reply.kind,
            reason=reply.reason or "",
            masked=reply.masked if self._replay_days else None,
            entry_ids=tuple(entry.id for entry in reply.entries),
            topics=tuple(dict.fromkeys(entry.topic for entry in reply.entries)),
            nearest=reply.nearest,
            confidence=reply.entries[0].confidence if reply.entries else 0.0,
        )
        unanswered = None
        if reply.kind == "unknown" and reply.masked.strip():
            unanswered = self._unanswered(turn, reply.masked, reply.reason or "not_ours", index)
            turn = replace(turn, group_id=unanswered.group_id)
        context = reply.masked if keeps_context(reply) else None
        self.spool.write(Record(turn, unanswered, context, question.edited))

    def _unanswered(self, turn: TurnRow, masked: str, reason: str, index: Shown) -> UnansweredRow:
        return UnansweredRow(
            id=new_id(),
            turn_id=turn.id,
            masked=masked,
            lang=turn.lang,
            channel=turn.channel,
            asker=turn.asker,
            at=turn.at,
            reason=reason,
            nearest=turn.nearest,
            group_id=self._groups.of(masked),
            weight=waiting.weight(index, masked, turn.nearest, turn.entry_ids),
        )

    # ------------------------------------------------------------ after the answer
    def note_answers(self, messages: Mapping[str, str]) -> None:
        """turn id -> the channel's message that answers it, for `answered_in`. StoreError when it cannot be kept."""
        self._store.turns.set_answered_in(messages)

    def answered_in(self, turn_id: str) -> int:
        """The message that answered a question before it was edited; 0 when it is not known (any more)."""
        try:
            turn = self._store.turns.turn(turn_id)
        except StoreError:
            return 0
        return int(turn.answered_in) if turn is not None and turn.answered_in.isdigit() else 0

    def open_entry(self, entry_id: str, *, lang: Lang) -> Reply | None:
        """The card of an entry that was browsed to; None when it is not published (any more)."""
        try:
            return card_reply(self.shown, entry_id, lang=lang, region=self.region)
        except NotFound:
            return None

    def choose(self, turn_id: str, entry_id: str, asker: str) -> Reply | None:
        """The card of a choice, or what follows "none" of them. None: the button is stale."""
        try:
            turn = self._store.turns.turn(turn_id)
        except StoreError:
            turn = None
        lang: Lang = (_lang(turn.lang) if turn else None) or "zh-Hans"
        if entry_id == NONE:
            if turn is None:
                return None
            reply: Reply | None = none_reply(self.shown, lang=lang, region=self.region, masked=turn.masked or "")
        else:
            reply = self.open_entry(entry_id, lang=lang)
        if reply is None:
            return None
        if turn is not None and turn.asker == asker:  # in a group, others may look but not decide
            self._note_choice(turn, entry_id)
        return replace(reply, id=turn_id)

    def _note_choice(self, turn: TurnRow, choice: str) -> None:
        try:
            if self._store.turns.choose(turn.id, choice) and choice == NONE:
                self._reject(turn)
        except StoreError as error:
            log.warning("choice not recorded: %s", type(error).__name__)

    def _reject(self, turn: TurnRow) -> None:
        """What was shown did not fit: the question joins the queue, if its words are kept."""
        if turn.masked and turn.kind not in ("unknown", "smalltalk"):
            self._store.turns.add_unanswered(self._unanswered(turn, turn.masked, "rejected", self.shown))

    def feedback(self, turn_id: str, asker: str, helpful: bool, missing: str = "") -> bool:
        """False when the turn is unknown (any more) or the store is down."""
        words = mask(missing, MAX_MISSING)
        try:
            if not self._store.turns.add_feedback(FeedbackRow(turn_id, asker, helpful, words, self._clock())):
                return False
            turn = None if helpful else self._store.turns.turn(turn_id)
            if turn is not None:
                self._reject(turn)
        except StoreError as error:
            log.warning("feedback not recorded: %s", type(error).__name__)
            return False
        return True

    def tell_me(self, turn_id: str, channel: str, chat_id: str, asker: str, lang: Lang) -> bool:
        """ "Tell me when you know": whether the wish stands now."""
        try:
            turn, now = self._store.turns.turn(turn_id), self._clock()
            if turn is None:
                return False
            noted = waiting.wish(self._store.queue, turn.group_id, channel, chat_id, asker, lang, at=now)
            if noted:
                waiting.keep_late(self._store, turn.group_id, at=now)
            return noted
        except StoreError as error:
            log.warning("wish not recorded: %s", type(error).__name__)
            return False

    # ------------------------------------------------------------ browsing
    def topics(self, lang: Lang) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """(group, title, [(entry, title)]) in the order of faq/topics.toml; groups without entries are left out."""
        return browse.topics(self.shown, lang=lang, region=self.region)

    def entries(self, lang: Lang = "zh-Hans") -> list[browse.EntryLine]:
        return browse.entries(self.shown, lang=lang, region=self.region)

    def urgent_card(self, lang: Lang) -> Reply:
        return urgent_reply(self.shown, lang, self.region)

    def search_cards(self, query: str, lang: Lang, limit: int = 5) -> list[Card]:
        """Cards to share for a few typed words: what the words are part of, then what they would be answered with."""
        return browse.search(self.index, query[:MAX_TEXT], lang=lang, region=self.region, limit=limit)

    # ------------------------------------------------------------ a resident's own
    def preferences(self, asker: str) -> Preferences:
        try:
            return self._store.turns.preferences(asker)
        except StoreError:
            return Preferences()

    def set_preferences(self, asker: str, preferences: Preferences) -> None:
        self._store.turns.set_preferences(asker, preferences)

    def forget(self, identities: Sequence[str]) -> dict[str, int]:
        """Deletes everything of these pseudonyms (of askers and chats). StoreError: nothing is promised then."""
        waiting_rows = self.spool.forget(frozenset(identities))
        gone = self._store.turns.forget(identities, identities)
        self._groups.reset()  # it holds readings of deleted words
        if waiting_rows:
            gone["questions"] = gone.get("questions", 0) + waiting_rows
        return gone


def turn_id(question: Question) -> str:
    """The same message has the same id, so that buttons under a redelivered answer still find their turn."""
    if not question.message:
        return new_id()
    number = int.from_bytes(
        hashlib.sha256(f"{question.channel}\0{question.chat}\0{question.message}".encode("utf-8", "replace")).digest()
    )
    letters = []
    number %= len(_ID_LETTERS) ** _ID_LENGTH
    for _ in range(_ID_LENGTH):
        number, place = divmod(number, len(_ID_LETTERS))
        letters.append(_ID_LETTERS[place])
    return "".join(letters)


def mask(text: str, limit: int = MAX_TEXT) -> str:
    """A text as it may be stored, its first ``limit`` characters."""
    if len(text) <= limit:
        return redact(clean(text)).text
    return redact_start(clean(text[: limit + REACH]), limit).text


def keeps_context(reply: Reply) -> bool:
    """Whether later turns are read in the light of this one: a greeting says nothing about what follows."""
    return reply.kind != "smalltalk" and bool(reply.masked.strip())


def _same_message(line: str, masked: str, *, edited: bool) -> bool:
    if line == masked:
        return True
    return edited and difflib.SequenceMatcher(None, line[:400], masked[:400]).ratio() >= SAME_MESSAGE


def _lang(value: str) -> Lang | None:
    return next((lang for lang in LANGS if lang == value), None)
