"""What is served beside the package: described without MLflow, and built into the same bytes each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_task
import yaml

from hallmark.contracts.package import Package
from hallmark.publish import serving_spec
from hallmark.publish.mlflow_model import build_model, model_signature

FREE = {"model_uuid", "utc_time_created"}  # what MLmodel says that is another each time, before it is identified


@pytest.fixture
def package(tmp_path: Path) -> Path:
    small_task.write_package(tmp_path / "package")
    return tmp_path / "package"


def test_the_digest_sees_code_requirements_and_signature(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = Package.load(package).manifest
    known = serving_spec.digest(manifest)
    assert serving_spec.digest(manifest) == known

    with monkeypatch.context() as patch:
        patch.setattr(serving_spec, "requirements", lambda: ["numpy==1.0.0"])
        assert serving_spec.digest(manifest) != known
    with monkeypatch.context() as patch:
        patch.setattr(serving_spec, "PYTHON", "3.12")
        assert serving_spec.digest(manifest) != known
    with monkeypatch.context() as patch:
        code = package.parent / "served.py"
        code.write_bytes(serving_spec.CODE.read_bytes() + b"\n")
        patch.setattr(serving_spec, "CODE", code)
        assert serving_spec.digest(manifest) != known

    other = {**manifest["postprocess"], "labels": ["genuine", "other"]}
    assert serving_spec.digest({**manifest, "postprocess": other}) != known


def test_the_gate_needs_no_mlflow() -> None:
    program = "import sys, pipelines.gate; sys.exit('mlflow' in sys.modules)"
    root = Path(serving_spec.__file__).parents[3]
    paths = os.pathsep.join([str(root), str(root / "src")])
    assert subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": paths}).returncode == 0


def test_the_signature_is_mlflows(package: Path) -> None:
    signature = model_signature(serving_spec.signature(Package.load(package).manifest))
    (column,) = signature.inputs.inputs
    assert (column.name, column.type.name, column.shape) == ("values", "float32", (-1, 3))
    names = [(column.name, column.type.name) for column in signature.outputs.inputs]
    assert names[:2] == [("prediction", "string"), ("probability", "double")]
    assert ("probability.fraud", "double") in names


PACKAGED = ("answers.py", "model.onnx", "package.json", "trained_on.safetensors")


@pytest.mark.parametrize("with_example", [True, False])
def test_the_same_package_gives_the_same_bytes_and_tells_nothing_of_the_machine(
    package: Path, with_example: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = {"values": np.ones((2, 3), np.float32)} if with_example else None
    contents = []
    for name in ("first", "second"):
        folder = package.parent / name
        folder.mkdir()
        (folder / "uv.lock").write_text("version = 1\n")  # of whatever project the command runs in
        monkeypatch.chdir(folder)
        built = build_model(Package.load(package), package, folder / "model", example=example)
        files = {p.relative_to(built).as_posix(): p.read_bytes() for p in built.rglob("*") if p.is_file()}
        described = yaml.safe_load(files.pop("MLmodel"))
        assert set(described) >= FREE
        contents.append((files, {key: value for key, value in described.items() if key not in FREE}))
        everything = b"".join(files.values()) + json.dumps(described).encode()
        assert str(package.parent).encode() not in everything
        assert str(serving_spec.CODE.parent).encode() not in everything

    assert contents[0] == contents[1]

    expected = {"served.py", "conda.yaml", "python_env.yaml", "requirements.txt"}
    expected |= {f"artifacts/package/{name}" for name in PACKAGED}
    expected |= {"input_example.json", "serving_input_example.json"} if with_example else set()
    assert set(contents[0][0]) == expected
