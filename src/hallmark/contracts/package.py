"""The package contract: the folder in which training exports a model, and from which it is run.

Evaluation, comparison with a champion, monitoring and serving read it. Its files, and no others:

package.json: The manifest: task, system, labels, encoding, inputs and outputs, post-processing, the
    SHA-256 of every other file (`_KEYS` lists all keys).
model.onnx: The network with its weights, which ONNX Runtime runs.
weights.safetensors: The same weights, for whoever wants to go on training; nothing here reads it.
answers.py: A copy of the module of `hallmark.answers` that turns raw outputs into answers.
trained_on.safetensors: Hashes of the training examples (`contracts.training_set`); from format 3
    on.

Nothing here needs PyTorch, DVC or Hydra. Nothing is unpickled, and answers.py is not run here.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from hallmark import digests
from hallmark.errors import InputError

MANIFEST = "package.json"
MODEL = "model.onnx"
WEIGHTS = "weights.safetensors"
ANSWERS = "answers.py"
TRAINED_ON = "trained_on.safetensors"
FILES = (ANSWERS, MODEL, TRAINED_ON, WEIGHTS)  # the only names that the manifest may list

NAME = "hallmark-package"
VERSION = 4
READABLE = (2, 3, 4)  # versions: 2 lacks TRAINED_ON; up to 3 the system `table` was called `fraud`

_FORMER_SYSTEM_NAMES = {"fraud": "table"}
_STANDARD_DOMAINS = ("", "ai.onnx")  # of operators: both name the ONNX standard
_EXTERNAL_FOLDER = "session.model_external_initializers_file_folder_path"  # for tensors in other files
_KEYS = (
    "format",
    "task",
    "system",
    "labels",
    "encoding",
    "inputs",
    "outputs",
    "postprocess",
    "files",
    "parity",
    "training",
)


@dataclass(frozen=True)
class Package:
    """A package whose files have been checked, ready to run on the CPU.

    manifest: The content of package.json.
    manifest_digest: The SHA-256 of package.json, which lists those of the other files.
    digest: The SHA-256 of the folder, as `digests.folder` computes it.
    """

    manifest: Mapping[str, Any]
    manifest_digest: str
    digest: str
    _session: Any = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> "Package":
        """Read and check a package; each file is read once.

        Raises `InputError` where a file is missing, altered or not listed, or the model is not
        ONNX.
        """
        return cls._open(folder, _read_files(folder))

    @classmethod
    def load_with_current_decoding(cls, folder: Path, *, modules: Mapping[str, Path]) -> "Package":
        """Read and check a package whose answers.py must be the decoding module of this code.

        Serving runs the package's answers.py, but evaluation ran the module of `hallmark.answers`:
        the evidence holds for what is served only if both are equal, byte for byte. `modules` gives
        the module by kind of post-processing (`answers.decoding_files`).

        Raises `InputError` as `load` does, and where answers.py differs from the module.
        """
        files = _read_files(folder)
        _require_current_decoding(folder, files.manifest, files.contents, modules)
        return cls._open(folder, files)

    @classmethod
    def _open(cls, folder: Path, files: "_Files") -> "Package":
        """Open the model of `folder`, whose files have been read and checked.

        Raises `InputError` where its inputs or outputs are not those of the manifest.
        """
        manifest = files.manifest
        session = _open_session(files.contents[MODEL], folder / MODEL)

        declared_inputs = [entry["name"] for entry in manifest["inputs"]]
        declared_outputs = [entry["name"] for entry in manifest["outputs"]]
        declared = (declared_inputs, declared_outputs)

        model_inputs = [node.name for node in session.get_inputs()]
        model_outputs = [node.name for node in session.get_outputs()]
        actual = (model_inputs, model_outputs)

        if declared != actual:
            raise InputError(
                f"{folder / MANIFEST} declares the inputs and outputs {declared}, but {MODEL} has {actual}"
            )
        return cls(manifest, files.manifest_digest, files.digest, session)

    @property
    def has_training_set(self) -> bool:
        """Whether it lists what trained it; packages of format 2 don't."""
        return TRAINED_ON in self.manifest["files"]

    @property
    def model_digest(self) -> str:
        """The SHA-256 of what determines the answers: network, weights and post-processing.

        Packages with equal answers share it, however the rest of their manifests differs.
        """
        files = self.manifest["files"]
        parts = {
            "network": files[MODEL],
            "weights": files.get(WEIGHTS),
            "postprocess": self.manifest["postprocess"],
        }
        return digests.text(json.dumps(parts, sort_keys=True))

    @property
    def system(self) -> str:
        """The system by its present name, even if the package was made under a former one."""
        name = str(self.manifest["system"])
        return _FORMER_SYSTEM_NAMES.get(name, name)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.manifest["labels"])

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the network's input arrays, in its own order."""
        return tuple(entry["name"] for entry in self.manifest["inputs"])

    @property
    def postprocess(self) -> dict[str, Any]:
        return dict(self.manifest["postprocess"])

    def run(self, arrays: Mapping[str, np.ndarray], *, batch_size: int = 256) -> dict[str, np.ndarray]:
        """Run the network on n rows, and return its raw outputs by name, each (n, …) in their order.

        `arrays` holds each input by name, as (n, *shape) with the shape of one row and the dtype
        that the manifest declares. Arrays that are no input are ignored.

        Raises `InputError` where an input is missing, has another shape or dtype, or another n.
        """
        inputs = {entry["name"]: _input_array(arrays, entry) for entry in self.manifest["inputs"]}
        row_counts = {name: len(array) for name, array in inputs.items()}
        if len(set(row_counts.values())) != 1:
            raise InputError(f"the arrays differ in their number of rows: {row_counts}")

        row_count = next(iter(row_counts.values()))
        if row_count == 0:
            outputs = self.manifest["outputs"]
            return {entry["name"]: np.empty((0, *entry["shape"]), entry["dtype"]) for entry in outputs}

        output_names = [entry["name"] for entry in self.manifest["outputs"]]
        parts: dict[str, list[np.ndarray]] = {name: [] for name in output_names}
        for start in range(0, row_count, batch_size):
            batch = {name: array[start : start + batch_size] for name, array in inputs.items()}
            for name, output in zip(output_names, self._session.run(output_names, batch), strict=True):
                parts[name].append(output)
        return {name: np.concatenate(batches) for name, batches in parts.items()}


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write package.json: `manifest`, the format's name and version, and the digests of the files
    in `folder`.
    """
    files = {path.name: digests.file(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    content = {"format": format_of(VERSION), **manifest, "files": files}
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def format_of(version: int) -> dict[str, Any]:
    """Return the value of the manifest's key "format" in this version of the format."""
    return {"name": NAME, "version": version}


