"""The match index: built once from the published FAQ, immutable, swapped as a whole.

Everything learned is fitted here from `faq/` alone, in this order:

1. vectorizer over all phrasings and everyday messages;
2. router   which entry, or none (SVM, one against the rest); emergency entries stay out, they are cards;
3. cards    which emergency card (SVM): the emergency entries and those of ``own_card``;
4. urgency  has it happened, is it happening (SVM): ``urgent`` against ``phrasings`` and everyday messages;
5. moments  which entry at which moment (SVM, one against the rest): each entry's ``urgent`` and its ``phrasings``
            are two classes, as what is urgent about a parcel is not what is urgent about a threat;
6. scope    ours or not (SVM): phrasings against everyday messages;
7. calibration of the three probabilities and their thresholds on the golden samples (`calibrate.py`).
"""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.core.corpus import Corpus
from bot.core.entry import Entry, Faq
from bot.core.features import Features, extract
from bot.core.lexicon import Lexicon
from bot.core.linear import Floats, LinearModel, Row, StackedModels, Vectorizer, fit_binary_svm, fit_svm, row_of
from bot.core.reply import Card
from bot.core.retrieve import Retriever
from bot.core.smalltalk import Smalltalk

#: Places in an array.
Numbers = NDArray[np.intp]
#: Share of each feature group in the vector that the router reads (the matter is in the wording: with concepts and
#: acts beside it, it sends a new pretext to the entry that shares its acts) ...
ROUTING = {"c": 1.0, "p": 0.6, "w": 1.0, "g": 1.0}
#: ... and in the one that the other three read: what has happened stands in acts and in the last clause.
STATE = {**ROUTING, "k": 0.5, "a": 0.5, "t": 0.6}
#: The router's class of everyday messages.
NONE = ""
#: Ends of the names of the classes of ``moments``.
URGENT, CALM = " urgent", " calm"
#: What ``moments`` says of an entry, beside the router's 1.
MOMENT = 0.5
#: A feature seen in fewer teaching strings is not kept: half the vocabulary, and nothing that generalises.
MIN_ROWS = 3
#: Rounds of the solver. Short of its end a model depends on chance: an edit of one entry moves answers of others. That
#: does not matter where answers are only counted (``rough``).
EPOCHS = {"router": 6, "cards": 8, "urgency": 8, "moments": 5, "scope": 8}
ROUGH = {"router": 4, "cards": 6, "urgency": 5, "moments": 3, "scope": 5}
#: Above this many phrasings the linear models are fitted on an even choice of them; the retriever keeps all.
MAX_ROWS = 60_000


@dataclass(frozen=True, slots=True)
class Fresh:
    """Whose phrasing a text is that was published since the fit (see `interim`)."""

    entry: str
    urgent: bool


