"""Bare numbers: telephones, identity numbers, bank cards, by shape and by the words before them.

People break a number anywhere and mix alphabets, so the text is first read as runs: atoms of digits with separators
between. A number starts and ends where an atom does, which keeps "138 1234 5678 5000" a telephone and an amount.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata
from stdnum import luhn

from bot.core.pii_text import DIGIT_VALUES, HOTLINES, MONEY_BEFORE, SEP, UNIT_NEXT, Found

VALUE_OF = dict(zip(DIGIT_VALUES, "000123456789122123456789236079", strict=True))
_PLAIN = str.maketrans(VALUE_OF)

_ATOM = re.compile(rf"[0-9]+|[{DIGIT_VALUES}]+")
_SEP_RUN = re.compile(SEP + "{1,3}")

_MOBILE = re.compile(r"1[3-9]\d{9}")
_ID18 = re.compile(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_ID15 = re.compile(r"[1-9]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_CHECK_X = re.compile(SEP + r"{0,3}[xX×✕ⅩⅹХх叉](?![A-Za-z0-9])")
_CARD_START = re.compile(r"62|4|5[1-5]|2[2-7]|3[4-7]|60|65|81|9[5-9]|8[48]|6[89]")
_DATE = re.compile(
    r"(?:19|20)\d\d\s?[\-./年]\s?(?:1[0-2]|0?[1-9])(?:\s?[\-./月]\s?(?:3[01]|[12]\d|0?[1-9]))?(?!\d)(?:\s\d{1,2}(?=[:：]\d\d))?"
)
_BARE_DATE = re.compile(r"(?:19[3-9]|20[0-4])\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}")
_AREA = re.compile(r"0(?:10|2\d|[3-9]\d\d)")
# Toll-free abroad; only grouped, for 18001234567 is a mainland mobile.
_TOLL_FREE = re.compile(r"(?:1[\s\-]?)?8(?:00|88|77|66|55|44|33)[\s\-]\d{3}[\s\-]\d{4}(?!\d)")
_CONTEXT = re.compile(
    r"(?:(?P<id>身份证|身份證|证件号|證件號|公民身份|证号|社保号|\bid\b)"
    r"|(?P<card>卡|账号|账户|帳號|賬號|帐号|\bcard|\baccount)"
    r"|(?P<phone>电话|電話|手机|手機|座机|固话|固話|联系方式|聯絡|号码|號碼|来电|致电|致電|拨|撥|打|\btel|phone|\bcall|mobile|whatsapp|number))"
)
_PAST_LABEL = re.compile(r"[^0-9，。；！？,;!?\n\ufffc]{0,9}")

# 138****5678 and 6222 **** 1234: still enough to find the person.
_STARRED = re.compile(r"(?<![0-9A-Za-z])\d{1,8}[\s\-]?(?:[*＊•●×]{2,14}|[xX]{3,14})(?:[\s\-][*＊•●×]{2,6}){0,3}[\s\-]?\d{1,6}[xX]?(?![0-9A-Za-z])")

# A list mark inside one number; only in the shape of a mobile, or every enumeration would be joined.
_WITH_COMMAS = re.compile(r"(?<![0-9])1[3-9][0-9][，,、/][0-9]{4}[，,、/][0-9]{4}(?![0-9])")
_STARS = re.compile(r"[0-9\s\-](?:[*＊•●×]{2}|xxx)")

# l for 1, O for 0 and the like: only a whole mobile or identity number, or English words would turn into digits.
_LOOKS_LIKE = {**VALUE_OF, **dict(zip("oOlIi|LzZsSbBgq", "001111122556899"[:15], strict=True))}
_LOOKS_LIKE.update({"b": "6", "B": "8", "g": "9", "q": "9", "s": "5", "S": "5", "z": "2", "Z": "2"})
_FROM_LETTERS = str.maketrans(_LOOKS_LIKE)
_SIGN = r"[0-9oOlIi|LzZsSbBgq" + DIGIT_VALUES + "]"
_LETTER_NEAR_DIGIT = re.compile(r"\d[\s\-]?[oOlIi|LzZsSbBgq]|[oOlIi|LzZsSbBgq][\s\-]?\d")
_LOOKALIKE = re.compile(
    rf"(?<![0-9A-Za-z|])(?=[1lIiL|{DIGIT_VALUES}2-9]){_SIGN}(?:[\s\-_.·]{{0,2}}{_SIGN}){{10,17}}"
    r"(?:[\s\-]?[xX])?(?![0-9A-Za-z])"
)


@dataclass(slots=True)
class _Run:
    """Digits that separators hold together, and where in the text each atom stands."""

    digits: str
    begins: dict[int, int]  # offset in digits -> position in the text where the atom starts
    stops: dict[int, int]  # offset in digits -> position in the text where the atom before it ends


def find(flat: str, low: str) -> list[Found]:
    """Spans of telephone, identity and card numbers."""
    found: list[Found] = []
    if _STARS.search(low):
        found += [(*m.span(), _starred_kind(m.group())) for m in _STARRED.finditer(flat) if _is_starred(m.group())]
    if _LETTER_NEAR_DIGIT.search(flat):
        found += _lookalikes(flat)
    found += [(*m.span(), "phone") for m in _WITH_COMMAS.finditer(flat)]
    for run in _runs(flat):
        found += _read(run, flat, low)
    return found


def _runs(flat: str) -> list[_Run]:
    runs: list[_Run] = []
    atoms: list[tuple[int, int]] = []
    size = 0
    for match in _ATOM.finditer(flat):
        start, end = match.span()
        if atoms:
            gap = start - atoms[-1][1]
            if gap and (gap > 3 or not _SEP_RUN.fullmatch(flat, atoms[-1][1], start)):
                if size >= 7:
                    runs.append(_run(flat, atoms))
                atoms, size = [], 0
        atoms.append((start, end))
        size += end - start
    if size >= 7:
        runs.append(_run(flat, atoms))
    return runs


def _run(flat: str, atoms: list[tuple[int, int]]) -> _Run:
    begins: dict[int, int] = {}
    stops: dict[int, int] = {}
    offset = 0
    for start, end in atoms:
        begins[offset] = start
        offset += end - start
        stops[offset] = end
    return _Run("".join([flat[a:b] for a, b in atoms]).translate(_PLAIN), begins, stops)


def _read(run: _Run, flat: str, low: str) -> list[Found]:
    found: list[Found] = []
    taken = 0
    for offset, start in run.begins.items():
        if offset < taken or len(run.digits) - offset < 7:
            continue
        hit = _certain(run, offset, flat, low) or _kept(run, offset, flat) or _likely(run, offset, flat, low)
        if hit is None:
            continue
        end_offset, end, kind = hit
        taken = end_offset
        while end < len(flat) and flat[end] in "\ufe0f\u20e3":  # the rest of a keycap digit
            end += 1
        if kind:
            found.append((_opening(flat, start, end), end, kind))
    return found


Hit = tuple[int, int, str]  # offset where it ends, position where it ends, kind ("" = stays)


def _certain(run: _Run, offset: int, flat: str, low: str) -> Hit | None:
    """Shapes that no amount or date has, labelled or not."""
    digits, stops = run.digits, run.stops

    def hit(length: int, kind: str) -> Hit:
        return offset + length, stops[offset + length], kind

    start = run.begins[offset]
    if _after_plus(flat, start):
        found = _international(run, offset, offset)
        if found:
            return found
    if digits.startswith("00", offset) and digits[offset + 2 : offset + 3] != "0":
        found = _international(run, offset, offset + 2)
        if found:
            return found
    if offset + 11 in stops and _MOBILE.match(digits, offset) and digits[offset : offset + 11] not in HOTLINES:
        if not _TOLL_FREE.match(flat, start):
            return hit(11, "phone")
    for prefix in ("86", "0", "086") if digits[offset] in "08" else ():
        length = len(prefix) + 11
        if offset + length in stops and digits.startswith(prefix, offset) and _MOBILE.match(digits, offset + len(prefix)):
            return hit(length, "phone")
    if _ID18.match(digits, offset):
        if offset + 18 in stops and not (digits.startswith("62", offset) and _luhn(digits[offset : offset + 18])):
            return hit(18, "id")
        if offset + 17 in stops and (x := _CHECK_X.match(flat, stops[offset + 17])):
            return offset + 17, x.end(), "id"
    lengths = [n for n in (19, 18, 17, 16) if offset + n in stops]
    if lengths and not _BARE_DATE.fullmatch(digits, offset, offset + lengths[-1]):
        whole = len(lengths) == 1 and _unbroken(run, offset, offset + lengths[0])
        if whole or _CARD_START.match(digits, offset):
            # What follows may be an amount: the length whose check digit fits, else all of it.
            length = next((n for n in lengths if _luhn(digits[offset : offset + n])), lengths[0])
            if length == 18 and _label(low, start) == "id":
                return hit(length, "id")
            card = _CARD_START.match(digits, offset) or _luhn(digits[offset : offset + length])
            return hit(length, "card" if card or _label(low, start) == "card" else "account")
    if offset + 15 in stops:
        if _ID15.match(digits, offset):
            return hit(15, "id")
        if digits[offset : offset + 2] in ("34", "37") and _luhn(digits[offset : offset + 15]):
            return hit(15, "card")
    return None


def _international(run: _Run, offset: int, code_at: int) -> Hit | None:
    digits = run.digits
    code = next((c for c in (digits[code_at : code_at + n] for n in (1, 2, 3)) if _national_lengths(c)), "")
    ends = [offset + n for n in range(7, 20) if offset + n in run.stops and 7 <= offset + n - code_at <= 16]
    if not code or not ends:
        return None
    first = code_at + len(code)
    lengths = _national_lengths(code)
    if code == "86":
        lengths = frozenset({11} if digits[first : first + 2] in _MAINLAND_MOBILE else {9, 10, 11})
    # The longest end the country allows: what follows may be an amount.
    fitting = [e for e in ends if e - first in lengths or (digits[first] == "0" and e - first - 1 in lengths)]
    end = (fitting or ends)[-1]
    national = digits[first:end]
    public = national in HOTLINES or digits[code_at:end] in HOTLINES or _area_and_hotline("0" + national.lstrip("0"))
    return end, run.stops[end], "" if public else "phone"


_MAINLAND_MOBILE = frozenset(f"1{n}" for n in range(3, 10))


@lru_cache(maxsize=1024)
def _national_lengths(code: str) -> frozenset[int]:
    """How long a subscriber's number is in a country; empty if no country has the code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code.isdigit() and code[0] != "0" else ()
    if not regions:
        return frozenset()
    meta = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if meta is None:
        return frozenset()
    kinds = (meta.fixed_line, meta.mobile, meta.general_desc if regions[0] == "001" else None)
    return frozenset(n for kind in kinds if kind is not None for n in kind.possible_length or () if n > 0)


