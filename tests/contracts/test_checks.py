"""The list of checks is what the code really finds."""

import re
from pathlib import Path

import pytest

from hallmark import systems
from hallmark.contracts import checks

SOURCES = Path(__file__).parents[2] / "src/hallmark"
NAMED = re.compile(r'"((?:train|evaluate|bias|drift)\.[a-z_]+)"')


def found(folder: Path) -> set[str]:
    """Return the checks that the code below a folder names where it makes findings."""
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if "Finding" in path.read_text("utf-8")]
    return {name for text in texts for name in NAMED.findall(text)}


def test_every_finding_is_of_a_known_check() -> None:
    rooms = [SOURCES / stage for stage in ("train", "evaluate", "bias", "drift")]
    made = {name for folder in [*rooms, SOURCES / "systems"] for name in found(folder)}
    assert made == {name for name in checks.CHECKS if not name.endswith("*")}


@pytest.mark.parametrize("system", systems.NAMES)
def test_a_system_offers_what_its_own_code_finds(system: str) -> None:
    own = found(SOURCES / "systems" / system)
    assert {name for name, of in checks.CHECKS.items() if of is not None and system in of} == own
