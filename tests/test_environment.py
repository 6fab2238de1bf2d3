"""The environment is what Python finds, not what a lock says."""

import sys
from pathlib import Path

import numpy as np
import pytest

from hallmark import environment


def install(folder: Path, name: str, version: str) -> None:
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")


def test_it_names_what_is_installed() -> None:
    assert f"numpy=={np.__version__}" in environment.installed_distributions()
    assert not any(line.startswith("hallmark==") for line in environment.installed_distributions())


def test_another_version_is_another_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment.digest()
    digests = set()
    for version in ("1.0", "1.1"):
        place = tmp_path / version
        install(place, "Some.Library", version)
        monkeypatch.syspath_prepend(str(place))
        assert f"some-library=={version}" in environment.installed_distributions()
        digests.add(environment.digest())
        monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(place)])
    assert len(digests | {before}) == 3
    assert environment.digest() == before
