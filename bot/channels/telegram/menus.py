"""Commands, descriptions and names as Telegram's menus show them, per language and scope. Failures are only logged:
the bot answers without them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from bot.channels.telegram.table import GROUP_COMMANDS, RESIDENT_COMMANDS, STAFF_COMMANDS
from bot.core.reply import Lang
from bot.core.texts import t

log = logging.getLogger(__name__)


def languages(region: str) -> Iterator[tuple[str | None, Lang]]:
    """Telegram's two-letter codes; None is for everybody else. It knows one Chinese: the region says which."""
    chinese: Lang = "zh-Hant" if region in ("hk", "tw") else "zh-Hans"
    yield None, chinese
    yield "zh", chinese
    yield "en", "en"


async def publish(bot: Bot, *, region: str, staff_chats: Iterable[int]) -> None:
    try:
        for code, lang in languages(region):
            await bot.set_my_commands(_listed(RESIDENT_COMMANDS, lang), BotCommandScopeAllPrivateChats(), code)
            await bot.set_my_commands(_listed(GROUP_COMMANDS, lang), BotCommandScopeAllGroupChats(), code)
            await bot.set_my_short_description(t("telegram.about", lang), code)
            await bot.set_my_description(t("telegram.description", lang), code)
    except TelegramError as error:
        log.warning("menus were not set: %s", type(error).__name__)
    for chat in staff_chats:
        await for_chat(bot, chat, region=region, staff=True)


async def for_chat(bot: Bot, chat: int, *, region: str, staff: bool) -> None:
    """Staff see their commands in their own chat only."""
    scope: BotCommandScope = BotCommandScopeChat(chat)
    try:
        for code, lang in languages(region):
            if staff:
                await bot.set_my_commands(_listed((*STAFF_COMMANDS, *RESIDENT_COMMANDS), lang), scope, code)
            else:
                await bot.delete_my_commands(scope, code)
    except TelegramError as error:
        log.warning("a staff menu was not set: %s", type(error).__name__)


def _listed(names: Sequence[str], lang: Lang) -> list[BotCommand]:
    return [BotCommand(name, t(f"command.{name}", lang)) for name in names]
