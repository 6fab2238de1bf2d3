"""What the workflows may do: pinned actions, few rights, secrets in two environments, no examples in artifacts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[1] / ".github/workflows"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yml"))}
FLOWS: dict[str, Any] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
JOBS = [(flow, name, job) for flow, content in FLOWS.items() for name, job in content["jobs"].items()]
NAMES = [f"{flow}/{name}" for flow, name, _ in JOBS]


@pytest.mark.parametrize(("flow", "name", "job"), JOBS, ids=NAMES)
def test_every_action_is_pinned_to_a_commit_and_leaves_no_token(flow: str, name: str, job: dict[str, Any]) -> None:
    used = [step for step in job["steps"] if "uses" in step]
    assert used
    for step in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("flow", FLOWS)
def test_a_workflow_may_read_alone(flow: str) -> None:
    assert FLOWS[flow]["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(("flow", "name", "job"), JOBS, ids=NAMES)
def test_secrets_stand_in_the_two_environments_alone(flow: str, name: str, job: dict[str, Any]) -> None:
    has_secret = "secrets." in yaml.safe_dump(job)
    assert has_secret == (job.get("environment") in {"evidence", "production"})
    assert "secrets." not in yaml.safe_dump({key: value for key, value in FLOWS[flow].items() if key != "jobs"})
    assert "secrets." not in yaml.safe_dump({key: value for key, value in job.items() if key != "steps"})


def test_promotion_is_of_the_default_branch_and_hands_no_data_on() -> None:
    jobs = FLOWS["promote"]["jobs"]
    assert jobs["evidence"]["if"] == "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
    assert jobs["promote"]["needs"] == "evidence"
    assert jobs["promote"]["environment"] == "production"
    assert "artifact" not in " ".join(step.get("uses", "") for job in jobs.values() for step in job["steps"])


def test_no_input_is_put_into_a_command() -> None:
    for _, _, job in JOBS:
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), step


def test_the_reports_of_ci_hold_no_example() -> None:
    (upload,) = [step for step in FLOWS["ci"]["jobs"]["pipeline"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["with"]["path"].split() == [
        "reports/",
        "!reports/**/figures/examples/**",
        "!reports/**/predictions.parquet",
        "!reports/**/episodes.parquet",
        "!reports/**/data_docs/examples/**",
        "!reports/**/failures.csv",
    ]


def test_ci_installs_files_by_their_hashes() -> None:
    root = FOLDER.parents[1]
    pins, hashed = (
        {line.split()[0] for line in (root / name).read_text(encoding="utf-8").splitlines() if "==" in line}
        for name in ("requirements.lock", "requirements-ci.lock")
    )
    assert pins <= hashed  # and what PyPI's build of torch needs beside
    assert all(FLOWS[flow]["env"]["LOCK"] == "requirements-ci.lock" for flow in ("promote",))
    blocks = re.split(r"^(?=[a-z0-9])", (root / "requirements-ci.lock").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)
