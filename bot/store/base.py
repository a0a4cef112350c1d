"""What the services ask of a store: protocols and records. `tests/contract/` runs the same suite on every engine.

A store is six small stores over one database, so that nobody needs a god object:

    faq      published entries, revisions, drafts, documents, the generation
    turns    questions and answers, context of a conversation, feedback, day counts, preferences
    queue    unanswered questions, their groups, wishes to be told
    staff    people, sign-in links, sessions, audit
    inbox    updates accepted and not yet answered
    outbox   what the bot sends unasked

Times are epoch seconds (UTC, int); ids that a person may see are short random strings (`bot.ids.new_id`).
Text columns hold masked text only: masking happens before a record is made. Every method is one transaction.
Methods raise `StoreError` (`StoreBusy` when waiting helps).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

EntryState = Literal["published", "withdrawn", "retired"]
DraftState = Literal["open", "published", "discarded"]
#: How long a claim keeps others off.
CLAIM_SECONDS = 30 * 60
GroupState = Literal["open", "claimed", "answered", "dismissed", "merged"]
Role = Literal["editor", "admin"]


# ---------------------------------------------------------------- faq
@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as stored. ``body``: JSON table of `entry_to_dict(iso_dates=True)`. ``file_hash``: of the file
    last imported or exported ('' if it never stood in a file)."""

    id: str
    topic: str
    body: Mapping[str, Any]
    revision: int
    state: EntryState
    file_hash: str
    updated_at: int
    updated_by: str


@dataclass(frozen=True, slots=True)
class RevisionRow:
    entry_id: str
    revision: int
    body: Mapping[str, Any]
    state: EntryState
    editor: str
    publisher: str
    at: int
    note: str


@dataclass(frozen=True, slots=True)
class DraftRow:
    """``base_revision`` 0: a new entry. ``version`` counts saves, so that two tabs cannot overwrite each other.
    ``replay`` is of this version; saving, `forget` and `expire` drop it, because it may quote residents."""

    id: str
    entry_id: str
    base_revision: int
    body: Mapping[str, Any]
    editor: str
    state: DraftState
    version: int
    group_id: str
    created_at: int
    updated_at: int
    replay: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """One entry to publish in a transaction: compare-and-set on ``base_revision`` (StaleEdit otherwise)."""

    entry_id: str
    topic: str
    body: Mapping[str, Any]
    base_revision: int
    editor: str
    publisher: str
    note: str = ""
    state: EntryState = "published"
    draft_id: str = ""
    file_hash: str | None = None
    close_groups: tuple[str, ...] = ()


class FaqStore(Protocol):
    def generation(self) -> int: ...
    def entries(self, *, states: Sequence[EntryState] = ("published",)) -> list[EntryRow]: ...
    def entry(self, entry_id: str) -> EntryRow | None: ...
    def publish(self, items: Sequence[Publication], *, at: int) -> int:
        """All or nothing; new revisions, audit is the caller's; closes groups; generation + 1; returns it."""

    def revisions(self, entry_id: str) -> list[RevisionRow]: ...
    def set_file_hash(self, entry_id: str, file_hash: str) -> None: ...
    def documents(self) -> dict[str, str]:
        """path -> text of the other published files (topics, regions, lexicon, samples)."""

    def document_hashes(self) -> dict[str, tuple[str, str]]:
        """path -> (SHA-256 hex of the published text in UTF-8, hash of the file last imported)."""

    def put_documents(self, texts: Mapping[str, tuple[str, str]], *, at: int) -> int:
        """path -> (text, file hash); generation + 1 if anything changed; returns it."""

    def save_draft(self, draft: DraftRow) -> DraftRow:
        """Insert (version 0) or update where the version still is ``draft.version``; AlreadyDone otherwise."""

    def draft(self, draft_id: str) -> DraftRow | None: ...
    def drafts(self, *, state: DraftState = "open") -> list[DraftRow]: ...
    def close_draft(self, draft_id: str, state: DraftState, *, at: int) -> bool: ...
    def set_replay(self, draft_id: str, version: int, replay: Mapping[str, Any]) -> None:
        """Left out when the draft is at another version by now."""


# ---------------------------------------------------------------- turns
@dataclass(frozen=True, slots=True)
class TurnRow:
    """One question and what was answered. ``masked`` is None once it is no longer kept.

    Unique by (channel, chat, message): a redelivery adds nothing. ``chat`` and ``asker`` are pseudonyms.
    """

    id: str
    channel: str
    chat: str
    message: str
    asker: str
    at: int
    lang: str
    kind: str
    reason: str
    masked: str | None
    entry_ids: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    nearest: tuple[tuple[str, float], ...] = ()
    confidence: float = 0.0
    group_id: str = ""
    choice: str = ""  # the entry chosen of the choices offered, or "none"
    answered_in: str = ""  # the channel's message that has the answer, so that an edit can change it


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    turn_id: str
    asker: str
    helpful: bool
    missing: str
    at: int


