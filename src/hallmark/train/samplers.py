"""The shipped sampler: which rows an epoch has, and in which order."""

import numpy as np
from torch.utils.data import WeightedRandomSampler

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError


class BalancedClasses(WeightedRandomSampler):
    """As many rows of each label, on average: rows of a rare label are drawn several times.

    An epoch has as many rows as the training split. A network that is trained so is sure of rare
    labels too often: its probabilities are those of balanced data, until the threshold and the
    temperature are fitted on validation.
    """

    def __init__(self, train: Examples) -> None:
        """Raises `InputError` where the examples have no labels."""
        if not train.labels:
            raise InputError("train.sampler balances labels, and the examples of this task have none: set it to null")
        targets = train.targets()
        counts = np.bincount(targets, minlength=len(train.labels))
        super().__init__((1.0 / counts[targets]).tolist(), num_samples=len(targets), replacement=True)
