"""Content against the matcher: held-out phrasings in five folds, and the golden samples.

A phrasing that its own entry does not answer once it is held out stands on a border between two entries. That is a
warning for the editor, with the entry that takes it; a sample that is missed is one too, until too many are.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.core.entry import Entry, Faq, Problem, Wording
from bot.core.rules import problem

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnContext

    from bot.core.corpus import Corpus
    from bot.core.index import Index

FOLDS = 5
SAMPLES_FAILED = 0.10
#: (id of the entry that holds the phrasing, phrasing, id of the entry that answers it held out: "" for none)
Held = tuple[str, str, str]


def check_matching(faq: Faq, *, workers: int = 0) -> list[Problem]:
    """``workers`` processes fit, this one among them (0: one a core)."""
    results, index = held_out(faq, min(FOLDS, workers or os.cpu_count() or 1))
    return [*_check_folds(faq, results), *_check_samples(faq, index)]


def _check_folds(faq: Faq, results: Iterable[Held]) -> list[Problem]:
    """A warning for each entry that loses held-out phrasings: which entries take how many."""
    lost: dict[str, list[tuple[str, str]]] = defaultdict(list)
    totals: Counter[str] = Counter()
    for owner, text, taker in results:
        totals[owner] += 1
        if taker != owner:
            lost[owner].append((taker, text))
    found = []
    for entry in faq.entries:
        if lost[entry.id]:
            takers = Counter(taker or "无答案 / none" for taker, _ in lost[entry.id])
            other = ", ".join(f"{taker} {count}" for taker, count in takers.most_common())
            count, text = len(lost[entry.id]), lost[entry.id][0][1]
            file = f"{faq.topics[entry.topic].group}/{entry.id}.toml"
            found.append(
                problem("collision", file, "phrasings", count=count, total=totals[entry.id], other=other, text=text)
            )
    return found


def held_out(faq: Faq, workers: int = 1) -> tuple[list[Held], Index]:
    """What happens to every phrasing when it is not taught, and the index of the whole FAQ.

    The whole FAQ's calibration serves, so that a fold is judged by the thresholds residents meet. This process fits
    the whole while the others begin on the folds; then each takes the next fold that nobody has.
    """
    from bot.core.index import build_index, corpus_of

    context = multiprocessing.get_context("spawn")
    taken = context.Value("i", 0) if workers > 1 else None
    helpers = [_Helper(context, faq, taken) for _ in range(workers - 1)]
    try:
        # Reading takes a quarter of a fit, and the folds share all their strings.
        corpus = corpus_of(faq)
        index = build_index(faq, corpus=corpus)
        for helper in helpers:
            helper.tell(index.calibration)

        def done(fold: int) -> list[Held]:
            return _judged(faq, _fold_index(faq, fold, corpus), index.calibration, fold)

        found = {fold: done(fold) for fold in _folds(taken)}
        for helper in helpers:
            found |= helper.results()
    finally:
        for helper in helpers:
            helper.close()
    # What a process took that has died is done here.
    return [held for fold in range(FOLDS) for held in (found.get(fold) or done(fold))], index


class _Helper:
    """Another process that fits folds, and judges them when it is told the calibration."""

    def __init__(self, context: SpawnContext, faq: Faq, taken: Any) -> None:
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_help, args=(taken, theirs), daemon=True)
        self._process.start()
        theirs.close()  # so that its end is noticed here
        # Not as an argument: `start` would wait for ever for a process to read it that died while it was starting.
        self.tell(faq)

    def tell(self, what: Faq | Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.pipe.send(what)

    def results(self) -> dict[int, list[Held]]:
        """Of the folds it took; nothing if it died, for want of memory for instance."""
        with contextlib.suppress(EOFError, OSError):
            found: dict[int, list[Held]] = self.pipe.recv()
            return found
        return {}

    def close(self) -> None:
        self._process.terminate()
        self._process.join()
        self.pipe.close()


def _help(taken: Any, pipe: Connection) -> None:
    from bot.core.index import corpus_of

    faq: Faq = pipe.recv()
    corpus = corpus_of(faq)
    waiting: dict[int, Index] = {}
    found: dict[int, list[Held]] = {}
    calibration: Mapping[str, Any] | None = None

    def judge() -> None:
        while waiting and calibration is not None:
            fold, index = waiting.popitem()
            found[fold] = _judged(faq, index, calibration, fold)

    for fold in _folds(taken):
        waiting[fold] = _fold_index(faq, fold, corpus)
        if calibration is None and pipe.poll():
            calibration = pipe.recv()
        judge()
    if calibration is None:
        calibration = pipe.recv()
    judge()
    pipe.send(found)


def _folds(taken: Any) -> Iterator[int]:
    """The folds that nobody has begun; ``taken`` counts those begun by all processes (None: there is one)."""
    if taken is None:
        yield from range(FOLDS)
        return
    while True:
        with taken.get_lock():
            fold = taken.value
            taken.value += 1
        if fold >= FOLDS:
            return
        yield fold


def _fold_index(faq: Faq, fold: int, corpus: Corpus) -> Index:
    from bot.core.index import build_index

    taught = replace(faq, entries=tuple(_without(entry, fold) for entry in faq.entries))
    return build_index(taught, calibrate=False, rough=True, corpus=corpus)


def _judged(faq: Faq, index: Index, calibration: Mapping[str, Any], fold: int) -> list[Held]:
    """One fold's phrasings, asked of the index that was not taught them."""
    from bot.core.policy import decide

    by_id = {entry.id: entry for entry in faq.entries}
    index = replace(index, calibration=calibration)
    results: list[Held] = []
    for entry in faq.entries:
        for text in _phrasings(entry):
            if _fold(text) != fold:
                continue
            shown = [hit.entry_id for hit in decide(index, text).hits]
            # Shown at all is answered: an emergency card stands before the scam type that was asked about.
            answered = any(by_id[i].topic == entry.topic for i in shown)
            results.append((entry.id, text, entry.id if answered else (shown[0] if shown else "")))
    return results


