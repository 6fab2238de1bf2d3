"""Recall of each label: a label that is never recognised is not learned, however good the mean."""

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.evaluate.selective_prediction import measure_share

CHECK = "evaluate.recall"


def recall_findings(rows: pd.DataFrame, labels: tuple[str, ...], entity_noun: str) -> list[Finding]:
    """Return the recall of each label, the lowest first, in the model's `rows` on the test split.

    `entity_noun` is what an entity is called, in the singular.
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
