"""Reading a message for what has happened: acts by clause, with their aspect; and flags of state.

Character statistics do not see an emergency: 「他让我转账」 and 「我给他转了」 share most of their characters. So each
clause is read for an act (verb and object of faq/lexicon/acts.toml) and for how it stands:

    done   转了, 已经转, 转过去        neg    没转, 不转, 别转
    ask    让我转, 要先转             soon   正要转, 准备转
    may    能不能转, 转吗             bare   none of these

The result is a set of feature names for the emergency model and for `explain`; nothing here decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.text import clauses

_DONE_AFTER = re.compile(
    r"^.{0,2}?(?:了|过|完|好了|出去|过去|走|掉|进去|成功|给他了|给了|到他|到了|上去|下来|着了|起来|哒|咗|嘞数|光)"
)
_DONE_BEFORE = re.compile(
    r"(?:已经|已|刚刚|刚才|刚|照做|照着|一共|总共|全部|全都|都|才|先后|前后|又|陆续|分数次|手滑|不小心|误|被)[^不没别]{0,5}$"
)
# 能不能, 要不要 deny nothing; 没 and 别 reach further than 不: 没有把钱全都转给他.
_NEG_BEFORE = re.compile(
    r"(?:没有|没|未|别|莫|不要|不敢|不想|不肯|拒绝|冇|毋)[^了过但可]{0,6}$|(?<![能要会是可该行])不(?![能要会是该行])[^了过]{0,2}$"
)
_ASK_BEFORE = re.compile(
    r"(?:让|叫|要|喊|教|催|要求|说|必须|得|需|先|才|非要|逼|指导|引导|通知|骗|求|请|劝|问我|跟我|管我|找我)[^了过]{0,7}$"
)
_SOON_BEFORE = re.compile(
    r"(?:正要|马上|准备|打算|正在|就差|正|快要|就要|这就|要去|去|赶着|非要|坚持要|闹着要|想)[^了过不没]{0,6}$"
)
_MAY = re.compile(r"吗|呢|么$|不$|没$|能不能|可不可以|可以|能否|要不要|该不该|会不会|是不是|如果|要是|万一|怎么")


@dataclass(frozen=True, slots=True)
class Act:
    """An act in a clause: ``aspect`` is done, neg, ask, soon, may or bare."""

    name: str
    aspect: str
    clause: str


@dataclass(frozen=True, slots=True)
class Reading:
    acts: tuple[Act, ...]
    flags: Mapping[str, tuple[str, ...]]

    def features(self) -> list[str]:
        """Names for the linear model: acts with aspect, flags, and pairs of both."""
        acts = sorted({f"a:{a.name}:{a.aspect}" for a in self.acts})
        aspects = sorted({f"s:{a.aspect}" for a in self.acts})
        flags = sorted(f"f:{name}" for name in self.flags)
        singles = [*acts, *flags]
        pairs = [f"{a}&{b}" for i, a in enumerate(singles) for b in singles[i + 1 :]]
        many = [f"n:{min(3, len(self.acts))}"]
        return [*singles, *aspects, *pairs, *many]


class ActReader:
    """Compiled from the tables ``act`` and ``flag`` of the acts lexicon."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._acts = [
            (name, _alternation(spec["verbs"]), _alternation(spec["objects"]))
            for name, spec in sorted(table.get("act", {}).items())
        ]
        self._flags = [(name, _alternation(forms)) for name, forms in sorted(table.get("flag", {}).items())]

    def read(self, text: str) -> Reading:
        """``text`` in normal form. Linear in its length; at most 60 clauses are read."""
        parts = clauses(text)[:60]
        acts: list[Act] = []
        for number, clause in enumerate(parts):
            before = parts[number - 1][-14:] if number else ""
            acts.extend(self._clause(clause[:200], before))
        flags = {}
        for name, pattern in self._flags:
            found = tuple(dict.fromkeys(pattern.findall(text[:4096])))
            if found:
                flags[name] = found[:6]
        return Reading(tuple(acts), flags)

    def _clause(self, clause: str, before: str) -> list[Act]:
        found: dict[tuple[str, str], Act] = {}
        for name, verbs, objects in self._acts:
            # The object may stand in the clause before: 「验证码是六位数，我念给他了」
            if not (objects.search(clause) or objects.search(before)):
                continue
            for match in verbs.finditer(clause):
                aspect = _aspect(clause, match.start(), match.end())
                found.setdefault((name, aspect), Act(name, aspect, clause))
        return list(found.values())


def _aspect(clause: str, start: int, end: int) -> str:
    head, tail = clause[max(0, start - 10) : start], clause[end : end + 8]
    if _NEG_BEFORE.search(head):
        return "neg"
    if _DONE_AFTER.search(tail):
        return "done"
    if _SOON_BEFORE.search(head) and not _ASK_BEFORE.search(head):
        return "soon"
    if _ASK_BEFORE.search(head):
        return "ask"
    if _DONE_BEFORE.search(head):
        return "done"
    return "may" if _MAY.search(clause) else "bare"


def _alternation(forms: Any) -> re.Pattern[str]:
    parts = sorted({str(f) for f in forms if str(f)}, key=lambda f: (-len(f), f))
    return re.compile("|".join(map(re.escape, parts)) or r"(?!)")
