"""The name of a slice: readable, and never that of another one."""

from hypothesis import given
from hypothesis import strategies as st

from hallmark.contracts.slices import slice_name

SLICES = st.dictionaries(st.text(max_size=6), st.text(max_size=6), min_size=1, max_size=2)


def test_a_slice_reads_as_people_write_it() -> None:
    assert slice_name({"age": "under 35", "region": "east"}) == "age=under 35 & region=east"


@given(SLICES, SLICES)
def test_no_two_slices_share_a_name(one: dict[str, str], other: dict[str, str]) -> None:
    same = list(one.items()) == list(other.items())
    assert (slice_name(one) == slice_name(other)) == same


def test_a_value_that_looks_like_another_slice_is_quoted() -> None:
    names = {slice_name({"a": "b & c=d"}), slice_name({"a": "b", "c": "d"}), slice_name({"a": '"b & c=d"'})}
    assert len(names) == 3
