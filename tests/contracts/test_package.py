import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import GraphProto, ModelProto, SparseTensorProto, TensorProto, helper

from hallmark import answers, digests
from hallmark.contracts.package import (
    ANSWERS,
    MANIFEST,
    MODEL,
    TRAINED_ON,
    WEIGHTS,
    Package,
    format_of,
    write_manifest,
)
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
    write_manifest(
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
        about = json.loads((folder / MANIFEST).read_text())
        kept = {name: value for name, value in about.items() if name not in ("format", "files")}
        write_manifest(folder, {**kept, **changes})
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
    about = json.loads((folder / MANIFEST).read_text())
    del about["files"][TRAINED_ON]
    (folder / TRAINED_ON).unlink()
    (folder / MANIFEST).write_text(json.dumps(about))
    with pytest.raises(InputError, match=f"must list {TRAINED_ON}"):
        Package.load(folder)

    (folder / MANIFEST).write_text(json.dumps(about | {"format": format_of(2)}))
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(Package.load(folder).run({"x": x})["logits"], np.full((2, 2), 3.0))


@pytest.mark.parametrize("version", [3, 4])
def test_the_system_of_an_older_package_has_todays_name(folder: Path, version: int) -> None:
    about = json.loads((folder / MANIFEST).read_text())
    older = about | {"format": format_of(version), "system": "fraud" if version == 3 else "table"}
    (folder / MANIFEST).write_text(json.dumps(older))
    assert Package.load(folder).system == "table"


@pytest.mark.parametrize("name", [MANIFEST, MODEL, WEIGHTS, TRAINED_ON])
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
    write_manifest(folder, json.loads((folder / MANIFEST).read_text()))
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
    about = json.loads((folder / MANIFEST).read_text()) | change
    (folder / MANIFEST).write_text(json.dumps(about))
    with pytest.raises(InputError, match=sentence):
        Package.load(folder)


@pytest.mark.parametrize(("text", "sentence"), [("{", "is no JSON"), ("{}", "lacks the key 'format'"), ("3", "lacks")])
def test_a_broken_description_is_refused(folder: Path, text: str, sentence: str) -> None:
    (folder / MANIFEST).write_text(text)
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


def reseal(folder: Path, **changed: object) -> None:
    write_manifest(folder, json.loads((folder / MANIFEST).read_text()) | changed)


@pytest.mark.parametrize("name", ["more.py", "__pycache__", ".DS_Store", "model.onnx.data"])
def test_a_package_holds_nothing_but_its_own_files(folder: Path, name: str) -> None:
    if name == "__pycache__":
        (folder / name).mkdir()
    else:
        (folder / name).write_bytes(b"x = 1")
    with pytest.raises(InputError, match=f"holds {name}, which package.json does not list"):
        Package.load(folder)

    if name != "__pycache__":
        reseal(folder)  # its digest in package.json makes it no part of a package
        with pytest.raises(InputError, match=f"plain file names .* alone, got .*{name}"):
            Package.load(folder)


@pytest.mark.parametrize("kind", ["softmax", "ranking"])
def test_answers_are_made_by_the_code_that_evaluated(folder: Path, kind: str) -> None:
    modules = answers.decoding_files()
    module = modules[kind]
    (folder / ANSWERS).write_bytes(module.read_bytes())
    reseal(folder, postprocess={"kind": kind})

    assert Package.load_with_current_decoding(folder, modules=modules).postprocess == {"kind": kind}

    for content in (module.read_bytes() + b"\n", modules["ctc"].read_bytes(), b""):
        (folder / ANSWERS).write_bytes(content)
        reseal(folder)
        Package.load(folder)  # as a champion's, of whatever code
        with pytest.raises(InputError, match=f"is not the module hallmark/answers/{module.parent.name}/"):
            Package.load_with_current_decoding(folder, modules=modules)

    (folder / ANSWERS).unlink()
    reseal(folder)
    with pytest.raises(InputError, match="is not the module"):
        Package.load_with_current_decoding(folder, modules=modules)


@pytest.mark.parametrize("kind", ["__init__", "../package", "unknown", None, ["softmax"]])
def test_a_kind_of_answers_that_is_none_is_refused(folder: Path, kind: object) -> None:
    reseal(folder, postprocess={"kind": kind})
    with pytest.raises(InputError, match="which is none of ctc, likelihood, ranking, regression, softmax"):
        Package.load_with_current_decoding(folder, modules=answers.decoding_files())


SIZE = 4000


def outside(name: str, *dims: int, location: str = "w.bin", offset: int = 0) -> TensorProto:
    """A tensor whose numbers lie in a file."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", 4 * int(np.prod(dims)))):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def model_of(
    nodes: list[onnx.NodeProto], *initializers: TensorProto, functions: tuple[onnx.FunctionProto, ...] = ()
) -> ModelProto:
    """A model of `x` (batch, 3) and `logits`, which `nodes` compute."""
    shapes = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, None),
    ]
    graph = helper.make_graph(nodes, "outside", shapes[:1], shapes[1:], list(initializers))
    domains = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=domains, ir_version=10, functions=list(functions))


def multiply() -> onnx.NodeProto:
    return helper.make_node("MatMul", ["x", "w"], ["logits"])


def constant(tensor: TensorProto) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["w"], value=tensor)


def branch(*initializers: TensorProto) -> GraphProto:
    output = helper.make_tensor_value_info("chosen", TensorProto.FLOAT, None)
    return helper.make_graph(
        [helper.make_node("Identity", ["own_w"], ["chosen"])], "branch", [], [output], initializers
    )


def in_a_subgraph() -> ModelProto:
    always = helper.make_node("Constant", [], ["always"], value=helper.make_tensor("c", TensorProto.BOOL, [], [True]))
    graph = branch(outside("own_w", 3, SIZE))
    chosen = helper.make_node("If", ["always"], ["w"], then_branch=graph, else_branch=graph)
    return model_of([always, chosen, multiply()])


def in_a_function() -> ModelProto:
    nodes = [constant(outside("w", 3, SIZE)), helper.make_node("MatMul", ["a", "w"], ["b"])]
    function = helper.make_function("own", "Multiply", ["a"], ["b"], nodes, [helper.make_opsetid("", 18)])
    return model_of([helper.make_node("Multiply", ["x"], ["logits"], domain="own")], functions=(function,))


def in_a_sparse_initializer() -> ModelProto:
    model = model_of([multiply()])
    positions = helper.make_tensor("positions", TensorProto.INT64, [SIZE], list(range(SIZE)))
    values = outside("w", SIZE)
    model.graph.sparse_initializer.append(SparseTensorProto(values=values, indices=positions, dims=[3, SIZE]))
    return model


def by_its_list_alone() -> ModelProto:
    """The tensor doesn't say that it lies elsewhere, but where."""
    tensor = outside("w", 3, SIZE)
    tensor.data_location = TensorProto.DEFAULT
    return model_of([multiply()], tensor)


OUTSIDE: dict[str, Callable[[], ModelProto]] = {
    "initializer": lambda: model_of([multiply()], outside("w", 3, SIZE)),
    "small initializer": lambda: model_of([multiply()], outside("w", 3, 2)),
    "address in memory": lambda: model_of(
        [multiply()], outside("w", 3, SIZE, location="*/_ORT_MEM_ADDR_/*", offset=64)
    ),
    "attribute": lambda: model_of([constant(outside("w", 3, SIZE)), multiply()]),
    "subgraph": in_a_subgraph,
    "function": in_a_function,
    "sparse": in_a_sparse_initializer,
    "list alone": by_its_list_alone,
}


@pytest.mark.parametrize("place", OUTSIDE)
def test_a_tensor_outside_of_the_model_is_refused_wherever_it_stands(
    folder: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    np.ones(3 * SIZE, np.float32).tofile(folder.parent / "w.bin")  # where ONNX Runtime would find it
    (folder / MODEL).write_bytes(OUTSIDE[place]().SerializeToString())
    reseal(folder, inputs=[{"name": "x", "dtype": "float32", "shape": [3]}])
    with pytest.raises(InputError, match="keeps the tensor .* outside of itself"):
        Package.load(folder)


def test_an_operator_beside_the_standard_is_refused_and_a_function_of_the_model_is_none(folder: Path) -> None:
    weights = helper.make_tensor("w", TensorProto.FLOAT, [3, 2], np.ones(6))
    standard = helper.make_node("MatMul", ["a", "b"], ["c"])
    function = helper.make_function("own", "Multiply", ["a", "b"], ["c"], [standard], [helper.make_opsetid("", 18)])
    call = helper.make_node("Multiply", ["x", "w"], ["logits"], domain="own")
    (folder / MODEL).write_bytes(model_of([call], weights, functions=(function,)).SerializeToString())
    reseal(folder)
    x = np.ones((1, 3), np.float32)
    np.testing.assert_array_equal(Package.load(folder).run({"x": x})["logits"], [[3.0, 3.0]])

    foreign = helper.make_node("FusedMatMul", ["x", "w"], ["logits"], domain="com.microsoft")
    (folder / MODEL).write_bytes(model_of([foreign], weights).SerializeToString())
    reseal(folder)
    with pytest.raises(InputError, match=r"has the operator com\.microsoft\.FusedMatMul"):
        Package.load(folder)


def test_a_model_of_another_format_is_refused(folder: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = os.fspath(folder.parent / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")

    onnxruntime.InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
    onnxruntime.InferenceSession((folder.parent / "model.ort").read_bytes(), providers=["CPUExecutionProvider"])
    (folder / MODEL).write_bytes((folder.parent / "model.ort").read_bytes())
    reseal(folder)
    with pytest.raises(InputError, match="is no ONNX model that can be run"):
        Package.load(folder)
