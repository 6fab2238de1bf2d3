"""The stage evaluate, up to the evaluation itself: what it records in the ledger."""

import json
from pathlib import Path
from typing import Any

import pytest
import small_task

from hallmark.contracts.examples import Examples
from hallmark.contracts.examples import write as write_examples
from hallmark.contracts.package import MANIFEST, Package
from hallmark.evaluate import EvaluatedModel
from hallmark.layout import Layout
from pipelines import evaluate as entry


class Evaluated(Exception):  # noqa: N818 (no mistake: the end of what is tested)
    """The evaluation was called."""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout("small", tmp_path)
    write_examples(small_task.examples(), layout.prepared, raw="a" * 64)
    return layout


def number_in_ledger(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the stage up to the evaluation, and return how many models the ledger has counted."""
    models = []

    def evaluate(_: Examples, model: EvaluatedModel, *__: Any, **___: Any) -> None:
        models.append(model)
        raise Evaluated

    monkeypatch.setattr(entry, "evaluate", evaluate)
    with pytest.raises(Evaluated):
        entry.main(small_task.parameters(), layout)
    return models[0].test_use


def test_one_network_in_two_packages_is_one_model(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    small_task.write_package(layout.package)
    first_digest = Package.load(layout.package).digest
    assert number_in_ledger(layout, monkeypatch) == 1

    manifest = json.loads((layout.package / MANIFEST).read_text(encoding="utf-8"))
    manifest["training"]["steps"] += 1
    (layout.package / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert Package.load(layout.package).digest != first_digest
    assert number_in_ledger(layout, monkeypatch) == 1
    assert len(layout.ledger.read_text(encoding="utf-8").splitlines()) == 1

    small_task.write_package(layout.package, scale=2.0)
    assert number_in_ledger(layout, monkeypatch) == 2
    assert len(layout.ledger.read_text(encoding="utf-8").splitlines()) == 2
