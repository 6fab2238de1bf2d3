"""The contract's checks on a table that DuckDB reads from its file: the same results as by pandas."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hallmark.contracts import examples as contract
from hallmark.contracts.examples import Examples
from hallmark.validate.check_results import CheckResult
from hallmark.validate.validation import Validation, validate_examples

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["train", "validation", "test", "recent", "other"]),
        st.integers(0, 3),  # entity
        st.integers(0, 6),  # fingerprint
        st.sampled_from(["cat", "dog", "cow"]),
        st.sampled_from(["f", "m", None]),
        st.sampled_from([0.0, 1.0, float("nan"), float("inf")]),
        st.integers(0, 4),  # hours
    ),
    min_size=2,
    max_size=12,
)


def examples(rows: list[tuple[Any, ...]]) -> Examples:
    names = ["split", "entity", "fingerprint", "label", "sex", "brightness", "hours"]
    frame = pd.DataFrame(rows, columns=names)
    table = pd.DataFrame(
        {
            "id": [f"e{row}" for row in range(len(frame))],
            "split": frame["split"],
            "entity": "card " + frame["entity"].astype(str),
            "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["hours"], unit="h"),
            "label": frame["label"],
            "group.sex": frame["sex"].astype(object),
            "descriptor.brightness": frame["brightness"].astype(np.float32),
            "fingerprint": [f"{number:064x}" for number in frame["fingerprint"]],
        }
    )
    return Examples(table, {"pixels": frame[["brightness"]].to_numpy(np.float32)}, ("cat", "dog"))


def validated(made: Examples, split_method: str, table_file: Path | None) -> Validation:
    return validate_examples(
        made,
        minimum_per_class=1,
        minimum_per_group=1,
        expectations={},
        declared_groups=["sex"],
        split_method=split_method,
        table_file=table_file,
    )


def comparable(result: CheckResult) -> tuple[Any, ...]:
    shown = [(where, str(value).replace("nan", "None")) for where, value in result.examples]
    if result.check.name == "time_order":  # rows of a join, which have no order, and times in either engine's words
        shown = sorted((where, "") for where, _ in shown)
    facts = (result.name, result.check.column, result.passed, result.n, result.n_unexpected, bool(result.error))
    return (*facts, shown)


@pytest.mark.parametrize("split_method", ["time", "entity_and_time", "leave_last_out"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_the_contract_s_results_are_those_of_pandas(split_method: str, rows: list[tuple[Any, ...]]) -> None:
    made = examples(rows)
    with TemporaryDirectory() as folder:
        contract.write(made, Path(folder))
        by_pandas = validated(made, split_method, None)
        lean = contract.read(Path(folder), columns=[])
        by_database = validated(lean, split_method, contract.table_file(Path(folder)))

    assert list(map(comparable, by_database.results)) == list(map(comparable, by_pandas.results))
    assert "DuckDB" in {result.engine for result in by_database.results}


def test_what_the_database_can_t_compute_is_named(clean: Examples, tmp_path: Path) -> None:
    contract.write(clean, tmp_path)
    regex = {"type": "expect_column_values_to_match_regex", "arguments": {"column": "entity", "regex": "^card [0-9]$"}}
    validation = validate_examples(
        contract.read(tmp_path, columns=[]),
        minimum_per_class=1,
        minimum_per_group=1,
        expectations={"cards": regex},
        table_file=contract.table_file(tmp_path),
    )
    (result,) = (each for each in validation.results if each.check.name == "cards")
    assert (result.engine, result.not_in_database, result.n_unexpected) == ("pandas", True, 4)
    assert result.examples[0] == ("id e20", "card 10")

    validation.write_data_docs(tmp_path / "docs", title="image")
    page = (tmp_path / "docs/index.html").read_text(encoding="utf-8")
    assert "since DuckDB can't: cards (expect_column_values_to_match_regex)" in page
