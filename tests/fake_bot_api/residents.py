"""Residents, groups and what they do."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Iterable
from typing import Any

from fake_bot_api.delivery import Delivery, lane_of
from fake_bot_api.entities import entities_field
from fake_bot_api.keyboards import button_data
from fake_bot_api.records import UNASKED_STATUS, ApiError, Json, Refused


class Residents(Delivery):
    """Each helper makes the update that the real server would send."""

    def user(self, user_id: int, **fields: Any) -> Json:
        """A person; fields given here stay (first_name, username, language_code, ...)."""
        with self._lock:
            known = self.users.setdefault(user_id, {"id": user_id, "is_bot": False, "first_name": f"用户{user_id}"})
            known.update(fields)
            return known

    def chat(self, chat_id: int, **fields: Any) -> Json:
        """A chat; its type follows from the id unless given: above 0 private, -100... a supergroup, else a group."""
        with self._lock:
            if chat_id not in self.chats:
                if chat_id > 0:
                    person = self.user(chat_id)
                    kept: Json = {k: person[k] for k in ("first_name", "last_name", "username") if k in person}
                    self.chats[chat_id] = {"id": chat_id, "type": "private", **kept}
                else:
                    kind = "supergroup" if str(chat_id).startswith("-100") else "group"
                    self.chats[chat_id] = {"id": chat_id, "type": kind, "title": f"群{-chat_id}"}
            self.chats[chat_id].update(fields)
            return self.chats[chat_id]

    def message(
        self,
        chat_id: int,
        text: str | None = None,
        *,
        user_id: int | None = None,
        reply_to: Json | int | None = None,
        forward: str | Json | None = None,
        **fields: Any,
    ) -> Json:
        """Someone writes. ``forward``: "user", "hidden", "chat", "channel" or a whole MessageOrigin."""
        with self._lock:
            message = self._compose(chat_id, text, user_id=user_id, reply_to=reply_to, forward=forward, **fields)
            self._enqueue({"message": message}, lane=chat_id)
            return message

    def burst(self, chats: Iterable[int] | int, text: str = "有人叫我刷单返利，靠谱吗", *, each: int = 1) -> int:
        """Many messages at once: one a chat, ``each`` times. A number counts chats from 1,000,001 up."""
        chats = range(1_000_001, 1_000_001 + chats) if isinstance(chats, int) else list(chats)
        with self._lock:
            for round_number, chat_id in itertools.product(range(each), chats):
                self.message(chat_id, text.replace("{n}", str(round_number)))
        return each * len(chats)

    def edit(self, message: Json | int, text: str | None = None, **fields: Any) -> Json:
        """The author edits a message (or a channel its post)."""
        with self._lock:
            known = self.messages[id_of(message)]
            edited: Json = {**known, **fields, "edit_date": max(int(time.time()), known["date"])}
            if text is not None:
                part = "text" if "text" in known else "caption"
                edited[part] = text
                edited.pop("entities" if part == "text" else "caption_entities", None)
                edited.update(entities_field(part, text, fields))
            self.messages[known["message_id"]] = edited
            kind = "edited_channel_post" if edited["chat"]["type"] == "channel" else "edited_message"
            self._enqueue({kind: edited}, lane=edited["chat"]["id"])
            return edited

    def photo(self, chat_id: int, caption: str | None = None, **fields: Any) -> Json:
        sizes = [{**self._file(f"photos/{n}.jpg", b"\xff\xd8jpeg"), "width": n, "height": n} for n in (90, 320, 800)]
        return self.message(chat_id, caption=caption, photo=sizes, **fields)

    def document(self, chat_id: int, file_name: str, content: bytes = b"content", **fields: Any) -> Json:
        mime = fields.pop("mime_type", "application/octet-stream")
        thing = {**self._file(f"documents/{file_name}", content), "file_name": file_name, "mime_type": mime}
        return self.message(chat_id, document=thing, **fields)

    def sticker(self, chat_id: int, emoji: str = "😀", **fields: Any) -> Json:
        shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self.message(
            chat_id, sticker={**self._file("stickers/1.webp", b"RIFF"), **shape, "emoji": emoji}, **fields
        )

    def voice(self, chat_id: int, duration: int = 3, **fields: Any) -> Json:
        thing = {**self._file("voice/1.oga", b"OggS"), "duration": duration, "mime_type": "audio/ogg"}
        return self.message(chat_id, voice=thing, **fields)

    def video(self, chat_id: int, caption: str | None = None, **fields: Any) -> Json:
        thing = {**self._file("videos/1.mp4", b"mp4"), "duration": 3, "width": 640, "height": 360}
        return self.message(chat_id, caption=caption, video=thing, **fields)

    def contact(self, chat_id: int, phone_number: str, first_name: str = "某人", **fields: Any) -> Json:
        return self.message(chat_id, contact={"phone_number": phone_number, "first_name": first_name}, **fields)

    def location(self, chat_id: int, latitude: float = 31.23, longitude: float = 121.47, **fields: Any) -> Json:
        return self.message(chat_id, location={"latitude": latitude, "longitude": longitude}, **fields)

    def poll(self, chat_id: int, question: str, options: Iterable[str], **fields: Any) -> Json:
        return self.message(chat_id, poll=self._poll(question, list(options)), **fields)

    def channel_post(self, chat_id: int, text: str | None = None, **fields: Any) -> Json:
        with self._lock:
            self.chat(chat_id, type="channel")
            post = self._compose(chat_id, text, channel=True, **fields)
            self._enqueue({"channel_post": post}, lane=chat_id)
            return post

    def press(
        self, message: Json | int | str, button: str, *, user_id: int | None = None, forged: bool = False
    ) -> Json:
        """Press a button of the bot's message (or of an inline message, by its id), found by its text or its data.

        ``forged``: the data is sent although no button has it, as a changed client could. Returns the callback query;
        the answer will be in ``callback_answers[query["id"]]``.
        """
        with self._lock:
            query: Json = {"id": str(next(self._ids["query"])), "chat_instance": "-8190000000000000001"}
            if isinstance(message, str):
                known = self.inline_messages[message]
                query["inline_message_id"] = message
                user_id = user_id or known.get("user_id", 1)
                lane: Any = user_id
            else:
                known = self.messages[id_of(message)]
                query["message"] = copy.deepcopy(known)
                lane = known["chat"]["id"]
                user_id = user_id or (lane if lane > 0 else 1)
            query["data"] = button if forged else button_data(known, button)
            query["from"] = self.user(user_id)
            self.callback_queries[query["id"]] = query
            self._enqueue({"callback_query": query}, lane=lane)
            return query

    def inline(self, query: str, *, user_id: int = 1, offset: str = "", chat_type: str = "private") -> Json:
        """Someone types ``@bot query``; the answer will be in ``inline_answers[returned["id"]]``."""
        with self._lock:
            asked: Json = {
                "id": str(next(self._ids["query"])), "from": self.user(user_id), "query": query, "offset": offset,
                "chat_type": chat_type,
            }  # fmt: skip
            self.inline_queries[asked["id"]] = asked
            self._enqueue({"inline_query": asked}, lane=user_id)
            return asked

    def choose_inline(self, query: Json, result_id: str) -> str:
        """They send one of the results; returns the id of the inline message, for press()."""
        with self._lock:
            results = {r["id"]: r for r in self.inline_answers[query["id"]]["results"]}
            content = results[result_id].get("input_message_content", {})
            inline_id = f"inline{next(self._ids['query'])}"
            kept = {"reply_markup": results[result_id].get("reply_markup"), "user_id": query["from"]["id"], **content}
            self.inline_messages[inline_id] = kept
            chosen = {
                "result_id": result_id, "from": query["from"], "query": query["query"], "inline_message_id": inline_id,
            }  # fmt: skip
            self._enqueue({"chosen_inline_result": chosen}, lane=query["from"]["id"])
            return inline_id

    def my_chat_member(self, chat_id: int, status: str, *, user_id: int | None = None) -> Json:
        """The bot's own place in a chat changes: "kicked" (blocked, removed), "member", "left", "administrator"."""
        with self._lock:
            change = self._member_change(chat_id, self.me, status, user_id)
            chat = self.chat(chat_id)
            if status in ("kicked", "left"):
                where = "user" if chat["type"] == "private" else f"{chat['type']} chat"
                what = "blocked by" if chat["type"] == "private" else "kicked from"
                self.lost_chats[chat_id] = ApiError(403, f"Forbidden: bot was {what} the {where}")
            else:
                self.lost_chats.pop(chat_id, None)
            self._enqueue({"my_chat_member": change}, lane=chat_id)
            return change

    def chat_member(self, chat_id: int, user_id: int, status: str = "member") -> Json:
        with self._lock:
            change = self._member_change(chat_id, self.user(user_id), status, user_id)
            self._enqueue({"chat_member": change}, lane=chat_id)
            return change

    def join(self, chat_id: int, user_id: int | None = None) -> Json:
        """The service message of a new member: the bot itself unless a user is given."""
        who = self.me if user_id is None else self.user(user_id)
        return self.message(chat_id, user_id=user_id or 1, new_chat_members=[who])

    def leave(self, chat_id: int, user_id: int | None = None) -> Json:
        who = self.me if user_id is None else self.user(user_id)
        return self.message(chat_id, user_id=user_id or 1, left_chat_member=who)

    def migrate(self, chat_id: int, new_chat_id: int, *, user_id: int = 1) -> None:
        """A group becomes a supergroup: two service messages, and calls to the old id are refused with the new."""
        with self._lock:
            self.chat(new_chat_id, type="supergroup", title=self.chat(chat_id).get("title"))
            self.message(chat_id, user_id=user_id, migrate_to_chat_id=new_chat_id)
            self.message(new_chat_id, user_id=user_id, migrate_from_chat_id=chat_id)
            self.migrated[chat_id] = new_chat_id

    def block(self, chat_id: int) -> None:
        """Every call to this chat is 403 from now on, without an update about it."""
        with self._lock:
            self.lost_chats[chat_id] = ApiError(403, UNASKED_STATUS[403])

    def unblock(self, chat_id: int) -> None:
        with self._lock:
            self.lost_chats.pop(chat_id, None)

    def vanish(self, chat_id: int) -> None:
        """The chat is gone: 400 chat not found."""
        with self._lock:
            self.lost_chats[chat_id] = Refused("chat not found")

    def update(self, *updates: Json) -> list[int]:
        """Raw updates. An ``update_id`` of their own is kept, also an old one (a redelivery, a jump)."""
        with self._lock:
            return [self._enqueue(dict(update), lane=lane_of(update)) for update in updates]

    def _compose(
        self,
        chat_id: int,
        text: str | None = None,
        *,
        user_id: int | None = None,
        reply_to: Json | int | None = None,
        forward: str | Json | None = None,
        caption: str | None = None,
        channel: bool = False,
        **fields: Any,
    ) -> Json:
        chat = self.chat(chat_id)
        message: Json = {"message_id": next(self._ids["message"]), "date": int(time.time()), "chat": dict(chat)}
        if channel:
            message["sender_chat"] = dict(chat)
        else:
            message["from"] = self.user(user_id if user_id is not None else (chat_id if chat_id > 0 else 1))
        if text is not None:
            message["text"] = text
            message.update(entities_field("text", text, fields))
        if caption is not None:
            message["caption"] = caption
            message.update(entities_field("caption", caption, fields))
        if reply_to is not None:
            parent = self.messages[id_of(reply_to)]
            message["reply_to_message"] = {k: v for k, v in parent.items() if k != "reply_to_message"}
        if forward is not None:
            message["forward_origin"] = self._origin(forward) if isinstance(forward, str) else forward
        message.update(fields)
        return self._keep(message)

    def _keep(self, message: Json) -> Json:
        self.messages[message["message_id"]] = message
        self.by_chat.setdefault(message["chat"]["id"], []).append(message["message_id"])
        return message

    def _origin(self, kind: str) -> Json:
        date = int(time.time()) - 3600
        if kind == "user":
            return {"type": "user", "date": date, "sender_user": self.user(99_001, first_name="转发者")}
        if kind == "hidden":
            return {"type": "hidden_user", "date": date, "sender_user_name": "隐身的人"}
        if kind == "chat":
            return {"type": "chat", "date": date, "sender_chat": self.chat(-1001999000001, title="来源群")}
        if kind == "channel":
            source = self.chat(-1001999000002, type="channel", title="来源频道")
            return {"type": "channel", "date": date, "chat": source, "message_id": 5}
        raise ValueError(f"no such origin: {kind}")

    def _member_change(self, chat_id: int, who: Json, status: str, by: int | None) -> Json:
        chat = self.chat(chat_id)
        before = self.members.get((chat_id, who["id"]), "member" if status in ("kicked", "left") else "left")
        self.members[chat_id, who["id"]] = status
        return {
            "chat": dict(chat), "from": self.user(by or (chat_id if chat_id > 0 else 1)), "date": int(time.time()),
            "old_chat_member": member_as(who, before), "new_chat_member": member_as(who, status),
        }  # fmt: skip

    def _file(self, path: str, content: bytes) -> Json:
        with self._lock:
            number = next(self._ids["file"])
            self.files[f"file{number}"] = (path, content)
            return {"file_id": f"file{number}", "file_unique_id": f"unique{number}", "file_size": len(content)}

    def _poll(self, question: str, options: list[str], **fields: Any) -> Json:
        return {
            "id": str(next(self._ids["query"])), "question": question, "total_voter_count": 0, "is_closed": False,
            "options": [
                {"text": text, "voter_count": 0, "persistent_id": str(n)} for n, text in enumerate(options)
            ],
            "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
            "allows_revoting": False, "members_only": False, **fields,
        }  # fmt: skip


def member_as(who: Json, status: str) -> Json:
    extra: Json = {}
    if status == "kicked":
        extra = {"until_date": 0}
    elif status == "creator":
        extra = {"is_anonymous": False}
    elif status == "administrator":
        rights = """can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats
            can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories
            can_delete_stories"""
        extra = dict.fromkeys(rights.split(), False)
    return {"status": status, "user": dict(who), **extra}


def id_of(message: Json | int) -> int:
    return message if isinstance(message, int) else int(message["message_id"])
