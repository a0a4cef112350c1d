"""How an entry reads to residents: as Telegram shows it, as the web chat's card, in large print; in a chosen region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.web.console.auth import Call
from bot.channels.web.console.telegram import Message, message
from bot.core.reply import Card, Lang
from bot.core.texts import t

_LABELS = ("label.do", "label.now", "label.signs", "label.more", "label.share", "label.sources")


@dataclass(frozen=True, slots=True)
class Shown:
    """One language. ``labels``: headings of the web card, in that language."""

    lang: Lang
    card: Card
    telegram: Message
    elder: Message
    labels: Mapping[str, str]


def of(call: Call, body: Mapping[str, Any], region: str) -> dict[str, Any]:
    """What `_preview.html` takes."""
    found = call.editorial.preview(body, call.person, region=region)
    regions = call.editorial.published().faq.regions
    return {
        "previews": [
            Shown(p.lang, p.card, message(p.reply), message(p.reply, elder=True), {k: t(k, p.lang) for k in _LABELS})
            for p in found
        ],
        "served": all(p.served for p in found),
        "region": region if region in regions else call.editorial.region,
        "places": {key: place.name for key, place in regions.items()},
    }
