"""What each input column tells alone: one that does as well as the model is the label, or next to it."""

from collections.abc import Mapping

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.scorers import Columns
from hallmark.evaluate import boosted_trees, target_encoding
from hallmark.evaluate.partial_inputs import Bench, inapplicable, sample

CHECK = "evaluate.single_input"
_ROWS = 20_000  # training examples that a predictor is fitted on
_MOST = 50  # columns that are measured on validation; of more, the ones that a small tree tells most with
_FEW_ROWS = 4_000  # examples that this small tree is fitted on, and judged by
_SHOWN = 3  # columns that are compared with the model on the test split
_IDS, _MOST_IDS = 20, 4  # distinct whole numbers from which on their last digits count, in so many numbers of a column


def findings(train: Examples, columns: Columns | None, bench: Bench, *, seed: int) -> list[Finding]:
    """Return how much better the model is than each of the three input columns that tell most on validation.

    Of each column, boosted trees and a table of its values are fitted on the training split; the better one is taken
    and the columns are ranked on validation, so that the test split judges and does not choose.
    """
    train = sample(train, _ROWS, seed=seed)
    values = columns(train) if columns else {}
    if not values:
        why = "The network reads no column of a table: pictures, sound and text are judged by other checks."
        return [inapplicable(CHECK, bench.primary_metric, why)]
    if not boosted_trees.answerable(train):
        why = "The answer is neither a label of a known set nor a number, so no single input is asked for it."
        return [inapplicable(CHECK, bench.primary_metric, why)]

    assert columns is not None
    validation, test = bench.examples["validation"], bench.examples["test"]
    validation_values, test_values = columns(validation), columns(test)
    names = _screened(values, train, validation_values, validation, seed=seed)

    answers: dict[str, boosted_trees.Answer] = {}
    ranked = []
    for name in names:
        fitted = {
            answer: bench.goodness(answer(validation_values[name]), validation)
            for answer in _fit(values[name], train, seed=seed)
        }
        if fitted:
            answers[name] = max(fitted, key=lambda answer: fitted[answer])
            ranked.append((fitted[answers[name]], name))
    ranked.sort(key=lambda pair: (-pair[0], pair[1]))

    found = []
    for _, name in ranked[:_SHOWN]:
        answer = answers[name]
        gain, estimate = bench.gain((answer(validation_values[name]), validation), (answer(test_values[name]), test))
        found.append(bench.finding(CHECK, gain, estimate, what=f"the input {name!r}", column=name))
    return found


def _fit(values: np.ndarray, train: Examples, *, seed: int) -> list[boosted_trees.Answer]:
    """Return what predicts from one column (n, F): trees, and a table of its values where these come back often."""
    whole = _whole_numbers(values)
    answer = boosted_trees.fit(_with_remainders(values, whole), train, seed=seed)
    if answer is None:
        return []

    by_trees: boosted_trees.Answer = lambda some: answer(_with_remainders(some, whole))  # noqa: E731
    by_table = target_encoding.fit(values, train)
    return [by_trees, by_table] if by_table else [by_trees]


def _whole_numbers(values: np.ndarray) -> np.ndarray:
    """Return which numbers of a column (n, F) may be ids: whole, and many of them."""
    if values.shape[1] > _MOST_IDS:
        return np.zeros(0, int)
    parts = [part[~np.isnan(part)] for part in values.T]
    return np.flatnonzero([(part == np.floor(part)).all() and len(np.unique(part)) >= _IDS for part in parts])


def _with_remainders(values: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return the values with, of whole numbers, whether they are odd and their last digit: cuts don't see these."""
    if not len(whole):
        return values
    return np.concatenate([values, values[:, whole] % 2, values[:, whole] % 10], axis=1)


def _screened(
    values: Mapping[str, np.ndarray],
    train: Examples,
    validation_values: Mapping[str, np.ndarray],
    validation: Examples,
    *,
    seed: int,
) -> list[str]:
    """Return the names of at most `_MOST` columns, those that a small tree tells most of validation with."""
    if len(values) <= _MOST:
        return list(values)
    rows = np.arange(len(train))[:: max(1, len(train) // _FEW_ROWS)]
    others = np.arange(len(validation))[:: max(1, len(validation) // _FEW_ROWS)]
    true, other_true = _targets(train)[rows], _targets(validation)[others]
    told = {
        name: _told(values[name][rows], true, validation_values[name][others], other_true, seed=seed) for name in values
    }
    return sorted(told, key=lambda name: (-told[name], name))[:_MOST]


def _targets(examples: Examples) -> np.ndarray:
    if examples.labels:
        return examples.targets()
    return np.asarray(examples.arrays[str(boosted_trees.numbers(examples))], float)


def _told(values: np.ndarray, true: np.ndarray, others: np.ndarray, other_true: np.ndarray, *, seed: int) -> float:
    """Return the mean log probability of the labels, or the share of the variance, that a tree of 16 leaves tells."""
    if true.ndim == 2:
        regressor = DecisionTreeRegressor(max_leaf_nodes=16, random_state=seed).fit(values, true)
        return float(regressor.score(others, other_true))
    classifier = DecisionTreeClassifier(max_leaf_nodes=16, random_state=seed).fit(values, true)
    probability = np.full((len(others), int(max(true.max(), other_true.max())) + 1), 1e-3)
    probability[:, classifier.classes_] = np.maximum(classifier.predict_proba(others), 1e-3)
    return float(np.log(probability[np.arange(len(others)), other_true]).mean())
