from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import raw_data

from hallmark.errors import InputError
from hallmark.systems.language.reading.document_descriptors import describe

Keywords = Callable[..., dict[str, Any]]


def test_what_can_be_said_of_a_text_without_reading_it() -> None:
    found = describe(["Ab 12.\nx = f(1)\n>>> y\n", ""])
    assert found.loc[0, "length"] == 22
    assert found.loc[0, "digits"] == 3 / 22
    assert found.loc[0, "upper_case"] == 1 / 22
    assert found.loc[0, "punctuation"] == 7 / 22
    assert found.loc[0, "space"] == 7 / 22
    assert found.loc[0, "word_length"] == 5 / 4
    assert found.loc[0, "code"] == pytest.approx(2 / 3)
    assert found.iloc[1].tolist() == [0] * 7


def test_documents_and_windows_have_the_same_descriptors(corpus: Path, keywords: Keywords, windows: Any) -> None:
    assert raw_data.read("language", corpus, **keywords()).descriptors == windows.descriptors


def test_bands_are_groups_made_of_descriptors(corpus: Path, keywords: Keywords) -> None:
    band = {"column": "length", "edges": [500.0], "names": ["short", "long"]}
    table = raw_data.read("language", corpus, **keywords(bands={"size": band})).table
    expected = ["short" if length < 500 else "long" for length in table["descriptor.length"]]
    assert table["group.size"].tolist() == expected
    assert set(expected) == {"short", "long"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"column": "colour"}, "no column 'colour', which .*bands.size names; .* is computed, of length, digits"),
        ({"edges": [2.0, 1.0]}, "bands.size.edges in .* is .* in ascending order"),
        ({"names": ["one"]}, "bands.size.names in .* 1 edges make 2 bands, a name each"),
    ],
)
def test_bands_that_make_no_sense_are_refused(
    corpus: Path, keywords: Keywords, changed: dict[str, Any], message: str
) -> None:
    band = {"column": "length", "edges": [500.0], "names": ["short", "long"]} | changed
    with pytest.raises(InputError, match=message):
        raw_data.read("language", corpus, **keywords(bands={"size": band}))


def test_a_group_has_one_origin(corpus: Path, keywords: Keywords) -> None:
    band = {"column": "length", "edges": [500.0], "names": ["short", "long"]}
    with pytest.raises(InputError, match="'size', which prepare.reading.groups names, too"):
        raw_data.read("language", corpus, **keywords(bands={"size": band}, groups={"size": {"column": "folder"}}))
