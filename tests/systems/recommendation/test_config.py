"""The typed keys are the keyword arguments of the parts, so that what composes can be called."""

from dataclasses import fields
from pathlib import Path

import pytest
import raw_data
from omegaconf import OmegaConf
from pydantic import BaseModel

from hallmark import systems
from hallmark.config.reading_keys import SourceWords
from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.recommendation import config

ROOT = Path(__file__).parents[3]


def names(schema: type[BaseModel]) -> set[str]:
    return set(schema.model_fields)


def test_what_the_card_says_of_data_can_be_a_source() -> None:
    assert names(SourceWords) <= {field.name for field in fields(Source)}


@pytest.mark.parametrize("file", ["conf/task/recommendation.yaml", "docs/examples/movielens.yaml"])
def test_shipped_readings_have_the_declared_types(file: str) -> None:
    reading_keys = OmegaConf.load(ROOT / file).prepare.reading
    merged = config.Reading.model_validate(OmegaConf.to_container(reading_keys))
    assert merged.source is None or merged.source.title
    assert merged.memory >= merged.length


def test_names_that_the_system_makes_itself_are_refused_all_at_once() -> None:
    keys = {
        "interactions": {"file": "i.csv"},
        "users": {"file": "u.csv", "key": "user"},
        "length": 2,
        "memory": 2,
        "rows_per_user": 1,
        "groups": {"popularity": {"column": "gender"}, "gender": {}},
        "bands": {
            "genre": {"column": "age", "edges": [30.0]},
            "past": {"column": "history_popularity", "edges": [1.0]},
        },
        "descriptors": ["age", "history_popularity"],
    }
    with pytest.raises(InputError) as caught:
        raw_data.section("recommendation", keys)

    sentences = str(caught.value)
    made = "a group that is made anyway: give yours another name, such as own_"
    assert f"groups in prepare.reading names 'popularity', {made}popularity" in sentences
    assert f"bands in prepare.reading names 'genre', {made}genre" in sentences

    computed = "names 'history_popularity', a descriptor that is computed anyway: rename the raw column"
    assert f"descriptors in prepare.reading {computed}" in sentences
    assert f"bands.past in prepare.reading {computed}" in sentences
    assert "'gender'" not in sentences
    assert "'age'" not in sentences


def test_the_groups_that_it_makes_itself_are_known() -> None:
    section = raw_data.section(
        "recommendation", {"interactions": {"file": "i.csv"}, "length": 2, "memory": 2, "rows_per_user": 1}
    )
    assert section.group_names() == ["popularity", "genre"]
    assert systems.load("table").config.Reading.own_groups == ()
