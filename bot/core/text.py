"""From what a person typed to what the matcher reads: one normal form, two scripts, pieces.

Every function is total: any Python string is accepted, lone surrogates and control characters included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import opencc

from bot.core import hant

_T2S = opencc.OpenCC("t2s")

# OpenCC keeps these apart on purpose; for matching, and for a Taiwan or Hong Kong reader, they are one.
_HANS_EXTRA = str.maketrans(
    {"帐": "账", "妳": "你", "祂": "他", "她": "他", "它": "他", "牠": "他", "裏": "里", "喫": "吃"}
)
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
# All but the blocks that hold nothing to clean: most messages are cleaned by one look.
_MAY_BE_UNSAFE = re.compile(
    r"[^\n\t -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205f\u2070-\u20cf\u2100-\u2bff\u3000-\u3029\u3030-\u3098"
    r"\u309b-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff9f\U0001f300-\U0001faff\U00020000-\U0003ffff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # OpenCC takes UTF-8 only
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_URL = re.compile(
    r"(?:https?://|www\.)[^\s\u3400-\u9fff，。；！？、“”‘’（）【】]+"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,8}(?:com|cn|net|org|top|xyz|vip|cc|info|shop|club|site|online|app|hk|tw|sg|io|me|invalid)"
    r"(?:/[^\s\u3400-\u9fff，。；！？、“”‘’（）【】]*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_HAN_NUMBER = re.compile(
    r"[一二两三四五六七八九十]{0,6}[十百千万亿][一二两三四五六七八九十百千万亿零几多]{0,16}|[几好]{1,3}(?=[十百千万])"
)
_REPEAT = re.compile(r"(.)\1{2,}")
_SPACE = re.compile(r"\s+")
_INNER_SPACE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
# Symbols that people put inside a word to get past filters: 刷.单, 加/薇, 刷÷单. Sentence punctuation is kept.
_NOISE_INSIDE = re.compile(
    r"(?<=[\u3400-\u9fffa-z])[.·•*_/\\|~^÷×+=#＃\-`'’‘\"°¨]+(?=[\u3400-\u9fff])"
    r"|(?<=[\u3400-\u9fff])[.·•*_/\\|~^÷×+=#＃\-`'’‘\"°¨]+(?=[a-z])"
)
_NO_WORD = re.compile(r"[^\w \n，。！？、；：,.!?]")  # letters, digits and sentence punctuation are no symbols
_SENTENCE = re.compile(r"[。！？!?；;\n…]+")
_CLAUSE = re.compile(r"[。！？!?；;，,、：:\n…“”\"（）()【】\[\]]+|\s{2,}")


def simplify(text: str) -> str:
    """Simplified script, nothing else changed; as many characters as before, but for lone surrogates."""
    return str(_T2S.convert(_SURROGATE.sub("", text)))


def to_hans(text: str) -> str:
    """Simplified script, with the variants that matter for matching folded (帐 -> 账)."""
    return simplify(text).translate(_HANS_EXTRA)


@lru_cache(maxsize=4096)
def to_hant(text: str) -> str:
    """Traditional script in the wording of a Taiwan reader; placeholders and Latin text stay as they are."""
    return hant.convert(_SURROGATE.sub("", text))


def clean(text: str) -> str:
    """Display-safe text: no controls, no invisible or bidirectional characters, no stacks of combining marks."""
    if not _MAY_BE_UNSAFE.search(text):
        return text
    text = _INVISIBLE.sub("", text)
    out, marks = [], 0
    for char in text:
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            marks += 1
            if marks > 1:
                continue
        else:
            marks = 0
            if category == "Cc" and char not in "\n\t":
                char = " "
        out.append(char)
    return "".join(out)


def normalise(text: str, variants: Mapping[str, str] | None = None) -> str:
    """The form in which everything is compared: NFKC, lower case, simplified script, no noise.

    URLs become 「网址」, numbers 「数」; ``variants`` (lexicon) folds dialect and camouflage spellings.
    Sentence punctuation stays, because clauses carry meaning. Idempotent up to the markers.
    """
    # One character may become eighteen: what is beyond twice the length is not words.
    text = unicodedata.normalize("NFKC", clean(text))[: 2 * len(text) + 16].casefold()
    text = to_hans(text)
    text = _URL.sub(" 网址 ", text)
    text = _NO_WORD.sub(_symbol, text)
    text = _NOISE_INSIDE.sub("", text)
    text = _INNER_SPACE.sub("", text)
    text = _REPEAT.sub(r"\1\1", text)
    if variants:
        text = fold_variants(text, variants)
    text = _NUMBER.sub("数", text)
    text = _HAN_NUMBER.sub("数", text)
    return _SPACE.sub(" ", text).strip()


def _symbol(match: re.Match[str]) -> str:
    char = match.group()
    return char if unicodedata.category(char)[0] not in "SC" or char in "\n$¥€+=<>^~|`÷×" else " "


_VARIANTS_KEPT = 6
_VARIANT_CACHE: dict[int, tuple[Mapping[str, str], re.Pattern[str]]] = {}


def fold_variants(text: str, variants: Mapping[str, str]) -> str:
    """Replaces every variant spelling by its canonical one, the longest first, in one pass."""
    cached = _VARIANT_CACHE.get(id(variants))
    if cached is None or cached[0] is not variants:
        parts = sorted(variants, key=lambda v: (-len(v), v))
        pattern = _variant_pattern(parts)
        # Published, drafts being tried and replayed: few are current at a time, and old ones must not pile up.
        if len(_VARIANT_CACHE) >= _VARIANTS_KEPT:
            _VARIANT_CACHE.clear()
        cached = _VARIANT_CACHE[id(variants)] = (variants, pattern)
    return cached[1].sub(lambda m: variants[m.group()], text)


def _variant_pattern(parts: list[str]) -> re.Pattern[str]:
    """``parts``: the longest first. Where two fit at one place and only one is ASCII, the other one is longer."""
    if not parts:
        return re.compile(r"(?!)")
    mixed = [re.escape(p) for p in parts if not p.isascii()]
    latin = [re.escape(p) for p in parts if p.isascii()]
    arms = [*mixed, *([rf"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])"] if latin else [])]
    first = "".join(re.escape(c) for c in sorted({p[0] for p in parts}))
    return re.compile(f"(?=[{first}])(?:{'|'.join(arms)})")  # most places are passed over by one look


def has_han(text: str) -> bool:
    return bool(_CJK.search(text))


def is_chinese(normal: str) -> bool:
    """Whether a text in normal form has Chinese characters of its own: 「数」 and 「网址」 stand for a number and a URL
    in any language."""
    return has_han(normal.replace("网址", "").replace("数", ""))


def han(text: str) -> str:
    """Only the Chinese characters."""
    return "".join(_CJK.findall(text))


def sentences(text: str) -> list[str]:
    """Pieces that end at a full stop, question mark or line break; empty ones dropped."""
    return [s.strip() for s in _SENTENCE.split(text) if s.strip()]


def clauses(text: str) -> list[str]:
    """Pieces between any punctuation; empty ones dropped."""
    return [s.strip() for s in _CLAUSE.split(text) if s.strip()]
