"""Bare numbers: telephones, identity numbers, bank cards, by shape and by the words before them.

People break a number anywhere and mix alphabets, so the text is first read as runs: atoms of digits with separators
between. A number starts and ends where an atom does, which keeps "138 1234 5678 5000" a telephone and an amount.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata
from stdnum import luhn

from bot.core.pii_runs import LONGEST, Run, runs_of
from bot.core.pii_text import HOTLINES, MONEY_BEFORE, SEP, UNIT_NEXT, Found

_MOBILE = re.compile(r"1[3-9]\d{9}")
_ID18 = re.compile(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_ID15 = re.compile(r"[1-9]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_CHECK_X = re.compile(SEP + r"{0,3}[xX×✕ⅩⅹХх叉](?![A-Za-z0-9])")
_CARD_START = re.compile(r"62|4|5[1-5]|2[2-7]|3[4-7]|60|65|81|9[5-9]|8[48]|6[89]")
_GROUPED_CARD_START = re.compile(r"62|4|5[1-5]|3[57]|9558|60[1-9]|65")  # 600519 000001 300750 are stocks
_DATE = re.compile(
    r"(?:19|20)\d\d\s?[\-./年]\s?(?:1[0-2]|0?[1-9])(?:\s?[\-./月]\s?(?:3[01]|[12]\d|0?[1-9]))?(?!\d)(?:\s\d{1,2}(?=[:：]\d\d))?"
)
_BARE_DATE = re.compile(
    r"(?:19[3-9]|20[0-4])\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}"
)
_AREA = re.compile(r"0(?:10|2\d|[3-9]\d\d)")
# Toll-free abroad; only grouped, for 18001234567 is a mainland mobile.
_TOLL_FREE = re.compile(r"(?:1[\s\-]?)?8(?:00|88|77|66|55|44|33)[\s\-]\d{3}[\s\-]\d{4}(?!\d)")


def find(flat: str, low: str) -> list[Found]:
    """Spans of telephone, identity and card numbers."""
    found: list[Found] = []
    for run in runs_of(flat, low):
        found += _read(run, flat, low)
    return found


def _read(run: Run, flat: str, low: str) -> list[Found]:
    found: list[Found] = []
    digits, stops, taken, last, solid = run.digits, run.stops, 0, len(run.digits) - 7, 0
    for (offset, start), stop in zip(run.begins.items(), stops, strict=True):
        solid = run.solid.get(offset, solid)
        if offset < taken:
            continue
        if offset > last:
            break
        if offset:
            run.label = ""  # a label speaks of the number it stands before
        begins = offset == taken or offset in run.solid
        # A text of figures has hundreds of these: what can start nothing costs one look.
        if not begins and stop - offset < 9 and not _may_start(run, offset, stop - offset, flat[start - 1]):
            continue
        hit = _certain(run, offset, flat, low)
        if hit is None and _KEPT_START.match(digits, offset):
            hit = _kept(run, offset, flat)
        if hit is None:
            hit = _likely(run, offset, flat, low)
        if hit is None and begins and solid - offset > LONGEST:
            hit = solid, stops[solid], "account"  # as a whole: its end alone would look like a card
        if hit is None:
            continue
        end_offset, end, kind = hit
        taken = end_offset
        while end < len(flat) and flat[end] in "\ufe0f\u20e3":  # the rest of a keycap digit
            end += 1
        if kind:
            found.append((_opening(flat, start, end), end, kind))
            run.fresh = end_offset
    return found


def _may_start(run: Run, offset: int, length: int, before: str) -> bool:
    """Whether a short atom inside a run can be the beginning of anything that `_certain`, `_kept` or `_likely` knows."""
    digits, stops = run.digits, run.stops
    first = digits[offset]
    if first == "1":
        if offset + 11 in stops and digits[offset + 1] in "3456789":
            return True
    elif first == "0":
        if digits[offset + 1] != "0" and before.isspace():
            return True
    else:
        if offset + 10 in stops and length == 3 and (first == "8" or before.isspace()):
            return True
        if length == 8 and before.isspace():
            return True
    if length == 4 and digits.startswith(("19", "20"), offset):
        return True
    # Figures and words without anything between may be one long card number.
    joined = stops[offset + length] == run.begins.get(offset + length)
    if (
        joined
        and (offset + 16 in stops) + (offset + 17 in stops) + (offset + 18 in stops) + (offset + 19 in stops) == 1
    ):
        return True
    return _NOTEWORTHY.match(digits, offset) is not None


Hit = tuple[int, int, str]  # offset where it ends, position where it ends, kind ("" = stays)


#: What may stand before a mainland mobile, by its first two digits.
_HOME_PREFIXES: Mapping[str, tuple[str, ...]] = defaultdict(tuple, {"86": ("86",), "01": ("0",), "08": ("086",)})


def _certain(run: Run, offset: int, flat: str, low: str) -> Hit | None:
    """Shapes that no amount or date has, labelled or not."""
    digits, stops = run.digits, run.stops

    def hit(length: int, kind: str) -> Hit:
        return offset + length, stops[offset + length], kind

    start, first = run.begins[offset], digits[offset]
    if offset == 0 and _after_plus(flat, start):
        found = _international(run, offset, offset)
        if found:
            return found
    if first == "0" and digits[offset + 1 : offset + 2] == "0" and digits[offset + 2 : offset + 3] != "0":
        found = _international(run, offset, offset + 2)
        if found:
            return found
    if first == "1" and offset + 11 in stops and _MOBILE.match(digits, offset):
        if digits[offset : offset + 11] not in HOTLINES and not _TOLL_FREE.match(flat, start):
            return hit(11, "phone")
    elif first in "08":
        for prefix in _HOME_PREFIXES[first + digits[offset + 1]]:
            length = len(prefix) + 11
            if (
                offset + length in stops
                and digits.startswith(prefix, offset)
                and _MOBILE.match(digits, offset + len(prefix))
            ):
                return hit(length, "phone")
    if len(digits) - offset < 15:
        return None
    if first != "0" and _ID18.match(digits, offset):
        if offset + 18 in stops and not (digits.startswith("62", offset) and _luhn(digits[offset : offset + 18])):
            return hit(18, "id")
        if offset + 17 in stops and (x := _CHECK_X.match(flat, stops[offset + 17])):
            return offset + 17, x.end(), "id"
    lengths = [n for n in (19, 18, 17, 16) if offset + n in stops]
    if lengths:
        whole = len(lengths) == 1 and _unbroken(run, offset, offset + lengths[0])
        likely = whole or run.label == "card" or _GROUPED_CARD_START.match(digits, offset)
        if likely and not _BARE_DATE.fullmatch(digits, offset, offset + lengths[-1]):
            # What follows may be an amount: the length whose check digit fits, else all of it.
            length = _card_length(run, offset, lengths, low)
            if length == 18 and run.label == "id":
                return hit(length, "id")
            card = _CARD_START.match(digits, offset) or _luhn(digits[offset : offset + length])
            return hit(length, "card" if card or run.label == "card" else "account")
    if offset + 15 in stops:
        if _ID15.match(digits, offset):
            return hit(15, "id")
        if digits[offset : offset + 2] in ("34", "37") and _luhn(digits[offset : offset + 15]):
            return hit(15, "card")
    return None


def _card_length(run: Run, offset: int, lengths: list[int], low: str) -> int:
    """The longest, unless what follows the shorter one is an amount."""
    longest = lengths[0]
    for length in lengths[1:]:
        whole = longest - length >= 3 and _unbroken(run, offset, offset + length)
        if (whole and _luhn(run.digits[offset : offset + length])) or UNIT_NEXT.match(low, run.stops[offset + longest]):
            return length
    return longest


def _international(run: Run, offset: int, code_at: int) -> Hit | None:
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


def _kept(run: Run, offset: int, flat: str) -> Hit | None:
    """Public numbers, dates and times: read over as a whole, so that no part of them starts something else."""
    digits, stops = run.digits, run.stops
    start = run.begins[offset]
    first = digits[offset]
    if first in "018" and _PUBLIC_START.match(digits, offset) and (length := _public_length(run, offset)):
        return offset + length, stops[offset + length], ""
    second = digits[offset + 1]
    if (first == "8" or (first == "1" and second == "8")) and (free := _TOLL_FREE.match(flat, start)):
        return _stop_at(run, offset, free.end())
    if first in "48" and digits.startswith(("400", "800"), offset) and offset + 10 in stops:
        return offset + 10, stops[offset + 10], ""
    if (
        ((first == "1" and second == "9") or (first == "2" and second == "0"))
        and (date := _DATE.match(flat, start))
        and (offset == run.fresh > 0 or not _digit_before(flat, start))
    ):
        return _stop_at(run, offset, date.end())
    return None


_PUBLIC_START = re.compile("0[1-9]|00[19]|" + "|".join(sorted({h[:4] for h in HOTLINES if len(h) > 6})))


# Most numbers in a text start like none of what stays; one look instead of several.
_KEPT_START = re.compile(_PUBLIC_START.pattern + "|[48]00|8|1[89]|20")
# The same inside a run, with numbers of other countries, long cards and papers, without what `_may_start` counts.
_HOTLINE = "(?:" + "|".join(sorted(HOTLINES)) + ")"
_PUBLIC_INSIDE = rf"(?:00?|{_AREA.pattern}){_HOTLINE}|" + "|".join(sorted({h[:4] for h in HOTLINES if len(h) > 6}))
_NOTEWORTHY = re.compile(
    "|".join(
        (
            _PUBLIC_INSIDE,
            "01[3-9]|0861[3-9]|[48]00|861[3-9]|00[^0]|34",
            _GROUPED_CARD_START.pattern,
            _ID18.pattern,
            _ID15.pattern,
        )
    )
)


def _public_length(run: Run, offset: int) -> int:
    """Of the longest hotline that starts here, also behind an area code or the zeros that someone posing as it shows
    on a telephone (00-96110); 0 for none."""
    digits = run.digits[offset : offset + 13]
    bare = digits.lstrip("0")
    zeros = len(digits) - len(bare)
    area = _AREA.match(digits)
    prefixes = {0, zeros, area.end() if area else 0}
    starts = [n for n in prefixes if digits[n : n + 3] in _HOTLINE_STARTS]
    for length in (13, 12, 11, 10, 9, 8, 7) if starts else ():
        if offset + length in run.stops and any(digits[n:length] in HOTLINES for n in starts):
            return length
    return 0


_HOTLINE_STARTS = frozenset(number[:3] for number in HOTLINES)


def _area_and_hotline(digits: str) -> bool:
    area = _AREA.match(digits)
    return area is not None and digits[area.end() :] in HOTLINES


def _stop_at(run: Run, offset: int, position: int) -> Hit | None:
    for begin in range(offset + 1, min(offset + 20, len(run.digits))):
        if run.begins.get(begin, -1) >= position:
            return begin, position, ""
    return len(run.digits), position, ""


def _likely(run: Run, offset: int, flat: str, low: str) -> Hit | None:
    """Shapes that need something beside them: a label, a familiar grouping, or no unit behind."""
    start = run.begins[offset]
    if offset != run.fresh and not flat[start - 1].isspace():  # inside a grouped number; a new one starts after a space
        return None
    if run.digits[offset] == "0":
        end = _landline_end(run, offset)
        if end and not _DECIMAL.match(flat, start):
            return end, run.stops[end], "phone"
    return (_labelled(run, offset, flat, low) if run.label else None) or _unlabelled(run, offset, flat, low)


_DECIMAL = re.compile(r"0\s?\.\s?\d")


# 卡里少了7176017.41元 has as many figures as an account.
_MONEY = re.compile(r"[0-9]{1,9}\.[0-9]{1,2}" + UNIT_NEXT.pattern)


def _labelled(run: Run, offset: int, flat: str, low: str) -> Hit | None:
    stops = run.stops
    ends = [offset + n for n in range(7, 24) if offset + n in stops]
    if not ends:
        return None
    if _MONEY.match(low, run.begins[offset]):
        return None
    if run.label == "id" and ends[-1] - offset >= 12:
        end = max((e for e in ends if e - offset <= 20), default=ends[-1])
        x = _CHECK_X.match(flat, stops[end])
        return end, x.end() if x else stops[end], "id"
    if run.label in ("card", "id") and ends[-1] - offset >= 9:
        return ends[-1], stops[ends[-1]], "card"
    if run.label == "phone":
        for end in reversed([e for e in ends if e - offset <= 15]):
            if not (_is_amount(run, offset, end, low) or _is_kept_shape(run, offset, end, flat)):
                return end, stops[end], "phone"
    return None


def _unlabelled(run: Run, offset: int, flat: str, low: str) -> Hit | None:
    digits, stops = run.digits, run.stops
    if digits[offset] in "23456789":
        end = offset + 10
        if end in stops and _groups(run, offset, end) == [0, 3, 6]:
            return end, stops[end], "phone"
        end = offset + 8
        # Inside a list 4 + 4 digits are two amounts; at its start they are a number of Hong Kong or a landline.
        grouped = end in stops and _groups(run, offset, end) in ([0], [0, 4] if offset == run.fresh else [0])
        if grouped and not _is_amount(run, offset, end, low) and not _is_kept_shape(run, offset, end, flat):
            return end, stops[end], "phone"
    end = offset + 1
    while end not in stops:
        end += 1
    if end - offset >= 9 and not _is_amount(run, offset, end, low):
        # 106… is where companies' short messages come from; a time stamp is no one's number either. What is left is an
        # order, a device, two numbers run together: nobody's question needs it.
        stays = digits.startswith("106", offset) or _BARE_DATE.fullmatch(digits, offset, end)
        return end, stops[end], "" if stays else "account"
    return None


def _groups(run: Run, offset: int, end: int) -> list[int]:
    return [b - offset for b in range(offset, end) if b in run.begins]


def _is_amount(run: Run, offset: int, end: int, low: str) -> bool:
    start = run.begins[offset]
    return (
        UNIT_NEXT.match(low, run.stops[end]) is not None
        or MONEY_BEFORE.search(low, max(0, start - 6), start) is not None
    )


def _unbroken(run: Run, offset: int, end: int) -> bool:
    return run.stops[end] - run.begins[offset] == end - offset


def _is_kept_shape(run: Run, offset: int, end: int, flat: str) -> bool:
    """A date, or amounts side by side: "5000 6000" has the length of a telephone number, no more."""
    if _BARE_DATE.fullmatch(run.digits, offset, end):
        return True
    if run.stops[end] - run.begins[offset] == end - offset:
        return False
    parts = _DIGITS.findall(flat, run.begins[offset], run.stops[end])
    return len(parts) > 1 and all(p.endswith("00") for p in parts)


_DIGITS = re.compile(r"\d+")


def _landline_end(run: Run, offset: int) -> int:
    digits = run.digits
    stops = run.stops
    area = _AREA.match(digits, offset)
    if area:
        for length in (area.end() + 8, area.end() + 7):
            if length in stops:
                return length
    if digits[offset + 1] != "0":
        for length in (offset + 10, offset + 9, offset + 11):  # Taiwan, Britain, Japan
            if length in stops:
                return length
    return 0


def _after_plus(flat: str, start: int) -> bool:
    before = flat[max(0, start - 3) : start].rstrip(" -(（")
    return before.endswith("+")


def _digit_before(flat: str, start: int) -> bool:
    return bool(re.search(r"\d[\s\-]?$", flat[max(0, start - 2) : start]))


def _opening(flat: str, start: int, end: int) -> int:
    """Take the + or the bracket that belongs to the number along."""
    inside = flat[start:end]
    plus = _PLUS.search(flat, max(0, start - 3), start)
    if plus:
        return plus.start()
    while start > 0 and (flat[start - 1] == "+" or (flat[start - 1] in "(（" and (")" in inside or "）" in inside))):
        start -= 1
        inside = flat[start:end]
    return start


_PLUS = re.compile(r"\+[ \-]{1,2}$")


def _luhn(digits: str) -> bool:
    return bool(luhn.is_valid(digits))
