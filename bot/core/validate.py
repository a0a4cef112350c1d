"""What an entry may say and how: the rules that `faq check` and the editors' form share.

`validate_entry` is pure. The shape of the table comes first (`bot.core.shape`); every other rule looks at whatever
part of the table is sound, so that one mistake does not hide the next.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

import opencc

from bot.core.claims import Claims
from bot.core.entry import LIST_KEYS, REGIONS, Problem, Region, Topic
from bot.core.phrasings import find_duplicates, phrase_key, phrasings_of
from bot.core.rules import problem
from bot.core.shape import as_date, entry_shape

_T2S = opencc.OpenCC("t2s")
#: Characters that OpenCC reads as traditional but that simplified texts use too (瞭望, 藉口, 乾隆, 著作 ...).
AMBIGUOUS = frozenset("瞭藉乾著徵覆於甚")

LIMITS = {"zh": {"lead": 120, "steps": 40, "share": 100}, "en": {"lead": 240, "steps": 90, "share": 220}}
PLACEHOLDER_SIZE = 6
EMERGENCY_STEPS = 6
SIGNALS = (15, 40)
WANTED = {"zh": 90, "en": 25}
WANTED_EMERGENCY = 160
WARN_DAYS = 30
#: Sites of governments; other official sites stand in [[official]] of the region files.
OFFICIAL_DOMAINS = (
    "gov.cn", "gov.hk", "gov.mo", "gov.tw", "gov.sg", "gov.uk", "police.uk", "gov.au",
    "ftc.gov", "ic3.gov", "identitytheft.gov",
)  # fmt: skip
#: Digits that are a name, not a number to call: the railway's app; who sends the answer of the one-ID check.
_NAMES = frozenset({"12306", "10699000"})
_SHORT_NUMBERS = frozenset({"110", "119", "120", "122", "165", "911", "993", "995", "999", "1799"})

_CARD_KEYS = ("question", "lead", "signs", "steps", "more", "share")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DATE = re.compile(r"(?:19|20)\d\d(?:[-./年]\s?\d{1,2}(?:[-./月]\s?\d{1,2}日?)?)?")
_DIGITS = re.compile(r"(?<![\d.])(?P<money>[¥￥$€£]\s?)?(?P<digits>\+?\d+(?:[- ]\d{3,})*)(?![\d])(?P<unit>\s?(?:"
                     r"[元块万亿人起件条次天日年月个名家岁位分秒米%％]|小时|美元|港[元币]|yuan|rmb|dollars?|days?|hours?|"
                     r"minutes?|years?|months?|people|million|billion|percent))?", re.IGNORECASE)  # fmt: skip
_URL = re.compile(r"(?:https?://|www\.)[^\s\u3400-\u9fff，。；！？、“”‘’（）]+|(?<![\w@.-])(?:[a-z0-9-]+\.)+"
                  r"(?:com|cn|net|org|gov|edu|top|xyz|vip|cc|info|shop|club|site|online|hk|tw|sg|mo|uk|au|io|me|us)"
                  r"(?![\w.-]*@)(?![a-z])(?:/[^\s\u3400-\u9fff，。；！？、“”‘’（）]*)?", re.IGNORECASE)  # fmt: skip
#: From the beginning of a word only: tried at each character, a long run of them takes its square in time.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_FIGURE = re.compile(r"\d\s?(?:亿|%|％|万[人起件条次名家]|percent|million|billion)", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of an entry: ``key`` such as 「zh.steps[2]」 (counted from 1), where it is served, its limit's name."""

    key: str
    name: str
    language: Literal["zh", "en"]
    script: Literal["hans", "hant", "latin"]
    regions: tuple[str, ...]
    text: str


def validate_entry(
    data: Mapping[str, Any],
    *,
    file: str,
    topics: Mapping[str, Topic],
    regions: Mapping[str, Region],
    today: dt.date,
    entry_ids: Collection[str] = (),
    claims: Claims | None = None,
) -> list[Problem]:
    """Every finding on one entry's table. ``file`` is its path in faq/; ``claims``: faq/lexicon/forbidden.toml."""
    found = entry_shape(data, file)
    texts = list(card_texts(data, tuple(regions)))
    found += _place(data, file, topics, entry_ids)
    found += _hotlines(data, file, regions)
    found += _dates(data, file, today)
    found += _counts(data, file)
    found += _sizes(data, file, texts)
    domains = official_domains(regions)
    own = {name: _own_numbers(region) for name, region in regions.items()}
    for text in texts:
        found += _references(text, file, regions, domains, own)
        found += _sayings(text, file, claims)
    found += _signal_script(data, file)
    for number, source in enumerate(_sources(data), 1):
        url = source.get("url")
        if isinstance(url, str) and url and not (re.match(r"https?://", url) and is_official(url, domains)):
            found.append(problem("url", file, f"sources[{number}].url", value=url))
    return found + find_duplicates({file: data})


