"""The training key: a digest of all that a training depends on, by which its result is found."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hallmark import digests
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples


def select_training_columns(examples: Examples, decision: Decision) -> Examples:
    """Return the examples without the groups and descriptors that training doesn't read.

    Descriptors that scale the costs of `decision` stay, since the threshold depends on them. The
    others don't influence the package, so that a group which is added later doesn't change the
    training key.
    """
    cost_scales = set(decision.scale.values())
    metadata = [*examples.groups, *examples.descriptors]
    unused_columns = [name for name in metadata if name not in cost_scales]
    return replace(examples, table=examples.table.drop(columns=unused_columns))


def compute_training_key(parameters: Mapping[str, Any], splits: Sequence[Examples], code: Sequence[str]) -> str:
    """Return the key of a training: 64 hexadecimal digits (SHA-256).

    parameters: The sections that the training depends on.
    splits: The training and the validation split, reduced by `select_training_columns`.
    code: The digests of the code that the training runs.
    """
    content = [parameters, [_examples_digest(split) for split in splits], list(code)]
    return digests.text(json.dumps(content, sort_keys=True))


def _examples_digest(examples: Examples) -> str:
    """Return the SHA-256 of labels, encoding, table and arrays of the examples."""
    content = hashlib.sha256()
    head = {"labels": list(examples.labels), "encoding": examples.encoding, "rows": len(examples)}
    content.update(json.dumps(head, sort_keys=True).encode())

    for name in sorted(map(str, examples.table.columns)):
        content.update(_column_digest(name, examples.table[name]))
    for name in sorted(examples.arrays):
        content.update(_array_digest(name, np.asarray(examples.arrays[name])))
    return content.hexdigest()


def _column_digest(name: str, column: "pd.Series[Any]") -> bytes:
    """Return the SHA-256 of a column, its name and dtype: numbers by their bytes, other cells as text."""
    if column.dtype.kind in "biuf":
        return _array_digest(name, column.to_numpy())

    cells = zip(column, column.isna(), strict=True)
    texts = [None if is_missing else str(value) for value, is_missing in cells]
    return hashlib.sha256(json.dumps([name, str(column.dtype), texts]).encode()).digest()


def _array_digest(name: str, array: np.ndarray) -> bytes:
    content = hashlib.sha256(json.dumps([name, str(array.dtype), list(array.shape)]).encode())
    content.update(np.ascontiguousarray(array).data)
    return content.digest()
