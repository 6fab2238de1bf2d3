"""A predictor that sees the descriptors alone: what it can tell needs no look at the data itself."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from hallmark.examples import Examples
from hallmark.systems.contract import Predict

NAME = "descriptors"  # as a scorer
_FLOOR = 1e-9  # of a probability: trees give exact zeros, whose logarithm no score survives


def fit(train: Examples, *, seed: int) -> Predict | None:
    """Fit boosted trees on `descriptor.*`; None where the examples have no descriptor, or the split one class only.

    Small and few trees: brightness or amount either give the label away or they do not.
    """
    true = train.targets()
    if not train.descriptors or len(np.unique(true)) < 2:
        return None
    trees = HistGradientBoostingClassifier(
        max_iter=40, learning_rate=0.2, max_leaf_nodes=15, min_samples_leaf=20, early_stopping=False, random_state=seed
    )
    with threadpool_limits(1):  # sums over threads differ in their last bits from run to run
        trees.fit(train.table[train.descriptors].to_numpy(float), true)

    def predict(examples: Examples) -> dict[str, np.ndarray]:
        probability = np.full((len(examples), len(examples.labels)), _FLOOR)
        found = trees.predict_proba(examples.table[train.descriptors].to_numpy(float))
        probability[:, trees.classes_] = np.maximum(found, _FLOOR)
        return {"logits": np.log(probability)}

    return predict
