"""What a reader says of data that it reads, but that a person may have meant otherwise: a line each, not a refusal."""

import sys


def note(sentence: str) -> None:
    """Write one line to the stage's log; values in it are quoted by `repr`, so that they can't steer a terminal."""
    sys.stderr.write(f"note: {sentence}\n")
