"""The typed keys are the keyword arguments of the parts, so that what composes can be called."""

from dataclasses import fields
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from pydantic import BaseModel

from hallmark.config.reading_keys import SourceWords
from hallmark.contracts.examples import Source
from hallmark.systems.robotics import config

ROOT = Path(__file__).parents[3]


def names(schema: type[BaseModel]) -> set[str]:
    return set(schema.model_fields)


def test_what_the_card_says_of_data_can_be_a_source() -> None:
    assert names(SourceWords) <= {field.name for field in fields(Source)}


@pytest.mark.parametrize("file", ["conf/task/robotics.yaml", "docs/examples/wall_following.yaml"])
def test_shipped_readings_have_the_declared_types(file: str) -> None:
    reading_keys = OmegaConf.load(ROOT / file).prepare.reading
    merged = config.Reading.model_validate(OmegaConf.to_container(reading_keys))
    assert merged.source is None or merged.source.title
    assert bool(merged.actions) != bool(merged.columns.label)
