"""Sentences that only Telegram shows. See `bot.core.texts` for how to add one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str] | tuple[str, str, str]]] = {
    # ---- about the bot
    "telegram.name": ("社区防骗助手", "Community Anti-Fraud Helper"),
    "telegram.about": (
        "社区防骗助手：是不是骗局、现在怎么做，用平常的话问我。",
        "Community anti-fraud helper: ask me whether it is a scam and what to do.",
    ),
    "telegram.description": (
        "有人叫您转账、给验证码、装软件、加群、投资？先停一停，把事情发给我。\n"
        "我会告诉您是不是骗局、现在怎么做、该打哪个电话。\n"
        "我不会要您的钱、验证码、密码，也不会叫您装软件。",
        "Someone wants you to pay, give a code, install an app, join a group or invest? Stop first and send me what "
        "happened.\nI will say whether it is a scam, what to do now and whom to call.\n"
        "I never ask for money, codes or passwords, and never have you install anything.",
    ),
    "telegram.my_name": ("我的用户名是 @{username}", "My user name is @{username}"),
    "telegram.group": (
        "在群里问我：先打 @{username}，再打您的话；或者回复我说过的话。自己家的事，私聊我更稳妥。",
        "To ask me in a group: type @{username} and then your words, or reply to something I said. For what concerns "
        "you personally, write to me in private.",
    ),
    "telegram.private_only": (
        "这个请私聊我再用，群里不方便。",
        "Please write to me in private for this; a group is not the place.",
    ),
    "telegram.to_private": ("私聊我", "Write to me"),
    # ---- what was sent
    "telegram.forwarded": (
        "您转来的这段话，我没有对上现成的答案。没对上不等于安全：不照上面说的转账、点链接、装软件、回电话。"
        "拿不准打 {antifraud}。",
        "I have no checked answer to what you forwarded. That does not mean it is safe: do not pay, open links, install "
        "anything or call back because of it. In doubt call {antifraud}.",
    ),
    "telegram.program": (
        "这是一个安装包，别点开，别安装。\n"
        "别人发来的软件能看到您的短信、控制您的手机。已经装了：开飞行模式，关 Wi-Fi，拿别的手机打 {police}。"
        "要用的软件，只到手机自带的应用商店下载。",
        "This is a program: do not open or install it.\n"
        "An app that someone sends can read your messages and control your phone. Already installed: flight mode on, "
        "Wi-Fi off, and call {police} from another phone. Get apps only from your phone's own store.",
    ),
    "telegram.contact": (
        "别人的名片我不看也不留。这个人找您做什么？打字告诉我。",
        "I do not read or keep contacts. What does this person want from you? Type it.",
    ),
    "telegram.location": (
        "位置我不看也不留。出了什么事？打字告诉我。有危险马上打 {police}，报您在哪里。",
        "I do not read or keep locations. What happened? Type it. In danger call {police} and say where you are.",
    ),
    "telegram.poll": (
        "投票我看不了。有人叫您投票、填资料、扫码？把他的话打出来给我。",
        "I cannot read polls. Does someone want you to vote, fill in data or scan a code? Type me what they say.",
    ),
    "telegram.sticker": (
        "收到。遇到拿不准的事，打字告诉我就行。",
        "Got it. When you are unsure about something, just type it.",
    ),
    # ---- words that do what a command does, typed by who does not press; "|" stands between them
    "typed.topics": ("按类别看|分类|类别|目录|有哪些骗局", "browse topics|topics|browse|categories"),
    "typed.help": ("怎么用|帮助|使用说明|说明书", "how to use|how does this work"),
    "typed.lang": (
        "换语言|语言|繁体|繁体中文|简体|简体中文|英文|大字|大字版|字太小|字太小了|字太小看不清|看不清|简版",
        "language|change language|english|simple mode|large print",
    ),
    "typed.privacy": ("隐私|隐私政策", "privacy|privacy policy"),
    "typed.forget": ("删掉我的记录|删除我的记录|删除记录|删掉记录", "delete my records|forget me|delete my data"),
    "typed.quiz": ("小测验|测验|防骗小测验|每天一题", "quiz|a quiz"),
    "typed.verify": ("是不是官方的|你是官方的吗|你是不是官方的", "are you official|are you the official bot"),
    # ---- sharing
    "telegram.shared_from": ("来自社区防骗助手", "From the community anti-fraud helper"),
    "telegram.share_to": ("选一个聊天发过去", "Choose a chat to send it to"),
    "telegram.open_bot": ("我也要问问", "Ask the helper"),
    "telegram.inline_none": ("没有找到，换个词试试", "Nothing found, try another word"),
    # ---- simple mode, as what a press does
    "telegram.elder_on_done": (
        "简版已打开：话短一点，一行一件事。\n字还嫌小，到 Telegram 自己的“设置”里把文字调大。",
        "Simple mode is on: short answers, one thing a line.\nLetters still too small? Make them larger in Telegram's "
        "own settings.",
    ),
    "telegram.elder_on": ("打开大字简版", "Turn simple mode on"),
    "telegram.elder_off": ("关闭大字简版", "Turn simple mode off"),
    # ---- a question a day
    "telegram.quiz_title": ("每天一题：是不是骗局？", "A question a day: is it a scam?"),
    "telegram.quiz_ask": ("有人这样来问。您看，这里头有骗局吗？", "Someone asks this. Is there a scam in it?"),
    "telegram.quiz_done": (
        "今天的题做过了，明天再来。已经连着做了 {n} 天。",
        "You have done the question of today; come back tomorrow. Days in a row: {n}.",
    ),
    "telegram.quiz_old": (
        "这道题过期了。发 /quiz 做今天的题。",
        "This question has expired. Send /quiz for the one of today.",
    ),
    "telegram.quiz_none": ("今天没有题，明天再来看看。", "There is no question today; look again tomorrow."),
    "telegram.quiz_fine_reason": (
        "这是平常事，没人叫您转账、给验证码、装软件。要是后来有人借这事提这些，就要当心。",
        "An everyday matter: nobody wants a payment, a code or an app. Should someone bring that up later, beware.",
    ),
    "telegram.quiz_streak": (
        "连着做了 {n} 天。一共做了 {total} 题，对了 {right} 题。",
        "Days in a row: {n}. Right so far: {right} of {total}.",
    ),
    # ---- staff
    "command.review": ("看没答上来的问题", "Unanswered questions"),
    "command.console": ("登录编辑后台", "Sign in to the console"),
    "command.stats": ("看看用得怎么样", "Figures"),
    "telegram.help_staff": (
        "您是编辑：\n· /review 看没答上来的问题\n· /console 登录编辑后台\n· /stats 看用得怎么样",
        "You are an editor:\n· /review unanswered questions\n· /console sign in to the console\n· /stats figures",
    ),
    "telegram.staff_only": (
        "这个只给编辑用。",
        "This is for editors only.",
    ),
    "telegram.staff_failed": (
        "没有做成：{reason}",
        "Not done: {reason}",
    ),
    "telegram.review_closed": (
        "这一组您（{who}）已经处理完了。",
        "You ({who}) have closed this group already.",
    ),
    "telegram.staff_later": (
        "没有做成：数据库现在用不了。请过一会儿再试。",
        "Not done: the database cannot be used at the moment. Please try again in a while.",
    ),
    "telegram.console": (
        "登录链接，10 分钟内用一次，别转给别人：\n{link}",
        "Sign-in link, once within 10 minutes, do not pass it on:\n{link}",
    ),
    "telegram.stats": (
        "今天 {today} 个问题，近 7 天 {week} 个\n没答上来的占 {unknown}%，转成紧急的 {emergency} 个\n"
        "有帮助 {helpful}，没帮上 {unhelpful}\n等编辑看的 {waiting} 组",
        "Questions today: {today}, in 7 days: {week}\nWithout an answer: {unknown}%, emergencies: {emergency}\n"
        "Helpful: {helpful}, not helpful: {unhelpful}\nGroups that wait for an editor: {waiting}",
    ),
    "telegram.review_none": ("没有等着看的问题，都处理完了。", "Nothing waits; all is done."),
    "telegram.review_head": (
        "{questions} 次提问，{askers} 人，最近 {last}，{wishes} 人等答案",
        "Questions: {questions}, people: {askers}, last: {last}, waiting for the answer: {wishes}",
    ),
    "telegram.review_near": ("最接近的条目", "Nearest entries"),
    "telegram.review_missed": ("居民说少了什么", "What residents missed"),
    "telegram.review_nobody": (
        "现在没有人在等这一组的答案，写了也没人收到。想让以后的人看到，请用“写新条目”。",
        "Nobody waits for an answer to this group, so none would arrive. For those who ask later, use “New entry”.",
    ),
    "telegram.review_held": (
        "没有做成：{who} 正在处理这一组。半小时后还没处理完，您就能接手。",
        "Not done: {who} is working on this group. After half an hour you can take it over.",
    ),
    "telegram.review_closed_by": (
        "没有做成：{who} 已经处理完这一组了。",
        "Not done: {who} has closed this group already.",
    ),
    "telegram.review_gone": (
        "没有做成：这一组或这个条目已经没有了（到期、撤下，或者提问的人删了记录）。用 /review 看下一组。",
        "Not done: this group or entry is not there any more (expired, withdrawn, or deleted by who asked). "
        "/review shows the next group.",
    ),
    "telegram.review_add": ("加进 {n}：{title}", "Add to {n}: {title}"),
    "telegram.review_new": ("写新条目", "New entry"),
    "telegram.review_once": ("只回答这一次", "Answer once"),
    "telegram.review_dismiss": ("不用回答", "Dismiss"),
    "telegram.review_later": ("以后再看", "Later"),
    "telegram.review_added": (
        "已加进“{title}”的草稿。到后台看过，再请人发布：/console",
        "Added to a draft of “{title}”. Look at it in the console and have it published: /console",
    ),
    "telegram.review_drafted": (
        "新条目的草稿开好了，编号 {draft}。到后台写完：/console",
        "A draft of a new entry is open, number {draft}. Finish it in the console: /console",
    ),
    "telegram.review_ask_once": (
        "回复这条消息写回答，会发给 {wishes} 位等答案的居民。别写号码和姓名。",
        "Reply to this message with the answer; residents who wait for it: {wishes}. No numbers, no names.",
    ),
    "telegram.review_masked": (
        "还没有发。这里面像是有号码或姓名，发出去会变成：\n{text}\n"
        "请改一改，再回复这条消息。{police}、{antifraud} 这类热线可以照写。",
        "Not sent yet. It seems to hold a number or a name and would go out as:\n{text}\n"
        "Please change it and reply to this message. Hotlines such as {police} or {antifraud} may stand.",
    ),
    "telegram.review_told": (
        "这一组已关。要告诉的居民：{n} 位。",
        "The group is closed. Residents to tell: {n}.",
    ),
    "telegram.review_state": ("送到了没有", "Delivered?"),
    "telegram.review_delivery": (
        "等着发 {waiting}，已送到 {sent}，说不准 {uncertain}，送不到 {failed}",
        "Waiting: {waiting}, delivered: {sent}, uncertain: {uncertain}, failed: {failed}",
    ),
    "telegram.review_dismissed": (
        "好的，这一组不用回答，以后也不再提。在等答案的人不会收到消息。",
        "Dismissed: it will not come up again, and who waits for an answer is told nothing.",
    ),
    "telegram.review_undo": ("点错了，放回去", "A slip: put it back"),
    "telegram.review_reopened": ("放回去了，这一组又在等着看。", "It is back and waits again."),
    "telegram.review_next": ("下一组", "Next"),
}
