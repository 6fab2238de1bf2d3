"""Groups that tell the label: no input, but a difference between such groups is a difference between labels."""

import pandas as pd
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from hallmark.contracts.examples import GROUP, Examples
from hallmark.contracts.findings import Finding

CHECK = "evaluate.group_label"
_TELLS = 0.5  # share of what is uncertain about the label from which on a group is worth a finding


def findings(examples: Examples) -> list[Finding]:
    """Return a finding for each group that tells half of the label or more: Theil's U (1972), the share of the label's
    entropy that is gone once the group is known.
    """
    if not examples.labels or "label" not in examples.table or examples.table["label"].nunique() < 2:
        return []
    label = examples.table["label"]
    uncertainty = float(entropy(label.value_counts()))
    found = []
    for column in examples.groups:
        told = mutual_info_score(label, examples.table[column].astype(str)) / uncertainty
        if told >= _TELLS:
            found.append(_finding(column.removeprefix(GROUP), round(told, 9), examples.table, column))
    return sorted(found, key=lambda finding: -(finding.estimate or 0.0))


def _finding(name: str, told: float, table: pd.DataFrame, column: str) -> Finding:
    values = table.groupby(column)["label"].nunique()
    pure = int((values == 1).sum())
    why = (
        f"The group {name} tells {told:.0%} of the label: {pure} of its {len(values)} values have one label only. "
        "As an input it would be the label, and gaps between its values are gaps between labels."
    )
    return Finding(check=CHECK, groups=(name,), estimate=told, n=table["entity"].nunique(), reason=why)
