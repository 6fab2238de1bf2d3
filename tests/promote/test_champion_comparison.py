"""The comparison with the champion through a real registry: raw data, two orders of columns, two packages."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
import small_task
from entries import call, exit_status
from known import known
from omegaconf import OmegaConf
from onnx import TensorProto, helper, numpy_helper
from published_task import publish_small, store_in

from hallmark import config, digests
from hallmark.answers.classes import decoding
from hallmark.contracts import examples as example_tables
from hallmark.contracts import package, verdicts
from hallmark.contracts.examples import Examples
from hallmark.contracts.package import Package
from hallmark.contracts.training_set import TrainingSet
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.promote import promotion, signatures
from hallmark.promote.champion_comparison import FIRST, Comparison, Outcome, RawDataError
from hallmark.tracking import model_registry as registry
from hallmark.verify import lock
from pipelines import champion, gate, prepare, promote, sign

pytestmark = pytest.mark.slow

CARDS = 4000
# The column that each network reads: wrong in 0.6 % and 1.6 % of the rows.
CHAMPION = "clear"
CHALLENGER = "blurred"
COLUMNS = [CHAMPION, CHALLENGER]
READING = {
    "file": "rows.csv",
    "columns": {"id": "id", "entity": "card", "label": "label"},
    "labels": {"0": "genuine", "1": "fraud"},
    "groups": {"site": {}},
}
SPLIT = {"method": "entity", "fractions": {"train": 0.2, "validation": 0.2, "test": 0.5, "recent": 0.1}}


class House:
    """A project in a folder of its own, with a store, in which a package can be judged, published and promoted."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.monkeypatch = monkeypatch
        self.store = store_in(root)
        self.columns = COLUMNS
        self.at_least = -0.01

        monkeypatch.setenv("MLFLOW_TRACKING_URI", self.store.uri)
        monkeypatch.setenv("COLUMNS", "400")
        for name in ("GITHUB_ACTIONS", "REASON", "SIGNER", "STATEMENT"):
            monkeypatch.delenv(name, raising=False)
        for folder in ("src/hallmark", "pipelines", "params", "data/raw/small"):
            (root / folder).mkdir(parents=True)
        (root / "pipelines/code.py").write_text("pass\n")
        (root / "requirements.lock").write_text("numpy==2.4.6\n")

    def write_rows(self, wrong: Mapping[str, float]) -> None:
        """Write the raw table: each column of `wrong` is the label's sign, but for a share of the test rows."""
        truth = np.arange(CARDS) % 2
        rows = pd.DataFrame({"id": [f"r{n}" for n in range(CARDS)], "card": [f"c{n}" for n in range(CARDS)]})
        rows["label"] = truth
        rows["site"] = np.where(np.arange(CARDS) % 3, "a", "b")
        for name in wrong:
            rows[name] = np.linspace(-1, 1, CARDS)  # says nothing yet: the split comes first
        rows.to_csv(self.root / "data/raw/small/rows.csv", index=False)
        self.prepare()

        table = example_tables.read(self.root / "data/prepared/small").table
        test = np.flatnonzero(rows["id"].isin(table.loc[table["split"] == "test", "id"]))
        begin = 0
        for name, share in wrong.items():
            rows[name] = 2.0 * truth - 1 + np.linspace(0, 0.01, CARDS)  # no two inputs are the same
            errors = test[begin : begin + round(share * len(test))]
            rows.loc[errors, name] *= -1
            begin += len(errors)

        rows.to_csv(self.root / "data/raw/small/rows.csv", index=False)
        self.prepare()

    def configure(self) -> None:
        requirements = {name: each.model_dump() for name, each in small_task.REQUIREMENTS.items()}
        whole = small_task.SHIPPED  # every key that prepare must have
        reading: dict[str, object] = READING | {"numeric": self.columns, "categorical": {}, "history": None}

        composed = (
            whole
            | small_task.PARAMETERS
            | {name: whole[name] for name in ("raw", "train")}
            | {
                "evaluate": whole["evaluate"] | {"primary_metric": "accuracy", "metrics": ["accuracy"]},
                "bias": whole["bias"] | {"groups": ["site"]},
                "prepare": {"reading": reading, "split": SPLIT},
                "gate": {"champion": {"at_least": self.at_least}, "requirements": requirements},
            }
        )
        OmegaConf.save(composed, self.root / "params/small.yaml")

    def prepare(self) -> None:
        self.configure()
        call(prepare.main, "small")

    def publish(self, reads: str, *, sharpness: float = 9.0, **about: object) -> None:
        """Build, judge and publish a package that reads one column."""
        prepared = self.build(reads, sharpness=sharpness, **about)
        self.monkeypatch.setattr(small_task, "examples", lambda **_: prepared)
        self.monkeypatch.setattr(small_task, "write_package", lambda *_, **__: None)  # it is there
        small_task.write_task(self.root)
        call(gate.main, "small")
        publish_small(self.store)

    def build(self, reads: str, *, sharpness: float = 9.0, **about: object) -> Examples:
        """Write a package that reads one column; `about` replaces keys of package.json. Returns what taught it."""
        self.configure()

        stored = example_tables.read(self.root / "data/prepared/small")
        prepared = stored.take(np.arange(len(stored)))  # in memory: it is written again to where it was read

        folder = self.root / "models/small"
        write_network(folder, self.columns.index(reads), len(self.columns), sharpness)
        taught = prepared.table[prepared.table["split"].isin(["train", "validation"])]
        (folder / package.TRAINED_ON).write_bytes(TrainingSet.of(taught, key="f" * 64).to_bytes())
        write_manifest(folder, prepared, **{"encoding": prepared.encoding, "labels": list(prepared.labels), **about})
        return prepared

    def promote(self) -> int:
        return exit_status(self.monkeypatch, "promote", promote.main)

    def sign(self) -> int:
        self.monkeypatch.setenv("SIGNER", "Dr. R. Viewer")
        self.monkeypatch.setenv("STATEMENT", "Seen and understood.")
        return exit_status(self.monkeypatch, "sign", sign.main)

    def compare(self) -> Comparison:
        layout = small_task.LAYOUT
        prepared = example_tables.read(layout.prepared)
        parameters = config.read(layout.parameters)
        return champion.compare(self.store.client, parameters, layout, Package.load(layout.package), prepared)

    def champion(self) -> str | None:
        found = promotion.holder(self.store.client, "small", "champion")
        return None if found is None else str(found.version)

    def tags(self, version: str) -> dict[str, str]:
        return dict(self.store.client.get_model_version("small", version).tags)


