"""Which files show single examples.

They may be a person's, and then must not leave this machine.
"""

from pathlib import PurePosixPath

from hallmark.layout import Layout

EXAMPLES = "examples"  # a folder of this name, anywhere in the reports, holds what shows single examples
_LAYOUT = Layout("task")
TABLES = tuple(  # those with a row for each example or episode
    path.relative_to(_LAYOUT.reports).as_posix() for path in (_LAYOUT.predictions, _LAYOUT.episodes, _LAYOUT.failures)
)


def is_of_examples(file: str) -> bool:
    """Return whether a report's file, relative to the task's reports as a POSIX path, shows single
    examples.
    """
    return file in TABLES or EXAMPLES in PurePosixPath(file).parts[:-1]
