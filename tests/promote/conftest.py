"""The small task was made by no `dvc repro`: these tests are of what promotion checks beside its lock."""

from functools import cache

import pytest

from hallmark import environment
from hallmark.verify import lock

digest_environment = cache(environment.digest)  # of some hundred distributions, which no test here changes


@pytest.fixture(autouse=True)
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "compare_files", lambda root, task: [])


@pytest.fixture(autouse=True)
def one_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "digest", digest_environment)