@dataclass(frozen=True, slots=True)
class MissingRow:
    """What a resident missed in an answer, masked. ``question``: what he had asked, while that is kept."""

    words: str
    question: str
    at: int


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a resident set for himself, under his pseudonym."""

    lang: str = ""
    elder: bool = False
    quiz: Mapping[str, Any] = field(default_factory=dict)


SumKey = Literal["day", "channel", "lang", "topic"]


class TurnStore(Protocol):
    def record(
        self,
        turn: TurnRow,
        *,
        unanswered: UnansweredRow | None = None,
        context: str | None = None,
        replace: bool = False,
    ) -> bool:
        """Turn, its unanswered row (with group bookkeeping), its context line and the day count, in one
        transaction. False (and nothing written) when this message is recorded already, or was asked before `forget`. ``replace``: an edited
        message: the old record's counts, feedback, unanswered row and context line are taken back first.
        The unanswered row's group is made when it does not exist; one that was merged leads to its target; an
        answered one opens again. The turn's ``group_id`` is the group found."""

    def together(self) -> AbstractContextManager[None]:
        """What this thread records inside is one transaction: all of it, or nothing when one raises."""

    def add_unanswered(self, row: UnansweredRow) -> bool:
        """A recorded turn turns out unanswered after all ("none of these", "not helpful"): its row and the group
        bookkeeping. False when the turn has one already."""

    def turn(self, turn_id: str) -> TurnRow | None: ...
    def set_answered_in(self, messages: Mapping[str, str]) -> None:
        """turn id -> message. Turns that are not there (any more) are passed over; ``replace`` keeps it."""

    def context(self, chat: str, *, since: int, limit: int = 4) -> list[str]:
        """Masked texts of the last turns of a conversation, oldest first."""

    def clear_context(self, chat: str) -> None: ...
    def choose(self, turn_id: str, choice: str) -> bool:
        """Remember which choice was taken ('none': none of these); False if one was taken already."""

    def add_feedback(self, row: FeedbackRow) -> bool:
        """One a turn and asker, the later replaces the earlier; False when the turn is unknown."""

    def feedback(self, *, since: int = 0, limit: int = 500) -> list[FeedbackRow]: ...
    def helpfulness(self, *, since: int) -> dict[str, tuple[int, int]]:
        """entry -> (not helpful, rated) since then, as far as the turns are kept. Feedback counts for the entry that was
        chosen, else for the first one shown."""

    def missing(self, *, entry: str = "", group: str = "", limit: int = 20) -> list[MissingRow]:
        """What residents missed, newest first: in the answers that count for an entry, or in those to a group's
        questions."""

    def recent_questions(self, *, since: int, limit: int = 2000) -> list[TurnRow]:
        """Turns whose words are still kept, newest first: what an edit is replayed on."""

    def counts(self, *, since_day: str, until_day: str) -> list[Mapping[str, Any]]:
        """Rows {day, channel, lang, kind, reason, topic, n, helpful, unhelpful}; day is ISO in the service's time
        zone, both days are included. A turn counts once, under its first topic ('' without one)."""

    def sums(self, key: SumKey, *, since_day: str, until_day: str) -> list[Mapping[str, Any]]:
        """The same counts summed by one key: rows {value, kind, reason, n, helpful, unhelpful}, ``value`` being a
        day, a channel and so on. Kept ready, so that a quarter of busy days is read at once."""

    def preferences(self, asker: str) -> Preferences: ...
    def set_preferences(self, asker: str, preferences: Preferences) -> None: ...
    def forget(self, askers: Sequence[str], chats: Sequence[str], *, at: int = 0) -> dict[str, int]:
        """Deletes everything of these pseudonyms, in all tables, at once, and takes the words out of the files.
        {questions, context, unanswered, feedback, messages, wishes, preferences} -> how many rows. Day counts stay.
        ``at``: when it was asked for by another process than the one that serves: what was said up to then and still
        waits there in memory is not recorded later. That is remembered for a day, under no one's pseudonym.
        """

    def expire(self, *, now: int, replay_days: int, retention_days: int, context_minutes: int = 15) -> dict[str, int]:
        """Deletes what is past its time (contract, section 5); idempotent; what -> how many rows. To be called
        about once an hour. Day counts stay; so do the figures of a closed group, whose questions go (a dismissed
        group keeps one, by which the like of it is recognised). Ranks fade here as days pass."""


