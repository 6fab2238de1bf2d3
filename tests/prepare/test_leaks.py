"""A label among the inputs, in the forms that people's files have it, and honest inputs beside them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import parameters_file
import pytest
import raw_data
from entries import call
from known import known
from PIL import Image

from hallmark import systems
from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.prepare import label_matches, refuse_label_inputs
from hallmark.prepare.label_matches import KnownLabel
from hallmark.systems.robotics import inputs
from pipelines.prepare import main

Column = Callable[[pd.DataFrame], np.ndarray | pd.Series]  # made of a table

ROWS = 400
SPLIT = {"method": "entity", "fractions": {"train": 0.6, "validation": 0.2, "test": 0.2}}


def clients() -> pd.DataFrame:
    """A flat table whose label hangs on two honest columns, with noise."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"client": [f"c{row:04}" for row in range(ROWS)], "income": rng.lognormal(8, 1, ROWS)})
    table["age"] = rng.integers(18, 80, ROWS)
    table["job"] = rng.choice(["clerk", "farmer", "nurse"], ROWS)
    risk = (table["age"] - 48) / 20 - np.log(table["income"]) + 8 + rng.normal(size=ROWS)
    return table.assign(default=np.where(risk > 0, "yes", "no"))


def prepare_table(folder: Path, monkeypatch: pytest.MonkeyPatch, table: pd.DataFrame, **reading: Any) -> None:
    """Run the stage on a table, as a task of the system `table`."""
    said = {
        "file": "clients.csv",
        "columns": {"label": "default", "entity": "client"},
        "labels": {"no": "repaid", "yes": "lost"},
        "history": None,
        "numeric": ["income", "age"],
        "categorical": {"job": ["clerk", "farmer", "nurse"]},
    }

    (folder / "data/raw/own").mkdir(parents=True)
    table.to_csv(folder / "data/raw/own/clients.csv", index=False)
    parameters_file.write(
        folder / "params/own.yaml",
        "fraud",
        seed=1,
        prepare__reading={**said, **reading},
        prepare__split=SPLIT,
        decision={},
        evaluate__primary_metric="accuracy",
        evaluate__metrics=["accuracy"],
        bias__metrics=["accuracy"],
        bias__groups=[],
    )

    monkeypatch.chdir(folder)
    call(main, "own")


def lost(table: pd.DataFrame) -> np.ndarray:
    return np.where(table["default"] == "yes", 1.0, 0.0)


def sorted_ids(table: pd.DataFrame) -> np.ndarray:
    """Numbers of rows in a file that was put together label by label."""
    return np.argsort(np.argsort(lost(table), kind="stable"), kind="stable").astype(float)


