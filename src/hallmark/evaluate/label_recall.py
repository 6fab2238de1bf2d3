"""Recall of each label: a good mean can hide a label that is never recognised."""

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.evaluate.selective_prediction import measure_share

CHECK = "evaluate.recall"


def recall_findings(rows: pd.DataFrame, labels: tuple[str, ...], entity_noun: str) -> list[Finding]:
    """Return the recall of each label with a 95 % interval by entity, the lowest first.

    Recall is the share of a label's examples that are predicted to have it.

    rows: The model's rows on the test split.
    labels: The known label set; empty: the check does not apply.
    entity_noun: What an entity is called, in the singular.
    """
    if not labels:
        reason = "The answer is no label of a known set, so there is no label to recognise."
        return [Finding(check=CHECK, verdict="not applicable", reason=reason)]

    true_labels = rows["label"].to_numpy(object)
    predicted_labels = rows["prediction"].to_numpy(object)
    entities = rows["entity"].to_numpy()
    findings = [
        _recall(label, true_labels == label, predicted_labels == label, entities, entity_noun) for label in labels
    ]
    return sorted(findings, key=lambda finding: -1.0 if finding.estimate is None else finding.estimate)


def _recall(
    label: str, has_label: np.ndarray, is_predicted: np.ndarray, entities: np.ndarray, entity_noun: str
) -> Finding:
    """Return the recall of one label; `has_label` and `is_predicted` (n,) are its true and its predicted rows."""
    recall = measure_share(is_predicted, among=has_label, entities=entities)
    n_recognised = int((has_label & is_predicted).sum())
    n_with_label = int(has_label.sum())
    reason = (
        f"{n_recognised:,} of {n_with_label:,} test examples with this label are recognised; "
        f"they are of {recall.n:,} {entity_noun}s."
    )
    if not n_with_label:
        reason = "No test example has this label, so whether it is recognised is not known."
    return Finding.from_interval(CHECK, recall, label=label, reason=reason)