def write_network(folder: Path, column: int, columns: int, sharpness: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.zeros((columns, 2), np.float32)
    weights[column] = (-sharpness, sharpness)

    graph = helper.make_graph(
        [helper.make_node("MatMul", ["current", "weights"], ["logits"])],
        "small",
        [helper.make_tensor_value_info("current", TensorProto.FLOAT, ["batch", columns])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)

    onnx.save(model, folder / package.MODEL)
    shutil.copyfile(decoding.__file__, folder / package.ANSWERS)


def write_manifest(folder: Path, prepared: Examples, **about: object) -> None:
    labels = about["labels"]
    kind = {"kind": "softmax", "temperature": 1.0, "labels": labels, "positive": "fraud", "threshold": 0.5}
    columns = prepared.arrays["current"].shape[1]

    package.write_manifest(
        folder,
        {
            "task": "small",
            "system": "table",
            "inputs": [{"name": "current", "dtype": "float32", "shape": [columns]}],
            "outputs": [{"name": "logits", "dtype": "float32", "shape": [2]}],
            "postprocess": kind,
            "parity": {"max_abs_difference": 1e-7, "tolerance": 1e-4, "rows": 32},
            "training": {"key": "f" * 64, "epochs_run": 3, "best_epoch": 2, "steps": 30, "parameters": 6},
            **about,
        },
    )


def found_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a house whose champion is right in 99.4 % of 2,000 test rows."""
    monkeypatch.chdir(root)
    monkeypatch.setattr(lock, "compare_files", lambda *_: [])  # see conftest.py, which serves single tests
    house = House(root, monkeypatch)
    house.write_rows({CHAMPION: 0.006, CHALLENGER: 0.016})
    house.publish(CHAMPION)
    assert house.promote() == 0
    return house


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return found_in(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def standing_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """One house for all tests that promote nothing: the challenger of 98.4 % is built and not published."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        house = found_in(tmp_path_factory.mktemp("standing"), monkeypatch)
        house.build(CHALLENGER)
    return house


@pytest.fixture
def standing(standing_house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """That house, whose champion is put back after each test."""
    monkeypatch.chdir(standing_house.root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", standing_house.store.uri)
    (file,) = standing_house.root.glob("mlartifacts/**/package.json")
    tag = standing_house.tags("1")["hallmark.digest.model"]
    former = {path: path.read_bytes() for path in file.parent.iterdir()}
    yield standing_house
    file.parent.mkdir(exist_ok=True)
    for path, content in former.items():
        path.write_bytes(content)

    standing_house.store.client.set_model_version_tag("small", "1", "hallmark.digest.model", tag)


def test_the_first_champion_has_nothing_to_be_compared_with(house: House) -> None:
    tags = house.tags("1")
    assert tags["hallmark.promoted_outcome"] == "first champion"
    assert "hallmark.promoted_signed_by" not in tags


def test_a_challenger_of_0984_does_not_replace_a_champion_of_0994_without_a_word(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.publish(CHALLENGER)
    assert house.promote() == promote.REFUSED
    out = capsys.readouterr().out
    assert "champion (version 1): not shown to be no worse: accuracy" in out
    assert "nobody has signed" in out
    assert house.champion() == "1"
    comparison = house.compare()
    finding = known(comparison.finding)
    assert finding.estimate == pytest.approx(-0.010)
    assert known(finding.low) < -0.01 < known(finding.high) < 0
    assert finding.n == 2000

    assert house.sign() == 0
    assert "settled: champion (version 1): not shown to be no worse" in capsys.readouterr().out
    assert house.promote() == 0
    assert house.champion() == "2"
    tags = house.tags("2")
    assert tags["hallmark.promoted_outcome"] == "not shown to be no worse"
    assert tags["hallmark.promoted_comparison"] == comparison.sentence
    assert tags["hallmark.promoted_signed_by"] == "Dr. R. Viewer"
    assert tags["hallmark.promoted_settled"] == "champion"
    experiment = house.store.client.get_experiment_by_name(promotion.LOG)
    runs = house.store.client.search_runs([experiment.experiment_id])
    assert runs[0].data.tags["hallmark.promoted_comparison"] == comparison.sentence


def test_worse_is_refused_and_no_signature_helps(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.at_least = -0.002
    house.publish(CHALLENGER)
    assert house.compare().outcome == "worse"

    assert house.promote() == promote.REFUSED
    assert "must not be better than the challenger" in capsys.readouterr().out

    assert house.sign() == 2
    assert "no signature can help a challenger that is worse" in capsys.readouterr().err
    assert not (house.root / "reports/small/gate/signature.json").exists()
    assert house.champion() == "1"


def test_no_worse_passes_and_says_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.at_least = -0.05
    house.publish(CHALLENGER)
    assert house.promote() == 0
    assert "champion (version 1): no worse: accuracy" in capsys.readouterr().out
    assert house.champion() == "2"
    assert house.tags("2")["hallmark.promoted_outcome"] == "no worse"


def test_a_better_challenger_passes_by_the_default_margin(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.publish(CHALLENGER)
    assert house.sign() == 0
    assert house.promote() == 0

    house.publish(CHAMPION, sharpness=8.0)
    assert known(house.compare().finding).estimate == pytest.approx(0.010)
    assert house.promote() == 0
    assert house.champion() == "3"


def test_the_champion_is_scored_by_its_own_encoding_where_the_challengers_has_the_same_shape(house: House) -> None:
    house.columns = [CHALLENGER, CHAMPION]  # in another order
    house.prepare()
    house.publish(CHALLENGER)
    assert known(house.compare().finding).estimate == pytest.approx(0.984 - 0.994)

    today = example_tables.read(house.root / "data/prepared/small").split("test")
    folder = house.root / "champion"
    folder.mkdir()
    former = house.store.client.get_model_version("small", "1")
    downloaded = known(registry.download_package(house.store.client, former, folder))
    answers = Package.load(downloaded).run(today.arrays)["logits"].argmax(axis=1)
    by_the_challengers_encoding = np.mean(answers == today.targets())
    assert by_the_challengers_encoding == pytest.approx(0.984)  # wrong, in silence


@pytest.fixture
def house_of_two_encodings(house: House) -> House:
    """The challenger reads the same columns in another order, so the champion's inputs take the raw data."""
    house.columns = [CHALLENGER, CHAMPION]
    house.prepare()
    return house


@pytest.mark.parametrize("left", [None, "empty", "part"])
def test_without_the_raw_data_a_champion_of_another_encoding_can_be_neither_replaced_nor_signed_off(
    house_of_two_encodings: House, left: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    house = house_of_two_encodings
    house.publish(CHALLENGER)
    raw = house.root / "data/raw/small"
    raw.rename(house.root / "elsewhere")
    if left:
        raw.mkdir()
    if left == "part":
        (raw / "notes.txt").write_text("the table did not come along")

    with pytest.raises(InputError, match="`make pull TASK=small`"):
        house.compare()
    assert house.sign() == 2
    assert "`make pull TASK=small`" in capsys.readouterr().err
    assert not (house.root / "reports/small/gate/signature.json").exists()
    assert house.promote() in (2, promote.REFUSED)
    assert house.champion() == "1"


@pytest.mark.parametrize("column", [CHAMPION, "label"])
def test_raw_data_that_is_not_what_was_judged_is_no_ground_to_compare_on(
    house_of_two_encodings: House, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The champion's own column is changed after prepare, or the labels: neither is an input of the challenger."""
    house = house_of_two_encodings
    house.at_least = -0.002
    house.publish(CHALLENGER)
    assert house.compare().outcome == "worse"
    path = house.root / "data/raw/small/rows.csv"
    rows = pd.read_csv(path)
    rows[column] = 1 - rows[column] if column == "label" else -rows[column]
    rows.to_csv(path, index=False)

    with pytest.raises(RawDataError, match="is not what data/prepared/small was made of"):
        house.compare()
    assert house.sign() == 2
    assert "is not what data/prepared/small was made of" in capsys.readouterr().err
    assert not (house.root / "reports/small/gate/signature.json").exists()


@pytest.mark.parametrize(("at_least", "outcome"), [(-0.05, "no worse"), (-0.01, "not shown to be no worse")])
def test_a_signature_given_where_the_raw_data_lies_records_how_the_comparison_came_out(
    house_of_two_encodings: House, at_least: float, outcome: str
) -> None:
    house = house_of_two_encodings
    house.at_least = at_least
    house.publish(CHALLENGER)
    assert house.sign() == 0

    (house.root / "data/raw/small").rename(house.root / "elsewhere")
    assert house.promote() == 0
    tags = house.tags("2")
    assert tags["hallmark.promoted_outcome"] == outcome
    assert tags["hallmark.promoted_signed_by"] == "Dr. R. Viewer"
    assert "comparison" in tags["hallmark.promoted_settled"]
    assert "where the raw data lies" in tags["hallmark.promoted_comparison"]


def test_a_comparison_recorded_of_another_champion_or_other_data_counts_nothing(house_of_two_encodings: House) -> None:
    house = house_of_two_encodings
    house.at_least = -0.05
    house.publish(CHALLENGER)
    assert house.sign() == 0
    verdict = verdicts.read(house.root / "reports/small/gate/verdict.json")
    signature = signatures.read(house.root / "reports/small/gate/signature.json")
    digest = house.tags("1")["hallmark.digest.model"]

    def outcome(verdict: Verdict, champion: str) -> Outcome | None:
        recorded = signatures.recorded_comparison(signature, verdict, version="1", champion=champion)
        return None if recorded is None else recorded.outcome

    assert outcome(verdict, digest) == "no worse"
    assert outcome(verdict, "0" * 64) is None
    for name in ("data", "model"):
        assert outcome(replace(verdict, digests={**verdict.digests, name: "0" * 64}), digest) is None


def test_worse_is_refused_where_the_raw_data_lies_whatever_was_recorded(house_of_two_encodings: House) -> None:
    house = house_of_two_encodings
    house.at_least = -0.05
    house.publish(CHALLENGER)
    assert house.sign() == 0
    signature = (house.root / "reports/small/gate/signature.json").read_text()

    house.at_least = -0.002
    house.publish(CHALLENGER)
    (house.root / "reports/small/gate/signature.json").write_text(signature)
    assert house.compare().outcome == "worse"
    assert house.promote() == promote.REFUSED
    assert house.champion() == "1"


def test_raw_data_edited_after_it_was_prepared_says_nothing_of_the_champion(
    standing: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_champion(standing, encoding={"reading": {"numeric": [CHAMPION], "categorical": {}, "history": None}})

    path = standing.root / "data/raw/small/rows.csv"
    honest = path.read_text()
    rows = pd.read_csv(path)
    rows[CHAMPION] *= -1  # the champion would be wrong wherever it was right
    rows.to_csv(path, index=False)
    try:
        with pytest.raises(InputError, match="is not what data/prepared/small was made of"):
            standing.compare()
    finally:
        path.write_text(honest)


@pytest.mark.parametrize(
    ("about", "cause", "words"),
    [
        ({"labels": ["genuine", "theft"]}, "answers", "it knows the labels ['genuine', 'theft']"),
        ({"encoding": {}}, "encoding", "does not say how its inputs were made"),
        ({"encoding": {"reading": {"numeric": ["gone"], "categorical": {}, "history": None}}}, "encoding", "gone"),
        ({"encoding": {"reading": {"numeric": 3, "categorical": {}, "history": None}}}, "encoding", "does not fit"),
        ({"encoding": {"reading": {"file": "/etc/passwd"}}}, "encoding", "must hold the keys"),
        (
            {"encoding": {"reading": {"numeric": [CHAMPION], "categorical": {}, "history": None}}},
            "encoding",
            "0% are the inputs",
        ),
        ({"task": "other"}, "task", "of the task 'other'"),
        ({"postprocess": {"kind": "softmax"}}, "answers", "positive label is None"),
        ({"postprocess": {"kind": "softmax", "positive": "fraud"}}, "package", "KeyError"),
    ],
)
def test_a_champion_that_does_not_fit_today_is_not_compared_and_its_reason_is_said(
    standing: House, about: dict[str, Any], cause: str, words: str
) -> None:
    replace_champion(standing, **about)
    comparison = standing.compare()
    assert (comparison.outcome, comparison.cause) == ("not compared", cause)
    assert words in comparison.why


def replace_champion(
    house: House,
    *,
    drop: Sequence[str] = (),
    keep_tag: bool = False,
    taught: TrainingSet | None = None,
    **about: object,
) -> None:
    """Put another package.json, or other hashes, into the champion's place in the registry, and into its tag."""
    (file,) = house.root.glob("mlartifacts/**/package.json")
    record = json.loads(file.read_text()) | about
    if taught is not None:
        (file.parent / package.TRAINED_ON).write_bytes(taught.to_bytes())
        record["files"][package.TRAINED_ON] = digests.file(file.parent / package.TRAINED_ON)
    for name in drop:
        (file.parent / name).unlink()
        del record["files"][name]

    file.write_text(json.dumps(record))
    if not keep_tag:
        house.store.client.set_model_version_tag("small", "1", "hallmark.digest.model", digests.folder(file.parent))


def test_labels_in_another_order_are_the_same_labels(standing: House) -> None:
    kind = {"kind": "softmax", "temperature": 1.0, "positive": "fraud", "threshold": 0.5}
    replace_champion(standing, labels=["fraud", "genuine"], postprocess={**kind, "labels": ["fraud", "genuine"]})

    finding = known(standing.compare().finding)  # the first output is now that of fraud: wrong wherever it was right
    assert finding.estimate == pytest.approx(0.984 - 0.006)


def test_a_champion_of_the_former_format_is_not_compared(standing: House) -> None:
    replace_champion(standing, drop=[package.TRAINED_ON], format=package.format_of(2))
    comparison = standing.compare()
    assert (comparison.outcome, comparison.cause) == ("not compared", "training set")


def test_a_champion_from_when_its_system_was_called_otherwise_is_compared(standing: House) -> None:
    replace_champion(standing, format=package.format_of(3), system="fraud")
    assert standing.compare().finding is not None


def test_a_champion_that_learned_from_what_is_test_today_is_not_compared(standing: House) -> None:
    table = example_tables.read(standing.root / "data/prepared/small").table
    own = table[table["split"].isin(["train", "validation"])]
    (test_row,) = table.index[table["split"] == "test"][:1]
    first_row = own.index[0]
    entity = own.copy()
    entity.loc[first_row, "entity"] = table.loc[test_row, "entity"]
    inputs = own.copy()
    inputs.loc[first_row, "fingerprint"] = table.loc[test_row, "fingerprint"]

    for rows in (entity, inputs):
        replace_champion(standing, taught=TrainingSet.of(rows, key="f" * 64))
        comparison = standing.compare()
        assert (comparison.outcome, comparison.cause) == ("not compared", "overlap")
        assert "of today's 2,000 test examples, 1 are of entities" in comparison.why

    replace_champion(standing, taught=TrainingSet.of(own, key="f" * 64))
    assert standing.compare().cause is None


def test_an_encoding_that_does_not_give_back_what_trained_it_is_not_trusted(standing: House) -> None:
    table = example_tables.read(standing.root / "data/prepared/small").table
    own = table[table["split"].isin(["train", "validation"])]
    other = own.assign(fingerprint=[f"{place}" for place in range(len(own))])
    mixed = pd.concat([own.iloc[: len(own) * 2 // 3], other.iloc[len(own) * 2 // 3 :]])
    replace_champion(standing, taught=TrainingSet.of(mixed, key="f" * 64))

    assert standing.compare().cause is None

    replace_champion(standing, taught=TrainingSet.of(other, key="f" * 64))
    comparison = standing.compare()
    assert (comparison.outcome, comparison.cause) == ("not compared", "encoding")
    assert "0% are the inputs that it saw" in comparison.why


def test_a_champion_whose_package_was_exchanged_or_lost_is_not_run(
    standing: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_champion(standing, keep_tag=True, labels=["genuine", "fraud", "theft"])
    monkeypatch.setattr(Package, "run", lambda *_: pytest.fail("an unverified package was run"))
    comparison = standing.compare()
    assert (comparison.outcome, comparison.cause) == ("not compared", "package")
    assert "but its version's tag is" in comparison.why
    (file,) = standing.root.glob("mlartifacts/**/package.json")
    shutil.rmtree(file.parent)
    assert standing.compare().cause == "package"


def test_a_signature_for_one_champion_does_not_count_for_another(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.publish(CHALLENGER)
    assert house.sign() == 0

    signature = house.root / "reports/small/gate/signature.json"
    assert known(signatures.read(signature)).settles[0].kind == "champion"

    house.publish(CHAMPION, sharpness=8.0)  # another version becomes champion in the meantime
    assert house.promote() == 0
    assert house.champion() == "3"

    house.publish(CHALLENGER)
    assert house.compare().outcome == "not shown to be no worse"
    assert house.promote() == promote.REFUSED
    assert "signed another verdict, or another matter" in capsys.readouterr().out
    assert house.champion() == "3"


def test_a_signature_stays_where_numbers_differ_in_their_last_digits(house: House) -> None:
    house.publish(CHALLENGER)
    assert house.sign() == 0
    path = house.root / "reports/small/evaluate/findings.json"
    path.write_text(path.read_text().replace("0.931", "0.9310000001"))
    (house.root / "pipelines/code.py").write_text("other = 1\n")
    call(gate.main, "small")
    publish_small(house.store)
    assert house.promote() == 0


def test_nothing_to_settle_is_nothing_to_sign(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.at_least = -0.05
    house.publish(CHALLENGER)
    assert house.sign() == 2
    assert "nothing here asks for a signature" in capsys.readouterr().err


def test_a_champion_whose_alias_was_removed_is_not_forgotten(house: House) -> None:
    house.publish(CHALLENGER)
    house.store.client.delete_registered_model_alias("small", "champion")
    comparison = house.compare()
    assert (comparison.outcome, comparison.cause) == ("not compared", "alias")
    assert house.promote() == promote.REFUSED
    assert house.sign() == 0
    assert house.promote() == 0
    assert house.champion() == "2"


def test_a_tag_alone_does_not_make_the_champion_the_same_package(standing: House) -> None:
    digest = Package.load(standing.root / "models/small").digest
    standing.store.client.set_model_version_tag("small", "1", "hallmark.digest.model", digest)
    comparison = standing.compare()
    assert (comparison.outcome, comparison.cause) == ("not compared", "package")


def test_the_same_package_is_no_worse_than_itself(house: House) -> None:
    assert house.compare().outcome == "no worse"
    assert house.promote() == 0
    assert house.champion() == "1"


def test_a_champion_that_changed_after_the_comparison_is_not_replaced(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house.at_least = -0.05
    house.publish(CHALLENGER)
    first = house.compare()
    monkeypatch.setattr(champion, "compare", lambda *_, **__: FIRST)
    assert first.version == "1"
    assert house.promote() == 2
    assert "became champion in the meantime" in capsys.readouterr().err
    assert house.champion() == "1"


def test_missing_parameters_are_one_sentence(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.publish(CHALLENGER)
    composed = OmegaConf.load(house.root / "params/small.yaml")
    del composed.gate.champion
    OmegaConf.save(composed, house.root / "params/small.yaml")
    assert house.promote() == 2
    assert "the key gate.champion has no value: set it in params/small.yaml" in capsys.readouterr().err
