"""The rules of the content as sentences: each finding in Chinese and English, with its remedy.

One table, so that `faq check` and the editors' form say the same, and a rule is added by adding a line.
"""

from __future__ import annotations

from typing import Any

from bot.core.entry import Level, Problem

#: rule -> (level, finding zh, finding en, remedy zh, remedy en); {…} are filled in by `problem`.
RULES: dict[str, tuple[Level, str, str, str, str]] = {
    # ---- files
    "unreadable": (
        "error",
        "读不了：{detail}",
        "cannot be read: {detail}",
        "检查文件是否还在、有没有读取权限",
        "check that the file exists and may be read",
    ),
    "not-utf8": (
        "error",
        "不是 UTF-8 编码",
        "is not UTF-8",
        "在编辑器里另存为 UTF-8",
        "save it as UTF-8 in the editor",
    ),
    "toml": (
        "error",
        "格式写错了：{detail}",
        "is not valid TOML: {detail}",
        "看这一行的引号、逗号和括号",
        "look at the quotes, commas and brackets of that line",
    ),
    "json-line": (
        "error",
        "这一行不是合格的 JSON：{detail}",
        "is not a valid JSON line: {detail}",
        "照旁边的行改",
        "write it like its neighbours",
    ),
    "missing-file": ("error", "缺少这个文件", "is missing", "补上它", "add it"),
    "no-entries": ("error", "一个条目也没有", "has no entry", "放进条目文件", "add entry files"),
    "folder": (
        "error",
        "文件夹“{folder}”不是 topics.toml 里的组",
        "folder '{folder}' is no group of topics.toml",
        "移到它的主题所在的组",
        "move it to the folder of its topic's group",
    ),
    "stray": (
        "warning",
        "这个文件不会被读取",
        "is not read",
        "删掉它，或放进组的文件夹、后缀写 .toml",
        "delete it, or put it into a group's folder with the ending .toml",
    ),
    # ---- shape of a table
    "missing": ("error", "没有填", "is missing", "补上", "fill it in"),
    "unknown-key": (
        "error",
        "没有这个键",
        "is no known key",
        "改名或删掉；键名见 faq/README.md",
        "rename or delete it; faq/README.md lists the keys",
    ),
    "type": ("error", "应该是{zh}", "should be {en}", "照 faq/README.md 的例子改", "write it as faq/README.md shows"),
    "choice": ("error", "“{value}”不在可选值里", "'{value}' is not allowed", "只能是：{choices}", "one of: {choices}"),
    "blank": ("error", "里面有空的一项", "holds an empty item", "删掉空的那项", "delete the empty item"),
    "too-few": ("error", "一项也没有", "is empty", "至少写一项", "write at least one"),
    "id-form": (
        "error",
        "编号“{value}”写法不对",
        "'{value}' is no good id",
        "小写字母开头，只用小写字母、数字、连字符，最多 40 个字符",
        "start with a letter; only a-z, 0-9 and hyphens, 40 characters at most",
    ),
    "id-file": (
        "error",
        "编号“{value}”和文件名不一样",
        "id '{value}' differs from the file name",
        "改成一样",
        "make them equal",
    ),
    "topic": (
        "error",
        "主题“{value}”不在 topics.toml 里",
        "topic '{value}' is not in topics.toml",
        "改主题，或在 topics.toml 加一行",
        "correct it, or add a line to topics.toml",
    ),
    "group-folder": (
        "error",
        "这个主题属于“{group}”组，文件却在“{folder}”",
        "the topic is of group '{group}', the file in '{folder}'",
        "把文件移到 {group}/",
        "move the file to {group}/",
    ),
    "topic-empty": (
        "error",
        "这个主题还没有条目",
        "this topic has no entry",
        "写一个条目，或删掉这一行主题",
        "write an entry, or delete the topic's line",
    ),
    "duplicate-id": ("error", "编号和 {other} 重复", "has the same id as {other}", "改一个编号", "rename one of them"),
    "related": (
        "error",
        "“{value}”不是主题也不是条目",
        "'{value}' is no topic and no entry",
        "改对或删掉",
        "correct or delete it",
    ),
    "hotline": (
        "error",
        "地区 {region} 没有热线“{value}”",
        "region {region} has no hotline '{value}'",
        "改名，或在 regions/{region}.toml 里加上",
        "correct the name, or add it to regions/{region}.toml",
    ),
    # ---- wording
    "too-long": (
        "error",
        "太长：{size} 字，最多 {limit}（占位符算 6）：{text}",
        "too long: {size}, at most {limit} (a placeholder counts 6)",
        "改短",
        "shorten it",
    ),
    "too-many-steps": (
        "error",
        "有 {count} 步，紧急条目最多 {limit} 步，手机一屏要看完",
        "{count} steps; an emergency has {limit} at most, to fit a phone screen",
        "合并或删去",
        "merge or drop some",
    ),
    "few-phrasings": (
        "warning",
        "说法（phrasings 加 urgent）只有 {count} 条，要 {limit} 条",
        "only {count} phrasings with urgent ones, {limit} wanted",
        "补上居民真的会用的说法",
        "add what residents really say",
    ),
    "signals-count": (
        "warning",
        "有 {count} 个，应在 15 到 40 之间",
        "{count} of them; 15 to 40 wanted",
        "增减到这个范围",
        "add or drop some",
    ),
    "number": (
        "error",
        "写了号码“{value}”",
        "holds the number '{value}'",
        "热线用占位符，如 {{police}}；别的号码不写",
        "name hotlines by placeholder such as {{police}}; no other numbers",
    ),
    "placeholder": (
        "error",
        "占位符写坏了：“{value}”",
        "broken placeholder: '{value}'",
        "写成 {{police}} 这样，花括号里是热线名",
        "write it like {{police}}, a hotline's name in braces",
    ),
    "url": (
        "error",
        "“{value}”不是允许的官方网址",
        "'{value}' is not on the list of official sites",
        "删掉；确是官方的，先加进 regions/ 的 [[official]]",
        "delete it; if official, add it to [[official]] of a region first",
    ),
    "email": ("error", "写了邮箱“{value}”", "holds the e-mail address '{value}'", "删掉", "delete it"),
    "traditional": (
        "error",
        "有繁体字：{chars}",
        "traditional characters: {chars}",
        "改成简体；繁体由程序转换",
        "write simplified script; traditional is derived",
    ),
    "claim": (
        "error",
        "说了不许说的话（{name}：{why_zh}）：{text}",
        "forbidden claim ({name}: {why_en})",
        "换一种不作保证的说法",
        "say it without that claim",
    ),
    "figure": (
        "warning",
        "有数字却没有年份：{text}",
        "a figure without its year",
        "写上是哪一年的、谁公布的，或删掉",
        "say of which year and by whom, or delete it",
    ),
    # ---- sources and dates
    "sources": (
        "error",
        "basis 是 official，却没有来源",
        "basis is official, but there is no source",
        "写上机关、文件名和日期",
        "name the authority, the document and its date",
    ),
    "source-date": (
        "error",
        "这条来源没有日期",
        "the source has no date",
        "写上文件的日期",
        "add the date of the document",
    ),
    "date-order": (
        "error",
        "review_by 不晚于 reviewed",
        "review_by is not after reviewed",
        "改成以后的日期",
        "set a later date",
    ),
    "future": ("warning", "日期 {value} 还没到", "{value} is in the future", "核对日期", "check the date"),
    "review-due": (
        "warning",
        "{value} 前要复核",
        "is to be reviewed by {value}",
        "对着来源核一遍，再改 reviewed 和 review_by",
        "check it against its sources, then move reviewed and review_by",
    ),
    "review-past": (
        "warning",
        "复核日期 {value} 已过",
        "should have been reviewed by {value}",
        "对着来源核一遍，再改 reviewed 和 review_by",
        "check it against its sources, then move reviewed and review_by",
    ),
    # ---- phrasings between entries
    "duplicate": (
        "error",
        "“{text}”和 {other} 重复",
        "'{text}' also stands in {other}",
        "留在最该回答它的条目，另一处删掉",
        "keep it where it is best answered, delete the other",
    ),
    # ---- regions, lexicon, samples
    "timezone": ("error", "没有时区“{value}”", "no time zone '{value}'", "如 Asia/Shanghai", "such as Asia/Shanghai"),
    "dial": (
        "error",
        "号码是文字，不能拨",
        "the number is words and cannot be dialled",
        "写 dial = false",
        "write dial = false",
    ),
    "lexicon-file": (
        "warning",
        "匹配器不读这个词表",
        "the matcher does not read this table",
        "词表只有 acts、concepts、variants、everyday、smalltalk、forbidden",
        "tables are acts, concepts, variants, everyday, smalltalk and forbidden",
    ),
    "sample-leak": (
        "warning",
        "“{text}”和 {other} 的说法一样，考不出好坏",
        "'{text}' equals a phrasing of {other} and tests nothing",
        "换一句没写进条目的话",
        "take one that no entry holds",
    ),
    # ---- what the matcher makes of it
    "collision": (
        "warning",
        "留出的 {total} 条说法里有 {count} 条被别的条目拿走：{other}；如“{text}”",
        "{count} of {total} held-out phrasings go elsewhere: {other}; such as '{text}'",
        "把边界上的说法挪到该答的条目，或补上区别",
        "move border phrasings where they belong, or add what tells them apart",
    ),
    "sample-missed": (
        "warning",
        "{count} / {total} 条样本没有答对，如“{text}”",
        "{count} of {total} samples missed, such as '{text}'",
        "用 python -m bot explain 看原因",
        "see why with python -m bot explain",
    ),
    "samples-failed": (
        "error",
        "样本共 {total} 条，{count} 条没有答对，超过一成",
        "{count} of {total} samples missed: more than a tenth",
        "先看各文件的警告",
        "begin with the warnings of each file",
    ),
}


def problem(rule: str, file: str, key: str, **values: Any) -> Problem:
    """A finding in both languages: 「中文 / English」."""
    level, zh, en, remedy_zh, remedy_en = RULES[rule]
    shown = {name: _short(value) for name, value in values.items()}
    text = f"{zh.format(**shown)} / {en.format(**shown)}"
    return Problem(file, key, level, text, f"{remedy_zh.format(**shown)} / {remedy_en.format(**shown)}")


def _short(value: Any) -> Any:
    """Long texts are cut and line breaks flattened: a finding is one line."""
    if not isinstance(value, str):
        return value
    value = " ".join(value.split())
    return value if len(value) <= 80 else value[:79] + "…"
