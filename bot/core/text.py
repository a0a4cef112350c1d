"""From what a person typed to what the matcher reads: one normal form, readings, pieces, language.

Every function is total: any Python string is accepted, lone surrogates and control characters included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import opencc

from bot.core.reply import Lang

_T2S = opencc.OpenCC("t2s")
_S2TWP = opencc.OpenCC("s2twp")

# OpenCC keeps these apart on purpose; for matching, and for a Taiwan or Hong Kong reader, they are one.
_HANS_EXTRA = str.maketrans(
    {"帐": "账", "妳": "你", "祂": "他", "她": "他", "它": "他", "牠": "他", "裏": "里", "喫": "吃"}
)
_HANT_FIX = (("賬", "帳"), ("計程車軟體", "叫車軟體"))

_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
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
_SENTENCE = re.compile(r"[。！？!?；;\n…]+")
_CLAUSE = re.compile(r"[。！？!?；;，,、：:\n…“”\"（）()【】\[\]]+|\s{2,}")


def to_hans(text: str) -> str:
    """Simplified script, with the variants that matter for matching folded (帐 -> 账)."""
    return str(_T2S.convert(_SURROGATE.sub("", text))).translate(_HANS_EXTRA)


@lru_cache(maxsize=4096)
def to_hant(text: str) -> str:
    """Traditional script in the wording of a Taiwan reader; placeholders and Latin text stay as they are."""
    out = str(_S2TWP.convert(_SURROGATE.sub("", text)))
    for wrong, right in _HANT_FIX:
        out = out.replace(wrong, right)
    return out


def clean(text: str) -> str:
    """Display-safe text: no controls, no invisible or bidirectional characters, no stacks of combining marks."""
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
    text = "".join(c if unicodedata.category(c)[0] not in "SC" or c in "\n$¥€+=<>^~|`÷×" else " " for c in text)
    text = _NOISE_INSIDE.sub("", text)
    text = _INNER_SPACE.sub("", text)
    text = _REPEAT.sub(r"\1\1", text)
    if variants:
        text = fold_variants(text, variants)
    text = _NUMBER.sub("数", text)
    text = _HAN_NUMBER.sub("数", text)
    return _SPACE.sub(" ", text).strip()


_VARIANT_CACHE: dict[int, tuple[Mapping[str, str], re.Pattern[str]]] = {}


def fold_variants(text: str, variants: Mapping[str, str]) -> str:
    """Replaces every variant spelling by its canonical one, the longest first, in one pass."""
    cached = _VARIANT_CACHE.get(id(variants))
    if cached is None or cached[0] is not variants:
        parts = sorted(variants, key=lambda v: (-len(v), v))
        pattern = re.compile(
            "|".join(rf"(?<![a-z]){re.escape(p)}(?![a-z])" if p.isascii() else re.escape(p) for p in parts) or r"(?!)"
        )
        _VARIANT_CACHE.clear()  # one lexicon is current at a time; old ones must not pile up
        cached = _VARIANT_CACHE[id(variants)] = (variants, pattern)
    return cached[1].sub(lambda m: variants[m.group()], text)


def has_han(text: str) -> bool:
    return bool(_CJK.search(text))


def sentences(text: str) -> list[str]:
    """Pieces that end at a full stop, question mark or line break; empty ones dropped."""
    return [s.strip() for s in _SENTENCE.split(text) if s.strip()]


def clauses(text: str) -> list[str]:
    """Pieces between any punctuation; empty ones dropped."""
    return [s.strip() for s in _CLAUSE.split(text) if s.strip()]


# ---------------------------------------------------------------- readings
_INITIALS = (
    "zh",
    "ch",
    "sh",
    "b",
    "p",
    "m",
    "f",
    "d",
    "t",
    "n",
    "l",
    "g",
    "k",
    "h",
    "j",
    "q",
    "x",
    "r",
    "z",
    "c",
    "s",
    "y",
    "w",
)


@lru_cache(maxsize=1)
def _readings() -> dict[int, str]:
    """Code point -> the commonest reading without tone, fuzzy sounds folded."""
    from pypinyin.constants import PINYIN_DICT

    table: dict[int, str] = {}
    for code, value in PINYIN_DICT.items():
        table[code] = fuzzy_syllable(_bare(value.split(",")[0]))
    return table


def _bare(reading: str) -> str:
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
def _syllables() -> frozenset[str]:
    from pypinyin.constants import PINYIN_DICT

    return frozenset(_bare(v.split(",")[0]) for v in PINYIN_DICT.values()) - {"", "m", "n", "ng", "hm", "hng"}


@lru_cache(maxsize=8192)
def split_pinyin(word: str) -> tuple[str, ...]:
    """A Latin run as pinyin syllables (fewest first), or () when it cannot be read so. At most 40 letters."""
    if not 2 <= len(word) <= 40:
        return ()
    known = _syllables()
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


_LATIN_RUN = re.compile(r"[a-z]+")


def readings(text: str, *, latin: bool = True) -> list[str]:
    """Fuzzy syllables of normalised text in order; "" marks a break. Latin runs are read as pinyin if ``latin``."""
    table = _readings()
    out: list[str] = []
    for match in re.finditer(r"[a-z]+|[\u3400-\u9fff]|[^\sa-z\u3400-\u9fff]", text):
        token = match.group()
        if "a" <= token[0] <= "z":
            syllables = split_pinyin(token) if latin else ()
            out.extend([fuzzy_syllable(s) for s in syllables] or [token])
        elif len(token) == 1 and ord(token) in table:
            out.append(table[ord(token)])
        elif out and out[-1]:
            out.append("")
    return out


# ---------------------------------------------------------------- language
_ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "is",
        "are",
        "was",
        "were",
        "am",
        "be",
        "been",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "i",
        "you",
        "he",
        "she",
        "it",
        "we",
        "they",
        "my",
        "your",
        "his",
        "her",
        "our",
        "their",
        "me",
        "him",
        "them",
        "us",
        "this",
        "that",
        "these",
        "those",
        "what",
        "which",
        "who",
        "whom",
        "when",
        "where",
        "why",
        "how",
        "to",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "about",
        "as",
        "and",
        "or",
        "but",
        "if",
        "not",
        "no",
        "yes",
        "can",
        "could",
        "will",
        "would",
        "should",
        "may",
        "might",
        "must",
        "please",
        "help",
        "hello",
        "hi",
        "hey",
        "thanks",
        "thank",
        "bye",
        "ok",
        "okay",
        "get",
        "got",
        "give",
        "gave",
        "send",
        "sent",
        "pay",
        "paid",
        "buy",
        "bought",
        "money",
        "bank",
        "card",
        "phone",
        "call",
        "called",
        "calling",
        "text",
        "message",
        "link",
        "click",
        "clicked",
        "app",
        "scam",
        "scammer",
        "scammed",
        "fraud",
        "fake",
        "police",
        "account",
        "password",
        "code",
        "transfer",
        "transferred",
        "job",
        "loan",
        "email",
        "number",
        "online",
        "website",
        "someone",
        "somebody",
        "something",
        "just",
        "now",
        "after",
        "before",
        "already",
        "been",
        "there",
        "here",
        "their",
        "says",
        "said",
        "say",
        "told",
        "tell",
        "asked",
        "ask",
        "asking",
        "asks",
        "wants",
        "want",
        "wanted",
        "need",
        "know",
        "think",
        "find",
        "use",
        "used",
        "any",
        "some",
        "all",
        "one",
        "two",
        "lost",
        "stolen",
        "report",
        "real",
        "legit",
        "safe",
        "is",
        "it's",
        "i'm",
        "don't",
        "can't",
        "didn't",
        "what's",
        "he's",
        "she's",
        "they're",
        "im",
        "dont",
        "cant",
        "didnt",
        "whats",
        "so",
        "then",
        "than",
        "out",
        "up",
        "off",
        "over",
        "into",
        "only",
        "very",
        "really",
        "still",
        "back",
        "your",
        "you're",
        "good",
        "morning",
        "evening",
        "day",
        "night",
        "weather",
        "today",
        "tomorrow",
        "test",
    ]
)
_WORD = re.compile(r"[a-z']+")
# Characters that only traditional script uses are found by conversion; these few are Cantonese or common in both.
_CANTONESE = re.compile(r"[唔嘅咗佢哋喺冇乜嘢啲噉咁畀嚟諗揾搵攞瞓睇啱嗰]")


def is_pinyin(text: str) -> bool:
    """Whether text without Chinese characters is typed pinyin rather than English."""
    words = _WORD.findall(text.casefold())
    letters = sum(map(len, words))
    if not letters or has_han(text):
        return False
    english = sum(len(w) for w in words if w in _ENGLISH)
    read = sum(len(w) for w in words if split_pinyin(w))
    return read >= 0.8 * letters and (english < 0.3 * letters) and letters >= 4


def detect_lang(text: str) -> Lang:
    """The language to answer in: by script; typed pinyin is Chinese; no letters at all is simplified Chinese."""
    if has_han(text):
        han = _CJK.findall(text)
        joined = "".join(han)
        changed = sum(a != b for a, b in zip(joined, str(_T2S.convert(joined)), strict=False))
        if changed or (_CANTONESE.search(joined) and changed >= 1):
            return "zh-Hant" if changed >= max(1, len(han) // 25) else "zh-Hans"
        if len(han) < 3 and len(_WORD.findall(text.casefold())) >= 6:
            return "en"
        return "zh-Hans"
    if is_pinyin(text):
        return "zh-Hans"
    return "en" if re.search(r"[A-Za-z]{2}", text) else "zh-Hans"
