import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from hallmark import digests
from hallmark.contracts.package import ABOUT, MODEL, TRAINED_ON, WEIGHTS, Package, format_of, seal
from hallmark.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package with a space in its path, whose network adds up each row of `x` and doubles the sum."""
    folder = tmp_path / "my models" / "doubler"
    folder.mkdir(parents=True)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceSum", ["x", "axes"], ["sum"], keepdims=1),
            helper.make_node("Concat", ["sum", "sum"], ["logits"], axis=1),
        ],
        "doubler",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / MODEL)
    (folder / WEIGHTS).write_bytes(b"weights")
    (folder / TRAINED_ON).write_bytes(b"hashes")
    seal(
        folder,
        {
            "task": "doubling",
            "system": "stub",
            "encoding": {},
            "labels": ["no", "yes"],
            "inputs": [{"name": "x", "dtype": "float32", "shape": [3]}],
            "outputs": [{"name": "logits", "dtype": "float32", "shape": [2]}],
            "postprocess": {"kind": "softmax"},
            "parity": {},
            "training": {},
        },
    )
    return folder


def test_each_file_is_read_once_and_the_digest_is_that_of_the_folder(folder: Path) -> None:
    (folder / "note.txt").write_text("not listed in package.json")
    (folder / "notes").mkdir()
    (folder / "notes/more.txt").write_text("nor is this")
    opened: list[str] = []

    def record(event: str, arguments: tuple[object, ...]) -> None:
        if is_recording and event == "open" and str(arguments[0]).startswith(str(folder)):
            opened.append(Path(str(arguments[0])).relative_to(folder).as_posix())

    is_recording = True
    sys.addaudithook(record)  # it stays until the process ends
    try:
        package = Package.load(folder)
    finally:
        is_recording = False

    present = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert sorted(opened) == sorted(present)
    assert package.digest == digests.folder(folder)


def test_the_model_digest_is_of_what_makes_the_answers(folder: Path) -> None:
    def digest_with(**changes: object) -> str:
        about = json.loads((folder / ABOUT).read_text())
        kept = {name: value for name, value in about.items() if name not in ("format", "files")}
        seal(folder, {**kept, **changes})
        return Package.load(folder).model_digest

    first = digest_with()
    package = Package.load(folder)
    assert digest_with(training={"key": "of another training", "epochs_run": 3}) == first
    assert Package.load(folder).digest != package.digest
    assert digest_with(postprocess={"kind": "softmax", "threshold": 0.5}) != first
    assert digest_with(postprocess=package.postprocess) == first
    (folder / WEIGHTS).write_bytes(b"others")
    assert digest_with() != first


def test_runs_rows_in_order_whatever_the_batch_size(folder: Path) -> None:
    package = Package.load(folder)
    x = np.arange(15, dtype=np.float32).reshape(5, 3)
    expected = np.repeat(x.sum(axis=1, keepdims=True), 2, axis=1)
    for batch_size in (1, 2, 5, 100):
        np.testing.assert_array_equal(package.run({"x": x, "other": x}, batch_size=batch_size)["logits"], expected)
    assert package.run({"x": x[:0]})["logits"].shape == (0, 2)
    assert (package.labels, package.inputs, package.postprocess) == (("no", "yes"), ("x",), {"kind": "softmax"})
    assert package.digest == digests.folder(folder)


def test_a_package_of_the_former_format_still_runs_and_one_of_today_must_say_what_trained_it(folder: Path) -> None:
    about = json.loads((folder / ABOUT).read_text())
    del about["files"][TRAINED_ON]
    (folder / TRAINED_ON).unlink()
    (folder / ABOUT).write_text(json.dumps(about))
    with pytest.raises(InputError, match=f"must list {TRAINED_ON}"):
        Package.load(folder)
    (folder / ABOUT).write_text(json.dumps(about | {"format": format_of(2)}))
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(Package.load(folder).run({"x": x})["logits"], np.full((2, 2), 3.0))


@pytest.mark.parametrize("version", [3, 4])
def test_the_system_of_an_older_package_has_todays_name(folder: Path, version: int) -> None:
    about = json.loads((folder / ABOUT).read_text())
    older = about | {"format": format_of(version), "system": "fraud" if version == 3 else "table"}
    (folder / ABOUT).write_text(json.dumps(older))
    assert Package.load(folder).system == "table"


@pytest.mark.parametrize("name", [ABOUT, MODEL, WEIGHTS, TRAINED_ON])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError, match=rf"{name} is missing"):
        Package.load(folder)


@pytest.mark.parametrize("name", [MODEL, WEIGHTS, TRAINED_ON])
def test_an_altered_file_is_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name} has been altered"):
        Package.load(folder)


def test_what_is_no_onnx_is_refused(folder: Path) -> None:
    (folder / MODEL).write_bytes(b"not a model")
    seal(folder, json.loads((folder / ABOUT).read_text()))
    with pytest.raises(InputError, match=rf"{MODEL} is no ONNX model"):
        Package.load(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": {"name": "hallmark-package", "version": 99}}, "is of the format"),
        ({"files": {"../evil": "0"}}, "plain file names"),
        ({"inputs": [{"name": "y", "dtype": "float32", "shape": [3]}]}, "declares the inputs"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(folder: Path, change: dict[str, object], sentence: str) -> None:
    about = json.loads((folder / ABOUT).read_text()) | change
    (folder / ABOUT).write_text(json.dumps(about))
    with pytest.raises(InputError, match=sentence):
        Package.load(folder)


@pytest.mark.parametrize(("text", "sentence"), [("{", "is no JSON"), ("{}", "lacks the key 'format'"), ("3", "lacks")])
def test_a_broken_description_is_refused(folder: Path, text: str, sentence: str) -> None:
    (folder / ABOUT).write_text(text)
    with pytest.raises(InputError, match=sentence):
        Package.load(folder)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"y": np.zeros((2, 3), np.float32)}, "takes the array 'x'"),
        ({"x": np.zeros((2, 4), np.float32)}, "rows of shape"),
        ({"x": np.zeros((2, 3))}, "is float64"),
        ({"x": np.float32(0)}, "rows of shape"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(folder: Path, arrays: dict[str, np.ndarray], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Package.load(folder).run(arrays)
