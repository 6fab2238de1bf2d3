"""The binder: each role by hand, rows in another order, and all mistakes of a table at once."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data

from hallmark.errors import InputError
from hallmark.formats.example_columns import Roles, bind, require_columns
from hallmark.formats.tables import Table
from hallmark.systems.table import config

RAW = pd.DataFrame(
    {
        "no": ["1", "2", "3"],
        "who": ["ann", "ben", "ann"],
        "when": ["10", "20", "30"],
        "part": ["train", "test", "train"],
        "kind": ["a", "b", "a"],
        "sex": ["F", "", "M"],
        "age": [20.0, np.nan, 50.0],
    }
)
TABLE = Table(RAW, Path("rows.csv"))
DESCRIPTORS = pd.DataFrame({"ink": [0.1, 0.5, 0.9]})
IDS = np.array(["x", "y", "z"], object)


def reading(**keys: Any) -> config.Reading:
    section = raw_data.section(
        "table",
        {
            "file": "rows.csv",
            "columns": {"id": "no", "entity": "who", "time": "when", "label": "kind"},
            "labels": {"a": "good", "b": "bad"},
            "numeric": ["age"],
            **keys,
        },
    )

    assert isinstance(section, config.Reading)
    return section


def test_each_role_becomes_a_column_in_the_order_of_the_rows() -> None:
    section = reading(
        groups={"sex": {"names": {"F": "female", "M": "male"}}},
        bands={"years": {"column": "age", "edges": [30.0]}, "ink": {"edges": [0.3], "names": ["light", "dark"]}},
    )
    roles = Roles("no", "who", "when", "part", "kind")
    bound = bind(TABLE, section, ids=IDS, roles=roles, descriptors=DESCRIPTORS, rows=np.array([2, 0, 1]))

    assert bound.to_dict("list") == {
        "id": ["3", "1", "2"],
        "entity": ["ann", "ann", "ben"],
        "time": [30.0, 10.0, 20.0],
        "split": ["train", "train", "test"],
        "label": ["good", "good", "bad"],
        "group.sex": ["male", "female", "unknown"],
        "group.years": ["30 and over", "under 30", "unknown"],
        "group.ink": ["light", "dark", "dark"],  # descriptors are those of the examples
        "descriptor.ink": [0.1, 0.5, 0.9],
    }


def test_without_columns_of_them_an_example_is_an_entity_of_its_own() -> None:
    bound = bind(TABLE, reading(columns={"label": "kind"}), ids=IDS)
    assert list(bound) == ["id", "entity", "label"]
    assert bound["entity"].tolist() == bound["id"].tolist() == ["x", "y", "z"]


def test_raw_numbers_can_be_descriptors() -> None:
    table = Table(RAW.assign(age=[20, 30, 50]), Path("rows.csv"))
    section = reading(descriptors=["age"], groups={"who": {}})
    found = bind(table, section, ids=IDS[:2], roles=Roles(), rows=np.array([1, 1]))
    assert found.drop(columns=["id", "entity"]).to_dict("list") == {
        "group.who": ["ben", "ben"],
        "descriptor.age": [30.0, 30.0],
    }


def test_columns_of_the_reading_stand_in_where_no_column_has_the_role() -> None:
    own = {
        "label": np.array(["one", "two", "three"], object),
        "group.taste": np.array(["sweet", "sour", "sweet"], object),
        "entity": np.array(["p", "p", "q"], object),
        "time": np.array([7.0, 8.0, 9.0]),
    }
    bound = bind(TABLE, reading(groups={"who": {}}), ids=IDS, roles=Roles(time="when"), own=own)

    assert bound.to_dict("list") == {
        "id": ["x", "y", "z"],
        "entity": ["p", "p", "q"],
        "time": [10.0, 20.0, 30.0],  # the raw column's
        "label": ["one", "two", "three"],
        "group.who": ["ann", "ben", "ann"],
        "group.taste": ["sweet", "sour", "sweet"],
    }


def test_numeric_inputs_are_descriptors_with_gaps() -> None:
    bound = bind(TABLE, reading(), ids=IDS, descriptors=DESCRIPTORS, numeric_inputs={"a.numeric[0]": "age"})
    assert list(bound)[-2:] == ["descriptor.ink", "descriptor.age"]
    np.testing.assert_array_equal(bound["descriptor.age"], [20.0, np.nan, 50.0])


def test_a_group_of_the_name_of_one_that_the_reading_makes_is_refused() -> None:
    own = {"group.sex": np.array(["u", "v", "w"], object)}
    with pytest.raises(
        InputError, match=r"prepare\.reading\.bands names 'sex', a group that is made anyway: give yours"
    ):
        bind(TABLE, reading(groups={"sex": {}}), ids=IDS, own=own)


@pytest.mark.parametrize("keys", [{"descriptors": ["ink"]}, {"numeric": ["ink"]}])
def test_a_descriptor_of_a_name_that_two_numbers_have_is_refused(keys: dict[str, Any]) -> None:
    section = reading(**keys)
    numeric_inputs = {"prepare.reading.numeric[0]": "ink"} if "numeric" in keys else {}
    same = Table(RAW.assign(ink=[0.1, 0.5, 0.9]), Path("rows.csv"))
    bound = bind(same, section, ids=IDS, descriptors=DESCRIPTORS, numeric_inputs=numeric_inputs)
    assert bound["descriptor.ink"].tolist() == [0.1, 0.5, 0.9]

    other = Table(RAW.assign(ink=[1, 2, 3]), Path("rows.csv"))
    named = "numeric.0." if "numeric" in keys else "descriptors"
    with pytest.raises(InputError, match=f"reading.{named} names 'ink', which is a column of rows.csv, and a descrip"):
        bind(other, section, ids=IDS, descriptors=DESCRIPTORS, numeric_inputs=numeric_inputs)


def test_all_mistakes_of_a_table_are_said_at_once() -> None:
    section = reading(
        columns={"id": "who", "entity": "whom", "label": "kind"},
        labels={"a": "good", "c": "bad"},
        groups={"sex": {"names": {"F": "female"}}, "place": {"column": "site"}},
        bands={"who": {"edges": [1.0]}, "wink": {"edges": [1.0]}},
        descriptors=["age"],
    )

    with pytest.raises(InputError) as caught:
        bind(TABLE, section, ids=IDS, descriptors=DESCRIPTORS)
    assert str(caught.value).split("; rows.csv") == [
        "rows.csv, column 'who', row 3: the value 'ann' stands there twice",
        " has no column 'whom', which prepare.reading.columns.entity names; did you mean 'who'?; it has "
        "['no', 'who', 'when', 'part', 'kind', 'sex', 'age']",
        ", column 'kind', row 2: the value 'b' is none of the values that prepare.reading.labels names: ['a', 'c']",
        ", column 'sex', row 3: the value 'M' is none of the values that prepare.reading.groups.sex.names names: ['F']",
        " has no column 'site', which prepare.reading.groups.place names; it has "
        "['no', 'who', 'when', 'part', 'kind', 'sex', 'age']",
        ", column 'who', row 1: the value 'ann' is no finite number (and 2 more rows)",
        " has no column 'wink', which prepare.reading.bands.wink names; it has "
        "['no', 'who', 'when', 'part', 'kind', 'sex', 'age'], and no descriptor of that name is computed, of ink",
        ", column 'age', row 2: the empty cell has no value",
    ]


def test_a_band_of_a_name_that_two_numbers_have_is_refused() -> None:
    section = reading(bands={"ink": {"edges": [0.3]}})
    same = Table(RAW.assign(ink=[0.1, 0.5, 0.9]), Path("rows.csv"))
    assert bind(same, section, ids=IDS, descriptors=DESCRIPTORS)["group.ink"].tolist()[0] == "under 0.3"
    other = Table(RAW.assign(ink=[1, 2, 3]), Path("rows.csv"))
    with pytest.raises(InputError, match="bands.ink names 'ink', which is a column of rows.csv, and a descriptor that"):
        bind(other, section, ids=IDS, descriptors=DESCRIPTORS)


def test_columns_that_are_lacking_are_said_at_once_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        require_columns(TABLE, {"a.key": "agee", "b.key": "who", "c.key": None, "d.key": "shoe"})
    assert "'agee', which a.key names; did you mean 'age'?" in str(caught.value)
    assert "'shoe', which d.key names; it has" in str(caught.value)
    assert "b.key" not in str(caught.value)


def test_a_raw_column_takes_the_place_of_a_computed_descriptor_where_it_is_said() -> None:
    section = reading(descriptors=["ink"], replaced_descriptors=["ink"])
    other = Table(RAW.assign(ink=[1, 2, 3]), Path("rows.csv"))
    bound = bind(other, section, ids=IDS, descriptors=DESCRIPTORS.assign(age=1.0))
    assert bound["descriptor.ink"].tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(InputError, match=r"names 'ink', which is none of prepare\.reading\.descriptors: name the raw"):
        reading(replaced_descriptors=["ink"])
