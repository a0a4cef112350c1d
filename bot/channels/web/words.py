"""What only the chat page says, in the form of `bot.core.texts`, and everything that it needs to say, by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.core.reply import Lang
from bot.core.text import to_hant
from bot.core.texts import t

TEXTS: Final[Mapping[str, tuple[str, str] | tuple[str, str, str]]] = {
    "chat.skip": ("跳到输入框", "Skip to the message box"),
    "chat.menu": ("菜单", "Menu"),
    "chat.language": ("语言", "Language"),
    "chat.elder": ("大字版", "Large print"),
    "chat.conversation": ("对话", "Conversation"),
    "chat.label": ("您遇到了什么事？", "What is going on?"),
    "chat.you": ("您说：", "You said:"),
    "chat.bot": ("助手说：", "The helper says:"),
    "chat.hello": (
        "您好，我是社区防骗助手。\n把遇到的事用平常的话告诉我：谁找的您、要您做什么。我来说是不是骗局、现在怎么做。\n"
        "已经转了钱、给了验证码、装了软件的，直接说，或者点“紧急求助”。",
        "Hello, I am the community's anti-fraud helper.\nTell me in your own words who contacted you and what they "
        "want. I will say whether it is a scam and what to do.\nIf you already paid, gave a code or installed an app, "
        "say so, or press “Emergency”.",
    ),
    "chat.examples": ("可以这样问：", "For instance:"),
    "chat.example_1": ("有人让我刷单返利，能信吗", "Someone offers me paid tasks, is it real?"),
    "chat.example_2": ("客服说不关百万保障要扣钱", "Customer service wants me to cancel an insurance"),
    "chat.example_3": ("我把验证码给了别人", "I gave someone a verification code"),
    "chat.thinking": ("正在看您说的事……", "Reading what you wrote…"),
    "chat.retry": ("再发一次", "Send again"),
    "chat.failed": ("没有发出去，您写的还在。", "It was not sent; your words are kept."),
    "chat.too_large": ("这段话太长，发不出去。请只留要紧的。", "This is too long to send. Please keep what matters."),
    "chat.offline": ("现在没有网络。您写的会留着。", "You are offline. What you write is kept."),
    "chat.warning": (
        "我绝不会要钱、要验证码、要证件，也不会叫您装软件。谁这么要，谁就是冒充的。",
        "I never ask for money, codes or documents, and never have you install an app. Whoever does is an impostor.",
    ),
    "chat.unnamed": ("运行单位还没有填写", "The operator has not given a name yet"),
    "chat.call": ("打 {number}", "Call {number}"),
    "chat.also": ("这像是：", "This looks like:"),
    "chat.copy": ("复制这段话", "Copy this text"),
    "chat.copied": ("复制好了，去粘贴给家人吧。", "Copied; now paste it to your family."),
    "chat.copy_failed": ("没能复制，请按住这段话自己选。", "It could not be copied; please select the text yourself."),
    "chat.missing": ("少了什么？一句话就行，别写号码和姓名。", "What was missing? A sentence is enough; no numbers or "
                     "names, please."),
    "chat.missing_send": ("告诉编辑", "Tell the editors"),
    "chat.skip_missing": ("不写了", "Skip"),
    "chat.wish_done": (
        "好的。有了答案，您用这台设备再打开这个页面就能看到，最多等 30 天。",
        "All right. Once there is an answer you will see it when you open this page on this device, within 30 days.",
    ),
    "chat.not_saved": ("没有记下来，请过一会儿再点。", "That was not saved; please try again in a moment."),
    "chat.not_loaded": ("没有打开，请看看网络再点一次。", "It did not open; check the connection and try again."),
    "chat.device": (
        "这台设备上只存：会话的编号、选的语言、大字版、在等哪几个答案。",
        "On this device only: the conversation's number, your language, large print, which answers you wait for.",
    ),
    "chat.forget": ("删掉我的记录", "Delete my records"),
    "chat.noscript": (
        "这个页面要打开 JavaScript 才能回答。急事直接打 {police}，拿不准打 {antifraud}。",
        "This page needs JavaScript to answer. In an emergency call {police}; in doubt {antifraud}.",
    ),
}  # fmt: skip

#: Sentences of `bot.core.texts` that the page shows too.
SHARED: Final = (
    "web.title", "web.placeholder", "web.send", "web.offline", "menu.urgent", "menu.topics", "menu.privacy",
    "menu.close", "menu.back", "topics.intro", "lang.name", "choose.none", "label.now", "label.do", "label.signs",
    "label.hotlines", "label.more", "label.share", "label.sources", "feedback.ask", "feedback.yes", "feedback.no",
    "feedback.thanks", "feedback.thanks_missing", "wish.offer", "wish.answer", "stale", "trouble", "forget.ask",
    "forget.yes", "forget.no", "forget.kept", "forget.done", "forget.nothing", "forget.failed", "emergency.see",
)  # fmt: skip
#: Filled in by the page itself.
_LATER: Final = {"n": "{n}", "seconds": "{seconds}", "number": "{number}"}


def say(key: str, lang: Lang, **values: object) -> str:
    """A sentence of the table above or of `bot.core.texts`."""
    if key not in TEXTS:
        return t(key, lang, **values)
    sentence = TEXTS[key]
    if lang == "en":
        template = sentence[1]
    elif lang == "zh-Hant":
        template = sentence[2] if len(sentence) == 3 else to_hant(sentence[0])
    else:
        template = sentence[0]
    return template.format_map(values) if "{" in template else template


def page_words(
    lang: Lang, *, numbers: Mapping[str, str], operator: str, replay_days: int, retention_days: int
) -> dict[str, str]:
    """Everything the page says in a language. ``numbers``: the region's hotlines by name."""
    fallback = t("label.official", lang)
    values = {"police": fallback, "antifraud": fallback, **numbers, **_LATER}
    out = {key: say(key, lang, **values) for key in (*TEXTS, *SHARED, "too_many")}
    out["run_by"] = t("web.run_by", lang, operator=operator) if operator else say("chat.unnamed", lang)
    out["privacy"] = t(
        "privacy" if replay_days else "privacy.counts_only",
        lang,
        replay_days=replay_days,
        retention_days=retention_days,
    )
    return out
