"""What every detector of personal data shares: folding that keeps positions, separators, hotlines, units."""

import re
import unicodedata

Found = tuple[int, int, str]  # start, end, kind

# Stands for a piece already masked. It is in no character class below and is no white space, so nothing joins across.
INERT = "\ufffc"

# Chinese numerals as they are spelt out in telephone numbers, military readings (洞幺拐勾) included.
DIGIT_VALUES = "零〇○一二三四五六七八九幺两兩壹贰叁肆伍陆柒捌玖貳參陸洞拐勾"
VALUE_OF = dict(zip(DIGIT_VALUES, "000123456789122123456789236079", strict=True))
HAN = "\u3400-\u9fff〇"
# What people put between digits: spaces of any kind, dashes, dots, brackets, keycap marks, zero-width characters.
# Not a line break: below each other stand two numbers.
SPACES = r" \t\u00a0\u2000-\u200a\u202f\u205f\u3000"
SEP = rf"[{SPACES}\-‐-―−_.·•()（）\ufe0f\u20e3\u200b-\u200d\u2060]"

_FOLDED_SIGNS = frozenset("+-@._/=&%#*~|")
_CIRCLED = {
    ord(c): str(n + 1)
    for row in ("①②③④⑤⑥⑦⑧⑨", "⑴⑵⑶⑷⑸⑹⑺⑻⑼", "⒈⒉⒊⒋⒌⒍⒎⒏⒐", "❶❷❸❹❺❻❼❽❾", "➀➁➂➃➄➅➆➇➈", "➊➋➌➍➎➏➐➑➒", "⓵⓶⓷⓸⓹⓺⓻⓼⓽")
    for n, c in enumerate(row)
} | {ord("⓪"): "0", ord("⓿"): "0", ord("🄋"): "0", ord("🄌"): "0"}


class _Fold(dict[int, str]):
    """One character to one character: full width, circled, mathematical letters and digits become plain ones.

    Sentence marks (，。：？) stay as they are: folded, a full-width comma would run on into a link.
    Filled as characters are met; a table of all of Unicode would cost every start of the program.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = unicodedata.normalize("NFKC", char)
        if len(plain) != 1 or not (plain.isascii() and (plain.isalnum() or plain in _FOLDED_SIGNS)):
            # Regional letters (🅰) and digits of other scripts (٣) are read as what they say.
            digit = unicodedata.decimal(char, None)
            plain = str(digit) if digit is not None else char
        self[code] = plain
        return plain


_FOLD = _Fold(_CIRCLED)


def fold(text: str) -> str:
    """The text with its letters and digits made plain, every character in its place."""
    return text if text.isascii() else text.translate(_FOLD)


def words(written: str) -> frozenset[str]:
    """A set written as one would write a sentence: a list of quoted words cannot be read over."""
    return frozenset(written.split())


# Numbers that belong to the public: an editor must be able to read which one a resident asked about.
HOTLINES = words(
    "110 119 120 122 114 999 911 993 995 165 159 101 12110 12117 12119 12122 12123 12300 12301 12305 12306 "
    "12308 12309 12310 12315 12318 12320 12321 12328 12329 12333 12335 12336 12337 12338 12339 12340 12345 "
    "12348 12350 12351 12355 12356 12358 12360 12361 12363 12365 12366 12367 12368 12369 12371 12377 12378 "
    "12380 12381 12385 12386 12388 12389 12393 12395 12396 10000 10001 10010 10011 10015 10016 10020 10050 "
    "10060 10086 10085 10099 11185 11183 96110 96119 95188 95017 95055 95501 95508 95511 95516 95519 95518 "
    "95522 95528 95533 95541 95555 95558 95559 95561 95566 95568 95577 95580 95588 95594 95595 95599 95338 "
    "95311 95543 95546 95554 95118 95105 18222 1799 7726 88007777 18007226688 03001232040 1800595160 "
    "18884958501 18773824357 18774384338 18333728311 8333728311"
)

# A number followed by one of these is an amount, a count, a duration, a date: it stays.
UNIT = (
    r"(?:[元块塊圆圓万萬亿億千百多余餘人个個名条條次单單年月日点點分秒米斤克度倍折%％只台件套张張份股笔筆岁歲位]|手(?![机機])|天(?!天)"
    r"|小时|小時|公里|美[金元]|[港台臺]币|[港台臺]幣|港元|[欧歐日]元|英镑|英鎊|人民币|人民幣|[kK](?![a-zA-Z])|(?:usdt|rmb|cny|hkd|usd|yuan|dollars?|bucks|people|days?|hours?|minutes?|mins?|times)\b)"
)
UNIT_NEXT = re.compile(r"\s?" + UNIT)  # for lowered text
MONEY_BEFORE = re.compile(r"(?:[¥￥$€£]|rmb|cny|usd|hk|nt|金额|金額)[\s:：$]*$")
