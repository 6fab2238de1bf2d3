"""The pages on adding things name what there is: their code imports, and calls, names of today; and metrics run."""

import ast
import builtins
import re
import textwrap
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, recall_score

from hallmark.answers.classes import scoring
from hallmark.contracts import predictions
from hallmark.layout import Layout
from hallmark.metrics import Measurement, registry

DOCS = Path(__file__).parents[1] / "docs"
EVALUATION = DOCS / "evaluation.md"
PAGES = [*sorted((DOCS / "extending").glob("*.md")), EVALUATION]
ADDED = ("hallmark.systems.series",)  # what the pages themselves add


def python_blocks(page: Path) -> list[ast.Module]:
    """The blocks of Python that are whole by themselves."""
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [ast.parse(textwrap.dedent(block)) for block in blocks]


def imported_names(block: ast.Module) -> dict[str, object]:
    """What a block imports of this project, by name. Raises where there is nothing of a name."""
    imported: dict[str, object] = {}
    for node in ast.walk(block):
        is_ours = isinstance(node, ast.ImportFrom) and str(node.module).startswith("hallmark")
        if isinstance(node, ast.ImportFrom) and is_ours and not str(node.module).startswith(ADDED):
            for alias in node.names:
                imported[alias.name] = _member(str(node.module), alias.name)
    return imported


def _member(module: str, name: str) -> object:
    members = vars(import_module(module))
    return members[name] if name in members else import_module(f"{module}.{name}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_a_page_imports_and_calls_what_there_is(page: Path) -> None:
    for block in python_blocks(page):
        imported = imported_names(block)
        for node in ast.walk(block):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = imported.get(node.value.id)
                if isinstance(owner, ModuleType):
                    assert hasattr(owner, node.attr), f"{page.name} calls {node.value.id}.{node.attr}"


def defined_names(tree: ast.AST) -> set[str]:
    """What a module or block defines, assigns, imports or takes as an argument, at any depth."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_name_that_a_page_does_not_define_is_defined_in_some_module(page: Path) -> None:
    modules = [path.read_text(encoding="utf-8") for path in (Path(__file__).parents[1] / "src").rglob("*.py")]
    known = {*dir(builtins), *(name for text in modules for name in defined_names(ast.parse(text)))}
    blocks = python_blocks(page)
    known |= {name for block in blocks for name in defined_names(block)}
    used = {node.id for block in blocks for node in ast.walk(block) if isinstance(node, ast.Name)}
    assert used <= known, f"{page.name} names what there is not: {sorted(used - known)}"


def test_the_pages_are_read() -> None:
    imported = {page.stem: {name for block in python_blocks(page) for name in imported_names(block)} for page in PAGES}
    assert {"check", "evaluation", "format", "key", "metric", "system"} == set(imported)
    assert {"Finding", "measure_share"} <= imported["check"]
    assert {"Examples", "example_columns", "Trunk", "require_two_labels"} <= imported["system"]


def run_blocks(page: Path, known: Mapping[str, object] | None = None) -> dict[str, object]:
    """Run the blocks of a page one after another; return all names that there are then.

    `known` are those of the files that blocks are to be written into.
    """
    names = dict(known or {})
    for block in python_blocks(page):
        exec(compile(block, str(page), "exec"), names)
    return names


def fraud_predictions() -> pd.DataFrame:
    """The model's and the rule's predictions of 400 rows, of two rows an entity, a quarter of them frauds."""
    generator = np.random.default_rng(0)
    is_fraud = generator.random(400) < 0.25
    confidence = np.clip(generator.normal(0.3 + 0.3 * is_fraud, 0.15), 0, 1)
    rows = pd.DataFrame(
        {
            "scorer": "model",
            "id": [f"{number:03d}" for number in range(400)],
            "split": "test",
            "entity": np.arange(400) // 2,
            "label": np.where(is_fraud, "fraud", "genuine"),
            "prediction": np.where(confidence > 0.45, "fraud", "genuine"),
            "confidence": confidence,
            "group.age": np.where(np.arange(400) // 2 % 3 == 0, "under 35", "35 or older"),
            "weight.accuracy": 1.0,
        }
    )
    table = pd.concat([rows, rows.assign(scorer="rule", prediction="fraud")], ignore_index=True)
    return table.assign(**{"score.accuracy": (table["prediction"] == table["label"]).astype(float)})


def test_the_metrics_of_the_page_on_evaluation_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = fraud_predictions()
    predictions.write(table, Layout("fraud").predictions)
    names = run_blocks(EVALUATION)

    test, rule = predictions.of(table), predictions.of(table, "rule")
    f1, f1_of_rule = (f1_score(rows["label"], rows["prediction"], pos_label="fraud") for rows in (test, rule))
    measured = names["measured"]
    assert isinstance(measured, Measurement)
    assert isinstance(names["rule"], Measurement)
    assert measured.overall["f1"].estimate == pytest.approx(f1)
    assert measured.against(names["rule"])["f1"].estimate == pytest.approx(f1 - f1_of_rule)
    assert measured.by_group["f1", "under 35"].n == (test["group.age"] == "under 35").sum() / 2

    top_decile_lift = names["top_decile_lift"]
    assert callable(top_decile_lift)
    top = test.nlargest(40, "confidence")
    assert top_decile_lift(test) == pytest.approx((top["label"] == "fraud").mean() / (test["label"] == "fraud").mean())


def test_the_metrics_of_the_page_on_metrics_run() -> None:
    modules = {**vars(registry), **vars(scoring)}  # into which the page's metric is written
    names = run_blocks(DOCS / "extending/metric.md", modules)

    rows = predictions.of(fraud_predictions())
    macro_recall = names["macro_recall"]
    assert callable(macro_recall)
    assert macro_recall(rows) == pytest.approx(recall_score(rows["label"], rows["prediction"], average="macro"))

    spherical_score = names["_spherical_score"]
    assert callable(spherical_score)
    scores = spherical_score(np.log([[0.6, 0.4], [0.5, 0.5]]), np.array([0, 1]))
    np.testing.assert_allclose(scores, [0.6 / np.hypot(0.6, 0.4), np.sqrt(0.5)])