def _phrasings(entry: Entry) -> tuple[str, ...]:
    return (*entry.zh.phrasings, *entry.zh.urgent, *entry.en.phrasings, *entry.en.urgent)


def _fold(text: str) -> int:
    """The same in every process, unlike `hash`."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % FOLDS


def _without(entry: Entry, fold: int) -> Entry:
    def kept(wording: Wording) -> Wording:
        return replace(
            wording,
            phrasings=tuple(t for t in wording.phrasings if _fold(t) != fold),
            urgent=tuple(t for t in wording.urgent if _fold(t) != fold),
        )

    return replace(entry, zh=kept(entry.zh), en=kept(entry.en))


def _check_samples(faq: Faq, index: Index) -> list[Problem]:
    """A sample is answered as it says if a wanted topic is shown, or nothing where none is wanted; urgent or not."""
    from bot.core.policy import decide

    topic_of = {entry.id: entry.topic for entry in faq.entries}
    missed: dict[str, list[str]] = defaultdict(list)
    totals: dict[str, int] = defaultdict(int)
    for sample in faq.samples:
        name = faq.topics[sample.topics[0]].group if sample.topics else "none"
        totals[name] += 1
        decision = decide(index, sample.text)
        shown = {topic_of[hit.entry_id] for hit in decision.hits}
        right = bool(shown & set(sample.topics)) if sample.topics else not shown
        if not right or (sample.urgent and decision.kind != "emergency"):
            missed[name].append(sample.text)
    found = [
        problem("sample-missed", "samples", name, count=len(texts), total=totals[name], text=texts[0])
        for name, texts in sorted(missed.items())
    ]
    count = sum(map(len, missed.values()))
    if count > SAMPLES_FAILED * max(1, len(faq.samples)):
        found.append(problem("samples-failed", "samples", "-", count=count, total=len(faq.samples)))
    return found
