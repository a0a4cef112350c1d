"""Links, e-mail and IP addresses, wallet addresses."""

import ipaddress
import re

from bot.core.pii_text import HAN, Found

_URL_CHARS = r"A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%|"
# A name among the parameters is written in Chinese, and a full-width question mark is one only before a parameter.
_PATH = rf"(?:[{_URL_CHARS}]|(?<==)[{HAN}]{{1,8}}(?=[&\s]|$)|？(?=[A-Za-z0-9_]+=))*"
# The host is what editors look up; everything behind it can carry a name, a number, a session. A user name written
# before the host (https://me:secret@host) is masked with its @. Starts only at the start of a word: a long run of
# letters is read once, not once from every letter.
_SCHEME_URL = re.compile(
    r"(?:https?|hxxps?|ftp|wss?|weixin|alipays?|tg)[:：]//(?P<user>[A-Za-z0-9._~%!$&*+,;=:\-]{1,200}@)?"
    rf"(?P<host>[^\s/?#@，。；、！？]{{1,255}})(?P<path>[/?#]{_PATH})?",
    re.IGNORECASE,
)
_BARE_URL = re.compile(
    r"(?<![A-Za-z0-9.\-@/])(?:[A-Za-z0-9][A-Za-z0-9\-]{0,62}\.)+[A-Za-z]{2,12}(?::\d{2,5})?"
    rf"(?P<path>(?:/[{_URL_CHARS}]|\?[A-Za-z0-9_\-]+=){_PATH})"
)

_AT = re.compile(
    r"\s{0,3}(?:@|[(（\[【]\s?(?:at|AT|艾特)\s?[)）\]】]|艾特|圈[aA]|小老鼠|#(?=(?:qq|163|126|gmail|sina|139|outlook|foxmail)\s?[.。])|\s(?:at|AT)\s(?=(?:[A-Za-z0-9\-]{2,30}\s(?:dot|DOT)\s)|(?:gmail|qq|163|126|outlook|hotmail|yahoo|icloud|foxmail|sina|139)\s?\.))\s{0,3}"
)
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-")
_DOT = r"(?:\s{0,2}[.。．]\s{0,2}|\s?点\s?|\s?[(（\[]\s?(?:dot|点)\s?[)）\]]\s?|\s(?:dot|DOT)\s)"
_SPELT_LOCAL = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9_\-]{1,20}\s?[(\[]?\s?(?:dot|DOT)\s?[)\]]?\s?$")
_HAS_DOT = re.compile(_DOT)
_DOMAIN = re.compile(rf"[A-Za-z0-9][A-Za-z0-9\-]{{0,62}}(?:{_DOT}(?=[A-Za-z0-9])[A-Za-z0-9\-]{{1,62}}){{0,5}}(?<!-)")
_HANDLE = re.compile(r"(?<![A-Za-z0-9_.])@\s?[A-Za-z][A-Za-z0-9_]{3,31}(?:\.[A-Za-z0-9_]{1,31})?(?![A-Za-z0-9_])")

_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\s?[.。．·]\s?\d{1,3}){3}(?![.。．]?\d)(?::\d{2,5}(?!\d))?")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7}(?![0-9A-Za-z:])")
_VERSION_BEFORE = re.compile(r"(?:版本号?|version|ver|[vV])[\s:：.]*$", re.IGNORECASE)

_WALLET = re.compile(
    r"(?<![A-Za-z0-9])(?:0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|bc1[0-9a-z]{25,59}|[13][1-9A-HJ-NP-Za-km-z]{25,34})"
    r"(?![A-Za-z0-9])"
)


