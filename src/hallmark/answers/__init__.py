"""From raw outputs to answers, a module for each kind of output: `answer(outputs, postprocess)` and `numbers`.

Training copies the one module that a package needs into it, and whoever serves the package runs it, so a module imports
nothing but numpy, pandas and the standard library. `answer` returns a row for each example with `prediction` (text),
`confidence` and further numbers, whose names `numbers(postprocess)` lists in order.
"""

import importlib
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from hallmark.errors import InputError

FOLDER = Path(__file__).parent  # of the modules: a package's copy must be one of them (see `Package.load_judged`)


def load(kind: str) -> ModuleType:
    """Return the module that answers for a post-processing's "kind". Raises `InputError` where there is none."""
    known = [module.name for module in iter_modules(__path__)]
    if kind not in known:
        raise InputError(f"the package's post-processing is of the kind {kind!r}, which is none of {', '.join(known)}")
    return importlib.import_module(f"hallmark.answers.{kind}")
