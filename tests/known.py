"""A value that a test computes with, where its type says that there may be none."""

from typing import TypeVar

Value = TypeVar("Value")


def known(value: Value | None) -> Value:
    """Return the value; raises `AssertionError` where there is none."""
    assert value is not None
    return value
