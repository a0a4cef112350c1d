"""Curated words: concepts and variants of faq/lexicon, spotted exactly and by sound.

Typing errors are forgiven where whole phrasings are compared (`retrieve`), not word by word.

A concept is one idea with its surface forms (转了 / 打过去了 / 汇款). Spotting a concept helps every entry at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.core.acts import ActReader
from bot.core.pinyin import PinyinDecoder
from bot.core.sounds import readings
from bot.core.text import has_han, normalise

#: A form of this many syllables is also found by sound.
_SOUND_LENGTH = 3
_END = ""


class Trie:
    """Forms over a sequence of symbols; finds every form that starts at any place."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}

    def add(self, symbols: Iterable[str], value: str) -> None:
        node = self._root
        for symbol in symbols:
            node = node.setdefault(symbol, {})
        node.setdefault(_END, set()).add(value)

    def find(self, symbols: str | list[str]) -> list[tuple[int, int, str]]:
        """(start, end, value) of every form; forms have bounded length, so this is linear in the text."""
        found: list[tuple[int, int, str]] = []
        root, size = self._root, len(symbols)
        for start, first in enumerate(symbols):
            node = root.get(first)
            end = start + 1
            while node is not None:
                if _END in node:
                    found += [(start, end, value) for value in node[_END]]
                if end >= size:
                    break
                symbol = symbols[end]
                node = node.get(symbol) if symbol != _END else None
                end += 1
        return found


class Lexicon:
    """Built once from ``Faq.lexicon``; immutable afterwards. ``sentences``: teach what typed pinyin means."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]], sentences: Iterable[str] = ()) -> None:
        self.variants: dict[str, str] = {}
        for table in tables.get("variants", {}).values():
            if isinstance(table, Mapping):
                self.variants.update({str(k): str(v) for k, v in table.items()})
        self.acts = ActReader(tables.get("acts", {}))
        self.everyday: dict[str, tuple[str, ...]] = {"zh": (), "en": ()}
        for table in tables.get("everyday", {}).values():
            if isinstance(table, Mapping):
                for language in ("zh", "en"):
                    self.everyday[language] += tuple(table.get(language, ()))
        self.pinyin = PinyinDecoder([*sentences, *self.everyday["zh"]])
        self._exact, self._sound = Trie(), Trie()
        for name, concept in sorted(tables.get("concepts", {}).get("concept", {}).items()):
            for raw in concept.get("zh", ()):
                self._add_form(str(raw), name)
            for raw in concept.get("en", ()):
                form = normalise(str(raw))
                if form:
                    self._exact.add(f" {form} ", name)

    def _add_form(self, raw: str, name: str) -> None:
        form = normalise(raw, self.variants)
        if not form:
            return
        self._exact.add(form if has_han(form) else f" {form} ", name)
        if has_han(form):
            sounds = readings(form)
            if len(sounds) >= _SOUND_LENGTH and "" not in sounds:
                self._sound.add(sounds, name)

    def concepts(self, text: str, sounds: list[str]) -> dict[str, str]:
        """Concept -> the words that showed it. ``text`` in normal form, ``sounds`` its readings."""
        found: dict[str, str] = {}
        padded = f" {text} "
        for start, end, name in self._exact.find(padded):
            found.setdefault(name, padded[start:end].strip())
        for start, end, name in self._sound.find(sounds):
            found.setdefault(name, " ".join(sounds[start:end]))
        return found
