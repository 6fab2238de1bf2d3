"""Suites as JSON: Great Expectations opens them elsewhere, and finds the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hallmark.contracts.examples import Examples

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

EXPECTATIONS: dict[str, dict[str, Any]] = {
    "dark": {
        "type": "expect_column_values_to_be_between",
        "arguments": {"column": "descriptor.brightness", "max_value": 0.5, "mostly": 0.9},
        "severity": "warning",
    },
    "men": {
        "type": "expect_column_values_to_be_between",
        "arguments": {
            "column": "descriptor.brightness",
            "min_value": 0.2,
            "row_condition": {"column": "group.sex", "operator": "==", "value": "m"},
        },
    },
    "ids": {"type": "expect_column_values_to_match_regex", "arguments": {"column": "id", "regex": "e0.*"}},
}
# A process without this project: by the constructor, and by a file context that has the suite in its folder.
OPENED = """
import json, os, sys
from pathlib import Path
os.environ["GX_ANALYTICS_ENABLED"] = "false"
import great_expectations as gx
import pandas as pd
suite_file, table_file, folder = map(Path, sys.argv[1:])
context = gx.get_context(mode="file", project_root_dir=folder)
(folder / "gx/expectations/examples.json").write_text(suite_file.read_text())
batch = (
    context.data_sources.add_pandas("memory")
    .add_dataframe_asset("examples")
    .add_batch_definition_whole_dataframe("all")
    .get_batch({"dataframe": pd.read_parquet(table_file)})
)
suites = [gx.ExpectationSuite(**json.loads(suite_file.read_text())), context.suites.get("examples")]
for suite in suites:
    result = batch.validate(suite)
    print(json.dumps(sorted(
        [each.expectation_config.meta["name"], each.expectation_config.severity.value, bool(each.success),
         int(each.result.get("unexpected_count") or 0)]
        for each in result.results
    )))
assert "hallmark" not in sys.modules
"""


def test_another_process_opens_the_suite_and_finds_the_same(clean: Examples, check: Any, tmp_path: Path) -> None:
    table = clean.table.copy()
    table.loc[3, "descriptor.brightness"] = np.nan
    table.loc[4, "descriptor.brightness"] = np.inf
    validation = check(Examples(table, clean.arrays, clean.labels), expectations=EXPECTATIONS)
    validation.write_suites(tmp_path / "suites", task="image")
    table.to_parquet(tmp_path / "examples.parquet")

    command = [sys.executable, "-W", "ignore", "-c", OPENED]
    paths = [tmp_path / "suites/examples.json", tmp_path / "examples.parquet", tmp_path / "project"]
    (tmp_path / "project").mkdir()
    ran = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr

    constructed, stored = (json.loads(line) for line in ran.stdout.splitlines() if line.startswith("[["))
    assert constructed == stored
    names = {name for name, *_ in constructed}
    ours = sorted(
        [result.check.name, result.check.severity, result.passed, result.n_unexpected or 0]
        for result in validation.results
        if result.check.name in names and result.units == "rows" and result.check.name != "finite"
        if not str(result.check.column).startswith("array.")
    )
    assert [each for each in constructed if each[0] != "finite"] == ours
    # Ours of finite numbers is two of Great Expectations' own: one for what is missing, one for the infinite.
    assert [each for each in constructed if each[0] == "finite"] == [
        ["finite", "critical", False, 1],
        ["finite", "critical", False, 1],
    ]


def test_the_same_configuration_gives_the_same_file(clean: Examples, check: Any, tmp_path: Path) -> None:
    texts = []
    for folder in ("one", "two"):
        check(clean, expectations=EXPECTATIONS).write_suites(tmp_path / folder, task="image")
        texts.append((tmp_path / folder / "examples.json").read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