def find(flat: str, low: str) -> list[Found]:
    """Spans of everything that is written as on the net."""
    found: list[Found] = []
    if "//" in flat or "/" in flat or "?" in flat:
        found += _urls(flat)
    if flat.count(".") + flat.count("。") + flat.count("·") > 2:
        found += _ipv4(flat)
    if flat.count(":") > 2:
        found += _ipv6(flat)
    if (
        "@" in flat
        or " at " in low
        or "at)" in low
        or "at）" in low
        or "at】" in low
        or "at]" in low
        or "艾特" in flat
        or "圈a" in low
        or "#" in low
        or "小老鼠" in flat
    ):
        found += _emails(flat, found)
    if len(flat) > 25:
        found += [
            (m.start(), m.end(), "account") for m in _WALLET.finditer(flat) if not _taken(m.start(), m.end(), found)
        ]
    return found


def _taken(start: int, end: int, found: list[Found]) -> bool:
    return any(a < end and start < b for a, b, _ in found)


def _urls(flat: str) -> list[Found]:
    found: list[Found] = []
    last = 0
    schemes = list(_SCHEME_URL.finditer(flat)) if "//" in flat else []
    for match in schemes:
        if match["user"]:
            found.append((*match.span("user"), "url"))
        if match["path"] and len(match["path"]) > 1:
            found.append((match.start("path") + 1, match.end("path"), "url"))
    taken = [m.span() for m in schemes]
    for match in _BARE_URL.finditer(flat):
        while last < len(taken) and taken[last][1] <= match.start():
            last += 1
        if last < len(taken) and taken[last][0] <= match.start():
            continue
        found.append((match.start("path") + 1, match.end("path"), "url"))
    return found


def _ipv4(flat: str) -> list[Found]:
    found: list[Found] = []
    for match in _IPV4.finditer(flat):
        parts = re.findall(r"\d+", match.group().partition(":")[0])
        # 1.0.0.1-like four-part version numbers of apps are of use to editors.
        if all(int(p) < 256 for p in parts) and not _VERSION_BEFORE.search(
            flat, max(0, match.start() - 9), match.start()
        ):
            found.append((*match.span(), "ip"))
    return found


def _ipv6(flat: str) -> list[Found]:
    found: list[Found] = []
    for match in _IPV6.finditer(flat):
        try:
            ipaddress.IPv6Address(match.group())
        except ValueError:
            continue
        found.append((*match.span(), "ip"))
    return found


def _emails(flat: str, urls: list[Found]) -> list[Found]:
    """From each @ outward by hand: a regex would try every start of a long run of letters again and again."""
    found: list[Found] = []
    floor = turn = 0
    ordered = sorted(urls)
    spelt_out = "dot" in flat or "DOT" in flat
    for match in _AT.finditer(flat):
        written, end = match.group(), match.end()
        start = _local_start(flat, floor, match.start(), spelt_out=spelt_out)
        while turn < len(ordered) and ordered[turn][1] <= start:
            turn += 1
        if turn < len(ordered) and ordered[turn][0] <= match.start():
            continue
        bare_at = written.strip() == "@"
        domain = _DOMAIN.match(flat, end) if start < match.start() else None
        if domain is None or (bare_at and _is_apart(flat, domain, spaced=written[0].isspace())):
            handle = _HANDLE.match(flat, end - len(written.lstrip())) if bare_at else None
            if handle:  # "telegram @name"
                found.append((*handle.span(), "account"))
                floor = handle.end()
        elif bare_at or _HAS_DOT.search(domain.group()):  # "看 at 那" and the like are no addresses without a domain
            found.append((start, domain.end(), "email"))
            floor = domain.end()
    return found


def _local_start(flat: str, floor: int, at: int, *, spelt_out: bool) -> int:
    """Where the part before an @ begins; `at` where there is none."""
    start = at
    lowest = max(floor, at - 64)
    while start > lowest and flat[start - 1] in _LOCAL:
        start -= 1
    spelt = _SPELT_LOCAL.search(flat, max(floor, start - 30), start) if spelt_out else None
    return spelt.start() if spelt else start


def _is_apart(flat: str, domain: re.Match[str], *, spaced: bool) -> bool:
    """Whether what follows a bare @ is a name of its own: after a space, or with an underscore, which no host has."""
    return (spaced and not _HAS_DOT.search(domain.group())) or flat.startswith("_", domain.end())
