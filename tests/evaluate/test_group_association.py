from dataclasses import replace

import numpy as np
from evaluate.made import made

from hallmark.evaluate import group_association


def test_a_group_that_tells_the_label_is_a_finding_and_no_verdict() -> None:
    cards = made()
    kind = np.where(cards.table["label"] == "fraud", "clone", np.where(cards.table["time"] % 2, "shop", "web"))
    marked = replace(cards, table=cards.table.assign(**{"group.kind": kind}))
    (finding,) = group_association.group_label_findings(marked)
    assert (finding.check, finding.subject, finding.verdict) == ("evaluate.group_label", "kind", "measured")
    assert finding.estimate == 1.0 and "3 of its 3 values have one label only" in finding.reason


def test_honest_groups_are_not_told_of() -> None:
    cards = made()
    assert group_association.group_label_findings(cards) == []
    assert group_association.group_label_findings(replace(cards, labels=())) == []
