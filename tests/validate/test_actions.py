"""Actions: Great Expectations' own and a person's, after all is judged; secrets come from the environment."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

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
    received: list[bytes] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("SLACK", f"http://127.0.0.1:{server.server_port}/services/secret")
    try:
        dark = {
            "type": "expect_column_values_to_be_between",
            "arguments": {"column": "descriptor.brightness", "max_value": 0.5},
        }
        action = {
            "_target_": "great_expectations.checkpoint.SlackNotificationAction",
            "slack_webhook": "SLACK",
            "notify_on": "critical",
        }
        validation = check(clean, expectations={"dark": dark})
        assert validation.run_actions({"slack": action}, task="image") == []
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert len(received) == 1
    assert b"secret" not in received[0]


@pytest.mark.parametrize("value", ["https://hooks.slack.com/services/T0/B0/x", "xoxb-123", 7, "lower"])
def test_a_secret_in_conf_is_refused_without_showing_it(value: Any) -> None:
    (mistake,) = expectation_schema.secret_mistakes("validate.actions.slack", {"slack_webhook": value})
    assert str(value) not in str(mistake).replace("validate.actions.slack.slack_webhook", "")
    assert "the name of an environment variable" in str(mistake)
