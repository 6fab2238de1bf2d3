"""Suite files: a table's expectations as JSON, which Great Expectations opens elsewhere.

    ExpectationSuite(**json.loads(path.read_text()))

or a file context that has the file in its folder `expectations`. A suite is about the table as it
lies in its file, so that it has the checks on the table itself, and none on tables derived of it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import great_expectations as gx

from hallmark.validate import expectation_building
from hallmark.validate.data_checks import DataCheck

# What stands for our own expectation of finite numbers elsewhere: not missing, and within the floats.
_LARGEST = 1.7976931348623157e308
_FINITE = "expect_column_values_to_be_finite"


def write(folder: Path, task: str, table: str, checks: Iterable[DataCheck]) -> None:
    """Write the suite of a table, "examples" or a raw table's name, as `folder`/<table>.json.

    The ids are made of the names, so that the same configuration gives the same file.
    """
    subject = "its examples" if table == "examples" else f"the raw table {table}"
    suite = gx.ExpectationSuite(
        name=table,
        expectations=[_expectation(each) for check in checks for each in _portable(check)],
        meta={"great_expectations_version": gx.__version__},
        notes=f"What the task {task} expects of {subject}.",
    )
    content: Any = suite.to_json_dict()
    place = f"hallmark/{task}/{table}"
    content["id"] = str(uuid5(NAMESPACE_URL, place))
    for number, member in enumerate(content["expectations"]):
        member["id"] = str(uuid5(NAMESPACE_URL, f"{place}/{number}"))

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, sort_keys=True)
    (folder / f"{table}.json").write_text(text + "\n", encoding="utf-8")


def _expectation(check: DataCheck) -> Any:
    """Return the expectation, with the name and, where it is a person's own, the class of it as metadata."""
    leaves = check.condition.leaves if check.condition else ()
    meta = {"name": check.name}
    if check.own_class is not None:
        meta["class"] = f"{check.own_class.__module__}.{check.own_class.__qualname__}"
    return expectation_building.expectation(check, {leaf.column: leaf.column for leaf in leaves}, meta)


def _portable(check: DataCheck) -> list[DataCheck]:
    """Return the checks of Great Expectations' own that ask the same."""
    if check.type != _FINITE:
        return [check]
    kinds: dict[str, dict[str, Any]] = {
        "expect_column_values_to_not_be_null": {},
        "expect_column_values_to_be_between": {"min_value": -_LARGEST, "max_value": _LARGEST},
    }
    return [
        DataCheck(**{**vars(check), "type": kind, "arguments": {**check.arguments, **bounds}})
        for kind, bounds in kinds.items()
    ]
