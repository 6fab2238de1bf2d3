from pathlib import Path

import pytest

from hallmark import files
from hallmark.errors import InputError


def test_require_names_what_is_missing(tmp_path: Path) -> None:
    assert files.require(tmp_path, "the folder") == tmp_path
    with pytest.raises(InputError, match="the table is missing: .*nothing.parquet"):
        files.require(tmp_path / "nothing.parquet", "the table")
