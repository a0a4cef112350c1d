"""What stands in a draft: prefilled from a question, tidied from a form, compared with what is published. Pure.

A draft's body is an entry's table, complete or not, and under `META` what travels with it: the groups it answers and
the samples it relabels.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Literal

from bot.core.entry import Entry, Faq, Problem, entry_from_dict
from bot.core.phrasings import phrase_key, phrasings_of
from bot.core.redact import TOKENS
from bot.core.rules import problem
from bot.core.validate import LIMITS, validate_entry
from bot.desk import Snapshot

META = "_meta"
REVIEW_DAYS = 181
#: Texts with less in common than this are shown as one taken out and one put in.
REWRITTEN = 0.5
_TOKEN = re.compile("|".join(re.escape(token[:-1]) + r"\d*\]" for token in TOKENS.values()))
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
#: A word processor's line within a paragraph, its page break, and the line ends of other systems.
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BULLET = re.compile(
    r"^\s*(?:[•·●▪◦‣∙■□◆○➢►▶✓✔–—*-]|[\uf000-\uf0ff]|[\u2460-\u2473]|[\d０-９]{1,2}[.．、)）](?![\d０-９])|[（(]\d{1,2}[)）]"
    r"|[一二三四五六七八九十]{1,3}、(?![一二三四五六七八九十百千万两]))\s*"
)
#: Characters of one text that are judged; no answer is as long, and the rules take minutes for 50 kB pasted by mistake.
MOST = 2000
#: The same of all lines of one list that residents read: a card has six steps.
MOST_LINES = 4000
#: Texts that differ in more than this many pairs of pieces are not compared piece by piece: a page would wait for it.
_COMPARED = 250_000


@dataclass(frozen=True, slots=True)
class Relabel:
    """A sample that a person judged anew, with the reason. ``urgent`` None: as it was."""

    text: str
    topics: tuple[str, ...]
    reason: str
    by: str
    at: int
    urgent: bool | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    groups: tuple[str, ...] = ()
    relabels: tuple[Relabel, ...] = ()
    authors: tuple[str, ...] = ()


def split_meta(body: Mapping[str, Any]) -> tuple[dict[str, Any], Meta]:
    """The entry's table, and what travels with it."""
    raw = body.get(META, {})
    meta = Meta(
        tuple(raw.get("groups", ())),
        tuple(
            Relabel(r["text"], tuple(r["topics"]), r["reason"], r["by"], r["at"], r.get("urgent"))
            for r in raw.get("relabels", ())
        ),
        tuple(raw.get("authors", ())),
    )
    return {key: value for key, value in body.items() if key != META}, meta


def with_meta(body: Mapping[str, Any], meta: Meta) -> dict[str, Any]:
    out = {key: value for key, value in body.items() if key != META}
    relabels = [
        {"text": r.text, "topics": list(r.topics), "reason": r.reason, "by": r.by, "at": r.at, "urgent": r.urgent}
        for r in meta.relabels
    ]
    out[META] = {"groups": list(meta.groups), "relabels": relabels, "authors": list(meta.authors)}
    return out


# ---------------------------------------------------------------- making
def without_tokens(text: str) -> str:
    """A resident's masked words as the start of a phrasing: what was masked teaches nothing."""
    return re.sub(r"\s{2,}", " ", _TOKEN.sub("", text)).strip(" ，,：:")


def new_body(
    entry_id: str, texts: Sequence[str], *, topic: str, near: Entry | None, lang: Literal["zh", "en"], today: dt.date
) -> dict[str, Any]:
    """A draft prefilled from a group: what was asked, and the frame of the nearest entry."""
    asked: dict[str, str] = {}
    for text in map(without_tokens, texts):
        if phrase_key(text):
            asked.setdefault(phrase_key(text), text[:200])
    phrasings = list(asked.values())[:30]
    wording = {"question": phrasings[0] if phrasings else "", "phrasings": phrasings}
    return {
        "id": entry_id,
        "topic": topic,
        "risk": near.risk if near else "info",
        "severity": near.severity if near else 1,
        "hotlines": list(near.hotlines) if near else ["police", "antifraud"],
        "related": [near.topic] if near else [],
        "reviewed": today.isoformat(),
        "review_by": (today + dt.timedelta(days=REVIEW_DAYS)).isoformat(),
        "basis": "common",
        "zh": wording if lang == "zh" else {},
        "en": wording if lang == "en" else {},
    }


