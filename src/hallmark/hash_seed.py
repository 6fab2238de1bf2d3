"""Hashes of texts that are the same in every process, so that sets of texts have one order."""

import os
import sys

_VARIABLE = "PYTHONHASHSEED"
_SEED = "0"


def fix() -> None:
    """Start this process anew with the fixed seed, unless it has it: Python reads it at its start alone.

    Call it before anything slow is imported. The process keeps its id.
    """
    if os.environ.get(_VARIABLE) != _SEED:
        os.execve(sys.executable, sys.orig_argv, os.environ | {_VARIABLE: _SEED})  # noqa: S606 (our own words)
