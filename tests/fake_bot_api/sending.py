"""The methods by which a bot speaks: messages, edits, answers to buttons and inline queries."""

from __future__ import annotations

import time

from fake_bot_api.entities import utf16_length
from fake_bot_api.keyboards import checked_markup, face
from fake_bot_api.records import ApiError, Call, Json, Refused
from fake_bot_api.residents import Residents
from fake_bot_api.texts import formatted


class Sending(Residents):
    """Checked and refused as the real server does."""

    def _addressee(self, params: Json) -> Json:
        chat_id = params.get("chat_id")
        if chat_id in (None, ""):
            raise Refused("chat_id is empty")
        if isinstance(chat_id, str):
            named = [c for c in self.chats.values() if f"@{c.get('username')}" == chat_id]
            if not named:
                raise Refused("chat not found")
            chat_id = named[0]["id"]
        if (lost := self.lost_chats.get(chat_id)) is not None:
            raise ApiError(lost.code, lost.description)
        if (new := self.migrated.get(chat_id)) is not None:
            raise Refused("group chat was upgraded to a supergroup chat", migrate_to_chat_id=new)
        if self.strict_chats and chat_id not in self.chats:
            raise Refused("chat not found")
        return self.chat(chat_id)

    def _post(self, params: Json, content: Json) -> Json:
        """Store a message of the bot."""
        chat = self._addressee(params)
        message: Json = {
            "message_id": next(self._ids["message"]), "date": int(time.time()), "chat": dict(chat),
            "from": {key: self.me[key] for key in ("id", "is_bot", "first_name", "username")},
        }  # fmt: skip
        reply = params.get("reply_parameters") or {}
        if (parent_id := reply.get("message_id")) is not None:
            parent = self.messages.get(parent_id)
            if parent is None and not reply.get("allow_sending_without_reply"):
                raise Refused("message to be replied not found")
            if parent is not None:
                message["reply_to_message"] = {k: v for k, v in parent.items() if k != "reply_to_message"}
        if chat["type"] == "channel":
            message["sender_chat"] = dict(chat)
        return self._keep({**message, **content, **checked_markup(params)})

    def do_sendMessage(self, call: Call) -> Json:
        return self._post(call.params, formatted(call.params, "text", "message", 4096))

    def do_editMessageText(self, call: Call) -> Json | bool:
        return self._edit(call.params, formatted(call.params, "text", "message", 4096))

    def do_editMessageCaption(self, call: Call) -> Json | bool:
        return self._edit(call.params, formatted(call.params, "caption", "message caption", 1024, may_be_empty=True))

    def do_editMessageReplyMarkup(self, call: Call) -> Json | bool:
        return self._edit(call.params, {})

    def _edit(self, params: Json, content: Json) -> Json | bool:
        inline_id = params.get("inline_message_id")
        if inline_id is not None:
            known = self.inline_messages.get(inline_id)
            if known is None:
                raise Refused("MESSAGE_ID_INVALID")
        else:
            chat = self._addressee(params)
            known = self.messages.get(params.get("message_id") or 0)
            if known is None or known["chat"]["id"] != chat["id"]:
                raise Refused("message to edit not found")
            if known["from"]["id"] != self.me["id"]:
                raise Refused("message can't be edited")
        if "text" in content and inline_id is None and "text" not in known:
            raise Refused("there is no text in the message to edit")
        edited = {k: v for k, v in known.items() if k != "reply_markup"}  # not given again: gone
        if content:
            edited.pop("entities", None)
            edited.pop("caption_entities", None)
        edited |= {**content, **checked_markup(params)}
        if face(edited) == face(known):
            raise Refused(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message"
            )
        if inline_id is not None:
            self.inline_messages[inline_id] = edited
            return True
        edited["edit_date"] = int(time.time())
        self.messages[known["message_id"]] = edited
        return edited

    def do_deleteMessage(self, call: Call) -> bool:
        chat, message_id = self._addressee(call.params), call.params.get("message_id")
        known = self.messages.get(message_id or 0)
        if known is None or known["chat"]["id"] != chat["id"]:
            raise Refused("message to delete not found")
        del self.messages[known["message_id"]]
        return True

    def do_deleteMessages(self, call: Call) -> bool:
        self._addressee(call.params)
        for message_id in call.params.get("message_ids") or []:
            self.messages.pop(message_id, None)
        return True

    def do_sendPhoto(self, call: Call) -> Json:
        caption = formatted(call.params, "caption", "message caption", 1024, may_be_empty=True)
        thing = self._incoming(call, "photo", "photos")
        return self._post(call.params, {"photo": [{**thing, "width": 800, "height": 800}], **caption})

    def do_sendDocument(self, call: Call) -> Json:
        caption = formatted(call.params, "caption", "message caption", 1024, may_be_empty=True)
        return self._post(call.params, {"document": self._incoming(call, "document", "documents"), **caption})

    def _incoming(self, call: Call, kind: str, folder: str) -> Json:
        value = call.params.get(kind)
        if isinstance(value, str) and value.startswith("attach://"):
            upload = call.files.get(value.removeprefix("attach://"))
        else:
            upload = call.files.get(kind)
        if upload is not None:
            if not upload.data:
                raise Refused("file must be non-empty")
            thing = self._file(f"{folder}/{upload.filename}", upload.data)
            named = {"file_name": upload.filename, "mime_type": upload.content_type} if kind == "document" else {}
            return thing | named
        if isinstance(value, str) and value in self.files:
            return {"file_id": value, "file_unique_id": f"unique{value}", "file_size": len(self.files[value][1])}
        if not value:
            raise Refused(f"there is no {kind} in the request")
        raise Refused("wrong file identifier/HTTP URL specified")

    def do_sendPoll(self, call: Call) -> Json:
        params = call.params
        options = [o["text"] if isinstance(o, dict) else o for o in params.get("options") or []]
        if not params.get("question"):
            raise Refused("poll question must be non-empty")
        if not 1 <= len(options) <= 12:
            raise Refused("poll must have at least 1 option" if not options else "poll can't have more than 12 options")
        return self._post(params, {"poll": self._poll(params["question"], options, type=params.get("type", "regular"))})

    def do_sendChatAction(self, call: Call) -> bool:
        chat = self._addressee(call.params)
        self.chat_actions.append((chat["id"], call.params.get("action", "")))
        return True

    def do_answerCallbackQuery(self, call: Call) -> bool:
        query_id = str(call.params.get("callback_query_id"))
        if query_id not in self.callback_queries:
            raise Refused("query is too old and response timeout expired or query ID is invalid")
        if utf16_length(str(call.params.get("text") or "")) > 200:
            raise Refused("MESSAGE_TOO_LONG")
        self.callback_answers[query_id] = dict(call.params)
        return True

    def do_answerInlineQuery(self, call: Call) -> bool:
        query_id, results = str(call.params.get("inline_query_id")), call.params.get("results") or []
        if query_id not in self.inline_queries:
            raise Refused("query is too old and response timeout expired or query ID is invalid")
        if len(results) > 50:
            raise Refused("RESULTS_TOO_MUCH")
        ids = [str(result.get("id", "")) for result in results]
        if any(not 1 <= len(i.encode()) <= 64 for i in ids):
            raise Refused("RESULT_ID_INVALID")
        if len(set(ids)) < len(ids):
            raise Refused("RESULT_ID_DUPLICATE")
        shown = []
        for result in results:
            checked_markup(result)
            content = result.get("input_message_content")
            if content is not None:
                content = content | formatted(
                    {"text": content.get("message_text"), **{k: content.get(k) for k in ("parse_mode", "entities")}},
                    "text", "message", 4096,
                )  # fmt: skip
            shown.append({**result, "input_message_content": content} if content else result)
        self.inline_answers[query_id] = {**call.params, "results": shown}
        return True
