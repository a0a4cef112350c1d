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
from rapidfuzz import fuzz

from bot.core.sounds import readings
from bot.core.text import has_han

#: Candidates whose similarity is computed; bigrams of a query that are looked up; postings read in all.
_CANDIDATES = 24
_MAX_GRAMS = 96
_MAX_POSTINGS = 2_000_000
#: So many scores are passed over by one look at their highest.
_BLOCK = 128


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
        self._postings: dict[str, NDArray[np.intp]] = {g: np.array(p, np.intp) for g, p in postings.items()}
        self._idf = {g: round(math.log(1 + total / len(p)), 4) for g, p in postings.items()}
        self._sounds: dict[int, str] = {}
        self._lengths = _padded(_lengths(self.texts))
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
        none = np.zeros(0, np.intp)
        made._postings = self._postings | {
            g: np.concatenate([self._postings.get(g, none), np.array(p, np.intp)]) for g, p in added.items()
        }
        made._idf = {g: round(math.log(1 + total / len(p)), 4) for g, p in added.items()} | self._idf
        made._lengths = _padded(np.concatenate([self._lengths[: len(self.texts)], _lengths(texts)]))
        made._silent = np.array(sorted(silent), np.int64)
        return made

    def nearest(self, text: str, *, limit: int = 8) -> list[Neighbour]:
        """Best first; ties by text. ``text`` in normal form."""
        grams = sorted((g for g in _grams(text) if g in self._postings), key=lambda g: (-self._idf[g], g))
        picked: list[NDArray[np.intp]] = []
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
        ids = np.concatenate(picked)
        shares = np.repeat(weights, [len(p) for p in picked])
        scores = np.bincount(ids, shares, minlength=len(self._lengths)).astype(np.float64, copy=False)
        if self._silent is not None:
            scores[self._silent] = 0.0
        spelling, sounds = text[:200], _sound(text)[:400]
        found = [(-self._similarity(spelling, sounds, i), self.texts[i], self.labels[i]) for i in self._best(scores)]
        found.sort(key=lambda item: item[:2])
        return [Neighbour(text, label, -similarity) for similarity, text, label in found[:limit]]

    def _best(self, scores: NDArray[np.float64]) -> list[int]:
        """Numbers of the `_CANDIDATES` with the highest scores, ties by text: which of them numpy's partition would
        keep depends on the processor."""
        scores = scores / self._lengths
        kept = _highest(scores.reshape(-1, _BLOCK))
        ranked = list(zip((-np.round(scores[kept], 6)).tolist(), kept.tolist(), strict=True))
        if len(ranked) > _CANDIDATES:
            ranked.sort(key=lambda item: (item[0], self.texts[item[1]], item[1]))
        return [number for _, number in ranked[:_CANDIDATES]]

    def _similarity(self, spelling: str, sounds: str, number: int) -> float:
        other = self.texts[number]
        spelled = fuzz.ratio(spelling, other if len(other) <= 200 else other[:200])
        if spelled >= 95:
            return round(spelled / 100, 3)
        heard_as = self._sounds.get(number)
        if heard_as is None:
            heard_as = self._sounds[number] = _sound(other)[:400]
        # Same sounds, other characters: a homophone or typed pinyin. Not quite as good as the same spelling.
        return round(max(spelled, 0.95 * fuzz.ratio(sounds, heard_as, score_cutoff=spelled)) / 100, 3)


def _highest(blocks: NDArray[np.float64]) -> NDArray[np.intp]:
    """Numbers of the scores that may be among the `_CANDIDATES` highest after rounding, ascending. Of thousands of
    blocks of scores a few dozen are read: as many blocks as candidates have one each that is no lower than ``floor``."""
    tops = blocks.max(axis=1)
    floor = np.partition(tops, -_CANDIDATES)[-_CANDIDATES] if len(tops) > _CANDIDATES else 0.0
    least = float(np.partition(blocks[tops >= floor], -_CANDIDATES, axis=None)[-_CANDIDATES]) - 2e-6
    if least <= 0.0:
        return np.flatnonzero(blocks)
    rows = np.flatnonzero(tops >= least)
    places, columns = np.nonzero(blocks[rows] >= least)
    return rows[places] * _BLOCK + columns


def _padded(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """To whole blocks; what stands behind the texts has no score."""
    return np.concatenate([lengths, np.ones(-len(lengths) % _BLOCK)])


def _lengths(texts: Sequence[str]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.array([max(4, len(t)) for t in texts], np.float64) ** 0.5
    return lengths


def _grams(text: str) -> set[str]:
    if has_han(text):
        return {text[i : i + 2] for i in range(min(len(text), 400) - 1) if not text[i : i + 2].isspace()}
    words = text.split()[:80]
    return set(words) | {f"{a} {b}" for a, b in zip(words, words[1:], strict=False)}


def _sound(text: str) -> str:
    return " ".join(s for s in readings(text[:200]) if s)
