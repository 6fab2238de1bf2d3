import inspect
from collections.abc import Callable
from typing import Any

import pytest

from hallmark.systems.medical import config, reading
from hallmark.systems.medical.reading import clinical


@pytest.mark.parametrize(
    ("schema", "function", "positional"),
    [
        (config.Reading, reading.read, ["folder"]),
        (config.Clinical, clinical.encode, ["table"]),
    ],
)
def test_every_key_is_a_keyword_argument(schema: type, function: Callable[..., Any], positional: list[str]) -> None:
    assert positional + list(schema.model_fields) == list(inspect.signature(function).parameters)
