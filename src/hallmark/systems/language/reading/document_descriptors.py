"""Metadata features of texts: numbers from characters and lines, whatever a text is about."""

import re
from collections.abc import Sequence

import pandas as pd

_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_UPPER = re.compile(r"[A-Z]")
_PUNCTUATION = re.compile(r"[^\w\s]")
_SPACE = re.compile(r"\s")
# A line that looks like Python: a prompt, a keyword, a comment; or it ends like code.
_CODE = re.compile(r"^\s*(?:>>>|\.\.\. |import |from \w+ import|def |class |return\b|#)|[;{}]\s*$|\w\(.*\)\s*:?$")


def describe(texts: Sequence[str]) -> pd.DataFrame:
    """Return the metadata features of texts, a row each, in their order; all are float.

    - length: characters
    - digits, upper_case, punctuation, space: shares of the characters; upper_case counts A to Z
      alone
    - word_length: mean number of letters of a word
    - code: share of the lines that look like code

    Shares and means are 0 where there is nothing to count.
    """
    return pd.DataFrame([_describe(text) for text in texts])


def _describe(text: str) -> dict[str, float]:
    """Return the features of one text by name."""
    words = _WORD.findall(text)
    lines = text.splitlines()
    code_lines = [line for line in lines if _CODE.search(line)]

    return {
        "length": float(len(text)),
        "digits": _share(_DIGIT, text),
        "upper_case": _share(_UPPER, text),
        "punctuation": _share(_PUNCTUATION, text),
        "space": _share(_SPACE, text),
        "word_length": sum(map(len, words)) / max(1, len(words)),
        "code": len(code_lines) / max(1, len(lines)),
    }


def _share(pattern: re.Pattern[str], text: str) -> float:
    """Return the share of the characters that match the pattern."""
    return len(pattern.findall(text)) / max(1, len(text))
