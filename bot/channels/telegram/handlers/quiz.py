"""A question a day: is it a scam? Made of what the FAQ teaches: how people put scams, and everyday near misses.

Which question it is follows from the day and the person, so nothing is remembered until it is answered. The streak
stands in the person's preferences, under his pseudonym.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.channels.telegram.buttons import Button, lang_code, lang_of, pack
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.handlers.commands import replaced
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.outgoing import Out, Toast
from bot.channels.telegram.render import bold, escape
from bot.core.reply import Lang
from bot.core.text import to_hant
from bot.core.texts import t

if TYPE_CHECKING:
    from bot.core.entry import Faq, Wording

_A_TOPIC = 3  # phrasings taken of each entry
_LOOKED_AT = 60  # of the hundreds that some entries have
_NEAR = "near"  # table of faq/lexicon/everyday.toml
_LENGTH = range(6, 120)
#: Who asks whether it is a scam has said what the quiz asks.
_GIVEN_AWAY = re.compile(r"骗|冒充|真假|假的|scam|fake|fraud|impost", re.IGNORECASE)
#: From this length on a phrasing tells enough to be judged; "my uncle is some general" does not.
_TELLING = {"zh": 14, "en": 40}


@dataclass(frozen=True, slots=True)
class Case:
    """``entry_id`` '' where nothing is wrong."""

    id: str
    text: str
    entry_id: str


def quiz(desk: Desk, incoming: Incoming) -> list[Out]:
    lang = desk.lang(incoming)
    if not incoming.private:
        return [desk.private_only(incoming)]
    score = desk.preferences(incoming.asker).quiz
    if score.get("day") == _today(desk):
        return [desk.say_text(incoming, "telegram.quiz_done", n=score.get("streak", 0))]
    case = _case_of_the_day(desk, incoming, lang)
    if case is None:
        return [desk.say_text(incoming, "telegram.quiz_none")]
    words = f"{bold(t('telegram.quiz_title', lang))}\n\n{_quoted(case, lang)}\n\n{escape(t('telegram.quiz_ask', lang))}"
    code = lang_code(lang)
    rows = [
        [
            Button(t("quiz.scam", lang), pack("q", case.id, "y", code)),
            Button(t("quiz.fine", lang), pack("q", case.id, "n", code)),
        ]
    ]
    return [desk.say(incoming, words, rows)]


def pressed(desk: Desk, incoming: Incoming, arguments: list[str]) -> list[Out]:
    case_id, guess, code = arguments
    lang, today = lang_of(code), _today(desk)
    if guess not in ("y", "n") or not incoming.private:
        return []
    score = dict(desk.preferences(incoming.asker).quiz)
    if score.get("day") == today:
        return [Toast(incoming.query, t("telegram.quiz_done", lang, n=score.get("streak", 0)), alert=True)]
    # Only the question of today counts: an old message would otherwise be a second one.
    case = _case_of_the_day(desk, incoming, lang)
    if case is None or case.id != case_id:
        return [Toast(incoming.query, t("telegram.quiz_old", lang), alert=True)]
    right = (guess == "y") == bool(case.entry_id)
    score = _scored(score, right, today)
    desk.change_preferences(incoming.asker, quiz=score)
    words = [
        _quoted(case, lang),
        bold(t("quiz.right" if right else "quiz.wrong", lang)),
        escape(_reason(desk, case, lang)),
    ]
    words.append(escape(t("telegram.quiz_streak", lang, n=score["streak"], right=score["right"], total=score["total"])))
    rows = []
    if case.entry_id:
        rows = [[Button(t("label.more", lang), pack("e", case.entry_id[:40], code))]]
    return [replaced(desk.say(incoming, "\n\n".join(words), rows), incoming.message)]


def cases(faq: Faq, lang: Lang) -> list[Case]:
    """Scams and near misses in turn, as far as both go: who always says "a scam" learns nothing."""
    zh = lang != "en"
    scams = []
    for entry in faq.entries:
        if entry.risk == "scam":
            scams += [_case(text, entry.id, lang) for text in _telling(entry.zh if zh else entry.en, zh=zh)]
    table = faq.lexicon.get("everyday", {}).get(_NEAR, {})
    near = [str(text) for text in table.get("zh" if zh else "en", ())]
    fine = [_case(text, "", lang) for text in near if len(text) in _LENGTH]
    out = []
    for number, scam in enumerate(scams):
        out.append(scam)
        if fine and number % 2:
            out.append(fine[number // 2 % len(fine)])
    return out


def _cases_now(desk: Desk, lang: Lang) -> list[Case]:
    """Of what is published now; picked once, for it takes longer than an answer."""
    faq = desk.conversation.shown.faq
    picked = desk.quiz_cases.get(lang)
    if picked is None or picked[0] is not faq:
        picked = desk.quiz_cases[lang] = (faq, cases(faq, lang))
    return picked[1]


def _telling(wording: Wording, *, zh: bool) -> list[str]:
    """The phrasings that tell most of the scam, its name apart: long enough, and with its own words."""
    enough = _TELLING["zh" if zh else "en"]

    def tells(text: str) -> tuple[bool, bool, int]:
        return not _GIVEN_AWAY.search(text), len(text) >= enough, sum(signal in text for signal in wording.signals)

    fit = (text for text in wording.phrasings if len(text) in _LENGTH and text != wording.question)
    return sorted(islice(fit, _LOOKED_AT), key=tells, reverse=True)[:_A_TOPIC]


def _case(text: str, entry_id: str, lang: Lang) -> Case:
    key = hashlib.sha256(f"{entry_id}\0{text}".encode()).hexdigest()[:10]
    return Case(key, to_hant(text) if lang == "zh-Hant" else text, entry_id)


def _case_of_the_day(desk: Desk, incoming: Incoming, lang: Lang) -> Case | None:
    found = _cases_now(desk, lang)
    if not found:
        return None
    digest = hashlib.sha256(f"{_today(desk)}\0{incoming.asker}".encode()).digest()
    return found[int.from_bytes(digest[:8]) % len(found)]


def _scored(score: dict[str, Any], right: bool, today: str) -> dict[str, Any]:
    yesterday = (dt.date.fromisoformat(today) - dt.timedelta(days=1)).isoformat()
    streak = int(score.get("streak", 0)) if score.get("day") == yesterday else 0
    return {
        "day": today,
        "streak": streak + 1,
        "right": int(score.get("right", 0)) + right,
        "total": int(score.get("total", 0)) + 1,
    }


def _reason(desk: Desk, case: Case, lang: Lang) -> str:
    if not case.entry_id:
        return t("telegram.quiz_fine_reason", lang)
    reply = desk.conversation.open_entry(case.entry_id, lang=lang)
    return reply.cards[0].lead if reply else ""


def _quoted(case: Case, lang: Lang) -> str:
    return f"“{escape(case.text)}”" if lang != "zh-Hant" else f"「{escape(case.text)}」"


def _today(desk: Desk) -> str:
    return dt.datetime.fromtimestamp(desk.clock(), ZoneInfo(desk.conversation.timezone)).date().isoformat()
