"""Sentences around the answers: small talk, what was not found, notices, section labels. See `bot.core.texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str] | tuple[str, str, str]]] = {
    # ---- small talk
    "smalltalk.greeting": (
        "您好，我是防骗助手。遇到什么事，用平常说话的样子告诉我就行，比如：“有人让我刷单，能信吗”。",
        "Hello, I am the anti-fraud helper. Tell me in your own words what is going on, for instance: "
        "“someone wants me to do paid tasks, is it real?”",
    ),
    "smalltalk.thanks": (
        "不客气。拿不准的时候，先停一停再问我，也把今天的事跟家里人说一声。",
        "You are welcome. When in doubt, stop first and ask me; and tell your family about it.",
    ),
    "smalltalk.goodbye": (
        "再见。记住：不转账、不给验证码、不装陌生软件。随时可以再来问。",
        "Goodbye. Remember: no transfers, no codes, no unknown apps. Come back any time.",
    ),
    # ---- nothing found
    "unknown.not_ours": (
        "这件事不归我管，我只懂防骗和社区平安。要是有人借这件事叫您转账、给验证码、装软件，先停下，再来问我。",
        "That is outside what I know: I only help with fraud and community safety. If someone uses it to make "
        "you pay, "
        "give a code or install an app, stop first and ask me again.",
    ),
    "unknown.no_entry": (
        "这件事我还没有查到现成的答案。没查到不等于安全。",
        "I have no checked answer to this yet. That does not mean it is safe.",
    ),
    "unknown.meanwhile": (
        "弄清楚之前：\n· 不转账，不付任何费用\n· 不给验证码、密码\n· 不装软件，不开屏幕共享\n· 还在通话的，先挂断",
        "Until it is clear:\n· send no money, pay no fee\n· give no code and no password\n"
        "· install nothing, share no screen\n· still on the phone: hang up first",
    ),
    "unknown.whom": (
        "拿不准，打 {antifraud} 问。钱已转出或有危险，马上打 {police}。",
        "In doubt, call {antifraud}. Money already gone, or danger: call {police} now.",
    ),
    "unknown.rephrase": (
        "也可以换个说法再问一次：谁找的您、要您做什么、有没有付钱。",
        "You can also ask again in other words: who contacted you, what they want, whether you paid.",
    ),
    "empty": (
        "我没有看到文字。把遇到的事打出来，或者把收到的话粘贴过来。",
        "I see no words. Type what happened, or paste the message that you got.",
    ),
    # ---- answers and choices
    "answer.second": ("您还提到另一件事：", "You also mentioned another matter:"),
    "answer.open": ("关于“{title}”：", "About “{title}”:"),
    "choose.intro": (
        "您说的是下面哪一种？选一个，我给您说清楚：",
        "Which of these is it? Choose one and I will explain:",
    ),
    "choose.safe": (
        "选之前先别转账、别给验证码。",
        "Before you choose: no transfer, no code.",
    ),
    "choose.none": ("都不是", "None of these"),
    "choose.none_reply": (
        "好的，都不是。换个说法再讲一遍：谁找的您、要您做什么、有没有付钱。",
        "All right, none of these. Tell it again in other words: who contacted you, what they want, whether you paid.",
    ),
    "emergency.also": ("这像是：", "This looks like:"),
    "emergency.see": ("还有：", "See also:"),
    "emergency.urgent_title": ("出事了，先做这几步", "Something happened: do this first"),
    "emergency.urgent_lead": (
        "先停：不再付钱，不再说话，还在通话就挂断。",
        "Stop: pay nothing more, say nothing more, hang up if you are on the phone.",
    ),
    "emergency.urgent_steps": (
        "钱转出去了：马上打 {police}，报对方账号、金额、时间\n"
        "卡号、密码、验证码给了：打 {bank}，冻结\n"
        "装了软件、开了共享：飞行模式，关 Wi-Fi，再重启\n"
        "点了链接、扫了码：关页面，什么也不填\n"
        "有人威胁：不付钱，留截图，打 {police}\n"
        "家人正要转账：先打断他，再打 {police}\n"
        "人有危险：先离开，打 {police}；伤病打 {medical}",
        "Money sent: call {police} now with account, amount and time\n"
        "Card, password or code given: call {bank} and freeze it\n"
        "App installed or screen shared: flight mode, Wi-Fi off, restart\n"
        "Link opened or code scanned: close the page, type nothing\n"
        "Someone threatens: do not pay, keep screenshots, call {police}\n"
        "A relative is about to pay: interrupt, then call {police}\n"
        "Somebody is in danger: get away, call {police}; hurt or ill: {medical}",
    ),
    "emergency.urgent_choose": ("是哪一种？选了看详细的步骤：", "Which is it? Choose for the full steps:"),
    "emergency.danger_title": ("有人有危险：先打电话", "Someone is in danger: call first"),
    "emergency.danger_lead": (
        "先到安全的地方，喊身边的人帮忙。受伤、昏倒打 {medical}，有人伤人打 {police}，起火打 {fire}。",
        "Get to a safe place and shout for people near you. Hurt or collapsed: {medical}. Violence: {police}. Fire: {fire}.",
    ),
    "emergency.danger_steps": (
        "想不开、想伤害自己：打 {medical} 或 {police}，身边留人\n"
        "受伤、昏倒、吃错药、落水：打 {medical}\n"
        "有人打人、跟着您、闯进来、人走丢：打 {police}\n"
        "起火、煤气味：先出门，再打 {fire}\n"
        "心里难受，想找人说说：打 {mental_health}",
        "Thoughts of ending your life: call {medical} or {police}, never alone\n"
        "Hurt, collapsed, poisoned, in the water: call {medical}\n"
        "Attacked, followed, broken in, a person missing: call {police}\n"
        "Fire or a smell of gas: get out first, then call {fire}\n"
        "To talk to someone: call {mental_health}",
    ),
    "emergency.danger_choose": ("看详细的步骤：", "Full steps:"),
    "human": (
        "我是自动回答的程序，后面没有真人接话。要找人，可以这样：",
        "I am a program; no person answers behind me. To reach a person:",
    ),
    "human.officer": (
        "找社区民警：问居委会或物业，看小区公告栏，或打派出所值班电话；也可以打 {government} 问归哪里管。",
        "Your community officer: ask the residents' committee or the notice board, ring the police station's "
        "duty line, "
        "or ask {government} who is in charge.",
    ),
    # ---- notices
    "notice.masked": (
        "您消息里的号码、姓名这类信息，我已隐去，不会保存。别把这些发给任何人，验证码和密码更不能给。",
        "I hid the numbers, names and the like in your message and do not keep them. Send them to no one, codes and "
        "passwords least of all.",
    ),
    "notice.truncated": (
        "您的话比较长，我只看了前 {n} 个字。",
        "Your message is long; I read only its first {n} characters.",
    ),
    "cannot.photo": (
        "我还看不懂图片。请把图里的字打出来，或者长按复制后粘贴给我。",
        "I cannot read pictures yet. Please type the words in it, or copy and paste them.",
    ),
    "cannot.voice": (
        "我还听不了语音。请把事情打成字，用手机输入法的语音转文字也行。",
        "I cannot listen to voice messages yet. Please type it; your keyboard's dictation works too.",
    ),
    "cannot.video": (
        "我还看不了视频。请用文字告诉我：谁找的您、要您做什么。",
        "I cannot watch videos yet. Please tell me in words: who contacted you and what they want.",
    ),
    "cannot.file": (
        "文件我不会打开。来路不明的文件您也别点。请把里面的话打出来给我。",
        "I do not open files, and please do not open unknown ones either. Type me what it says.",
    ),
    "cannot.other": (
        "这个我看不懂，只看得懂文字。遇到什么事，打字告诉我。",
        "I cannot read that, only text. Type what happened.",
    ),
    "cannot.meanwhile": (
        "急的话先做：不转账、不给验证码、不装软件；钱已转出打 {police}。",
        "If it is urgent: no transfer, no code, no app; money already gone: call {police}.",
    ),
    # ---- section labels
    "label.now": ("现在就做", "Do this now"),
    "label.do": ("怎么做", "What to do"),
    "label.signs": ("怎么识别", "How to recognise it"),
    "label.hotlines": ("热线", "Hotlines"),
    "label.more": ("更多", "More"),
    "label.share": ("转发给家人", "Forward to your family"),
    "label.sources": ("依据", "Sources"),
    "label.related": ("相关", "Related"),
    "label.reviewed": ("核对日期：{date}", "Last checked: {date}"),
    "label.colon": ("：", ": "),
    "label.official": ("官方的电话", "the official number"),
    # ---- feedback
    "feedback.ask": ("有帮助吗？", "Did this help?"),
    "feedback.yes": ("有帮助", "Helpful"),
    "feedback.no": ("没帮上", "Not helpful"),
    "feedback.thanks": ("谢谢，记下了。", "Thank you, noted."),
    "feedback.missing": (
        "谢谢您告诉我。少了什么？回一句话就行，别写号码和姓名。",
        "Thank you for telling me. What was missing? A sentence is enough; no numbers or names, please.",
    ),
    "feedback.thanks_missing": (
        "谢谢，编辑会看到这句话。",
        "Thank you. The editors will read it.",
    ),
    "feedback.gone": (
        "那个回答的记录已经不在了，这句话没能记下来。您可以把问题再发一次。",
        "The record of that answer is not there any more, so this could not be noted. You can send your question again.",
    ),
    "wish.offer": ("有了答案告诉我", "Tell me when there is an answer"),
    "wish.done": (
        "好的。有了答案会在这里告诉您，最多等 30 天。",
        "All right. You will get the answer here once there is one, within 30 days at most.",
    ),
    "wish.answer": (
        "您之前问过一件事，现在有答案了：",
        "You asked something before; here is the answer:",
    ),
    "stale": (
        "这个按钮已经过期了。请把问题再发一次，我重新回答。",
        "This button has expired. Please send your question again.",
    ),
    "too_many": (
        "您发得太快了，请等 {seconds} 秒再发。急事直接打 {police}。",
        "You are sending too fast; please wait {seconds} seconds. In an emergency call {police}.",
    ),
    "trouble": (
        "我这边出了点问题，没能回答。请过一会儿再试。急事直接打 {police}，拿不准打 {antifraud}。",
        "Something went wrong on my side. Please try again in a moment. Emergency: {police}; in doubt: {antifraud}.",
    ),
}
