"""The model beside others: its gains, its gap to the training data, and shortcuts."""

import numpy as np
import pytest
from evaluate.made import QUIET, made, scored, seeing
from known import known

from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.evaluate.comparisons import Comparisons
from hallmark.evaluate.scorer_table import ScorerRows, compare_scorers, interval, rows_by_scorer

METRICS = ["average_precision", "log_loss", "cost"]


def evidence(
    rows: ScorerRows, primary_metric: str = "average_precision", positive: str | None = "fraud"
) -> Comparisons:
    metrics = list(dict.fromkeys([primary_metric, *(METRICS if positive else ["accuracy", "log_loss"])]))
    scorer_table = compare_scorers(rows, metrics, positive=positive, seed=1, progress=QUIET)
    return Comparisons(
        rows=rows,
        scorer_table=scorer_table,
        primary_metric=primary_metric,
        positive=positive,
        entity_noun="card",
        seed=1,
    )


def found(proof: Comparisons, check: str, subject: str | None = None) -> Finding:
    metrics = list(dict.fromkeys(proof.scorer_table["metric"]))
    matching = [f for f in proof.findings(metrics) if f.check == check and subject in (None, f.subject)]
    assert len(matching) == 1, matching
    return matching[0]


def test_each_metric_is_a_finding_about_the_test_split(rows: ScorerRows) -> None:
    proof = evidence(rows)
    metric = found(proof, "evaluate.metric", "log_loss")
    wanted = interval(proof.scorer_table, "model", "test", "log_loss")
    assert (metric.estimate, metric.low, metric.high, metric.n) == (wanted.estimate, wanted.low, wanted.high, wanted.n)
    assert metric.question == 5
    assert metric.verdict == "measured"
    assert found(proof, "evaluate.metric", "cost").question == 8

    assert (
        metric.reason
        == f"Log loss is {metric.estimate:.4g} on 40 cards, of {len(rows['model', 'test'])} rows held out that count."
    )


@pytest.mark.parametrize("primary_metric", ["average_precision", "log_loss"])
def test_a_gain_is_positive_where_the_model_is_better(rows: ScorerRows, primary_metric: str) -> None:
    gain = found(evidence(rows, primary_metric), "evaluate.gain")
    assert gain.subject == f"{primary_metric} over half blind"
    assert gain.question == 9
    assert known(gain.low) > 0
    assert "is better for the model than for half blind" in gain.reason


@pytest.mark.parametrize("primary_metric", ["average_precision", "log_loss"])
def test_a_gain_is_negative_where_the_model_is_worse(primary_metric: str) -> None:
    rows = rows_by_scorer(scored(made(), {"model": seeing(0.3), "rule": seeing(1.0)}).table)
    gain = found(evidence(rows, primary_metric), "evaluate.gain")
    assert known(gain.high) < 0
    assert "is worse for the model than for the rule" in gain.reason


def test_equal_scorers_do_not_differ() -> None:
    rows = rows_by_scorer(scored(made(), {"model": seeing(0.8), "twin": seeing(0.8)}).table)
    gain = found(evidence(rows), "evaluate.gain")
    assert gain.estimate == 0
    assert known(gain.low) <= 0 <= known(gain.high)
    assert "is not shown to differ" in gain.reason


def test_depth_is_judged_against_the_best_simple_method_on_validation() -> None:
    rows = rows_by_scorer(scored(made(), {"model": seeing(1.0), "rule": seeing(0.1), "trees": seeing(0.9)}).table)
    proof = evidence(rows)
    depth = found(proof, "evaluate.complexity")
    assert depth.question == 2 and depth.subject == "average_precision over the best simple method"
    assert depth.estimate == found(proof, "evaluate.gain", "average_precision over trees").estimate
    assert depth.against == "trees"
    assert depth.reason.startswith("Of the simple methods trees did best on validation.")


def test_the_fixed_rule_is_no_simple_method_however_good_it_is() -> None:
    rows = rows_by_scorer(scored(made(), {"model": seeing(1.0), "rule": seeing(0.9), "trees": seeing(0.1)}).table)
    assert found(evidence(rows), "evaluate.complexity").against == "trees"
    alone = rows_by_scorer(scored(made(), {"model": seeing(1.0), "rule": seeing(0.9)}).table)
    checks = {finding.check for finding in evidence(alone).findings(["average_precision"])}
    assert "evaluate.gain" in checks and "evaluate.complexity" not in checks


def test_the_gap_is_positive_where_training_examples_are_known_by_heart() -> None:
    cards = made()
    trained_on = set(cards.split("train").table["fingerprint"])

    def by_heart(part: Examples) -> dict[str, np.ndarray]:
        logits = seeing(0.2)(part)["logits"]
        seen = part.table["fingerprint"].isin(trained_on).to_numpy()
        logits[seen] = 4.0 * (part.targets()[seen, None] == [0, 1])
        return {"logits": logits}

    gap = found(evidence(rows_by_scorer(scored(cards, {"model": by_heart}).table)), "evaluate.gap", "log_loss")
    assert gap.question == 5
    assert known(gap.low) > 0
    assert gap.reason == "Log loss is better for training examples than for test examples."


def test_without_training_rows_there_is_no_gap(rows: ScorerRows) -> None:
    held_out = {key: part for key, part in rows.items() if key[1] != "train"}
    assert not [f for f in evidence(held_out).findings(METRICS) if f.check == "evaluate.gap"]


def test_the_shortcut_is_judged_against_the_descriptors(rows: ScorerRows) -> None:
    proof = evidence(rows)
    shortcut = found(proof, "evaluate.shortcut")
    ours, theirs = (
        interval(proof.scorer_table, s, "test", "average_precision").estimate for s in ("model", "descriptors")
    )
    assert shortcut.question == 7
    assert known(shortcut.low) > 0
    assert f"{known(theirs) / known(ours):.0%} of it" in shortcut.reason


def test_without_descriptors_nothing_is_known_of_shortcuts(rows: ScorerRows) -> None:
    without = {key: part for key, part in rows.items() if key[0] != "descriptors"}
    shortcut = found(evidence(without), "evaluate.shortcut")
    assert shortcut.estimate is None and shortcut.verdict == "not applicable"


def test_a_model_alone_has_nothing_to_gain_over(rows: ScorerRows) -> None:
    alone = {key: part for key, part in rows.items() if key[0] == "model"}
    checks = {f.check for f in evidence(alone).findings(METRICS)}
    assert checks == {"evaluate.metric", "evaluate.gap", "evaluate.shortcut"}


def test_what_cannot_be_compared_is_said_so(rows: ScorerRows) -> None:
    genuine = {key: part[part["label"] == "genuine"].reset_index(drop=True) for key, part in rows.items()}
    gain = found(evidence(genuine), "evaluate.gain")
    assert gain.estimate is None and "cannot be compared" in gain.reason and "unknown against unknown" in gain.reason
