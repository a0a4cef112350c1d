"""What the linear models see of a message: characters, sounds, words, concepts, acts.

Groups (each scaled to its own share by the vectorizer):

    c  character 1-3-grams inside clauses         p  fuzzy syllable 2-3-grams (homophones, typed pinyin)
    w  English words and pairs of them            g  their pieces (misspellings, endings)
    k  concepts of the lexicon                    a  acts with their aspect, flags of state, and pairs of them
    t  the last clause once more: 「能信吗」 asks before, 「怎么办」 after, whatever the story before it
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from operator import add

from bot.core.acts import Reading
from bot.core.language import is_pinyin
from bot.core.lexicon import Lexicon
from bot.core.sounds import readings
from bot.core.text import clauses, has_han, is_chinese, normalise

_LATIN = re.compile(r"[a-z]")
_WORD = re.compile(r"[a-z']+|数|网址")
#: Past this many characters of a message, only its pieces are read (see `match`); no message can make us slow.
MAX_READ = 4096


@dataclass(frozen=True, slots=True)
class Features:
    """``bags``: group -> feature -> count. The rest is for rules and for `explain`."""

    text: str
    bags: Mapping[str, Mapping[str, float]]
    concepts: Mapping[str, str]
    reading: Reading


def extract(raw: str, lexicon: Lexicon) -> Features:
    text = lexicon.pinyin.decode(normalise(raw[:MAX_READ], lexicon.variants))
    chinese = is_chinese(text)
    pinyin = not chinese and is_pinyin(text)
    chars: list[str] = []
    words: Counter[str] = Counter()
    pieces: list[str] = []
    parts = clauses(text)
    for clause in parts:
        if chinese and has_han(clause):
            _char_grams(clause, chars)
            if _LATIN.search(clause):
                words.update("w:" + w for w in _WORD.findall(clause))
        elif not pinyin:
            _word_grams(clause, words, pieces)
    sounds = readings(text) if chinese or pinyin else []
    concepts = lexicon.concepts(text, sounds)
    reading = lexicon.acts.read(text)
    names = sorted(concepts)
    return Features(
        text,
        {
            "c": Counter(chars),
            "p": _sound_grams(sounds),
            "w": words,
            "g": Counter(pieces),
            "k": dict.fromkeys([f"k:{n}" for n in names], 1.0),
            "a": dict.fromkeys(reading.features() if chinese else (), 1.0),
            "t": dict.fromkeys(_tail_grams(parts, chinese), 1.0),
        },
        concepts,
        reading,
    )


def _char_grams(clause: str, out: list[str]) -> None:
    padded = f"^{clause.replace(' ', '_')}$"
    pairs = [*map(add, padded, padded[1:])]
    out += padded
    out += pairs
    out += map(add, pairs, padded[2:])


def _tail_grams(parts: list[str], chinese: bool) -> list[str]:
    if not parts:
        return []
    if chinese and has_han(parts[-1]):
        tail = parts[-1][-14:] + "$"
        return [f"t:{tail[i : i + size]}" for size in (1, 2, 3) for i in range(len(tail) - size + 1)]
    words = parts[-1].split()[-8:]
    return [*(f"t:{w}" for w in words), *(f"t:{a} {b}" for a, b in zip(words, words[1:], strict=False))]


def _word_grams(clause: str, out: Counter[str], pieces: list[str]) -> None:
    words = _WORD.findall(clause)
    out.update("w:" + w for w in words)
    out.update(f"w:{a} {b}" for a, b in zip(words, words[1:], strict=False))
    for word in words:
        padded = f"<{word[:30]}>"
        for size in (3, 4, 5):
            pieces += ["g:" + padded[i : i + size] for i in range(len(padded) - size + 1)]


def _sound_grams(sounds: list[str]) -> Counter[str]:
    out: list[str] = []
    for a, b, c in zip(sounds, sounds[1:], [*sounds[2:], ""], strict=False):
        if a and b:
            pair = f"p:{a} {b}"
            out.append(pair)
            if c:
                out.append(f"{pair} {c}")
    return Counter(out)
