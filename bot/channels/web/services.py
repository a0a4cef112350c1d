"""What the web channel takes from the service; `bot.app.App` has it all."""

from __future__ import annotations

from typing import Any, Protocol

from bot.conversation import Conversation
from bot.ids import Pseudonyms
from bot.settings import Settings
from bot.store.base import Clock, Store

CHANNEL = "web"


class WebServices(Protocol):
    """``telegram``: the Telegram channel or None; only its `process_webhook(body, secret)` is called here."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def conversation(self) -> Conversation: ...
    @property
    def pseudonyms(self) -> Pseudonyms: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def telegram(self) -> Any: ...
