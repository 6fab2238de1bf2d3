"""The typed keys are the keyword arguments of the parts, so that what composes can be called."""

from dataclasses import fields
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from pydantic import BaseModel

from hallmark.config.reading_keys import SourceWords
from hallmark.contracts.examples import Source
from hallmark.systems.table import config

ROOT = Path(__file__).parents[3]


def names(schema: type[BaseModel]) -> set[str]:
    return set(schema.model_fields)


def test_what_the_card_says_of_data_can_be_a_source() -> None:
    assert names(SourceWords) <= {field.name for field in fields(Source)}


@pytest.mark.parametrize("file", ["conf/task/fraud.yaml", "docs/examples/credit.yaml"])
def test_shipped_readings_have_the_declared_types(file: str) -> None:
    reading_keys = OmegaConf.load(ROOT / file).prepare.reading
    merged = config.Reading.model_validate(OmegaConf.to_container(reading_keys))
    assert merged.source is None or merged.source.title
    assert list(merged.labels.values())[1] in ("fraud", "default")


def test_what_older_packages_say_of_their_history_is_taken_as_it_is() -> None:
    """An encoding holds `history` as it was configured: a former champion's must be read, and come out the same."""
    places = {"file": "customers.csv", "key": "card", "x": "home_x", "y": "home_y"}
    bare = {"file": "terminals.csv", "key": "terminal", "x": "", "y": ""}
    history = {
        "amount": "amount",
        "place": "terminal",
        "length": 16,
        "warm_up": 42.0,
        "account": places,
        "terminals": bare,
    }

    assert config.History.model_validate(history).model_dump() == history
