"""Direct dependencies are declared: pyproject.toml names what is imported, or read by conf/, and nothing else."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml
from imports import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TESTS = ROOT / "tests"
OWN_MODULES = {"hallmark", "pipelines", "benchmarks", *(path.stem for path in TESTS.iterdir())}
DISTRIBUTIONS = packages_distributions()  # "yaml" → ["PyYAML"]
# PyTorch imports the one when a network is exported, Lightning the other for its logger.
NOT_IMPORTED = {"onnxscript", "tensorboard"}


def imported_packages(*folders: str) -> set[str]:
    """The top-level packages that the modules of these folders import, without our own and the standard library's."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    packages = {package for path in paths for package in packages_of(path)}
    return packages - OWN_MODULES - sys.stdlib_module_names


def packages_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def declared(requirements: Iterable[str]) -> set[str]:
    return {normalised(re.split(r"[<>=!~ \[;]", requirement)[0]) for requirement in requirements}


def normalised(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def undeclared(packages: Iterable[str], distributions: set[str]) -> set[str]:
    """The packages that none of the `distributions` brings."""
    return {name for name in packages if not distributions & set(map(normalised, DISTRIBUTIONS.get(name, [])))}


def test_what_runs_imports_declared_distributions_alone() -> None:
    packages = imported_packages("src", "pipelines")
    assert {"numpy", "yaml", "rapidfuzz"} <= packages
    assert undeclared(packages, declared(PROJECT["dependencies"])) == set()


def test_what_tests_import_is_declared_for_development() -> None:
    everything = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    packages = imported_packages("tests", "benchmarks")
    assert "hypothesis" in packages
    assert undeclared(packages, declared(everything)) == set()


def configured_packages() -> set[str]:
    """The packages whose documentation the configurations in conf/ read: `raw.libraries`."""
    contents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "conf").rglob("*.yaml"))]
    return {name for content in contents for name in (content.get("raw") or {}).get("libraries", ())}


def test_what_the_shipped_configurations_name_is_declared() -> None:
    assert {"networkx", "sklearn"} <= configured_packages()
    assert undeclared(configured_packages(), declared(PROJECT["dependencies"])) == set()


def test_no_declared_distribution_is_idle() -> None:
    packages = imported_packages("src", "pipelines") | configured_packages()
    brought = {normalised(each) for package in packages for each in DISTRIBUTIONS.get(package, [])}
    assert declared(PROJECT["dependencies"]) - brought == NOT_IMPORTED


def test_every_declared_distribution_is_locked() -> None:
    runtime = declared(PROJECT["dependencies"])
    for name, required in (
        ("requirements.lock", runtime),
        ("requirements-ci.lock", runtime),
        ("requirements-dev.lock", runtime | declared(PROJECT["optional-dependencies"]["dev"])),
    ):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        locked = declared(line for line in lines if re.match(r"\w", line))
        assert required <= locked, name