def card_texts(data: Mapping[str, Any], all_regions: tuple[str, ...]) -> Iterator[Text]:
    """The texts that residents read, regional and traditional wordings included; phrasings and signals are not."""
    chosen = data.get("regions")
    served = tuple(r for r in chosen if r in all_regions) if isinstance(chosen, (list, tuple)) and chosen else ()
    served = served or all_regions
    for language, script in (("zh", "hans"), ("en", "latin")):
        table = _table(data, language)
        yield from _wording(table, language, language, script, served)
        for region in REGIONS:
            yield from _wording(_table(table, region), f"{language}.{region}", language, script, (region,))
    yield from _wording(_table(data, "zh-Hant"), "zh-Hant", "zh", "hant", served)


def _wording(
    table: Mapping[str, Any], path: str, language: Any, script: Any, regions: tuple[str, ...]
) -> Iterator[Text]:
    for name in _CARD_KEYS:
        value = table.get(name)
        if name in LIST_KEYS and isinstance(value, (list, tuple)):
            for number, item in enumerate(value, 1):
                if isinstance(item, str):
                    yield Text(f"{path}.{name}[{number}]", name, language, script, regions, item)
        elif isinstance(value, str):
            yield Text(f"{path}.{name}", name, language, script, regions, value)


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _strings(data: Mapping[str, Any], key: str) -> list[str]:
    value = data.get(key)
    return [v for v in value if isinstance(v, str)] if isinstance(value, (list, tuple)) else []


