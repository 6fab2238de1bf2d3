"""The inputs of a recommender by name: how long ago each item of the history was.

The items themselves are no columns: that one item leads to the next is what there is to learn, not
a leak.
"""

import numpy as np

from hallmark.contracts.examples import Examples

numeric_targets = None  # the target is an item, not a number


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return the days since each item of the history, float32 (n, M), the latest item last."""
    return {"days since the items before": np.asarray(examples.arrays["days_ago"])}