def with_phrasing(body: Mapping[str, Any], text: str, *, lang: Literal["zh", "en"], urgent: bool) -> dict[str, Any]:
    """The body that also teaches ``text``; the same body when it does already."""
    out = dict(body)
    if any(phrase_key(held) == phrase_key(text) for _, held in phrasings_of(body)):
        return out
    table = dict(out.get(lang, {}))
    key = "urgent" if urgent else "phrasings"
    table[key] = [*table.get(key, ()), text]
    out[lang] = table
    return out


def tidy(text: str) -> str:
    """Pasted text without what a word processor leaves in it."""
    text = _CONTROL.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFC", _BREAK.sub("\n", text))))
    text = text.replace("\u00a0", " ").replace("\u3000", " ").replace("\t", " ")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def tidy_lines(text: str) -> list[str]:
    """One item a line; bullets and numbers that a list was pasted with go."""
    lines = (_BULLET.sub("", line).strip() for line in tidy(text).split("\n"))
    return [line for line in lines if line]


# ---------------------------------------------------------------- judging
def file_of(body: Mapping[str, Any], faq: Faq) -> str:
    topic = faq.topics.get(str(body.get("topic", "")))
    return f"{topic.group if topic else 'unknown'}/{body.get('id', '')}.toml"


def check_body(body: Mapping[str, Any], published: Snapshot, *, today: dt.date, new: bool) -> list[Problem]:
    """The findings of `faq check` on this entry among the published ones, errors first."""
    faq, file, entry_id = published.faq, file_of(body, published.faq), str(body.get("id", ""))
    judged, long = judgeable(body, file)
    found = validate_entry(
        judged,
        file=file,
        topics=faq.topics,
        regions=faq.regions,
        today=today,
        entry_ids={e.id for e in faq.entries} | {entry_id},
        claims=published.claims,
    )
    cut = {p.key for p in long}
    found = [*(p for p in found if p.key not in cut), *long]
    if new and entry_id in published.rows:
        found.append(problem("duplicate-id", file, "id", other=file_of(published.rows[entry_id].body, faq)))
    for place, text in phrasings_of(body):
        others = (item for item in published.phrases.get(phrase_key(text), {}).items() if item[0] != entry_id)
        for other, there in islice(others, 1):  # one is enough to act on
            found.append(problem("duplicate", file, place, text=text, other=f"{other}:{there}"))
    return sorted(dict.fromkeys(found), key=lambda p: (p.level, p.key))


