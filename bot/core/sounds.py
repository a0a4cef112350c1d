"""How Chinese sounds: toneless pinyin with the confused sounds folded, of characters and of typed pinyin.

Homophones and typed pinyin are the commonest noise in residents' messages; on sounds they are no noise at all.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pypinyin.constants import PINYIN_DICT

_TOKEN = re.compile(r"[a-z]+|[\u3400-\u9fff]|[^\sa-z\u3400-\u9fff]")


@lru_cache(maxsize=1)
def _readings() -> dict[str, str]:
    """Character -> the commonest reading without tone, fuzzy sounds folded."""
    table: dict[str, str] = {}
    for code, value in PINYIN_DICT.items():
        table[chr(code)] = fuzzy_syllable(bare(value.split(",")[0]))
    return table


def bare(reading: str) -> str:
    """A syllable in plain letters: without its tone, ü as v."""
    out = unicodedata.normalize(
        "NFD", reading.replace("ü", "v").replace("ǖ", "v").replace("ǘ", "v").replace("ǚ", "v").replace("ǜ", "v")
    )
    return "".join(c for c in out if "a" <= c <= "z")


@lru_cache(maxsize=4096)
def fuzzy_syllable(syllable: str) -> str:
    """Folds the sounds that typing and dialect confuse: zh/z, ch/c, sh/s, n/l at the start; ng/n at the end."""
    for long, short in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(long):
            syllable = short + syllable[2:]
    if syllable.startswith("n") and len(syllable) > 1:
        syllable = "l" + syllable[1:]
    if syllable.endswith("ng"):
        syllable = syllable[:-1]
    return syllable


@lru_cache(maxsize=1)
def syllables() -> frozenset[str]:
    """Every toneless syllable."""
    return frozenset(bare(v.split(",")[0]) for v in PINYIN_DICT.values()) - {"", "m", "n", "ng", "hm", "hng"}


@lru_cache(maxsize=8192)
def split_pinyin(word: str) -> tuple[str, ...]:
    """A Latin run as pinyin syllables (fewest first), or () when it cannot be read so. At most 40 letters."""
    if not 2 <= len(word) <= 40:
        return ()
    known = syllables()
    best: list[tuple[str, ...] | None] = [None] * (len(word) + 1)
    best[0] = ()
    for end in range(1, len(word) + 1):
        for size in range(6, 0, -1):
            start = end - size
            head = best[start] if start >= 0 else None
            if head is not None and word[start:end] in known:
                here = best[end]
                if here is None or len(head) + 1 < len(here):
                    best[end] = (*head, word[start:end])
    return best[-1] or ()


def readings(text: str, *, latin: bool = True) -> list[str]:
    """Fuzzy syllables of normalised text in order; "" marks a break. Latin runs are read as pinyin if ``latin``."""
    known = _readings().get
    out: list[str] = []
    for token in _TOKEN.findall(text):
        syllable = known(token)
        if syllable is not None:
            out.append(syllable)
        elif "a" <= token[0] <= "z":
            syllables = split_pinyin(token) if latin else ()
            out.extend([fuzzy_syllable(s) for s in syllables] or [token])
        elif out and out[-1]:
            out.append("")
    return out
