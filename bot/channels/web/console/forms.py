"""An entry as a form, and a posted form as an entry's table. What the form does not show stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot import drafting
from bot.channels.web.console import overrides
from bot.channels.web.console.fields import Form
from bot.core.entry import LIST_KEYS, WORDING_KEYS
from bot.core.validate import LIMITS

_LABELS: dict[str, tuple[str, str, str, str]] = {
    "question": ("问题（标题）", "Question (title)", "居民会怎么问，一句话", "as a resident would ask it, one sentence"),
    "lead": ("先说结论", "Lead", "结论和最要紧的一件事", "the verdict and the one thing to do"),
    "signs": ("怎么认出来", "Signs", "每行一条", "one a line"),
    "steps": ("现在怎么做", "Steps", "每行一步，按顺序", "one step a line, in order"),
    "more": ("想多了解", "More", "可以不写", "optional"),
    "share": ("转给家人的话", "Card to share", "转发给家人的一段话", "to forward to the family"),
    "phrasings": ("问法（事前）", "Phrasings", "每行一句：还没出事时怎么问", "one a line: before anything happened"),
    "urgent": ("紧急问法（已经发生）", "Urgent phrasings", "每行一句：已经发生或正在发生", "one a line: it has happened"),
    "signals": ("信号词", "Signals", "每行一个词", "one word a line"),
}  # fmt: skip
#: Rows of an empty field; what is in it makes it grow.
_ROWS = {"lead": 3, "signs": 3, "steps": 4, "more": 2, "share": 2, "phrasings": 4, "urgent": 3, "signals": 3}
MAX_ROWS = 16
_FRAME = {
    "id": ("编号", "Id"), "topic": ("主题", "Topic"), "risk": ("性质", "Risk"), "severity": ("严重程度", "Severity"),
    "hotlines": ("热线", "Hotlines"), "regions": ("地区", "Regions"), "related": ("相关", "Related"),
    "reviewed": ("复核日期", "Reviewed"), "review_by": ("下次复核", "Review by"), "basis": ("依据", "Basis"),
    "sources": ("来源", "Sources"),
}  # fmt: skip
_TABLES = {"zh": ("中文", "Chinese"), "en": ("英文", "English"), "zh-Hant": ("繁体", "Traditional")}
#: Answers first: what residents read; then what teaches the matcher.
_ORDER = ("question", "lead", "steps", "signs", "share", "more", "phrasings", "urgent", "signals")


@dataclass(frozen=True, slots=True)
class Field:
    """``limit``: characters of the text, or of each line of a list; 0: none."""

    name: str
    kind: Literal["line", "text", "list"]
    label: tuple[str, str]
    hint: tuple[str, str]
    rows: int
    limit: int
    value: str


def wording_fields(body: Mapping[str, Any], language: str) -> list[Field]:
    table = body.get(language, {})
    return [_field(f"{language}.{key}", key, language, table.get(key, "")) for key in _ORDER]


def override_fields(body: Mapping[str, Any], added: Sequence[str] = ()) -> list[tuple[tuple[str, str], list[Field]]]:
    """(title of the table, its fields): overrides that the draft has, and ``added`` ones that begin as what is read
    there now."""
    names = dict.fromkeys([*overrides.names(body), *filter(overrides.known, added)])
    out: list[tuple[tuple[str, str], list[Field]]] = []
    for table, language in overrides.TABLES.items():
        keys = [key for key in _ORDER if f"{table}.{key}" in names]
        fields = [_field(n, k, language, overrides.value_of(body, n)) for k in keys for n in (f"{table}.{k}",)]
        if fields:
            out.append((overrides.title(table), fields))
    return out


def _field(name: str, key: str, language: str, value: Any) -> Field:
    zh, en, hint_zh, hint_en = _LABELS[key]
    kind: Literal["line", "text", "list"] = "list" if key in LIST_KEYS else "line" if key == "question" else "text"
    text = "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    rows = min(MAX_ROWS, max(_ROWS.get(key, 1), text.count("\n") + 2))
    return Field(name, kind, (zh, en), (hint_zh, hint_en), rows, LIMITS[language].get(key, 0), text)


def frame_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """What stands around the wording, as the form shows it."""
    return {
        "id": body.get("id", ""),
        "topic": body.get("topic", ""),
        "risk": body.get("risk", ""),
        "severity": str(body.get("severity", "")),
        "basis": body.get("basis", ""),
        "reviewed": str(body.get("reviewed", "")),
        "review_by": str(body.get("review_by", "")),
        "hotlines": list(body.get("hotlines", ())),
        "regions": list(body.get("regions", ())),
        "related": ", ".join(map(str, body.get("related", ()))),
        "sources": "\n".join(drafting.flat({"sources": body.get("sources", ())})["sources"]),
    }


def body_of(form: Form, base: Mapping[str, Any]) -> dict[str, Any]:
    """The table that the form says; ``base``: the draft it was made from, whose other keys stay."""
    out: dict[str, Any] = {key: value for key, value in base.items() if key != drafting.META}
    for key in ("id", "topic", "risk", "basis", "reviewed", "review_by"):
        if key in form:
            out[key] = drafting.tidy(form.get(key)[:200])
    if "severity" in form:
        out["severity"] = form.number("severity", 1)
    if "related" in form:
        out["related"] = [
            part.strip() for part in form.get("related")[:2000].replace("，", ",").split(",") if part.strip()
        ]
    if "frame" in form:  # boxes that nobody ticked are not sent at all
        out["hotlines"] = form.all("hotlines")
        if form.all("regions"):
            out["regions"] = form.all("regions")
        else:
            out.pop("regions", None)
    if "sources" in form:
        sources = [_source(line) for line in drafting.tidy_lines(form.get("sources"))]
        out["sources"] = sources
        if not sources:
            del out["sources"]
    for language in ("zh", "en"):
        out[language] = _wording(form, language, base.get(language, {}))
    overrides.with_overrides(form, out, base, _value)
    return out


def _source(line: str) -> dict[str, str]:
    title, date, url = (*(part.strip() for part in line.split("|")), "", "")[:3]
    return {"title": title} | ({"date": date} if date else {}) | ({"url": url} if url else {})


def _wording(form: Form, language: str, base: Mapping[str, Any]) -> dict[str, Any]:
    table = dict(base)
    for key in WORDING_KEYS:
        name = f"{language}.{key}"
        if name not in form:
            continue
        value = _value(form.get(name), key)
        if value:
            table[key] = value
        else:
            table.pop(key, None)
    return table


def _value(raw: str, key: str) -> Any:
    """A field's text as the entry holds it."""
    if key in LIST_KEYS:
        return drafting.tidy_lines(raw)
    text = drafting.tidy(raw)
    return text.replace("\n", " ") if key == "question" else text


def name_of(key: str, *, english: bool) -> str:
    """A key as people read it: 「zh.hk.lead」 -> 中文 hk · 先说结论; keys that nobody translated stay as they are."""
    side = 1 if english else 0
    *tables, last = key.split(".")
    name = _FRAME.get(last) or (_LABELS[last][:2] if last in _LABELS else (last, last))
    place = " ".join(_TABLES[t][side] if t in _TABLES else t for t in tables)
    return f"{place} · {name[side]}" if place else name[side]


def field_of(key: str) -> str:
    """The form's field that a finding belongs to: 「zh.steps[2]」 -> zh.steps, 「zh.hk.lead」 -> zh.hk.lead."""
    path = key.split("[")[0]
    parts = path.split(".")
    if parts[0] in (*overrides.TABLES, "zh", "en") and len(parts) > 1:
        return path
    return parts[0]
