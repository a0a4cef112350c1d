"""What an update comes down to: what an answer needs, and nothing else.

An update is read straight from its JSON. The library's own objects cost ten times as much to build, and one update
that they cannot read would take the whole batch with it. This form is also what is stored before an update is
confirmed, its text masked: `Incoming.stored`, `restored`. Who forwarded or was forwarded, names, user names, phone
numbers of contacts and places are not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from bot.channels.telegram.buttons import is_ours
from bot.conversation import mask
from bot.core.reply import MAX_TEXT
from bot.ids import Pseudonyms

CHANNEL = "telegram"
Kind = Literal["message", "edit", "press", "inline", "member"]
#: What `read` understands: asked of the Bot API, so that nothing else is even sent.
UPDATE_KINDS = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member")

# The first that a message has is its kind. Animations also bring a document, so they stand before it.
_CONTENTS = (
    ("text", "text"), ("sticker", "sticker"), ("voice", "voice"), ("audio", "voice"), ("video_note", "video"),
    ("video", "video"), ("animation", "video"), ("photo", "photo"), ("paid_media", "photo"), ("document", "file"),
    ("contact", "contact"), ("venue", "location"), ("location", "location"), ("poll", "poll"), ("dice", "sticker"),
    ("game", "other"), ("story", "other"), ("checklist", "other"), ("invoice", "other"),
)  # fmt: skip
_PROGRAM = re.compile(r"\.(?:apk|apks|apkm|xapk|aab|ipa|exe|msi|bat|cmd|scr|mobileconfig|hap)\s*$", re.IGNORECASE)
_PROGRAM_TYPES = ("application/vnd.android.package-archive", "application/x-msdownload")
_COMMAND = re.compile(r"[/／]([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+(.*))?\Z", re.DOTALL)
_TAG = re.compile(r"https?://t\.me/\w+\?start=([A-Za-z]+-[A-Za-z0-9_-]{1,50})\Z")
_NO_MEMBER = ("left", "kicked")


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself."""

    id: int
    username: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """``message``: of a press, the bot's message that has the button. ``command`` without the slash; ``text`` is then
    what follows it. ``tag``: what the bot's message replied to had asked for, such as ``missing-<turn>``. ``masked``: of
    the text, once that was stored. ``page``: of inline results, from 0.
    """

    update_id: int
    kind: Kind
    chat: int
    private: bool
    asker: str
    at: int
    message: int = 0
    text: str = ""
    content: str = "text"
    locale: str = ""
    command: str = ""
    forwarded: bool = False
    album: str = ""
    tag: str = ""
    query: str = ""
    page: int = 0
    data: str = ""
    member: bool = True
    masked: str = ""

    def stored(self) -> dict[str, Any]:
        """As a table for the inbox, masked; defaults are left out."""
        out = {name: value for name, default in _DEFAULTS if (value := getattr(self, name)) != default}
        if self.text:
            out["text"] = mask(self.text)
        if self.command:
            out["command"] = mask(self.command)  # /13900011122 has the form of one
        if self.data and not is_ours(self.data):
            out["data"] = ""  # no button of ours: whatever it says, it opens nothing
        return out


_DEFAULTS = [(f.name, f.default) for f in fields(Incoming)]


def restored(body: Mapping[str, Any]) -> Incoming:
    """What a crash left. Keys of another version are ignored."""
    known = {f.name for f in fields(Incoming)}
    return Incoming(**{key: value for key, value in body.items() if key in known})


def read(update: Mapping[str, Any], me: Me, pseudonyms: Pseudonyms, *, now: int) -> Incoming | None:
    """None: nothing to answer. Whatever an update lacks or brings in the wrong type raises LookupError, TypeError,
    ValueError or AttributeError: the caller passes over it."""
    update_id = int(update["update_id"])
    if message := update.get("message"):
        return _message(update_id, message, me, pseudonyms, now)
    if message := update.get("edited_message"):
        found = _message(update_id, message, me, pseudonyms, now)
        # A live location moves every few seconds; an edited command was carried out already.
        edited = found is not None and not found.command and not found.tag and bool(found.text)
        return replace(found, kind="edit") if found is not None and edited else None
    if query := update.get("callback_query"):
        return _press(update_id, query, pseudonyms, now)
    if query := update.get("inline_query"):
        person = query["from"]
        return Incoming(
            update_id, "inline", int(person["id"]), True, pseudonyms.of(CHANNEL, person["id"]), now,
            text=str(query.get("query", ""))[:256], locale=_locale(person), query=str(query["id"]),
            page=_page(query),
        )  # fmt: skip
    if change := update.get("my_chat_member"):
        was, now_is = change["old_chat_member"]["status"], change["new_chat_member"]["status"]
        if (was in _NO_MEMBER) == (now_is in _NO_MEMBER):
            return None  # made an administrator, or the like
        chat = change["chat"]
        return Incoming(
            update_id, "member", int(chat["id"]), chat["type"] == "private",
            pseudonyms.of(CHANNEL, change["from"]["id"]), now, locale=_locale(change["from"]),
            content=str(chat["type"]), member=now_is not in _NO_MEMBER,
        )  # fmt: skip
    return None


