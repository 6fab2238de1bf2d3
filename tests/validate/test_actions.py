"""Actions: Great Expectations' own and a person's, after all is judged; secrets come from the environment."""

from itertools import count
from pathlib import Path
from typing import Any

import local_servers
import pytest

from hallmark import expectation_schema
from hallmark.contracts.examples import Examples

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

NUMBERS = count()
OWN = """
from typing import Literal

from great_expectations.checkpoint import ValidationAction


class Note(ValidationAction):
    type: Literal["note"] = "note"
    file: str
    api_key: str = ""

    def run(self, checkpoint_result, action_context=None):
        names = [key.expectation_suite_identifier.name for key in checkpoint_result.run_results]
        with open(self.file, "w") as stream:
            stream.write(f"{self.name} {checkpoint_result.success} {len(names)} {self.api_key}")
        return {"noted": True}


class Fails(Note):
    type: Literal["fails"] = "fails"

    def run(self, checkpoint_result, action_context=None):
        raise ConnectionError(f"no way to {self.api_key}")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "extensions/image"
    folder.mkdir(parents=True)
    # Great Expectations knows an action by its type, which no two of one process may have.
    number = next(NUMBERS)
    (folder / "notes.py").write_text(OWN.replace('"note"', f'"note {number}"').replace('"fails"', f'"fails {number}"'))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_action_of_one_s_own_sees_the_whole_result(
    project: Path, clean: Examples, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTE_KEY", "sesame")
    action = {"_target_": "extensions.image.notes.Note", "file": str(project / "note"), "api_key": "NOTE_KEY"}
    validation = check(clean)
    assert validation.run_actions({"tell": action}, task="image") == []
    n_frames = len(validation.outcome.run_results)
    assert (project / "note").read_text() == f"tell True {n_frames} sesame"


def test_an_action_that_fails_stops_nothing_and_its_secret_is_not_shown(
    project: Path, clean: Examples, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTE_KEY", "sesame")
    fails = {"_target_": "extensions.image.notes.Fails", "file": "x", "api_key": "NOTE_KEY"}
    note = {"_target_": "extensions.image.notes.Note", "file": str(project / "note")}
    sentences = check(clean).run_actions({"first": fails, "second": note}, task="image")
    assert sentences == ["the action first failed: ConnectionError: no way to $NOTE_KEY"]
    assert (project / "note").exists()


def test_an_action_without_its_variable_does_not_run(
    project: Path, clean: Examples, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK", raising=False)
    action = {
        "_target_": "great_expectations.checkpoint.SlackNotificationAction",
        "slack_webhook": "SLACK",
        "notify_on": "failure",
    }
    sentences = check(clean).run_actions({"slack": action}, task="image")
    assert sentences == ["the action slack did not run: the environment variable SLACK is not set"]


def test_great_expectations_own_action_sends_to_the_address_in_the_variable(
    clean: Examples, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dark = {
        "type": "expect_column_values_to_be_between",
        "arguments": {"column": "descriptor.brightness", "max_value": 0.5},
    }
    action = {
        "_target_": "great_expectations.checkpoint.SlackNotificationAction",
        "slack_webhook": "SLACK",
        "notify_on": "critical",
    }
    with local_servers.webhook() as slack:
        monkeypatch.setenv("SLACK", f"{slack.address}/services/secret")
        validation = check(clean, expectations={"dark": dark})
        assert validation.run_actions({"slack": action}, task="image") == []
    assert len(slack.messages) == 1
    assert b"secret" not in slack.messages[0]


def test_a_refusal_of_the_server_is_said_without_the_address(
    clean: Examples, check: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    action = {
        "_target_": "great_expectations.checkpoint.MicrosoftTeamsNotificationAction",
        "teams_webhook": "TEAMS",
    }
    with local_servers.webhook(status=404) as teams:
        monkeypatch.setenv("TEAMS", f"{teams.address}/hooks/sesame {{open}}")
        (sentence,) = check(clean).run_actions({"teams": action}, task="image")
    assert sentence.startswith("the action teams warns: Request to Microsoft Teams API returned error 404")
    assert "$TEAMS" in sentence
    out, err = capfd.readouterr()
    assert "sesame" not in sentence + out + err


def test_a_class_by_its_name_is_not_run(
    clean: Examples, check: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Great Expectations would import the module, and call what is named, before it looks at its type."""
    monkeypatch.setenv("SLACK", "http://127.0.0.1:9/x")
    renderer = {"module_name": "builtins", "class_name": "open", "file": str(tmp_path / "made"), "mode": "w"}
    action = {
        "_target_": "great_expectations.checkpoint.SlackNotificationAction",
        "slack_webhook": "SLACK",
        "renderer": renderer,
    }
    (sentence,) = check(clean).run_actions({"slack": action}, task="image")
    assert sentence.startswith("the action slack did not run: validate.actions.slack.renderer.module_name names what")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "argument", [{"access_key": "ab/cd"}, {"key": "x"}, {"headers": {"token": "x"}}, {"all": [{"password": "x"}]}]
)
def test_what_reads_as_a_secret_is_refused_at_any_depth(argument: dict[str, Any]) -> None:
    assert len(list(expectation_schema.action_mistakes("validate.actions.own", argument))) == 1


@pytest.mark.parametrize("value", ["https://hooks.slack.com/services/T0/B0/x", "xoxb-123", 7, "lower"])
def test_a_secret_in_conf_is_refused_without_showing_it(value: Any) -> None:
    (mistake,) = expectation_schema.action_mistakes("validate.actions.slack", {"slack_webhook": value})
    assert str(value) not in str(mistake).replace("validate.actions.slack.slack_webhook", "")
    assert "the name of an environment variable" in str(mistake)
