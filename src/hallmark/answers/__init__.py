"""From raw outputs to answers, a module for each kind of output: `answer(outputs, postprocess)` and `numbers`.

The registry copies the one module that a package needs beside it and runs it there, so a module imports nothing but
numpy, pandas and the standard library. `answer` returns a row for each example with `prediction` (text), `confidence`
and further numbers, whose names `numbers(postprocess)` lists in order.
"""

import importlib
import re
from types import ModuleType

from hallmark.errors import InputError


def load(kind: str) -> ModuleType:
    """Return the module that answers for a post-processing's "kind". Raises `InputError` where there is none."""
    try:
        assert re.fullmatch(r"[a-z_]+", kind)
        return importlib.import_module(f"hallmark.answers.{kind}")
    except (ImportError, AssertionError) as error:
        raise InputError(f"the package's post-processing is of the kind {kind!r}, which is not known here") from error
