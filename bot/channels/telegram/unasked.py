"""Rows of the outbox as messages: answers that come later."""

from __future__ import annotations

import asyncio

from telegram.error import RetryAfter

from bot.channels.telegram.delivery import Delivery, Doubtful, Gone, NotYet, Refused
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.faults import waiting_time
from bot.channels.telegram.outgoing import Say
from bot.channels.telegram.render import cut, escape, reply_html, reply_rows
from bot.core.reply import LANGS, Lang
from bot.core.texts import t
from bot.outreach import Outcome
from bot.store.base import OutboxRow


class Unasked:
    def __init__(self, desk: Desk, delivery: Delivery) -> None:
        self._desk = desk
        self._delivery = delivery

    async def send(self, row: OutboxRow) -> Outcome:
        """A `bot.outreach.Sender`."""
        say = await asyncio.to_thread(self._say, row)
        if say is None:
            return Outcome("failed", "its entry is not published any more")
        try:
            await self._delivery.send(say)
        except Gone:
            return Outcome("failed", "the chat is gone", gone=True)
        except Refused as error:
            return Outcome("failed", str(error))
        except Doubtful as error:
            return Outcome("uncertain", str(error))
        except NotYet as error:
            return Outcome("later", str(error))
        except RetryAfter as error:
            return Outcome("later", "429", int(waiting_time(error, 1)) + 1)
        return Outcome("sent")

    def _say(self, row: OutboxRow) -> Say | None:
        """``body``: {lang, question, entry | text}."""
        lang: Lang = next((each for each in LANGS if each == row.body.get("lang")), "zh-Hans")
        head = escape(t("wish.answer", lang))
        if question := str(row.body.get("question", ""))[:200]:
            head += f"\n<i>{escape(question)}</i>"
        if "text" in row.body:
            return Say(int(row.chat_id), cut(f"{head}\n\n{escape(str(row.body['text']))}"))
        reply = self._desk.conversation.open_entry(str(row.body.get("entry", "")), lang=lang)
        if reply is None:
            return None
        elder = self._desk.preferences(row.asker).elder if row.asker else False
        html = cut(f"{head}\n\n{reply_html(reply, elder=elder)}")
        return Say(int(row.chat_id), html, reply_rows(reply, private=True))
