"""Group association: groups that predict the label, measured by Theil's U.

A group is no input of the network. But a difference between the values of such a group is one
between labels.
"""

import pandas as pd
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from hallmark.contracts.examples import GROUP, Examples
from hallmark.contracts.findings import Finding

CHECK = "evaluate.group_label"
_MIN_ASSOCIATION = 0.5  # Theil's U, 0 to 1, from which on a group gets a finding


def group_label_findings(examples: Examples) -> list[Finding]:
    """Return a finding for each group with a Theil's U of 0.5 or more, the highest first.

    Theil's U (1972), the uncertainty coefficient, is the share of the label's entropy that knowing
    the group removes.
    """
    if not examples.labels or "label" not in examples.table or examples.table["label"].nunique() < 2:
        return []

    labels = examples.table["label"]
    label_entropy = float(entropy(labels.value_counts()))
    findings = []
    for column in examples.groups:
        association = mutual_info_score(labels, examples.table[column].astype(str)) / label_entropy
        if association >= _MIN_ASSOCIATION:
            findings.append(_finding(examples.table, column, round(association, 9)))
    return sorted(findings, key=lambda finding: -(finding.estimate or 0.0))


def _finding(table: pd.DataFrame, column: str, association: float) -> Finding:
    """Return the finding on the group in `column` of the examples table."""
    group = column.removeprefix(GROUP)
    labels_by_value = table.groupby(column)["label"].nunique()
    n_pure = int((labels_by_value == 1).sum())
    reason = (
        f"The group {group} tells {association:.0%} of the label: {n_pure} of its {len(labels_by_value)} values have "
        "one label only. As an input it would be the label, and gaps between its values are gaps between labels."
    )
    return Finding(check=CHECK, groups=(group,), estimate=association, n=table["entity"].nunique(), reason=reason)
