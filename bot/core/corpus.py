"""Everything that teaches, read once, as numbers: the vectorizer and the vectors of a fit are made of it.

As dictionaries of features the strings of the whole FAQ would take most of the memory of a fit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bot.core.features import extract
from bot.core.lexicon import Lexicon
from bot.core.linear import Bags, Blocks, Ints, Vectorizer

#: Feature group -> numbers of the features and how often each occurs (None: once each).
_Bag = Mapping[str, tuple[Ints, Ints | None]]
_NONE: Ints = np.zeros(0, np.int32)


class Corpus:
    """Strings by number. One corpus serves several fits with the same lexicon; a string is read only once.

    ``groups``: the feature groups that are kept, in the order of their columns. ``normal``: number -> normal form.
    """

    def __init__(self, lexicon: Lexicon, groups: Sequence[str]) -> None:
        self.normal: list[str] = []
        self._lexicon = lexicon
        self._numbers: dict[str, int] = {}
        self._names: dict[str, dict[str, int]] = {group: {} for group in groups}
        self._bags: list[_Bag] = []

    def add(self, text: str) -> int:
        """The number of ``text``, which is read if it was not yet."""
        number = self._numbers.get(text)
        if number is None:
            found = extract(text, self._lexicon)
            number = self.add_read(found.text, found.bags)
            self._numbers[text] = number
        return number

    def add_read(self, normal: str, bags: Bags) -> int:
        """A string that was read already."""
        bag: dict[str, tuple[Ints, Ints | None]] = {}
        for group, names in self._names.items():
            counts = bags.get(group)
            if counts:
                features = np.array([names.setdefault(name, len(names)) for name in counts], np.int32)
                times = None if max(counts.values()) == 1 else np.array([*counts.values()], np.int32)
                bag[group] = features, times
        self._bags.append(bag)
        self.normal.append(normal)
        return len(self._bags) - 1

    def vectorizer(self, texts: Sequence[int], *, min_rows: int) -> Vectorizer:
        """The vocabulary is what stands in at least ``min_rows`` of these texts."""
        kept: list[str] = []
        idf: list[float] = []
        ends: dict[str, int] = {}
        for group, names in self._names.items():
            found = [self._bags[text][group][0] for text in texts if group in self._bags[text]]
            rows = np.bincount(np.concatenate(found), minlength=len(names)).tolist() if found else []
            for name in sorted(name for name, number in names.items() if rows and rows[number] >= min_rows):
                kept.append(name)
                idf.append(round(math.log((1 + len(texts)) / (1 + rows[names[name]])) + 1, 6))
            ends[group] = len(kept)
        return Vectorizer(ends, {name: i for i, name in enumerate(kept)}, np.array(idf))

    def blocks(self, vectorizer: Vectorizer, texts: Sequence[int]) -> Iterator[Blocks]:
        """Of each text what ``vectorizer.blocks`` makes of its bags."""
        columns = {
            group: np.array([vectorizer.vocabulary.get(name, -1) for name in names], np.int32)
            for group, names in self._names.items()
        }
        for text in texts:
            found: list[Ints] = []
            sizes: dict[str, int] = {}
            again: list[tuple[int, float]] = []
            width = 0
            for group, (features, times) in self._bags[text].items():
                numbers = columns[group][features]
                known = numbers >= 0
                if known.any():
                    found.append(numbers[known])
                    sizes[group] = len(found[-1])
                    if times is not None:
                        again += [(place, n) for place, n in enumerate(times[known].tolist(), width) if n != 1]
                    width += sizes[group]
            yield vectorizer.scaled(np.concatenate(found or [_NONE]), sizes, again)
