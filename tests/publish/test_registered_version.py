"""The served model answers as evaluation did, on every test row; what a digest does not cover is not served."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import small_task
from onnx import TensorProto, helper

from hallmark import digests
from hallmark.contracts import package
from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.publish import registered_version, served, serving_spec
from hallmark.publish.evidence import Evidence, read_evidence


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    return read_evidence(small_task.parameters(), Layout("small", tmp_path))


def edited(evidence: Evidence, edit: Callable[[pd.DataFrame, pd.Index], None], *, rows: slice) -> Evidence:
    """Return the evidence, its predictions of some test rows edited."""
    table = evidence.predictions.copy()
    edit(table, table.index[(table["split"] == "test") & (table["scorer"] == "model")][rows])
    return replace(evidence, predictions=table)


def turn(table: pd.DataFrame, rows: pd.Index) -> None:
    table.loc[rows, "prediction"] = table.loc[rows, "prediction"].map({"fraud": "genuine", "genuine": "fraud"})


def raise_score(table: pd.DataFrame, rows: pd.Index) -> None:
    table.loc[rows, "confidence"] += 0.01


def raise_certainty(table: pd.DataFrame, rows: pd.Index) -> None:
    table.loc[rows, "certainty"] += 0.01


@pytest.mark.parametrize("edit", [turn, raise_score, raise_certainty])
@pytest.mark.parametrize("row", [0, 3, 19])
def test_every_test_row_is_answered_again(
    evidence: Evidence, tmp_path: Path, edit: Callable[[pd.DataFrame, pd.Index], None], row: int
) -> None:
    registered_version.require_same_answers(evidence)
    other = edited(evidence, edit, rows=slice(row, row + 1))
    with pytest.raises(InputError, match=rf"to example 'row0{40 + row}', .* 1 of 20 test examples"):
        registered_version.require_same_answers(other)


def test_of_a_large_split_a_sample_is_answered_and_one_in_a_thousand_may_tip(
    evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered_version, "MOST_CHECKED", 10)
    turned = edited(evidence, turn, rows=slice(None))
    with pytest.raises(InputError, match="10 of 10 test examples"):
        registered_version.require_same_answers(turned)
    monkeypatch.setattr(registered_version, "TIPPING", 10)
    for row in range(20):
        registered_version.require_same_answers(edited(evidence, turn, rows=slice(row, row + 1)))


def test_chunks_are_joined_in_order(evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered_version, "CHUNK", 3)
    registered_version.require_same_answers(evidence)
    with pytest.raises(InputError, match="'row059'"):
        registered_version.require_same_answers(edited(evidence, turn, rows=slice(19, 20)))


def test_an_answer_that_hangs_on_its_batch_is_seen(evidence: Evidence, tmp_path: Path) -> None:
    """Right for a whole batch, as evaluation asks, and turned for one example, as production does."""
    folder = tmp_path / "models/small"
    weights = onnx.load(folder / package.MODEL).graph.initializer[0]

    one, least, most = (
        helper.make_tensor(n, TensorProto.FLOAT, [1], [v]) for n, v in (("1", 1.5), ("-", -1), ("+", 1))
    )
    nodes = [
        helper.make_node("MatMul", ["values", "weights"], ["honest"]),
        helper.make_node("Shape", ["values"], ["shape"], start=0, end=1),
        helper.make_node("Cast", ["shape"], ["rows"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["rows", "1"], ["beyond"]),
        helper.make_node("Max", ["beyond", "-"], ["raised"]),
        helper.make_node("Min", ["raised", "+"], ["capped"]),
        helper.make_node("Sign", ["capped"], ["sign"]),
        helper.make_node("Mul", ["honest", "sign"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        [weights, one, least, most],
    )

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (folder / package.MODEL).write_bytes(model.SerializeToString())
    package.write_manifest(folder, json.loads((folder / package.MANIFEST).read_text()))
    altered = replace(evidence, package=package.Package.load(folder))

    with pytest.raises(InputError, match=r"of 20 test examples asked one by one"):
        registered_version.require_same_answers(altered)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("steer = 0.1234; gas 2 = -1.5e-07", True),
        ("steer = 0.1235; gas 2 = 0", True),
        ("steer = 0.1239; gas 2 = 0", False),
        ("steer = 0.1234; gas 3 = -1.5e-07", False),
        ("steer = 0.1234; gas 2 = 1", False),
        ("steer = 0.1234", False),
    ],
)
def test_actions_are_compared_as_the_rounded_numbers_that_they_are(other: str, same: bool) -> None:
    actions = {"kind": "regression", "low": [-1.0, 0.0], "high": [1.0, 2.0]}
    assert registered_version._is_same("steer = 0.1234; gas 2 = -1.5e-07", other, actions) == same
    assert not registered_version._is_same("label = 2000", "label = 2001", {"kind": "softmax"})


def write_outside(folder: Path, location: str, *, in_attribute: bool) -> None:
    """Let the model's weights lie at `location`, and write its manifest anew."""
    tensor = TensorProto(name="wide", data_type=TensorProto.FLOAT, dims=[3, 4000], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", str(12 * 4000))):
        tensor.external_data.add(key=key, value=value)

    first_two = helper.make_tensor("first_two", TensorProto.INT64, [2], [0, 1])
    nodes = [
        helper.make_node("MatMul", ["values", "wide"], ["all"]),
        helper.make_node("Gather", ["all", "first_two"], ["logits"], axis=1),
    ]
    if in_attribute:
        nodes.insert(0, helper.make_node("Constant", [], ["wide"], value=tensor))
    graph = helper.make_graph(
        nodes,
        "outside",
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        [first_two] if in_attribute else [first_two, tensor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (folder / package.MODEL).write_bytes(model.SerializeToString())
    package.write_manifest(folder, json.loads((folder / package.MANIFEST).read_text()))


def load(folder: Path) -> served.Served:
    model = served.Served()
    context = {
        "artifacts": {"package": str(folder)},
        "model_config": serving_spec.config(digests.file(folder / package.MANIFEST)),
    }
    model.load_context(SimpleNamespace(**context))
    return model


@pytest.mark.parametrize("in_attribute", [False, True])
@pytest.mark.parametrize("location", ["weights.bin", "../weights.bin", "absolute"])
def test_the_served_model_reads_no_tensor_outside_of_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str, in_attribute: bool
) -> None:
    folder = tmp_path / "package"
    small_task.write_package(folder)
    assert load(folder).session.run(None, {"values": np.ones((1, 3), np.float32)})[0].shape == (1, 2)

    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for place in (work, tmp_path):
        np.ones(12000, np.float32).tofile(place / "weights.bin")
    write_outside(
        folder, str(tmp_path / "weights.bin") if location == "absolute" else location, in_attribute=in_attribute
    )
    if location == "weights.bin":  # so ONNX Runtime by itself would take it from the working folder
        onnxruntime.InferenceSession((folder / package.MODEL).read_bytes(), providers=["CPUExecutionProvider"])
    with pytest.raises(Exception, match=r"External data path (does not exist|escapes)|Absolute path not allowed"):
        load(folder)
    with pytest.raises(InputError, match="outside of itself"):
        package.Package.load(folder)
