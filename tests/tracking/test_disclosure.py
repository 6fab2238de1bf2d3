"""Which files show single examples: those in the folder that figures go to, and the tables of a row for each."""

import pytest

from hallmark import report_figures as figures
from hallmark.tracking import disclosure


def test_the_folder_is_that_of_the_figures() -> None:
    assert disclosure.EXAMPLES == figures.EXAMPLES


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("evaluate/figures/examples/examples.png", True),
        ("drift/figures/examples/deeper/1.png", True),
        ("evaluate/predictions.parquet", True),
        ("evaluate/episodes.parquet", True),
        ("validate/failures.csv", True),
        ("validate/data_docs/examples/index.html", True),
        ("validate/data_docs/index.html", False),
        ("evaluate/figures/calibration.png", False),
        ("evaluate/figures/examples.png", False),
        ("evaluate/findings.json", False),
        ("card.md", False),
    ],
)
def test_a_file_is_known_by_its_path(file: str, expected: bool) -> None:
    assert disclosure.is_of_examples(file) is expected
