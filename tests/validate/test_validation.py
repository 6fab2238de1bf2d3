"""The contract's checks and a task's own, on real Great Expectations: one planted fault at a time."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from hallmark.contracts import findings
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.validate.validation import FAILURE_COLUMNS, Validation, failures_table

# Great Expectations itself imports modules that Python has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")
Check = Callable[..., Validation]
AT_MOST_1 = {"column": "descriptor.brightness", "max_value": 1}
BRIGHT = {"type": "expect_column_values_to_be_between", "arguments": AT_MOST_1}


def put(examples: Examples, row: int, column: str, value: Any) -> Examples:
    changed = examples.table.copy()
    changed.loc[row, column] = value
    return replace(examples, table=changed)


def pixel(examples: Examples, row: int, value: float) -> Examples:
    pixels = np.array(examples.arrays["pixels"])
    pixels[row, 1, 0] = value
    return replace(examples, arrays={**examples.arrays, "pixels": pixels})


def failed(validation: Validation) -> dict[tuple[str, str], findings.Finding]:
    return {(f.check.removeprefix("validate."), f.subject): f for f in validation.findings if f.verdict == "fail"}


def test_a_clean_table_passes_every_check(clean: Examples, check: Check) -> None:
    validation = check(clean, expectations={"bright": BRIGHT})

    assert {f.verdict for f in validation.findings if f.check != "validate.warning"} == {"pass"}
    assert [f.verdict for f in validation.findings if f.check == "validate.warning"] == ["not applicable"]
    assert validation.failures.empty
    assert list(validation.failures.columns) == list(FAILURE_COLUMNS)
    assert validation.sentence == ""
    assert {f.check for f in validation.findings} == {
        f"validate.{name}"
        for name in (
            *("columns", "complete", "finite", "unique_ids", "known_splits", "known_labels", "bright", "filled_splits"),
            *("one_split_per_entity", "one_split_per_fingerprint", "class_counts", "group_counts", "time_order"),
            "warning",
        )
    }


def test_leaks_between_splits_answer_question_four_and_the_rest_question_one(clean: Examples, check: Check) -> None:
    questions = {f.check: f.question for f in check(clean).findings}
    leaks = {name for name, question in questions.items() if question == 4}
    assert leaks == {f"validate.{n}" for n in ("one_split_per_entity", "one_split_per_fingerprint", "time_order")}
    assert set(questions.values()) == {1, 4}


def test_n_counts_rows_or_entities(clean: Examples, check: Check) -> None:
    n = {(f.check, f.subject): f.n for f in check(clean).findings}
    assert n["validate.unique_ids", "id"] == n["validate.one_split_per_fingerprint", "fingerprint"] == 24
    assert n["validate.one_split_per_entity", "entity"] == 12
    assert n["validate.class_counts", "label"] == 6
    assert n["validate.group_counts", "group.sex"] == 2


PLANTED: dict[str, tuple[Callable[[Examples], Examples], tuple[str, str], str]] = {
    "an entity in two splits": (
        lambda e: put(e, 12, "entity", "card 3"),
        ("one_split_per_entity", "entity"),
        "1 of 12 entities; the first has 'train and test' at entity card 3, id e06 and e12",
    ),
    "an equal fingerprint across splits": (
        lambda e: put(e, 9, "fingerprint", f"{0:064x}"),
        ("one_split_per_fingerprint", "fingerprint"),
        "1 of 23 fingerprints; the first has 'train and validation' at id e00 and e09",
    ),
    "a descriptor that is NaN": (
        lambda e: put(e, 3, "descriptor.brightness", np.nan),
        ("finite", "descriptor.brightness"),
        "1 of 24 rows; the first has nan at id e03",
    ),
    "a descriptor without any value": (
        lambda e: replace(e, table=e.table.assign(**{"descriptor.brightness": np.nan})),
        ("finite", "descriptor.brightness"),
        "descriptor.brightness is a finite number” is broken in 24 of 24 rows; the first has nan at id e00",
    ),
    "a descriptor that is hardly ever there": (
        lambda e: replace(
            e,
            table=e.table.assign(
                **{"descriptor.brightness": e.table["descriptor.brightness"].where(e.table.index > 20)}
            ),
        ),
        ("finite", "descriptor.brightness"),
        "descriptor.brightness is a finite number” is broken in 21 of 24 rows; the first has nan at id e00",
    ),
    "a descriptor that is infinite": (
        lambda e: put(e, 3, "descriptor.brightness", -np.inf),
        ("finite", "descriptor.brightness"),
        "the first has -inf at id e03",
    ),
    "an array with NaN": (
        lambda e: pixel(e, 5, np.nan),
        ("finite", "array.pixels"),
        "values in array.pixels that are NaN or infinite is 0” is broken in 1 of 24 rows; the first has 1 at id e05",
    ),
    "an array with infinity": (lambda e: pixel(e, 7, np.inf), ("finite", "array.pixels"), "at id e07"),
    "an unknown label": (
        lambda e: put(e, 20, "label", "cow"),
        ("known_labels", "label"),
        "“label is one of cat, dog” is broken in 1 of 24 rows; the first has 'cow' at id e20",
    ),
    "a label that is missing": (
        lambda e: put(e, 20, "label", None),
        ("complete", "label"),
        "the first has None at id e20",
    ),
    "an id that occurs twice": (
        lambda e: put(e, 1, "id", "e00"),
        ("unique_ids", "id"),
        "broken in 2 of 24 rows; the first has 'e00' at id e00",
    ),
    "an unknown split": (
        lambda e: put(put(e, 22, "split", "later"), 23, "split", "later"),
        ("known_splits", "split"),
        "'later' at id e22",
    ),
    "a time that is missing": (lambda e: put(e, 2, "time", pd.NaT), ("complete", "time"), "'NaT' at id e02"),
    "a group that is missing": (lambda e: put(e, 2, "group.sex", None), ("complete", "group.sex"), "at id e02"),
    "recent before train": (
        lambda e: put(put(e, 20, "time", pd.Timestamp("2020-01-01")), 21, "time", pd.Timestamp("2020-01-01")),
        ("time_order", "time"),
        "1 of 3 pairs of splits; the first has ['2020-01-01 00:00:00', '2024-01-01 18:00:00'] at splits test before",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_fails_its_check_and_no_other(clean: Examples, check: Check, fault: str) -> None:
    plant, expected, sentence = PLANTED[fault]
    validation = check(plant(clean))
    found = failed(validation)
    assert set(found) == {expected}
    assert sentence in validation.sentence_with_example
    assert validation.sentence == found[expected].reason

    how_often = sentence.partition("; the first has")[0] if "; the first has" in sentence else "is broken in"
    assert how_often in found[expected].reason
    assert not re.search(r"\be\d\d\b|the first has", found[expected].reason)  # an id, or a value
    assert set(zip(validation.failures["check"], validation.failures["column"], strict=True)) == {expected}


def test_a_class_that_a_split_lacks_is_named(clean: Examples, check: Check) -> None:
    rows = ~((clean.table["split"] == "validation") & (clean.table["label"] == "dog")).to_numpy()
    validation = check(clean.take(rows))
    (finding,) = failed(validation).values()
    assert finding.check == "validate.class_counts"
    assert "1 of 6 pairs of split and label; the first has 0 at split validation, label dog" in finding.reason


def test_recent_may_lack_a_class(clean: Examples, check: Check) -> None:
    rows = ~((clean.table["split"] == "recent") & (clean.table["label"] == "dog")).to_numpy()
    assert not failed(check(clean.take(rows)))


def test_an_empty_split_fails(clean: Examples, check: Check) -> None:
    validation = check(clean.take((clean.table["split"] != "test").to_numpy()))
    found = failed(validation)
    assert set(found) == {("filled_splits", "split"), ("class_counts", "label"), ("group_counts", "group.sex")}
    assert "the first has 0 at split test" in found["filled_splits", "split"].reason


def test_a_small_group_is_named_with_its_size(clean: Examples, check: Check) -> None:
    validation = check(put(clean, 12, "group.sex", "d"))
    (finding,) = failed(validation).values()
    assert (finding.check, finding.subject) == ("validate.group_counts", "group.sex")
    assert "2 of 3 values of group.sex; the first has 1 at value d" in finding.reason
    assert list(validation.failures["value"]) == ["1", "3"]


def test_a_group_value_that_the_test_split_lacks_fails(clean: Examples, check: Check) -> None:
    (finding,) = failed(check(put(clean, 0, "group.sex", "d"))).values()
    assert "the first has 0 at value d" in finding.reason


def test_a_declared_group_that_is_missing_fails(clean: Examples, check: Check) -> None:
    validation = check(clean, declared_groups=["sex", "site"])
    assert set(failed(validation)) == {("columns", "group.site")}
    assert validation.sentence == "The rule “there is a column group.site” is broken."


@pytest.mark.parametrize("column", ["id", "split", "entity", "fingerprint", "label"])
def test_a_missing_column_fails_alone(clean: Examples, check: Check, column: str) -> None:
    validation = check(replace(clean, table=clean.table.drop(columns=column)))
    assert set(failed(validation)) == {("columns", column)}


def test_an_array_of_another_length_is_refused(clean: Examples, check: Check) -> None:
    with pytest.raises(InputError, match="array 'pixels' has 23 rows where examples.parquet has 24"):
        check(replace(clean, arrays={"pixels": clean.arrays["pixels"][:-1]}))


def test_cards_that_live_through_all_of_the_time_are_judged_by_their_rows(clean: Examples, check: Check) -> None:
    mixed = clean.table.copy()
    mixed.loc[[0, 8], "time"] = mixed.loc[[8, 0], "time"].to_numpy()  # train and validation share a window
    assert not failed(check(replace(clean, table=mixed), split_method="entity_and_time"))
    late = put(replace(clean, table=mixed), 1, "time", pd.Timestamp("2024-01-05"))
    assert not failed(check(put(clean, 1, "time", pd.Timestamp("2024-01-05"))))  # its entity began in time
    validation = check(late, split_method="entity_and_time")
    assert len(failed(validation)) == 1
    assert "at splits train before test" in validation.sentence_with_example


def test_times_are_not_compared_where_the_split_is_not_by_time(clean: Examples, check: Check) -> None:
    backwards = replace(clean, table=clean.table.assign(time=clean.table["time"].to_numpy()[::-1]))
    assert not failed(check(backwards, split_method="entity"))
    assert set(failed(check(backwards))) == {("time_order", "time")}


def test_an_entity_s_start_may_lie_before_the_rows_that_are_kept(clean: Examples, check: Check) -> None:
    late = put(clean, 0, "time", pd.Timestamp("2026-01-01"))
    late = put(late, 1, "time", pd.Timestamp("2026-01-01"))  # all rows of the first entity, in training
    assert set(failed(check(late))) == {("time_order", "time")}
    known = replace(late, table=late.table.assign(entity_start=clean.table["time"]))
    assert not failed(check(known))


def test_where_the_last_rows_are_left_out_each_entity_keeps_its_own_order(clean: Examples, check: Check) -> None:
    splits = ["train"] * 2 + ["validation", "test"]
    table = clean.table.assign(entity=[f"user {row // 4}" for row in range(24)], split=splits * 6)
    table["label"] = ["cat", "dog"] * 12
    known = replace(clean, table=table)
    found = failed(check(known, split_method="leave_last_out", minimum_per_class=0, minimum_per_group=0))

    assert not found

    swapped = put(known, 6, "time", pd.Timestamp("2030-01-01"))
    found = failed(check(swapped, split_method="leave_last_out", minimum_per_class=0, minimum_per_group=0))
    assert set(found) == {("time_order", "time")}
    assert "1 of 18 pairs of splits of an entity" in found["time_order", "time"].reason


def test_a_task_s_own_expectation_names_column_count_value_and_id(clean: Examples, check: Check) -> None:
    validation = check(put(clean, 4, "descriptor.brightness", 1.5), expectations={"bright": BRIGHT})
    (finding,) = failed(validation).values()

    assert (finding.check, finding.subject, finding.question) == ("validate.bright", "descriptor.brightness", 1)
    assert finding.estimate == pytest.approx(1 / 24)
    assert "column descriptor.brightness, max_value 1" in finding.requirement
    assert finding.reason.endswith("is broken in 1 of 24 rows.")
    assert validation.sentence_with_example.endswith("is broken in 1 of 24 rows; the first has 1.5 at id e04.")
    assert validation.failures.to_dict("records") == [
        {
            "check": "bright",
            "severity": "critical",
            "column": "descriptor.brightness",
            "unexpected": "1",
            "share": "0.0416667",
            "example": "id e04",
            "value": "1.5",
        }
    ]


def test_mostly_tolerates_and_says_so(clean: Examples, check: Check) -> None:
    mostly = {"bright": BRIGHT | {"arguments": AT_MOST_1 | {"mostly": 0.9}}}
    validation = check(put(clean, 4, "descriptor.brightness", 1.5), expectations=mostly)
    assert not failed(validation)
    assert any("except for 1 that its arguments tolerate" in f.reason for f in validation.findings)


def test_an_expectation_about_the_whole_column_shows_what_was_observed(clean: Examples, check: Check) -> None:
    dark = {"type": "ExpectColumnMeanToBeBetween", "arguments": {"column": "descriptor.brightness", "max_value": 0.1}}
    half = replace(clean, table=clean.table.assign(**{"descriptor.brightness": np.float32(0.25)}))
    validation = check(half, expectations={"dark": dark})
    (finding,) = failed(validation).values()
    assert finding.reason.endswith("is broken; 0.25 was observed.")
    assert list(validation.failures["value"]) == ["0.25"]


def test_an_expectation_on_a_column_that_is_not_there_fails_with_the_reason(clean: Examples, check: Check) -> None:
    absent = {"type": "expect_column_values_to_be_unique", "arguments": {"column": "descriptor.colour"}}
    validation = check(clean, expectations={"absent": absent})
    assert set(failed(validation)) == {("absent", "descriptor.colour")}
    assert 'could not be checked: The column "descriptor.colour" in BatchData does not exist.' in validation.sentence


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        (
            {"type": "expect_column_values_to_be_betwen", "arguments": {"column": "id"}},
            "validate.expectations.mine.type is 'expect_column_values_to_be_betwen', "
            "which is none of the expectations that can be asked for; "
            "the closest that are: expect_column_values_to_be_between",
        ),
        (
            {"type": "expect_column_values_to_be_between", "arguments": {"column": "id", "min": 3}},
            "validate.expectations.mine.arguments.min is 3, "
            "but expect_column_values_to_be_between has no such argument; the closest that it knows: ",
        ),
        (
            {"type": "expect_column_values_to_be_between", "arguments": {"column": "id", "min_value": "low"}},
            "validate.expectations.mine.arguments.min_value is 'low': ",
        ),
        (
            {"type": "expect_column_values_to_be_unique", "arguments": {}},
            "validate.expectations.mine.arguments is {}: column is missing",
        ),
    ],
)
def test_an_unknown_expectation_is_refused_by_its_key(
    clean: Examples, check: Check, expectation: Any, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        check(clean, expectations={"mine": expectation})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_at_most_twenty_examples_are_kept_of_many(clean: Examples, check: Check) -> None:
    validation = check(replace(clean, table=clean.table.assign(label="cow")))
    rows = validation.failures[validation.failures["check"] == "known_labels"]
    assert len(rows) == 20
    assert set(rows["unexpected"]) == {"24"}


def test_the_same_data_give_the_same_files(clean: Examples, check: Check, tmp_path: Path) -> None:
    broken = put(put(clean, 12, "entity", "card 3"), 4, "descriptor.brightness", np.nan)
    written = []
    for run in ("one", "two"):
        validation = check(broken, expectations={"bright": BRIGHT})
        findings.write(validation.findings, tmp_path / run / "findings.json")
        validation.failures.to_csv(tmp_path / run / "failures.csv", index=False)
        validation.write_data_docs(tmp_path / run / "data_docs", title="image")
        written.append(
            {p.relative_to(tmp_path / run): p.read_bytes() for p in (tmp_path / run).rglob("*") if p.is_file()}
        )

    assert written[0] == written[1]
    assert len(written[0]) == 4


def test_examples_are_left_as_they_are(clean: Examples, check: Check) -> None:
    before = clean.table.copy()
    check(clean)
    pd.testing.assert_frame_equal(clean.table, before)


def test_values_are_no_markup_in_the_terminal(clean: Examples, check: Check) -> None:
    validation = check(put(clean, 4, "label", "[red]cow[/red][/]"))
    console = Console(record=True, width=160, file=io.StringIO())
    console.print(failures_table(validation.failures))
    assert "[red]cow[/red][/]" in console.export_text()
