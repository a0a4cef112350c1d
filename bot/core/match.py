"""Ranking: what speaks for each entry, for an emergency and for this being ours at all. Decides nothing.

A long message is read whole and by pieces, because its evidence often stands in one sentence. A later turn is
read alone and together with the turns before it; `policy` picks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.core.features import MAX_READ, Features, extract
from bot.core.index import NONE, Index, Scores
from bot.core.linear import Floats, Row
from bot.core.retrieve import Neighbour
from bot.core.text import sentences

#: Weights of the parts of a score, chosen on the samples.
SIMILAR = 0.2
PIECE = 0.35
CONTEXT = 1.2
#: A message longer than this is also read by pieces of about this size (characters).
PIECE_SIZE = 70
_MAX_PIECES = 12
#: As many of a ranking are kept.
_RANKED = 12
#: (entry id, score), best first; ties by id.
Ranking = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Evidence:
    """Of one message. ``ranked``: the router's entries; ``cards``: the emergency cards.
    ``urgency`` and ``scope``: margins of the linear models.
    ``none``: score of the router's class of everyday messages.
    """

    features: Features
    row: Row
    router: Floats
    ranked: Ranking
    cards: Ranking
    urgency: float
    scope: float
    none: float
    neighbours: tuple[Neighbour, ...]
    length: int

    @property
    def best(self) -> float:
        return self.ranked[0][1] if self.ranked else -2.0

    @property
    def margin(self) -> float:
        return self.ranked[0][1] - self.ranked[1][1] if len(self.ranked) > 1 else 1.0

    @property
    def similarity(self) -> float:
        return self.neighbours[0].similarity if self.neighbours else 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the models say of a text by itself, before its pieces and what was said earlier are weighed in."""

    features: Features
    row: Row
    scores: Scores
    neighbours: tuple[Neighbour, ...]


def look(index: Index, texts: Sequence[str]) -> list[Look]:
    """Model by model, not text by text: what a model needs is in the processor's cache then for all but the first,
    which saves a sixth of the time."""
    features = [extract(text[:MAX_READ], index.lexicon) for text in texts]
    rows = [index.rows(found) for found in features]
    scores = [index.weigh(row, state) for row, state in rows]
    near = [tuple(index.retriever.nearest(found.text)) if found.text else () for found in features]
    return [Look(f, row, said, close) for f, (row, _), said, close in zip(features, rows, scores, near, strict=True)]


def evidence(
    index: Index, text: str, *, context: Sequence[str] = (), region: str = "cn", looked: Look | None = None
) -> Evidence:
    """Reads a message; ``context``: masked texts of the turns before, oldest first, mixed in at `CONTEXT`.
    ``looked``: `look` of the text, if the caller has it."""
    text = text[:MAX_READ]
    if looked is None:
        [looked] = look(index, [text])
    features, row, neighbours = looked.features, looked.row, looked.neighbours
    router, cards, urgency, scope = looked.scores
    pieces = _pieces(text) if len(features.text) > PIECE_SIZE else []
    if len(pieces) > 1:
        read = [r for r in (index.read(p)[1:] for p in pieces) if r[0].columns.size]
        if read:
            weighed = [index.weigh(*r) for r in read]
            router = (1 - PIECE) * router + PIECE * np.max([scores.router for scores in weighed], axis=0)
            cards = (1 - PIECE) * cards + PIECE * np.max([scores.cards for scores in weighed], axis=0)
            # One urgent sentence in a long story is enough to be worth a look; the whole keeps half the say.
            urgency = 0.5 * urgency + 0.5 * max(scores.urgency for scores in weighed)
            scope = 0.5 * scope + 0.5 * max(scores.scope for scores in weighed)
    if context:
        _, earlier, state = index.read(" 。 ".join(context[-3:]))
        if earlier.columns.size:
            # A margin of -1 says nothing: only what the earlier turns speak for is added.
            before = index.weigh(earlier, state)
            router = router + CONTEXT * np.maximum(before.router + 1.0, 0.0)
            cards = cards + 0.3 * np.maximum(before.cards + 1.0, 0.0)
    similar: dict[str, float] = {}
    for neighbour in neighbours:
        entry = index.ids[neighbour.label]
        similar[entry] = max(similar.get(entry, 0.0), neighbour.similarity)
    return Evidence(
        features=features,
        row=row,
        router=router,
        ranked=_ranked(index, "router", router, similar, region),
        cards=_ranked(index, "cards", cards, similar, region),
        urgency=round(urgency, 4),
        scope=round(scope, 4),
        none=round(float(router[index.router.number[NONE]]), 4) if NONE in index.router.number else -1.0,
        neighbours=neighbours,
        length=len(features.text),
    )


def _ranked(index: Index, kind: str, scores: Floats, similar: Mapping[str, float], region: str) -> Ranking:
    """``kind``: "router" or "cards"."""
    candidates = index.candidates(kind, region)
    mine = scores.take(candidates.places)
    for name, similarity in similar.items():
        if (place := candidates.number.get(name)) is not None:
            mine[place] += SIMILAR * similarity
    mine += candidates.offsets
    mine.round(4, mine)
    best = np.argsort(-mine, kind="stable")[:_RANKED]  # ties by name
    return tuple(zip([candidates.names[place] for place in best.tolist()], mine.take(best).tolist(), strict=True))


def _pieces(text: str) -> list[str]:
    """Sentences joined up to about `PIECE_SIZE`, at most `_MAX_PIECES`, spread over the whole message."""
    out: list[str] = []
    for sentence in sentences(text):
        for start in range(0, len(sentence), 2 * PIECE_SIZE):
            part = sentence[start : start + 2 * PIECE_SIZE]
            if out and len(out[-1]) + len(part) < PIECE_SIZE:
                out[-1] += "。" + part
            else:
                out.append(part)
    if len(out) > _MAX_PIECES:
        step = len(out) / _MAX_PIECES
        out = [out[int(i * step)] for i in range(_MAX_PIECES)]
    return out
