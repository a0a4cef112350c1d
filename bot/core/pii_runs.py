"""Runs of digits: what separators hold together, and what the words before it call it."""

import re
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import add

from bot.core.pii_text import DIGIT_VALUES, SEP, VALUE_OF

_PLAIN = str.maketrans(VALUE_OF)

_ATOM = re.compile(rf"[0-9]+|[{DIGIT_VALUES}]+")
_RUN = re.compile(rf"(?:[0-9]++|[{DIGIT_VALUES}]++)(?:{SEP}{{0,3}}(?:[0-9]++|[{DIGIT_VALUES}]++))*+")

_CONTEXT = re.compile(
    r"(?=[身证證公社i卡账帳賬帐户戶ca电電手座固联聯号號来致拨撥打tpmwn])(?:(?P<id>身份证|身份證|证件号|證件號|公民身份|证号|社保号|\bid\b)"
    r"|(?P<card>卡|账号|账户|户口|戶口|帳號|賬號|帐号|\bcard|\baccount)"
    r"|(?P<phone>电话|電話|手机|手機|座机|固话|固話|联系方式|聯絡|号码|號碼|来电|致电|致電|拨|撥|打|\btel|phone|\bcall|mobile|whatsapp|number))"
)
LONGEST = 19  # digits of a bank card
_PAST_LABEL = re.compile(r"[^0-9，。；！？,;!?\n\ufffc]{0,9}")
_ENDS_LABEL = frozenset("0123456789，。；！？,;!?\n\ufffc")


@dataclass(slots=True)
class Run:
    """Digits that separators hold together, and where in the text each atom stands."""

    digits: str
    begins: dict[int, int]  # offset in digits -> position in the text where the atom starts
    stops: dict[int, int]  # offset in digits -> position in the text where the atom before it ends
    label: str  # what the words before it call it
    solid: dict[int, int]  # where figures follow each other without a gap for longer than any number: start -> end
    fresh: int = 0  # behind the last masked piece: what stands there reads as if the run began with it


def runs_of(flat: str, low: str) -> list[Run]:
    """The runs that are long enough for a telephone number."""
    runs: list[Run] = []
    for match in _RUN.finditer(flat):
        written = match.group()
        if len(written) >= 7:  # most numbers are amounts and dates: no look at their parts
            atoms = _ATOM.findall(written)
            digits = "".join(atoms)
            if len(digits) >= 7:
                runs.append(_run(low, match.start(), written, digits, atoms))
    return runs


def _run(low: str, start: int, written: str, digits: str, atoms: list[str]) -> Run:
    """Reckoned list by list: a text of figures and words in turn has thousands of atoms."""
    offsets = list(accumulate(map(len, atoms), initial=0))
    gaps = list(map(len, _ATOM.split(written))) if len(digits) < len(written) else [0] * len(offsets)
    edges = [0, *(offset for offset, gap in zip(offsets, gaps, strict=True) if gap), len(digits)]
    gaps[0] = start
    shifts = list(accumulate(gaps))
    return Run(
        digits if digits.isascii() else digits.translate(_PLAIN),
        dict(zip(offsets[:-1], map(add, offsets, shifts[:-1]), strict=True)),
        dict(zip(offsets[1:], map(add, offsets[1:], shifts), strict=True)),
        _label(low, start),
        {a: b for a, b in pairwise(edges) if b - a > LONGEST},
    )


def _label(low: str, start: int) -> str:
    if not start or low[start - 1] in _ENDS_LABEL:
        return ""
    last = None
    for match in _CONTEXT.finditer(low, max(0, start - 16), start):
        if last is None or match.group() not in ("号码", "號碼", "number"):  # 身份证号码 is no telephone
            last = match
    if last is None or not _PAST_LABEL.fullmatch(low, last.end(), start):
        return ""
    return last.lastgroup or ""
