"""What a replay found, as the review page shows it: the broken samples with their labels, and the form that judges anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.web.console.auth import Call
from bot.channels.web.console.fields import Form
from bot.core.entry import Faq
from bot.errors import UsageError
from bot.store.base import DraftRow


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken sample. ``number``: of its fields in the form. ``offered``: topics to label it with, its own first.
    ``grave``: an urgent one that is no longer taken for urgent. The rest is what its fields hold: the label as it is,
    or what was typed and not taken."""

    number: int
    line: Mapping[str, Any]
    offered: tuple[str, ...]
    grave: bool
    ticked: tuple[str, ...]
    more: str
    urgent: bool
    reason: str

    @property
    def touched(self) -> bool:
        changed = set(self.ticked) != set(self.line["topics"]) or self.urgent != bool(self.line["urgent"])
        return changed or bool(self.more or self.reason)


@dataclass(frozen=True, slots=True)
class Label:
    """What a person makes of one broken sample. ``urgent`` None: as it was."""

    text: str
    topics: tuple[str, ...]
    urgent: bool | None
    reason: str


def of(call: Call, draft: DraftRow, faq: Faq) -> dict[str, Any]:
    """What `review.html` takes for the result of a replay."""
    topic, side = str(draft.body.get("topic", "")), "en" if call.lang == "en" else "zh"
    own = str(draft.body.get("id", draft.entry_id))
    topic_of = {e.id: e.topic for e in faq.entries} | {own: topic}
    titles = {e.id: e.en.question if side == "en" else e.zh.question for e in faq.entries}
    # A replay of before this was noted: everything is looked at.
    lines = sorted(
        (draft.replay or {}).get("breaks", ()), key=lambda line: (not line.get("near", True), not _grave(line))
    )
    near = sum(line.get("near", True) for line in lines)
    broken = [_broken(call.form, number, line, topic, topic_of) for number, line in enumerate(lines)]
    return {
        "near": broken[:near],
        "far": broken[near:],
        "titles": {own: (draft.body.get(side) or {}).get("question", own)} | titles,
    }


def _broken(form: Form, number: int, line: Mapping[str, Any], topic: str, topic_of: Mapping[str, str]) -> Broken:
    shown = [topic_of[e] for e in line["after"] if e in topic_of]
    mine = [topic] if line.get("near", True) else []
    offered = tuple(dict.fromkeys((*line["topics"], *shown, *mine)))
    texts = _texts(form)
    if line["text"] not in texts:
        label = (tuple(line["topics"]), "", bool(line["urgent"]), "")
    else:
        n = texts.index(line["text"])
        label = (tuple(form.all(f"topics-{n}")), form.get(f"more-{n}"), f"urgent-{n}" in form, form.get(f"reason-{n}"))
    return Broken(number, line, offered, _grave(line), *label)


def _grave(line: Mapping[str, Any]) -> bool:
    return bool(line["urgent"]) and line["kind_after"] != "emergency"


def _texts(form: Form) -> list[str]:
    return [text.replace("\r\n", "\n") for text in form.all("text")]  # browsers send line breaks so


def relabels(form: Form) -> list[Label]:
    """The samples whose label a person changed, each with the reason. Fields carry the sample's number."""
    found: list[Label] = []
    for number, text in enumerate(_texts(form)):
        topics = tuple(dict.fromkeys(t for t in (*form.all(f"topics-{number}"), form.get(f"more-{number}")) if t))
        urgent, was_urgent = form.get(f"urgent-{number}") == "1", form.get(f"was-urgent-{number}") == "1"
        reason = form.get(f"reason-{number}").strip()
        if set(topics) == set(form.get(f"was-{number}").split()) and urgent == was_urgent:
            if reason:
                raise UsageError(
                    f"写了理由，但没有改标注：{text[:40]} / there is a reason, but the label is the same: {text[:40]}"
                )
            continue
        if len(reason) < 4:
            raise UsageError(f"请写明改标注的理由：{text[:40]} / give the reason for relabelling: {text[:40]}")
        found.append(Label(text, topics, None if urgent == was_urgent else urgent, reason))
    if not found:
        raise UsageError("没有改任何标注 / no label was changed")
    return found
