"""Which files show single examples.

They may be a person's, and then must not leave this machine.
"""

from pathlib import PurePosixPath

EXAMPLES = "examples"  # a folder of this name, anywhere in the reports, holds what shows single examples
TABLES = (  # those with a row for each example or episode
    "evaluate/predictions.parquet",
    "evaluate/episodes.parquet",
    "validate/failures.csv",
)


def is_of_examples(file: str) -> bool:
    """Return whether a report's file, relative to the task's reports as a POSIX path, shows single
    examples.
    """
    return file in TABLES or EXAMPLES in PurePosixPath(file).parts[:-1]
