"""What the sweep plants and how it looks for it: personal data and secrets for every field, and a search that also
finds them with other separators, width, case or escapes."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote_plus

#: Residents' words: masked text may be in the database, in logs and temporary files there is none of it.
WORDS = {"words": "紫葡萄色的大象", "english words": "purple elephant parade"}

#: In the text of a question.
IN_TEXT = {
    "phone": "139-0001-7788",
    "id": "110101 19900307 7758",
    "card": "6222 0212 3456 7890 128",
    "email": "lilei.77@example.org",
    "account": "wxid_lilei77",
    "address": "文三路477号3幢501室",
    "plate": "浙A7K8L9",
    "passport": "E55443312",
    "code": "482916",
    "password": "Hunter2Xy",
    "name": "司马春晓",
}
QUESTION = (
    "{words} {english} 我叫{name}，电话{phone}，身份证{id}，卡号{card}，邮箱{email}，微信号{account}，"
    "住{address}，车牌{plate}，护照{passport}，验证码是{code}，密码是{password}，贷款要先交保证金吗"
).format(words=WORDS["words"], english=WORDS["english words"], **IN_TEXT)

#: In fields that nobody reads: none of it may be anywhere.
IN_FIELDS = {
    "first name": "如花小翠",
    "last name": "慕容公子",
    "user name": "qiuqiu_7788_real",
    "chat title": "幸福里业主群七栋",
    "contact": "13822226666",
    "document": "王翠花的身份证.pdf",
    "poll": "张铁蛋欠我的钱",
    "forwarded from": "孙二娘本人",
    "callback data": "13977665544",
    "command": "13855557777",
    "inline": "13955556666",
    "client message": "13655554444",
    "user agent": "Browser-of-13912344321",
    "forwarded for": "203.0.113.199",
    # Digits in no order: 998877665 also stands in any index of small numbers, a byte each, last row first.
    "cookie": "cookie-secret-903817264",
    "referer": "13700007777",
    "query": "13611112222",
    "path": "13522223333",
    "console field": "13433334444",
    "argument": "13344445555",
}

SECRETS = {
    "webhook secret": "hook-secret-QQ77ww88",
    "secret key": "key-secret-ZZ11yy22",
    "old key": "old-secret-AA33bb44",
    "proxy password": "proxy-secret-CC55dd66",
}
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_FEWEST_DIGITS = 9  # fewer stand in some number or other of any file


def forms(text: str) -> tuple[str, str]:
    """Letters and digits only, in one width and case; and the digits alone."""
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    text = unicodedata.normalize("NFKC", html.unescape(unquote_plus(text))).casefold()
    return re.sub(r"[^\w]+", "", text), re.sub(r"[^0-9]+", "", text)


def leaks(where: str, data: bytes, needles: Mapping[str, str]) -> list[str]:
    """Which of the needles are in there, as they are written or in another form."""
    raw = data.decode("utf-8", "replace")
    plain, digits = forms(raw)
    out = []
    for name, needle in needles.items():
        needle_plain, needle_digits = forms(needle)
        long_number = len(needle_digits) >= _FEWEST_DIGITS and needle_digits == re.sub(r"\D", "", needle)
        if needle in raw or needle_plain in plain or (long_number and needle_digits in digits):
            out.append(f"{where}: {name}")
    return out


def files_below(folders: Iterable[Path]) -> dict[str, bytes]:
    """Everything that lies there, hidden files too."""
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
