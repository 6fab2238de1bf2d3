"""Tables that MLflow's pages filter, and that `mlflow.load_table` reads."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_task
from published_task import Store, publish_small, store_in

from hallmark.contracts import predictions
from hallmark.layout import Layout
from hallmark.publish import run_tables
from hallmark.publish.evidence import Evidence, read_evidence
from hallmark.tracking import connection

pytestmark = pytest.mark.slow

NAMES = ["tables/confusion.json", "tables/findings.json", "tables/groups.json", "tables/predictions.json"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = store_in(tmp_path_factory.mktemp("tables"))
    small_task.write_task(store.root)
    small_task.write_verdict(store.root, small_task.stricter(accuracy=0.92))
    publish_small(store)
    return store


def evidence(store: Store) -> Evidence:
    return read_evidence(small_task.parameters(), Layout("small", store.root))


def loaded(store: Store, name: str) -> pd.DataFrame:
    """Return a table as a person reads it."""
    with connection.working_on(store.client):
        experiment = store.client.get_run(store.run_id).info.experiment_id
        table: pd.DataFrame = store.client.load_table(experiment, name, run_ids=[store.run_id])
    return table


def test_findings_are_a_table_that_a_person_filters(store: Store) -> None:
    table = loaded(store, "tables/findings.json")
    unresolved = table[table["verdict"] == "unresolved"]
    assert list(unresolved["check"]) == ["evaluate.metric"]  # as the gate judged it: 0.912 < 0.92 < 0.947
    assert list(unresolved["requirement"]) == ["≥ 0.92"]

    assert table["verdict"][0] == "unresolved"

    gaps = table[table["check"] == "bias.gap"]
    assert list(gaps["slice"]) == ["site=a", "site=b"]
    assert gaps["low"].tolist() == pytest.approx([-0.01, -0.03])
    assert set(table["check"].str.partition(".")[0]) == {"validate", "train", "evaluate", "bias", "drift"}


def test_groups_are_those_of_the_audit(store: Store) -> None:
    table = loaded(store, "tables/groups.json")
    assert table.loc[table["member"] == "site=b", "low"].tolist() == [0.906]


def test_predictions_are_summed_up_and_none_is_shown(store: Store) -> None:
    rows = predictions.of(predictions.read(store.root / "reports/small/evaluate/predictions.parquet"))
    table = loaded(store, "tables/predictions.json")
    (loss,) = table.query("scorer == 'model' and split == 'test' and metric == 'log_loss'").to_dict("records")
    assert loss["rows"] == len(rows)
    assert loss["mean"] == pytest.approx(rows["score.log_loss"].mean())
    assert loss["p90"] == pytest.approx(np.quantile(rows["score.log_loss"], 0.9))

    confusion = loaded(store, "tables/confusion.json")
    expected = rows.groupby(["label", "prediction"]).size().to_dict()
    assert (
        dict(zip(zip(confusion["label"], confusion["prediction"], strict=True), confusion["rows"], strict=True))
        == expected
    )
    assert confusion.groupby("label")["share_of_label"].sum().tolist() == pytest.approx([1.0, 1.0])

    ids = rows["id"].tolist()
    for name, table in run_tables.build_tables(evidence(store)).items():
        assert not any(identity in table.to_csv() for identity in ids), name


def test_publishing_again_appends_nothing(store: Store) -> None:
    before = {name: len(loaded(store, name)) for name in NAMES}
    publish_small(store)
    assert {name: len(loaded(store, name)) for name in NAMES} == before


def test_a_persons_own_table_of_the_run_stays_declared(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    store.client.log_table(store.run_id, {"note": ["seen"]}, "mine.json")
    publish_small(store)
    assert loaded(store, "mine.json")["note"].tolist() == ["seen"]
    assert sorted(run_tables.build_tables(evidence(store))) == NAMES


def test_the_file_is_what_log_table_would_write(store: Store, tmp_path: Path) -> None:
    run = store.client.create_run(store.client.get_run(store.run_id).info.experiment_id)
    for name, table in run_tables.build_tables(evidence(store)).items():
        store.client.log_table(run.info.run_id, table, name)
        own = Path(store.client.download_artifacts(store.run_id, name, str(tmp_path)))
        content = own.read_bytes()
        (tmp_path / "theirs").mkdir(exist_ok=True)
        theirs = Path(store.client.download_artifacts(run.info.run_id, name, str(tmp_path / "theirs")))
        assert theirs.read_bytes() == content
