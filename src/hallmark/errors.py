"""The exceptions for a person's mistake. Any other exception is a bug, and keeps its traceback."""

import re

# Characters that a terminal obeys, or that are invisible: C0 and C1 controls, separators of lines
# and paragraphs, direction marks, lone surrogates, tags. Joiners stay, since scripts and emoji need
# them.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


class InputError(ValueError):
    """A mistake that a person can mend: one sentence with the file, column or key, the value and the cure.

    The sentence may quote any value, and is shown in terminals and logs. So invisible characters
    are escaped.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))


class ConfigValueError(InputError):
    """A mistake in a value of a configuration: `key`, dotted, and the `words` that follow it in a sentence."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(f"{key} {words}")
        self.key = key
        self.words = words


def printable(text: str) -> str:
    """Return `text` with control and invisible characters as escapes, such as `\\x1b`."""
    return _INVISIBLE.sub(lambda match: ascii(match[0])[1:-1], text)
