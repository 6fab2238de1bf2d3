"""What can be said of a text without reading it."""

import re
from collections.abc import Sequence

import pandas as pd

_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_UPPER = re.compile(r"[A-Z]")
_PUNCTUATION = re.compile(r"[^\w\s]")
_SPACE = re.compile(r"\s")
_CODE = re.compile(r"^\s*(?:>>>|\.\.\. |import |from \w+ import|def |class |return\b|#)|[;{}]\s*$|\w\(.*\)\s*:?$")


def describe(texts: Sequence[str]) -> pd.DataFrame:
    """Return a row for each text: `length` (characters), `digits`, `upper_case`, `punctuation` and `space` (shares of
    the characters), `word_length` (mean, letters) and `code` (share of the lines that look like code)."""
    return pd.DataFrame([_of(text) for text in texts])


def _of(text: str) -> dict[str, float]:
    length, words, lines = max(1, len(text)), _WORD.findall(text), text.splitlines()
    shares = {"digits": _DIGIT, "upper_case": _UPPER, "punctuation": _PUNCTUATION, "space": _SPACE}
    return {
        "length": float(len(text)),
        **{name: len(pattern.findall(text)) / length for name, pattern in shares.items()},
        "word_length": sum(map(len, words)) / max(1, len(words)),
        "code": sum(bool(_CODE.search(line)) for line in lines) / max(1, len(lines)),
    }
