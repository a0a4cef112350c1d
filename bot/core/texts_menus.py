"""Commands, menus, settings, privacy, quiz: sentences that do not depend on a question. See `bot.core.texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str] | tuple[str, str, str]]] = {
    "start": (
        "您好，我是社区防骗助手。\n"
        "把遇到的事用平常的话告诉我：谁找的您、要您做什么。我会告诉您是不是骗局、现在怎么做。\n"
        "已经转了钱、给了验证码、装了软件的，直接说，或者点“紧急求助”。",
        "Hello, I am the community's anti-fraud helper.\nTell me in your own words who contacted you and what "
        "they want. "
        "I will say whether it is a scam and what to do.\nIf you already paid, gave a code or installed an "
        "app, say so, "
        "or press “Emergency”.",
    ),
    "start.examples": (
        "可以这样问：\n· 有人让我刷单返利，能信吗\n· 客服说要关掉百万保障\n· 我把验证码给了别人",
        "You can ask, for instance:\n· someone offers paid tasks, is it real?\n· customer service wants me to cancel "
        "an insurance\n· I gave someone a code",
    ),
    "help": (
        "怎么用我：\n· 直接打字问，说什么话都行，普通话、方言、English 都可以\n· 收到可疑短信，整段粘贴过来\n"
        "· /urgent 出事了先做什么\n· /topics 按类别看\n· /lang 换语言、换大字简版\n· /privacy 我留下什么\n"
        "· /forget 删掉我的记录\n"
        "· /quiz 防骗小测验\n· /verify 我是不是官方的\n我不会要您的钱、验证码、密码，也不会叫您装软件。",
        "How to use me:\n· just type, in your own words, Chinese or English\n· got a strange text? paste the "
        "whole of it\n"
        "· /urgent what to do first\n· /topics browse\n· /lang language and simple mode\n· /privacy what I keep\n"
        "· /forget delete my records\n· /quiz a small quiz\n· /verify am I the official bot\n"
        "I never ask for money, codes or passwords, and never have you install anything.",
    ),
    # ---- browsing
    "menu.urgent": ("紧急求助", "Emergency"),
    "menu.topics": ("按类别看", "Browse topics"),
    "menu.help": ("怎么用", "How to use"),
    "menu.lang": ("语言", "Language"),
    "menu.privacy": ("隐私", "Privacy"),
    "menu.back": ("返回", "Back"),
    "menu.next": ("下一页", "Next"),
    "menu.previous": ("上一页", "Previous"),
    "menu.close": ("收起", "Close"),
    "topics.intro": ("想看哪一类？", "Which group?"),
    "topics.group": ("{title}：选一个看", "{title}: choose one"),
    # ---- commands, as a menu lists them
    "command.start": ("开始", "Start"),
    "command.help": ("怎么用", "How to use"),
    "command.topics": ("按类别看", "Browse topics"),
    "command.urgent": ("出事了，先做什么", "Something happened: what first"),
    "command.lang": ("换语言、简版", "Language, simple mode"),
    "command.privacy": ("我留下什么", "What is kept"),
    "command.forget": ("删掉我的记录", "Delete my records"),
    "command.quiz": ("防骗小测验", "Anti-fraud quiz"),
    "command.verify": ("是不是官方的", "Is this the official bot"),
    "command.whoami": ("我的 Telegram 编号", "My Telegram id"),
    "command.quit": ("退出", "Leave"),
    # ---- language and simple mode
    "lang.ask": ("用哪种语言？ / Which language?", "Which language? / 用哪种语言？"),
    "lang.name": ("简体中文", "English", "繁體中文"),
    "lang.auto": ("跟着我打的字", "Follow what I type"),
    "lang.done": ("好的，以后用简体中文。", "All right, English from now on.", "好的，以後用繁體中文。"),
    "lang.auto_done": ("好的，您用什么字打，我就用什么字答。", "All right, I answer in the language you type."),
    "elder.on": ("简版：打开", "Simple mode: on"),
    "elder.off": ("简版：关闭", "Simple mode: off"),
    "elder.on_done": (
        "简版已打开：话短一点，一行一件事。",
        "Simple mode is on: short answers, one thing a line.",
    ),
    "elder.off_done": ("简版已关闭。", "Simple mode is off."),
    # ---- privacy
    "privacy": (
        "我留下什么：\n· 您的问题：先把号码、姓名隐去再存，存 {replay_days} 天，用来改进答案\n"
        "· 没答上来的问题：编辑看完就关，最多 {retention_days} 天\n· 刚才几句话：15 分钟，为了听懂接着问的话\n"
        "· 评价：最多 {retention_days} 天\n· 您要“有了答案告诉我”的：记下往哪里送，送到为止，最多 30 天\n"
        "别的记录里没有您是谁，只有一个认不出人的代号。发 /forget 马上全部删掉。",
        "What I keep:\n· your question, with numbers and names hidden, {replay_days} days, to improve answers\n"
        "· a question without an answer, until the editors close it, {retention_days} days at most\n"
        "· your last few messages, 15 minutes, to understand what you ask next\n· feedback, {retention_days} "
        "days at most\n"
        "· “tell me when there is an answer”: where to send it, until delivered, 30 days at most\n"
        "All other records carry only a code name, not who you are. Send /forget and everything is deleted at once.",
    ),
    "privacy.counts_only": (
        "我留下什么：\n· 您的问题：不存内容，只记个数\n"
        "· 没答上来的问题：隐去号码、姓名，编辑看完就关，最多 {retention_days} 天\n"
        "· 刚才几句话：15 分钟，为了听懂接着问的话\n· 评价：最多 {retention_days} 天\n"
        "· 您要“有了答案告诉我”的：记下往哪里送，送到为止，最多 30 天\n"
        "别的记录里没有您是谁，只有一个认不出人的代号。发 /forget 马上全部删掉。",
        "What I keep:\n· your question: not its words, only a count\n"
        "· a question without an answer, numbers and names hidden, until the editors close it, "
        "{retention_days} days at most\n"
        "· your last few messages, 15 minutes, to understand what you ask next\n· feedback, {retention_days} "
        "days at most\n"
        "· “tell me when there is an answer”: where to send it, until delivered, 30 days at most\n"
        "All other records carry only a code name, not who you are. Send /forget and everything is deleted at once.",
    ),
    "forget.ask": (
        "要删掉您在这里的全部记录吗？删了找不回来。",
        "Delete all your records here? This cannot be undone.",
    ),
    "forget.yes": ("删掉", "Delete"),
    "forget.no": ("不删", "Keep"),
    "forget.kept": ("好的，没有删。", "All right, nothing was deleted."),
    "forget.done": ("删好了，一共 {n} 条。", "Done: {n} records deleted."),
    "forget.nothing": ("没有您的记录，不用删。", "There are no records of you."),
    "forget.failed": (
        "没有删成，是我这边的问题。请过一会儿再发一次 /forget。",
        "It could not be deleted, a fault on my side. Please send /forget again in a moment.",
    ),
    # ---- is this the official bot
    "verify": (
        "这个助手由 {operator} 运行。\n怎么核对：到他们的官方渠道看公布的用户名，一个字母都要对上。\n"
        "我绝不会：要钱、要验证码和密码、要您装软件、加您好友、打电话给您。有这样的，就是冒充的。",
        "This helper is run by {operator}.\nHow to check: compare my user name with the one on their official "
        "channel, letter by letter.\n"
        "I never ask for money, codes or passwords, never have you install anything, never add you or call you. "
        "Whoever does is an impostor.",
    ),
    "verify.unnamed": (
        "运行这个助手的单位还没有填上名字，所以我没法证明自己是官方的。\n"
        "我绝不会：要钱、要验证码和密码、要您装软件、加您好友、打电话给您。有这样的，就是冒充的。拿不准打 "
        "{antifraud}。",
        "Whoever runs this helper has not given a name yet, so I cannot prove that I am official.\n"
        "I never ask for money, codes or passwords, never have you install anything, never add you or call you. "
        "Whoever does is an impostor. In doubt call {antifraud}.",
    ),
    "whoami": (
        "您的 Telegram 编号：{id}\n只有管理员加您为编辑时用得上。",
        "Your Telegram id: {id}\nOnly needed when an admin adds you as an editor.",
    ),
    # ---- quiz
    "quiz.intro": (
        "防骗小测验，共 {n} 题。点您觉得对的。",
        "A small quiz, {n} questions. Choose what you think is right.",
    ),
    "quiz.question": ("第 {i}/{n} 题：{question}", "Question {i}/{n}: {question}"),
    "quiz.scam": ("像骗局", "A scam"),
    "quiz.fine": ("不是骗局", "Not a scam"),
    "quiz.right": ("答对了。", "Right."),
    "quiz.wrong": ("这题答错了，记住就好。", "Not this time; now you know."),
    "quiz.done": ("做完了，{n} 题对了 {right} 题。", "Done: {right} of {n} right."),
    "quiz.again": ("再来一次", "Again"),
    "quiz.next": ("下一题", "Next question"),
    "quiz.stop": ("不做了", "Stop"),
}
