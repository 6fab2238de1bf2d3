"""What the diagnostics say of patients: the worklist, and who is missed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawings import by_name
from known import known

from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.systems.medical import config, diagnostics
from hallmark.systems.medical.diagnostics import worklist
from hallmark.systems.system import DiagnosticData


def _predictions(scores: list[float], ill: list[bool], **more: list[object]) -> pd.DataFrame:
    label = np.where(ill, "lesion", "clear")
    table = {"entity": [f"p{row}" for row in range(len(ill))], "confidence": scores, "label": label} | more
    alert = np.array(scores) >= 0.5
    rows = pd.DataFrame(table).assign(scorer="model", split="test", id=[f"s{row:04d}" for row in range(len(ill))])
    return rows.assign(**{"score.sensitivity": alert.astype(float), "weight.sensitivity": np.array(ill, float)})


def _shown(predictions: pd.DataFrame, positive: str | None = "lesion", entity: str = "patient") -> DiagnosticData:
    examples = Examples(predictions, {}, ("clear", "lesion"), Source("made", entity=entity))
    return DiagnosticData(
        {"test": examples}, {"model": lambda _: {}}, {}, {"model": {"positive": positive}}, predictions, seed=1
    )


def test_a_patient_comes_by_the_worst_scan() -> None:
    rows = _predictions([0.2, 0.9, 0.5, 0.1], [False, True, False, False], time=[4, 3, 2, 1])
    rows["entity"] = ["a", "a", "b", "c"]
    ordered = worklist.order_patients(rows, "lesion")
    assert ordered["score"].tolist() == [0.9, 0.5, 0.1]
    assert ordered["ill"].tolist() == [True, False, False]
    assert ordered["time"].tolist() == [3, 2, 1]


def test_triage_by_hand() -> None:
    # Ten patients, of the four ill three among the first five; they came last.
    ill = [True, False, True, True, False, False, False, True, False, False]
    rows = _predictions(list(np.linspace(0.95, 0.05, 10)), ill, time=[*range(9, -1, -1)])
    ordered = worklist.order_patients(rows, "lesion")

    assert worklist.measure_share_found(ordered, 0.5, seed=1).estimate == 0.75
    assert worklist.measure_share_found(ordered, 0.1, seed=1).estimate == 0.25
    assert worklist.measure_median_place(ordered, seed=1).estimate == pytest.approx(
        0.35
    )  # between the third and the fourth
    assert worklist.median_place_by_time(ordered) == pytest.approx((7 + 8) / 2 / 10)

    shares, seen = worklist.gain_curve(ordered)
    assert shares[5] == 0.5
    assert seen[[0, 1, 5, 10]].tolist() == [0, 0.25, 0.75, 1]
    assert worklist.median_place_by_time(ordered.drop(columns="time")) is None


def test_nobody_ill_is_nothing_to_find() -> None:
    ordered = worklist.order_patients(_predictions([0.5, 0.4], [False, False]), "lesion")
    assert worklist.measure_share_found(ordered, 0.5, seed=1).estimate is None
    assert worklist.measure_median_place(ordered, seed=1).estimate is None


def test_the_interval_covers_the_share_of_the_whole_population() -> None:
    generator = np.random.default_rng(2)

    def drawn(patients: int) -> pd.DataFrame:
        ill = generator.random(patients) < 0.25
        score = generator.normal(1.2 * ill)
        return pd.DataFrame({"ill": ill, "score": score}).sort_values("score", ascending=False, ignore_index=True)

    whole = drawn(400_000)["ill"].to_numpy()
    truth = whole[: len(whole) // 5].sum() / whole.sum()
    found = [worklist.measure_share_found(drawn(150), 0.2, seed=3) for _ in range(120)]
    covered = np.mean([known(one.low) <= truth <= known(one.high) for one in found])
    assert 0.9 <= covered <= 0.995


def test_all_caught_still_leaves_doubt() -> None:
    ordered = worklist.order_patients(_predictions([0.9, 0.8, 0.2, 0.1], [True, True, False, False]), "lesion")
    caught = worklist.measure_share_found(ordered, 0.5, seed=1)
    assert (caught.estimate, caught.high) == (1.0, 1.0)
    assert known(caught.low) < 0.6


def test_findings_and_figures_of_the_diagnostics() -> None:
    generator = np.random.default_rng(2)
    ill = list(generator.random(200) < 0.3)
    scores = list(np.clip(generator.normal(0.4, 0.15, 200) + 0.2 * np.array(ill), 0, 1))
    kind = list(np.where(ill, generator.choice(["ring", "nodule"], 200), "none"))
    rows = _predictions(scores, ill, time=list(range(200)), **{"group.kind": kind})

    diagnosis = diagnostics.diagnose(
        _shown(rows, entity="lesion"), config.Diagnostics(shares=[0.1, 0.5], groups=["kind"])
    )

    told = {(one.check, one.subject): one for one in diagnosis.findings}
    found = {name: (np.array(scores)[np.array(kind) == name] >= 0.5).mean() for name in ("nodule", "ring")}
    ordered = sorted(found, key=lambda name: found[name])  # the one that is missed most comes first
    assert list(told) == [
        ("evaluate.triage", "first 10%"),
        ("evaluate.triage", "first 50%"),
        ("evaluate.triage_place", "median place"),
        *(("evaluate.sensitivity", f"kind {name}") for name in ordered),
    ]
    for one in diagnosis.findings:
        assert known(one.low) <= known(one.estimate) <= known(one.high)

    assert told["evaluate.sensitivity", "kind nodule"].estimate == pytest.approx(found["nodule"])
    assert told["evaluate.sensitivity", "kind nodule"].n == kind.count("nodule")
    assert "as they came" in told["evaluate.triage_place", "median place"].reason
    assert set(by_name(diagnosis.figures)) == {"triage", "sensitivity"}
    lines = by_name(diagnosis.figures)["triage"].axes[0].lines
    assert [line.get_label() for line in lines] == ["model", "in any order"]
    labels = [text.get_text() for text in by_name(diagnosis.figures)["sensitivity"].axes[0].get_yticklabels()]
    assert labels == [f"kind: {name}" for name in ordered]
    assert by_name(diagnosis.figures)["sensitivity"].axes[0].get_title() == "Which are found (right: lesions)"


def test_without_a_positive_label_there_is_no_order() -> None:
    diagnosis = diagnostics.diagnose(
        _shown(_predictions([0.5], [True]), positive=None), config.Diagnostics(shares=[0.1], groups=[])
    )
    assert (diagnosis.findings, diagnosis.figures) == ([], [])


def test_a_group_that_is_not_there_is_named() -> None:
    shown = _shown(_predictions([0.9, 0.1], [True, False]))
    with pytest.raises(InputError, match=r"evaluate.diagnostics.groups names 'kind', which is none of the groups \[\]"):
        diagnostics.diagnose(replace(shown), config.Diagnostics(shares=[], groups=["kind"]))
