"""The recall of each label: its interval by entity, and what the gate makes of it."""

import numpy as np
import pandas as pd
from known import known

from hallmark.config.stages import Requirement
from hallmark.contracts.findings import judge
from hallmark.evaluate import label_recall
from hallmark.gate.judgements import decide


def rows(hits: int, total: int, *, per_entity: int = 1) -> pd.DataFrame:
    """Test rows with `total` examples of "rare", of which `hits` are recognised, and 300 of "common"."""
    label = ["rare"] * total + ["common"] * 300
    predicted = ["rare"] * hits + ["common"] * (total - hits + 300)
    entities = [f"e{row // per_entity}" for row in range(len(label))]
    return pd.DataFrame({"label": label, "prediction": predicted, "entity": entities})


def test_a_label_that_is_never_recognised_is_no_model_to_ship() -> None:
    found = label_recall.recall_findings(rows(0, 24), ("common", "rare"), "client")
    assert [finding.subject for finding in found] == ["rare", "common"]  # the worst first

    rare = found[0]
    assert (rare.estimate, rare.low, rare.n) == (0.0, 0.0, 24)
    assert 0.1 < known(rare.high) < 0.2  # Wilson (1927): 0.138
    assert rare.reason == "0 of 24 test examples with this label are recognised; they are of 24 clients."

    asked = {"recall": Requirement(check="evaluate.recall", at_least=0.1)}
    many = label_recall.recall_findings(rows(0, 200), ("common", "rare"), "client")
    recognised = label_recall.recall_findings(rows(20, 24), ("common", "rare"), "client")
    assert decide(found, asked, {}).status == "needs review"
    assert decide(many, asked, {}).status == "blocked"
    assert decide(recognised, asked, {}).status == "eligible"


def test_the_interval_is_by_entity() -> None:
    alone, together = (label_recall.recall_findings(rows(20, 40, per_entity=k), ("rare",), "card")[0] for k in (1, 10))
    assert alone.estimate == together.estimate == 0.5
    assert (alone.n, together.n) == (40, 4)
    assert known(together.high) - known(together.low) > 1.5 * (known(alone.high) - known(alone.low))


def test_a_label_that_test_lacks_is_not_known_to_be_recognised() -> None:
    (finding,) = label_recall.recall_findings(rows(5, 10), ("absent",), "card")
    assert finding.estimate is None and finding.n == 0
    assert judge(finding, at_least=0.1).verdict == "unresolved"


def test_without_known_labels_there_is_nothing_to_recognise() -> None:
    (finding,) = label_recall.recall_findings(pd.DataFrame({"prediction": np.array(["a b"])}), (), "speaker")
    assert finding.verdict == "not applicable"
