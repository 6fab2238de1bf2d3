"""Single inputs: what each column that the network reads predicts alone.

A column that does as well as the model may be the label under another name, or may not be known in
time.
"""

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
_MAX_TRAIN_ROWS = 20_000  # training examples that the baselines of a column are fitted on
_MAX_COLUMNS = 50  # columns that get baselines; of more, a small tree screens them for the best ones
_MAX_SCREENING_ROWS = 4_000  # about how many rows the screening tree is fitted on, and how many it is judged by
_SCREENING_LEAVES = 16  # leaves of the screening tree
_MIN_PROBABILITY = 1e-3  # of the screening tree, which gives exact zeros
_N_COMPARED = 3  # best columns, which are compared with the model on the test split
_MIN_DISTINCT_IDS = 20  # distinct whole numbers that make a feature of a column a possible id
_MAX_ID_PARTS = 4  # a column of more features has no ids: it is a one-hot code or a history


def single_input_findings(
    train: Examples, columns: Columns | None, benchmark: Benchmark, *, seed: int
) -> list[Finding]:
    """Return the model's gain over each of the three input columns that predict best alone.

    Boosted trees and a target encoding are fitted on each column's training values. Validation
    chooses the better of the two, and the three columns; the test split only judges them.

    columns: Examples → the values (n, F) of each input column by name, F features of n examples;
        None: no table.
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
    """Return the predictors from one column (n, F): trees, and a target encoding where its values recur.

    The list is empty where trees cannot be fitted (see `boosted_trees.fit`).
    """
    id_parts = _id_parts(values)
    predict_by_trees = boosted_trees.fit(_with_last_digits(values, id_parts), train, seed=seed)
    if predict_by_trees is None:
        return []

    def predict(some_values: np.ndarray) -> dict[str, np.ndarray]:
        return predict_by_trees(_with_last_digits(some_values, id_parts))

    predict_by_encoding = target_encoding.fit(values, train)
    return [predict] if predict_by_encoding is None else [predict, predict_by_encoding]


def _id_parts(values: np.ndarray) -> np.ndarray:
    """Return the indices of those features of a column (n, F) that may be ids: whole numbers, many of them distinct."""
    if values.shape[1] > _MAX_ID_PARTS:
        return np.zeros(0, int)

    may_be_ids = []
    for part in values.T:
        numbers = part[~np.isnan(part)]
        is_whole = (numbers == np.floor(numbers)).all()
        may_be_ids.append(is_whole and len(np.unique(numbers)) >= _MIN_DISTINCT_IDS)
    return np.flatnonzero(may_be_ids)


def _with_last_digits(values: np.ndarray, id_parts: np.ndarray) -> np.ndarray:
    """Return the values (n, F) with two more features for each id: its parity and its last digit.

    Trees split by order, so they cannot find these by themselves. `id_parts` are indices of
    features.
    """
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
    """Return the names of at most `_MAX_COLUMNS` columns, those from which a small tree predicts validation best."""
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
    """Return the true answers: class indices (n,), or numbers (n, A), A for each example."""
    if examples.labels:
        return examples.targets()
    return np.asarray(examples.arrays[str(boosted_trees.number_target(examples))], float)


def _small_tree_score(
    train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], *, seed: int
) -> float:
    """Fit a small tree on `train` and return its score on `validation`, the higher the better.

    Each pair is a column's values (n, F) and the targets of `_targets`. The score is the mean
    log-likelihood (nats) of labels, or R² of numbers.
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
