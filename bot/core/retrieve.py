"""The nearest phrasings: candidates from an inverted index of character bigrams, similarity by rapidfuzz.

What the linear models generalise, this keeps literal: a question that an editor wrote down is recognised as
such, typing errors and homophones included. Nothing is scanned: a query touches only its own bigrams' postings.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.core.sounds import readings
from bot.core.text import is_chinese

#: Candidates whose similarity is computed; bigrams of a query that are looked up.
_CANDIDATES = 24
_MAX_GRAMS = 96
#: Postings read in all: so many, or so many for each text. The bigrams left out are in so many texts that they say
#: little: the nearest phrasing is another one for 4 questions of 100, and .0004 less similar on average.
_POSTINGS, _POSTINGS_EACH = 4096, 1 / 6
#: Of the score of a text with all bigrams of the question, what nearly all questions' candidates reach.
LIKELY = 0.1
#: A posting is one number: a text's number, and in the last bits what the bigram adds to its score, in steps. Whole
#: numbers add up to the same in any order; and sorting those that are read costs less among a million texts than
#: keeping a score of each, and no more among fifty thousand.
_BITS = 12
_STEPS = 512.0
_Keys = NDArray[np.unsignedinteger[Any]]
#: The negative of a bigram's weight, itself, its postings: as they are sorted, the rarest first.
_Gram = tuple[float, str, _Keys]


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
        self._postings: dict[str, _Gram] = _postings(self.texts, range(len(self.texts)), {})
        self._sounds: dict[int, str] = {}
        self._silent: NDArray[np.intp] = np.zeros(0, np.intp)

    def changed(self, labels: Sequence[int], *, silent: Iterable[int], texts: Sequence[str]) -> Retriever:
        """A copy in which the texts numbered ``silent`` are never found and ``texts`` stand behind the old ones;
        ``labels`` are of all of them. Costs what changed, not what there is: weights of old bigrams stay."""
        made = Retriever((), ())
        made.texts, made.labels = [*self.texts, *texts], list(labels)
        made._postings = dict(self._postings)
        for gram, (weight, _, added) in _postings(
            made.texts, range(len(self.texts), len(made.texts)), self._postings
        ).items():
            old = self._postings.get(gram)
            made._postings[gram] = weight, gram, added if old is None else np.concatenate([old[2], added])
        made._silent = np.array(sorted(silent), np.intp)
        return made

    def nearest(self, text: str, *, limit: int = 8) -> list[Neighbour]:
        """Best first; ties by text. ``text`` in normal form."""
        known = self._postings.get
        grams = sorted(entry for gram in _grams(text) if (entry := known(gram)) is not None)
        room = max(_POSTINGS, int(_POSTINGS_EACH * len(self.texts)))
        read: list[_Keys] = []
        total = 0.0
        for weight, _, postings in grams[:_MAX_GRAMS]:
            room -= len(postings)
            if read and room < 0:
                break
            read.append(postings)
            total -= weight
        if not read:
            return []
        best = self._best(np.concatenate(read), LIKELY * total / math.sqrt(max(4, len(text))))
        found = sorted(zip(self._similarities(text, best), best, strict=True), key=lambda f: (-f[0], self.texts[f[1]]))
        return [Neighbour(self.texts[i], self.labels[i], similarity) for similarity, i in found[:limit]]

    def _best(self, postings: _Keys, likely: float) -> list[int]:
        """Numbers of the `_CANDIDATES` with the highest scores, ties by text."""
        postings.sort()
        numbers = postings >> _BITS
        # Of each text the place of its last posting; sums up to there, less what came before, are its score.
        ends = np.concatenate(((numbers[1:] != numbers[:-1]).nonzero()[0], [len(numbers) - 1]))
        scores = np.cumsum(postings & (1 << _BITS) - 1, dtype=np.int64).take(ends)
        scores[1:] -= scores[:-1].copy()
        if self._silent.size:
            scores[np.isin(numbers.take(ends), self._silent)] = 0
        kept = _highest(scores, int(likely * _STEPS))
        numbers = numbers.take(ends.take(kept))
        ranked = list(zip((-scores.take(kept)).tolist(), numbers.tolist(), strict=True))
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


def _highest(scores: NDArray[np.int64], likely: int) -> NDArray[np.intp]:
    """Places of the `_CANDIDATES` highest scores and of all that equal the last of them, ascending. Most are far below:
    one look for what is above ``likely``, or half of it ..., is faster than any kind of sorting."""
    while likely > 0:
        kept = (scores >= likely).nonzero()[0]
        if len(kept) >= _CANDIDATES:
            found = scores.take(kept)
            near: NDArray[np.intp] = kept[found >= np.partition(found, -_CANDIDATES)[-_CANDIDATES]]
            return near
        likely //= 2
    return scores.nonzero()[0]


def _postings(texts: Sequence[str], numbers: range, weighed: Mapping[str, _Gram]) -> dict[str, _Gram]:
    """Of the texts with these numbers, by bigram. Those that are ``weighed`` keep their weight."""
    places: dict[str, int] = {}
    sizes, found = array("i"), array("i")  # of a million texts they are fifteen million numbers: no lists
    for number in numbers:
        grams = [places.setdefault(gram, len(places)) for gram in _grams(texts[number])]
        sizes.append(len(grams))
        found.extend(grams)
    of_gram = np.array(found, np.int32)
    del found
    counts = np.bincount(of_gram, minlength=len(places))
    weights = [
        -weighed[gram][0] if gram in weighed else round(math.log(1 + len(texts) / count), 4)
        for gram, count in zip(places, counts.tolist(), strict=True)
    ]
    # The longer a text is, the more bigrams it has by chance.
    scales = _STEPS / np.sqrt(np.array([max(4, len(texts[number])) for number in numbers], np.float32))
    steps = np.array(weights, np.float32).take(of_gram)
    steps *= np.repeat(scales, sizes)
    np.minimum(np.rint(steps, out=steps), (1 << _BITS) - 1, out=steps)
    kind = np.uint32 if len(texts) < 1 << 32 - _BITS else np.uint64
    keys: _Keys = np.repeat(np.left_shift(np.array(numbers, kind), _BITS, dtype=kind), sizes)
    keys |= steps.astype(kind)
    del steps
    keys = keys[np.argsort(of_gram, kind="stable")]
    ends = np.cumsum(counts).tolist()
    return {
        gram: (-weight, gram, keys[start:end])
        for gram, weight, start, end in zip(places, weights, [0, *ends], ends, strict=False)
    }


def _grams(text: str) -> dict[str, None]:
    """In the order in which they stand."""
    if is_chinese(text):
        text = text[:400]
        return dict.fromkeys(pair for pair in map(add, text, text[1:]) if not pair.isspace())
    words = text.split()[:80]
    return dict.fromkeys([*words, *(f"{a} {b}" for a, b in zip(words, words[1:], strict=False))])


def _sound(text: str) -> str:
    return " ".join(s for s in readings(text[:200]) if s)
