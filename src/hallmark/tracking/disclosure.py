"""What shows single examples, which may be a person's, and whether it may leave this machine."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

EXAMPLES = "examples"  # a folder of this name, anywhere in the reports, holds what shows single examples
TABLES = ("evaluate/predictions.parquet", "validate/failures.csv")  # those with a row for each example


def shows_examples(parameters: Mapping[str, Any]) -> bool:
    """Return what the composed parameters say of publishing single examples: publish.examples, off where not set."""
    return parameters["publish"].get("examples", False) is True


def is_of_examples(file: str) -> bool:
    """Return whether a report's file, relative to the task's reports as a POSIX path, shows single examples."""
    return file in TABLES or EXAMPLES in PurePosixPath(file).parts[:-1]
