"""Telegram's HTML: text and entities, with its complaints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fake_bot_api.records import ApiError, Json, Refused

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
_LINK = re.compile(r"tg://\S+|(?:(?:https?|ton)://)?(?:\S+@)?[\w-]+(?:\.[\w-]+)+\.?(?::\d+)?(?:[/?#]\S*)?")
_CHARACTER = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,8})|#[xX]([0-9a-fA-F]{1,8}));?")
_SPACE = " \t\r\n\f\v"


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Text and entities of Telegram's HTML, with its complaints; offsets in the complaints are in bytes, as there."""

    def refuse(problem: str) -> Refused:
        return Refused(f"can't parse entities: {problem}")

    def byte(at: int) -> int:
        return len(source[:at].encode("utf-8", "surrogatepass"))

    out: list[str] = []
    length = 0
    open_tags: list[tuple[str, str, int]] = []
    entities: list[Json] = []
    at = 0
    while at < len(source):
        char = source[at]
        if char == "&" and (found := _CHARACTER.match(source, at)):
            char = _character(found)
            at = found.end()
        elif char != "<":
            at += 1
        elif source[at : at + 2] != "</":
            begin, at = at, at + 1
            while at < len(source) and source[at] not in _SPACE + ">":
                at += 1
            tag = source[begin + 1 : at].lower()
            if at >= len(source):
                raise refuse(f"Unclosed start tag at byte offset {byte(begin)}")
            if tag not in _TAGS:
                raise refuse(f'Unsupported start tag "{tag}" at byte offset {byte(begin)}')
            attributes, at = _attributes(source, at, tag, begin, refuse, byte)
            if tag == "span" and attributes.get("class") != "tg-spoiler":
                raise refuse(f'Tag "span" must have class "tg-spoiler" at byte offset {byte(begin)}')
            open_tags.append((tag, _argument(tag, attributes, open_tags), length))
            continue
        else:
            begin, at = at, at + 2
            if not open_tags:
                raise refuse(f"Unexpected end tag at byte offset {byte(begin)}")
            while at < len(source) and source[at] not in _SPACE + ">":
                at += 1
            name = source[begin + 2 : at].lower()
            while at < len(source) and source[at] in _SPACE:
                at += 1
            if source[at : at + 1] != ">":
                raise refuse(f"Unclosed end tag at byte offset {byte(begin)}")
            at += 1
            tag, argument, start = open_tags.pop()
            if name not in ("", tag):
                raise refuse(f'Unmatched end tag at byte offset {byte(begin)}, expected "</{tag}>", found "</{name}>"')
            if length > start:
                entities += _entity(tag, argument, start, length, "".join(out))
            continue
        out.append(char)
        length += 2 if ord(char) > 0xFFFF else 1
    if open_tags:
        raise refuse(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return "".join(out), sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def _character(found: re.Match[str]) -> str:
    named, decimal, hexadecimal = found.groups()
    if named:
        return {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    # Telegram leaves what is no character as it stands; one character of it is enough here.
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code < 0xE000 else "&"


def _attributes(
    source: str, at: int, tag: str, begin: int, refuse: Callable[[str], ApiError], byte: Callable[[int], int]
) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    unclosed = f"Unclosed start tag at byte offset {byte(begin)}"

    def spaces(at: int) -> int:
        while at < len(source) and source[at] in _SPACE:
            at += 1
        if at >= len(source):
            raise refuse(unclosed)
        return at

    while source[at : at + 1] != ">":
        at = spaces(at)
        if source[at] == ">":
            break
        name_at = at
        while at < len(source) and source[at] not in _SPACE + "=>":
            at += 1
        name = source[name_at:at].lower()
        if not name:
            raise refuse(f'Empty attribute name in the tag "{tag}" at byte offset {byte(begin)}')
        at = spaces(at)
        if source[at] != "=":
            found[name] = ""
            continue
        at = spaces(at + 1)
        if source[at] in "'\"":
            end = source.find(source[at], at + 1)
            if end < 0:
                raise refuse(unclosed)
            value, at = source[at + 1 : end], end + 1
        else:
            value_at = at
            while at < len(source) and (source[at].isalnum() or source[at] in ".-"):
                at += 1
            value = source[value_at:at]
            if at < len(source) and source[at] not in _SPACE + ">":
                raise refuse(f"Unexpected end of name token at byte offset {byte(value_at)}")
        if at >= len(source):
            raise refuse(unclosed)
        found[name] = _CHARACTER.sub(_character, value)
    return found, at + 1


def _argument(tag: str, attributes: dict[str, str], open_tags: list[tuple[str, str, int]]) -> str:
    if tag == "a":
        return attributes.get("href", "")
    if tag == "code" and open_tags and open_tags[-1][0] == "pre":
        return attributes.get("class", "").removeprefix("language-")
    if tag == "tg-emoji":
        return attributes.get("emoji-id", "")
    return "expandable" if tag == "blockquote" and "expandable" in attributes else ""


def _entity(tag: str, argument: str, start: int, end: int, text: str) -> Iterator[Json]:
    entity: Json = {"type": _TAGS[tag], "offset": start, "length": end - start}
    if tag == "a":
        inside = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")
        url = argument or inside
        if not _LINK.fullmatch(url):
            return  # tel:, localhost and the like are no links there: the words stay, as plain text
        if user := re.fullmatch(r"tg://user\?id=(\d+)", url):
            person = {"id": int(user[1]), "is_bot": False, "first_name": inside}
            entity.update(type="text_mention", user=person)
        else:
            entity["url"] = url
    elif tag == "blockquote" and argument:
        entity["type"] = "expandable_blockquote"
    elif tag == "code" and argument:
        entity.update(type="pre", language=argument)
    elif tag == "tg-emoji":
        entity["custom_emoji_id"] = argument
    yield entity
