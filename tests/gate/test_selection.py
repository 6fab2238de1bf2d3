"""Which findings a requirement selects: by check and fields, as they are, and never by a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallmark.config.stages import Requirement
from hallmark.contracts.findings import Finding
from hallmark.gate.selection import selection_in_words, selects


def gap(metric: str, **slice_: str) -> Finding:
    return Finding(check="bias.gap", metric=metric, slice=slice_, estimate=0.1, low=0.0, high=0.2, n=9)


GAPS = [
    gap("accuracy", age="old"),
    gap("accuracy", age="old & wise"),
    gap("accuracy", sex="f"),
    gap("accuracy", age="old", sex="f"),
    gap("cost", age="old"),
]
GAINS = [
    Finding(check="evaluate.gain", metric=metric, against=against, estimate=0.1, low=0.0, high=0.2, n=9)
    for metric, against in (("accuracy", "rule"), ("accuracy", "boosted trees"), ("cost", "rule"))
]
COVERAGE = [Finding(check="bias.coverage", groups=groups, verdict="pass") for groups in (("age",), ("age", "sex"))]
EVERYTHING = [*GAPS, *GAINS, *COVERAGE]


def places(requirement: Requirement) -> list[int]:
    bounded = requirement.model_copy(update={"at_least": -1.0})
    return [place for place, finding in enumerate(EVERYTHING) if selects(bounded, finding)]


@pytest.mark.parametrize(
    ("requirement", "selected"),
    [
        (Requirement(check="bias.gap"), [0, 1, 2, 3, 4]),
        (Requirement(check="bias.gap", metric="accuracy"), [0, 1, 2, 3]),
        (Requirement(check="bias.gap", metric="*"), [0, 1, 2, 3, 4]),
        (Requirement(check="bias.gap", metric="acc*"), []),  # no pattern
        (Requirement(check="bias.gap", slice={"age": "*"}), [0, 1, 4]),  # of exactly these groups
        (Requirement(check="bias.gap", slice={"age": "old"}), [0, 4]),
        (Requirement(check="bias.gap", slice={"sex": "*", "age": "*"}), [3]),  # in any order
        (Requirement(check="bias.gap", slice={"sex": "f", "age": "old"}), [3]),
        (Requirement(check="bias.gap", slice={"site": "*"}), []),
        (Requirement(check="evaluate.gain", against="rule"), [5, 7]),
        (Requirement(check="evaluate.gain", metric="accuracy", against="rule"), [5]),
        (Requirement(check="evaluate.gain", label="*"), []),  # any value, but not none
        (Requirement(check="evaluate.*"), [5, 6, 7]),
        (Requirement(check="EVALUATE.gain"), []),
        (Requirement(check="bias.coverage", groups=["sex", "age"]), [9]),
        (Requirement(check="bias.*"), [0, 1, 2, 3, 4, 8, 9]),
    ],
)
def test_a_requirement_selects_by_fields(requirement: Requirement, selected: list[int]) -> None:
    assert places(requirement) == selected


def test_without_bounds_only_findings_with_a_verdict_of_their_own_are_selected() -> None:
    assert [finding for finding in EVERYTHING if selects(Requirement(check="bias.*"), finding)] == COVERAGE


def test_the_scorer_is_the_model_where_a_finding_names_none() -> None:
    shown = [Finding(check="evaluate.coverage", scorer=name, estimate=0.5) for name in ("model", "rule")]
    asked = Requirement(check="evaluate.coverage", scorer="model", at_least=0.1)
    assert [selects(asked, finding) for finding in shown] == [True, False]


NAMES = st.text().filter(lambda text: bool(text.strip()))  # a blank one is refused


@given(NAMES, NAMES)
def test_a_value_selects_itself_and_no_other_value(one: str, other: str) -> None:
    asked = Requirement(check="bias.gap", slice={"age": one}, at_least=0.0)
    assert selects(asked, gap("accuracy", age=one))
    assert selects(asked, gap("accuracy", age=other)) == (other == one or one == "*")


def test_a_selection_is_written_out_for_people() -> None:
    requirement = Requirement(check="bias.gap", metric="accuracy", slice={"age": "*", "sex": "f"})
    assert selection_in_words(requirement) == "bias.gap, metric accuracy, slice age=* & sex=f"
