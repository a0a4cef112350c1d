"""Typed pinyin to characters, as an input method does it: 「zhuan账」 and 「zhuanzhang」 are read as 「转账」.

The language model is the characters and pairs of characters of the FAQ's own sentences, so a syllable becomes what
residents of this FAQ mean by it. Deterministic; fitted with the lexicon.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from pypinyin.constants import PINYIN_DICT

from bot.core.language import is_pinyin
from bot.core.sounds import bare, fuzzy_syllable, split_pinyin, syllables
from bot.core.text import is_chinese, to_hans

_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LATIN_RUN = re.compile(r"[a-z]+(?: [a-z]+)*")
_WORD = re.compile(r"[a-z]+")
_INNER_SPACE = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
_START, _END = "^", "$"
#: Characters tried for a syllable, and for one that sounds alike; syllables read in one message (the rest stays as
#: typed: no message can make it slow).
_CANDIDATES, _ALIKE, _MAX_SYLLABLES = 10, 5, 200
#: Share of a pair's own frequency in its probability; the rest is the second character's.
_PAIR = 0.85
#: What it costs (log) to take a character at its second reading, and at a sound that is only alike (yin, ying).
_RARE_READING, _CONFUSED = 1.5, 3.0
#: A Latin word that so many Chinese sentences write, and this share of them (some are written with pinyin), is none.
_KEPT, _KEPT_SHARE = 5, 1 / 2000
#: Share of a Chinese message's Latin letters that must be readable: an English sentence that names 微信 is none.
_READABLE = 0.6
#: Pinyin of one letter; a word only between others.
_VOWELS = frozenset("aeo")


class PinyinDecoder:
    """``sentences``: Chinese ones teach, others are passed over. With none it decodes nothing."""

    def __init__(self, sentences: Iterable[str] = ()) -> None:
        text = to_hans("\n".join(sentences)).casefold()
        runs = f"{_START}{(_END + _START).join(_HAN_RUN.findall(text))}{_END}"
        singles = Counter(runs)
        pairs = Counter(map("".join, zip(runs, runs[1:], strict=False)))
        total = sum(singles.values()) or 1
        self._single = {c: _log((1 - _PAIR) * n / total) for c, n in singles.items()}
        self._pair = {
            ab: _log(_PAIR * n / singles[ab[0]] + (1 - _PAIR) * singles[ab[1]] / total)
            for ab, n in pairs.items()
            if n > 1
        }
        self._characters = _characters(singles)
        self._kept = _latin_words(text)

    def decode(self, text: str) -> str:
        """``text`` in normal form, with what is typed in pinyin replaced by characters."""
        if len(self._single) <= 2 or not _WORD.search(text) or not self._is_typed(text):
            return text
        out: list[str] = []
        end, left = 0, _MAX_SYLLABLES
        for run in _LATIN_RUN.finditer(text):
            before = text[max(0, run.start() - 2) : run.start()].rstrip()[-1:]
            after = text[run.end() : run.end() + 2].lstrip()[:1]
            decoded, used = self._run(run.group().split(" "), before, after, left)
            left -= used
            out += [text[end : run.start()], decoded]
            end = run.end()
        return _INNER_SPACE.sub("", "".join([*out, text[end:]]))

    def _is_typed(self, text: str) -> bool:
        if not is_chinese(text):
            return is_pinyin(text)
        words = [w for w in _WORD.findall(text) if w not in self._kept]
        return sum(len(w) for w in words if _syllables(w)) >= _READABLE * max(1, sum(map(len, words)))

    def _run(self, words: Sequence[str], before: str, after: str, left: int) -> tuple[str, int]:
        """Latin words between which only spaces stand, and how many syllables were read."""
        out: list[str] = []
        used = 0
        groups = [(typed, list(group)) for typed, group in groupby(words, self._is_syllables)]
        for place, (typed, group) in enumerate(groups):
            read = [s for word in group for s in _syllables(word)] if typed else []
            found = ""
            if max(map(len, group)) > 1 and 0 < len(read) <= left - used:
                used += len(read)
                found = self._best(read, "" if place else before, after if place == len(groups) - 1 else "")
            out.append(found or " ".join(group))
        return " ".join(out), used

    def _is_syllables(self, word: str) -> bool:
        return word not in self._kept and bool(_syllables(word))

    def _best(self, typed: Sequence[str], before: str, after: str) -> str:
        """The likeliest characters between the two neighbours (Viterbi); "" where a syllable has none."""
        pair, single = self._pair.get, self._single
        paths = {before if before in single else _START: (0.0, "")}
        for syllable in typed:
            reached: dict[str, tuple[float, str]] = {}
            for char, cost in self._characters.get(syllable, ()):
                score, path = max((s + pair(last + char, single[char]), path) for last, (s, path) in paths.items())
                reached[char] = (score - cost, path + char)
            if not reached:
                return ""
            paths = reached
        last = after if after in single else _END
        return max((score + pair(char + last, single[last]), path) for char, (score, path) in paths.items())[1]


def _syllables(word: str) -> tuple[str, ...]:
    return (word,) if word in _VOWELS else split_pinyin(word)


def _log(probability: float) -> float:
    return round(math.log(probability), 6)  # the last bit is the processor's


def _characters(counts: Mapping[str, int]) -> dict[str, tuple[tuple[str, float], ...]]:
    """Syllable -> the characters most often meant by it, with what their reading costs."""
    exact: dict[str, list[tuple[float, str, float]]] = defaultdict(list)
    for char, times in counts.items():
        readings = dict.fromkeys(bare(r) for r in PINYIN_DICT.get(ord(char), "").split(",") if r)
        for place, reading in enumerate(readings):
            cost = _RARE_READING if place else 0.0
            exact[reading].append((cost - _log(times), char, cost))
    alike: dict[str, list[tuple[float, str, float]]] = defaultdict(list)
    for reading, found in exact.items():
        alike[fuzzy_syllable(reading)] += found
    out = {}
    for reading in sorted(syllables()):
        best = sorted(exact.get(reading, ()))[:_CANDIDATES]
        known = {char for _, char, _ in best}
        others = [(char, cost + _CONFUSED) for _, char, cost in sorted(alike.get(fuzzy_syllable(reading), ()))]
        out[reading] = (*((char, cost) for _, char, cost in best), *[o for o in others if o[0] not in known][:_ALIKE])
    return out


def _latin_words(text: str) -> frozenset[str]:
    """Of sentences that are mostly Chinese, the Latin words (app, AI, FaceTime) that many of them have."""
    found: Counter[str] = Counter()
    lines = text.split("\n")
    for line in lines:
        words = _WORD.findall(line)
        if words and sum(map(len, _HAN_RUN.findall(line))) > sum(map(len, words)):
            found.update(words)
    return frozenset(word for word, times in found.items() if times >= max(_KEPT, _KEPT_SHARE * len(lines))) - _VOWELS
