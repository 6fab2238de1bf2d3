"""What the network reads, by name: the item before the next one, and how long ago it was."""

import numpy as np

from hallmark.examples import Examples


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float (n, 1) by name. Items before the last one stand in the same sequence, under other rows."""
    last_items = np.asarray(examples.arrays["items"])[:, -1:]
    days_ago = np.asarray(examples.arrays["days_ago"])[:, -1:]
    return {"the item before": last_items.astype(float), "days since the item before": days_ago.astype(float)}