def _kept(run: _Run, offset: int, flat: str) -> Hit | None:
    """Public numbers, dates and times: read over as a whole, so that no part of them starts something else."""
    digits, stops = run.digits, run.stops
    start = run.begins[offset]
    for length in (13, 12, 11, 10, 9, 8) if digits[offset] in "018" else ():
        if offset + length in stops and (
            digits[offset : offset + length] in HOTLINES or _area_and_hotline(digits[offset : offset + length])
        ):
            return offset + length, stops[offset + length], ""
    for zeros in (1, 2):  # 00-96110, as it shows on a telephone when someone poses as the hotline
        for length in (7, 8):
            hotline = digits[offset + zeros : offset + length]
            if offset + length in stops and digits.startswith("0" * zeros, offset) and hotline in HOTLINES:
                return offset + length, stops[offset + length], ""
    if digits[offset : offset + 3] in ("400", "800") and offset + 10 in stops:
        return offset + 10, stops[offset + 10], ""
    if digits[offset] in "18" and _TOLL_FREE.match(flat, start):
        length = 11 if digits[offset] == "1" else 10
        return offset + length, stops[offset + length], ""
    if digits[offset] in "12" and (date := _DATE.match(flat, start)) and not _digit_before(flat, start):
        return _stop_at(run, offset, date.end())
    return None


