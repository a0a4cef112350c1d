"""The accuracy card: what residents get on faq/samples, through the same way as a message takes.

    python tests/bench/accuracy.py            prints it
    python tests/bench/accuracy.py --write    writes docs/accuracy.md and docs/accuracy.json

`tests/test_accuracy.py` recomputes the figures and fails when one falls by more than a point below the written ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.core.answer import answer  # noqa: E402
from bot.core.index import Index  # noqa: E402
from bot.core.language import detect_lang  # noqa: E402
from bot.indexcache import load_index  # noqa: E402

COMMAND = "python tests/bench/accuracy.py --write"
CARD, FIGURES = ROOT / "docs" / "accuracy.md", ROOT / "docs" / "accuracy.json"
#: Questions on which nothing is fitted or calibrated; written by somebody who had seen only the topics.
UNSEEN = ROOT / "tests" / "bench" / "unseen.jsonl"
#: figure -> (what it is a share of, whether more is better, Chinese, English)
MEANING: dict[str, tuple[str, bool, str, str]] = {
    "right": ("asked", True, "答对", "first entry right, or the right scam type behind an emergency card"),
    "helped": ("asked", True, "帮到", "right, or an acceptable entry among those shown or offered"),
    "wrong": ("asked", False, "答错", "answered, and nothing shown is acceptable"),
    "missed": ("asked", False, "漏答", "silent although there was something to answer"),
    "hit": ("urgent", True, "紧急认出", "of the urgent ones: taken for an emergency"),
    "card": ("carded", True, "卡片对", "of those: the first card is acceptable"),
    "alarm": ("calm", False, "误报", "of the calm ones: taken for an emergency"),
    "silent": ("off", True, "闲话不答", "of the off-topic ones: no answer and no choices"),
    "chose": ("off", False, "闲话给选项", "of the off-topic ones: choices offered"),
    "spoke": ("off", False, "闲话乱答", "of the off-topic ones: answered"),
}
Figures = dict[str, dict[str, float | int]]


def cases(index: Index) -> Iterator[tuple[str, list[str], Sequence[str], bool | None, str]]:
    """(text, turns before, acceptable topics, urgent, style). A dialogue's turns have no mark of urgency."""
    for sample in index.faq.samples:
        yield sample.text, [], sample.topics, sample.urgent, sample.style or "other"
    for dialogue in index.faq.dialogues:
        for number, (text, topics) in enumerate(zip(dialogue.turns, dialogue.topics, strict=True)):
            yield text, list(dialogue.turns[:number]), topics, None, "later turn" if number else "first turn"


def unseen_cases() -> Iterator[tuple[str, list[str], Sequence[str], bool | None, str]]:
    for line in UNSEEN.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["text"], [], row["topics"], row["urgent"], row["style"]


def judge(kind: str, shown: Sequence[str], topics: Sequence[str], urgent: bool | None) -> Counter[str]:
    """What one reply adds to the counts."""
    said, hit = kind in ("answer", "emergency"), bool({*shown} & {*topics})
    if not topics:
        silent = kind in ("unknown", "smalltalk")
        return Counter(n=1, off=1, silent=silent, chose=kind == "choose", spoke=said)
    right = said and bool(shown) and (shown[0] in topics or (kind == "emergency" and hit))
    here = Counter(n=1, asked=1, right=right, helped=right or (hit and (said or kind == "choose")))
    here.update(wrong=said and not hit, missed=kind in ("unknown", "smalltalk"))
    if urgent:
        alarm = kind == "emergency"
        here.update(urgent=1, hit=alarm, carded=alarm, card=alarm and bool(shown) and shown[0] in topics)
    elif urgent is False and not any(t.startswith("emergency-") for t in topics):
        here.update(calm=1, alarm=kind == "emergency")
    return here


