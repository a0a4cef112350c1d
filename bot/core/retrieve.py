"""The nearest phrasings: candidates from an inverted index of character bigrams, similarity by rapidfuzz.

What the linear models generalise, this keeps literal: a question that an editor wrote down is recognised as
such, typing errors and homophones included. Nothing is scanned: a query touches only its own bigrams' postings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.core.sounds import readings
from bot.core.text import is_chinese

#: Candidates whose similarity is computed; bigrams of a query that are looked up; postings read in all.
_CANDIDATES = 24
_MAX_GRAMS = 96
_MAX_POSTINGS = 2_000_000
#: Of the score of a text with all bigrams of the question, what most questions' candidates reach.
LIKELY = 0.15
#: Scores nearer than this may be the same one, rounded.
_SAME = 2e-6


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A phrasing near the question. ``similarity`` 0..1, ``label``: number of its entry."""

    text: str
    label: int
    similarity: float


class Retriever:
    """``texts`` in normal form with the number of their entry."""

    def __init__(self, texts: Sequence[str], labels: Sequence[int]) -> None:
        self.texts = list(texts)
        self.labels = list(labels)
        postings: dict[str, list[int]] = {}
        for number, text in enumerate(self.texts):
            for gram in _grams(text):
                postings.setdefault(gram, []).append(number)
        total = max(1, len(self.texts))
        # Half the memory of numpy's own kind of index, into which only what a question reads is turned.
        self._postings: dict[str, NDArray[np.int32]] = {g: np.array(p, np.int32) for g, p in postings.items()}
        self._idf = {g: round(math.log(1 + total / len(p)), 4) for g, p in postings.items()}
        self._sounds: dict[int, str] = {}
        self._scales = _scales(self.texts)
        self._silent: NDArray[np.int64] | None = None

    def changed(self, labels: Sequence[int], *, silent: Iterable[int], texts: Sequence[str]) -> Retriever:
        """A copy in which the texts numbered ``silent`` are never found and ``texts`` stand behind the old ones;
        ``labels`` are of all of them. Costs what changed, not what there is: weights of old bigrams stay."""
        made = Retriever((), ())
        made.texts, made.labels = [*self.texts, *texts], list(labels)
        added: dict[str, list[int]] = {}
        for number, text in enumerate(texts, len(self.texts)):
            for gram in _grams(text):
                added.setdefault(gram, []).append(number)
        total = max(1, len(made.texts))
        none = np.zeros(0, np.int32)
        made._postings = self._postings | {
            g: np.concatenate([self._postings.get(g, none), np.array(p, np.int32)]) for g, p in added.items()
        }
        made._idf = {g: round(math.log(1 + total / len(p)), 4) for g, p in added.items()} | self._idf
        made._scales = np.concatenate([self._scales, _scales(texts)])
        made._silent = np.array(sorted(silent), np.int64)
        return made

    def nearest(self, text: str, *, limit: int = 8) -> list[Neighbour]:
        """Best first; ties by text. ``text`` in normal form."""
        grams = sorted((g for g in _grams(text) if g in self._postings), key=lambda g: (-self._idf[g], g))
        picked: list[NDArray[np.int32]] = []
        weights: list[float] = []
        read = 0
        for gram in grams[:_MAX_GRAMS]:
            posting = self._postings[gram]
            read += len(posting)
            if picked and read > _MAX_POSTINGS:
                break
            picked.append(posting)
            weights.append(self._idf[gram])
        if not picked:
            return []
        ids = np.concatenate(picked, dtype=np.intp)
        shares = np.repeat(weights, [len(p) for p in picked])
        scores = np.bincount(ids, shares, minlength=len(self._scales)).astype(np.float64, copy=False)
        scores *= self._scales
        if self._silent is not None:
            scores[self._silent] = 0.0
        best = self._best(scores, LIKELY * sum(weights) / math.sqrt(max(4, len(text))))
        found = sorted(zip(self._similarities(text, best), best, strict=True), key=lambda f: (-f[0], self.texts[f[1]]))
        return [Neighbour(self.texts[i], self.labels[i], similarity) for similarity, i in found[:limit]]

    def _best(self, scores: NDArray[np.float64], likely: float) -> list[int]:
        """Numbers of the `_CANDIDATES` with the highest scores, ties by text: which of them numpy's partition would
        keep depends on the processor."""
        kept = _highest(scores, likely)
        ranked = list(zip((-np.round(scores[kept], 6)).tolist(), kept.tolist(), strict=True))
        if len(ranked) > _CANDIDATES:
            ranked.sort(key=lambda item: (item[0], self.texts[item[1]], item[1]))
        return [number for _, number in ranked[:_CANDIDATES]]

    def _similarities(self, text: str, numbers: Sequence[int]) -> list[float]:
        """Of the texts with these numbers. Same sounds, other characters: a homophone or typed pinyin, not quite as
        good as the same spelling."""
        for number in numbers:
            if number not in self._sounds:
                self._sounds[number] = _sound(self.texts[number])[:400]
        spelled = _ratios(text[:200], [self.texts[number][:200] for number in numbers])
        heard = _ratios(_sound(text)[:400], [self._sounds[number] for number in numbers])
        nearer: list[float] = np.round(np.maximum(spelled, 0.95 * heard) / 100, 3).tolist()
        return nearer


def _ratios(one: str, others: Sequence[str]) -> NDArray[np.float64]:
    """rapidfuzz's ratio with each of ``others``, 0..100, in one call."""
    row: NDArray[np.float64] = process.cdist([one], others, scorer=fuzz.ratio, dtype=np.float64)[0]
    return row


def _highest(scores: NDArray[np.float64], likely: float) -> NDArray[np.intp]:
    """Numbers of the scores that may be among the `_CANDIDATES` highest after rounding, ascending. Most are far below:
    one look for what is above ``likely``, or half of it ..., is faster than any kind of sorting."""
    while likely > _SAME:
        kept = np.flatnonzero(scores >= likely - _SAME)
        if len(kept) >= _CANDIDATES:
            if len(kept) <= 2 * _CANDIDATES:
                return kept
            found = scores[kept]
            least: float = np.partition(found, -_CANDIDATES)[-_CANDIDATES]
            near: NDArray[np.intp] = kept[found >= least - _SAME]
            return near
        likely /= 2
    return np.flatnonzero(scores)


def _scales(texts: Sequence[str]) -> NDArray[np.float64]:
    """What a text's score is multiplied by: the longer it is, the more bigrams it has by chance."""
    scales: NDArray[np.float64] = 1.0 / np.sqrt([float(max(4, len(t))) for t in texts])
    return scales


def _grams(text: str) -> set[str]:
    if is_chinese(text):
        return {text[i : i + 2] for i in range(min(len(text), 400) - 1) if not text[i : i + 2].isspace()}
    words = text.split()[:80]
    return set(words) | {f"{a} {b}" for a, b in zip(words, words[1:], strict=False)}


def _sound(text: str) -> str:
    return " ".join(s for s in readings(text[:200]) if s)
