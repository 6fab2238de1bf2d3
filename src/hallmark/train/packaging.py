"""From a trained network to a package: exported, compared with the network, and only then handed over."""

import logging
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import save
from torch import Tensor, nn

from hallmark import answers
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import ANSWERS, MODEL, TRAINED_ON, WEIGHTS, Package, write_manifest
from hallmark.contracts.training_set import TrainingSet

TOLERANCE = 1e-4  # of the largest output, at least of 1: float32 sums in another order, and room for deep networks
BATCHES = (1, 3, 64)  # one example, a few, many: where the export fixed a size, one of them differs

Postprocess = Callable[[dict[str, np.ndarray], Examples], dict[str, Any]]


def hand_over(
    network: nn.Module,
    folder: Path,
    about: Mapping[str, Any],
    train: Examples,
    validation: Examples,
    *,
    fit_postprocess: Postprocess,
) -> Finding:
    """Write the package to `folder`, unless it answers otherwise than the network: then there is only the finding.

    It is written beside `folder` and moves there whole. What a hand-over that was killed has left there goes.

    `network` is in evaluation mode on the CPU, and `network.inputs` names the arrays that it takes. `about` becomes
    part of package.json. `fit_postprocess` gets the package's own outputs on `validation`, and `validation`. Hashes of
    `train` and `validation` go into the package, under the training's key.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _empty(folder.with_name(f".package-{folder.name}")) as draft:
        names: Sequence[str] = network.inputs  # type: ignore[assignment]  # an attribute of a Module is a tensor or a Module to mypy
        arrays = {name: validation.arrays[name] for name in names}
        export(network, arrays, draft / MODEL)
        weights = {key: tensor.contiguous() for key, tensor in network.state_dict().items()}
        (draft / WEIGHTS).write_bytes(save(weights))
        training_set = TrainingSet.of(train.table, validation.table, key=about["training"]["key"])
        (draft / TRAINED_ON).write_bytes(training_set.to_bytes())
        signature = _signature(network, arrays)
        known = {"labels": list(validation.labels), "encoding": validation.encoding}
        pending = {**known, **about, **signature, "parity": {}, "postprocess": {}}
        write_manifest(draft, pending)
        package = Package.load(draft)
        parity = compare(network, package, arrays)
        if parity["max_abs_difference"] <= parity["tolerance"]:  # False for a difference that is NaN
            postprocess = fit_postprocess(package.run(arrays), validation)
            shutil.copyfile(str(answers.decoding(postprocess["kind"]).__file__), draft / ANSWERS)
            write_manifest(draft, {**pending, "parity": parity, "postprocess": postprocess})
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
    return _finding(parity)


@contextmanager
def _empty(folder: Path) -> Iterator[Path]:
    """Give a folder that is empty at the start and gone at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def export(network: nn.Module, arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write the network as ONNX with a free batch size. The same network gives the same bytes, and none of them
    tells of the machine: the exporter's own metadata has the paths of its source files."""
    rows = np.arange(3) % len(next(iter(arrays.values())))
    example = [torch.from_numpy(np.asarray(array[rows])) for array in arrays.values()]
    batch = torch.export.Dim("batch")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which nothing here needs
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the exporter's own deprecations, and its guesses about sizes: parity judges it
        program = torch.onnx.export(
            _Listed(network).eval(),
            (example,),
            input_names=list(arrays),
            output_names=list(outputs_of(network)),
            dynamic_shapes=([{0: batch} for _ in example],),
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # None only without dynamo
    model = program.model_proto
    _strip(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def outputs_of(network: nn.Module) -> tuple[str, ...]:
    """Return the names of what `forward` returns: one tensor, or a tuple of as many."""
    names: tuple[str, ...] = getattr(network, "outputs", ("logits",))
    return names


def compare(network: nn.Module, package: Package, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the largest difference between network and package on the first rows, in batches of 1, 3 and 64."""
    difference, largest, rows = 0.0, 1.0, 0
    for size in BATCHES:
        part = {name: np.asarray(array[:size]) for name, array in arrays.items()}
        given = package.run(part, batch_size=size)
        for name, wanted in _answers(network, part).items():
            difference = float(np.maximum(difference, np.abs(wanted - given[name]).max()))  # keeps a NaN
            largest, rows = max(largest, float(np.abs(wanted).max())), max(rows, len(wanted))
    return {"max_abs_difference": difference, "tolerance": TOLERANCE * largest, "rows": rows}


class _Listed(nn.Module):
    """The network with one argument, so that it is exported in one way however many arrays it takes."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, arrays: list[Tensor]) -> Tensor:
        return self.network(*arrays)  # type: ignore[no-any-return]  # a Module's call is untyped


def _strip(model: Any) -> None:
    graphs = [model.graph]
    for holder in (model, *model.functions, *model.graph.node, *(n for f in model.functions for n in f.node)):
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")
        graphs += [a.g for a in getattr(holder, "attribute", ()) if getattr(a, "type", 0) == onnx.AttributeProto.GRAPH]
    for graph in graphs:
        for holder in (graph, *graph.value_info, *graph.input, *graph.output, *graph.initializer, *graph.node):
            holder.ClearField("metadata_props")
            holder.ClearField("doc_string")


def _signature(network: nn.Module, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    answers = _answers(network, {name: np.asarray(array[:1]) for name, array in arrays.items()})
    sides = {"inputs": arrays, "outputs": answers}
    return {
        side: [{"name": name, "dtype": str(a.dtype), "shape": list(a.shape[1:])} for name, a in named.items()]
        for side, named in sides.items()
    }


def _answers(network: nn.Module, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        given = network(*(torch.from_numpy(array) for array in arrays.values()))
    tensors = given if isinstance(given, tuple) else (given,)
    return {name: tensor.float().numpy() for name, tensor in zip(outputs_of(network), tensors, strict=True)}


def _finding(parity: Mapping[str, Any]) -> Finding:
    difference, tolerance, rows = parity["max_abs_difference"], parity["tolerance"], parity["rows"]
    held, known = difference <= tolerance, np.isfinite(difference)
    told = f"differ by at most {difference:.1e}" if known else "are not finite, or differ without bound"
    return Finding(
        check="train.parity",
        estimate=difference if known else None,
        requirement=f"≤ {tolerance:.1e}",
        n=rows,
        verdict="pass" if held else "fail",
        reason=f"The outputs of the package and of the network behind it {told}, on {rows} validation examples.",
    )
