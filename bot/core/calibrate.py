"""Probabilities and thresholds from the golden samples, by a written procedure.

The samples were written independently of the phrasings, so what the models say of them is an honest held-out
answer. From it come

* ``ours``    logistic over (scope, best score, best score less none's): P(a question for this FAQ)
* ``entry``   logistic over (score, gap to the best other, similarity, length): P(this entry serves it, if ours)
* ``urgent``  logistic over (urgency, card score): P(hours matter, if ours); times ``ours``, the alarm
* ``cards``   what is added to a card's score: a link is what most begin with, and its card comes first only where
              nothing else happened
* thresholds: the lowest that keep to the budgets below. Lower means more people helped; the budgets are the harm.

With fewer than `MIN_SAMPLES` samples, every fifth phrasing stands in for them (it was fitted on, so it flatters;
`faq check` says that samples are missing).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bot.core.entry import Sample
from bot.core.index import Index, lessons
from bot.core.linear import fit_calibration, sigmoid
from bot.core.match import Evidence, Ranking, evidence

MIN_SAMPLES = 200
#: Share of off-topic samples that may be answered; that may get an answer or choices; share of ours answered wrongly.
OFF_ANSWERED, OFF_CHOSEN, WRONG = 0.025, 0.09, 0.004
#: Share of calm samples, and of off-topic ones, that may be taken for an emergency.
FALSE_ALARMS, OFF_ALARMS = 0.034, 0.018
#: Share of either that may get the first steps of every emergency for sounding urgent, though what it is was not seen.
CRIES = 0.003
CANDIDATES = 4
#: What may be added to the score of an emergency card; from so many urgent samples on.
OFFSETS = [i / 20 for i in range(-8, 9)]
MIN_URGENT = 100
#: With fewer off-topic samples that get silence or choices, nothing is taken for a cry for sounding urgent.
MIN_STRANGE = 100
_NO_CRY = 1.01
#: A second matter is shown beside the first from this probability on.
SECOND = 0.20


@dataclass(frozen=True, slots=True)
class Case:
    sample: Sample
    evidence: Evidence


def ours_features(found: Evidence) -> list[float]:
    return [found.scope, found.best, found.best - found.none, found.similarity]


def entry_features(found: Evidence, place: int) -> list[float]:
    """Of the candidate at ``place`` of the ranking."""
    score = found.ranked[place][1]
    rival = found.ranked[0 if place else 1][1] if len(found.ranked) > 1 else -1.0
    return [score, score - rival, found.similarity, math.log1p(found.length)]


def urgent_features(found: Evidence) -> list[float]:
    """Few on purpose: with the states of `acts` as features of their own it fitted the samples, not residents."""
    card = found.cards[0][1] if found.cards else -1.0
    return [found.urgency, card]


def ours_probability(calibration: Mapping[str, Any], found: Evidence) -> float:
    return _probability(calibration["ours"], ours_features(found), 3)


def entry_probability(calibration: Mapping[str, Any], found: Evidence, place: int) -> float:
    """Rounded to two decimals, as it is compared and shown."""
    return _probability(calibration["entry"], entry_features(found, place))


def urgent_probability(calibration: Mapping[str, Any], found: Evidence) -> float:
    return _probability(calibration["urgent"], urgent_features(found))


def alarm_probability(urgent: float, ours: float) -> float:
    """P(ours and hours matter). The urgency model knows nothing of what is not ours: a burst pipe is urgent too."""
    return round(urgent * ours, 2)


def _probability(weights: Sequence[float], features: Sequence[float], digits: int = 2) -> float:
    total: float = weights[-1]
    for weight, feature in zip(weights, features, strict=False):
        total += weight * feature
    return round(sigmoid(round(total, 6)), digits)


def calibrated(index: Index) -> Index:
    """The index with its calibration; one that it has already says nothing."""
    index = replace(index, calibration={})
    samples = list(index.faq.samples)
    if len(samples) < MIN_SAMPLES:
        samples += _stand_ins(index)
    cases = [Case(s, evidence(index, s.text)) for s in samples]
    cases = [c for c in cases if c.evidence.ranked]
    if not cases:
        return replace(index, calibration=_fallback())
    offsets = _fit_cards(index, cases)
    cases = [replace(c, evidence=replace(c.evidence, cards=_shifted(c.evidence.cards, offsets))) for c in cases]
    calibration: dict[str, Any] = {
        "cards": offsets,
        "ours": fit_calibration(
            [ours_features(c.evidence) for c in cases], [int(bool(c.sample.topics)) for c in cases]
        ),
        "entry": _fit_entry(index, cases),
        "urgent": _fit_urgent(cases),
        "samples": len(cases),
    }
    calibration |= _thresholds(index, cases, calibration)
    return replace(index, calibration=calibration)


def _stand_ins(index: Index) -> list[Sample]:
    out = [
        Sample(lesson.text, (index.entries[lesson.entry].topic,), bool(lesson.urgent))
        for i, lesson in enumerate(lessons(index.faq.entries))
        if lesson.urgent is not None and i % 5 == 0
    ]
    everyday = index.lexicon.everyday["zh"] + index.lexicon.everyday["en"]
    return out + [Sample(text, ()) for text in everyday[::5]]


def _serves(index: Index, entry: str, sample: Sample) -> bool:
    return index.entries[entry].topic in sample.topics


def _fit_entry(index: Index, cases: Sequence[Case]) -> tuple[float, ...]:
    features, labels = [], []
    for case in (c for c in cases if c.sample.topics):
        for place in range(min(CANDIDATES, len(case.evidence.ranked))):
            features.append(entry_features(case.evidence, place))
            labels.append(int(_serves(index, case.evidence.ranked[place][0], case.sample)))
    return fit_calibration(features, labels)


def _fit_cards(index: Index, cases: Sequence[Case]) -> dict[str, float]:
    """Card by card, twice around, the offset with which most urgent samples have a right card first; the smallest of
    equally good ones."""
    names = sorted({name for case in cases for name, _ in case.evidence.cards})
    urgent = [c for c in cases if c.sample.urgent and c.sample.topics and c.evidence.cards]
    if len(urgent) < MIN_URGENT:
        return {}
    scores = np.full((len(urgent), len(names)), -9.0)
    serves = np.zeros((len(urgent), len(names)), bool)
    for row, case in enumerate(urgent):
        for name, score in case.evidence.cards:
            scores[row, names.index(name)] = score
            serves[row, names.index(name)] = _serves(index, name, case.sample)
    rows, offsets = np.arange(len(urgent)), np.zeros(len(names))
    for column in [*range(len(names)), *range(len(names))]:
        right = []
        for offset in OFFSETS:
            offsets[column] = offset
            right.append(int(serves[rows, np.round(scores + offsets, 4).argmax(axis=1)].sum()))
        offsets[column] = max(zip(OFFSETS, right, strict=True), key=lambda pair: (pair[1], -abs(pair[0]), pair[0]))[0]
    return {name: float(offset) for name, offset in zip(names, offsets, strict=True) if offset}


def _shifted(ranked: Ranking, offsets: Mapping[str, float]) -> Ranking:
    """As `match` ranks once it knows the offsets."""
    moved = [(name, round(score + offsets.get(name, 0.0), 4)) for name, score in ranked]
    return tuple(sorted(moved, key=lambda item: (-item[1], item[0])))


def _fit_urgent(cases: Sequence[Case]) -> tuple[float, ...]:
    return fit_calibration(
        [urgent_features(c.evidence) for c in cases if c.sample.topics],
        [int(c.sample.urgent) for c in cases if c.sample.topics],
        ridge=3.0,
    )


def _thresholds(index: Index, cases: Sequence[Case], calibration: Mapping[str, Any]) -> dict[str, float]:
    grid = [i / 100 for i in range(2, 99)]
    fine = [i / 1000 for i in range(20, 1000)]
    scored = [(c, ours_probability(calibration, c.evidence)) for c in cases]
    off = [o for c, o in scored if not c.sample.topics]
    ours_choose = next((t for t in fine if _over(off, t) <= OFF_CHOSEN), 0.5)
    ours_answer = next((t for t in fine if t >= ours_choose and _over(off, t) <= OFF_ANSWERED), 0.9)
    alarms = [
        (c, alarm_probability(urgent_probability(calibration, c.evidence), o) if o >= ours_choose else 0.0, o)
        for c, o in scored
    ]
    emergencies = {t.id for t in index.faq.topics.values() if t.group == "emergency"}
    calm = [p for c, p, _ in alarms if c.sample.topics and not c.sample.urgent and not emergencies & {*c.sample.topics}]
    idle = [p for c, p, _ in alarms if not c.sample.topics]
    alarm = next((t for t in grid if _over(calm, t) <= FALSE_ALARMS and _over(idle, t) <= OFF_ALARMS), 0.5)
    unseen = [(c, urgent_probability(calibration, c.evidence)) for c, p, o in alarms if p < alarm and o < ours_answer]
    strange = [u for c, u in unseen if not c.sample.topics]
    known = [u for c, u in unseen if c.sample.topics and not c.sample.urgent]
    most_off, most_calm = CRIES * len(idle), CRIES * len(calm)
    clear = (t for t in grid if _many(strange, t) <= most_off and _many(known, t) <= most_calm)
    cry = next(clear, _NO_CRY) if len(strange) >= MIN_STRANGE else _NO_CRY
    ours = [(c, p, o) for c, p, o in alarms if c.sample.topics]
    answered = [
        (entry_probability(calibration, c.evidence, 0), _served(index, calibration, c))
        for c, p, o in ours
        if p < alarm and o >= ours_answer
    ]
    answer = next((t for t in grid if sum(p >= t and not served for p, served in answered) <= WRONG * len(ours)), 0.9)
    return {"ours_choose": ours_choose, "ours_answer": ours_answer, "alarm": alarm, "cry": cry, "answer": answer}


def _served(index: Index, calibration: Mapping[str, Any], case: Case) -> bool:
    """Whether the first entry, or the second where it would be shown, serves."""
    found = case.evidence
    second = len(found.ranked) > 1 and entry_probability(calibration, found, 1) >= SECOND
    return any(_serves(index, entry, case.sample) for entry, _ in found.ranked[: 2 if second else 1])


def _over(values: Sequence[float], threshold: float) -> float:
    return _many(values, threshold) / max(1, len(values))


def _many(values: Sequence[float], threshold: float) -> int:
    return sum(v >= threshold for v in values)


def _fallback() -> dict[str, Any]:
    """A FAQ too small to calibrate on (tests): plain scores, even odds."""
    return {
        "ours": (2.0, 1.0, 1.0, 2.0, 0.5),
        "entry": (2.0, 2.0, 2.0, 0.0, 0.5),
        "urgent": (1.0, 0.0, 0.0),
        "samples": 0,
        "ours_choose": 0.3,
        "ours_answer": 0.5,
        "alarm": 0.5,
        "cry": _NO_CRY,
        "answer": 0.5,
    }
