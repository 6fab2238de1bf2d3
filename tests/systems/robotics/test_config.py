"""The typed keys are the keyword arguments of the parts, so that what composes can be called."""

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from hallmark.contracts.examples import Source
from hallmark.systems.robotics import config, reading

ROOT = Path(__file__).parents[3]


def keywords(function: Any) -> set[str]:
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


def names(schema: type) -> set[str]:
    return set(schema.model_fields)


def test_fields_are_keyword_arguments() -> None:
    assert names(config.Reading) == keywords(reading.read)
    assert names(config.SourceWords) <= {field.name for field in fields(Source)}


@pytest.mark.parametrize("file", ["conf/task/robotics.yaml", "docs/examples/wall_following.yaml"])
def test_shipped_readings_have_the_declared_types(file: str) -> None:
    reading_keys = OmegaConf.load(ROOT / file).prepare.reading
    merged = config.Reading(**OmegaConf.to_container(reading_keys))
    assert merged.source is None or merged.source.title
    assert bool(merged.actions) != bool(merged.action)
