"""A table in the form of the credit example, for the tests that bring their own data."""

import numpy as np
import pandas as pd

FILE = "default_sorted_by_id.csv"
LABEL = "default payment next month"


def clients(count: int) -> pd.DataFrame:
    """Return `count` clients, a row each: 24 columns of whole numbers, and the label, which a late payment tells."""
    generator = np.random.default_rng(1)
    months = [f"{name}{month}" for name in ("BILL_AMT", "PAY_AMT") for month in range(1, 7)]
    table = pd.DataFrame(generator.integers(0, 5000, (count, len(months))), columns=months)
    for column in ["PAY_0", *(f"PAY_{month}" for month in range(2, 7))]:
        table[column] = generator.integers(-2, 4, count)
    late = table["PAY_0"] + generator.normal(0, 0.7, count) > 1.4
    return table.assign(
        ID=np.arange(1, count + 1),
        LIMIT_BAL=generator.integers(10_000, 500_000, count),
        SEX=generator.integers(1, 3, count),
        EDUCATION=generator.integers(1, 4, count),
        MARRIAGE=generator.integers(1, 4, count),
        AGE=generator.integers(21, 75, count),
        **{LABEL: late.astype(int)},
    )
