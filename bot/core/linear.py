"""Sparse linear models, fitted in numpy: nothing to download, the same on every machine.

Weights and feature values are rounded to multiples of a power of two, so that a score is an exact sum: it does
not depend on the order in which a processor adds. Fitting walks the rows in a fixed order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
#: Feature group -> feature -> count, as `features.extract` gives it.
Bags = Mapping[str, Mapping[str, float]]

_WEIGHT_STEP = 2.0**-12
_VALUE_STEP = 2.0**-10
#: Of 16,000 features with weights up to 12 the squares still add up to what 64 bits hold.
_IDF_STEP = 2.0**-16


@dataclass(frozen=True, slots=True)
class Row:
    """A vector: column numbers (unique) and values."""

    columns: Ints
    values: Floats


@dataclass(frozen=True, slots=True)
class Blocks:
    """tf-idf values of one text: group behind group in the vectorizer's order, each scaled to length one.

    ``sizes``: group -> how many columns are its own; groups without any are left out.
    """

    columns: Ints
    values: Floats
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Vectorizer:
    """tf-idf of several feature groups.

    ``ends``: group -> the column after its last. Groups stand in this order, so a model of the first ones is narrow.
    """

    ends: Mapping[str, int]
    vocabulary: Mapping[str, int]
    idf: Floats

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column number -> feature."""
        return tuple(self.vocabulary)

    @cached_property
    def _idf_steps(self) -> NDArray[np.int64]:
        """In whole steps: a sum of whole numbers does not depend on the order in which a processor adds."""
        return np.rint(self.idf / _IDF_STEP).astype(np.int64)

    def width(self, groups: Iterable[str]) -> int:
        """How many columns a model of ``groups`` needs."""
        return max((self.ends[group] for group in groups), default=0)

    def blocks(self, bag: Bags) -> Blocks:
        number = self.vocabulary.get
        columns: list[int] = []
        sizes: dict[str, int] = {}
        again: list[tuple[int, float]] = []
        for group in self.ends:
            counts = bag.get(group)
            if not counts:
                continue
            numbers = list(map(number, counts))  # the slow part of a long message: once
            known = [i for i in numbers if i is not None]
            if known:
                if max(counts.values()) != 1:
                    times = [n for i, n in zip(numbers, counts.values(), strict=True) if i is not None]
                    again += [(place, n) for place, n in enumerate(times, len(columns)) if n != 1]
                columns += known
                sizes[group] = len(known)
        return self.scaled(np.array(columns, np.int32), sizes, again)

    def scaled(self, columns: Ints, sizes: Mapping[str, int], again: Sequence[tuple[int, float]]) -> Blocks:
        """``columns`` with their values. ``again``: (place among them, times) of what was seen more than once."""
        if not columns.size:
            return Blocks(columns, np.zeros(0), {})
        counts = [*sizes.values()]
        starts = [0, *accumulate(counts[:-1])]
        weights = self._idf_steps.take(columns)
        if again:
            places = [place for place, _ in again]
            weights[places] = np.rint(weights[places] * [1.0 + math.log(times) for _, times in again])
        lengths = np.sqrt(np.add.reduceat(weights * weights, starts))
        return Blocks(columns, weights / np.repeat(lengths, counts), sizes)


def row_of(blocks: Blocks, shares: Mapping[str, float]) -> Row:
    """The groups of ``shares``, each scaled to its share, the whole to length one. They are the vectorizer's first
    ones, or all of them."""
    present = [(shares[group], size) for group, size in blocks.sizes.items() if group in shares]
    if not present:
        return Row(np.zeros(0, np.int32), np.zeros(0))
    length = math.sqrt(sum(share * share for share, _ in present))  # each block is of length one
    factors = np.repeat([share / length / _VALUE_STEP for share, _ in present], [size for _, size in present])
    values: Floats = blocks.values[: len(factors)] * factors
    np.rint(values, out=values)
    values *= _VALUE_STEP
    return Row(blocks.columns[: len(factors)], values)


@dataclass(frozen=True)
class LinearModel:
    """``steps``: features × classes, weights as multiples of `_WEIGHT_STEP`; the last row is the bias.

    Two bytes a weight: most of the memory of an index, and of what a question has to fetch from it.
    """

    classes: tuple[str, ...]
    steps: NDArray[np.int16]

    @cached_property
    def number(self) -> dict[str, int]:
        """Class -> its column."""
        return {name: i for i, name in enumerate(self.classes)}

    @property
    def weights(self) -> Floats:
        """As numbers; a copy."""
        numbers: Floats = self.steps.astype(np.float64)
        return numbers * _WEIGHT_STEP

    def scores(self, row: Row) -> Floats:
        """One margin a class; exact (see the module's docstring)."""
        picked = self.steps.take(row.columns, axis=0).astype(np.float64)
        out: Floats = np.dot(row.values, picked)  # not @, which takes half as long again for one row
        out += self.steps[-1]
        out *= _WEIGHT_STEP
        return out

    def parts(self, row: Row, class_number: int, *, limit: int | None = None) -> list[tuple[int, float]]:
        """(column, contribution) of one class, largest first: what `explain` shows."""
        shares = row.values * (self.steps[row.columns, class_number] * _WEIGHT_STEP)
        order = np.argsort(-shares, kind="stable")[:limit]
        return list(zip(row.columns[order].tolist(), shares[order].tolist(), strict=True))


