"""The methods about the bot itself, its webhook, its menus, its chats and files."""

from __future__ import annotations

import json
import re
from collections import deque

from fake_bot_api.delivery import lane_of
from fake_bot_api.entities import utf16_length
from fake_bot_api.records import ApiError, Call, Json, Refused, Webhook
from fake_bot_api.residents import member_as
from fake_bot_api.sending import Sending


class Account(Sending):
    """Nothing here speaks to a resident."""

    def do_getMe(self, call: Call) -> Json:
        return self.me

    def do_setWebhook(self, call: Call) -> bool:
        params = call.params
        if not params.get("url"):
            return self.do_deleteWebhook(call)
        if not re.match(r"https?://", params["url"]):
            raise Refused("bad webhook: invalid webhook URL specified")
        if not 1 <= (most := params.get("max_connections") or 40) <= 100:
            raise Refused("max_connections must be between 1 and 100")
        if params.get("drop_pending_updates"):
            self.pending.clear()
        if "allowed_updates" in params:
            self.allowed_updates = params["allowed_updates"] or None
        self._interrupt_poll("Conflict: terminated by setWebhook request")
        if self.webhook is None:
            self._lanes = {}
            self._ready = deque()
            for update_id, update in self.pending.items():
                self._into_lane(update_id, lane_of(update))
        else:  # set again, perhaps by a bot that has just come up: what waits for its retry goes at once
            for lane, handle in self._delayed.items():
                self._from_anywhere(handle.cancel)
                self._ready.append(lane)
            self._delayed.clear()
        self.webhook = Webhook(params["url"], max_connections=most)
        self.last_webhook_error = None
        return True

    def do_deleteWebhook(self, call: Call) -> bool:
        self.webhook = None
        self._lanes.clear()
        self._ready.clear()
        if call.params.get("drop_pending_updates"):
            self.pending.clear()
        return True

    def do_getWebhookInfo(self, call: Call) -> Json:
        hook = self.webhook
        info: Json = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if hook:
            info.update(max_connections=hook.max_connections, ip_address="127.0.0.1")
        if self.allowed_updates:
            info["allowed_updates"] = self.allowed_updates
        if self.last_webhook_error:
            info["last_error_date"], info["last_error_message"] = self.last_webhook_error
        return info

    def do_logOut(self, call: Call) -> bool:
        return True

    do_close = do_logOut

    def do_setMyCommands(self, call: Call) -> bool:
        commands = call.params.get("commands") or []
        if len(commands) > 100:
            raise Refused("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command.get("command", "")):
                raise Refused("BOT_COMMAND_INVALID")
            if not 1 <= utf16_length(command.get("description", "")) <= 256:
                raise Refused("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[scope_of(call.params)] = commands
        return True

    def do_getMyCommands(self, call: Call) -> list[Json]:
        return self.commands.get(scope_of(call.params), [])

    def do_deleteMyCommands(self, call: Call) -> bool:
        self.commands.pop(scope_of(call.params), None)
        return True

    def _set_profile(self, call: Call, part: str, most: int) -> bool:
        text = str(call.params.get(part) or "")
        if utf16_length(text) > most:
            raise Refused(f"bot {part.replace('_', ' ')} is too long")
        self.profile[part, call.params.get("language_code", "")] = text
        return True

    def _get_profile(self, call: Call, part: str) -> Json:
        language = call.params.get("language_code", "")
        return {part: self.profile.get((part, language), self.profile.get((part, ""), ""))}

    def do_setMyName(self, call: Call) -> bool:
        return self._set_profile(call, "name", 64)

    def do_setMyDescription(self, call: Call) -> bool:
        return self._set_profile(call, "description", 512)

    def do_setMyShortDescription(self, call: Call) -> bool:
        return self._set_profile(call, "short_description", 120)

    def do_getMyName(self, call: Call) -> Json:
        return self._get_profile(call, "name")

    def do_getMyDescription(self, call: Call) -> Json:
        return self._get_profile(call, "description")

    def do_getMyShortDescription(self, call: Call) -> Json:
        return self._get_profile(call, "short_description")

    def do_setChatMenuButton(self, call: Call) -> bool:
        self.menu_buttons[call.params.get("chat_id")] = call.params.get("menu_button") or {"type": "default"}
        return True

    def do_getChatMenuButton(self, call: Call) -> Json:
        return self.menu_buttons.get(call.params.get("chat_id")) or {"type": "default"}

    def do_setMyDefaultAdministratorRights(self, call: Call) -> bool:
        return True

    def do_setMessageReaction(self, call: Call) -> bool:
        self._addressee(call.params)
        if call.params.get("message_id") not in self.messages:
            raise Refused("message to react not found")
        return True

    def do_getChat(self, call: Call) -> Json:
        return {
            **self._addressee(call.params), "accent_color_id": 0, "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }  # fmt: skip

    def do_getChatMember(self, call: Call) -> Json:
        chat, user_id = self._addressee(call.params), call.params.get("user_id")
        if user_id is None:
            raise Refused("invalid user_id specified")
        who = self.me if user_id == self.me["id"] else self.users.get(user_id)
        if who is None:
            raise Refused("member not found")
        return member_as(who, self.members.get((chat["id"], user_id), "member"))

    def do_getChatAdministrators(self, call: Call) -> list[Json]:
        chat = self._addressee(call.params)
        places = [(user_id, status) for (chat_id, user_id), status in self.members.items() if chat_id == chat["id"]]
        return [member_as(self.user(i), s) for i, s in places if s in ("administrator", "creator")]

    def do_getChatMemberCount(self, call: Call) -> int:
        chat = self._addressee(call.params)
        return 1 + len({m["from"]["id"] for i in self.by_chat.get(chat["id"], ()) if (m := self.messages.get(i))})

    def do_leaveChat(self, call: Call) -> bool:
        chat = self._addressee(call.params)
        self.members[chat["id"], self.me["id"]] = "left"
        self.lost_chats[chat["id"]] = ApiError(403, f"Forbidden: bot is not a member of the {chat['type']} chat")
        return True

    def do_getFile(self, call: Call) -> Json:
        file_id = str(call.params.get("file_id"))
        if file_id not in self.files:
            raise Refused("wrong file_id or the file is temporarily unavailable")
        path, content = self.files[file_id]
        return {
            "file_id": file_id, "file_unique_id": f"unique{file_id}", "file_size": len(content), "file_path": path,
        }  # fmt: skip


def scope_of(params: Json) -> tuple[str, str]:
    scope = params.get("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), params.get("language_code", "")
