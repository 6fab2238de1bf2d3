"""A rule over a partial section ends where it needs a missing value; its own faults are never silent."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from hallmark.config import mistakes
from hallmark.config.mistakes import Mistake, until_value_missing
from hallmark.config.section import Contradiction, Section, setting

FIRST = Mistake("first", "is wrong")


def rule_with(error: Exception) -> Iterator[Mistake]:
    yield FIRST
    raise error


class Faulty(Section):
    """A section one of whose rules looks up what is nowhere."""

    low: int = setting(ge=0, meaning="one number")
    high: int = setting(ge=0, meaning="another number")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._not_ascending(), self._faulty())

    def _not_ascending(self) -> Iterator[Contradiction]:
        if self.low > self.high:
            yield Contradiction("low", "is above high")

    def _faulty(self) -> Iterator[Contradiction]:
        if self.low > self.high:
            numbers: dict[str, Any] = {}
            yield numbers["nowhere"]


@pytest.mark.parametrize("error", [KeyError("name"), AttributeError("name")])
def test_an_error_ends_a_rule_over_a_partial_section_and_is_raised_of_a_whole_one(error: Exception) -> None:
    assert list(until_value_missing(rule_with(error), is_partial=True)) == [FIRST]
    with pytest.raises(type(error)):
        list(until_value_missing(rule_with(error), is_partial=False))


def test_another_error_is_raised_in_any_case() -> None:
    with pytest.raises(ZeroDivisionError):
        list(until_value_missing(rule_with(ZeroDivisionError()), is_partial=True))


def test_a_section_of_right_values_raises_the_fault_of_its_own_rule() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        mistakes.check(Faulty, {"low": 2, "high": 1})


def test_a_rule_over_a_wrong_value_adds_nothing_to_the_mistake() -> None:
    _, found = mistakes.check(Faulty, {"low": 2, "high": -1})
    assert found == [Mistake("high", "is -1: it must be at least 0")]