def measure(index: Index) -> dict[str, Figures]:
    """part (all, style, language, unseen) -> name -> figures and what they are shares of."""
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))

    def judged(text: str, before: Sequence[str], topics: Sequence[str], urgent: bool | None) -> Counter[str]:
        reply = answer(index, text, context=before[-3:])
        return judge(reply.kind, [e.topic for e in reply.entries], topics, urgent)

    for text, before, topics, urgent, _ in unseen_cases():
        counts["unseen"]["unseen"].update(judged(text, before, topics, urgent))
    for text, before, topics, urgent, style in cases(index):
        here = judged(text, before, topics, urgent)
        names = {"all": "all", "style": style, "language": detect_lang(text)}
        if not topics:
            names["style"] = "off-topic"
        for part, name in names.items():
            counts[part][name].update(here)
    out = {part: {name: _shares(c) for name, c in sorted(groups.items())} for part, groups in counts.items()}
    taught = set(index.retriever.texts)
    out["all"]["all"]["repeated"] = sum(index.read(s.text)[0].text in taught for s in index.faq.samples)
    return out


def _shares(count: Mapping[str, int]) -> dict[str, float | int]:
    out: dict[str, float | int] = {"n": count["n"]}
    for name, (base, *_) in MEANING.items():
        if count.get(base):
            out[base] = count[base]
            out[name] = round(count[name] / count[base], 4)
    return out


def worse(now: Mapping[str, Figures], before: Mapping[str, Figures]) -> list[str]:
    """Figures that fell by more than a point; in a group of under a hundred, by more than one question."""
    out = []
    for part, groups in before.items():
        for name, figures in groups.items():
            for figure, (base, more, *_) in MEANING.items():
                new = now.get(part, {}).get(name, {}).get(figure)
                if figure not in figures or new is None:
                    continue
                fall = (figures[figure] - new) * (1 if more else -1)
                if fall > max(0.01, 1.0 / figures[base]) + 1e-9:
                    out.append(f"{part} {name}: {figure} {figures[figure]:.4f} -> {new:.4f}")
    return out


def table(groups: Figures) -> str:
    heads = ["", "n", *MEANING]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for name, figures in groups.items():
        cells = [f"{100 * figures[m]:.1f}" if m in figures else "–" for m in MEANING]
        lines.append("| " + " | ".join([name, str(figures["n"]), *cells]) + " |")
    return "\n".join(lines)


def card(figures: Mapping[str, Figures]) -> str:
    total = figures["all"]["all"]
    meaning = "\n".join(
        f"| {name} | {zh} | {en} | {'high' if more else 'low'} |" for name, (_, more, zh, en) in MEANING.items()
    )
    return f"""# 准确率 / Accuracy card

由运行生成，不手写 / Written by a run, never by hand:

```sh
{COMMAND}
```

{total["n"]} questions of `faq/samples`: {total["asked"]} of ours, {total["urgent"]} of them urgent, and {total["off"]} off-topic.
No model is fitted on them, and {total["repeated"]} stand word for word among the phrasings; but the weights of the three
probabilities and the four thresholds are (`bot/core/calibrate.py`), so on questions from elsewhere expect less,
above all of `alarm`, `chose` and `spoke`. All figures in per cent.

{table(figures["all"])}

## 没见过的问题 / Unseen

{figures["unseen"]["unseen"]["n"]} questions of `tests/bench/unseen.jsonl`: nothing is fitted or calibrated on them, and who wrote them had
seen the list of topics only. What residents get is nearer to this line than to the one above.

{table(figures["unseen"])}

## 按写法 / By style

{table(figures["style"])}

## 按语言 / By language

{table(figures["language"])}

## 含义 / What they mean

| figure | 中文 | meaning | better |
| --- | --- | --- | --- |
{meaning}

A dialogue's later turns are read with up to three turns before them; `first turn` and `later turn` carry no mark of
urgency. `zht` is traditional script, `third` asks for somebody else, `paste` is a pasted message, `noisy` has typing errors.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--faq", type=Path, default=ROOT / "faq")
    args = parser.parse_args()
    figures = measure(load_index(args.faq))
    text = card(figures)
    print(text)
    if FIGURES.exists():
        for line in worse(figures, json.loads(FIGURES.read_text(encoding="utf-8"))):
            print(f"fell: {line}", file=sys.stderr)
    if args.write:
        CARD.write_text(text, encoding="utf-8")
        FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
