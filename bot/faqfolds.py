"""Content against the matcher: held-out phrasings in five folds, and the golden samples.

A phrasing that its own entry does not answer once it is held out stands on a border between two entries. That is a
warning for the editor, with the entry that takes it; a sample that is missed is one too, until too many are.
"""

from __future__ import annotations

import multiprocessing
import os
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.core.entry import Entry, Faq, Problem, Wording
from bot.core.rules import problem

if TYPE_CHECKING:
    from bot.core.index import Index

FOLDS = 5
SAMPLES_FAILED = 0.10
#: (id of the entry that holds the phrasing, phrasing, id of the entry that answers it held out: "" for none)
Held = tuple[str, str, str]


def check_matching(faq: Faq, *, workers: int = 0) -> list[Problem]:
    """``workers`` processes fit the folds (0: one a core, 1: this process)."""
    from bot.core.index import build_index

    index = build_index(faq)
    results = held_out(faq, index.calibration, workers or min(FOLDS, os.cpu_count() or 1))
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


def held_out(faq: Faq, calibration: Mapping[str, Any], workers: int = 1) -> list[Held]:
    """What happens to every phrasing when it is not taught."""
    job = partial(_run_fold, faq, calibration)
    if workers == 1:
        return [held for fold in range(FOLDS) for held in job(fold)]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return [held for results in pool.map(job, range(FOLDS)) for held in results]


def _run_fold(faq: Faq, calibration: Mapping[str, Any], fold: int) -> list[Held]:
    """One fold; the whole FAQ's calibration serves, so that a fold is judged by the thresholds residents meet."""
    from bot.core.index import build_index
    from bot.core.policy import decide

    by_id = {entry.id: entry for entry in faq.entries}
    taught = replace(faq, entries=tuple(_without(entry, fold) for entry in faq.entries))
    index = replace(build_index(taught, calibrate=False), calibration=calibration)
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