def _sources(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    value = data.get("sources")
    return [s for s in value if isinstance(s, Mapping)] if isinstance(value, (list, tuple)) else []


# ---------------------------------------------------------------- place and references
def _place(
    data: Mapping[str, Any], file: str, topics: Mapping[str, Topic], entry_ids: Collection[str]
) -> Iterator[Problem]:
    folder, _, name = file.rpartition("/")
    entry_id, topic = data.get("id"), data.get("topic")
    if isinstance(entry_id, str) and f"{entry_id}.toml" != name:
        yield problem("id-file", file, "id", value=entry_id)
    if isinstance(topic, str) and topic not in topics:
        yield problem("topic", file, "topic", value=topic)
    elif isinstance(topic, str) and topics[topic].group != folder:
        yield problem("group-folder", file, "topic", group=topics[topic].group, folder=folder)
    for value in _strings(data, "related"):
        if value not in topics and value not in entry_ids:
            yield problem("related", file, "related", value=value)


def _hotlines(data: Mapping[str, Any], file: str, regions: Mapping[str, Region]) -> Iterator[Problem]:
    served = [r for r in _strings(data, "regions") if r in regions] or list(regions)
    for name in _strings(data, "hotlines"):
        for region in served:
            if name not in regions[region].hotlines:
                yield problem("hotline", file, "hotlines", region=region, value=name)


def _references(
    text: Text,
    file: str,
    regions: Mapping[str, Region],
    domains: Collection[str],
    own: Mapping[str, frozenset[str]],
) -> Iterator[Problem]:
    for name in _PLACEHOLDER.findall(text.text):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            yield problem("placeholder", file, text.key, value=f"{{{name}}}")
            continue
        for region in text.regions:
            if region in regions and name not in regions[region].hotlines:
                yield problem("hotline", file, text.key, region=region, value=name)
    rest = _PLACEHOLDER.sub(" ", text.text)
    for broken in re.findall(r".?[{}｛｝].{0,12}", rest):
        yield problem("placeholder", file, text.key, value=broken)
    plain = unicodedata.normalize("NFKC", rest)
    for match in _URL.finditer(plain):
        if not is_official(match.group(), domains):
            yield problem("url", file, text.key, value=match.group())
    plain = _URL.sub(" ", plain)
    for address in _EMAIL.findall(plain):
        yield problem("email", file, text.key, value=address)
    served = [own[region] for region in text.regions if region in own]
    allowed = frozenset.intersection(*served) if served else frozenset()
    for number in numbers_in(_EMAIL.sub(" ", plain)):
        if re.sub(r"\D", "", number) not in allowed:
            yield problem("number", file, text.key, value=number)


def _own_numbers(region: Region) -> frozenset[str]:
    """Digits in the names and notes of a region's official addresses: 「165 全民防骗网」 may be named there."""
    told = [t for site in region.official for key in ("name", "note") for t in site.get(key, {}).values()]
    return frozenset(re.sub(r"\D", "", match["digits"]) for t in told for match in _DIGITS.finditer(t))


def numbers_in(text: str) -> Iterator[str]:
    """Digits that a reader would take for a telephone number; amounts, dates and years are not."""
    for match in _DIGITS.finditer(_DATE.sub("年", text)):
        shown = match["digits"]
        digits = re.sub(r"\D", "", shown)
        grouped = len(digits) != len(shown)
        if digits in _NAMES or match["money"] or (match["unit"] and not grouped):
            continue
        if digits in _SHORT_NUMBERS or len(digits) >= (7 if grouped else 5):
            yield shown


def official_domains(regions: Mapping[str, Region]) -> tuple[str, ...]:
    own = [str(site["domain"]) for region in regions.values() for site in region.official if site.get("domain")]
    return (*OFFICIAL_DOMAINS, *own)


def is_official(url: str, domains: Collection[str]) -> bool:
    """Whether the host of an address is one of the domains or below it; what stands before an @ is no host."""
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


# ---------------------------------------------------------------- dates and sources
def _dates(data: Mapping[str, Any], file: str, today: dt.date) -> Iterator[Problem]:
    reviewed, review_by = as_date(data.get("reviewed")), as_date(data.get("review_by"))
    if reviewed and review_by and review_by <= reviewed:
        yield problem("date-order", file, "review_by")
    if reviewed and reviewed > today:
        yield problem("future", file, "reviewed", value=reviewed.isoformat())
    if review_by and review_by < today:
        yield problem("review-past", file, "review_by", value=review_by.isoformat())
    elif review_by and review_by <= today + dt.timedelta(days=WARN_DAYS):
        yield problem("review-due", file, "review_by", value=review_by.isoformat())
    official = data.get("basis") == "official"
    sources = _sources(data)
    if official and not sources:
        yield problem("sources", file, "sources")
    for number, source in enumerate(sources, 1):
        date = as_date(source.get("date"))
        if official and date is None:
            yield problem("source-date", file, f"sources[{number}].date")
        if date and date > today:
            yield problem("future", file, f"sources[{number}].date", value=date.isoformat())


# ---------------------------------------------------------------- counts and sizes
def _counts(data: Mapping[str, Any], file: str) -> Iterator[Problem]:
    held: dict[str, set[str]] = {"zh": set(), "en": set()}
    for key, text in phrasings_of(data):
        held[key.partition(".")[0]].add(phrase_key(text))
    for language, keys in held.items():
        emergency = language == "zh" and data.get("risk") == "emergency"
        limit = WANTED_EMERGENCY if emergency else WANTED[language]
        if len(keys - {""}) < limit:
            yield problem("few-phrasings", file, f"{language}.phrasings", count=len(keys - {""}), limit=limit)
    signals = len(_strings(_table(data, "zh"), "signals"))
    if not SIGNALS[0] <= signals <= SIGNALS[1]:
        yield problem("signals-count", file, "zh.signals", count=signals)


def _sizes(data: Mapping[str, Any], file: str, texts: list[Text]) -> Iterator[Problem]:
    steps: dict[str, int] = {}
    for text in texts:
        limit = LIMITS[text.language].get(text.name)
        size = text_size(text.text)
        if limit is not None and size > limit:
            yield problem("too-long", file, text.key, size=size, limit=limit, text=text.text)
        if text.name == "steps":
            table = text.key.partition("[")[0]
            steps[table] = steps.get(table, 0) + 1
    if data.get("risk") == "emergency":
        for key, count in steps.items():
            if count > EMERGENCY_STEPS:
                yield problem("too-many-steps", file, key, count=count, limit=EMERGENCY_STEPS)


def text_size(text: str) -> int:
    """Characters as a reader sees them: a placeholder becomes a number of about six."""
    return len(_PLACEHOLDER.sub("x" * PLACEHOLDER_SIZE, text.strip()))


# ---------------------------------------------------------------- what is said
def _sayings(text: Text, file: str, claims: Claims | None) -> Iterator[Problem]:
    if text.script == "hans":
        yield from _script(text.text, file, text.key)
    if claims is not None:
        plain = to_simplified(text.text) if text.script == "hant" else text.text
        for claim in claims.find(plain, text.language):
            why = claim.why
            yield problem("claim", file, text.key, name=claim.name, text=claim.text, why_zh=why["zh"], why_en=why["en"])
    # Signs tell what the scammer promises (30% a month); everywhere else a figure is a claim of ours.
    if text.name != "signs" and _FIGURE.search(text.text) and not _YEAR.search(text.text):
        yield problem("figure", file, text.key, text=text.text)


def _signal_script(data: Mapping[str, Any], file: str) -> Iterator[Problem]:
    for number, signal in enumerate(_strings(_table(data, "zh"), "signals"), 1):
        yield from _script(signal, file, f"zh.signals[{number}]")


def _script(text: str, file: str, key: str) -> Iterator[Problem]:
    chars = "".join(dict.fromkeys(c for c in text if is_traditional(c)))
    if chars:
        yield problem("traditional", file, key, chars=chars)


@cache
def is_traditional(char: str) -> bool:
    """Whether simplified script writes this character differently."""
    return not char.isascii() and char not in AMBIGUOUS and to_simplified(char) != char


def to_simplified(text: str) -> str:
    return str(_T2S.convert(text))
