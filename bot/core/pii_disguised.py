"""Numbers in disguise: half hidden by stars, spelt with letters, broken by commas."""

import re

from bot.core.pii_text import DIGIT_VALUES, VALUE_OF, Found

_MOBILE = re.compile(r"1[3-9]\d{9}")
_ID18 = re.compile(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")

# 138****5678 and 6222 **** 1234: still enough to find the person.
_STARRED = re.compile(
    r"(?<![0-9A-Za-z])\d{1,12}[\s\-]?(?:[*＊•●×]{2,14}|[xX]{3,14})(?:[\s\-][*＊•●×]{2,6}){0,3}[\s\-]?\d{1,6}[xX]?(?![0-9A-Za-z])"
)

# A list mark inside one number; only in the shape of a mobile, or every enumeration would be joined.
_WITH_COMMAS = re.compile(r"(?<![0-9])1[3-9][0-9][，,、/][0-9]{4}[，,、/][0-9]{4}(?![0-9])")
_STARS = re.compile(r"[0-9\s\-](?:[*＊•●×]{2}|xxx)")

# l for 1, O for 0 and the like: only a whole mobile or identity number, or English words would turn into digits.
_LOOKS_LIKE = {**VALUE_OF, **dict(zip("oOlIi|LzZsSbBgq", "001111122556899"[:15], strict=True))}
_LOOKS_LIKE.update({"b": "6", "B": "8", "g": "9", "q": "9", "s": "5", "S": "5", "z": "2", "Z": "2"})
_FROM_LETTERS = str.maketrans(_LOOKS_LIKE)
_SIGN = r"[0-9oOlIi|LzZsSbBgq" + DIGIT_VALUES + "]"
_LETTER_NEAR_DIGIT = re.compile(r"\d[\s\-]?[oOlIi|LzZsSbBgq]|[oOlIi|LzZsSbBgq][\s\-]?\d")
_ONE_SIGN = re.compile(_SIGN)
_LOOKALIKE = re.compile(
    rf"(?<![0-9A-Za-z|])(?=[1lIiL|{DIGIT_VALUES}2-9]){_SIGN}(?:[\s\-_.·]{{0,2}}{_SIGN}){{10,17}}"
    r"(?:[\s\-]?[xX])?(?![0-9A-Za-z])"
)


def find(flat: str, low: str) -> list[Found]:
    """Spans of numbers that are written so as not to look like one."""
    found: list[Found] = []
    if _STARS.search(low):
        found += [(*m.span(), _starred_kind(m.group())) for m in _STARRED.finditer(flat) if _is_starred(m.group())]
    if _LETTER_NEAR_DIGIT.search(flat):
        found += _lookalikes(flat)
    found += [(*m.span(), "phone") for m in _WITH_COMMAS.finditer(flat)]
    return found


def _lookalikes(flat: str) -> list[Found]:
    found: list[Found] = []
    for match in _LOOKALIKE.finditer(flat):
        signs = list(_ONE_SIGN.finditer(flat, *match.span()))
        for length in (17 if match.group()[-1] in "xX" else 18, 11):
            whole = len(signs) == length
            if not whole and (len(signs) < length or signs[length - 1].end() == signs[length].start()):
                continue
            kind = _read_as("".join(sign.group() for sign in signs[:length]))
            if kind:  # an amount may stand behind
                found.append((match.start(), match.end() if whole else signs[length - 1].end(), kind))
                break
    return found


def _read_as(written: str) -> str:
    """What the signs say when each letter is taken for the figure it looks like; nothing for a word."""
    plain = sum(c.isdigit() or c in VALUE_OF for c in written)
    if plain < 5 or plain == len(written):  # mostly letters is a word; no letter at all is nothing disguised
        return ""
    read = written.translate(_FROM_LETTERS)
    if len(read) == 11:
        return "phone" if _MOBILE.fullmatch(read) else ""
    return "id" if _ID18.match(read) else ""


def _is_starred(written: str) -> bool:
    bare = re.sub(r"[\s\-]", "", written)
    return len(bare) >= 7 and sum(c.isdigit() for c in bare) >= 4


def _starred_kind(written: str) -> str:
    bare = re.sub(r"[\s\-]", "", written)
    if len(bare) == 11 and bare[0] == "1":
        return "phone"
    return "id" if len(bare) in (15, 18) and not bare.startswith("62") else "card"
