"""A reply as Telegram shows it, for the console's pages: the channel's own HTML and its own buttons.

The markup is taken apart and put together from the few tags that the channel writes; everything else becomes text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from markupsafe import Markup, escape

from bot.channels.telegram.render import reply_html, reply_rows
from bot.core.reply import Reply

#: What the Bot API knows and has no address in it.
TAGS = frozenset({"b", "strong", "i", "em", "u", "s", "code", "pre", "blockquote"})


@dataclass(frozen=True, slots=True)
class Message:
    """``rows``: labels of the buttons under the message."""

    html: Markup
    rows: tuple[tuple[str, ...], ...] = ()


def message(reply: Reply, *, elder: bool = False) -> Message:
    """``reply.id`` empty: without the buttons that need a recorded question, as in a card that is looked up."""
    rows: Sequence[Sequence[object]] = reply_rows(reply, private=True)
    labels = tuple(tuple(str(getattr(button, "text", "")) for button in row) for row in rows)
    return Message(safe(reply_html(reply, elder=elder)), labels)


def safe(source: str) -> Markup:
    """Telegram's HTML for our page."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return reader.result()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in TAGS:
            self._open.append(tag)
            self._out.append(f"<{tag}>")
        else:
            self._out.append(str(escape(self.get_starttag_text() or "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open:
                last = self._open.pop()
                self._out.append(f"</{last}>")
                if last == tag:
                    return
        else:
            self._out.append(str(escape(f"</{tag}>")))

    def handle_data(self, data: str) -> None:
        self._out.append(str(escape(data)))

    def handle_comment(self, data: str) -> None:
        self._out.append(str(escape(f"<!--{data}-->")))

    def result(self) -> Markup:
        closing = "".join(f"</{tag}>" for tag in reversed(self._open))
        return Markup("".join(self._out) + closing)  # noqa: S704 - every piece is escaped or of TAGS
