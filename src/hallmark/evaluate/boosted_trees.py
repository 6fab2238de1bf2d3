"""Small boosted trees on a few numbers: what these predict of the answer needs no look at anything else."""

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import TARGET, Examples

Predictor = Callable[[np.ndarray], dict[str, np.ndarray]]  # values (n, F) → raw outputs, as the network gives them
_MIN_PROBABILITY = 1e-9  # trees give exact zeros, whose logarithm no score survives
_LEAF = 20  # examples at least, or a fiftieth of them where there are few


def number_target(examples: Examples) -> str | None:
    """Return the array of numbers (n, A) that are to be predicted, where there are no labels; None: there is none."""
    arrays = [
        name
        for name, array in examples.arrays.items()
        if name.startswith(TARGET) and array.ndim == 2 and array.dtype.kind == "f"
    ]
    return arrays[0] if not examples.labels and len(arrays) == 1 else None


def can_predict(examples: Examples) -> bool:
    """Say whether `fit` can predict the answers: labels of a known set, or numbers."""
    return bool(examples.labels) or number_target(examples) is not None


def fit(values: np.ndarray, train: Examples, *, seed: int) -> Predictor | None:
    """Fit trees on the columns of `values` (n, F), NaN where unknown, of which any value is known.

    None where no column has a known value, or the training examples have one label only.
    """
    has_values = ~np.isnan(values).all(axis=0)  # trees can't bin a column that is empty
    if not has_values.any():
        return None

    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        predict = _fit(values[:, has_values], train, seed=seed)
    return None if predict is None else lambda some_values: predict(some_values[:, has_values])


def _fit(values: np.ndarray, train: Examples, *, seed: int) -> Predictor | None:
    min_leaf = max(1, min(_LEAF, len(train) // 50))
    options = {"max_iter": 40, "learning_rate": 0.2, "max_leaf_nodes": 15, "min_samples_leaf": min_leaf}
    if train.labels:
        return _fit_classifier(values, train, options, seed)
    return _fit_regressor(values, train, options, seed)


def _fit_classifier(values: np.ndarray, train: Examples, options: dict[str, float], seed: int) -> Predictor | None:
    targets = train.targets()
    if len(np.unique(targets)) < 2:
        return None
    model = HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **options)
    model.fit(values, targets)

    def predict(some_values: np.ndarray) -> dict[str, np.ndarray]:
        probabilities = np.full((len(some_values), len(train.labels)), _MIN_PROBABILITY)
        probabilities[:, model.classes_] = np.maximum(model.predict_proba(some_values), _MIN_PROBABILITY)
        return {"logits": np.log(probabilities)}

    return predict


def _fit_regressor(values: np.ndarray, train: Examples, options: dict[str, float], seed: int) -> Predictor:
    """Fit a straight line by least squares, and trees to what it leaves: steps alone follow no line closely."""
    name = number_target(train)
    assert name is not None
    targets = np.asarray(train.arrays[name], float)
    line = _fit_line(values, targets)
    residuals = targets - line(values)
    models = [
        HistGradientBoostingRegressor(early_stopping=False, random_state=seed, **options).fit(values, residual)
        for residual in residuals.T
    ]

    def predict(some_values: np.ndarray) -> dict[str, np.ndarray]:
        corrections = np.stack([model.predict(some_values) for model in models], axis=1)
        return {name.removeprefix(TARGET): (line(some_values) + corrections).astype(np.float32)}

    return predict


def _fit_line(values: np.ndarray, targets: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the least-squares prediction (n, A) of targets from values (n, F), within the range of the latter; a
    missing value counts as the mean.

    Each column is divided by its largest magnitude first: sums of the largest floats overflow.
    """
    values = np.asarray(values, float)
    lowest = np.nanmin(values, axis=0)
    highest = np.nanmax(values, axis=0)
    magnitudes = np.maximum(np.abs(lowest), np.abs(highest))
    magnitudes = np.where(magnitudes > 0, magnitudes, 1.0)

    means = np.nanmean(values / magnitudes, axis=0)
    ranges = highest / magnitudes - lowest / magnitudes
    ranges = np.where(ranges > 0, ranges, 1.0)

    def scale(some_values: np.ndarray) -> np.ndarray:
        relative = np.clip(some_values, lowest, highest) / magnitudes
        filled = np.where(np.isnan(relative), means, relative)
        return np.asarray((filled - means) / ranges)

    intercept = targets.mean(axis=0)
    slopes = np.linalg.lstsq(scale(values), targets - intercept, rcond=None)[0]
    return lambda some_values: np.asarray(scale(some_values) @ slopes + intercept)
