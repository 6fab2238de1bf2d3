"""From a trained network to a package: exported, compared with the network, and only then put in its place."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save
from torch import nn

from hallmark import answers
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import ANSWERS, MODEL, TRAINED_ON, WEIGHTS, Package, write_manifest
from hallmark.contracts.training_set import TrainingSet
from hallmark.train.onnx_export import run_network, write_onnx
from hallmark.train.parity import measure_parity

FitPostprocess = Callable[[dict[str, np.ndarray], Examples], dict[str, Any]]


def export_package(
    network: nn.Module,
    folder: Path,
    *,
    about: Mapping[str, Any],
    train: Examples,
    validation: Examples,
    fit_postprocess: FitPostprocess,
) -> Finding:
    """Write the package to `folder`, and return the finding of its parity with the network; where parity fails, no
    package is written.

    It is written beside `folder` and moves there whole. What a killed export has left there is removed.

    `network` is in evaluation mode on the CPU, and `network.inputs` names the arrays that it takes. `about` becomes
    part of package.json. `fit_postprocess` gets the package's own outputs on `validation`, and `validation`. Hashes of
    `train` and `validation` go into the package, under the training's key.
    """
    names: Sequence[str] = network.inputs  # type: ignore[assignment]  # to mypy a tensor or a module
    arrays = {name: validation.arrays[name] for name in names}
    manifest = {
        "labels": list(validation.labels),
        "encoding": validation.encoding,
        **about,
        "inputs": _describe(arrays),
        "outputs": _describe(run_network(network, {name: np.asarray(array[:1]) for name, array in arrays.items()})),
        "parity": {},
        "postprocess": {},
    }

    folder.parent.mkdir(parents=True, exist_ok=True)
    with _empty_folder(folder.with_name(f".package-{folder.name}")) as draft:
        write_onnx(network, arrays, draft / MODEL)
        weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
        (draft / WEIGHTS).write_bytes(save(weights))
        training_set = TrainingSet.of(train.table, validation.table, key=about["training"]["key"])
        (draft / TRAINED_ON).write_bytes(training_set.to_bytes())
        write_manifest(draft, manifest)

        package = Package.load(draft)
        parity = measure_parity(network, package, arrays)
        if parity.holds:
            postprocess = fit_postprocess(package.run(arrays), validation)
            shutil.copyfile(str(answers.decoding(postprocess["kind"]).__file__), draft / ANSWERS)
            write_manifest(draft, {**manifest, "parity": asdict(parity), "postprocess": postprocess})

            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
    return parity.finding()


def _describe(arrays: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the signature of inputs or outputs: name, dtype and the shape of one example."""
    return [{"name": name, "dtype": str(array.dtype), "shape": list(array.shape[1:])} for name, array in arrays.items()]


@contextmanager
def _empty_folder(folder: Path) -> Iterator[Path]:
    """Give a folder that is empty at the start and gone at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
