"""Results of checks, with and without the values of single examples, which may be a person's."""

import re
from dataclasses import dataclass, replace
from typing import Any

from hallmark.validate.data_checks import DataCheck

# Expectations whose observed value is a value of a row, or a list of such.
_TYPES_OBSERVING_VALUES = (
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_max_to_be_between",
    "expect_column_min_to_be_between",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_quantile_values_to_be_between",
)
NO_ROWS = "no row meets its condition"
# Quotes no value.
_MISSING_COLUMN_ERROR = re.compile(r'The column ".*" in BatchData does not exist')
_WITHHELD_ERROR = "Great Expectations raised an error, whose text may quote the data"


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    units: What a checked row is, plural, such as "entities".
    n: The number of checked rows.
    n_unexpected: The number of rows that break the rule; None where the rule is not about rows.
    examples: The first rows that break it, at most 20, as (where, value).
    observed: The value that a rule about a column or table computes, such as a mean; else None.
    error: Why the check could not be computed; else empty.
    result: Great Expectations' own result.
    of_counts: The rows are counts of examples, so that no row shows one (see
        `data_checks.CheckedFrame`).
    table: The name of a raw table; "" for the examples.
    engine: What computed it: "pandas" or "DuckDB".
    not_in_database: pandas computed it on a large table, since DuckDB can't.
    """

    check: DataCheck
    units: str
    passed: bool
    n: int
    n_unexpected: int | None
    examples: list[tuple[str, Any]]
    observed: Any
    error: str
    result: Any
    of_counts: bool = False
    table: str = ""
    engine: str = "pandas"
    not_in_database: bool = False

    @property
    def name(self) -> str:
        """The check's name, after that of its raw table: items.years."""
        return f"{self.table}.{self.check.name}" if self.table else self.check.name

    @property
    def sentence(self) -> str:
        """One sentence on the rule and how often it is broken, without a value of a single example."""
        return self.public._sentence()

    @property
    def sentence_with_example(self) -> str:
        """One sentence on the rule, how often it is broken, and the first value that breaks it."""
        return self._sentence()

    @property
    def public(self) -> "CheckResult":
        """The result without ids and values of single examples."""
        if self.of_counts:
            return self
        # What a class of a person's own observes is not known.
        observes_values = self.check.type in _TYPES_OBSERVING_VALUES or self.check.own_class is not None
        is_error_safe = self.error in ("", NO_ROWS) or _MISSING_COLUMN_ERROR.fullmatch(self.error)
        return replace(
            self,
            examples=[],
            observed=None if observes_values else self.observed,
            error=self.error if is_error_safe else _WITHHELD_ERROR,
        )

    def _sentence(self) -> str:
        rule = f"The rule “{self.check.rule}”"
        if self.error:
            return f"{rule} could not be checked: {self.error}."

        observation = "" if self.observed is None else f"; {self.observed!r} was observed"
        if self.passed:
            exceptions = ""
            if self.n_unexpected:
                exceptions = f", except for {self.n_unexpected:,} that its arguments tolerate"
            return f"{rule} holds for {self.n:,} {self.units}{exceptions}{observation}."

        sentence = f"{rule} is broken"
        if self.n_unexpected:
            sentence += f" in {self.n_unexpected:,} of {self.n:,} {self.units}"
        if not self.examples:
            return f"{sentence}{observation}."
        where, value = self.examples[0]
        place = f" at {where}" if where else ""
        return f"{sentence}; the first has {value!r}{place}."
