"""Linear models: beside slow solvers that are obviously right, and exact whatever the order of adding."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.corpus import Corpus
from bot.core.lexicon import Lexicon
from bot.core.linear import (
    Bags,
    LinearModel,
    Row,
    StackedModels,
    Vectorizer,
    fit_binary_svm,
    fit_calibration,
    fit_svm,
    row_of,
    sigmoid,
)

FEATURES = 6


def rows_of(matrix: np.ndarray) -> list[Row]:
    return [Row(np.flatnonzero(line).astype(np.int32), line[np.flatnonzero(line)].astype(float)) for line in matrix]


def data(seed: int, count: int = 30, classes: int = 3) -> tuple[np.ndarray, list[int]]:
    chance = np.random.default_rng(seed)
    matrix = np.round(chance.random((count, FEATURES)) * (chance.random((count, FEATURES)) < 0.6), 2)
    labels = [i % classes for i in range(count)]
    for i, label in enumerate(labels):
        matrix[i, label] += 1.0
    return matrix, labels


def descend(matrix: np.ndarray, signs: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Plain gradient descent on the primal, small steps, until nothing moves."""
    x = np.hstack([matrix, np.ones((len(matrix), 1))])
    w = np.zeros(x.shape[1])
    step = 0.5 / (1.0 + 2.0 * float(costs.max()) * float(np.linalg.norm(x, 2)) ** 2)
    for _ in range(200_000):
        margin = signs * (x @ w)
        pull = 2.0 * costs * np.maximum(0.0, 1.0 - margin)
        gradient = w - x.T @ (pull * signs)
        w -= step * gradient
        if np.abs(gradient).max() < 1e-7:
            break
    return w


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighted", [False, True])
def test_svm_beside_gradient_descent(seed: int, weighted: bool) -> None:
    matrix, labels = data(seed)
    factors = [0.5 + (i % 3) for i in range(len(labels))] if weighted else [1.0] * len(labels)
    model = fit_svm(
        rows_of(matrix), labels, ["a", "b", "c"], features=FEATURES, cost=0.5, row_costs=factors, epochs=400
    )
    for number in range(3):
        signs = np.where(np.array(labels) == number, 1.0, -1.0)
        right = descend(matrix, signs, 0.5 * np.array(factors))
        assert np.allclose(model.weights[:, number], right, atol=5e-3)


@pytest.mark.parametrize("seed", range(3))
def test_binary_svm_beside_gradient_descent(seed: int) -> None:
    matrix, labels = data(seed, classes=2)
    model = fit_binary_svm(rows_of(matrix), labels, features=FEATURES, cost=1.0, epochs=400)
    right = descend(matrix, np.where(np.array(labels) == 1, 1.0, -1.0), np.ones(len(labels)))
    assert np.allclose(model.weights[:, 0], right, atol=5e-3)


def test_few_epochs_already_rank_as_the_optimum_does() -> None:
    matrix, labels = data(5, count=60)
    quick = fit_svm(rows_of(matrix), labels, ["a", "b", "c"], features=FEATURES, epochs=6)
    slow = fit_svm(rows_of(matrix), labels, ["a", "b", "c"], features=FEATURES, epochs=400)
    same = [int(np.argmax(quick.scores(r))) == int(np.argmax(slow.scores(r))) for r in rows_of(matrix)]
    assert sum(same) >= 0.95 * len(same)


def test_calibration_finds_the_slope_that_made_the_data() -> None:
    chance = np.random.default_rng(3)
    values = chance.normal(size=(4000, 2))
    odds = 2.0 * values[:, 0] - 1.0 * values[:, 1] + 0.5
    labels = (chance.random(4000) < 1 / (1 + np.exp(-odds))).astype(int)
    found = fit_calibration(values.tolist(), labels.tolist())
    assert found == pytest.approx((2.0, -1.0, 0.5), abs=0.25)


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 0, 0], [1, 0, 1]])
def test_calibration_stands_one_sided_and_constant_data(labels: list[int]) -> None:
    assert all(math.isfinite(v) for v in fit_calibration([[1.0, 2.0]] * 3, labels))


BAGS: list[Bags] = [
    {"c": {"转": 2.0, "账": 1.0}, "p": {"p:a b": 1.0}},
    {"c": {"转": 1.0, "单": 3.0}},
    {"c": {"单": 1.0, "账": 1.0}, "p": {"p:a b": 2.0}},
]


def fitted(bags: list[Bags]) -> Vectorizer:
    corpus = Corpus(Lexicon({}), ("c", "p"))
    return corpus.vectorizer([corpus.add_read("", bag) for bag in bags], min_rows=2)


def test_vectors_have_length_one_and_known_columns() -> None:
    made = fitted(BAGS)
    shares = {"c": 1.0, "p": 0.5}
    for bag in BAGS:
        row = row_of(made.blocks(bag), shares)
        assert len(set(row.columns.tolist())) == len(row.columns)
        assert float(row.values @ row.values) == pytest.approx(1.0, abs=1e-2)
    assert not row_of(made.blocks({"c": {"新": 1.0}}), shares).columns.size
    assert not row_of(made.blocks({}), shares).columns.size