# ---------------------------------------------------------------- queue
@dataclass(frozen=True, slots=True)
class UnansweredRow:
    """A question without an answer. ``reason``: 'no_entry' (ours) or 'not_ours'; or 'rejected' when a resident
    pressed "none of these" or "not helpful". ``weight`` (severity, urgency) multiplies the harm of the group, the
    highest of its questions counts; it is not read back."""

    id: str
    turn_id: str
    masked: str
    lang: str
    channel: str
    asker: str
    at: int
    reason: str
    nearest: tuple[tuple[str, float], ...] = ()
    group_id: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Near-duplicate unanswered questions. ``days``: ISO day -> questions, for the sparkline.

    ``harm`` is weight x (distinct askers + how many more questions the last seven days brought than the seven
    before). ``reason`` is 'not_ours' only while all of its questions are. ``title`` is one question's text, ''
    when none is kept any more. ``merged_into``: the group that holds its questions now, of a merged one.
    """

    id: str
    title: str
    reason: str
    state: GroupState
    questions: int
    askers: int
    first_seen: int
    last_seen: int
    harm: float
    nearest: tuple[tuple[str, float], ...] = ()
    claimed_by: str = ""
    claimed_at: int = 0
    closed_by: str = ""
    closed_at: int = 0
    resolution: str = ""
    days: Mapping[str, int] = field(default_factory=dict)
    merged_into: str = ""


@dataclass(frozen=True, slots=True)
class WishRow:
    """ "Tell me when you know". The only place where a chat id waits for long; 30 days at most."""

    id: str
    channel: str
    chat_id: str
    asker: str
    group_id: str
    lang: str
    at: int


@dataclass(frozen=True, slots=True)
class RisingRow:
    """A waiting group that grew: questions of the last seven days and of the seven before."""

    group: str
    title: str
    reason: str
    now: int
    before: int
    askers: int


class QueueStore(Protocol):
    def groups(
        self,
        *,
        reason: str | None = None,
        states: Sequence[GroupState] = ("open", "claimed"),
        search: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> list[GroupRow]:
        """Ranked by harm, then by last seen. ``reason`` 'ours': all but 'not_ours'. ``search``: words that must all
        be found in the group's questions, two Chinese characters suffice."""

    def count(self, *, reason: str | None = None, states: Sequence[GroupState] = ("open", "claimed")) -> int: ...
    def rising(self, *, today: str, least: int = 2, limit: int = 12) -> list[RisingRow]:
        """Waiting groups that were asked more, and at least ``least`` times, in the seven days up to the ISO day
        ``today`` than in the seven before; the steepest first, then most askers."""

    def coverage(self, *, since: int) -> tuple[int, float | None]:
        """Of groups that an entry answered since then: how many, and the true median of the seconds from the first
        question to that answer. Dismissed groups and those answered once have no entry."""

    def group(self, group_id: str) -> GroupRow | None: ...
    def members(self, group_id: str, *, limit: int = 200) -> list[UnansweredRow]:
        """Newest first."""

    def titles(self) -> list[tuple[str, str]]:
        """(group id, a member's masked text) of every group: what the grouping index is built from. The title of a
        merged group stands under the group it went into, so an id may occur twice."""

    def claim(self, group_id: str, editor: str, *, at: int) -> GroupRow:
        """AlreadyDone when another editor holds or closed it; a claim is free again after 30 minutes."""

    def release(self, group_id: str, editor: str) -> bool: ...
    def close(self, group_id: str, state: GroupState, editor: str, resolution: str, *, at: int) -> GroupRow:
        """'answered' or 'dismissed' (sticky: later members join silently). AlreadyDone when closed already, or while
        another editor's claim lasts; the same for `merge` and `split`."""

    def reopen(self, group_id: str, editor: str, *, at: int) -> GroupRow:
        """NotFound when its questions are no longer kept."""

    def merge(self, group_ids: Sequence[str], into: str, editor: str, *, at: int) -> GroupRow: ...
    def split(self, group_id: str, question_ids: Sequence[str], editor: str, *, at: int) -> GroupRow:
        """The named questions get a group of their own, which is returned (the group itself if all were named)."""

    def move_to_ours(self, group_id: str, editor: str, *, at: int) -> GroupRow:
        """A group that was judged not ours comes into the editors' queue."""

    def update_harm(self, harms: Mapping[str, float]) -> None:
        """Sets the harm; questions that come later carry on from it."""

    def add_wish(self, wish: WishRow) -> bool:
        """One a chat and group; False when it is there already, or the group is not."""

    def wishes(self, group_id: str) -> list[WishRow]: ...
    def drop_wish(self, wish_id: str) -> None: ...
    def drop_wishes(self, channel: str, chat_id: str) -> int:
        """Everything one chat wished for, in closed groups too: it cannot be told any more. How many."""


