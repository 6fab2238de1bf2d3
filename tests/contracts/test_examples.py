"""The tasks in docs/examples are what a person copies: they compose, and read the real files as they promise."""

import os
import shutil
from pathlib import Path

import pytest
from known import known

from hallmark import systems
from hallmark.configure.composition import compose_task
from hallmark.prepare import prepare_examples

ROOT = Path(__file__).parents[2]
SYSTEMS = {
    "fashion": "image",
    "credit": "table",
    "shakespeare": "language",
    "wikitext": "language",
    "movielens": "recommendation",
    "skin": "medical",
    "melanoma": "medical",
    "digits": "speech",
    "wall_following": "robotics",
}
ANSWERS = {"wall_following": "classes"}  # of those that don't have their system's usual one
needs_data = pytest.mark.skipif("HALLMARK_PUBLIC_DATA" not in os.environ, reason="the public data sets are not here")


def _conf(folder: Path) -> Path:
    """A copy of conf/ with the examples in it."""
    conf = shutil.copytree(ROOT / "conf", folder / "conf")
    for example in (ROOT / "docs/examples").glob("*.yaml"):
        shutil.copy(example, conf / "task")
    return conf


def _place_garments(folder: Path) -> None:
    """Put the real files where a person would."""
    folder.mkdir(parents=True)
    for file in (Path(os.environ["HALLMARK_PUBLIC_DATA"]) / "fashion_mnist").glob("*-ubyte.gz"):
        shutil.copy(file, folder)


def test_every_example_is_tried_here() -> None:
    assert {file.stem for file in (ROOT / "docs/examples").glob("*.yaml")} == set(SYSTEMS)


@pytest.mark.parametrize("task", SYSTEMS)
def test_an_example_composes(tmp_path: Path, task: str) -> None:
    system = SYSTEMS[task]
    composed = compose_task(_conf(tmp_path), task, system=system, answer=ANSWERS.get(task))
    assert composed.about.title
    assert known(composed.prepare.reading.source).title  # a person's own data says where it comes from


@needs_data
def test_fashion_keeps_the_published_split(tmp_path: Path) -> None:
    composed = compose_task(_conf(tmp_path), "fashion", system="image")
    keys = composed.prepare.model_dump()
    _place_garments(tmp_path / "raw")
    raw = systems.load("image").reading.read(tmp_path / "raw", composed.prepare.reading)
    prepared = prepare_examples(raw, seed=7, **keys["split"])

    assert prepared.table["split"].value_counts().to_dict() == {
        "train": 51000, "validation": 6000, "test": 10000, "recent": 3000,
    }  # fmt: skip
    assert (prepared.table["split"] == "test").eq(prepared.table["id"].str.startswith("test-")).all()
    assert set(prepared.table["group.fill"]) == {"sparse", "medium", "full"}
    assert prepared.table["fingerprint"].is_unique
