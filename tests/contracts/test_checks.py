"""The registry of checks holds what the code makes findings of, and what people need to know of each."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from hallmark import systems
from hallmark.config import Parameters
from hallmark.contracts import checks, findings
from hallmark.contracts.checks import CHECKS, FAMILY, FIELDS, OF_GROUPS, SIMPLE_METHODS, Check
from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.contracts.predictions import MODEL, RULE
from hallmark.drift.comparison_windows import MISSING
from hallmark.metrics import METRICS
from hallmark.systems.language.config import HELD_OUT
from hallmark.systems.robotics.diagnostics import EXPERT
from pipelines import checks_page

SOURCES = Path(__file__).parents[2] / "src/hallmark"
STAGES = ("validate", "train", "evaluate", "bias", "drift", "gate", "promote")
CONTRACT_CHECKS = SOURCES / "validate/contract.py"


def names_in(folder: Path) -> set[str]:
    """Return the names of checks that stand as whole texts in the code below a folder that makes findings."""
    made: set[str] = set()
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "Finding" in text or "inapplicable" in text:
            made |= set(_checks_in(ast.parse(text)))
    return made


def _checks_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            stage, dot, name = node.value.partition(".")
            if stage in STAGES and dot and name.isidentifier():
                yield node.value


def contract_checks() -> set[str]:
    """Return the names that validation gives the checks of every task's examples."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(CONTRACT_CHECKS.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("DataCheck", "_column_check", "_membership_check"):
            first = node.args[0]
            if isinstance(first, ast.Constant):
                names.add(f"validate.{first.value!s}")
    return names


def test_every_finding_that_code_makes_is_of_a_registered_check_and_none_is_registered_in_vain() -> None:
    rooms = [SOURCES / room for room in ("train", "evaluate", "bias", "drift", "gate", "promote", "systems")]
    made = {name for room in rooms for name in names_in(room)}
    registered = {name for name in CHECKS if not name.startswith("validate.")}
    assert made | {checks.SIGNATURE} == registered


def test_findings_have_a_verdict_of_their_own_where_the_registry_says_so() -> None:
    verdicts: dict[str, set[str]] = {}
    for stage in ("validate", "train", "evaluate", "bias", "drift"):  # before the gate judges
        for path in sorted((SOURCES.parents[1] / "reports").glob(f"*/{stage}/findings.json")):
            for finding in findings.read(path):
                verdicts.setdefault(checks.find(finding.check).name, set()).add(finding.verdict)
    assert len(verdicts) > 20
    for name, given in verdicts.items():
        assert given.isdisjoint({"measured"} if CHECKS[name].judges else {"pass", "fail"}), name


def test_every_check_of_the_contract_is_registered() -> None:
    by_key = {f"validate.one_split_per_{key}" for key in ("entity", "fingerprint")}  # named by its key
    registered = {name for name in CHECKS if name.startswith("validate.")}
    registered -= {FAMILY, checks.RAW, checks.WARNING, checks.INFO}  # of a task's own expectations
    assert contract_checks() | by_key == registered


@pytest.mark.parametrize("system", systems.NAMES)
def test_a_system_offers_what_its_own_code_finds(system: str) -> None:
    own = {name for name in names_in(SOURCES / "systems" / system) if name.startswith("evaluate.")}
    assert {name for name, check in CHECKS.items() if check.systems is not None and system in check.systems} == own


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_check_says_what_people_need_to_know(check: Check) -> None:
    assert check.stage in STAGES
    assert check.question in range(1, 11)
    assert check.about.endswith(".")
    assert check.unit
    assert set(check.metrics) <= METRICS.keys()
    assert set(check.question_by_metric) <= METRICS.keys()

    for names, text in check.subjects.items():
        assert list(names) == [name for name in FIELDS if name in names], "fields in the order of FIELDS"
        shown = {name.removesuffix("_words") for _, name, _, _ in Formatter().parse(text) if name}
        assert shown <= set(names)


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.name)
def test_a_check_of_a_metric_declares_where_its_metrics_come_from(check: Check) -> None:
    """A key that there is not would leave a requirement's metric unchecked in silence."""
    assert bool(check.metric_keys or check.metrics) == ("metric" in check.fields)
    for dotted_key in check.metric_keys:
        stage, key = dotted_key.split(".")
        section = Parameters.model_fields[stage].annotation
        assert key in section.model_fields  # type: ignore[union-attr]


def test_scorers_and_columns_are_called_as_the_stages_call_them() -> None:
    """The registry imports no stage, so their names stand there as texts."""
    assert CHECKS["evaluate.gain"].against == (SIMPLE_METHODS, RULE)
    assert CHECKS["evaluate.closed_loop"].scorers == (MODEL, SIMPLE_METHODS, RULE, EXPERT)
    assert CHECKS["evaluate.memorisation_excess"].against == (HELD_OUT,)
    assert {f"confidence{MISSING}", f"{DESCRIPTOR}*{MISSING}"} <= {*CHECKS["drift.column"].columns}
    assert f"{GROUP}*" == OF_GROUPS


def test_only_the_same_fields_give_the_same_text() -> None:
    """Two texts of one check that hold no field, or the same fields, are different."""
    for check in CHECKS.values():
        assert len(set(check.subjects.values())) == len(check.subjects)


@pytest.mark.parametrize(
    ("name", "selected"),
    [
        ("bias.gap", ["bias.gap"]),
        ("bias.*", ["bias.coverage", "bias.gap"]),
        ("validate.columns", ["validate.columns"]),
        ("validate.our_rule", ["validate.*"]),
        ("evaluate.bogus", []),
        ("bias.g*", []),
        ("*", []),
        ("", []),
    ],
)
def test_a_requirement_names_one_check_or_a_whole_stage(name: str, selected: list[str]) -> None:
    assert [check.name for check in checks.selected(name)] == selected


def test_a_mistyped_name_counts_as_offered_so_that_the_gate_misses_its_finding() -> None:
    assert checks.is_offered("evaluate.recal", "image")
    assert not checks.is_offered("evaluate.triage", "image")
    assert checks.is_offered("evaluate.*", "image")


def test_the_page_of_checks_is_what_the_registry_holds() -> None:
    page = (SOURCES.parents[1] / "docs/checks.md").read_text(encoding="utf-8")
    assert page == checks_page.render(), "run python -m pipelines.checks_page"
