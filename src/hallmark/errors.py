"""The exception for a person's mistake. Any other exception is a bug, and keeps its traceback."""

import re

# C0 and C1 controls, line and paragraph separators, marks that turn the direction of text, lone
# surrogates, tags: what a terminal obeys, or a reader can't see. Joiners stay, since scripts and
# emoji are written with them.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


class InputError(ValueError):
    """Input that a person can mend. One sentence: the file, column or key, and the value seen.

    The sentence may hold any value, and is shown in terminals and logs: it is made of printable
    characters alone.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))


def printable(text: str) -> str:
    """Return `text` with control and invisible characters as escapes, such as `\\x1b`."""
    return _INVISIBLE.sub(lambda match: ascii(match[0])[1:-1], text)
