"""Near-duplicate questions of the queue: the same matter in nearly the same words is one group.

A question becomes syllables (homophones and typed pinyin read alike) without particles, politeness and numbers, plus
what must agree before any words are compared: negations, what kind of question it is, whether the deed is done. An
inverted index of syllable pairs finds candidates; the verdict compares what one side has and the other has not.
Precision before recall: an editor merges two groups with a click, but an answer sent to the wrong asker stays wrong.

Everything is deterministic: the same questions in the same order give the same groups.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from bot.core.sounds import readings
from bot.core.text import normalise

#: Longer questions are compared on their beginning: what follows is story, and time must stay bounded.
MAX_CHARS = 300
#: Groups that a pair of syllables points to; pairs so common that they overflow say nothing anyway.
MAX_POSTING = 128
RAREST_PAIRS = 10
MAX_CANDIDATES = 24
#: With fewer characters of content than this, light words count as content.
ENOUGH = 2
#: Share of one question's content that the other may lack, and may have exchanged for something else.
ADDED_SHARE = 0.12
CHANGED_SHARE = 0.06
#: An exchanged word decides the matter in a short question (猫丢了 / 狗丢了); in a long story it may be a slip.
CHANGED_FROM = 18
#: Share of common neighbours, which keeps "甲欠乙" and "乙欠甲" apart but allows clauses to change places.
SAME_ORDER = 0.5
TYPO_RATIO = 80.0
TYPO_LENGTH = 5
LATIN_LENGTH = 6  # no syllable of Chinese is that long once its sounds are folded

_TOKEN = re.compile(
    r"\[(?:手机号|身份证号|银行卡号|护照号|通行证号|车牌号|邮箱|账号|IP地址|链接|地址|姓名|验证码|密码)\d*\]"
)
_FOLDS = (
    (
        re.compile(
            r"(?:该|要|应该|应当|得|我)?(?:怎么办(?!理)|咋办(?!理)|怎么弄|怎么搞|怎么处理|怎么解决|咋整|咋弄|咋搞"
            r"|如何是好|如何处理|如何解决|点算|怎办|何是搞|何什搞|么办)"
        ),
        "怎么办",
    ),
    (re.compile(r"怎么办理|怎样办理|如何办理|咋办理"), "怎么办"),
    (re.compile(r"(?:怎么|怎|咋)[半板般扮伴]"), "怎么办"),
    (re.compile(r"怎样|如何|咋个|咋样|咋|点样|哪能"), "怎么"),
    (re.compile(r"啥子|啥|么子|乜嘢"), "什么"),
    (re.compile(r"(?:在|去|到)?(?:哪儿|哪里|哪个地方|什么地方|何处|哪(?!个|些|种|位|家|天|年|月|怕|能))"), "哪里"),
    (re.compile(r"多长时间|几天|多少天|什么时候|何时|几时|几点"), "多久"),
    (re.compile(r"多少钱|几多钱|什么价|几块钱|收费多少"), "多少钱"),
    (
        re.compile(
            r"(?:是|系)?(?:不是|唔系)?(?:真的还是假的|真的假的|真的么|是真是假|是真的|真的吗|靠谱不|靠不靠谱|靠谱吗|靠谱"
            r"|可信吗|可靠吗|可不可信|能信吗|能不能信|信得过吗|骗人的吗|骗子吗|骗局吗|是不是骗人的?|是不是骗子|是不是骗局"
            r"|是不是诈骗|是骗人的|是骗局|是诈骗)"
        ),
        "真假",
    ),
)
_KINDS = {
    "怎么办": "how", "怎么": "how", "哪里": "where", "多久": "when", "多少钱": "price", "真假": "real",
    "为什么": "why", "为何": "why", "谁": "who",
}  # fmt: skip
_KIND = re.compile("|".join(sorted(_KINDS, key=len, reverse=True)))

# Who does it to whom: pronouns are light, but "我欠他" and "他欠我" are two matters.
_ROLES = (
    re.compile(r"[我俺咱]们?[^被让叫]{0,2}?(?:欠|借|骗|打|告|骂|租|起诉|举报|投诉)"),
    re.compile(r"(?:欠|借|骗|打|告|骂|租|起诉|举报|投诉)(?:了|给)?[我俺咱]"),
    re.compile(r"(?:让|叫|要|要求|逼|劝|教|喊|催)[我俺咱您你他她]"),
    re.compile(r"(?:我|我们|自己)把"),
    re.compile(r"[我俺咱]们?(?:是|家)?[^，]{0,2}被"),
)
# Said without denying anything; they go before negations are counted.
_NOT_NEGATION = re.compile(
    r"([\u3400-\u9fff])[不没唔](?=\1)|有没有|有冇|不知道|不晓得|不清楚|不懂|不明白|不会弄|不好意思|对不起|不小心|差不多"
    r"|不然|不过|没事|要不(?=是|然)|不仅|不光|不但|没想到|不得了|别人|别的|特别|分别|识别|不安|没办法|没法"
)
_NEGATION = re.compile(r"没有|不|没|未|别|莫|勿|无|冇|唔|毋")
_DONE = re.compile(
    r"(?:转|给|付|装|点|填|说|报|扫|汇|交|寄|输|登|买|卖|下载|共享|告诉)"
    r"(?:账|款|钱|帐|载|卡|码|他|她|出去|过去)?(?:了|过|完|掉)"
)
#: Words that turn a matter into another one: both questions have them or neither.
_TURNS = re.compile(
    r"取消|停止|禁止|拒绝|关闭|打开|开通|注销|恢复|解除|解绑|绑定|解冻|冻结|丢|偷|坏|退|改|补|续|过期|删|借|还|租|卖|买"
    r"|迁入|迁出"
)
_PHRASES = re.compile(
    r"请问一下|请问|请教一下|请教|问一下|问问|想问|我想知道|想知道|想了解|你好|您好|大家好|在吗|谢谢|多谢|麻烦您|麻烦你"
    r"|麻烦|急急急|很急|求助|求解|帮帮我|帮我看看|帮忙看看|有没有人|家人们|一下|应该|可以|能够|需要|的话|这个|那个|这种"
    r"|那种|现在|今天|昨天|刚才|刚刚|已经|真的|到底|究竟|有人知道吗|有人知道|不知道|没想到|不小心|不好意思"
)
_LIGHT = frozenset(
    "的地得了着过吗呢吧啊呀哦噢嘛哈嗯哎唉啦咧哩呗么诶哟喔嘞滴哒我你您他们咱俺伊侬恁是就都也还又再很太好真这那要会能想"
    "请问该个把被给让呃额急在有一些点儿数和跟与及啥吓"
)
_PARTICLES = frozenset("吗呢吧啊呀哦噢嘛哈嗯哎唉啦咧哩呗哟喔嘞滴哒呃了的")
_LIGHT_WORDS = frozenset(
    (  # noqa: SIM905
        "a an the is are was were am be been do does did have has had i me my we our you your he she his her it its "
        "they their this that these those to of in on at by for with and or but so if please hi hello hey thanks thank "
        "can could would should will may might just now there here about as from what how where when who why which u "
        "ur im pls"
    ).split()
)
_NOT_WORDS = frozenset(
    (  # noqa: SIM905
        "not no never without cannot cant dont didnt doesnt isnt arent wasnt wont havent hasnt nobody"
    ).split()
)
_WORD_KINDS = {
    "how": "how", "where": "where", "when": "when", "why": "why", "who": "who",
    "real": "real", "legit": "real", "genuine": "real", "cost": "price", "price": "price",
}  # fmt: skip
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A question as it is compared. ``words``: content in order; ``must``: what has to agree."""

    words: tuple[str, ...]
    kinds: frozenset[str]
    must: tuple[object, ...]

    @property
    def pairs(self) -> list[str]:
        """Neighbouring words; a lone word stands for itself, so that one-word questions are found too."""
        if len(self.words) < 2:
            return list(self.words)
        return [f"{a} {b}" for a, b in zip(self.words, self.words[1:], strict=False)]

    @property
    def keys(self) -> dict[str, None]:
        """What the inverted index files it under, once each: pairs, and long Latin words, whose neighbour may be
        misspelt."""
        return dict.fromkeys([*self.pairs, *(word for word in self.words if len(word) >= LATIN_LENGTH)])


