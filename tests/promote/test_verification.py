"""What `make verify` found decides at promotion: differences refuse, a stale record is none, the rest is signed."""

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from entries import call, exit_status
from known import known
from published_task import Store, project_in

from hallmark import digests
from hallmark.contracts import verdicts
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.evidence_differences import Difference
from hallmark.promote import signatures
from hallmark.verify import record, repository
from hallmark.verify.record import Record, UnverifiedStage
from pipelines import consistency, promote, sign

pytestmark = pytest.mark.slow

STATE = ".state/verification/small.json"
PARTIAL = (UnverifiedStage("prepare", "30 bytes for data/raw/small and what is made of it, 20 are there for it"),)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An eligible task, published in a store of its own and committed; the working folder is there."""
    monkeypatch.chdir(tmp_path)
    store = project_in(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    for name in ("GITHUB_ACTIONS", "REASON"):
        monkeypatch.delenv(name, raising=False)

    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "params", "reports")
    git(tmp_path, "commit", "--quiet", "--message", "judged")
    return store


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


def verified(project: Store, **changes: Any) -> Record:
    """Write the record of a verification of what is committed, but for `changes`."""
    commit = repository.head(project.root)
    verdict = digests.file(project.root / "reports/small/gate/verdict.json")
    whole = replace(Record("small", commit, verdict, environment="e" * 64), **changes)
    record.write(whole, project.root / STATE)
    return whole


def status(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    return exit_status(monkeypatch, "promote", partial(promote.main, verified="--verified" in arguments))


def test_a_plain_promotion_says_that_it_computed_nothing(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch) == 0
    assert "checked for consistency" in capsys.readouterr().out


def test_the_workflow_demands_a_record_of_this_commit_and_verdict(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch, "--verified") == 3
    for changes in ({"commit": "0" * 40}, {"verdict": "0" * 64}, {"task": "other"}):
        verified(project, **changes)
        assert status(monkeypatch, "--verified") == 3
    capsys.readouterr()
    sentence = verified(project).sentence
    assert status(monkeypatch, "--verified") == 0
    assert sentence in capsys.readouterr().out


def test_differences_refuse_also_where_no_record_is_demanded(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verified(project, differences=(Difference("digest raw", "a" * 64, "b" * 64),))
    assert status(monkeypatch) == 3
    assert "digest raw" in capsys.readouterr().out


def test_what_was_not_verified_must_be_signed(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verified(project, not_verified=PARTIAL)
    assert status(monkeypatch) == status(monkeypatch, "--verified") == 3
    assert "nobody has signed" in " ".join(capsys.readouterr().out.split())

    monkeypatch.setenv("SIGNER", "A. Person")
    monkeypatch.setenv("STATEMENT", "I have prepared the data myself, and compared.")
    call(sign.main, "small")
    elsewhere = UnverifiedStage("prepare", PARTIAL[0].reason.replace("20", "25"))  # another machine has other room
    verified(project, not_verified=(elsewhere,))
    assert status(monkeypatch, "--verified") == 0


def test_a_signature_for_data_that_was_not_verified_says_nothing_of_other_data(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verified(project, not_verified=PARTIAL)
    monkeypatch.setenv("SIGNER", "A. Person")
    monkeypatch.setenv("STATEMENT", "I have prepared the data myself, and compared.")
    call(sign.main, "small")

    path = project.root / "reports/small/gate/verdict.json"
    verdict = verdicts.read(path)
    other = replace(verdict, digests={**verdict.digests, "data": "0" * 64})
    signature = known(signatures.read(path.with_name("signature.json")))
    partial_record = verified(project, not_verified=PARTIAL)
    here = known(consistency.unverified_matter(partial_record, verdict))
    there = known(consistency.unverified_matter(partial_record, other))

    assert signature.settles_of(verdict, here)
    assert not signature.settles_of(other, there)


@pytest.mark.parametrize("name", ["raw", "data"])
def test_a_verdict_that_names_no_data_is_nothing_to_sign_for(name: str) -> None:
    digests_of_others = {each: "0" * 64 for each in ("model", "raw", "data") if each != name}
    verdict = Verdict("eligible", (), digests_of_others)
    partial_record = Record("small", "c" * 40, "v" * 64, not_verified=PARTIAL)
    with pytest.raises(InputError, match=f"the verdict names no {name}: run the gate again"):
        consistency.unverified_matter(partial_record, verdict)
