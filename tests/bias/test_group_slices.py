import pandas as pd
import pytest

from hallmark.bias.group_slices import make_slices
from hallmark.errors import InputError


def test_groups_then_pairs_with_their_sizes_and_empty_ones_too() -> None:
    rows = pd.DataFrame(
        {"entity": ["a", "a", "b", "c"], "group.sex": ["f", "f", "m", "m"], "group.age": ["old", "new", "new", "new"]}
    )
    found = {member.name: (member.rows, member.entities) for member in make_slices(rows, ["sex", "age"])}

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
    assert make_slices(pd.DataFrame({"entity": ["a"]}), []) == []


def test_a_measurement_is_no_group() -> None:
    rows = pd.DataFrame({"entity": ["a"] * 60, "group.age": [str(age) for age in range(60)]})
    with pytest.raises(InputError, match=r"'age' has 60 values"):
        make_slices(rows, ["age"])


def test_no_two_members_share_a_name_whatever_their_values() -> None:
    values = ["a", "b", "a & y=b", '"a & y=b"', '"', "=", "", " & ", "y=b", "a=b", ">=50K", "R&B", 'it\'s "x"']
    rows = pd.DataFrame({"entity": range(len(values)), "group.x": values, "group.y": values, "group.x=a & y": values})
    members = make_slices(rows, ["x", "y", "x=a & y"])
    assert len({member.name for member in members}) == len(members) == 3 * len(values) + 3 * len(values) ** 2

    names = {(m.groups, m.values): m.name for m in members}  # noqa: PD011 (no frame)
    assert names[("x",), (">=50K",)] == "x=>=50K"
    assert names[("x",), ("R&B",)] == "x=R&B"
    assert names[("x",), ("a & y=b",)] == 'x="a & y=b"'
    assert names[("x", "y"), ("a", "b")] == "x=a & y=b"