@lru_cache(maxsize=2048)
def read(text: str) -> _Reading:
    """Everything the verdict needs to know of a question. Pure, so the last ones are remembered."""
    plain = normalise(_TOKEN.sub("1", text[:MAX_CHARS]))
    return _read_chinese(plain) if _HAN.search(plain.replace("数", "").replace("网址", "")) else _read_latin(plain)


def _read_chinese(plain: str) -> _Reading:
    # Spacing and punctuation carry nothing here: people type Chinese with and without both.
    plain = re.sub(r"(?<=[a-z])\s+(?=[a-z])", "\x00", plain)
    plain = re.sub(r"[^\w\x00]|_", "", plain).replace("\x00", " ")
    for pattern, folded in _FOLDS:
        plain = pattern.sub(folded, plain)
    done = bool(_DONE.search(plain))
    roles = tuple(bool(pattern.search(plain)) for pattern in _ROLES)
    kinds = frozenset(_KINDS[match] for match in _KIND.findall(plain))
    rest = _KIND.sub("", plain)
    bare = _PHRASES.sub("", _NOT_NEGATION.sub("", rest))
    negations = len(_NEGATION.findall(bare))
    bare = _NEGATION.sub("", bare)
    turns = frozenset(_TURNS.findall(bare))
    kept = "".join(char for char in bare if char not in _LIGHT)
    if len(kept) < ENOUGH:  # "你是真人吗", "在吗": the light words are the question
        kept = "".join(char for char in rest if char not in _PARTICLES)
    words, sounded = _question_sounds([word for word in readings(kept) if word])
    return _Reading(words, kinds | sounded, (negations, done, turns, roles))


@lru_cache(maxsize=1)
def _sounds() -> dict[tuple[str, ...], str]:
    return {tuple(readings(phrase)): kind for phrase, kind in _KINDS.items() if len(phrase) > 1}


