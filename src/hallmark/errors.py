"""The one exception that a person's mistake raises; everything else that escapes is a bug and keeps its traceback."""


class InputError(ValueError):
    """Input that a person can mend. One sentence: the file, column or key, and the value seen."""