@dataclass(frozen=True)
class StackedModels:
    """Models that read the same vector, their weights side by side: one look fetches all of a feature.

    ``models``: their own views of it, by name. ``columns``: which are whose.
    """

    models: Mapping[str, LinearModel]
    columns: Mapping[str, slice]
    _joint: LinearModel

    @classmethod
    def of(cls, models: Mapping[str, LinearModel]) -> StackedModels:
        steps = np.hstack([model.steps for model in models.values()])
        ends = [*accumulate(len(model.classes) for model in models.values())]
        columns = {name: slice(*ends_of) for name, ends_of in zip(models, pairwise([0, *ends]), strict=True)}
        views = {name: LinearModel(model.classes, steps[:, columns[name]]) for name, model in models.items()}
        return cls(views, columns, LinearModel(tuple(c for m in models.values() for c in m.classes), steps))

    def scores(self, row: Row) -> Floats:
        """One margin a class of every model, as they stand in ``columns``."""
        return self._joint.scores(row)


def _in_steps(weights: Floats) -> NDArray[np.int16]:
    """In place: copies of the weights of many classes would be most of the memory that a fit takes. No weight of
    words comes near the ends of the range, 8."""
    weights /= _WEIGHT_STEP
    np.rint(weights, out=weights)
    np.clip(weights, -32768, 32767, out=weights)
    return weights.astype(np.int16)


def fit_svm(
    rows: Sequence[Row],
    labels: Sequence[int],
    classes: Sequence[str],
    *,
    features: int,
    cost: float = 0.5,
    row_costs: Sequence[float] | None = None,
    epochs: int,
) -> LinearModel:
    """One-against-rest linear SVM with squared hinge loss, by dual coordinate descent over all classes at once.

    Method: Hsieh et al. 2008, "A dual coordinate descent method for large-scale linear SVM". ``row_costs``
    multiplies ``cost`` row by row. Rows are walked in a new order each epoch
    (much faster convergence), the same orders on every machine.
    """
    count, wide = len(rows), len(classes)
    weights = np.zeros((features + 1, wide))
    bias = weights[-1]  # the weight of a feature that every row has, of value 1
    alpha = np.zeros((count, wide))
    half = [1.0 / (2.0 * cost * (row_costs[i] if row_costs else 1.0)) for i in range(count)]
    square = [float(r.values @ r.values) + 1.0 for r in rows]
    shuffle = np.random.default_rng(20260101)
    for _ in range(epochs):
        for i in shuffle.permutation(count).tolist():
            picked, value, dual = rows[i].columns, rows[i].values, alpha[i]
            block = weights.take(picked, axis=0)
            margin = value @ block
            margin += bias
            label = labels[i]
            # y is -1 but for the row's own class: gradient of the dual, projected on alpha >= 0
            gradient = -margin - 1.0 + half[i] * dual
            gradient[label] += 2.0 * margin[label]
            step = np.maximum(dual - gradient / (square[i] + half[i]), 0.0) - dual
            active = np.flatnonzero(np.abs(step) > 1e-4)
            if not active.size:
                continue
            dual += step
            step *= -1.0
            step[label] *= -1.0
            if active.size > wide // 8:  # whole rows are faster than picking columns
                block += value[:, None] * step
                weights[picked] = block
                bias += step
            else:
                change = step[active]
                weights[picked[:, None], active] += value[:, None] * change
                bias[active] += change
    return LinearModel(tuple(classes), _in_steps(weights))


def fit_binary_svm(
    rows: Sequence[Row],
    labels: Sequence[int],
    *,
    features: int,
    cost: float = 1.0,
    row_costs: Sequence[float] | None = None,
    epochs: int,
    name: str = "yes",
) -> LinearModel:
    """`fit_svm` for one class against the rest, several times as fast with plain floats."""
    weights = np.zeros(features + 1)
    bias = 0.0
    square = [float(r.values @ r.values) + 1.0 for r in rows]
    half = [1.0 / (2.0 * cost * (row_costs[i] if row_costs else 1.0)) for i in range(len(rows))]
    alpha = [0.0] * len(rows)
    shuffle = np.random.default_rng(20260103)
    for _ in range(epochs):
        for i in shuffle.permutation(len(rows)).tolist():
            picked, value, dual = rows[i].columns, rows[i].values, alpha[i]
            sign = 1.0 if labels[i] else -1.0
            gradient = sign * (float(value @ weights[picked]) + bias) - 1.0 + half[i] * dual
            new = max(dual - gradient / (square[i] + half[i]), 0.0)
            if abs(new - dual) > 1e-4:
                weights[picked] += ((new - dual) * sign) * value
                bias += (new - dual) * sign
                alpha[i] = new
    weights[-1] = bias
    return LinearModel((name,), _in_steps(weights)[:, None])


def fit_calibration(
    features: Sequence[Sequence[float]], labels: Sequence[int], *, ridge: float = 1.0
) -> tuple[float, ...]:
    """Logistic regression of a few dense features (Newton's method, standardised inside); weights, bias last."""
    x = np.array(features, dtype=float)
    y = np.array(labels, dtype=float)
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = np.hstack([(x - mean) / spread, np.ones((len(x), 1))])
    w = np.zeros(z.shape[1])
    penalty = np.diag([ridge] * x.shape[1] + [1e-6])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-np.clip(z @ w, -30, 30)))
        gradient = z.T @ (p - y) + penalty @ w
        hessian = (z * (p * (1 - p) + 1e-9)[:, None]).T @ z + penalty
        step = np.linalg.solve(hessian, gradient)
        w -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    slope = w[:-1] / spread
    bias = w[-1] - float(slope @ mean)
    return tuple(round(float(v), 4) for v in (*slope, bias))


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))
