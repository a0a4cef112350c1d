"""Why the bot decided as it did, in sentences for editors; the figures are those of `explain`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.reply import Decision


def sentence(decision: Decision, *, human: bool = False) -> tuple[str, str]:
    """(Chinese, English): one line on what was decided and by which figure. ``human``: a person was asked for."""
    if human and decision.kind != "emergency":
        return (
            "要找真人：给热线和社区民警的找法。",
            "A person is asked for: the hotlines, and how to find the community officer.",
        )
    detail = decision.detail
    ours, needed = _share(detail.get("scope", {}).get("ours")), detail.get("thresholds", {})
    best = _share(next((entry["confidence"] for entry in detail.get("entries", ())), 0.0))
    urgent = _share(detail.get("urgency", {}).get("probability"))
    alarm, cry, answer = _share(needed.get("alarm")), _share(needed.get("cry")), _share(needed.get("answer"))
    choose, sure = _share(needed.get("ours_choose")), _share(needed.get("ours_answer"))
    match decision.kind:
        case "smalltalk":
            zh, en = _GREETINGS.get(decision.smalltalk, _GREETINGS[""])
            return f"是寒暄（{zh}），直接应一句。", f"Small talk ({en}): answered with a line."
        case "emergency" if decision.smalltalk == "cry" and detail.get("urgency"):
            return (
                f"事情多半已经发生（{urgent}，要 {cry}），但没说是什么事：给通用的紧急步骤。",
                f"It has happened ({urgent}, {cry} needed), but nothing says what: the first steps of every emergency.",
            )
        case "emergency" if decision.smalltalk == "cry":
            return (
                "只喊救命，没说什么事：给通用的紧急步骤。",
                "A cry for help that says nothing else: the first steps of every emergency.",
            )
        case "emergency" if decision.smalltalk == "danger":
            return (
                "说到人有生命危险的话（词表 danger），没有条目接得住：给急救、报警、火警的步骤。",
                "Words of danger to life (lexicon, danger) that no entry answers: whom to call first.",
            )
        case "emergency":
            return (
                f"事情多半已经发生或正在发生：紧急的可能性 {urgent}（要 {alarm}）。",
                f"It has happened or is happening: urgent with {urgent} ({alarm} needed).",
            )
        case "answer":
            return (
                f"归我们管（{ours}，要 {sure}），第一条有把握（{best}，要 {answer}）。",
                f"Ours ({ours}, {sure} needed), and sure of the first entry ({best}, {answer} needed).",
            )
        case "choose":
            return (
                f"归我们管（{ours}，要 {choose}），但把握不够定一条（最高 {best}，要 {answer}），所以给选项。",
                f"Ours ({ours}, {choose} needed), but not sure which entry (best {best}, {answer} needed): choices.",
            )
    if not detail.get("entries") and decision.reason == "no_entry":
        return "归我们管，但这个地区没有条目。", "Ours, but no entry is shown in this region."
    if decision.reason == "no_entry":
        return (
            f"归我们管（{ours}），但没有合适的条目（最高 {best}）；进待答队列。",
            f"Ours ({ours}), but no entry fits (best {best}): it goes to the queue.",
        )
    if not detail.get("entries"):
        return "没有读得懂的字。", "There is nothing in it that can be read."
    return f"不归我们管（{ours}，要 {choose}）。", f"Not ours ({ours}, {choose} needed)."


_GREETINGS: Mapping[str, tuple[str, str]] = {
    "greeting": ("打招呼", "greeting"), "thanks": ("道谢", "thanks"), "goodbye": ("道别", "goodbye"), "": ("寒暄", "chat"),
}  # fmt: skip


def _share(value: Any) -> str:
    return f"{float(value or 0.0) * 100:.0f}%"