# ---------------------------------------------------------------- staff
@dataclass(frozen=True, slots=True)
class StaffRow:
    name: str
    role: Role
    telegram_id: int | None
    added_at: int
    removed_at: int = 0


@dataclass(frozen=True, slots=True)
class SessionRow:
    token_hash: str
    name: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class AuditRow:
    at: int
    who: str
    action: str
    target: str
    detail: str = ""
    id: int = 0


class StaffStore(Protocol):
    def add(self, row: StaffRow) -> None:
        """AlreadyDone when the name or the Telegram id is taken; a removed person comes back."""

    def remove(self, name: str, *, at: int) -> bool:
        """Sessions and unused links of the person end in the same transaction."""

    def person(self, name: str) -> StaffRow | None: ...
    def by_telegram(self, telegram_id: int) -> StaffRow | None: ...
    def people(self, *, removed: bool = False) -> list[StaffRow]: ...
    def add_link(self, token_hash: str, name: str, *, expires_at: int) -> None: ...
    def peek_link(self, token_hash: str, *, now: int) -> str | None:
        """The name a still valid link is for; does not consume it."""

    def use_link(self, token_hash: str, *, now: int) -> str | None:
        """Consumes the link: a name exactly once, None ever after."""

    def add_session(self, row: SessionRow) -> None: ...
    def session(self, token_hash: str, *, now: int) -> StaffRow | None: ...
    def end_session(self, token_hash: str) -> None: ...
    def end_sessions(self, name: str) -> int: ...
    def audit(self, row: AuditRow) -> None: ...
    def audit_log(self, *, limit: int = 100, before_id: int | None = None) -> list[AuditRow]: ...


# ---------------------------------------------------------------- inbox, outbox
@dataclass(frozen=True, slots=True)
class InboxRow:
    """An update accepted and not yet answered: masked body, chat id, update id."""

    update_id: int
    chat_id: str
    body: Mapping[str, Any]
    at: int
    attempts: int = 0


class InboxStore(Protocol):
    def accept(self, rows: Sequence[InboxRow]) -> list[int]:
        """Stores what is new in one transaction; update ids seen before are left out of the result."""

    def done(self, update_ids: Sequence[int]) -> None:
        """Deletes body and chat id; the bare update id is remembered for a day so that a redelivery is known."""

    def pending(self, *, limit: int = 1000) -> list[InboxRow]:
        """In order of update id: what a crash left."""

    def forget(self, chat_id: str) -> int:
        """What a chat sent and nobody answered yet; as if it were answered, so that it is not taken again."""

    def attempt(self, update_id: int) -> int:
        """Counts one more try and returns the number, before the answer is sent."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """``asker``: the pseudonym of who gets it, by which `forget` finds it."""

    id: str
    channel: str
    chat_id: str
    kind: str
    body: Mapping[str, Any]
    due_at: int
    state: Literal["waiting", "claimed", "sent", "uncertain", "failed"]
    attempts: int = 0
    note: str = ""
    group_id: str = ""
    asker: str = ""


class OutboxStore(Protocol):
    def put(self, rows: Iterable[OutboxRow]) -> None:
        """A row whose id is there already is left alone."""

    def claim(self, channels: Sequence[str], *, now: int, limit: int = 20) -> list[OutboxRow]:
        """Due rows of these channels, each to one claimer only; a claim older than 5 minutes becomes 'uncertain',
        not resent."""

    def mark(self, row_id: str, state: str, *, note: str = "", due_at: int | None = None) -> None:
        """'sent' and 'failed' delete chat id, asker and body; 'waiting' with a ``due_at`` tries again then."""

    def by_group(self, group_id: str) -> list[OutboxRow]: ...


class Store(Protocol):
    """The whole of it. `open_store(settings)` in bot.app picks the engine."""

    @property
    def faq(self) -> FaqStore: ...
    @property
    def turns(self) -> TurnStore: ...
    @property
    def queue(self) -> QueueStore: ...
    @property
    def staff(self) -> StaffStore: ...
    @property
    def inbox(self) -> InboxStore: ...
    @property
    def outbox(self) -> OutboxStore: ...
    def migrate(self) -> list[str]:
        """Applies what is pending; names of the migrations applied."""

    def check(self) -> list[str]:
        """Integrity findings; empty when sound."""

    def backup(self, path: str) -> None: ...
    def restore(self, path: str) -> None: ...
    def close(self) -> None: ...


Clock = Callable[[], int]