class _Files(NamedTuple):
    """What the files of a package hold: the manifest, and the bytes of model.onnx and answers.py by name."""

    manifest: dict[str, Any]
    manifest_digest: str
    contents: dict[str, bytes]
    digest: str  # of the folder


def _read_files(folder: Path) -> _Files:
    """Read every file of a package once, and check it.

    Raises `InputError` where a listed file is missing or altered, and where the folder has any
    other file or subfolder: otherwise its digest would cover files that were not checked.
    """
    manifest_bytes = _read_bytes(folder, MANIFEST)
    manifest = _parse_manifest(manifest_bytes, folder / MANIFEST)

    present_names = {path.name for path in folder.iterdir()}
    unlisted_names = sorted(present_names - {MANIFEST, *manifest["files"]})
    if unlisted_names:
        raise InputError(
            f"{folder} holds {', '.join(unlisted_names)}, which {MANIFEST} does not list: remove what is no part of it"
        )

    contents = {}
    for name, digest in manifest["files"].items():
        content = _read_verified(folder, name, digest)
        if name in (MODEL, ANSWERS):
            contents[name] = content

    manifest_digest = hashlib.sha256(manifest_bytes).hexdigest()
    folder_digest = digests.combine({**manifest["files"], MANIFEST: manifest_digest})
    return _Files(manifest, manifest_digest, contents, folder_digest)


def _require_current_decoding(
    folder: Path, manifest: Mapping[str, Any], contents: Mapping[str, bytes], modules: Mapping[str, Path]
) -> None:
    """Raise `InputError` where answers.py is not the module of its kind of post-processing."""
    postprocess = manifest["postprocess"]
    kind = postprocess.get("kind") if isinstance(postprocess, dict) else None
    if not isinstance(kind, str) or kind not in modules:
        raise InputError(
            f"{folder / MANIFEST} has the post-processing {kind!r}, which is none of {', '.join(sorted(modules))}"
        )

    module = modules[kind]
    if contents.get(ANSWERS) != module.read_bytes():
        name = f"hallmark/answers/{module.parent.name}/{module.name}"
        raise InputError(
            f"{folder / ANSWERS} is not the module {name} of the code here, byte for byte, so what would be served is "
            f"not what was evaluated: `dvc repro train@{folder.name}` writes the package anew"
        )


def _read_bytes(folder: Path, name: str) -> bytes:
    """Return the content of a file of the package. Raises `InputError` where there is none."""
    path = folder / name
    if not path.is_file():
        raise InputError(f"the package is incomplete, {path} is missing, or no file")
    return path.read_bytes()


