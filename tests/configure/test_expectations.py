"""Expectations that no examples could meet: refused before anything runs."""

import re
from typing import Any

import pytest
from composed import checked, stated

from hallmark.configure import expectations
from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError

KEY = "validate.expectations.mine.arguments"


def refusal(task: str, kind: str = "expect_column_values_to_not_be_null", **arguments: Any) -> str:
    """What configure says of a task with one more expectation, without the file's name; "" if nothing."""
    content = stated(task)
    content.validate.expectations["mine"] = {"type": kind, "arguments": arguments}
    try:
        checked(task, content)
    except InputError as error:
        return re.sub(r" in conf/\S*", "", str(error))
    return ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"column": "group.regoin"},
            "column names 'group.regoin', which the examples don't have; did you mean group.reg",
        ),
        (
            {"column": "descriptor.amuont"},
            "column names 'descriptor.amuont', which the examples don't have; did you mean",
        ),
        ({"column": "region"}, "column names 'region', which the examples don't have; did you mean group.region?"),
        (
            {"column": "id", "row_condition": {"column": "group.regoin", "operator": "==", "value": "north"}},
            "row_condition names 'group.regoin', which the examples don't have; did you mean group.region?",
        ),
    ],
)
def test_a_column_that_the_examples_never_have_is_refused(arguments: dict[str, Any], said: str) -> None:
    assert refusal("fraud", **arguments).startswith(f"{KEY}.{said}")


def test_the_prefixes_are_those_of_the_examples() -> None:
    assert (expectations._GROUP, expectations._DESCRIPTOR) == (GROUP, DESCRIPTOR)


def test_a_column_in_a_list_is_named_with_its_place() -> None:
    said = refusal("fraud", "expect_compound_columns_to_be_unique", column_list=["id", "group.regoin"])
    assert said.startswith(f"{KEY}.column_list[1] names 'group.regoin'")


@pytest.mark.parametrize(
    ("task", "column"),
    [
        ("fraud", "group.region"),
        ("fraud", "descriptor.km_from_home"),
        ("fraud", "label"),
        ("fraud", "anything_else"),  # which a system may keep
        ("language", "characters"),
        ("recommendation", "group.popularity"),
        ("recommendation", "entity_start"),
    ],
)
def test_a_column_that_the_examples_can_have_is_taken(task: str, column: str) -> None:
    assert refusal(task, column=column) == ""


def test_all_mistakes_of_an_expectation_are_said_at_once() -> None:
    said = refusal("fraud", "expect_column_values_to_be_between", colum="label", min_value="100000")
    for words in ("colum is 'label', but", "min_value is '100000': it must be", "column is missing"):
        assert words in said


def test_severity_stands_beside_the_arguments() -> None:
    said = refusal("fraud", column="id", severity="warning")
    assert said == (
        f"{KEY}.severity is 'warning', but it stands beside type and arguments, as in a suite's JSON: move it there"
    )

    content = stated("fraud")
    kind = "expect_column_values_to_not_be_null"
    content.validate.expectations["mine"] = {"type": kind, "arguments": {"column": "id"}, "severity": "warning"}
    parameters = checked("fraud", content)
    assert parameters.validation.expectations["mine"].severity == "warning"


def refusal_of(key: str, value: Any) -> str:
    """What configure says of the task fraud with a value at a key of `validate`, without the file's name."""
    content = stated("fraud")
    section, name = key.split(".")
    content.validate.setdefault(section, {})
    content.validate[section][name] = value
    try:
        checked("fraud", content)
    except InputError as error:
        return re.sub(r" in conf/\S*", "", str(error))
    return ""


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("raw.examples", {"file": "a.csv"}, "validate.raw.examples must be a name of letters, digits and _, and not"),
        ("raw.items", {"file": "../a.csv"}, "validate.raw.items.file is '../a.csv': it must be the path of a file"),
        (
            "raw.items",
            {"file": "a.csv", "expectations": {"types": {"type": "expect_table_row_count_to_equal", "arguments": {}}}},
            "validate.raw.items.expectations.types has the name of a check that is made anyway",
        ),
        (
            "raw.items",
            {"file": "a.csv", "expectations": {"n": {"type": "expect_table_row_count", "arguments": {}}}},
            "validate.raw.items.expectations.n.type is 'expect_table_row_count', which is none of the expectations",
        ),
        (
            "actions.slack",
            {
                "_target_": "great_expectations.checkpoint.SlackNotificationAction",
                "slack_webhook": "https://hooks.slack.com/services/T0",
            },
            "validate.actions.slack.slack_webhook must be the name of an environment variable",
        ),
        (
            "actions.slack",
            {"_target_": "great_expectations.checkpoint.SlackNotificationAction", "slack_webhok": "SLACK"},
            "validate.actions.slack.slack_webhok is no argument of great_expectations.checkpoint.Slack",
        ),
        (
            "actions.slack",
            {
                "_target_": "great_expectations.checkpoint.SlackNotificationAction",
                "slack_webhook": "SLACK",
                "renderer": {"module_name": "subprocess", "class_name": "Popen", "args": "true"},
            },
            "validate.actions.slack.renderer.module_name names what would be run",
        ),
        ("actions.run", {"_target_": "os.system"}, "validate.actions.run._target_ is 'os.system': it must be"),
        (
            "expectations.mine",
            {"type": "extensions.fraud.nothing.Expect", "arguments": {}},
            "validate.expectations.mine.type is 'extensions.fraud.nothing.Expect', but there is no file",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")
def test_raw_tables_actions_and_classes_of_one_s_own_are_checked_before_anything_runs(
    key: str, value: Any, said: str
) -> None:
    refused = refusal_of(key, value)
    assert refused.startswith(said)
    assert "hooks.slack.com" not in refused