class Scores(NamedTuple):
    """What the models say of a text. ``router`` and ``cards``: one score a class; ``urgency``, ``scope``: margins."""

    router: Floats
    cards: Floats
    urgency: float
    scope: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The classes of a model that are served in a region, by name: their places among its scores, the place of each
    name in this list, and what is added to their scores (`calibrate`)."""

    names: Sequence[str]
    places: Numbers
    number: Mapping[str, int]
    offsets: Floats


@dataclass(frozen=True)
class Index:
    """``entries``: by id. The models' classes are entry ids. ``state``: moments, cards, urgency and scope.
    ``fresh``: normal form -> phrasing not fitted yet."""

    faq: Faq
    lexicon: Lexicon
    entries: Mapping[str, Entry]
    vectorizer: Vectorizer
    router: LinearModel
    state: StackedModels
    retriever: Retriever
    smalltalk: Smalltalk
    calibration: Mapping[str, Any] = field(default_factory=dict)
    fresh: Mapping[str, Fresh] = field(default_factory=dict)
    #: Cards of the entries as made so far (`answer`): a few hundred at most, each always the same.
    cards_made: dict[tuple[object, ...], Card] = field(default_factory=dict, init=False, repr=False, compare=False)
    #: (model, region) -> its `Candidates`.
    candidates_made: dict[tuple[str, str], Candidates] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    #: Entry -> its titles and its signals as they are searched (`browse`).
    searched: dict[str, tuple[str, str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def ids(self) -> list[str]:
        """Of the entries, sorted: a phrasing's label is a place in it."""
        return sorted(self.entries)

    @cached_property
    def cards(self) -> LinearModel:
        return self.state.models["cards"]

    def candidates(self, kind: str, region: str) -> Candidates:
        """Of the model "router" or "cards"."""
        made = self.candidates_made.get((kind, region))
        if made is None:
            number = (self.router if kind == "router" else self.cards).number
            names = sorted(n for n in number if n != NONE and self.entries[n].served_in(region))
            offsets = self.calibration.get("cards", {}) if kind == "cards" else {}
            made = self.candidates_made[kind, region] = Candidates(
                names,
                np.array([number[n] for n in names], np.intp),
                {n: i for i, n in enumerate(names)},
                np.array([offsets.get(n, 0.0) for n in names], np.float64),
            )
        return made

    @cached_property
    def _moments(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Classes of ``moments``: all urgent, all calm; for each class of the router its urgent and its calm one
        (the same twice if it has one only)."""
        number = {name: i for i, name in enumerate(self.state.models["moments"].classes)}
        urgent = [i for name, i in number.items() if name.endswith(URGENT)]
        calm = [i for name, i in number.items() if name.endswith(CALM)]
        names = self.router.classes
        later = [number.get(n + URGENT, number.get(n + CALM, 0)) for n in names]
        before = [number.get(n + CALM, number.get(n + URGENT, 0)) for n in names]
        # As numpy indexes with them: turning lists into that would be half the time of `weigh`.
        return (np.array(urgent, np.intp), np.array(calm, np.intp), np.array(later, np.intp), np.array(before, np.intp))

    def weigh(self, row: Row, state: Row) -> Scores:
        """Of the two vectors of a text.

        ``moments`` has a say in both: an entry is likelier whose better moment resembles the message, and it is the
        more urgent, the more the best urgent moment of any entry outdoes the best calm one.
        """
        urgent, calm, later, before = self._moments
        scores, columns = self.state.scores(state), self.state.columns
        moments = scores[columns["moments"]]
        router: Floats = self.router.scores(row) + MOMENT * np.maximum(moments.take(later), moments.take(before))
        urgency = float(scores[columns["urgency"]][0])
        if urgent.size and calm.size:
            urgency += float(moments.take(urgent).max() - moments.take(calm).max())
        return Scores(router / (1 + MOMENT), scores[columns["cards"]], urgency, float(scores[columns["scope"]][0]))

    def read(self, text: str) -> tuple[Features, Row, Row]:
        """What is in ``text``, and its vectors for the router and for the other models."""
        found = extract(text, self.lexicon)
        return found, *self.rows(found)

    def rows(self, found: Features) -> tuple[Row, Row]:
        """Its vectors for the router and for the other models."""
        blocks = self.vectorizer.blocks(found.bags)
        return row_of(blocks, ROUTING), row_of(blocks, STATE)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """One teaching string. ``urgent`` is None where it is not known (signals)."""

    text: str
    entry: str
    urgent: bool | None
    cost: float


def lessons(entries: Sequence[Entry]) -> list[_Lesson]:
    """Every string of the entries that teaches, in a fixed order."""
    out: list[_Lesson] = []
    for entry in sorted(entries, key=lambda e: e.id):
        for wording in (entry.zh, entry.en):
            calm = (wording.question, *wording.phrasings)
            out.extend(_Lesson(t, entry.id, False, 1.0) for t in calm if t.strip())
            out.extend(_Lesson(t, entry.id, True, 1.0) for t in wording.urgent if t.strip())
            out.extend(_Lesson(t, entry.id, None, 0.5) for t in wording.signals if t.strip())
    return out


def lexicon_of(faq: Faq) -> Lexicon:
    return Lexicon(faq.lexicon, [t for e in faq.entries for t in (*e.zh.phrasings, *e.zh.urgent)])


def is_card(entry: Entry) -> bool:
    return entry.risk == "emergency"


def own_cards(faq: Faq) -> frozenset[str]:
    """Entries that are not emergencies by nature but whose own card says what to do now (fire, suicide ...)."""
    return frozenset(faq.lexicon.get("acts", {}).get("own_card", ()))


def build_index(faq: Faq, *, calibrate: bool = True, rough: bool = False, corpus: Corpus | None = None) -> Index:
    """Fits everything; about a minute for the whole FAQ. Raises ValueError on a FAQ without entries.

    ``rough``: fitted in fewer rounds. ``corpus``: `corpus_of` a FAQ with this lexicon, for whoever fits several.
    """
    if not faq.entries:
        raise ValueError("the FAQ has no entries")
    # Millions of small objects are made and none is garbage before the end: collecting would cost a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _built(faq, calibrate=calibrate, epochs=ROUGH if rough else EPOCHS, corpus=corpus)
    finally:
        if collecting:
            gc.enable()


def corpus_of(faq: Faq) -> Corpus:
    """An empty one, for `build_index`."""
    return Corpus(lexicon_of(faq), tuple(STATE))


def _built(faq: Faq, *, calibrate: bool, epochs: Mapping[str, int], corpus: Corpus | None) -> Index:
    lexicon = lexicon_of(faq)
    corpus = corpus or Corpus(lexicon, tuple(STATE))
    taught = lessons(faq.entries)
    if len(taught) > MAX_ROWS:
        step = len(taught) / MAX_ROWS
        fitted = [taught[int(i * step)] for i in range(MAX_ROWS)]
    else:
        fitted = taught
    everyday = [t for language in ("zh", "en") for t in lexicon.everyday[language]]
    texts = [corpus.add(text) for text in (*(lesson.text for lesson in fitted), *everyday)]
    normal = [corpus.normal[text] for text in texts[: len(fitted)]]
    vectorizer = corpus.vectorizer(texts, min_rows=MIN_ROWS)
    routing: list[Row] = []
    state: list[Row] = []
    for blocks in corpus.blocks(vectorizer, texts):
        routing.append(row_of(blocks, ROUTING))
        state.append(row_of(blocks, STATE))
    del corpus  # what is only needed here is gone before the models are made
    router = _fit_router(
        faq, fitted, routing[: len(fitted)], routing[len(fitted) :], vectorizer.width(ROUTING), epochs["router"]
    )
    del routing
    rows, idle_rows, width = state[: len(fitted)], state[len(fitted) :], vectorizer.width(STATE)
    index = Index(
        faq=faq,
        lexicon=lexicon,
        entries={e.id: e for e in faq.entries},
        vectorizer=vectorizer,
        router=router,
        state=StackedModels.of(
            {
                "cards": _fit_cards(faq, fitted, rows, width, epochs["cards"]),
                "urgency": _fit_urgency(fitted, rows, idle_rows, width, epochs["urgency"]),
                "moments": _fit_moments(fitted, rows, idle_rows, width, epochs["moments"]),
                "scope": _fit_scope(fitted, rows, idle_rows, width, epochs["scope"]),
            }
        ),
        retriever=_build_retriever(taught, fitted, normal, lexicon, faq),
        smalltalk=Smalltalk(faq.lexicon.get("smalltalk", {})),
    )
    if not calibrate:
        return index
    from bot.core.calibrate import calibrated  # calibrating asks the index, so it imports this module

    return calibrated(index)


def _fit_router(
    faq: Faq, taught: Sequence[_Lesson], rows: Sequence[Row], idle: Sequence[Row], features: int, epochs: int
) -> LinearModel:
    """Everyday messages are a class of their own (`NONE`): a near miss must not score high for an entry."""
    cards = {e.id for e in faq.entries if is_card(e)}
    classes = [*(sorted({e.id for e in faq.entries} - cards) or sorted(cards)), NONE]
    number = {entry: i for i, entry in enumerate(classes)}
    chosen = [i for i, lesson in enumerate(taught) if lesson.entry in number]
    return fit_svm(
        [*(rows[i] for i in chosen), *idle],
        [*(number[taught[i].entry] for i in chosen), *[number[NONE]] * len(idle)],
        classes,
        features=features,
        row_costs=[*(taught[i].cost for i in chosen), *[1.0] * len(idle)],
        epochs=epochs,
    )


def _fit_cards(faq: Faq, taught: Sequence[_Lesson], rows: Sequence[Row], features: int, epochs: int) -> LinearModel:
    own = own_cards(faq)
    cards = {e.id for e in faq.entries if is_card(e)}
    classes = sorted(cards | (own & {e.id for e in faq.entries})) or sorted({e.id for e in faq.entries})
    number = {entry: i for i, entry in enumerate(classes)}
    chosen = [
        i for i, lesson in enumerate(taught) if lesson.entry in number and (lesson.entry in cards or lesson.urgent)
    ]
    return fit_svm(
        [rows[i] for i in chosen],
        [number[taught[i].entry] for i in chosen],
        classes,
        features=features,
        row_costs=[taught[i].cost for i in chosen],
        epochs=epochs,
    )


def _fit_urgency(
    taught: Sequence[_Lesson], rows: Sequence[Row], idle: Sequence[Row], features: int, epochs: int
) -> LinearModel:
    chosen = [i for i, lesson in enumerate(taught) if lesson.urgent is not None]
    labels = [int(bool(taught[i].urgent)) for i in chosen] + [0] * len(idle)
    return fit_binary_svm([*(rows[i] for i in chosen), *idle], labels, features=features, epochs=epochs, name="urgent")


def _fit_moments(
    taught: Sequence[_Lesson], rows: Sequence[Row], idle: Sequence[Row], features: int, epochs: int
) -> LinearModel:
    chosen = [i for i, lesson in enumerate(taught) if lesson.urgent is not None]
    names = [taught[i].entry + (URGENT if taught[i].urgent else CALM) for i in chosen] + [NONE + CALM] * len(idle)
    classes = sorted(set(names))
    number = {name: i for i, name in enumerate(classes)}
    return fit_svm(
        [*(rows[i] for i in chosen), *idle], [number[n] for n in names], classes, features=features, epochs=epochs
    )


def _fit_scope(
    taught: Sequence[_Lesson], rows: Sequence[Row], idle: Sequence[Row], features: int, epochs: int
) -> LinearModel:
    labels = [1] * len(rows) + [0] * len(idle)
    costs = [lesson.cost for lesson in taught] + [1.0] * len(idle)
    return fit_binary_svm(
        [*rows, *idle], labels, features=features, cost=1.0, row_costs=costs, epochs=epochs, name="ours"
    )


def _build_retriever(
    taught: Sequence[_Lesson],
    fitted: Sequence[_Lesson],
    normal: Sequence[str],
    lexicon: Lexicon,
    faq: Faq,
) -> Retriever:
    """``normal``: normal forms of the ``fitted`` ones."""
    from bot.core.text import normalise

    known = {lesson.text: text for lesson, text in zip(fitted, normal, strict=True)}
    numbers = {entry: i for i, entry in enumerate(sorted(e.id for e in faq.entries))}
    kept = [lesson for lesson in taught if lesson.urgent is not None]
    texts = [known.get(lesson.text) or normalise(lesson.text, lexicon.variants) for lesson in kept]
    return Retriever(texts, [numbers[lesson.entry] for lesson in kept])