def _area_and_hotline(digits: str) -> bool:
    area = _AREA.match(digits)
    return area is not None and digits[area.end() :] in HOTLINES


def _stop_at(run: _Run, offset: int, position: int) -> Hit | None:
    for begin in range(offset + 1, min(offset + 20, len(run.digits))):
        if run.begins.get(begin, -1) >= position:
            return begin, position, ""
    return len(run.digits), position, ""


def _likely(run: _Run, offset: int, flat: str, low: str) -> Hit | None:
    """Shapes that need something beside them: a label, a familiar grouping, or no unit behind."""
    digits, stops = run.digits, run.stops
    start = run.begins[offset]
    alone = offset == 0 or start == 0 or not flat[start - 1].strip()
    ends = [offset + n for n in range(7, 24) if offset + n in stops]
    if not ends or not alone:
        return None
    label = _label(low, start) if offset == 0 else ""

    if digits[offset] == "0" and not re.match(r"0\s?\.\s?\d", flat[start : start + 4]):
        end = _landline_end(digits, offset, ends)
        if end:
            return end, stops[end], "phone"
    if label == "id" and ends[-1] - offset >= 12:
        end = max((e for e in ends if e - offset <= 20), default=ends[-1])
        x = _CHECK_X.match(flat, stops[end])
        return end, x.end() if x else stops[end], "id"
    if label in ("card", "id") and ends[-1] - offset >= 9:
        return ends[-1], stops[ends[-1]], "card"
    amount = MONEY_BEFORE.search(low, max(0, start - 6), start) is not None

    if label == "phone":
        for end in reversed([e for e in ends if e - offset <= 15]):
            if not (amount or UNIT_NEXT.match(low, stops[end]) or _is_kept_shape(run, offset, end, flat)):
                return end, stops[end], "phone"
    for length in (10, 8):
        end = offset + length
        if end not in stops or digits[offset] not in "23456789":
            continue
        groups = [b - offset for b in range(offset, end) if b in run.begins]
        if length == 10 and groups == [0, 3, 6]:
            return end, stops[end], "phone"
        unit = amount or UNIT_NEXT.match(low, stops[end])
        if length == 8 and groups in ([0], [0, 4]) and not unit and not _is_kept_shape(run, offset, end, flat):
            return end, stops[end], "phone"
    first = ends[0]
    if first - offset >= 9 and _unbroken(run, offset, first) and not (amount or UNIT_NEXT.match(low, stops[first])):
        # 106… is where companies' short messages come from; a time stamp is no one's number either.
        stays = digits.startswith("106", offset) or _BARE_DATE.fullmatch(digits, offset, first)
        return first, stops[first], "" if stays else "account"
    if len(digits) - offset > 23:
        return _endless(run, offset)
    return None


