import json
from pathlib import Path

import numpy as np
import pandas as pd
import parameters_file
import pytest
import yaml
from entries import call

from hallmark.contracts import episodes, predictions
from hallmark.errors import InputError
from pipelines.bias import main


@pytest.fixture
def repository(table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    parameters_file.write(
        tmp_path / "params/task.yaml",
        prepare__reading__labels={"yes": "yes", "no": "no"},
        prepare__reading__groups={"sex": {"column": "sex"}, "age": {"column": "age"}},
        prepare__reading__bands={},
        bias__groups=["sex", "age"],
        decision__positive="yes",
    )

    scored = table.assign(scorer="model", split="test")
    others = pd.concat([scored, scored.assign(split="recent"), scored.assign(scorer="rule")])
    predictions.write(others, tmp_path / "reports/task/evaluate/predictions.parquet")
    episodes.write(episodes.none(), tmp_path / "reports/task/evaluate/episodes.parquet")

    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_stage_writes_its_report_and_the_same_bytes_again(repository: Path) -> None:
    call(main, "task")
    report = repository / "reports/task/bias"
    first = contents(report)
    pictures = {"figures/accuracy.png", "figures/accuracy_gap.png", "figures/index.json"}

    assert set(first) == {"groups.csv", "findings.json", "plots/accuracy.csv"} | pictures

    table = pd.read_csv(report / "groups.csv")
    assert table["rows"].max() == 600
    assert {finding["check"] for finding in json.loads(first["findings.json"])} == {"bias.coverage", "bias.gap"}

    call(main, "task")
    assert contents(report) == first


def test_the_plot_has_a_row_for_each_group_with_an_estimate(repository: Path) -> None:
    call(main, "task")
    plot = pd.read_csv(repository / "reports/task/bias/plots/accuracy.csv").set_index("slice")
    table = pd.read_csv(repository / "reports/task/bias/groups.csv")
    estimates = table[table["metric"] == "accuracy"].set_index("member")["estimate"]

    assert plot.columns.tolist() == ["estimate", "low", "high", "entities"]
    assert plot.index[0] == "all"
    assert {str(name).partition("=")[0] for name in plot.index[1:]} == {"sex", "age"}
    assert np.allclose(plot["estimate"], estimates.loc[plot.index], rtol=1e-3)
    assert (plot["low"] < plot["estimate"]).all()
    assert (plot["estimate"] < plot["high"]).all()


def test_nothing_is_audited_where_the_test_split_stays_sealed(repository: Path) -> None:
    file = repository / "params/task.yaml"
    parameters = yaml.safe_load(file.read_text(encoding="utf-8"))
    parameters["evaluate"]["test"] = False
    file.write_text(yaml.safe_dump(parameters), encoding="utf-8")

    call(main, "task")
    report = repository / "reports/task/bias"
    assert json.loads((report / "findings.json").read_text(encoding="utf-8")) == []
    assert pd.read_csv(report / "groups.csv").empty
    assert pd.read_csv(report / "plots/accuracy.csv").empty


def test_the_stage_audits_episodes_beside_examples(repository: Path, table: pd.DataFrame) -> None:
    episodes_of_model = (
        table[["id", "entity", "group.sex", "group.age"]]
        .head(60)
        .assign(scorer="model", split="test", **{"score.success": 1.0, "weight.success": 1.0})
    )
    others = [episodes_of_model.assign(scorer="rule"), episodes_of_model.assign(split="recent")]
    path = repository / "reports/task/evaluate/episodes.parquet"
    episodes.write(pd.concat([episodes_of_model, *others]), path)
    call(main, "task")

    audited = pd.read_csv(repository / "reports/task/bias/groups.csv").set_index(["metric", "member"])
    assert audited.loc[("success", "all"), "estimate"] == 1.0
    assert audited.loc[("success", "all"), "rows"] == 60
    assert audited.loc[("accuracy", "all"), "rows"] == 600
    assert audited.loc[("accuracy", "all"), "entities"] == table["entity"].nunique()

    path.unlink()
    with pytest.raises(InputError, match=r"the episodes table is missing: .*episodes\.parquet"):
        call(main, "task")
