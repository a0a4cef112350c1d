"""Ranking: what speaks for each entry, for an emergency and for this being ours at all. Decides nothing.

A long message is read whole and by pieces, because its evidence often stands in one sentence. A later turn is
read alone and together with the turns before it; `policy` picks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.core.features import MAX_READ, Features
from bot.core.index import NONE, Index
from bot.core.linear import Floats, LinearModel, Row
from bot.core.retrieve import Neighbour
from bot.core.text import sentences

#: Weights of the parts of a score, chosen on the samples.
SIMILAR = 0.2
PIECE = 0.35
CONTEXT = 1.2
#: A message longer than this is also read by pieces of about this size (characters).
PIECE_SIZE = 70
_MAX_PIECES = 12
#: As many of a ranking are kept; and looked at, as some are not served in a region.
_RANKED, _LOOKED_AT = 12, 18
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


def evidence(index: Index, text: str, *, context: Sequence[str] = (), region: str = "cn") -> Evidence:
    """Reads a message; ``context``: masked texts of the turns before, oldest first, mixed in at `CONTEXT`."""
    text = text[:MAX_READ]
    features, row, state = index.read(text)
    router, urgency = index.weigh(row, state)
    cards = index.cards.scores(state)
    scope = float(index.scope.scores(state)[0])
    pieces = _pieces(text) if len(features.text) > PIECE_SIZE else []
    if len(pieces) > 1:
        read = [r for r in (index.read(p)[1:] for p in pieces) if r[0].columns.size]
        if read:
            rows = [r for _, r in read]
            weighed = [index.weigh(*r) for r in read]
            router = (1 - PIECE) * router + PIECE * np.max([scores for scores, _ in weighed], axis=0)
            cards = (1 - PIECE) * cards + PIECE * np.max([index.cards.scores(r) for r in rows], axis=0)
            # One urgent sentence in a long story is enough to be worth a look; the whole keeps half the say.
            urgency = 0.5 * urgency + 0.5 * max(score for _, score in weighed)
            scope = 0.5 * scope + 0.5 * max(float(index.scope.scores(r)[0]) for r in rows)
    neighbours = tuple(index.retriever.nearest(features.text)) if features.text else ()
    if context:
        _, before, state = index.read(" 。 ".join(context[-3:]))
        if before.columns.size:
            # A margin of -1 says nothing: only what the earlier turns speak for is added.
            router = router + CONTEXT * np.maximum(index.weigh(before, state)[0] + 1.0, 0.0)
            cards = cards + 0.3 * np.maximum(index.cards.scores(state) + 1.0, 0.0)
    similar: dict[str, float] = {}
    for neighbour in neighbours:
        entry = index.ids[neighbour.label]
        similar[entry] = max(similar.get(entry, 0.0), neighbour.similarity)
    return Evidence(
        features=features,
        row=row,
        router=router,
        ranked=_ranked(index, index.router, router, similar, region),
        cards=shifted(_ranked(index, index.cards, cards, similar, region), index.calibration.get("cards", {})),
        urgency=round(urgency, 4),
        scope=round(scope, 4),
        none=round(float(router[index.router.number[NONE]]), 4) if NONE in index.router.number else -1.0,
        neighbours=neighbours,
        length=len(features.text),
    )


def _ranked(index: Index, model: LinearModel, scores: Floats, similar: dict[str, float], region: str) -> Ranking:
    # Most classes are far behind: only the best are looked at, and those that are similar; all of them where so many
    # are not served in the region that too few are left.
    least = float(np.partition(scores, -_LOOKED_AT)[-_LOOKED_AT]) if len(scores) > _LOOKED_AT else -np.inf
    ranked: list[tuple[str, float]] = []
    for lowest in (least, -np.inf):
        places = {*np.flatnonzero(scores >= lowest).tolist(), *(model.number[n] for n in similar if n in model.number)}
        ranked = []
        for place in places:
            name = model.classes[place]
            if name != NONE and index.entries[name].served_in(region):
                ranked.append((name, round(float(scores[place]) + SIMILAR * similar.get(name, 0.0), 4)))
        if len(ranked) >= _RANKED or lowest == -np.inf:
            break
    ranked.sort(key=lambda item: (-item[1], item[0]))
    return tuple(ranked[:_RANKED])


def shifted(ranked: Ranking, offsets: Mapping[str, float]) -> Ranking:
    """The ranking with ``offsets`` added to the scores of those that have one."""
    moved = [(name, round(score + offsets.get(name, 0.0), 4)) for name, score in ranked]
    return tuple(sorted(moved, key=lambda item: (-item[1], item[0])))


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
