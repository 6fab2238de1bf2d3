import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
import small_training
import torch
from safetensors.numpy import load_file
from torch import Tensor, nn

from hallmark.contracts import training_set
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import MODEL, TRAINED_ON, WEIGHTS, Package
from hallmark.train.package_export import export_package
from hallmark.train.trained_network import TrainedNetwork

pytestmark = pytest.mark.slow

ABOUT: dict[str, Any] = {"task": "sums", "system": "stub", "training": {"key": "0"}}


def postprocess(outputs: dict[str, np.ndarray], examples: Examples) -> dict[str, Any]:
    return {"kind": "softmax", "rows": [len(outputs["logits"]), len(examples)]}


def test_the_package_answers_as_the_network(trained: TrainedNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "my models" / "sums"
    train = small_training.examples(1003, 0)
    examples = small_training.examples(203, 1)

    def export() -> Finding:
        return export_package(
            trained.network, folder, about=ABOUT, train=train, validation=examples, fit_postprocess=postprocess
        )

    finding = export()
    assert (finding.check, finding.verdict, finding.n) == ("train.parity", "pass", 64)

    package = Package.load(folder)
    with torch.inference_mode():
        wanted = trained.network(torch.from_numpy(examples.arrays["x"])).numpy()
    np.testing.assert_allclose(package.run(examples.arrays)["logits"], wanted, atol=1e-5)
    assert package.postprocess == {"kind": "softmax", "rows": [203, 203]}
    assert package.manifest["parity"]["max_abs_difference"] == finding.estimate
    for name, tensor in load_file(folder / WEIGHTS).items():
        np.testing.assert_array_equal(tensor, trained.network.state_dict()[name].numpy())
    assert [path.name for path in folder.parent.iterdir()] == ["sums"]

    digest = package.digest  # the same bytes again, over what was there
    export()
    assert Package.load(folder).digest == digest

    taught = training_set.read(folder / TRAINED_ON, key=ABOUT["training"]["key"])
    assert taught.contains_fingerprints([*train.table["fingerprint"], *examples.table["fingerprint"]]).all()
    assert taught.contains_entities(["0", "202", "1002", "1003"]).tolist() == [True, True, True, False]

    model = onnx.load(folder / MODEL)
    onnx.checker.check_model(model)
    assert b".py" not in (folder / MODEL).read_bytes()  # nothing of the machine's own paths


def test_what_a_killed_export_left_is_removed(script: Path, trained: TrainedNetwork, tmp_path: Path) -> None:
    """Killed while the package is being fitted: beside `models/<task>` lies a draft, which the next one removes."""
    program = (
        "import json, os, runpy, sys, signal, pathlib, torch;"
        "stub = runpy.run_path(sys.argv[1]);"
        "from hallmark.answers.classes import network as classes;"
        "from hallmark.layers.model import complete;"
        "from hallmark.train.package_export import export_package;"
        "network = complete(stub['Network'](), stub['examples'](1003, 0), classes).eval();"
        "export_package(network, pathlib.Path(sys.argv[2]), about=json.loads(sys.argv[3]),"
        " train=stub['examples'](1003, 0), validation=stub['examples'](203, 1),"
        " fit_postprocess=lambda *_: os.kill(os.getpid(), signal.SIGKILL))"
    )
    folder = tmp_path / "models/sums"
    killed = subprocess.run([sys.executable, "-c", program, str(script), str(folder), json.dumps(ABOUT)])
    assert killed.returncode == -signal.SIGKILL
    (left,) = folder.parent.iterdir()
    assert (left / MODEL).is_file()

    (left / "more").write_text("of an older version")

    train = small_training.examples(1003, 0)
    validation = small_training.examples(203, 1)
    export_package(
        trained.network, folder, about=ABOUT, train=train, validation=validation, fit_postprocess=postprocess
    )
    assert [path.name for path in folder.parent.iterdir()] == ["sums"]
    assert "more" not in {path.name for path in folder.iterdir()}


class Wide(nn.Module):
    """Two arrays, one of them of bytes, and an argument list of any length."""

    inputs = ("image", "current")

    def forward(self, *inputs: Tensor) -> Tensor:
        image, current = inputs
        return torch.cat([image.float().mean((1, 2, 3))[:, None], current], dim=1)


class Fickle(Wide):
    """A network that answers otherwise than what the exporter saw of it."""

    def forward(self, *inputs: Tensor) -> Tensor:
        shift = 0 if torch.compiler.is_exporting() else 1
        return super().forward(*inputs) + shift


class Undefined(Wide):
    def forward(self, *inputs: Tensor) -> Tensor:
        return super().forward(*inputs) * torch.nan


@pytest.fixture
def mixed() -> Examples:
    table = small_training.examples(5, 0).table
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (5, 1, 4, 4), dtype=np.uint8)
    return Examples(table, {"image": images, "current": rng.normal(size=(5, 1)).astype(np.float32)}, ("no", "yes"))


def test_several_arrays_and_fewer_rows_than_the_largest_batch(mixed: Examples, tmp_path: Path) -> None:
    finding = export_package(
        Wide().eval(), tmp_path / "wide", about=ABOUT, train=mixed, validation=mixed, fit_postprocess=postprocess
    )
    package = Package.load(tmp_path / "wide")
    assert (finding.verdict, finding.n) == ("pass", 5)
    assert package.inputs == ("image", "current")
    assert package.manifest["inputs"][0] == {"name": "image", "dtype": "uint8", "shape": [1, 4, 4]}
    assert package.run(mixed.arrays)["logits"].shape == (5, 2)


@pytest.mark.parametrize("network", [Fickle, Undefined])
def test_a_package_that_answers_otherwise_is_not_written(
    network: type[nn.Module], mixed: Examples, tmp_path: Path
) -> None:
    finding = export_package(
        network().eval(),
        tmp_path / "models" / "wide",
        about=ABOUT,
        train=mixed,
        validation=mixed,
        fit_postprocess=postprocess,
    )

    assert finding.verdict == "fail"
    assert list((tmp_path / "models").iterdir()) == []


class Two(nn.Module):
    """Two outputs, one of them with a value for each position."""

    inputs = ("tokens",)
    outputs = ("each", "last")

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        return tokens.float() * 2, tokens[:, -1:].float() + torch.tensor([0.0, 1.0])


def test_several_outputs_and_the_encoding_travel_in_the_package(tmp_path: Path) -> None:
    tokens = np.arange(30, dtype=np.int32).reshape(10, 3)
    table = pd.DataFrame({"id": range(10), "entity": "one", "fingerprint": [str(row) for row in range(10)]})
    examples = Examples(table, {"tokens": tokens}, encoding={"words": ["a", "b"]})
    finding = export_package(
        Two().eval(),
        tmp_path / "two",
        about=ABOUT,
        train=examples,
        validation=examples,
        fit_postprocess=lambda *_: {"kind": "softmax"},
    )
    assert finding.verdict == "pass"

    package = Package.load(tmp_path / "two")
    assert [(entry["name"], entry["shape"]) for entry in package.manifest["outputs"]] == [("each", [3]), ("last", [2])]
    assert package.manifest["encoding"] == {"words": ["a", "b"]} and package.labels == ()

    given = package.run(examples.arrays, batch_size=4)
    np.testing.assert_array_equal(given["each"], 2.0 * tokens)
    np.testing.assert_array_equal(given["last"], tokens[:, -1:] + np.array([0.0, 1.0]))
