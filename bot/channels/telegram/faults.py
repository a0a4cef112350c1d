"""What the Bot API's refusals mean, in words for the log: what is wrong and what to do."""

from __future__ import annotations

from typing import Any

from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.careful import ServerFault
from bot.channels.telegram.transport import never_sent


def explain(error: TelegramError) -> str:
    """What is wrong and what to do; never the error's own text, which may quote an address or an answer."""
    match error:
        case InvalidToken():
            return "the token is refused (401); set BOT_TELEGRAM_TOKEN as @BotFather gives it"
        case Conflict():
            return "another process takes this bot's updates (409); stop it, or use webhooks"
        case RetryAfter():
            return "too many calls (429), waiting as told"
        case ServerFault(status=status):
            return f"the Bot API answers {status}"
        case BadRequest():
            return "the Bot API refuses the call (400); check BOT_PUBLIC_URL and BOT_WEBHOOK_SECRET"
        case _ if never_sent(error):
            return "the Bot API cannot be reached; check BOT_TELEGRAM_API, BOT_PROXY and the network"
        case _:
            return f"no sensible answer from the Bot API ({type(error).__name__})"


def waiting_time(error: TelegramError, otherwise: float) -> float:
    """As long as the API tells, if it does."""
    if isinstance(error, RetryAfter):
        told: Any = error.retry_after
        return float(told.total_seconds() if hasattr(told, "total_seconds") else told) + 0.1
    return otherwise
