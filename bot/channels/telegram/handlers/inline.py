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
    key = (desk.conversation.generation, desk.conversation.settled, lang, query, incoming.page)
    found = desk.inline_cache.get(key)
    if found is None:
        found = _results(desk, query, lang, incoming.page)
        desk.inline_cache[key] = found
        if len(desk.inline_cache) > _KEPT:
            desk.inline_cache.popitem(last=False)
    more = not query and len(found) == MOST
    return [Results(incoming.query, found, personal=not spoken, next_page=incoming.page + 1 if more else 0)]


def _results(desk: Desk, query: str, lang: Lang, page: int) -> list[InlineQueryResultArticle]:
    """Words find a few cards, all at once; without words there are pages to leaf through."""
    if query:
        cards = [] if page else desk.conversation.search_cards(query, lang, MOST)
    else:
        cards = _common(desk, lang, page)
    results = [_article(desk, card, lang) for card in cards]
    if results or page:
        return results
    words = t("telegram.inline_none", lang)
    content = InputTextMessageContent(f"{t('telegram.about', lang)} @{desk.me.username}")
    return [InlineQueryResultArticle("none", words, content, description=t("telegram.about", lang))]


def _common(desk: Desk, lang: Lang, page: int) -> list[Card]:
    """Before anything is typed: the scams, those first that do the most harm."""
    region = desk.conversation.region
    scams = [e for e in desk.conversation.shown.faq.entries if e.risk == "scam" and e.served_in(region)]
    scams.sort(key=lambda e: (-e.severity, e.id))
    replies = [desk.conversation.open_entry(e.id, lang=lang) for e in scams[page * MOST :][:MOST]]
    return [reply.cards[0] for reply in replies if reply is not None]


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
