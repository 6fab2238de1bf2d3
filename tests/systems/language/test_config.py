import inspect
from collections.abc import Callable
from typing import Any

import pytest

from hallmark.systems.language import config, embedded, network, probing, reading


@pytest.mark.parametrize(
    ("schema", "function", "positional"),
    [
        (config.Raw, embedded.write, {"folder", "seed"}),
        (config.Reading, reading.read, {"folder"}),
        (config.Network, network.build, {"train"}),
        (config.Probe, probing.probe, {"shown"}),
    ],
)
def test_every_key_is_a_keyword_argument(schema: type, function: Callable[..., Any], positional: set[str]) -> None:
    assert positional | set(schema.model_fields) == set(inspect.signature(function).parameters)
