"""Boosted trees, small ones: how well a few features alone predict the answer.

n is the number of examples, F of features, A of numbers that an example's answer has.
"""

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import TARGET, Examples

# Values (n, F) → raw outputs by name, as the network gives them: "logits" (n, K), or a target's numbers (n, A).
Predictor = Callable[[np.ndarray], dict[str, np.ndarray]]
_MIN_PROBABILITY = 1e-9  # a smaller one counts as this much: trees give exact zeros, whose logarithm is infinite
_LEAF = 20  # examples in a leaf at least, or a fiftieth of all where that is fewer


def number_target(examples: Examples) -> str | None:
    """Return the name of the array of numeric targets (n, A); None where there are labels, or not one such array."""
    arrays = [
        name
        for name, array in examples.arrays.items()
        if name.startswith(TARGET) and array.ndim == 2 and array.dtype.kind == "f"
    ]
    return arrays[0] if not examples.labels and len(arrays) == 1 else None


def can_predict(examples: Examples) -> bool:
    """Say whether `fit` can predict these answers: labels of a known set, or numbers."""
    return bool(examples.labels) or number_target(examples) is not None


def fit(values: np.ndarray, train: Examples, *, seed: int) -> Predictor | None:
    """Fit trees that predict the answers of `train` from `values` (n, F), NaN where unknown.

    Features without any known value are left out. None where no feature is left, or all examples
    have one label.
    """
    has_values = ~np.isnan(values).all(axis=0)  # trees cannot bin an empty feature
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
    """Fit a straight line by least squares, and trees to its residuals: trees alone follow a line only in steps."""
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
    """Fit targets (n, A) by least squares on values (n, F), and return the prediction (n, A) from further values.

    A missing value counts as the feature's mean, one outside the range of `values` as its nearest
    end. Each feature is divided by its largest magnitude first, since sums of the largest floats
    overflow.
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
