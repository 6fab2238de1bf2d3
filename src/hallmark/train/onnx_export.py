"""Export of a network as ONNX: the same network gives the same bytes on every machine."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

_EXAMPLE_ROWS = 3  # rows of the batch that is traced: a size that no layer has


def write_onnx(network: nn.Module, arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write the network as ONNX with a variable batch size.

    `arrays` are example inputs (n, …) by name, in the order of the network's arguments. The
    exporter's metadata, which has paths of this machine, is removed.
    """
    rows = np.arange(_EXAMPLE_ROWS) % len(next(iter(arrays.values())))
    inputs = [torch.from_numpy(np.asarray(array[rows])) for array in arrays.values()]
    batch = torch.export.Dim("batch")

    # It warns that torchvision is absent, which isn't needed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The exporter warns of its own deprecations and of guessed sizes; parity is measured
        # afterwards.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            _ListOfArrays(network).eval(),
            (inputs,),
            input_names=list(arrays),
            output_names=list(output_names(network)),
            dynamic_shapes=([{0: batch} for _ in inputs],),
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # None only without dynamo

    model = program.model_proto
    _strip_metadata(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def output_names(network: nn.Module) -> tuple[str, ...]:
    """Return the names of the tensors that `forward` returns: of one tensor, or of a tuple of as many."""
    names: tuple[str, ...] = getattr(network, "outputs", ("logits",))
    return names


def run_network(network: nn.Module, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the outputs of a network in evaluation mode by name, (n, …) float32.

    `arrays` are its inputs (n, …) by name, in the order of its arguments.
    """
    with torch.inference_mode():
        outputs = network(*(torch.from_numpy(array) for array in arrays.values()))
    tensors = outputs if isinstance(outputs, tuple) else (outputs,)
    return {name: tensor.float().numpy() for name, tensor in zip(output_names(network), tensors, strict=True)}


class _ListOfArrays(nn.Module):
    """The network with one argument, a list of arrays, so that any number of inputs is exported alike."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, arrays: list[Tensor]) -> Tensor:
        return self.network(*arrays)  # type: ignore[no-any-return]  # a Module's call is untyped


def _strip_metadata(model: Any) -> None:
    """Clear the metadata and documentation of a model, its functions, graphs, nodes and values."""
    function_nodes = [node for function in model.functions for node in function.node]
    nodes = [*model.graph.node, *function_nodes]
    subgraphs = []
    for owner in (*model.functions, *nodes):
        for attribute in getattr(owner, "attribute", ()):
            if getattr(attribute, "type", None) == onnx.AttributeProto.GRAPH:
                subgraphs.append(attribute.g)

    parts = [model, *model.functions, *nodes]
    for graph in (model.graph, *subgraphs):
        values = [*graph.value_info, *graph.input, *graph.output, *graph.initializer]
        parts += [graph, *values, *graph.node]
    for part in parts:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