def test_what_is_taught_and_what_is_asked_is_the_same_vector() -> None:
    corpus = Corpus(Lexicon({}), ("c", "p"))
    texts = [corpus.add_read("", bag) for bag in (*BAGS, {"c": {"新": 1.0}}, {})]
    for wanted in (texts, texts[:3], [0, 0, 2]):
        made = corpus.vectorizer(wanted, min_rows=2)
        for bag, blocks in zip((*BAGS, {"c": {"新": 1.0}}, {}), corpus.blocks(made, texts), strict=True):
            asked = made.blocks(bag)
            assert asked.sizes == blocks.sizes
            assert asked.columns.tolist() == blocks.columns.tolist()
            assert asked.values.tolist() == blocks.values.tolist()


def test_a_string_is_read_once() -> None:
    corpus = Corpus(Lexicon({}), ("c",))
    assert [corpus.add(text) for text in ("转账", "刷单", "转账")] == [0, 1, 0]
    assert corpus.normal == ["转账", "刷单"]


def test_a_model_of_the_first_groups_is_narrow() -> None:
    made = fitted(BAGS)
    assert (made.width(["c"]), made.width(["c", "p"])) == (3, 4)
    for bag in BAGS:
        assert (row_of(made.blocks(bag), {"c": 1.0}).columns < made.width(["c"])).all()


def test_a_group_weighs_its_share_however_many_features_it_has() -> None:
    made = fitted(BAGS)
    row = row_of(made.blocks(BAGS[0]), {"c": 1.0, "p": 0.5})
    squares = row.values**2
    assert squares[row.columns >= 3].sum() / squares[row.columns < 3].sum() == pytest.approx(0.25, abs=0.01)


def test_rare_features_weigh_more_and_lone_ones_are_left_out() -> None:
    made = fitted([*BAGS, {"c": {"转": 1.0, "once": 1.0}}])
    assert "once" not in made.vocabulary
    assert made.idf[made.vocabulary["单"]] > made.idf[made.vocabulary["转"]]


@settings(max_examples=60)
@given(st.data())
def test_scores_are_exact_under_a_permutation_of_columns(chance: st.DataObject) -> None:
    """Same sum to the last bit in whatever order it is added: this is what makes machines agree."""
    count = chance.draw(st.integers(1, 400))
    random = np.random.default_rng(chance.draw(st.integers(0, 2**32 - 1)))
    raw = random.random(count)
    values = np.round(raw / np.linalg.norm(raw) * 1024) / 1024
    steps = random.integers(-32768, 32768, size=(count + 1, 3)).astype(np.int16)
    order = random.permutation(count)
    mixed = np.vstack([steps[:-1][order], steps[-1:]])
    columns = np.arange(count, dtype=np.int32)
    one = LinearModel(("a", "b", "c"), steps).scores(Row(columns, values))
    assert (one == LinearModel(("a", "b", "c"), steps).scores(Row(columns[order], values[order]))).all()
    assert (one == LinearModel(("a", "b", "c"), mixed).scores(Row(columns, values[order]))).all()
    weights = steps / 4096
    exact = [math.fsum([*(float(w) * v for w, v in zip(weights[:-1, k], values, strict=True)), float(weights[-1, k])])
             for k in range(3)]  # fmt: skip
    assert one.tolist() == exact


def test_models_beside_each_other_say_what_each_says() -> None:
    matrix, labels = data(3)
    rows = rows_of(np.round(matrix * 1024) / 1024)
    one = fit_svm(rows, labels, ["a", "b", "c"], features=FEATURES, epochs=6)
    two = fit_binary_svm(rows, [label == 1 for label in labels], features=FEATURES, epochs=6)
    both = StackedModels.of({"one": one, "two": two})
    for row in rows:
        said = both.scores(row)
        assert said[both.columns["one"]].tolist() == one.scores(row).tolist()
        assert said[both.columns["two"]].tolist() == two.scores(row).tolist()
    for name, model in (("one", one), ("two", two)):
        assert both.models[name].classes == model.classes
        assert (both.models[name].steps == model.steps).all()


def test_fitted_weights_and_values_lie_on_the_grid() -> None:
    matrix, labels = data(1)
    model = fit_svm(rows_of(matrix), labels, ["a", "b", "c"], features=FEATURES, epochs=6)
    assert (model.weights * 4096 == model.steps).all()
    assert np.abs(model.weights).max() < 8.0
    values = row_of(fitted(BAGS).blocks(BAGS[0]), {"c": 1.0, "p": 0.5}).values
    assert (values * 1024 == np.round(values * 1024)).all()


def test_fitting_twice_gives_the_same() -> None:
    matrix, labels = data(2)
    one, two = (fit_svm(rows_of(matrix), labels, ["a", "b", "c"], features=FEATURES, epochs=6) for _ in range(2))
    assert (one.weights == two.weights).all()


def test_parts_add_up_to_the_score() -> None:
    matrix, labels = data(4)
    model = fit_svm(rows_of(matrix), labels, ["a", "b", "c"], features=FEATURES, epochs=6)
    row = rows_of(matrix)[0]
    parts = model.parts(row, 1)
    assert [p for _, p in parts] == sorted((p for _, p in parts), reverse=True)
    assert sum(p for _, p in parts) + float(model.weights[-1, 1]) == pytest.approx(float(model.scores(row)[1]))


@given(st.floats(allow_nan=False))
def test_sigmoid_is_total(value: float) -> None:
    assert 0.0 < sigmoid(value) < 1.0
