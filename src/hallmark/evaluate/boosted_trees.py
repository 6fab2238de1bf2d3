"""Small boosted trees on a few numbers: what these can tell of the answer needs no look at anything else."""

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from hallmark.contracts.examples import TARGET, Examples

Answer = Callable[[np.ndarray], dict[str, np.ndarray]]  # from numbers (n, F) to raw outputs, as the network gives them
_FLOOR = 1e-9  # of a probability: trees give exact zeros, whose logarithm no score survives
_LEAF = 20  # examples at least, or a fiftieth of them where there are few


def numbers(examples: Examples) -> str | None:
    """Return the array of numbers (n, A) that are to be predicted, where there are no labels; None: there is none."""
    arrays = [
        name
        for name, array in examples.arrays.items()
        if name.startswith(TARGET) and array.ndim == 2 and array.dtype.kind == "f"
    ]
    return arrays[0] if not examples.labels and len(arrays) == 1 else None


def answerable(examples: Examples) -> bool:
    """Say whether `fit` can tell the answers: labels of a known set, or numbers."""
    return bool(examples.labels) or numbers(examples) is not None


def fit(values: np.ndarray, train: Examples, *, seed: int) -> Answer | None:
    """Fit trees on the columns of `values` (n, F), NaN where unknown, of which any value is known.

    None where no column has a known value, or the training examples have one label only.
    """
    known = ~np.isnan(values).all(axis=0)  # trees can't bin a column that is empty
    if not known.any():
        return None

    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        answer = _fit(values[:, known], train, seed=seed)
    return None if answer is None else lambda some: answer(some[:, known])


def _fit(values: np.ndarray, train: Examples, *, seed: int) -> Answer | None:
    least = max(1, min(_LEAF, len(train) // 50))
    options = {"max_iter": 40, "learning_rate": 0.2, "max_leaf_nodes": 15, "min_samples_leaf": least}
    if train.labels:
        return _classifier(values, train.targets(), len(train.labels), options, seed)
    return _regressor(values, train, options, seed)


def _classifier(
    values: np.ndarray, targets: np.ndarray, labels: int, options: dict[str, float], seed: int
) -> Answer | None:
    if len(np.unique(targets)) < 2:
        return None
    model = HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **options)
    model.fit(values, targets)

    def answer(some: np.ndarray) -> dict[str, np.ndarray]:
        probability = np.full((len(some), labels), _FLOOR)
        probability[:, model.classes_] = np.maximum(model.predict_proba(some), _FLOOR)
        return {"logits": np.log(probability)}

    return answer


def _regressor(values: np.ndarray, train: Examples, options: dict[str, float], seed: int) -> Answer:
    """Fit a straight line by least squares, and trees to what it leaves: steps alone follow no line closely."""
    name = numbers(train)
    assert name is not None
    targets = np.asarray(train.arrays[name], float)
    line = _line(values, targets)
    residuals = targets - line(values)
    models = [
        HistGradientBoostingRegressor(early_stopping=False, random_state=seed, **options).fit(values, residual)
        for residual in residuals.T
    ]

    def answer(some: np.ndarray) -> dict[str, np.ndarray]:
        corrections = np.stack([model.predict(some) for model in models], axis=1)
        return {name.removeprefix(TARGET): (line(some) + corrections).astype(np.float32)}

    return answer


def _line(values: np.ndarray, targets: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the least-squares prediction (n, A) of targets from values (n, F), within the range of the latter; a
    missing value counts as the mean.

    Each column is divided by its largest magnitude first: sums of the largest floats overflow.
    """
    values = np.asarray(values, float)
    lowest, highest = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    magnitudes = np.maximum(np.abs(lowest), np.abs(highest))
    magnitudes = np.where(magnitudes > 0, magnitudes, 1.0)

    shares = values / magnitudes
    means = np.nanmean(shares, axis=0)
    ranges = highest / magnitudes - lowest / magnitudes
    ranges = np.where(ranges > 0, ranges, 1.0)

    def scaled(some: np.ndarray) -> np.ndarray:
        within = np.clip(some, lowest, highest) / magnitudes
        return np.asarray((np.where(np.isnan(within), means, within) - means) / ranges)

    center = targets.mean(axis=0)
    slopes = np.linalg.lstsq(scaled(values), targets - center, rcond=None)[0]
    return lambda some: np.asarray(scaled(some) @ slopes + center)
