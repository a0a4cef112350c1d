"""Every sentence of the bot itself that residents read, on all channels, in one place.

What an entry says stands in faq/; what the bot says around it stands here, sorted by theme:

    texts_replies.py   answers, notices, section labels
    texts_menus.py     commands, menus, settings, quiz
    texts_telegram.py  only what Telegram shows
    texts_web.py       only what the web pages and the terminal show

To add a sentence: a line in the table of its theme, ``"key": (zh, en)``, keys written `theme.what`. Simplified
Chinese first, English second; traditional script is derived by OpenCC unless a third wording is given. Values stand
in braces, ``{n}``; a sentence that names a hotline takes its number as a value (`bot.core.card.hotline_numbers`),
never as digits. `tests/test_texts.py` checks script and placeholders of every line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from bot.core import text as scripts
from bot.core import texts_menus, texts_replies, texts_telegram, texts_web
from bot.core.reply import Lang

#: (zh-Hans, en) or (zh-Hans, en, zh-Hant)
Sentence: TypeAlias = tuple[str, str] | tuple[str, str, str]

TABLES: tuple[Mapping[str, Sentence], ...] = (
    texts_replies.TEXTS,
    texts_menus.TEXTS,
    texts_telegram.TEXTS,
    texts_web.TEXTS,
)


#: The key of a finding before its sentence: 「zh.steps[2]: 」.
_KEY = re.compile(r"[A-Za-z][\w.-]*(?:\[\d+\])*(?:\.\w+)*: (?=.* / )")


def _merged() -> dict[str, Sentence]:
    out: dict[str, Sentence] = {}
    for table in TABLES:
        twice = out.keys() & table.keys()
        if twice:
            raise ValueError(f"sentences defined twice: {', '.join(sorted(twice))}")
        out.update(table)
    return out


SENTENCES: Mapping[str, Sentence] = _merged()


def t(key: str, lang: Lang, **values: object) -> str:
    """The sentence of a key, its values filled in. KeyError for an unknown key or a value not given."""
    sentence = SENTENCES[key]
    if lang == "en":
        template = sentence[1]
    elif lang == "zh-Hant":
        template = sentence[2] if len(sentence) == 3 else scripts.to_hant(sentence[0])
    else:
        template = sentence[0]
    return template.format_map(values) if "{" in template else template


def has(key: str) -> bool:
    """Whether there is a sentence of this key: for keys made from a name, such as `smalltalk.<kind>`."""
    return key in SENTENCES


def one_language(text: str, lang: str) -> str:
    """What one language says of 「没有填 / is missing」, the two in either order. A finding and its remedy may
    stand after each other, with the key before them. What is said in one language only stays."""
    key = _KEY.match(text)
    if key:
        return key.group() + one_language(text[key.end() :], lang)
    parts = text.split(" / ")
    if len(parts) % 2:
        for cut in reversed([found.start() for found in re.finditer("; ", text)]):
            if text[:cut].count(" / ") % 2 and text[cut:].count(" / ") % 2:
                return f"{one_language(text[:cut], lang)}; {one_language(text[cut + 2 :], lang)}"
        return text
    half = len(parts) // 2
    sides = [" / ".join(parts[:half]), " / ".join(parts[half:])]
    # Both may quote the same words: the Chinese sentence is the one that has more Chinese around them.
    share = [sum("\u3400" <= c <= "\u9fff" for c in side) / max(1, len(side)) for side in sides]
    if share[0] == share[1]:
        return text
    return sides[share.index(min(share) if lang == "en" else max(share))]