def _message(update_id: int, message: Mapping[str, Any], me: Me, pseudonyms: Pseudonyms, now: int) -> Incoming | None:
    chat = message["chat"]
    person = message.get("from") or {}
    # Anonymous administrators write as their chat. Other bots are not answered: two of them would never end.
    sender = message.get("sender_chat") or person
    if chat["type"] == "channel" or "id" not in sender or message.get("is_automatic_forward"):
        return None
    if "sender_chat" not in message and person.get("is_bot"):
        return None
    if (message.get("via_bot") or {}).get("id") == me.id:
        return None  # a card shared by inline mode: our own words
    content = next((ours for theirs, ours in _CONTENTS if theirs in message), "")
    if not content:
        return None  # a service message
    if content == "file":
        content = _file_kind(message["document"])
    text = message.get("text") or message.get("caption") or ""
    private = chat["type"] == "private"
    forwarded = "forward_origin" in message
    found = Incoming(
        update_id, "message", int(chat["id"]), private, pseudonyms.of(CHANNEL, sender["id"]), now,
        message=int(message["message_id"]), text=text[: 2 * MAX_TEXT], content=content, locale=_locale(person),
        forwarded=forwarded, album=str(message.get("media_group_id", "")),
        tag=_tag(message.get("reply_to_message"), me),
    )  # fmt: skip
    command = None if forwarded else _COMMAND.match(text)
    if command and (not command[2] or command[2].lower() == me.username.lower()):
        return replace(found, command=command[1].lower(), text=command[3] or "")
    if private:
        return found
    return None if command else _in_group(found, message, me)


def _in_group(found: Incoming, message: Mapping[str, Any], me: Me) -> Incoming | None:
    """In a group the bot speaks only when called: by its name, or by a reply to it."""
    parent = message.get("reply_to_message") or {}
    to_me = (parent.get("from") or {}).get("id") == me.id
    text, count = re.subn(rf"@{re.escape(me.username)}(?!\w)", " ", found.text, flags=re.IGNORECASE)
    named = count or any(
        entity.get("type") == "text_mention" and entity.get("user", {}).get("id") == me.id
        for entity in message.get("entities") or message.get("caption_entities") or ()
    )
    if not to_me and not named:
        return None
    text = text.strip()
    about = str(parent.get("text") or parent.get("caption") or "")
    if named and not to_me and not text and about:
        # Naming the bot under somebody's message asks about that message.
        return replace(found, text=about[: 2 * MAX_TEXT], content="text", forwarded=True)
    return replace(found, text=text)


def _press(update_id: int, query: Mapping[str, Any], pseudonyms: Pseudonyms, now: int) -> Incoming:
    """Buttons of messages shared by inline mode come without a chat. In a private chat the chat is who presses."""
    person, message = query["from"], query.get("message") or {}
    chat = message.get("chat") or {"id": person["id"], "type": "inline"}
    private = chat["type"] == "private" and chat["id"] == person["id"]
    return Incoming(
        update_id, "press", int(chat["id"]), private, pseudonyms.of(CHANNEL, person["id"]), now,
        message=int(message.get("message_id", 0)), locale=_locale(person), query=str(query["id"]),
        data=str(query.get("data", ""))[:64],
    )  # fmt: skip


def _file_kind(document: Mapping[str, Any]) -> str:
    program = _PROGRAM.search(str(document.get("file_name", ""))) or document.get("mime_type") in _PROGRAM_TYPES
    return "program" if program else "file"


def _tag(parent: Mapping[str, Any] | None, me: Me) -> str:
    """Our own messages carry it as a link, because a reply brings the message it answers, after a restart too."""
    if not parent or (parent.get("from") or {}).get("id") != me.id:
        return ""
    for entity in parent.get("entities") or ():
        match = _TAG.match(str(entity.get("url", ""))) if entity.get("type") == "text_link" else None
        if match:
            return match[1]
    return ""


def _page(query: Mapping[str, Any]) -> int:
    """Of an inline query: what our last answer told the client to come back with."""
    offset = str(query.get("offset", ""))
    return int(offset) if re.fullmatch("[0-9]{1,3}", offset) else 0


def _locale(person: Mapping[str, Any]) -> str:
    return str(person.get("language_code", ""))[:16]
