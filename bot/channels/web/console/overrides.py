"""Wordings that read differently in a region or script, as fields of an entry's form.

A field is named as the key in the file: 「zh.hk.lead」, 「zh-Hant.steps」. An empty field is no override.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.web.console.fields import Form
from bot.core.entry import LIST_KEYS, REGIONS, WORDING_KEYS
from bot.core.text import to_hant

#: Tables in the order of the form: path in the file -> language whose limits and wording it has.
TABLES: Mapping[str, str] = {
    "zh-Hant": "zh",
    **{f"{language}.{region}": language for language in ("zh", "en") for region in (*REGIONS[1:], REGIONS[0])},
}
#: What residents read; phrasings and signals teach all regions alike.
KEYS = ("question", "lead", "steps", "signs", "share", "more")
PLACES: Mapping[str, tuple[str, str]] = {
    "hk": ("香港", "Hong Kong"), "tw": ("台湾", "Taiwan"), "sg": ("新加坡", "Singapore"), "cn": ("内地", "Mainland"),
}  # fmt: skip


def title(table: str) -> tuple[str, str]:
    """A table as people read it, in both languages."""
    if table == "zh-Hant":
        return "繁体（不用自动转换）", "Traditional script (instead of the derived one)"
    language, _, region = table.partition(".")
    zh, en = PLACES[region]
    return (
        f"{zh} · {'中文' if language == 'zh' else '英文'}",
        f"{en} · {'Chinese' if language == 'zh' else 'English'}",
    )


def table_of(body: Mapping[str, Any], table: str) -> Mapping[str, Any]:
    """What a draft holds of an override table; empty where there is none or it is no table."""
    found: Any = body
    for part in table.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def names(body: Mapping[str, Any]) -> list[str]:
    """The overrides that a draft has, in the order of the form."""
    return [f"{table}.{key}" for table in TABLES for key in WORDING_KEYS if key in table_of(body, table)]


def known(name: str) -> bool:
    """Whether a field of this name may be added."""
    table, _, key = name.rpartition(".")
    return table in TABLES and key in KEYS


def base_value(body: Mapping[str, Any], name: str) -> Any:
    """What is read there without the override: the start of a new one."""
    table, _, key = name.rpartition(".")
    value = table_of(body, TABLES[table]).get(key, [] if key in LIST_KEYS else "")
    if table != "zh-Hant":
        return value
    return [to_hant(str(item)) for item in value] if isinstance(value, (list, tuple)) else to_hant(str(value))


def value_of(body: Mapping[str, Any], name: str) -> Any:
    table, _, key = name.rpartition(".")
    found = table_of(body, table)
    return found[key] if key in found else base_value(body, name)


def with_overrides(form: Form, out: dict[str, Any], base: Mapping[str, Any], read: Any) -> None:
    """Puts the form's overrides into ``out``, whose [zh] and [en] are tables of its own. ``read(raw, key)``: a field's
    text as a value. What the form does not show stays."""
    dropped = form.get("then").removeprefix("remove:")
    for table in TABLES:
        held = dict(table_of(base, table))
        for key in WORDING_KEYS:
            name = f"{table}.{key}"
            value = read(form.get(name), key) if name in form else None
            if name == dropped or (name in form and not value):
                held.pop(key, None)
            elif name in form and (key in held or value != base_value(out, name)):
                held[key] = value  # one that was begun and says what the rest says is none
        _put(out, table, held, was=bool(table_of(base, table)))


def _put(out: dict[str, Any], table: str, held: dict[str, Any], *, was: bool) -> None:
    language, _, region = table.partition(".")
    target = out[language] if region else out
    last = region or table
    if held:
        target[last] = held
    elif was:
        target.pop(last, None)
