"""The closed loop: who drives, on what, and that returns are paired and compared rightly."""

from dataclasses import replace

import numpy as np
import pytest
from drawings import by_name
from known import known

from hallmark import answers, systems
from hallmark.answers.action import scoring
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.systems.robotics import config, diagnostics
from hallmark.systems.system import Diagnosis, DiagnosticData


def shown(swings: Examples, scorers: dict[str, Predict]) -> DiagnosticData:
    validation = swings.split("validation")
    postprocess = {
        name: scoring.fit_postprocess(predict(validation), validation, decision=Decision())
        for name, predict in scorers.items()
    }
    by_split = {name: swings.split(name) for name in ("train", "validation", "test")}
    return DiagnosticData(by_split, scorers, {}, postprocess, swings.table, seed=5)


@pytest.fixture(scope="module")
def scorers(swings: Examples) -> dict[str, Predict]:
    fit = systems.load("robotics").baseline_fitter(answers.load("action"))
    fitted = fit(swings.split("train"), seed=1)
    return {"model": fitted.pop("boosted trees"), **fitted}


@pytest.fixture(scope="module")
def diagnosis(swings: Examples, scorers: dict[str, Predict]) -> Diagnosis:
    return diagnostics.diagnose(shown(swings, scorers), config.Diagnostics(starts=2, steps=80))


def test_every_policy_drives_every_test_setting_from_the_same_starts(swings: Examples, diagnosis: Diagnosis) -> None:
    rows = known(diagnosis.episodes)
    settings = swings.split("test").table["entity"].nunique()
    assert rows.groupby("scorer").size().to_dict() == dict.fromkeys(("model", "linear policy", "rule"), 2 * settings)

    ids = [set(part["id"]) for _, part in rows.groupby("scorer")]
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == 2 * settings
    assert not ids[0] & set(swings.table["id"])

    assert set(rows["entity"]) == set(swings.split("test").table["entity"])
    assert set(rows["split"]) == {"test"}
    assert (rows[["weight.return", "weight.success"]] == 1).all(axis=None)
    assert {"group.sensor", "group.payload"} <= set(rows)


def test_findings_are_the_means_of_the_rows(diagnosis: Diagnosis) -> None:
    returns = known(diagnosis.episodes).groupby("scorer")["score.return"].mean()
    found = {(one.check, one.subject): one for one in diagnosis.findings}

    for scorer, mean_return in returns.items():
        level = found["evaluate.closed_loop", f"return of {scorer}"]
        assert level.estimate == pytest.approx(mean_return)
        assert known(level.low) < known(level.estimate) < known(level.high)

    gain = found["evaluate.closed_loop_gain", "return over rule"]
    assert gain.estimate == pytest.approx(returns["model"] - returns["rule"])
    expert = known(found["evaluate.closed_loop", "return of expert"].estimate)
    assert found["evaluate.expert", "return"].estimate == pytest.approx(returns["model"] - expert)
    assert expert > returns.max()

    assert {one.question for one in diagnosis.findings if one.against is not None} == {9}
    assert {one.question for one in diagnosis.findings if one.against is None} == {5}


def test_the_figures_can_be_drawn(diagnosis: Diagnosis) -> None:
    assert set(by_name(diagnosis.figures)) == {"trajectories", "return_by_setting", "success_by_setting"}
    for figure in by_name(diagnosis.figures).values():
        figure.canvas.draw()
    labels = [text.get_text() for text in by_name(diagnosis.figures)["return_by_setting"].axes[0].get_yticklabels()]
    assert "sensor=noisy" in labels


def test_a_policy_that_sees_what_the_expert_sees_does_as_well(swings: Examples, scorers: dict[str, Predict]) -> None:
    """The loop itself costs nothing: a constant zero torque gives what `drive` gives, paired with itself."""
    zero: Predict = lambda some: {"action": np.full((len(some), 1), 0.5)}  # noqa: E731
    found = diagnostics.diagnose(
        shown(swings, {"model": zero, "again": zero}), config.Diagnostics(starts=1, steps=30)
    ).findings
    gain = next(one for one in found if one.subject == "return over again")
    assert gain.estimate == 0


def test_without_a_simulator_nothing_is_driven_and_that_is_said(walls: Examples) -> None:
    refuse: Predict = lambda some: pytest.fail("nobody drives")  # noqa: E731
    diagnosis = diagnostics.diagnose(
        DiagnosticData({"test": walls}, {"model": refuse}, {}, {}, walls.table, 1),
        config.Diagnostics(starts=0, steps=200),
    )

    assert diagnosis.episodes is None
    assert not diagnosis.figures

    (finding,) = diagnosis.findings
    assert (finding.check, finding.estimate) == ("evaluate.closed_loop", None)
    assert finding.reason.startswith("There is no simulator")


def test_other_robots_cannot_be_driven(swings: Examples, walls: Examples, scorers: dict[str, Predict]) -> None:
    with pytest.raises(InputError, match=r"diagnostics\.starts asks .* sensors \['front', 'left'\], the actions \[\]"):
        diagnostics.diagnose(
            DiagnosticData({"test": walls}, scorers, {}, {}, walls.table, 1), config.Diagnostics(starts=1, steps=20)
        )

    test = swings.split("test")
    lacking = replace(test, table=test.table.drop(columns="descriptor.payload"))
    with pytest.raises(InputError, match=r"no column for \['descriptor\.payload'\]; set it to 0"):
        diagnostics.diagnose(
            DiagnosticData({"test": lacking}, scorers, {}, {}, lacking.table, 1), config.Diagnostics(starts=1, steps=20)
        )
