import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from hallmark.systems.language import config, diagnostics, embedded, network, reading


@pytest.mark.parametrize(
    ("schema", "function", "positional"),
    [
        (config.Raw, embedded.write, {"folder", "seed"}),
        (config.Reading, reading.read, {"folder"}),
        (config.Network, network.build, {"train"}),
        (config.Probe, diagnostics.diagnose, {"shown"}),
    ],
)
def test_every_key_is_a_keyword_argument(schema: type, function: Callable[..., Any], positional: set[str]) -> None:
    assert positional | {field.name for field in fields(schema)} == set(inspect.signature(function).parameters)