def _read_verified(folder: Path, name: str, digest: str) -> bytes:
    """Return the content of a file; it is read once: the bytes in use are the bytes checked.

    Raises `InputError` where its SHA-256 is not `digest`.
    """
    content = _read_bytes(folder, name)
    actual = hashlib.sha256(content).hexdigest()
    if actual != digest:
        raise InputError(
            f"{folder / name} has been altered: its digest is {actual[:12]}…, package.json says {digest[:12]}…"
        )
    return content


def _parse_manifest(content: bytes, path: Path) -> dict[str, Any]:
    """Return the object in the bytes of package.json, which lies at `path`.

    Raises `InputError` where it is no JSON object, lacks a key, is of a format that this code can't
    read, or lists a file that is no part of a package.
    """
    try:
        manifest: dict[str, Any] = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}") from error

    present_keys = set(manifest) if isinstance(manifest, dict) else set()
    missing_keys = [key for key in _KEYS if key not in present_keys]
    if missing_keys:
        raise InputError(f"{path} lacks the key {missing_keys[0]!r}")

    if manifest["format"] not in [format_of(version) for version in READABLE]:
        versions = ", ".join(map(str, READABLE))
        raise InputError(
            f"{path} is of the format {manifest['format']}, this program reads {NAME} in versions {versions}"
        )

    files = manifest["files"]
    is_listing = isinstance(files, dict) and all(isinstance(digest, str) for digest in files.values())
    if not is_listing or MODEL not in files or not set(files) <= set(FILES):
        value = sorted(files) if is_listing else files
        raise InputError(f"{path} must list {MODEL}, and of plain file names {', '.join(FILES)} alone, got {value}")

    if manifest["format"] != format_of(2) and TRAINED_ON not in files:
        raise InputError(f"{path} must list {TRAINED_ON}, which says what trained the package")
    return manifest


def _require_self_contained(model: bytes, path: Path) -> None:
    """Raise `InputError` where a model needs more than its own bytes: no digest covers the rest.

    Refused are a tensor whose numbers lie in another file or at an address in memory, wherever the
    tensor stands in the model (initializer, attribute, subgraph, function, sparse tensor), and an
    operator that neither the ONNX standard nor a function of the model defines. `path` is for
    errors.
    """
    try:
        proto = onnx.load_model_from_string(model)
    except DecodeError as error:
        raise InputError(f"{path} is no ONNX model that can be run: {error}") from error

    model_functions = {(function.domain, function.name) for function in proto.functions}
    for message in _iterate_messages(proto):
        if isinstance(message, onnx.TensorProto) and (
            message.data_location == onnx.TensorProto.EXTERNAL or message.external_data
        ):
            raise InputError(
                f"{path} keeps the tensor {message.name!r} outside of itself, where it can be exchanged: export the "
                "model with all of its tensors inside"
            )

        if isinstance(message, onnx.NodeProto) and (
            message.domain not in _STANDARD_DOMAINS and (message.domain, message.op_type) not in model_functions
        ):
            raise InputError(
                f"{path} has the operator {message.domain}.{message.op_type}, which the ONNX standard does not define: "
                "export the model with standard operators alone"
            )


def _iterate_messages(message: Message) -> Iterator[Message]:
    """Yield a message of Protocol Buffers, then every message inside it, at any depth."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        children = [value] if isinstance(value, Message) else value  # a repeated field is a list of them
        for child in children:
            yield from _iterate_messages(child)


def _open_session(model: bytes, path: Path) -> Any:
    """Return an ONNX Runtime session for the bytes of a model, on the CPU; `path` is for errors.

    Raises `InputError` where the model is no ONNX or needs more than its own bytes.
    """
    _require_self_contained(model, path)

    options = onnxruntime.SessionOptions()
    options.use_deterministic_compute = True
    options.add_session_config_entry("session.load_model_format", "ONNX")  # the only format checked above
    options.add_session_config_entry(_EXTERNAL_FOLDER, os.devnull)  # a second guard: nothing can lie there
    options.log_severity_level = 3  # errors only
    onnxruntime.disable_telemetry_events()
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise InputError(f"{path} is no ONNX model that can be run: {str(error).splitlines()[0]}") from error


def _input_array(arrays: Mapping[str, np.ndarray], entry: Mapping[str, Any]) -> np.ndarray:
    """Return the array of one input, (n, *shape).

    `entry` is its name, dtype and shape in the manifest.

    Raises `InputError` where it is missing, or has another shape or dtype.
    """
    name = entry["name"]
    shape = tuple(entry["shape"])
    if name not in arrays:
        raise InputError(f"the package takes the array {name!r}, which is not among {sorted(arrays)}")

    array = arrays[name]
    if array.shape[1:] != shape or array.ndim == 0:
        raise InputError(f"the array {name!r} has rows of shape {array.shape[1:]}, the package takes {shape}")
    if str(array.dtype) != entry["dtype"]:
        raise InputError(f"the array {name!r} is {array.dtype}, the package takes {entry['dtype']}")
    return array
