"""What is read of a user's sequence, by name: how long ago each item was. The items themselves are no columns."""

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # what is to be predicted is no number


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, M) by name. That one item leads to another is what there is to learn, and no leak."""
    return {"days since the items before": np.asarray(examples.arrays["days_ago"])}
