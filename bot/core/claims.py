"""What an answer must never say: patterns that editors keep in faq/lexicon/forbidden.toml.

A pattern is plain words; 「…」 stands for up to ten characters of the same clause (in English: up to forty).
A hit does not count where the words are somebody else's (quoted, or "the scammer says"), denied, or a question:
「谁也不能保证追回」 is what an answer should say. The words that excuse a hit stand in the same file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["zh", "en"]

_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|‘[^’]{2,}’|\"[^\"]*\"|(?<!\w)'[^'\n]{2,80}'(?!\w)")
_SENTENCE_EN = re.compile(r"[^.!?;\n]+[.!?;]?")
_SENTENCE_ZH = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_CLAUSE_END = re.compile(r"[，,：:]")
_BEFORE = {"zh": 12, "en": 40}  # characters before a hit in which a denial counts


@dataclass(frozen=True, slots=True)
class _Claim:
    name: str
    why: Mapping[str, str]
    strict: bool  # not excused by a sentence that exposes something: its own words are such a sentence
    patterns: Mapping[str, re.Pattern[str]]
    unless: Mapping[str, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A forbidden claim that was found: its name, why it is forbidden, the words."""

    name: str
    why: Mapping[str, str]
    text: str


class Claims:
    """Compiled from the parsed table; ``Claims({})`` finds nothing."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        excuse = table.get("excuse", {})
        self._before = {lang: _words(excuse.get(f"before_{lang}", ()), lang) for lang in ("zh", "en")}
        self._anywhere = {lang: _words(excuse.get(f"sentence_{lang}", ()), lang) for lang in ("zh", "en")}
        self._claims = [
            _Claim(
                name,
                claim.get("why", {"zh": "", "en": ""}),
                claim.get("strict", False),
                {lang: _words(claim.get(lang, ()), lang) for lang in ("zh", "en")},
                {lang: _words(claim.get(f"unless_{lang}", ()), lang) for lang in ("zh", "en")},
            )
            for name, claim in sorted(table.get("claim", {}).items())
        ]

    def find(self, text: str, lang: Language) -> list[Claim]:
        """Every claim that the text makes, once each."""
        found: dict[str, Claim] = {}
        splitter = _SENTENCE_ZH if lang == "zh" else _SENTENCE_EN
        for sentence in splitter.findall(_QUOTED.sub("“”", text)):
            if sentence.rstrip().endswith(("？", "?")):
                continue
            exposed = bool(self._anywhere[lang].search(sentence))
            for claim in self._claims:
                if claim.name in found or (exposed and not claim.strict) or claim.unless[lang].search(sentence):
                    continue
                for match in claim.patterns[lang].finditer(sentence):
                    before = sentence[max(0, match.start() - _BEFORE[lang]) : match.start()]
                    # A denial of the clause before says nothing about this one: 「不用慌，一定能追回」.
                    if not self._before[lang].search(_CLAUSE_END.split(before)[-1]):
                        found[claim.name] = Claim(claim.name, claim.why, match.group())
                        break
        return list(found.values())


def _words(patterns: Any, lang: str) -> re.Pattern[str]:
    """Plain words with 「…」 gaps as one alternation; English on word boundaries."""
    gap = r"[^，,。！？；]{0,10}?" if lang == "zh" else r"[^.!?;]{0,40}?"
    parts = []
    for pattern in patterns:
        words = [re.escape(word.strip()) for word in re.split(r"…|\.\.\.", str(pattern)) if word.strip()]
        if words:
            body = gap.join(words)
            parts.append(body if lang == "zh" else rf"(?<!\w){body}(?!\w)")
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)
