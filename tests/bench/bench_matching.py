"""Accuracy and speed of the matcher beside peers, on the same FAQ and the same questions, in one run.

    python -m bot bench matching        (or run this file; --all asks the slow peers every question too)

Every peer gets every phrasing, urgent phrasing and signal of the FAQ with its topic, and the questions of
faq/samples as they are typed. top-1 / top-3: an acceptable topic stands first / among the first three. "right at 2 %":
the share of our questions whose first topic is right when the peer's own score must clear a bar that lets through at most
2 % of the off-topic questions; "wrong at 2 %": the share that passes and is wrong. Writes docs/risk-coverage.png.

Read with care: our score is fitted on these very samples (a few weights) and has seen the everyday messages of the
lexicon, which the peers have not; peers that scan every string are asked only every few questions.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one core for everybody; read when numpy is imported
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from bot.core.entry import Sample  # noqa: E402
from bot.core.index import Index, lessons  # noqa: E402
from bot.core.policy import decide  # noqa: E402
from bot.indexcache import load_index  # noqa: E402

PLOT = ROOT / "docs" / "risk-coverage.png"
OFF_TOPIC = 0.02
#: Peers that scan every string get this many questions unless --all.
FEW = 300
#: (topics best first, score) of a question.
Ranker = Callable[[str], tuple[list[str], float]]


@dataclass(frozen=True)
class Outcome:
    """Of one ranker on the questions, in their order."""

    name: str
    samples: Sequence[Sample]
    ranked: list[list[str]]
    scores: list[float]
    ms: float

    def top(self, count: int) -> float:
        ours = [({*r[:count]} & {*s.topics}) for r, s in zip(self.ranked, self.samples, strict=True) if s.topics]
        return sum(map(bool, ours)) / len(ours)

    def curve(self) -> tuple[list[float], list[float], list[float]]:
        """(off-topic answered, right, wrong) as the bar falls, each a share; equal scores pass together."""
        off = sum(not s.topics for s in self.samples)
        ours = len(self.samples) - off
        x, y, z = [0.0], [0.0], [0.0]
        spoke = right = wrong = 0
        order = sorted(range(len(self.samples)), key=lambda i: -self.scores[i])
        for place, i in enumerate(order):
            topics = self.samples[i].topics
            spoke += not topics
            good = bool(topics) and bool(self.ranked[i]) and self.ranked[i][0] in topics
            right += good
            wrong += bool(topics) and not good
            if place + 1 == len(order) or self.scores[order[place + 1]] != self.scores[i]:
                x.append(spoke / max(1, off))
                y.append(right / ours)
                z.append(wrong / ours)
        return x, y, z

    def at(self, share: float) -> tuple[float, float]:
        """(right, wrong) at the lowest bar that answers at most ``share`` of the off-topic questions."""
        x, y, z = self.curve()
        place = max(i for i, value in enumerate(x) if value <= share)
        return y[place], z[place]


def first_topics(topics: Sequence[str], count: int = 3) -> list[str]:
    return list(dict.fromkeys(topics))[:count]


def ours(index: Index) -> Ranker:
    def rank(text: str) -> tuple[list[str], float]:
        decision = decide(index, text)
        ids = [*(h.entry_id for h in decision.hits), *(e for e, _ in decision.nearest)]
        score = decision.detail.get("scope", {}).get("ours", 0.0)
        return first_topics([index.entries[i].topic for i in ids]), float(score)

    return rank


def by_rapidfuzz(strings: list[str], topics: list[str], scorer: str) -> Ranker:
    from rapidfuzz import fuzz, process

    def rank(text: str) -> tuple[list[str], float]:
        hits = process.extract(text, strings, scorer=getattr(fuzz, scorer), limit=60)
        return first_topics([topics[i] for _, _, i in hits]), hits[0][1] if hits else 0.0

    return rank


def by_thefuzz(strings: list[str], topics: list[str]) -> Ranker:
    from thefuzz import process

    choices = dict(enumerate(strings))

    def rank(text: str) -> tuple[list[str], float]:
        hits = process.extract(text, choices, limit=60)
        return first_topics([topics[i] for _, _, i in hits]), float(hits[0][1]) if hits else 0.0

    return rank


def by_fts5(strings: list[str], topics: list[str]) -> Ranker:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(body, tokenize='trigram')")
    db.executemany("INSERT INTO t(rowid, body) VALUES (?, ?)", enumerate(strings))

    def rank(text: str) -> tuple[list[str], float]:
        grams = list(dict.fromkeys(text[i : i + 3].replace('"', '""') for i in range(len(text) - 2)))[:300]
        if not grams:
            return [], 0.0
        query = " OR ".join(f'"{g}"' for g in grams)
        hits = db.execute(
            "SELECT rowid, bm25(t) FROM t WHERE t MATCH ? ORDER BY bm25(t), rowid LIMIT 60", (query,)
        ).fetchall()
        return first_topics([topics[i] for i, _ in hits]), -hits[0][1] if hits else 0.0

    return rank


def words(text: str) -> list[str]:
    import rjieba

    return [w for w in rjieba.cut(text.lower()) if w.strip()]


def bigrams(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)] or [text]


def by_bm25s(strings: list[str], topics: list[str], cut: Callable[[str], list[str]]) -> Ranker:
    import bm25s

    model = bm25s.BM25()
    model.index([cut(s.lower()) for s in strings], show_progress=False)

    def rank(text: str) -> tuple[list[str], float]:
        tokens = [t for t in cut(text.lower()) if t in model.vocab_dict]
        if not tokens:
            return [], 0.0
        ids, scores = model.retrieve([tokens], k=60, show_progress=False)
        return first_topics([topics[int(i)] for i in ids[0]]), float(scores[0][0])

    return rank


def by_sklearn(strings: list[str], topics: list[str], kind: str) -> Ranker:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    model = LogisticRegression(C=10.0, max_iter=25) if kind == "logistic" else LinearSVC(C=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 25 steps rank as well as a thousand
        model.fit(vectors.fit_transform(strings), topics)

    def rank(text: str) -> tuple[list[str], float]:
        row = vectors.transform([text])
        scores = model.predict_proba(row)[0] if kind == "logistic" else model.decision_function(row)[0]
        order = np.argsort(-scores, kind="stable")[:3]
        return [str(model.classes_[i]) for i in order], float(scores[order[0]])

    return rank


def run(name: str, ranker: Ranker, samples: Sequence[Sample]) -> Outcome:
    for sample in samples[:5]:
        ranker(sample.text)
    ranked, scores, spent = [], [], []
    for sample in samples:
        began = time.perf_counter()
        found, score = ranker(sample.text)
        spent.append(time.perf_counter() - began)
        ranked.append(found)
        scores.append(round(score, 6))
    return Outcome(name, samples, ranked, scores, 1000 * float(np.median(spent)))


def peers(index: Index) -> dict[str, tuple[Callable[[], Ranker], bool]]:
    """name -> (how to make it, whether it scans every string)."""
    taught = lessons(index.faq.entries)
    strings = [t.text for t in taught]
    topics = [index.entries[t.entry].topic for t in taught]
    return {
        "ours": (lambda: ours(index), False),
        "rapidfuzz WRatio": (lambda: by_rapidfuzz(strings, topics, "WRatio"), True),
        "rapidfuzz token_set_ratio": (lambda: by_rapidfuzz(strings, topics, "token_set_ratio"), True),
        "thefuzz process": (lambda: by_thefuzz(strings, topics), True),
        "SQLite FTS5 trigram": (lambda: by_fts5(strings, topics), False),
        "bm25s words (rjieba)": (lambda: by_bm25s(strings, topics, words), False),
        "bm25s bigrams": (lambda: by_bm25s(strings, topics, bigrams), False),
        "logistic regression, char 1-3": (lambda: by_sklearn(strings, topics, "logistic"), False),
        "linear SVM, char 1-3": (lambda: by_sklearn(strings, topics, "svm"), False),
    }


def report(outcomes: list[Outcome]) -> None:
    base = outcomes[0]
    right, _ = base.at(OFF_TOPIC)
    print("| ranker | questions | top-1 | top-3 | right at 2 % | wrong at 2 % | ratio to ours | ms (median) | ratio |")
    print("| --- |" + " ---: |" * 8)
    for one in outcomes:
        good, bad = one.at(OFF_TOPIC)
        print(
            f"| {one.name} | {len(one.samples)} | {one.top(1):.3f} | {one.top(3):.3f} | {good:.3f} | {bad:.3f}"
            f" | {good / right if right else 0:.2f} | {one.ms:.2f} | {one.ms / base.ms:.1f} |"
        )


def operating_point(index: Index, samples: Sequence[Sample]) -> tuple[float, float]:
    """(off-topic answered, right) of the decisions that residents get."""
    spoke = right = off = 0
    for sample in samples:
        decision = decide(index, sample.text)
        said = decision.kind in ("answer", "emergency")
        shown = [index.entries[h.entry_id].topic for h in decision.hits]
        if not sample.topics:
            off += 1
            spoke += said
        else:
            right += said and (
                shown[0] in sample.topics or (decision.kind == "emergency" and bool({*shown} & {*sample.topics}))
            )
    return spoke / max(1, off), right / max(1, len(samples) - off)


def plot(outcomes: list[Outcome], point: tuple[float, float]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8.5, 5.2), dpi=130)
    colours = [pyplot.get_cmap("tab10")(i) for i in range(10)]
    for number, one in enumerate(outcomes):
        x, y, _ = one.curve()
        axes.step(
            x, y, where="post", label=one.name, color=colours[number % 10], linewidth=2.6 if number == 0 else 1.3,
            linestyle="-" if number == 0 or number > 5 else "--", zorder=10 - number,
        )  # fmt: skip
    axes.plot(*point, marker="*", markersize=15, color=colours[0], markeredgecolor="black", linestyle="none",
              label="ours, as decided", zorder=20)  # fmt: skip
    axes.axvline(OFF_TOPIC, color="grey", linewidth=0.8, linestyle=":")
    axes.text(OFF_TOPIC + 0.001, 0.02, "2 %", color="grey")
    axes.set(xlim=(0, 0.2), ylim=(0, 1), xlabel="off-topic questions answered (share)",
             ylabel="our questions answered rightly (share)", title="Right answers against answers nobody asked for")  # fmt: skip
    axes.grid(alpha=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
    figure.savefig(PLOT, bbox_inches="tight", metadata={"Software": None})
    pyplot.close(figure)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help=f"every question for the scanning peers too, not {FEW}")
    parser.add_argument("--no-plot", action="store_true")
    args = parser.parse_args()
    index = load_index(ROOT / "faq")
    samples = index.faq.samples
    few = samples if args.all else samples[:: max(1, len(samples) // FEW)]
    outcomes = []
    for name, (make, scans) in peers(index).items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        outcomes.append(run(name, make(), few if scans else samples))
    print(
        f"{len(lessons(index.faq.entries))} strings, {len(samples)} questions ({sum(not s.topics for s in samples)} off-topic)\n"
    )
    report(outcomes)
    if not args.no_plot:
        plot(outcomes, operating_point(index, samples))
        print(f"\nplot: {PLOT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
