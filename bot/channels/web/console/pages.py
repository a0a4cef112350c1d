"""Templates, the two languages of the console, and what pages need beside values: times, sparklines, bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.core.texts import one_language
from bot.store.base import Clock, GroupRow

PageLang = Literal["zh", "en"]
LANGUAGES: tuple[PageLang, ...] = ("zh", "en")
TEMPLATES = Path(__file__).with_name("templates")

#: What a page says after an action: key -> (zh, en). Only these: an address must not put words into the page.
SAID: Mapping[str, tuple[str, str]] = {
    "claimed": ("已认领，30 分钟内别人不会重复处理。", "Claimed: for 30 minutes nobody else will work on it."),
    "released": ("已放回队列。", "Back in the queue."),
    "dismissed": ("已忽略；同样的问题以后也不再排队。可在“已结束”里恢复。", "Dismissed, and the like of it; reopen it under Closed."),
    "reopened": ("已重新打开。", "Reopened."),
    "merged": ("已合并。", "Merged."),
    "split": ("已分成两组。", "Split into two groups."),
    "ours": ("已移到“该我们答的”。", "Moved to ours."),
    "answered": ("已回答，留了“有答案告诉我”的人会收到。", "Answered; those who asked to be told will be."),
    "answered-none": ("已结束这一组。没有人留“有答案告诉我”，所以没有发给谁。", "The group is closed. Nobody asked to be told, so it went to nobody."),
    "phrasing": ("问法已加进这份草稿。回放后由另一个人发布。", "The phrasing is in this draft. Replay it; another person publishes."),
    "saved": ("已保存。", "Saved."),
    "override": ("已保存。下面多了一栏，内容和现在一样，改好再存；和原来一样就不算。", "Saved. A field was added below, with what is read there now: change it and save."),
    "replay": ("回放开始了。", "The replay has begun."),
    "relabelled": ("样例已改标注，理由已记录；正在重新回放。", "Relabelled, with the reason on record; replaying again."),
    "published": ("已发布，几秒内对居民生效。", "Published; residents see it within seconds."),
    "discarded": ("草稿已丢弃。", "The draft is discarded."),
    "rebased": ("草稿已接到最新版上，文字没有动。", "The draft goes on from the newest revision; its text is unchanged."),
    "rolled": ("已退回，几秒内生效。", "Rolled back; in effect within seconds."),
    "drafted": ("已把旧版放进草稿，由另一个人发布。", "The old text is in a draft; another person publishes it."),
    "state": ("已生效并记录。", "Done and recorded."),
    "topic": ("主题已加。现在可以在草稿的「主题」里选它。", "The topic is added; choose it in a draft now."),
    "topic-gone": ("主题已去掉。", "The topic is removed."),
    "added": ("已添加。", "Added."),
    "removed": ("已移除，会话已结束。", "Removed; sessions are ended."),
    "ended": ("会话已全部结束。", "All sessions are ended."),
}  # fmt: skip

STATES: Mapping[str, tuple[str, str]] = {
    "open": ("待处理", "open"), "claimed": ("处理中", "claimed"), "answered": ("已回答", "answered"),
    "dismissed": ("已忽略", "dismissed"), "merged": ("已合并", "merged"), "published": ("已发布", "published"),
    "withdrawn": ("已撤下", "withdrawn"), "retired": ("已停用", "retired"), "no_entry": ("没有条目", "no entry"),
    "not_ours": ("不归我们", "not ours"), "rejected": ("答了不满意", "rejected"), "answer": ("回答", "answer"),
    "choose": ("给选项", "choices"), "unknown": ("不知道", "unknown"), "emergency": ("紧急", "emergency"),
    "smalltalk": ("寒暄", "smalltalk"), "editor": ("编辑", "editor"), "admin": ("管理员", "admin"),
    "scam": ("骗局", "scam"), "caution": ("要当心", "caution"), "info": ("信息", "info"),
    "official": ("官方来源", "official"), "common": ("常识", "common"),
    "zh-Hans": ("简体", "simplified"), "zh-Hant": ("繁体", "traditional"), "en": ("英文", "English"),
    "web": ("网页", "web"), "telegram": ("Telegram", "Telegram"), "terminal": ("终端", "terminal"),
}  # fmt: skip


#: Who is no person: reserved names -> how a page says them.
NOBODY: Mapping[str, tuple[str, str]] = {
    "import": ("文件导入", "file import"), "system": ("系统", "system"), "shell": ("服务器命令", "command line"),
}  # fmt: skip

#: What the audit calls an action -> how a page says it.
ACTIONS: Mapping[str, str] = {
    "claim": "认领", "release": "放回队列", "dismiss": "忽略", "reopen": "重新打开", "move to ours": "移到“该我们答的”",
    "merge": "合并", "split": "分成两组", "answer once": "只回答这一次", "draft": "起草", "add phrasing": "加为问法",
    "discard draft": "丢弃草稿", "rebase draft": "草稿接到最新版", "relabel sample": "改样例标注", "publish": "发布",
    "roll back": "退回旧版", "withdraw": "撤下", "retire": "停用", "restore": "恢复发布", "import": "导入文件",
    "draft from file": "从文件起草", "add topic": "加主题", "remove topic": "去掉主题", "staff add": "添加人员", "staff remove": "移除人员", "staff forget": "删除居民数据",
    "sign-in link": "生成登录链接", "sign in": "登录", "sign out": "退出", "sign out everywhere": "结束所有会话",
}  # fmt: skip


class Pages:
    """``name_of``: how a key of an entry is called on the pages."""

    def __init__(self, zone: dt.tzinfo, clock: Clock, name_of: Callable[..., str]) -> None:
        self._zone, self._clock, self._name_of = zone, clock, name_of
        self._env = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.filters.update(when=self.when, day=self.day)

    def response(
        self, request: Request, template: str, lang: PageLang, status: int = 200, **values: Any
    ) -> HTMLResponse:
        said = SAID.get(request.query_params.get("said", ""))
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        body = self.render(template, lang, said=_in(said, lang) if said else "", path=path, **values)
        return HTMLResponse(body, status)

    def render(self, template: str, lang: PageLang, **values: Any) -> str:
        def _(zh: str, en: str) -> str:
            return en if lang == "en" else zh

        def word(key: str) -> str:
            return _in(STATES[key], lang) if key in STATES else key

        shared: dict[str, Any] = {
            "_": _,
            "word": word,
            "lang": lang,
            "spark": self._spark,
            "bars": bars,
            "name_of": self._name_of,
            "who": lambda name: _in(NOBODY[name], lang) if name in NOBODY else name,
            "own": lambda text: one_language(text, lang),
            "action": lambda name: name if lang == "en" else ACTIONS.get(name, name),
        }
        return self._env.get_template(template).render({**shared, **values})

    def when(self, at: int) -> str:
        return dt.datetime.fromtimestamp(at, self._zone).strftime("%Y-%m-%d %H:%M") if at else ""

    def day(self, at: int) -> str:
        return self.when(at)[:10]

    def _spark(self, group: GroupRow, label: str) -> Markup:
        today = dt.datetime.fromtimestamp(self._clock(), self._zone).date()
        days = [(today - dt.timedelta(days=d)).isoformat() for d in range(13, -1, -1)]
        return sparkline([group.days.get(day, 0) for day in days], label)


def _in(pair: tuple[str, str], lang: PageLang) -> str:
    return pair[1] if lang == "en" else pair[0]


# ---------------------------------------------------------------- charts: plain SVG, no styles inline
def sparkline(values: Sequence[int], label: str) -> Markup:
    """Questions of the last days as small bars; the label says the same in words."""
    most = max(values, default=0) or 1
    body = "".join(
        f'<rect x="{n * 6}" y="{20 - max(1, round(value / most * 18))}" width="5" '
        f'height="{max(1, round(value / most * 18))}"/>'
        for n, value in enumerate(values)
    )
    width = len(values) * 6
    return Markup(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} 20" width="{}" height="20">{}</svg>'
    ).format(label, width, width, Markup(body))  # noqa: S704 - numbers only


def bars(rows: Sequence[tuple[str, Sequence[tuple[str, int]]]], label: str) -> Markup:
    """Upright stacked bars: (name, [(class, count)]) each; every bar has its figures as a tooltip."""
    height, step = 120, max(8, min(40, 640 // max(1, len(rows))))
    most = max((sum(count for _, count in parts) for _, parts in rows), default=0) or 1
    out: list[Markup] = []
    for number, (name, parts) in enumerate(rows):
        bottom = float(height)
        shapes = [Markup("<g><title>{}: {}</title>").format(name, ", ".join(f"{k} {n}" for k, n in parts if n))]
        for kind, count in parts:
            tall = count / most * (height - 4)
            bottom -= tall
            shapes.append(
                Markup('<rect class="bar-{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
                    kind, number * step + 1, bottom, step - 2, tall
                )
            )
        out.append(Markup("").join([*shapes, Markup("</g>")]))
    width = max(1, len(rows)) * step
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>'
    ).format(label, width, height, Markup("").join(out))