def even_ids(table: pd.DataFrame) -> np.ndarray:
    """Numbers of rows in mixed order, of which the lost ones are odd."""
    numbers: np.ndarray = np.random.default_rng(1).permutation(ROWS) * 2 + lost(table)
    return numbers


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lost, "under other names: each of its 2 values stands with one label, and each label with one value"),
        (lambda table: 3.5 - 2 * lost(table), "under other names"),
        (sorted_ids, "its 400 whole numbers are all different and follow each other closely"),
        (lambda table: 10_000 + 10 * sorted_ids(table) + 5_000 * lost(table), "is an id that tells the label"),
        (even_ids, "whether it is even or odd says the label of each of its 400 different whole numbers"),
        (lambda table: even_ids(table) // 2 * 10 + 3 + 4 * lost(table), "is an id that tells the label"),  # last digit
    ],
    ids=["equal", "other numbers", "id", "id in steps", "even id", "last digit"],
)
def test_a_number_that_is_the_label_is_refused(
    made: Column, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = clients()
    table["outcome"] = made(table)
    with pytest.raises(InputError, match="the input column 'outcome' is") as caught:
        prepare_table(tmp_path, monkeypatch, table, numeric=["income", "outcome"])
    assert said in str(caught.value) and "ake it out of prepare.reading" in str(caught.value)
    assert not (tmp_path / "data/prepared").exists()


def test_a_text_that_is_the_label_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = clients()
    table["status"] = table["default"].map({"yes": "written off", "no": "paid"})
    for values in (["paid", "written off"], ["written off"]):  # a value without a column is all others
        folder = tmp_path / str(len(values))
        folder.mkdir()
        with pytest.raises(InputError, match="'status' is the label 'default' .* under other names"):
            prepare_table(folder, monkeypatch, table, categorical={"status": values})


@pytest.mark.parametrize(
    "rule",
    [
        lambda table: table["income"] > 4000,
        lambda table: np.log(table["income"]) - table["age"] * 0 < 7.5,
        lambda table: table["age"] >= 65,
        lambda table: table["job"] != "nurse",
        lambda table: table["number"] > 330,
        lambda table: table["score"] > 700,
    ],
    ids=["threshold", "bent", "whole numbers", "category", "count of goods", "rounded score"],
)
def test_a_label_that_a_rule_makes_of_one_input_is_left_to_evaluation(
    rule: Column, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank's own rule, say: the input is known when the model is asked."""
    rng = np.random.default_rng(8)
    table = clients().assign(number=rng.integers(0, 1000, ROWS), score=np.rint(rng.normal(650, 80, ROWS)))
    table["default"] = np.where(rule(table), "yes", "no")
    prepare_table(tmp_path, monkeypatch, table, numeric=["income", "age", "number", "score"])
    assert (tmp_path / "data/prepared/own/examples.parquet").is_file()


def test_honest_columns_pass_and_one_exception_is_left_to_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = clients()
    table["outcome"] = lost(table)
    is_exception = table.index == 7
    table["outcome"] = np.where(is_exception, 1 - table["outcome"], table["outcome"])
    prepare_table(tmp_path, monkeypatch, table, numeric=["income", "age", "outcome"])
    about = json.loads((tmp_path / "data/prepared/own/dataset.json").read_text())
    assert about["encoding"]["columns"] == [["income", 1], ["age", 1], ["outcome", 1], ["job", 3]]


def test_a_group_or_a_descriptor_that_is_the_label_is_no_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = clients()
    table["kind"] = table["default"].map({"yes": "a", "no": "b"})
    prepare_table(tmp_path, monkeypatch, table, groups={"kind": {}, "default": {}})
    assert (tmp_path / "data/prepared/own/examples.parquet").is_file()


def test_random_columns_are_never_refused() -> None:
    rng = np.random.default_rng(0)
    for rows in (6, 20, 100, 1000):
        for labels in (2, 3, 10):
            codes = rng.integers(labels, size=rows)
            table = pd.DataFrame({"entity": [f"e{e}" for e in rng.integers(rows // 2, size=rows)]})
            table["label"] = [f"l{code}" for code in codes]
            examples = Examples(table, {}, tuple(f"l{k}" for k in range(labels)), Source(title="made"))
            columns = {
                f"c{number}": rng.integers(2 + number, size=(rows, 1)).astype(float)
                if number % 2
                else rng.normal(size=(rows, 1))
                for number in range(40)
            }

            refuse_label_inputs(examples, columns)


def test_a_value_of_each_entity_tells_the_entity_and_not_the_label() -> None:
    """Six patients with fifty scans each: any number of a patient parts these by label, by chance."""
    patients = np.repeat(np.arange(6), 50)
    table = pd.DataFrame({"entity": [f"p{p}" for p in patients], "label": np.where(patients < 3, "ill", "well")})
    examples = Examples(table, {}, ("ill", "well"), Source(title="made"))
    refuse_label_inputs(examples, {"age": (40.0 + patients)[:, None]})


def test_columns_that_are_the_label_one_hot_are_refused_together() -> None:
    codes = np.random.default_rng(0).integers(4, size=300)
    table = pd.DataFrame({"entity": [f"e{row}" for row in range(300)], "label": [f"kind {code}" for code in codes]})
    examples = Examples(table, {}, tuple(f"kind {k}" for k in range(4)), Source(title="made"))
    flags = {f"is_{kind}": (codes == kind).astype(float)[:, None] for kind in range(4)}

    refuse_label_inputs(examples, {"is_2": flags["is_2"]})  # feathers tell a bird, and are no label
    refuse_label_inputs(examples, {"is_2": flags["is_2"], "is_0": flags["is_0"]})
    for names in (["is_0", "is_1", "is_2", "is_3"], ["is_0", "is_1", "is_3"]):
        with pytest.raises(InputError, match=r"\['is_0', 'is_1'.*\] are together the label .*, one-hot"):
            refuse_label_inputs(examples, {name: flags[name] for name in names})


def test_whether_a_value_is_missing_can_be_the_label(tmp_path: Path) -> None:
    """Medical clinical data: a number that only the ill have."""
    system = systems.load("medical")
    rng = np.random.default_rng(3)
    ill = rng.random(60) < 0.5
    rows = []
    for number in range(60):
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        marker = f"{rng.normal(5):.2f}" if ill[number] else ""
        rows.append({"file": f"{number}.png", "label": "ill" if ill[number] else "well", "marker": marker})
    pd.DataFrame(rows).to_csv(tmp_path / "scans.csv", index=False)

    raw = raw_data.read(
        "medical",
        tmp_path,
        format="folder",
        height=8,
        width=8,
        channels=1,
        metadata="scans.csv",
        labels={"ill": "ill", "well": "well"},
        clinical={"numeric": ["marker"], "missing": True},
    )
    train = replace(raw, table=raw.table.assign(split="train"))
    examples = known(system.reading.encode)(train)
    columns = system.inputs.columns(examples)
    assert list(columns) == ["marker"] and np.isnan(columns["marker"][~ill, 0]).all()
    with pytest.raises(InputError, match="the input column 'marker' is the label"):
        refuse_label_inputs(examples, columns)


def log(folder: Path, **columns: Column) -> Examples:
    """Read a robot's log with a smooth torque, and further columns made of it, as sensors."""
    rng = np.random.default_rng(5)
    torque = np.concatenate([np.cumsum(rng.normal(size=60)) for _ in range(10)])
    torque = torque / np.abs(torque).max()
    frame = pd.DataFrame({"run": np.repeat(np.arange(10), 60), "torque": torque, "angle": rng.normal(size=600)})
    for name, make in columns.items():
        frame[name] = make(frame)

    frame.to_csv(folder / "log.csv", index=False)
    actions = {"torque": {"low": -1.0, "high": 1.0}}
    keys = {"file": "log.csv", "observations": ["angle", *columns], "history": 3, "columns": {"entity": "run"}}
    return raw_data.read("robotics", folder, **keys, actions=actions)


@pytest.mark.parametrize(
    "made",
    [
        lambda frame: frame["torque"],
        lambda frame: frame.groupby("run")["torque"].shift(-1).fillna(0),  # the step before, it is this action
    ],
    ids=["equal", "next action"],
)
def test_an_action_among_the_observations_is_refused(made: Column, tmp_path: Path) -> None:
    examples = log(tmp_path, command=made)
    with pytest.raises(InputError, match="the input column 'command' is the action 'torque.*it holds the same number"):
        refuse_label_inputs(examples, inputs.columns(examples), numbers=inputs.numeric_targets(examples))


@pytest.mark.parametrize(
    "demonstrator",
    [
        lambda state: -0.5 * state,
        lambda state: np.clip(-2 * state, -1, 1),
        lambda state: np.tanh(3 * state),
        lambda state: np.where(state > 0.1, 1.0, -1.0),
        lambda state: np.select([state < -0.2, state > 0.3], [1.0, -0.5], 0.0),
    ],
    ids=["proportional", "saturated", "bent", "two actions", "three actions"],
)
def test_a_demonstrator_that_follows_one_sensor_is_no_leak(
    demonstrator: Callable[[np.ndarray], np.ndarray], tmp_path: Path
) -> None:
    state = np.random.default_rng(12).normal(size=(10, 60)).cumsum(axis=1).ravel() / 12
    frame = pd.DataFrame({"run": np.repeat(np.arange(10), 60), "state": state, "torque": demonstrator(state)})
    frame["torque"] = frame["torque"].clip(-1, 1)
    frame.to_csv(tmp_path / "log.csv", index=False)

    keys = {
        "observations": ["state"],
        "history": 3,
        "actions": {"torque": {"low": -1.0, "high": 1.0}},
        "columns": {"entity": "run"},
    }
    examples = raw_data.read("robotics", tmp_path, file="log.csv", **keys)
    refuse_label_inputs(examples, inputs.columns(examples), numbers=inputs.numeric_targets(examples))


@pytest.mark.parametrize(("low", "high"), [(0.0, 100.0), (-50.0, 50.0)])
def test_a_controller_in_proportion_to_a_sensor_of_the_unit_range_is_no_leak(
    low: float, high: float, tmp_path: Path
) -> None:
    """Full throttle at the full distance: the action is the sensor, scaled to the range of the action."""
    distance = np.random.default_rng(13).random(600)
    frame = pd.DataFrame({"run": np.repeat(np.arange(10), 60), "distance": distance})
    frame["throttle"] = low + (high - low) * distance
    frame.to_csv(tmp_path / "log.csv", index=False)
    actions = {"throttle": {"low": low, "high": high}}
    keys = {"file": "log.csv", "observations": ["distance"], "history": 3, "columns": {"entity": "run"}}
    examples = raw_data.read("robotics", tmp_path, **keys, actions=actions)
    numbers = inputs.numeric_targets(examples)

    assert np.allclose(numbers["throttle"], frame["throttle"], atol=1e-4)

    refuse_label_inputs(examples, inputs.columns(examples), numbers=numbers)


def test_a_sensor_near_the_action_is_no_action(tmp_path: Path) -> None:
    noise = np.random.default_rng(6).normal(scale=0.05, size=600)
    examples = log(tmp_path, current=lambda frame: frame["torque"] + noise)
    refuse_label_inputs(examples, inputs.columns(examples), numbers=inputs.numeric_targets(examples))


def pictures(codes: np.ndarray) -> Examples:
    rng = np.random.default_rng(7)
    table = pd.DataFrame({"entity": [f"e{row}" for row in range(len(codes))], "label": [str(code) for code in codes]})
    images = rng.integers(0, 256, (len(codes), 1, 8, 8), dtype=np.uint8)
    return Examples(table, {"image": images}, tuple(str(k) for k in range(3)), Source(title="made"))


def test_a_pixel_that_is_the_label_is_refused_and_named() -> None:
    codes = np.random.default_rng(8).integers(3, size=200)
    examples = pictures(codes)
    refuse_label_inputs(examples, {})
    examples.arrays["image"][:, 0, 2, 5] = 100 - 40 * codes
    with pytest.raises(InputError, match=r"the input array 'image' holds the label 'digit' .*at \[0, 2, 5\]"):
        refuse_label_inputs(examples, {}, label="digit")


def test_an_item_that_is_logged_twice_is_refused() -> None:
    """Where each interaction stands there twice, the last item is the next one."""
    rng = np.random.default_rng(9)
    items = rng.integers(1, 40, 500)
    table = pd.DataFrame(
        {"entity": [f"u{row % 90}" for row in range(500)], "label": [f"film {item}" for item in items]}
    )
    arrays = {
        "items": np.stack([rng.integers(1, 40, 500), items], axis=1).astype(np.int32),
        "days_ago": rng.random((500, 2)).astype(np.float32),
        "target.item": items.astype(np.int32),
    }
    examples = Examples(table, arrays, (), Source(title="made"))
    columns = systems.load("recommendation").inputs.columns(examples)
    with pytest.raises(InputError, match=r"the input array 'items' holds the label .*at \[1\]"):
        refuse_label_inputs(examples, columns)

    arrays["items"][::50, 1] = 40  # one item in fifty is another: a habit, which is there to be learned
    refuse_label_inputs(examples, columns)


@pytest.mark.parametrize(
    ("system", "columns", "name"),
    [
        ("table", {"label": "default"}, "default"),
        ("robotics", {"label": "move"}, "move"),
        ("robotics", {}, "label"),
        ("medical", {"label": "finding"}, "finding"),
        ("medical", {"label": None}, "label"),
        ("speech", {"text": "words"}, "words"),
        ("recommendation", {}, "label"),
    ],
)
def test_the_label_is_called_what_the_raw_data_calls_it(system: str, columns: dict[str, Any], name: str) -> None:
    section = systems.load(system).config.Reading
    columns_type = section.model_fields["columns"].annotation
    assert columns_type is not None

    named = columns_type(**columns)
    assert section.model_construct(columns=named).label_column() == name


def test_a_length_that_is_the_transcript_is_refused() -> None:
    """Sound: each command was cut to a length of its own."""
    codes = np.random.default_rng(10).integers(3, size=200)
    commands = np.array(["lights on", "lights off", "stop"])
    table = pd.DataFrame({"entity": [f"s{row % 50}" for row in range(200)], "label": commands[codes]})
    arrays: dict[str, np.ndarray] = {
        "waveform": np.random.default_rng(11).integers(-99, 99, (200, 300), dtype=np.int16),
        "length": np.array([100, 200, 300], np.int32)[codes],
    }
    examples = Examples(table, arrays, (), Source(title="made"))
    with pytest.raises(InputError, match="the input array 'length' holds the label 'text'"):
        refuse_label_inputs(examples, {}, label="text")

    arrays["length"][5] += 1
    refuse_label_inputs(examples, {}, label="text")


@pytest.mark.parametrize("repeated", [0, 30])
def test_transcripts_of_their_own_cost_no_look_at_each_sample(repeated: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings of two seconds, of which all, or all but a few, say something else."""
    rows = 500
    samples = 32_000
    rng = np.random.default_rng(12)
    numbers = np.arange(rows)
    unscreened = np.setdiff1d(numbers, label_matches.screening_rows(rows))
    numbers[unscreened[:repeated]] = 0
    table = pd.DataFrame({"entity": [f"s{row}" for row in range(rows)], "label": [f"text {n}" for n in numbers]})
    waveform = rng.normal(scale=300, size=(rows, samples)).astype(np.int16)
    examples = Examples(table, {"waveform": waveform}, (), Source(title="made"))

    calls = 0
    matches_labels = label_matches.matches_labels

    def counted(values: np.ndarray, label: KnownLabel, log_alpha: float) -> bool:
        nonlocal calls
        calls += 1
        return matches_labels(values, label, log_alpha)

    monkeypatch.setattr(label_matches, "matches_labels", counted)
    refuse_label_inputs(examples, {}, label="text")
    assert calls < samples / 1000

    waveform[:, 7] = numbers
    if repeated:
        with pytest.raises(InputError, match=r"'waveform' holds the label 'text' .*at \[7\]"):
            refuse_label_inputs(examples, {}, label="text")
    else:
        refuse_label_inputs(examples, {}, label="text")  # any numbers that differ are other names of all texts
