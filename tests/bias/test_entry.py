import json
from pathlib import Path

import pandas as pd
import parameters_file
import pytest
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

    assert set(first) == {"groups.csv", "findings.json"} | pictures

    table = pd.read_csv(report / "groups.csv")
    assert table["rows"].max() == 600
    assert {finding["check"] for finding in json.loads(first["findings.json"])} == {"bias.coverage", "bias.gap"}

    call(main, "task")
    assert contents(report) == first


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
