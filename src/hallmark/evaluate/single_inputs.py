"""What each input column predicts alone: one that does as well as the model is the label, or next to it."""

from collections.abc import Mapping

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.scorers import Columns
from hallmark.evaluate import boosted_trees, target_encoding
from hallmark.evaluate.boosted_trees import Predictor
from hallmark.evaluate.partial_inputs import Benchmark, subsample

CHECK = "evaluate.single_input"
_MAX_TRAIN_ROWS = 20_000  # that a baseline is fitted on
_MAX_COLUMNS = 50  # that are measured on validation; of more, the ones that a small tree predicts most with
_MAX_SCREENING_ROWS = 4_000  # that this small tree is fitted on, and judged by
_SCREENING_LEAVES = 16  # of this small tree
_MIN_PROBABILITY = 1e-3  # of this small tree's: it gives exact zeros
_N_COMPARED = 3  # columns that are compared with the model on the test split
_MIN_DISTINCT_IDS = 20  # distinct whole numbers from which on a column's last digits count …
_MAX_ID_PARTS = 4  # … in a column of at most so many numbers


def single_input_findings(
    train: Examples, columns: Columns | None, benchmark: Benchmark, *, seed: int
) -> list[Finding]:
    """Return how much better the model is than each of the three input columns that predict most on validation.

    Of each column, boosted trees and a target encoding are fitted on the training split; the better one is taken and
    the columns are ranked on validation, so that the test split judges and does not choose. `columns` gives the values
    of each input column (n, F) by its name.
    """
    train = subsample(train, _MAX_TRAIN_ROWS, seed=seed)
    train_values = columns(train) if columns else {}
    if columns is None or not train_values:
        reason = "The network reads no column of a table: pictures, sound and text are judged by other checks."
        return [benchmark.not_applicable(CHECK, reason)]
    if not boosted_trees.can_predict(train):
        reason = "The answer is neither a label of a known set nor a number, so no single input is asked for it."
        return [benchmark.not_applicable(CHECK, reason)]

    validation = benchmark.examples["validation"]
    test = benchmark.examples["test"]
    validation_values = columns(validation)
    test_values = columns(test)

    best_predictors: dict[str, Predictor] = {}
    scores: dict[str, float] = {}
    for name in _screen_columns(train_values, train, validation_values, validation, seed=seed):
        for predict in _fit_column(train_values[name], train, seed=seed):
            score = benchmark.oriented_score(predict(validation_values[name]), validation)
            if name not in scores or score > scores[name]:
                best_predictors[name] = predict
                scores[name] = score

    findings = []
    ranked_names = sorted(scores, key=lambda name: (-scores[name], name))
    for name in ranked_names[:_N_COMPARED]:
        predict = best_predictors[name]
        gain, estimate = benchmark.gain_over(
            (predict(validation_values[name]), validation), (predict(test_values[name]), test)
        )
        findings.append(benchmark.finding(CHECK, gain, estimate, what=f"the input {name!r}", column=name))
    return findings


def _fit_column(values: np.ndarray, train: Examples, *, seed: int) -> list[Predictor]:
    """Return what predicts from one column (n, F): trees, and a target encoding where its values come back often."""
    id_parts = _id_parts(values)
    predict_by_trees = boosted_trees.fit(_with_last_digits(values, id_parts), train, seed=seed)
    if predict_by_trees is None:
        return []

    def predict(some_values: np.ndarray) -> dict[str, np.ndarray]:
        return predict_by_trees(_with_last_digits(some_values, id_parts))

    predict_by_encoding = target_encoding.fit(values, train)
    return [predict] if predict_by_encoding is None else [predict, predict_by_encoding]


def _id_parts(values: np.ndarray) -> np.ndarray:
    """Return which numbers of a column (n, F) may be ids: whole, and many of them."""
    if values.shape[1] > _MAX_ID_PARTS:
        return np.zeros(0, int)

    may_be_ids = []
    for part in values.T:
        numbers = part[~np.isnan(part)]
        is_whole = (numbers == np.floor(numbers)).all()
        may_be_ids.append(is_whole and len(np.unique(numbers)) >= _MIN_DISTINCT_IDS)
    return np.flatnonzero(may_be_ids)


def _with_last_digits(values: np.ndarray, id_parts: np.ndarray) -> np.ndarray:
    """Return the values with, of ids, whether they are odd and their last digit: cuts don't see these."""
    if not len(id_parts):
        return values
    return np.concatenate([values, values[:, id_parts] % 2, values[:, id_parts] % 10], axis=1)


def _screen_columns(
    train_values: Mapping[str, np.ndarray],
    train: Examples,
    validation_values: Mapping[str, np.ndarray],
    validation: Examples,
    *,
    seed: int,
) -> list[str]:
    """Return the names of at most `_MAX_COLUMNS` columns, those that a small tree predicts validation best with."""
    if len(train_values) <= _MAX_COLUMNS:
        return list(train_values)

    train_rows = np.arange(len(train))[:: max(1, len(train) // _MAX_SCREENING_ROWS)]
    validation_rows = np.arange(len(validation))[:: max(1, len(validation) // _MAX_SCREENING_ROWS)]
    train_targets = _targets(train)[train_rows]
    validation_targets = _targets(validation)[validation_rows]
    scores = {}
    for name in train_values:
        scores[name] = _small_tree_score(
            (train_values[name][train_rows], train_targets),
            (validation_values[name][validation_rows], validation_targets),
            seed=seed,
        )
    return sorted(scores, key=lambda name: (-scores[name], name))[:_MAX_COLUMNS]


def _targets(examples: Examples) -> np.ndarray:
    """Return class indices (n,), or the numbers (n, A) that are to be predicted."""
    if examples.labels:
        return examples.targets()
    return np.asarray(examples.arrays[str(boosted_trees.number_target(examples))], float)


def _small_tree_score(
    train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], *, seed: int
) -> float:
    """Return the mean log-likelihood of the labels, or the R² of numbers, of a small tree on validation.

    Each pair is the values of a column (n, F) and the targets.
    """
    train_values, train_targets = train
    validation_values, validation_targets = validation
    if train_targets.ndim == 2:
        regressor = DecisionTreeRegressor(max_leaf_nodes=_SCREENING_LEAVES, random_state=seed)
        return float(regressor.fit(train_values, train_targets).score(validation_values, validation_targets))

    classifier = DecisionTreeClassifier(max_leaf_nodes=_SCREENING_LEAVES, random_state=seed)
    classifier.fit(train_values, train_targets)
    n_labels = int(max(train_targets.max(), validation_targets.max())) + 1
    probabilities = np.full((len(validation_values), n_labels), _MIN_PROBABILITY)
    predicted = classifier.predict_proba(validation_values)
    probabilities[:, classifier.classes_] = np.maximum(predicted, _MIN_PROBABILITY)
    return float(np.log(probabilities[np.arange(len(validation_values)), validation_targets]).mean())
