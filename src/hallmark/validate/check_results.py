"""The result of a check, and how much of it may be said where single examples must not be shown."""

import re
from dataclasses import dataclass, replace
from typing import Any

from hallmark.validate.contract import DataCheck

_TYPES_OBSERVING_VALUES = (  # whose observed value is one of single rows, or a list of these
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_max_to_be_between",
    "expect_column_min_to_be_between",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_quantile_values_to_be_between",
)
NO_ROWS = "no row meets its condition"
_COLUMN_MISSING = re.compile(r'The column ".*" in BatchData does not exist')  # names no value
_WITHHELD = "Great Expectations raised an error, whose text may quote the data"


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. `unexpected` is None where the expectation is about no row; `result` is GX's own."""

    check: DataCheck
    units: str  # what the checked rows are, plural
    passed: bool
    n: int  # checked rows
    unexpected: int | None  # rows that break the rule
    examples: list[tuple[str, Any]]  # where, value; at most 20, in the order of the rows
    observed: Any  # value that an expectation about a column or table reports, such as its mean
    trouble: str  # why nothing could be computed; empty otherwise
    result: Any
    of_counts: bool = False  # whether `examples` are counts of examples (see `contract.CheckedFrame`)

    @property
    def why(self) -> str:
        """One sentence that names the rule and how often it is broken; it leads to no single example."""
        return self.public._sentence()

    @property
    def why_with_example(self) -> str:
        """One sentence that names the rule, how often it is broken, and the first value that breaks it."""
        return self._sentence()

    @property
    def public(self) -> "CheckResult":
        """The result without ids and values of single examples, which may be a person's."""
        if self.of_counts:
            return self
        names_no_value = self.trouble in ("", NO_ROWS) or _COLUMN_MISSING.fullmatch(self.trouble)
        return replace(
            self,
            examples=[],
            observed=None if self.check.type in _TYPES_OBSERVING_VALUES else self.observed,
            trouble=self.trouble if names_no_value else _WITHHELD,
        )

    def _sentence(self) -> str:
        rule = f"The rule “{self.check.rule}”"
        if self.trouble:
            return f"{rule} could not be checked: {self.trouble}."

        observation = "" if self.observed is None else f"; {self.observed!r} was observed"
        if self.passed:
            tolerated = f", except for {self.unexpected:,} that its arguments tolerate" if self.unexpected else ""
            return f"{rule} holds for {self.n:,} {self.units}{tolerated}{observation}."

        broken = f"{rule} is broken"
        if self.unexpected:
            broken += f" in {self.unexpected:,} of {self.n:,} {self.units}"
        if not self.examples:
            return f"{broken}{observation}."
        where, value = self.examples[0]
        place = f" at {where}" if where else ""
        return f"{broken}; the first has {value!r}{place}."
