"""Find personal data in a resident's words and mask it before anything is kept or logged.

Pure: no clock, no I/O. Each sibling module knows one family of data and returns spans; this file decides which
spans win, gives them readable tokens, and keeps the promise that masking twice equals masking once:

    redact("我叫李雷，电话 138-0013-8000").text == "我叫[姓名]，电话 [手机号]"
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bot.core import pii_address, pii_disguised, pii_labels, pii_names, pii_net, pii_numbers
from bot.core.pii_text import DIGIT_VALUES, INERT, VALUE_OF, Found, fold

TOKENS: dict[str, str] = {
    "phone": "[手机号]",
    "id": "[身份证号]",
    "card": "[银行卡号]",
    "passport": "[护照号]",
    "permit": "[通行证号]",
    "plate": "[车牌号]",
    "email": "[邮箱]",
    "account": "[账号]",
    "ip": "[IP地址]",
    "url": "[链接]",
    "address": "[地址]",
    "name": "[姓名]",
    "code": "[验证码]",
    "password": "[密码]",
}


class Piece(NamedTuple):
    """A masked span of the original text and what it was."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """The text as it may be stored, and what was taken out of it."""

    text: str
    pieces: tuple[Piece, ...]


# In order of trust: where two detectors claim the same characters, the earlier one names the kind.
_DETECTORS: tuple[Callable[[str, str], list[Found]], ...] = (
    pii_net.find,  # first: a link or an address of the net swallows the numbers inside it
    pii_labels.find,  # before bare numbers: "密码 13800138000" is a password, whatever it looks like
    pii_disguised.find,  # before plain numbers, which would take a part of it
    pii_numbers.find,
    pii_address.find,
    pii_names.find,  # last: it leans on labels, and a name never contains the others
)

# Nothing is personal without a digit, a letter, a spelt-out number or a word that introduces a name or a place.
# Most questions have none of these and return here: the scan is one pass over one character class and few words.
_WORTH_READING = re.compile(
    r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ①-⑨⓪⑴-⑼⒈-⒐❶-❾➀-➈➊-➒⓿\U0001d7ce-\U0001d7ff]"
    rf"|[{DIGIT_VALUES}](?:[\s\-]{{0,3}}[{DIGIT_VALUES}]){{2}}"
    rf"|[号號栋棟幢弄组組室村屯]|{pii_names.INTRODUCES}"
)
_TOKEN = re.compile(r"\[(" + "|".join(re.escape(t[1:-1]) for t in TOKENS.values()) + r")([2-9]|[1-9]\d{1,3})?\]")

# Masking one piece can lay the next one bare (a label now stands beside other words), so what stands around each cut is
# read again until nothing new is found: this far to each side, and what is found must keep half of it from the edge,
# where a word or a number may be cut in two. A message of a usual length is read as a whole each time.
_AROUND = 240
# Real messages need two rounds. This many characters, beyond the text twice, only stop one that was written to make the
# machine work.
_MOST_READ_AGAIN = 2048

#: How far behind a cut is read, so that what is cut in two is known. The longest piece but an address is 40.
REACH = 80


def redact(text: str) -> Redaction:
    """Mask the personal data of one message."""
    if not _WORTH_READING.search(text):
        return Redaction(text, ())
    work, starts, ends = _without_tokens(fold(text), text)
    pieces: list[Piece] = []
    found = _find(work)
    left = len(work) + _MOST_READ_AGAIN
    while found:
        pieces += [Piece(starts[a], ends[b - 1], kind) for a, b, kind in found]
        work, starts, ends = _cut(work, starts, ends, found)
        again = _WORTH_READING.search(work) or pii_names.FULL_NAME.search(work)  # beside a number, it needs no label
        windows = _around_cuts(found, len(work)) if again else []
        left -= sum(b - a for a, b in windows)
        if left < 0:
            break
        found = [span for a, b in windows for span in _find_between(work, a, b)]
    if not pieces:
        return Redaction(text, ())
    pieces.sort(key=lambda piece: piece.start)
    return Redaction(_write(text, pieces), tuple(pieces))


def redact_start(text: str, limit: int) -> Redaction:
    """The first ``limit`` characters of a longer text. What begins before the cut and ends behind it is masked as a
    whole: half a telephone number is none that a detector knows."""
    pieces = tuple(piece for piece in redact(text[: limit + REACH]).pieces if piece.start < limit)
    end = max(limit, pieces[-1].end) if pieces else limit
    return Redaction(_write(text[:end], list(pieces)), pieces)


def has_token(text: str) -> bool:
    """Whether something was masked in it."""
    return _TOKEN.search(text) is not None


def _around_cuts(cut: list[Found], length: int) -> list[tuple[int, int]]:
    """What to read again after these spans became one character each; what overlaps is read once."""
    windows: list[tuple[int, int]] = []
    first, last, gone = 0, -1, 0
    for start, end, _ in cut:
        at = start - gone
        gone += end - start - 1
        if at - _AROUND > last:
            if last >= 0:
                windows.append((first, last))
            first = max(0, at - _AROUND)
        last = at + 1 + _AROUND
    windows.append((first, min(length, last)))
    return windows


def _find_between(work: str, start: int, end: int) -> list[Found]:
    """Spans to mask in a part of the text, but for those near an edge of it."""
    lowest = start + _AROUND // 2 if start else 0
    highest = end - _AROUND // 2 if end < len(work) else end
    found = [(start + a, start + b, kind) for a, b, kind in _find(work[start:end])]
    return [span for span in found if lowest <= span[0] and span[1] <= highest]


def _find(work: str) -> list[Found]:
    """Spans to mask, sorted and without overlap; the earlier detector wins unless a later span contains its own."""
    lowered = work.lower()
    if len(lowered) != len(work):  # a few capitals lower to two characters and would shift every span
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in work)
    claimed: dict[int, Found] = {}
    taken = bytearray(len(work))  # a text full of numbers has hundreds of spans: no comparing each with each
    for detect in _DETECTORS:
        for span in detect(work, lowered):
            start, end, kind = span
            if 1 in taken[start:end]:
                if kind != "address" or _reaches_over(start, taken, claimed) or _reaches_over(end, taken, claimed):
                    continue
                for at in range(start, end):
                    claimed.pop(at, None)  # a door number that looked like something else
            claimed[start] = span
            taken[start:end] = b"\x01" * (end - start)
    return sorted(claimed.values())


def _reaches_over(at: int, taken: bytearray, claimed: dict[int, Found]) -> bool:
    """Whether one and the same span stands on both sides of this place."""
    return 0 < at < len(taken) and taken[at - 1 : at + 1] == b"\x01\x01" and at not in claimed


def _without_tokens(folded: str, text: str) -> tuple[str, list[int], list[int]]:
    """Collapse each token to one inert character, so that a token's words and number never feed a detector.

    The token's length is lost on purpose: `[手机号]` and `[手机号12]` must read alike, or masking twice could differ.
    """
    starts, ends = list(range(len(text))), list(range(1, len(text) + 1))
    if "[" not in text:
        return folded, starts, ends
    return _cut(folded, starts, ends, [(m.start(), m.end(), "") for m in _TOKEN.finditer(text)])


def _cut(work: str, starts: list[int], ends: list[int], spans: list[Found]) -> tuple[str, list[int], list[int]]:
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    last = 0
    for a, b, _ in spans:
        parts += (work[last:a], INERT)
        new_starts += starts[last:a]
        new_ends += ends[last:a]
        new_starts.append(starts[a])
        new_ends.append(ends[b - 1])
        last = b
    parts.append(work[last:])
    return "".join(parts), new_starts + starts[last:], new_ends + ends[last:]


def _write(text: str, pieces: list[Piece]) -> str:
    taken = {m.group() for m in _TOKEN.finditer(text)}  # a token the resident pasted must not name a new piece
    given: dict[tuple[str, str], str] = {}
    keys: dict[tuple[str, str], tuple[str, str]] = {}
    used: dict[str, int] = {}
    parts: list[str] = []
    last = 0
    for piece in pieces:
        raw = (piece.kind, text[piece.start : piece.end])
        key = keys.get(raw)
        if key is None:
            key = keys[raw] = (piece.kind, _canonical(raw[1], piece.kind))
        token = given.get(key)
        while token is None:
            used[piece.kind] = number = used.get(piece.kind, 0) + 1
            token = TOKENS[piece.kind] if number == 1 else f"{TOKENS[piece.kind][:-1]}{number}]"
            if token in taken:
                token = None
        given[key] = token
        parts += (text[last : piece.start], token)
        last = piece.end
    parts.append(text[last:])
    return "".join(parts)


_BETWEEN = re.compile(r"[\s\-‐-―−_.·•()（）]+")
_HOME_CODE = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)")
_CANONICAL_DIGITS = str.maketrans(dict(VALUE_OF))


def _canonical(raw: str, kind: str) -> str:
    """One form for all ways of writing the same piece, so that it gets the same token."""
    value = fold(raw)
    value = _BETWEEN.sub("", value.lower() if value.isascii() else unicodedata.normalize("NFKC", value).casefold())
    if kind in ("phone", "id", "card", "code"):
        value = value.translate(_CANONICAL_DIGITS)
    if kind == "phone":
        value = _HOME_CODE.sub("", value)
    return value
