"""docs/packages.md: each package's ten habits stand there by their numbers, in tables of the same columns."""

import packages_page
import pytest

PACKAGES = {"Hydra": "H", "Lightning": "L", "DVC": "D", "Great Expectations": "G", "Evidently": "E", "MLflow": "M"}
COLUMNS = ["habit", "what one types", "what happens", "what differs, and why"]


@pytest.mark.parametrize(("package", "letter"), PACKAGES.items(), ids=str)
def test_ten_habits_of_a_package_stand_in_their_order(package: str, letter: str) -> None:
    heading, *rows = packages_page.table(package)
    assert heading == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}

    numbers = [row[0].split()[0] for row in rows]
    assert list(dict.fromkeys(numbers)) == [f"{letter}{number}" for number in range(1, 11)]


def test_code_is_read_as_it_is_typed() -> None:
    assert packages_page.typed("DVC", "D3 compare experiments") == [
        "dvc exp show --only-changed --drop '.*/.*|conf|extensions'"
    ]
    (command,) = packages_page.typed("MLflow", "M4 find by a number")
    assert command.endswith('filter_string="metrics.`card/worst_group.low` > -0.1")')
