"""The closed loop: who drives, on what, and that returns are paired and compared rightly."""

from dataclasses import replace

import numpy as np
import pytest

from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.contract import Predict, Probe, Probed
from hallmark.systems.robotics import baselines, config, probing, scoring


def shown(swings: Examples, scorers: dict[str, Predict]) -> Probe:
    validation = swings.split("validation")
    postprocess = {
        name: scoring.fit_postprocess(predict(validation), validation, decision=Decision())
        for name, predict in scorers.items()
    }
    by_split = {name: swings.split(name) for name in ("train", "validation", "test")}
    return Probe(by_split, scorers, postprocess, swings.table, seed=5)


@pytest.fixture(scope="module")
def scorers(swings: Examples) -> dict[str, Predict]:
    fitted = baselines.fit(swings.split("train"), seed=1)
    return {"model": fitted.pop("boosted trees"), **fitted}


@pytest.fixture(scope="module")
def probed(swings: Examples, scorers: dict[str, Predict]) -> Probed:
    return probing.probe(shown(swings, scorers), config.Probe(starts=2, steps=80))


def test_every_policy_drives_every_test_setting_from_the_same_starts(swings: Examples, probed: Probed) -> None:
    rows = probed.rows
    assert rows is not None
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


def test_findings_are_the_means_of_the_rows(probed: Probed) -> None:
    assert probed.rows is not None
    means = probed.rows.groupby("scorer")[["score.return", "score.success"]].mean()
    found = {(one.check, one.subject): one for one in probed.findings}
    for scorer in means.index:
        level = found["evaluate.closed_loop", f"return of {scorer}"]
        assert level.estimate == pytest.approx(means.loc[scorer, "score.return"])
        assert level.low is not None
        assert level.low < level.estimate < level.high
    gain = found["evaluate.closed_loop", "return over rule"]
    assert gain.estimate == pytest.approx(means.loc["model", "score.return"] - means.loc["rule", "score.return"])
    expert = found["evaluate.closed_loop", "return of expert"].estimate
    assert found["evaluate.expert", "return"].estimate == pytest.approx(means.loc["model", "score.return"] - expert)
    assert expert > means["score.return"].max()
    assert {one.question for one in probed.findings if " over " in one.subject} == {9}
    assert {one.question for one in probed.findings if " over " not in one.subject} == {5}


def test_the_figures_can_be_drawn(probed: Probed) -> None:
    assert set(probed.figures) == {"trajectories", "return_by_setting", "success_by_setting"}
    for figure in probed.figures.values():
        figure.canvas.draw()
    labels = [text.get_text() for text in probed.figures["return_by_setting"].axes[0].get_yticklabels()]
    assert "sensor=noisy" in labels


def test_a_policy_that_sees_what_the_expert_sees_does_as_well(swings: Examples, scorers: dict[str, Predict]) -> None:
    """The loop itself costs nothing: a constant zero torque gives what `drive` gives, paired with itself."""
    zero: Predict = lambda some: {"action": np.full((len(some), 1), 0.5)}  # noqa: E731
    found = probing.probe(shown(swings, {"model": zero, "again": zero}), config.Probe(starts=1, steps=30)).findings
    gain = next(one for one in found if one.subject == "return over again")
    assert gain.estimate == 0


def test_without_a_simulator_nothing_is_driven_and_that_is_said(walls: Examples) -> None:
    refuse: Predict = lambda some: pytest.fail("nobody drives")  # noqa: E731
    probed = probing.probe(
        Probe({"test": walls}, {"model": refuse}, {}, walls.table, 1), config.Probe(starts=0, steps=200)
    )
    assert probed.rows is None
    assert not probed.figures
    (finding,) = probed.findings
    assert (finding.check, finding.estimate) == ("evaluate.closed_loop", None)
    assert finding.why.startswith("There is no simulator")


def test_other_robots_cannot_be_driven(swings: Examples, walls: Examples, scorers: dict[str, Predict]) -> None:
    with pytest.raises(InputError, match=r"probe\.starts asks .* sensors \['front', 'left'\], the actions \[\]"):
        probing.probe(Probe({"test": walls}, scorers, {}, walls.table, 1), config.Probe(starts=1, steps=20))
    test = swings.split("test")
    lacking = replace(test, table=test.table.drop(columns="descriptor.payload"))
    with pytest.raises(InputError, match=r"no column for \['descriptor\.payload'\]; set it to 0"):
        probing.probe(Probe({"test": lacking}, scorers, {}, lacking.table, 1), config.Probe(starts=1, steps=20))
