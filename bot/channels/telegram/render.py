"""Replies as Telegram HTML, and the buttons under them.

Everything that is not written here is escaped, whatever it is. Hotlines stand as plain numbers: Telegram makes them
tappable itself. A message is cut to 4,096 UTF-16 units, the strictest reading of the limit.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import lru_cache

from bot.channels.telegram.buttons import Button, Rows, lang_code, pack, short
from bot.core.card import brief_parts, hotline_text, one_a_line
from bot.core.reply import Card, Lang, Reply
from bot.core.texts import t

MAX_UNITS = 4096
MAX_LABEL = 60  # of a button, in characters
_PHONE = 42  # of a button, in half-widths: what a phone shows of it
_PIECE = re.compile(r"<(/?)(\w+)[^>]*>|&#?\w+;|.", re.DOTALL)
_EMERGENCY = "🆘 "


def escape(text: str) -> str:
    return html.escape(text, quote=False)


def bold(text: str) -> str:
    return f"<b>{escape(text)}</b>"


def reply_html(reply: Reply, *, elder: bool = False) -> str:
    """``elder``: verdict, acts one a line, hotlines; what is good to know is left out."""
    lang = reply.lang
    blocks = [escape(reply.intro)]
    if reply.kind == "choose":
        blocks.append("\n".join(map(escape, _choices(reply))) if _cut_on_a_phone(reply) else "")
    else:
        full = [card for card in reply.cards if not card.brief and card.role != "choice"]
        brief = [card for card in reply.cards if card.brief and card.role != "choice"]
        blocks += [_card(card, lang, urgent=reply.kind == "emergency", elder=elder) for card in full]
        if brief and not (elder and full):
            for label, cards in brief_parts(brief, lang, urgent=reply.kind == "emergency"):
                blocks.append("\n".join([escape(label), *(f"· {bold(c.title)}\n  {escape(c.lead)}" for c in cards)]))
    named = all(line.number in reply.outro for line in reply.hotlines)
    if not named and not any(card.hotlines for card in reply.cards if not card.brief):
        blocks.append(escape(hotline_text(reply.hotlines, lang)))
    blocks.append(escape(reply.outro))
    return cut("\n\n".join(block for block in blocks if block))


def _cut_on_a_phone(reply: Reply) -> bool:
    return any(sum(1 + (char > "\u2e7f") for char in entry.title) > _PHONE for entry in reply.entries)


def _choices(reply: Reply) -> list[str]:
    """Where a phone would cut the buttons, the choices stand in full above them, and numbers lead from one to the
    other."""
    if not _cut_on_a_phone(reply):
        return [entry.title for entry in reply.entries]
    return [f"{number}. {entry.title}" for number, entry in enumerate(reply.entries, 1)]


@lru_cache(maxsize=1024)  # the same few hundred cards all day
def _card(card: Card, lang: Lang, *, urgent: bool, elder: bool) -> str:
    """An emergency opens with the act, not with a title, and leaves the signs out: the whole fits a phone screen."""
    lead = one_a_line(card.lead) if elder else card.lead
    if urgent or elder:
        blocks = [(_EMERGENCY if urgent else "") + bold(lead)]
    else:
        blocks = [bold(card.title), escape(lead)]
        if card.signs:
            blocks.append(_list(t("label.signs", lang), [f"· {sign}" for sign in card.signs]))
    if card.steps:
        label = t("label.now" if urgent else "label.do", lang)
        blocks.append(_list(label, [f"{n}. {step}" for n, step in enumerate(card.steps, 1)]))
    blocks.append(escape(hotline_text(card.hotlines[:3], lang)))
    return "\n\n".join(block for block in blocks if block)


def _list(label: str, lines: Sequence[str]) -> str:
    return "\n".join([bold(label), *map(escape, lines)])


def share_html(card: Card, lang: Lang, *, username: str) -> str:
    """A card to forward: short, with the numbers, and where it came from."""
    blocks = [bold(card.title), escape(card.share or card.lead), escape(hotline_text(card.hotlines[:2], lang))]
    blocks.append(escape(f"{t('telegram.shared_from', lang)} @{username}"))
    return cut("\n\n".join(block for block in blocks if block))


def more_html(card: Card, lang: Lang) -> str:
    blocks = [bold(card.title), escape(card.more)]
    if card.sources:
        blocks.append(_list(t("label.sources", lang), [f"· {source}" for source in card.sources]))
    return cut("\n\n".join(block for block in blocks if block))


def cut(source: str, limit: int = MAX_UNITS) -> str:
    """HTML whose text fits, with every tag closed."""
    if len(source.encode("utf-16-le", "replace")) // 2 <= limit:
        return source
    out: list[str] = []
    open_tags: list[str] = []
    units = 0
    for piece in _PIECE.finditer(source):
        if piece[2]:
            if piece[1]:
                open_tags.pop()
            else:
                open_tags.append(piece[2])
        else:
            units += 2 if len(piece[0]) == 1 and piece[0] > "\uffff" else 1
            if units >= limit:
                out.append("…")
                break
        out.append(piece[0])
    out += [f"</{tag}>" for tag in reversed(open_tags)]
    return "".join(out)


def label(text: str) -> str:
    text = " ".join(text.split()) or "…"
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


# ---------------------------------------------------------------- buttons
def reply_rows(reply: Reply, *, private: bool) -> Rows:
    """What can be done with a reply. ``private``: where one can be told later without telling a whole group."""
    lang, code, turn = reply.lang, lang_code(reply.lang), reply.id
    menu = [
        Button(t("menu.urgent", lang), pack("u", code)),
        Button(t("menu.topics", lang), pack("t", code)),
    ]
    if reply.kind == "choose" and turn:
        rows = [
            [Button(label(text), pack("c", turn, short(e.id)))]
            for e, text in zip(reply.entries, _choices(reply), strict=True)
        ]
        return [*rows, [Button(t("choose.none", lang), pack("n", turn))]]
    listed = [card for card in reply.cards if card.role == "choice"]
    if listed:
        return [[Button(label(card.title), pack("e", short(card.entry_id), code))] for card in listed]
    if reply.kind == "unknown":
        wish = [[Button(t("wish.offer", lang), pack("w", turn, code))]]
        return [*(wish if turn and private and reply.reason == "no_entry" else ()), menu]
    if reply.kind == "smalltalk":
        return [menu]
    return _card_rows(reply, code)


def _card_rows(reply: Reply, code: str) -> Rows:
    lang, turn = reply.lang, reply.id
    rows: list[list[Button]] = []
    if turn:
        rows.append([Button(t("feedback.yes", lang), pack("y", turn)), Button(t("feedback.no", lang), pack("x", turn))])
    rows += [[Button(label(c.title), pack("e", short(c.entry_id), code))] for c in reply.cards if c.brief]
    first = next((card for card in reply.cards if not card.brief), None)
    if first is not None:
        last = [Button(t("label.share", lang), pack("s", short(first.entry_id), code))]
        if first.more or first.sources:
            last.append(Button(t("label.more", lang), pack("m", short(first.entry_id), code)))
        rows.append(last)
    return rows
