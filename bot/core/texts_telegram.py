"""Sentences that only Telegram shows. See `bot.core.texts` for how to add one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str] | tuple[str, str, str]]] = {
    "telegram.about": (
        "社区防骗助手：是不是骗局、现在怎么做，用平常的话问我。",
        "Community anti-fraud helper: ask me whether it is a scam and what to do.",
    ),
    "telegram.group": (
        "在群里请点我的名或回复我的话来问。涉及自己的事，私聊我更稳妥。",
        "In a group, mention me or reply to me. For what concerns you personally, write to me in private.",
    ),
    "telegram.staff_only": (
        "这个命令只给编辑用。",
        "This command is for editors only.",
    ),
    "telegram.inline_none": ("没有找到，换个词试试", "Nothing found, try another word"),
}
