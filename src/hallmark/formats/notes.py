"""Notes in a stage's log: what a reader accepts, though a person may have meant it otherwise."""

import sys


def note(sentence: str) -> None:
    """Write one line to standard error.

    Callers quote values of the data by `repr`, so that control characters can't steer a terminal.
    """
    sys.stderr.write(f"note: {sentence}\n")