def _question_sounds(words: list[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Takes out question phrases that were misspelt or typed in pinyin (怎么半, zenme ban)."""
    kinds: set[str] = set()
    for sound, kind in _sounds().items():
        size = len(sound)
        for start in range(len(words) - size, -1, -1):
            if len(words) > size and tuple(words[start : start + size]) == sound:
                del words[start : start + size]
                kinds.add(kind)
    return tuple(words), frozenset(kinds)


def _read_latin(plain: str) -> _Reading:
    tokens = re.findall(r"[a-z]+", plain.replace("'", "").replace("’", ""))
    typed = tuple(word for word in readings(plain) if word)
    if typed and not any(token in _LIGHT_WORDS for token in tokens):
        words, sounded = _question_sounds(list(typed))
        return _Reading(words, sounded, (0, False, frozenset(), (False,) * len(_ROLES)))
    kinds = frozenset(_WORD_KINDS[token] for token in tokens if token in _WORD_KINDS)
    negations = sum(token in _NOT_WORDS for token in tokens)
    words = tuple(_stem(t) for t in tokens if t not in _LIGHT_WORDS and t not in _NOT_WORDS and t not in _WORD_KINDS)
    return _Reading(words or tuple(tokens), kinds, (negations,))


def _stem(word: str) -> str:
    """Plural and past forms are the same word; nothing cleverer, so that no two words become one."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def similarity(a: str, b: str) -> float:
    """How near two questions are: 0 when they are different matters, else above 0 up to 1."""
    return _verdict(read(a), read(b))


def _verdict(a: _Reading, b: _Reading) -> float:
    if a.must != b.must or (a.kinds and b.kinds and not a.kinds & b.kinds):
        return 0.0
    if not a.words or not b.words:
        return 1.0 if a.words == b.words and a.kinds == b.kinds else 0.0
    only_a, only_b = Counter(a.words) - Counter(b.words), Counter(b.words) - Counter(a.words)
    _cancel_typos(only_a, only_b)
    changed, more = sorted((only_a.total(), only_b.total()))
    size = min(len(a.words), len(b.words))
    if changed and (size < CHANGED_FROM or changed > CHANGED_SHARE * size):
        return 0.0
    if more - changed > ADDED_SHARE * size:
        return 0.0
    pairs_a, pairs_b = Counter(a.pairs), Counter(b.pairs)
    common = (pairs_a & pairs_b).total()
    if size >= 3 and a.words != b.words and common < SAME_ORDER * min(pairs_a.total(), pairs_b.total()):
        return 0.0
    return max(0.01, Indel.normalized_similarity(a.words, b.words))


def _cancel_typos(only_a: Counter[str], only_b: Counter[str]) -> None:
    """Takes out pairs of Latin words that differ by a slip of the finger."""
    for word in sorted(only_a):
        if len(word) < TYPO_LENGTH:
            continue
        near = [
            other for other in sorted(only_b)
            if only_b[other] > 0 and len(other) >= TYPO_LENGTH and fuzz.ratio(word, other) >= TYPO_RATIO
        ]  # fmt: skip
        if near:
            only_a[word] -= 1
            only_b[near[0]] -= 1


class Grouping:
    """The groups there are, ready to say where a new question belongs. Not safe for threads: its owner locks.

    The first question of a group speaks for it. If every member did, groups would creep from one matter to the next.
    """

    def __init__(self, titles: Iterable[tuple[str, str]] = ()) -> None:
        self._groups: list[tuple[str, _Reading]] = []
        self._postings: dict[str, list[int]] = {}
        self._exact: dict[tuple[object, ...], str] = {}
        for group_id, text in titles:
            self.add(group_id, text)

    def __len__(self) -> int:
        return len(self._groups)

    def add(self, group_id: str, text: str) -> None:
        reading = read.__wrapped__(text)
        number = len(self._groups)
        self._groups.append((group_id, reading))
        self._exact.setdefault(_exact_key(reading), group_id)
        for pair in reading.keys:
            posting = self._postings.setdefault(pair, [])
            if len(posting) < MAX_POSTING:
                posting.append(number)

    def assign(self, text: str) -> str | None:
        """The group that a question belongs to, or None when it is a new matter."""
        reading = read(text)
        exact = self._exact.get(_exact_key(reading))
        if exact is not None:
            return exact
        best, best_score = None, 0.0
        for number in self._candidates(reading):
            group_id, other = self._groups[number]
            score = _verdict(reading, other)
            if score > best_score:  # the earlier group wins a tie: candidates come in order
                best, best_score = group_id, score
        return best

    def _candidates(self, reading: _Reading) -> list[int]:
        postings = [self._postings[pair] for pair in reading.keys if pair in self._postings]
        postings.sort(key=len)
        hits: Counter[int] = Counter()
        for posting in postings[:RAREST_PAIRS]:
            hits.update(posting)
        ranked = sorted(hits.items(), key=lambda item: (-item[1], item[0]))[:MAX_CANDIDATES]
        return sorted(number for number, _ in ranked)


def _exact_key(reading: _Reading) -> tuple[object, ...]:
    return (reading.words, reading.kinds, reading.must)
