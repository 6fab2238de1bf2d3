"""The registry of formats: what the configuration can name is what can be read."""

from pathlib import Path
from typing import Any, get_args

import pytest
import raw_data

from hallmark import systems
from hallmark.errors import InputError
from hallmark.formats.pictures import readers
from hallmark.formats.raw_readers import read_folder
from hallmark.systems.language.reading import formats as texts
from hallmark.systems.speech.reading import formats as recordings


@pytest.mark.parametrize(
    ("system", "readers"),
    [
        ("image", readers.READERS),
        ("medical", readers.READERS),
        ("speech", recordings.READERS),
        ("language", texts.READERS),
    ],
)
def test_formats_are_a_closed_set_with_a_reader_each(system: str, readers: dict[str, Any]) -> None:
    section = systems.load(system).config.Reading
    assert set(get_args(section.model_fields["format"].annotation)) == set(readers)


def test_a_file_that_the_reader_left_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    keys = {"format": "text", "vocabulary": 256, "context": 4, "overlap": 1}
    section: Any = raw_data.section("language", keys)
    assert read_folder(tmp_path, section, {"text": lambda folder, _: list(folder.having((".txt",)))}) == ["a.txt"]
    with pytest.raises(InputError, match=r"holds 1 of 1 files that are not read: 'a\.txt'"):
        read_folder(tmp_path, section, {"text": lambda folder, _: len(folder.files)})
