"""Phrasings as a set over all entries: what counts as the same, who holds what twice, how a phrasing is put."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from bot.core.entry import Problem
from bot.core.rules import problem

Style = Literal["short", "question", "story", "paste"]

_NOT_WORD = re.compile(r"[\W_]+")
_QUESTION = re.compile(
    r"[?？]|[吗么呢嘛不没]$|怎么|咋|如何|什么|啥|为何|多少|哪|能不能|要不要|该不该|是不是|可不可以|会不会|靠谱|能信|真假"
    r"|^(?:is|are|can|could|should|do|does|did|how|what|who|where|why|which|will|would)\b",
    re.IGNORECASE,
)
_PASTE = re.compile(
    r"^【|^\[|回复?\s?[TtＴ]退订|退订回|点击链接|https?://|您的|尊敬的|亲爱的|Dear (?:customer|user)", re.IGNORECASE
)


def phrase_key(text: str) -> str:
    """What remains of a phrasing without punctuation, width and case: equal keys are the same phrasing."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def guess_style(text: str) -> Style:
    """A guess for the statistics; nothing else depends on it."""
    han = bool(re.search(r"[\u3400-\u9fff]", text))
    size = len(text) if han else len(text.split())
    if _PASTE.search(text):
        return "paste"
    if size <= (8 if han else 4):
        return "short"
    if size > (34 if han else 18):
        return "story"
    return "question" if _QUESTION.search(text.strip()) else "story"


def phrasings_of(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(key such as 「zh.urgent[3]」, text) of every phrasing in an entry's table, whatever state it is in."""
    for language in ("zh", "en"):
        table = data.get(language)
        for kind in ("phrasings", "urgent"):
            values = table.get(kind) if isinstance(table, Mapping) else None
            for number, text in enumerate(values if isinstance(values, (list, tuple)) else (), 1):
                if isinstance(text, str):
                    yield f"{language}.{kind}[{number}]", text


def find_duplicates(entries: Mapping[str, Mapping[str, Any]], *, within: bool = True) -> list[Problem]:
    """Phrasings that stand twice across entries (file -> table) and, if ``within``, inside one; names both places.

    An entry's own canonical question may stand among its phrasings; it may not teach another entry.
    """
    seen: dict[str, tuple[str, str]] = {}
    found: list[Problem] = []
    for file, data in sorted(entries.items()):
        for key, text in (*phrasings_of(data), *_questions(data)):
            mark = phrase_key(text)
            if not mark:
                continue
            first = seen.setdefault(mark, (file, key))
            if first == (file, key) or (first[0] == file and (not within or key.endswith(".question"))):
                continue
            other = first[1] if first[0] == file else f"{first[0]}:{first[1]}"
            found.append(problem("duplicate", file, key, text=text, other=other))
    return found


def _questions(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for language in ("zh", "en"):
        table = data.get(language)
        question = table.get("question") if isinstance(table, Mapping) else None
        if isinstance(question, str):
            yield f"{language}.question", question
