import inspect
from collections.abc import Callable
from typing import Any

import pytest

from hallmark.systems.language import config, reading


@pytest.mark.parametrize(
    ("schema", "function", "positional"),
    [
        (config.Reading, reading.read, {"folder"}),
    ],
)
def test_every_key_is_a_keyword_argument(schema: type, function: Callable[..., Any], positional: set[str]) -> None:
    assert positional | set(schema.model_fields) == set(inspect.signature(function).parameters)
