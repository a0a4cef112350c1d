"""What the core decides and what a resident gets: values that every channel renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["emergency", "answer", "choose", "smalltalk", "unknown"]
Reason = Literal["not_ours", "no_entry"]
Role = Literal["emergency", "answer", "choice"]
Lang = Literal["zh-Hans", "zh-Hant", "en"]
Notice = Literal["masked", "truncated"]
LANGS: tuple[Lang, ...] = ("zh-Hans", "zh-Hant", "en")

#: Telegram's limit of one message, taken for every channel: what a person types beyond it is not read.
MAX_TEXT = 4096


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that the decision shows. ``confidence``: calibrated probability, two decimals."""

    entry_id: str
    confidence: float
    role: Role


@dataclass(frozen=True, slots=True)
class Decision:
    """The core's verdict on a question. ``nearest``: best entries with scores, for the queue of the unanswered.

    ``urgent``: how likely hours matter. ``why``: words of the resident that decided. ``detail``: everything `explain`
    prints, JSON-able. Both are empty where nobody asked for them.
    """

    kind: Kind
    hits: tuple[Hit, ...] = ()
    reason: Reason | None = None
    smalltalk: Literal["cry", "danger", "greeting", "thanks", "goodbye", ""] = ""
    why: tuple[str, ...] = ()
    nearest: tuple[tuple[str, float], ...] = ()
    urgent: float = 0.0
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HotlineLine:
    """A hotline as a card shows it; ``dial`` is the number for a tel: link, empty where it is words."""

    title: str
    number: str
    purpose: str
    dial: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """An entry in one language and region, hotlines filled in: what a channel lays out.

    ``brief`` cards (scam types behind an emergency, second matters) are shown as title and lead only.
    """

    entry_id: str
    topic: str
    role: Role
    risk: str
    title: str
    lead: str
    signs: tuple[str, ...]
    steps: tuple[str, ...]
    more: str
    share: str
    hotlines: tuple[HotlineLine, ...]
    sources: tuple[str, ...]
    brief: bool = False


@dataclass(frozen=True, slots=True)
class ShownEntry:
    id: str
    topic: str
    title: str
    confidence: float
    role: Role


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a resident. ``as_json`` gives the fixed shape of the contract.

    ``cards`` stand in the order of ``entries`` (choices have title-only use). ``intro`` and ``outro`` are the
    sentences around the cards; ``text`` is the whole as plain text.
    """

    kind: Kind
    reason: Reason | None
    lang: Lang
    entries: tuple[ShownEntry, ...]
    cards: tuple[Card, ...]
    why: tuple[str, ...]
    notices: tuple[Notice, ...]
    intro: str
    outro: str
    text: str
    masked: str
    nearest: tuple[tuple[str, float], ...] = ()
    hotlines: tuple[HotlineLine, ...] = ()
    id: str = ""
    turn: int = 1
    session: str = ""
    elapsed_ms: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "turn": self.turn,
            "session": self.session,
            "kind": self.kind,
            "reason": self.reason,
            "lang": self.lang,
            "entries": [asdict(e) for e in self.entries],
            "why": list(self.why),
            "notices": list(self.notices),
            "text": self.text,
            "masked": self.masked,
            "elapsed_ms": self.elapsed_ms,
        }
