"""The Checkpoint: all checks run by Great Expectations at once, and their results."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import great_expectations as gx
import numpy as np
from great_expectations.checkpoint import CheckpointResult
from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from hallmark.validate import expectation_building
from hallmark.validate.check_results import NO_ROWS, CheckResult
from hallmark.validate.data_checks import CheckedFrame, DatabaseTable, DataCheck

_MAX_EXAMPLES = 20  # unexpected values of a check that are reported


class _FrameValidation(gx.ValidationDefinition):  # type: ignore[misc]
    """A validation of one frame: a Checkpoint hands all its validations the same rows and the same format.

    Its result is not stored: stores take only what JSON can have, and values of the data may be others.
    """

    _frame: CheckedFrame = PrivateAttr()
    _on_done: Callable[[], None] | None = PrivateAttr(default=None)

    def run(
        self, *, run_id: RunIdentifier, checkpoint_id: str | None = None, **_: object
    ) -> ExpectationSuiteValidationResult:
        rows = self._frame.rows
        batch = self.batch_definition.get_batch(None if isinstance(rows, DatabaseTable) else {"dataframe": rows})

        result_format: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": _MAX_EXAMPLES}
        if self._frame.index:
            result_format["unexpected_index_column_names"] = self._frame.index
        result = batch.validate(self.suite, result_format=result_format)

        result.meta["validation_id"] = self.id
        result.meta["checkpoint_id"] = checkpoint_id
        result.meta["run_id"] = run_id
        result.meta["validation_time"] = run_id.run_time
        if self._on_done is not None:
            self._on_done()
        return result


def run_checks(
    frames: list[CheckedFrame], *, name: str, database_url: str = "", on_done: Callable[[], None] | None = None
) -> tuple[list[CheckResult], CheckpointResult]:
    """Run one Checkpoint, called `name`, over all frames; return the result of each check, and the Checkpoint's own.

    `database_url` is that of the database that has the tables of `frames`; `on_done` is called after
    each frame. Nothing is written, stored or sent.
    """
    context = _context()
    memory = context.data_sources.add_pandas("memory")
    database = None
    if database_url:
        database = context.data_sources.add_sql("database", connection_string=database_url, create_temp_table=False)

    validations = []
    for number, frame in enumerate(frames):
        title = f"{frame.table or 'examples'} {number}"
        members = [
            expectation_building.expectation(check, frame.aliases, {"check": place})
            for place, check in enumerate(frame.checks)
        ]
        suite = context.suites.add(gx.ExpectationSuite(name=title, expectations=members))
        if isinstance(frame.rows, DatabaseTable):
            assert database is not None
            asset = database.add_table_asset(title, table_name=frame.rows.name)
            rows = asset.add_batch_definition_whole_table("all")
        else:
            rows = memory.add_dataframe_asset(title).add_batch_definition_whole_dataframe("all")
        validation = _FrameValidation(name=title, data=rows, suite=suite)
        validation._frame = frame
        validation._on_done = on_done
        validations.append(context.validation_definitions.add(validation))

    # Not added to the context by us, which would hand back another one, without the rows.
    checkpoint = gx.Checkpoint(name=name, validation_definitions=validations)
    outcome = checkpoint.run()

    results: list[CheckResult] = []
    for frame, of_frame in zip(frames, outcome.run_results.values(), strict=True):
        by_place = {result.expectation_config.meta["check"]: result for result in of_frame.results}
        results += [_check_result(check, frame, by_place[place]) for place, check in enumerate(frame.checks)]
    return results, outcome


def _context() -> EphemeralDataContext:
    """Return a context in memory, which sends nothing and writes nothing."""
    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )


def to_json_types(value: Any) -> Any:
    """Return a value in JSON's types, which templates can render; NaN and infinity stay floats."""
    if isinstance(value, Mapping):
        return {str(key): to_json_types(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray):
        return [to_json_types(inner) for inner in value]
    if isinstance(value, np.generic):
        return to_json_types(value.item())
    if isinstance(value, Decimal):  # of a database
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _check_result(check: DataCheck, frame: CheckedFrame, result: Any) -> CheckResult:
    report = to_json_types(result.result)
    has_no_rows = check.condition is not None and report.get("element_count") == 0
    return CheckResult(
        check=check,
        units=frame.units,
        passed=bool(result.success) and not has_no_rows,
        n=report.get("element_count", len(frame.rows)),
        n_unexpected=0 if has_no_rows else report.get("unexpected_count"),
        examples=_examples(report, frame.index),
        observed=report.get("observed_value"),
        error=NO_ROWS if has_no_rows else _first_error(result.exception_info or {}),
        result=result,
        of_counts=frame.of_counts,
        table=frame.table,
        engine=frame.engine,
        not_in_database=frame.not_in_database,
    )


def _examples(report: Mapping[str, Any], index: list[str]) -> list[tuple[str, Any]]:
    """Return the first unexpected values as (where, value); where is made of the columns `index`, or empty."""
    rows = report.get("partial_unexpected_index_list")
    values = report.get("partial_unexpected_list") or []
    if not rows or not index:
        # They come from a set, whose order differs between processes.
        in_order = sorted(values, key=str)
        return [("", value) for value in in_order[:_MAX_EXAMPLES]]
    places = [", ".join(f"{name} {row[name]}" for name in index) for row in rows[:_MAX_EXAMPLES]]
    return list(zip(places, values, strict=False))


def _first_error(exception_info: Mapping[str, Any]) -> str:
    """Return the first line of the first exception in Great Expectations' `exception_info`, or "".

    It is one record, or several by the metric that raised an exception.
    """
    records = [value for value in exception_info.values() if isinstance(value, Mapping)] or [exception_info]
    messages = [str(record.get("exception_message")) for record in records if record.get("raised_exception")]
    if not messages:
        return ""
    return messages[0].strip().splitlines()[0].removeprefix("Error: ").rstrip(".")