def _unbroken(run: _Run, offset: int, end: int) -> bool:
    return run.stops[end] - run.begins[offset] == end - offset


def _endless(run: _Run, offset: int) -> Hit | None:
    """An unbroken number longer than any kind we know: an order, a device, two numbers run together."""
    end = offset + 24
    while end not in run.stops:
        end += 1
    return (end, run.stops[end], "account") if _unbroken(run, offset, end) else None


def _is_kept_shape(run: _Run, offset: int, end: int, flat: str) -> bool:
    """A date, or amounts side by side: "5000 6000" has the length of a telephone number, no more."""
    if _BARE_DATE.fullmatch(run.digits, offset, end):
        return True
    parts = re.findall(r"\d+", flat[run.begins[offset] : run.stops[end]])
    return len(parts) > 1 and all(p.endswith("00") for p in parts)


def _landline_end(digits: str, offset: int, ends: list[int]) -> int:
    area = _AREA.match(digits, offset)
    wanted = [len(area.group()) + n for n in (8, 7)] if area else []
    for length in [*wanted, 10, 9, 11, 12]:
        if offset + length in ends:
            return offset + length
    return 0


def _label(low: str, start: int) -> str:
    last = None
    for match in _CONTEXT.finditer(low, max(0, start - 16), start):
        if last is None or match.group() not in ("号码", "號碼", "number"):  # 身份证号码 is no telephone
            last = match
    if last is None or not _PAST_LABEL.fullmatch(low, last.end(), start):
        return ""
    return last.lastgroup or ""


def _after_plus(flat: str, start: int) -> bool:
    before = flat[max(0, start - 3) : start].rstrip(" (（")
    return before.endswith("+")


def _digit_before(flat: str, start: int) -> bool:
    return bool(re.search(r"\d[\s\-]?$", flat[max(0, start - 2) : start]))


def _opening(flat: str, start: int, end: int) -> int:
    """Take the + or the bracket that belongs to the number along."""
    inside = flat[start:end]
    while start > 0 and (flat[start - 1] == "+" or (flat[start - 1] in "(（" and (")" in inside or "）" in inside))):
        start -= 1
        inside = flat[start:end]
    return start


def _luhn(digits: str) -> bool:
    return bool(luhn.is_valid(digits))


def _lookalikes(flat: str) -> list[Found]:
    found: list[Found] = []
    for match in _LOOKALIKE.finditer(flat):
        written = re.sub(r"[\s\-_.·]", "", match.group())
        read = written.translate(_FROM_LETTERS)
        if sum(c.isdigit() or c in VALUE_OF for c in written) < 5:
            continue
        if _MOBILE.fullmatch(read):
            found.append((*match.span(), "phone"))
        elif len(read) == 18 and (_ID18.match(read)):
            found.append((*match.span(), "id"))
    return found


def _is_starred(written: str) -> bool:
    bare = re.sub(r"[\s\-]", "", written)
    return len(bare) >= 7 and sum(c.isdigit() for c in bare) >= 4


def _starred_kind(written: str) -> str:
    bare = re.sub(r"[\s\-]", "", written)
    if len(bare) == 11 and bare[0] == "1":
        return "phone"
    return "id" if len(bare) in (15, 18) and not bare.startswith("62") else "card"
