import pandas as pd
import pytest

from hallmark.bias.members import members_of
from hallmark.errors import InputError


def test_groups_then_pairs_with_their_sizes_and_empty_ones_too() -> None:
    rows = pd.DataFrame(
        {"entity": ["a", "a", "b", "c"], "group.sex": ["f", "f", "m", "m"], "group.age": ["old", "new", "new", "new"]}
    )
    found = {member.name: (member.rows, member.entities) for member in members_of(rows, ["sex", "age"])}
    assert found == {
        "sex=f": (2, 1),
        "sex=m": (2, 2),
        "age=new": (3, 3),
        "age=old": (1, 1),
        "sex=f & age=new": (1, 1),
        "sex=f & age=old": (1, 1),
        "sex=m & age=new": (2, 2),
        "sex=m & age=old": (0, 0),
    }


def test_no_groups_no_members() -> None:
    assert members_of(pd.DataFrame({"entity": ["a"]}), []) == []


def test_a_measurement_is_no_group() -> None:
    rows = pd.DataFrame({"entity": ["a"] * 60, "group.age": [str(age) for age in range(60)]})
    with pytest.raises(InputError, match=r"'age' has 60 values"):
        members_of(rows, ["age"])
