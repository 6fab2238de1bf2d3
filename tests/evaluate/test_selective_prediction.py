import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallmark.evaluate.selective_prediction import (
    fit_threshold,
    measure_share,
    rows_with_mistakes,
    select_predictions,
    selective_prediction_findings,
)


def told(confidence: list[float], right: list[bool]) -> pd.DataFrame:
    entity = [f"e{i}" for i in range(len(right))]
    return rows_with_mistakes(
        pd.DataFrame({"entity": entity, "certainty": confidence, "mistake": [float(not ok) for ok in right]})
    )


def test_only_answers_that_can_be_right_or_wrong_are_reviewed() -> None:
    rows = pd.DataFrame({"id": list("abc"), "mistake": [0.0, np.nan, 1.0]})
    kept = rows_with_mistakes(rows)
    assert kept["id"].tolist() == ["a", "c"] and kept["mistake"].tolist() == [False, True]
    assert kept["mistake"].dtype == bool
    assert rows_with_mistakes(rows[["id"]]).empty


def test_without_right_and_wrong_the_finding_says_so() -> None:
    (only,) = selective_prediction_findings(None)
    assert only.estimate is None and only.question == 10 and "none can be accepted or deferred" in only.reason


def test_cutoff_by_hand() -> None:
    certain, mistakes = np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, False, True, False])
    # With the added mistake the risks are 1/2, 1/3, 2/4, 2/5.
    assert fit_threshold(certain, mistakes, 0.5) == 0.0
    assert fit_threshold(certain, mistakes, 0.35) == pytest.approx(0.75)
    assert fit_threshold(certain, mistakes, 0.3) is None


def test_equals_pass_together_or_not_at_all() -> None:
    certain, mistakes = np.array([0.9, 0.5, 0.5, 0.5]), np.array([False, False, False, True])
    assert fit_threshold(certain, mistakes, 0.34) is None  # two of three equals would do, but are not to be told apart
    assert fit_threshold(certain, mistakes, 0.4) == 0.0


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1), st.floats(0.01, 0.9))
def test_what_passes_is_within_the_limit_on_validation(rows: list[tuple[int, bool]], limit: float) -> None:
    certain, mistakes = np.array([r[0] / 10 for r in rows]), np.array([r[1] for r in rows])
    cutoff = fit_threshold(certain, mistakes, limit)
    if cutoff is not None:
        accepted = certain >= cutoff
        assert accepted.any() and (mistakes[accepted].sum() + 1) / (accepted.sum() + 1) <= limit


def test_the_limit_holds_on_average_on_new_rows() -> None:
    rng, errors = np.random.default_rng(0), []
    for _ in range(200):
        certain = rng.random((2, 400))
        wrong = rng.random((2, 400)) < (1 - certain) * 0.5
        cutoff = fit_threshold(certain[0], wrong[0], 0.1)
        assert cutoff is not None
        errors.append(wrong[1][certain[1] >= cutoff].mean())
    assert 0.08 < np.mean(errors) <= 0.1


def test_review_is_chosen_on_validation_and_measured_on_test() -> None:
    validation = told([0.9] * 60 + [0.6] * 40, [True] * 60 + [False] * 40)
    test = told([0.95] * 45 + [0.95] * 5 + [0.5] * 50, [True] * 45 + [False] * 5 + [True] * 50)
    found = select_predictions(validation, test, target_risk=0.05)
    assert found.threshold == pytest.approx(0.75)
    assert found.deferred.estimate == 0.5 and found.deferred.n == 100
    assert found.selective_risk.estimate == 0.1 and found.selective_risk.n == 50
    deferred, accepted = selective_prediction_findings(found)
    assert (deferred.subject, accepted.subject) == ("share deferred", "error among the accepted")
    assert (
        deferred.question == 10
        and "less than 75.0% sure" in deferred.reason
        and "50.0% of the test split" in deferred.reason
    )


def test_where_nothing_can_pass_a_person_sees_all() -> None:
    rows = told([0.9, 0.8], [False, False])
    found = select_predictions(rows, rows, target_risk=0.01)
    deferred, accepted = selective_prediction_findings(found)
    assert found.threshold is None and deferred.estimate == 1.0 and "reviews all" in deferred.reason
    assert accepted.estimate is None and accepted.n == 0


def test_a_share_is_counted_among_the_rows_that_matter() -> None:
    which, among = np.array([True, True, False, True]), np.array([True, True, True, False])
    found = measure_share(which, among=among, entities=np.array(["a", "b", "c", "d"]))
    assert found.estimate == pytest.approx(2 / 3) and found.n == 3
