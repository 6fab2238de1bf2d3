"""Round brackets in place of `<` and `>`: Evidently writes names and categories into its page's script unescaped."""

from typing import Any

_BRACKETS = str.maketrans("<>", "()")


def with_round_brackets(text: str) -> str:
    return text.translate(_BRACKETS)


def texts_with_round_brackets(content: Any) -> Any:
    """Return a value of the configuration with round brackets in every text, at any depth."""
    if isinstance(content, str):
        return with_round_brackets(content)
    if isinstance(content, dict):
        return {key: texts_with_round_brackets(value) for key, value in content.items()}
    if isinstance(content, list):
        return [texts_with_round_brackets(value) for value in content]
    return content
