"""`@bot 刷单` in any chat: cards to share, found by a few words."""

from __future__ import annotations

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
)

from bot.channels.telegram import render
from bot.channels.telegram.buttons import short
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.outgoing import Out, Results
from bot.core.language import detect_lang
from bot.core.reply import Card, Lang
from bot.core.texts import t

MOST = 8
_KEPT = 2000


def inline(desk: Desk, incoming: Incoming) -> list[Out]:
    query = " ".join(incoming.text.split())[:64]
    # Telegram caches by the words alone: they decide the language, so that it is right for whoever types them next.
    spoken = any(char.isalpha() for char in query)
    lang = detect_lang(query) if spoken else desk.lang(incoming)
    key = (desk.conversation.generation, desk.conversation.settled, lang, query)
    found = desk.inline_cache.get(key)
    if found is None:
        found = _results(desk, query, lang)
        desk.inline_cache[key] = found
        if len(desk.inline_cache) > _KEPT:
            desk.inline_cache.popitem(last=False)
    return [Results(incoming.query, found, personal=not spoken)]


def _results(desk: Desk, query: str, lang: Lang) -> list[InlineQueryResultArticle]:
    cards = desk.conversation.search_cards(query, lang, MOST) if query else _common(desk, lang)
    results = [_article(desk, card, lang) for card in cards]
    if results:
        return results
    words = t("telegram.inline_none", lang)
    content = InputTextMessageContent(f"{t('telegram.about', lang)} @{desk.me.username}")
    return [InlineQueryResultArticle("none", words, content, description=t("telegram.about", lang))]


def _common(desk: Desk, lang: Lang) -> list[Card]:
    """Before anything is typed: the scams that do the most harm."""
    entries = sorted(desk.conversation.shown.faq.entries, key=lambda e: (-e.severity, e.id))
    cards = []
    for entry in entries:
        reply = desk.conversation.open_entry(entry.id, lang=lang) if entry.risk == "scam" else None
        if reply is not None:
            cards.append(reply.cards[0])
        if len(cards) == MOST:
            break
    return cards


def _article(desk: Desk, card: Card, lang: Lang) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(
        short(card.entry_id),
        card.title,
        InputTextMessageContent(
            render.share_html(card, lang, username=desk.me.username),
            parse_mode="HTML",
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
        description=card.lead,
        reply_markup=InlineKeyboardMarkup(
            [[InlineKeyboardButton(t("telegram.open_bot", lang), url=f"https://t.me/{desk.me.username}")]]
        ),
    )
