"""docs/packages.md as tests read it: the tables of habits, and the code that a row shows."""

import re

from imports import ROOT

PAGE = (ROOT / "docs/packages.md").read_text(encoding="utf-8")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"(`+)(.+?)\1(?!`)")


def table(package: str) -> list[list[str]]:
    """Return the cells of the package's table, row by row, its heading first."""
    section = PAGE.partition(f"\n## {package}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in _CELL_BORDER.split(line)[1:-1]] for line in lines]


def typed(package: str, habit: str) -> list[str]:
    """Return the pieces of code that the row of a habit, such as "M4 find by a number", says that one types."""
    (row,) = [row for row in table(package) if row[0] == habit]
    return [code.replace("\\|", "|") for _, code in _CODE.findall(row[1])]