def judgeable(body: Mapping[str, Any], file: str) -> tuple[dict[str, Any], list[Problem]]:
    """The body with texts cut at `MOST` and lists at `MOST_LINES`, which the rules read in no time, and a finding for
    each that was cut. Such a text is an error in any field, so nothing is published that was not judged."""
    long: list[Problem] = []

    def cut(value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return {name: cut(item, f"{key}.{name}" if key else str(name)) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            if (
                key.rsplit(".")[-1] in ("steps", "signs")
                and (size := sum(len(str(item)) + 1 for item in value)) > MOST_LINES
            ):
                text = "\n".join(map(str, value))
                long.append(problem("too-long", file, key, size=size, limit=MOST_LINES, text=text))
                value = text[:MOST_LINES].split("\n")
            return [cut(item, f"{key}[{number}]") for number, item in enumerate(value, 1)]
        if isinstance(value, str) and len(value) > MOST:
            limit = LIMITS["en" if key.startswith("en.") else "zh"].get(key.split("[")[0].rsplit(".")[-1], MOST)
            long.append(problem("too-long", file, key, size=len(value), limit=limit, text=value))
            return value[:MOST]
        return value

    return cut(body, ""), long


def lenient_entry(body: Mapping[str, Any], today: dt.date) -> Entry:
    """An entry to preview, whatever is still missing."""
    plain: dict[str, Any] = {**_FRAME, **body, "reviewed": today, "review_by": today}
    for language in ("zh", "en"):
        table = body.get(language)
        plain[language] = table if isinstance(table, Mapping) else {}
    plain["sources"] = [s | {"date": None} for s in body.get("sources", ()) if isinstance(s, dict) and s.get("title")]
    try:
        return entry_from_dict(plain)
    except (KeyError, TypeError, ValueError, AttributeError):
        return entry_from_dict({**_FRAME, "reviewed": today, "review_by": today, "zh": {}, "en": {}})


_FRAME: dict[str, Any] = {
    "id": "draft", "topic": "", "risk": "info", "severity": 1, "hotlines": [], "related": [], "basis": "common",
}  # fmt: skip


# ---------------------------------------------------------------- comparing
@dataclass(frozen=True, slots=True)
class Change:
    """One key that reads differently. ``pieces``: (same | out | in, text) of a text; ``removed``, ``added``: items
    of a list, with ``kept`` others."""

    key: str
    pieces: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    kept: int = 0
    moved: bool = field(default=False)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What a reader of two versions needs to see, in the order of the file."""
    before, after = flat(old), flat(new)
    found: list[Change] = []
    for key in dict.fromkeys((*before, *after)):
        a, b = before.get(key), after.get(key)
        if a == b:
            continue
        if isinstance(a, list) or isinstance(b, list):
            first, second = list(map(str, a or [])), list(map(str, b or []))
            removed = tuple(x for x in first if x not in second)
            added = tuple(x for x in second if x not in first)
            found.append(Change(key, (), removed, added, len(second) - len(added), not removed and not added))
        else:
            found.append(Change(key, tuple(piece for piece in _pieces(_shown(a), _shown(b)) if piece[1])))
    return found


def flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted key -> text or list of texts."""
    out: dict[str, Any] = {}
    for key, value in body.items():
        if key == META:
            continue
        if key == "sources":
            out[key] = [" | ".join(str(s.get(k) or "") for k in ("title", "date", "url")) for s in value or ()]
        elif isinstance(value, Mapping):
            out.update({f"{key}.{name}": item for name, item in flat(value).items()})
        else:
            out[key] = list(value) if isinstance(value, (list, tuple)) else value
    return out


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _pieces(old: str, new: str) -> Iterable[tuple[str, str]]:
    # Words of English, characters of Chinese: what a reader takes for one piece.
    a, b = (re.findall(r"[A-Za-z0-9]+|.", text, re.DOTALL) for text in (old, new))
    head = _common(a, b)
    tail = _common(a[head:][::-1], b[head:][::-1])
    first, second = a[head : len(a) - tail], b[head : len(b) - tail]
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    if len(first) * len(second) > _COMPARED:
        middle: Iterable[tuple[str, str]] = (("out", "".join(first)), ("in", "".join(second)))
    elif 2 * (head + tail) + matcher.ratio() * (len(first) + len(second)) < REWRITTEN * (len(a) + len(b)):
        yield from (("out", old), ("in", new))  # single characters in common would only confuse the reader
        return
    else:
        middle = _middle(matcher, first, second)
    found = [("same", "".join(a[:head])), *middle, ("same", "".join(a[len(a) - tail :]))]
    yield from _joined(found)


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many pieces two texts begin with alike."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _middle(matcher: difflib.SequenceMatcher[str], a: Sequence[str], b: Sequence[str]) -> Iterable[tuple[str, str]]:
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield "same", "".join(a[i1:i2])
        else:
            yield "out", "".join(a[i1:i2])
            yield "in", "".join(b[j1:j2])


def _joined(pieces: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Neighbours of one kind as one piece; empty ones go."""
    for kind, group in groupby((p for p in pieces if p[1]), key=lambda piece: piece[0]):
        yield kind, "".join(text for _, text in group)
