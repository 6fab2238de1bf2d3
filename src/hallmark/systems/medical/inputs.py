"""What the network reads beside the scan, by the names of the clinical columns."""

import numpy as np

from hallmark.examples import Examples

_BETWEEN, _MISSING = ": ", "missing"  # as `reading.clinical` names the columns that it makes of one


def columns(examples: Examples) -> dict[str, np.ndarray]:
    """Return float32 (n, F) by name: the number, NaN where it was filled in, or a column for each declared value, and
    where missing values are allowed one more that says whether there is none.
    """
    if "clinical" not in examples.arrays:
        return {}
    made = list(examples.encoding["clinical"])
    values = np.array(examples.arrays["clinical"], np.float32)
    for place, name in enumerate(made):
        flag = f"{name}{_BETWEEN}{_MISSING}"
        if flag in made:
            values[values[:, made.index(flag)] > 0, place] = np.nan

    raw_names = [name.split(_BETWEEN)[0] for name in made]
    return {
        raw_name: values[:, [place for place, other in enumerate(raw_names) if other == raw_name]]
        for raw_name in dict.fromkeys(raw_names)
    }
