"""docs/packages.md: each package's ten habits stand there by their numbers, in tables of the same columns."""

import re

import pytest
from imports import ROOT

PAGE = (ROOT / "docs/packages.md").read_text(encoding="utf-8")
PACKAGES = {"Hydra": "H", "Lightning": "L", "DVC": "D", "Great Expectations": "G", "Evidently": "E", "MLflow": "M"}
COLUMNS = ["habit", "what one types", "what happens", "what differs, and why"]
CELL_BORDER = re.compile(r"(?<!\\)\|")


def table(package: str) -> list[list[str]]:
    """Return the cells of the package's table, row by row, its heading first."""
    section = PAGE.partition(f"\n## {package}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in CELL_BORDER.split(line)[1:-1]] for line in lines]


@pytest.mark.parametrize(("package", "letter"), PACKAGES.items(), ids=str)
def test_ten_habits_of_a_package_stand_in_their_order(package: str, letter: str) -> None:
    heading, *rows = table(package)
    assert heading == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}

    numbers = [row[0].split()[0] for row in rows]
    assert list(dict.fromkeys(numbers)) == [f"{letter}{number}" for number in range(1, 11)]
