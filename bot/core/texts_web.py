"""Sentences that only the web chat and the terminal show. See `bot.core.texts` for how to add one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str] | tuple[str, str, str]]] = {
    "web.title": ("社区防骗助手", "Community anti-fraud helper"),
    "web.placeholder": ("用平常的话说说遇到的事……", "Tell me in your own words what is going on…"),
    "web.send": ("发送", "Send"),
    "web.run_by": ("由 {operator} 运行", "Run by {operator}"),
    "web.offline": (
        "连不上，请看看网络再试。急事直接打 {police}。",
        "No connection; please check and try again. In an emergency call {police}.",
    ),
    "terminal.start": (
        "防骗助手（终端）。直接打字问；/help 看命令，/quit 退出。",
        "Anti-fraud helper (terminal). Just type; /help lists the commands, /quit leaves.",
    ),
    "terminal.help": (
        "命令：/urgent 出事了先做什么 · /topics 按类别看 · /lang zh|hant|en|auto 换语言 · /elder 简版 · /more "
        "更多 · /share 转发的话\n"
        "/privacy 我留下什么 · /forget 删掉我的记录 · /yes /no 有没有帮助 · /verify · /quit\n"
        "有选项时，打数字选；0 是“都不是”。",
        "Commands: /urgent what to do first · /topics browse · /lang zh|hant|en|auto · /elder simple mode · "
        "/more · /share\n"
        "/privacy what is kept · /forget delete my records · /yes /no did it help · /verify · /quit\n"
        "Where there are choices, type the number; 0 is “none of these”.",
    ),
    "terminal.number": ("请打 0 到 {n} 之间的数字，或者直接打字问。", "Type a number from 0 to {n}, or just ask."),
    "terminal.unknown_command": ("没有这个命令。/help 看有哪些。", "No such command. /help lists them."),
    "terminal.nothing_yet": ("还没有可以评价的回答。", "There is no answer to rate yet."),
    "terminal.nothing_more": ("没有更多了。", "There is nothing more."),
    "terminal.bye": ("再见。", "Goodbye."),
}
