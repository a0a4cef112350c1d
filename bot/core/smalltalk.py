"""A message of nothing but a greeting, thanks, a goodbye or a cry for help; and words of danger to life in any message
(faq/lexicon/smalltalk.toml)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from bot.core.entry import Faq
from bot.core.reply import Decision, Hit
from bot.core.text import clean, has_han, normalise, to_hans

Kind = Literal["cry", "greeting", "thanks", "goodbye", ""]
#: The first that is found counts: 「你好救命」 is a cry.
_KINDS: tuple[Kind, ...] = ("cry", "goodbye", "thanks", "greeting")
_SPLIT = re.compile(r"[\s,，.。!！?？~～、…·;；:：]+")
_LONGEST = 40
_NUMERALS = "一二两三四五六七八九十百千万亿零几多好"
_DIGIT = re.compile(r"\d")


def cry(faq: Faq, region: str) -> Decision:
    """For who only cries for help: the emergencies, one of which leads, as one does in every emergency."""
    entries = faq.emergencies(region)
    hits = tuple(Hit(entry.id, 1.0, "choice" if number else "emergency") for number, entry in enumerate(entries))
    return Decision("emergency", hits, smalltalk="cry", detail={"decided": "a cry for help that says nothing else"})


def danger(faq: Faq, region: str, words: str) -> Decision:
    """For whose life is in danger, in ``words`` of the lexicon: the cards of such dangers."""
    ids = faq.lexicon.get("smalltalk", {}).get("danger", {}).get("cards", ())
    served = [entry for entry in map(faq.entry, ids) if entry is not None and entry.served_in(region)]
    hits = tuple(Hit(entry.id, 1.0, "choice" if number else "emergency") for number, entry in enumerate(served))
    return Decision("emergency", hits, smalltalk="danger", detail={"decided": f"words of danger to life: {words}"})


class Smalltalk:
    """Compiled from the tables cry, greeting, thanks, goodbye and filler."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        def forms(kind: str) -> list[str]:
            part = table.get(kind, {})
            return [str(w) for language in ("zh", "en") for w in part.get(language, ())]

        # The normal form has one mark for every number, so 886 would make a goodbye of any: those stay as typed.
        self._typed: dict[str, Kind] = {_typed(w): kind for kind in _KINDS for w in forms(kind) if _DIGIT.search(w)}
        self._forms = {
            kind: frozenset(normalise(w) for w in forms(kind) if not _DIGIT.search(w)) - {""} for kind in _KINDS
        }
        self._filler = frozenset(normalise(w) for w in forms("filler"))
        self._foreign = _not_of("".join(w for kind in (*_KINDS, "filler") for w in forms(kind)))
        self._danger, self._harmless = (_words([normalise(w) for w in forms(name)]) for name in ("danger", "harmless"))
        self._tails = sorted((f for f in self._filler if has_han(f)), key=lambda f: (-len(f), f))

    def kind(self, text: str) -> Kind:
        """ "" when the message says anything more."""
        if len(text) > _LONGEST or self._foreign.search(to_hans(text)):
            return ""
        found: Kind = ""
        rest: list[str] = []
        for word in _SPLIT.split(_typed(text)):
            here = self._typed.get(word) or self._typed.get(self._bare(word), "")
            found = found or here
            if not here:
                rest.append(word)
        words = [w for w in _SPLIT.split(normalise(" ".join(rest))) if w]
        for joined in (" ".join(words), "".join(words)):
            for kind in _KINDS:
                if joined in self._forms[kind]:
                    return kind
        # One by one, as the normal form closes the gap between Chinese words.
        for word in [w for part in rest for w in _SPLIT.split(normalise(part)) if w]:
            here = self._of_word(word)
            if not here and word not in self._filler:
                return ""
            found = min((k for k in (here, found) if k), key=_KINDS.index, default="")
        return found

    def danger(self, text: str) -> str:
        """Words of danger to life in a message, "" where there are none: a long text with such words is a story."""
        normal = normalise(text[: 2 * _LONGEST])
        found = self._danger.search(self._harmless.sub(" ", normal)) if len(text) <= 2 * _LONGEST else None
        return found.group() if found else ""

    def _of_word(self, word: str) -> Kind:
        for form in (word, self._bare(word)):
            for kind in _KINDS:
                if form in self._forms[kind]:
                    return kind
        return ""

    def _bare(self, word: str) -> str:
        """Without the particles at its end: 谢谢啊 -> 谢谢."""
        for _ in range(3):
            tail = next((t for t in self._tails if len(word) > len(t) and word.endswith(t)), "")
            if not tail:
                break
            word = word[: -len(tail)]
        return word


def _words(forms: list[str]) -> re.Pattern[str]:
    """Any of the forms; those in Latin letters as whole words."""
    han = [re.escape(f) for f in sorted(forms, key=len, reverse=True) if has_han(f)]
    latin = [re.escape(f) for f in sorted(forms, key=len, reverse=True) if f and not has_han(f)]
    arms = [*han, *([rf"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])"] if latin else [])]
    return re.compile("|".join(arms) or r"(?!)")


def _not_of(words: str) -> re.Pattern[str]:
    """A Chinese character of none of these words: most questions have one and are passed over by one look. Those of
    numbers do not count, which become one mark."""
    return re.compile(f"(?![{re.escape(to_hans(words))}{_NUMERALS}])[\u3400-\u9fff]")


def _typed(text: str) -> str:
    """As typed, but for width, case and symbols."""
    folded = unicodedata.normalize("NFKC", clean(text)).casefold()
    return "".join(" " if unicodedata.category(c)[0] == "S" else c for c in folded).strip()
