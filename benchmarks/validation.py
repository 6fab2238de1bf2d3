"""Validation of large tables: time and memory of the stage validate on 10 million rows of 12 columns.

Part of `make benchmark`. Prints a table and writes benchmarks/validation.json, in about three minutes
on two cores. Each row is a process of its own, since memory is measured at its peak.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from hallmark.contracts import examples
from hallmark.validate import IN_DATABASE_FROM, validate_examples
from hallmark.validate.database import Database
from hallmark.validate.sql_names import literal

ROWS = 10_000_000
SMALL = 1_000_000  # rows on which both engines are compared
_NUMBERS = ("amount", "distance", "hours", "balance")
# Ten rows of a card, cards one after the other, 60 % of them in train.
_EXAMPLES = """
SELECT 'e' || lpad(CAST(i AS VARCHAR), 8, '0') AS id,
    CASE WHEN i < 0.6 * n THEN 'train' WHEN i < 0.7 * n THEN 'validation' WHEN i < 0.9 * n THEN 'test' ELSE 'recent' END
        AS split,
    'card ' || i // 10 AS entity,
    TIMESTAMP '2024-01-01' + to_seconds(i) AS time,
    CASE WHEN random() < 0.1 THEN 'fraud' ELSE 'genuine' END AS label,
    sha256(CAST(i AS VARCHAR)) AS fingerprint,
    ['north', 'south', 'east', 'west'][CAST(i // 10 % 4 + 1 AS INTEGER)] AS "group.region",
    ['young', 'old'][CAST(i // 10 % 2 + 1 AS INTEGER)] AS "group.age",
    random() AS "descriptor.amount", random() * 100 AS "descriptor.distance", random() * 24 AS "descriptor.hours",
    random() - 0.5 AS "descriptor.balance"
FROM (SELECT i, CAST({rows} AS DOUBLE) AS n FROM range({rows}) AS numbers(i))
"""


def expectations(*, with_regex: bool) -> dict[str, dict[str, Any]]:
    """Return seventeen expectations of a task's own, and one that DuckDB can't compute where it is asked for."""
    stated: dict[str, dict[str, Any]] = {}
    for name in _NUMBERS:
        column = f"descriptor.{name}"
        for kind in ("column_values", "column_mean", "column_stdev"):
            bounds = {"min_value": -1, "max_value": 100}
            stated[f"{kind} {name}"] = _stated(f"expect_{kind}_to_be_between", column=column, **bounds)
    stated["median"] = _stated("expect_column_median_to_be_between", column="descriptor.amount", min_value=0.4)
    north = {"column": "group.region", "operator": "==", "value": "north"}
    stated["north"] = _stated(
        "expect_column_values_to_be_between", column="descriptor.hours", max_value=24, row_condition=north
    )
    stated["digests"] = _stated("expect_column_value_lengths_to_equal", column="fingerprint", value=64)
    regions = ["north", "south", "east", "west"]
    stated["regions"] = _stated("expect_column_distinct_values_to_equal_set", column="group.region", value_set=regions)
    stated["rows"] = _stated("expect_table_row_count_to_be_between", min_value=1000)
    if with_regex:
        stated["cards"] = _stated("expect_column_values_to_match_regex", column="entity", regex="^card [0-9]+$")
    return stated


def _stated(kind: str, **arguments: Any) -> dict[str, Any]:
    return {"type": kind, "arguments": arguments}


def write_examples(folder: Path, rows: int) -> None:
    """Write examples.parquet of `rows` rows and 12 columns into `folder`, without holding them in memory."""
    folder.mkdir()
    file = literal(str(examples.table_file(folder)))
    with Database() as database:
        database.frame(f"COPY ({_EXAMPLES.format(rows=rows)}) TO {file} (FORMAT parquet)")
    content = {"labels": ["genuine", "fraud"], "source": {"title": "made"}, "raw": "", "encoding": {}, "arrays": {}}
    (folder / "dataset.json").write_text(json.dumps(content), encoding="utf-8")


def measure(folder: Path, *, in_database: bool, with_regex: bool) -> dict[str, Any]:
    """Validate the examples in `folder` once, and return seconds and peak memory of this process."""
    began = time.perf_counter()
    prepared = examples.read(folder, columns=[] if in_database else None)
    validation = validate_examples(
        prepared,
        minimum_per_class=1,
        minimum_per_group=1,
        expectations=expectations(with_regex=with_regex),
        declared_groups=["region", "age"],
        split_method="time",
        table_file=examples.table_file(folder) if in_database else None,
        in_database_from=IN_DATABASE_FROM if in_database else sys.maxsize,
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": len(prepared),
        "columns": 12,
        "expectations": len(validation.results),
        "engine": "DuckDB" if in_database else "pandas",
        "by_pandas": [result.name for result in validation.results if result.not_in_database],
        "passed": validation.passed,
        "seconds": round(time.perf_counter() - began, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_gigabytes": round(used.ru_maxrss / 2**20, 2),
    }


def main() -> None:
    measured = []
    with TemporaryDirectory() as scratch:
        for rows, in_database, with_regex in (
            (SMALL, False, False),
            (SMALL, True, False),
            (ROWS, True, False),
            (ROWS, True, True),
        ):
            folder = Path(scratch) / str(rows)
            if not folder.exists():
                write_examples(folder, rows)
            arguments = [str(folder), str(int(in_database)), str(int(with_regex))]
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.validation", *arguments]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            measured.append(json.loads(ran.stdout))

    table = Table(title="stage validate, of its own", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in measured[0]:
        table.add_column(name.replace("_", "\n"), justify="right")
    for row in measured:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)
    Path("benchmarks/validation.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        source, is_in_database, has_regex = sys.argv[1:]
        outcome = measure(Path(source), in_database=is_in_database == "1", with_regex=has_regex == "1")
        print(json.dumps(outcome))
    else:
        main()
