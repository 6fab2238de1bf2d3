"""Export of a trained network as a package, which replaces a former one once its parity holds."""

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
    """Write the package to `folder`, and return the finding of its parity with the network.

    If parity fails, no package is written. The package is made in a folder beside `folder`, and
    moved when it is complete; the rest of an export that was killed is removed.

    network: In evaluation mode on the CPU; `network.inputs` names the arrays that it takes.
    about: Content of package.json, with the training's key under training.key.
    train, validation: Examples whose hashes go into the package.
    fit_postprocess: Gets the package's outputs on `validation`, by name, and `validation`; returns
        the section `postprocess` of package.json.
    """
    names: Sequence[str] = network.inputs  # type: ignore[assignment]  # to mypy a tensor or a module
    arrays = {name: validation.arrays[name] for name in names}
    first_rows = {name: np.asarray(array[:1]) for name, array in arrays.items()}
    manifest = {
        "labels": list(validation.labels),
        "encoding": validation.encoding,
        **about,
        "inputs": _signature(arrays),
        "outputs": _signature(run_network(network, first_rows)),
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


def _signature(arrays: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the signature of inputs or outputs (n, …): name, dtype, and the shape of one example."""
    signature = []
    for name, array in arrays.items():
        signature.append({"name": name, "dtype": str(array.dtype), "shape": list(array.shape[1:])})
    return signature


@contextmanager
def _empty_folder(folder: Path) -> Iterator[Path]:
    """Make an empty folder for the context, and remove it at the end, if it is still there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
