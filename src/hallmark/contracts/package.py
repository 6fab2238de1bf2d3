"""The package contract: what training hands over, and evaluation, comparison, monitoring and serving run.

A folder with `package.json` (labels, encoding, signature, post-processing, digests), `model.onnx`,
`weights.safetensors`, `answers.py`, the module of `hallmark.answers` that makes answers of its outputs, and
`trained_on.safetensors`, what trained it (see `contracts.training_set`), which packages of format 2 lack; and nothing
else. Nothing here needs PyTorch, DVC or Hydra, nothing is ever unpickled, and no Python of a package is run.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from hallmark import digests
from hallmark.errors import InputError

ABOUT, MODEL, WEIGHTS, ANSWERS = "package.json", "model.onnx", "weights.safetensors", "answers.py"
TRAINED_ON = "trained_on.safetensors"
FILES = (ANSWERS, MODEL, TRAINED_ON, WEIGHTS)  # all that package.json may list
NAME, VERSION = "hallmark-package", 4
READABLE = (2, 3, 4)  # versions: 2 lacks TRAINED_ON; up to 3 the system `table` was called `fraud`
DOMAINS = ("", "ai.onnx")  # of operators: two names of the standard's own
_OUTSIDE = "session.model_external_initializers_file_folder_path"  # where tensors outside of the model may lie
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
    """A checked package, ready to run on the CPU. `about` is package.json; `digest` is the folder's."""

    about: Mapping[str, Any]
    digest: str
    _session: Any = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> "Package":
        """Read and check a package, each file once. Raises `InputError` naming what is missing, altered or no ONNX."""
        return cls._of(folder, *_read(folder))

    @classmethod
    def load_judged(cls, folder: Path, *, modules: Mapping[str, Path]) -> "Package":
        """Read and check a package whose answers are made by the code here, as its evaluation was.

        Evaluation scores by `hallmark.answers`, and what is served runs the package's own copy: so answers.py must be,
        byte for byte, the one of `modules`, by kind of post-processing, that the post-processing names (see
        `answers.decoding_files`). Raises `InputError`.
        """
        about, contents, digest = _read(folder)
        _require_own_answers(folder, about, contents, modules)
        return cls._of(folder, about, contents, digest)

    @classmethod
    def _of(cls, folder: Path, about: Mapping[str, Any], contents: Mapping[str, bytes], digest: str) -> "Package":
        session = _session(contents[MODEL], folder / MODEL)
        declared = [entry["name"] for entry in about["inputs"]], [entry["name"] for entry in about["outputs"]]
        actual = [node.name for node in session.get_inputs()], [node.name for node in session.get_outputs()]
        if declared != actual:
            raise InputError(f"{folder / ABOUT} declares the inputs and outputs {declared}, but {MODEL} has {actual}")
        return cls(about, digest, session)

    @property
    def says_what_trained_it(self) -> bool:
        return TRAINED_ON in self.about["files"]

    @property
    def model_digest(self) -> str:
        """Model digest: the SHA-256 of what makes its answers, which are network, weights and post-processing.

        Packages of equal answers share it, whatever else package.json says of how they came to be.
        """
        files = self.about["files"]
        parts = {"network": files[MODEL], "weights": files.get(WEIGHTS), "postprocess": self.about["postprocess"]}
        return digests.text(json.dumps(parts, sort_keys=True))

    @property
    def system(self) -> str:
        """The system by today's name, whatever it was called when the package was made."""
        name = str(self.about["system"])
        return "table" if name == "fraud" else name

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.about["labels"])

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(entry["name"] for entry in self.about["inputs"])

    @property
    def postprocess(self) -> dict[str, Any]:
        return dict(self.about["postprocess"])

    def run(self, arrays: Mapping[str, np.ndarray], *, batch_size: int = 256) -> dict[str, np.ndarray]:
        """Return the raw outputs, rows in the order of `arrays`, which may hold more arrays than the package takes.

        Raises `InputError` on a missing array and on a shape, a dtype or a number of rows other than declared.
        """
        taken = {entry["name"]: _fitting(arrays, entry) for entry in self.about["inputs"]}
        counts = {name: len(array) for name, array in taken.items()}
        if len(set(counts.values())) != 1:
            raise InputError(f"the arrays differ in their number of rows: {counts}")
        rows = next(iter(counts.values()))
        names = [entry["name"] for entry in self.about["outputs"]]
        parts = [
            self._session.run(names, {name: array[start : start + batch_size] for name, array in taken.items()})
            for start in range(0, rows, batch_size)
        ]
        empty = [np.empty((0, *entry["shape"]), entry["dtype"]) for entry in self.about["outputs"]]
        columns = zip(*parts, strict=True) if parts else ([nothing] for nothing in empty)
        return {name: np.concatenate(column) for name, column in zip(names, columns, strict=True)}


def write_manifest(folder: Path, about: Mapping[str, Any]) -> None:
    """Write package.json: `about`, the format's name and version, and the digests of the files that are there."""
    files = {path.name: digests.file(path) for path in sorted(folder.iterdir()) if path.name != ABOUT}
    content = {"format": format_of(VERSION), **about, "files": files}
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8")


def format_of(version: int) -> dict[str, Any]:
    """Return what package.json says under "format" of a package in this version of the format."""
    return {"name": NAME, "version": version}


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes], str]:
    """Return package.json, the content of the model and of its answers, and the digest of the folder.

    Each file is read once. Raises `InputError` where one that package.json lists is missing or altered, and where there
    is any other, so that the digest of the folder is that of the files that were checked.
    """
    about_content = _content(folder, ABOUT)
    about = _about(about_content, folder / ABOUT)
    surplus = sorted({path.name for path in folder.iterdir()} - {ABOUT, *about["files"]})
    if surplus:
        raise InputError(
            f"{folder} holds {', '.join(surplus)}, which {ABOUT} does not list: remove what is no part of it"
        )

    contents = {}
    for name, digest in about["files"].items():
        content = _checked(folder, name, digest)
        if name in (MODEL, ANSWERS):
            contents[name] = content
    return about, contents, digests.combine({**about["files"], ABOUT: hashlib.sha256(about_content).hexdigest()})


