"""How many examples of each label are recognised: a label that never is, is not learned, however good the mean."""

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.evaluate.selective_prediction import share

CHECK = "evaluate.recall"


def findings(rows: pd.DataFrame, labels: tuple[str, ...], noun: str) -> list[Finding]:
    """Return the recall of each label, the lowest first, in the model's `rows` on the test split; `noun` is what an
    entity is called.
    """
    if not labels:
        why = "The answer is no label of a known set, so there is no label to recognise."
        return [Finding(check=CHECK, verdict="not applicable", reason=why)]

    true, predicted = rows["label"].to_numpy(object), rows["prediction"].to_numpy(object)
    entities = rows["entity"].to_numpy()
    found = [_recall(label, true == label, predicted == label, entities, noun) for label in labels]
    return sorted(found, key=lambda finding: -1.0 if finding.estimate is None else finding.estimate)


def _recall(label: str, own: np.ndarray, recognised: np.ndarray, entities: np.ndarray, noun: str) -> Finding:
    measured = share(recognised, own, entities)
    hits, total = int((own & recognised).sum()), int(own.sum())
    why = f"{hits:,} of {total:,} test examples with this label are recognised; they are of {measured.n:,} {noun}s."
    if not total:
        why = "No test example has this label, so whether it is recognised is not known."
    return Finding.from_interval(CHECK, measured, label=label, reason=why)
