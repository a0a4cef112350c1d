"""How the matcher grows with the FAQ, and what the worst messages cost.

    python -m bot bench scale           (or run this file; --full adds 1,000,000 strings)

The strings are the shipped phrasings, fewer or multiplied by small edits, over the same entries. Each size is built in a
process of its own. ms: of `decide` on questions of faq/samples; "long" are messages of 4,096 characters.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.core.entry import Entry, Faq  # noqa: E402
from bot.core.index import Index, build_index, lessons  # noqa: E402
from bot.core.policy import decide  # noqa: E402
from bot.faqfiles import read_faq  # noqa: E402
from bot.indexcache import load_index  # noqa: E402

SIZES = (1_000, 10_000, 100_000)
FULL = 1_000_000
QUESTIONS = 600
_FILLERS = "啊呢吧哦呀嘛的了就那这也还又先再请问"
#: Messages of 4,096 characters that something in a matcher may choke on.
WORST: dict[str, str] = {
    "story": "昨天有个自称客服的人打电话来，说我的快递丢了要给我理赔，让我下载一个软件共享屏幕。",
    "one act, again and again": "我给他转了钱，",
    "no punctuation": "转账验证码",
    "English": "i sent him money and gave the code ",
    "pinyin, no spaces": "zhuanzhang",
    "pinyin": "zhuan zhang gei ta ",
    "digits": "13800138000",
    "Han numbers": "一二三",
    "symbols inside words": "刷÷单·",
    "dots": "a.",
    "hyphens": "a-",
    "addresses": "http://a.cn/b?c=d ",
    "combining marks": "转\u0301\u0301\u0301",
    "ligatures that unfold": "ﷺ",
    "emoji": "😀👨\u200d👩\u200d👧",
    "lone surrogates": "\ud800",
    "quotes": "【“（",
    "spaces": "钱  ",
    "traditional": "我把錢轉給騙子了，",
    "every character once": "".join(chr(0x4E00 + i) for i in range(4096)),
}


def long_message(kind: str) -> str:
    unit = WORST[kind]
    return (unit * (4096 // len(unit) + 1))[:4096]


def edited(text: str, chance: random.Random) -> str:
    """The same phrasing with one or two small edits: a filler more, a character less, two changed about."""
    letters = list(text)
    for _ in range(chance.randint(1, 2)):
        place = chance.randrange(len(letters))
        what = chance.random()
        if what < 0.5 or len(letters) < 4:
            letters.insert(place, chance.choice(_FILLERS))
        elif what < 0.75:
            del letters[place]
        elif place + 1 < len(letters):
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)


def resized(faq: Faq, count: int) -> Faq:
    """About ``count`` strings over the same entries."""
    have = len(lessons(faq.entries))
    chance = random.Random(count)

    def size(texts: tuple[str, ...]) -> tuple[str, ...]:
        wanted = max(1, round(len(texts) * count / have)) if texts else 0
        more = [edited(texts[i % len(texts)], chance) for i in range(wanted - len(texts))] if texts else []
        return (*texts[:wanted], *more)

    def entry(one: Entry) -> Entry:
        return replace(
            one,
            zh=replace(
                one.zh, phrasings=size(one.zh.phrasings), urgent=size(one.zh.urgent), signals=size(one.zh.signals)
            ),
            en=replace(
                one.en, phrasings=size(one.en.phrasings), urgent=size(one.en.urgent), signals=size(one.en.signals)
            ),
        )

    return replace(faq, entries=tuple(entry(e) for e in faq.entries))


def memory(name: str = "VmRSS") -> float:
    """Of this process, in MB; the peak with VmHWM. (ru_maxrss would begin with the parent's.)"""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def timed(index: Index, text: str) -> float:
    began = time.perf_counter()
    decide(index, text)
    return 1000 * (time.perf_counter() - began)


def percentiles(values: list[float]) -> tuple[float, float, float]:
    values = sorted(values)
    return values[len(values) // 2], values[min(len(values) - 1, int(len(values) * 0.99))], values[-1]


def measure(count: int) -> dict[str, float]:
    """In a process of its own."""
    faq = resized(read_faq(ROOT / "faq"), count)
    before = memory()
    began = time.perf_counter()
    index = build_index(faq)
    built = time.perf_counter() - began
    questions = [s.text for s in faq.samples][:: max(1, len(faq.samples) // QUESTIONS)]
    for text in questions[:20]:
        decide(index, text)
    p50, p99, most = percentiles([timed(index, t) for t in questions])
    long = percentiles([timed(index, long_message("story")) for _ in range(5)])[0]
    return {
        "strings": len(lessons(faq.entries)), "build": built, "rss": memory(), "grown": memory() - before,
        "peak": memory("VmHWM"), "p50": p50, "p99": p99, "max": most, "long": long,
    }  # fmt: skip


def growth(sizes: list[int]) -> None:
    print("| strings | build s | RSS MB (of it the index) | peak MB | p50 ms | p99 ms | max ms | long ms |")
    print("|" + " ---: |" * 8)
    for size in sizes:
        out = subprocess.run(
            [sys.executable, __file__, "--one", str(size)], check=True, capture_output=True, text=True, env=os.environ
        ).stdout
        r = json.loads(out)
        print(
            f"| {r['strings']:,} | {r['build']:.1f} | {r['rss']:.0f} ({r['grown']:.0f}) | {r['peak']:.0f} | {r['p50']:.2f}"
            f" | {r['p99']:.2f} | {r['max']:.2f} | {r['long']:.1f} |",
            flush=True,
        )


def worst() -> None:
    index = load_index(ROOT / "faq")
    print("\n| 4,096 characters of | decision | ms (median of 5) |\n| --- | --- | ---: |")
    for kind in WORST:
        text = long_message(kind)
        spent = percentiles([timed(index, text) for _ in range(5)])[0]
        print(f"| {kind} | {decide(index, text).kind} | {spent:.1f} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} strings too")
    parser.add_argument("--worst", action="store_true", help="only the worst messages")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one)))
        return 0
    if not args.worst:
        growth([*SIZES, *([FULL] if args.full else [])])
    worst()
    return 0


if __name__ == "__main__":
    sys.exit(main())