def _require_own_answers(
    folder: Path, about: Mapping[str, Any], contents: Mapping[str, bytes], modules: Mapping[str, Path]
) -> None:
    kind = about["postprocess"].get("kind") if isinstance(about["postprocess"], dict) else None
    if not isinstance(kind, str) or kind not in modules:
        raise InputError(
            f"{folder / ABOUT} has the post-processing {kind!r}, which is none of {', '.join(sorted(modules))}"
        )

    module = modules[kind]
    if contents.get(ANSWERS) != module.read_bytes():
        name = f"hallmark/answers/{module.parent.name}/{module.name}"
        raise InputError(
            f"{folder / ANSWERS} is not the module {name} of the code here, byte for byte, so what would be served is "
            f"not what was evaluated: `dvc repro train@{folder.name}` writes the package anew"
        )


def _content(folder: Path, name: str) -> bytes:
    if not (folder / name).is_file():
        raise InputError(f"the package is incomplete, {folder / name} is missing, or no file")
    return (folder / name).read_bytes()


def _about(content: bytes, path: Path) -> dict[str, Any]:
    """Return what package.json, at `path`, says. Raises `InputError` where it describes no package."""
    try:
        about: dict[str, Any] = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    missing = [key for key in _KEYS if key not in about] if isinstance(about, dict) else list(_KEYS)
    if missing:
        raise InputError(f"{path} lacks the key {missing[0]!r}")
    if about["format"] not in [format_of(version) for version in READABLE]:
        versions = ", ".join(map(str, READABLE))
        raise InputError(f"{path} is of the format {about['format']}, this program reads {NAME} in versions {versions}")
    listed = about["files"]
    is_listing = isinstance(listed, dict) and all(isinstance(digest, str) for digest in listed.values())
    if not is_listing or MODEL not in listed or not set(listed) <= set(FILES):
        got = sorted(listed) if is_listing else listed
        raise InputError(f"{path} must list {MODEL}, and of plain file names {', '.join(FILES)} alone, got {got}")
    if about["format"] != format_of(2) and TRAINED_ON not in about["files"]:
        raise InputError(f"{path} must list {TRAINED_ON}, which says what trained the package")
    return about


def _checked(folder: Path, name: str, digest: str) -> bytes:
    """Return a file's content; the bytes that were checked are the bytes that are used."""
    content = _content(folder, name)
    actual = hashlib.sha256(content).hexdigest()
    if actual != digest:
        raise InputError(
            f"{folder / name} has been altered: its digest is {actual[:12]}…, package.json says {digest[:12]}…"
        )
    return content


def _require_self_contained(model: bytes, path: Path) -> None:
    """Raise `InputError` where a model is more than these bytes: no digest covers what lies elsewhere.

    That is a tensor whose numbers lie in another file, or at an address in memory, wherever it stands (initializer,
    attribute, subgraph, function, sparse), and an operator that is neither of the standard nor a function of the model.
    """
    try:
        proto = onnx.load_model_from_string(model)
    except DecodeError as error:
        raise InputError(f"{path} is no ONNX model that can be run: {error}") from error

    own = {(function.domain, function.name) for function in proto.functions}
    for message in _messages(proto):
        if isinstance(message, onnx.TensorProto) and (
            message.data_location == onnx.TensorProto.EXTERNAL or message.external_data
        ):
            raise InputError(
                f"{path} keeps the tensor {message.name!r} outside of itself, where it can be exchanged: export the "
                "model with all of its tensors inside"
            )
        if isinstance(message, onnx.NodeProto) and (
            message.domain not in DOMAINS and (message.domain, message.op_type) not in own
        ):
            raise InputError(
                f"{path} has the operator {message.domain}.{message.op_type}, which the ONNX standard does not define: "
                "export the model with standard operators alone"
            )


def _messages(message: Message) -> Iterator[Message]:
    """Yield a message of Protocol Buffers and all that it holds, at any depth."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.type == FieldDescriptor.TYPE_MESSAGE:
            for each in [value] if isinstance(value, Message) else value:
                yield from _messages(each)


def _session(model: bytes, path: Path) -> Any:
    _require_self_contained(model, path)
    options = onnxruntime.SessionOptions()
    options.use_deterministic_compute = True
    options.add_session_config_entry("session.load_model_format", "ONNX")  # as it was checked, and no other format
    options.add_session_config_entry(_OUTSIDE, os.devnull)
    options.log_severity_level = 3  # errors only
    onnxruntime.disable_telemetry_events()
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise InputError(f"{path} is no ONNX model that can be run: {str(error).splitlines()[0]}") from error


def _fitting(arrays: Mapping[str, np.ndarray], entry: Mapping[str, Any]) -> np.ndarray:
    name, shape = entry["name"], tuple(entry["shape"])
    if name not in arrays:
        raise InputError(f"the package takes the array {name!r}, which is not among {sorted(arrays)}")
    array = arrays[name]
    if array.shape[1:] != shape or array.ndim == 0:
        raise InputError(f"the array {name!r} has rows of shape {array.shape[1:]}, the package takes {shape}")
    if str(array.dtype) != entry["dtype"]:
        raise InputError(f"the array {name!r} is {array.dtype}, the package takes {entry['dtype']}")
    return array
