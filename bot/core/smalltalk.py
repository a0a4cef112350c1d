"""A message of nothing but a greeting, thanks or a goodbye (faq/lexicon/smalltalk.toml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from bot.core.text import clean, has_han, normalise

Kind = Literal["greeting", "thanks", "goodbye", ""]
_KINDS: tuple[Literal["goodbye", "thanks", "greeting"], ...] = ("goodbye", "thanks", "greeting")
_SPLIT = re.compile(r"[\s,，.。!！?？~～、…·;；:：]+")
_LONGEST = 40


class Smalltalk:
    """Compiled from the tables greeting, thanks, goodbye and filler."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        def forms(kind: str) -> frozenset[str]:
            part = table.get(kind, {})
            return frozenset(normalise(str(w)) for language in ("zh", "en") for w in part.get(language, ()))

        self._forms = {kind: forms(kind) for kind in _KINDS}
        filler = forms("filler")
        self._filler = filler
        self._tails = sorted((f for f in filler if has_han(f)), key=lambda f: (-len(f), f))

    def kind(self, text: str) -> Kind:
        """ "" when the message says anything more."""
        if len(text) > _LONGEST:
            return ""
        words = [w for w in _SPLIT.split(normalise(clean(text))) if w]
        for joined in (" ".join(words), "".join(words)):
            for kind in _KINDS:
                if joined in self._forms[kind]:
                    return kind
        found: Kind = ""
        for word in words:
            here = self._of_word(word)
            if not here and word not in self._filler:
                return ""
            found = here or found
        return found

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
