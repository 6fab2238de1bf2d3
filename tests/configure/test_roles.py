"""Columns with two roles, names that stand twice or are blank, files from elsewhere: in every system."""

from pathlib import Path

import pytest
from composed import CONF, SYSTEMS, checked, stated
from imports import ROOT
from omegaconf import OmegaConf

from hallmark.configure.composition import compose_task
from hallmark.errors import InputError

READING = "prepare.reading"


def refusal(task: str, **changes: object) -> str:
    """What `configure` says of a task with changes below prepare.reading, by key with __ for each dot."""
    content = stated(task)
    for key, value in changes.items():
        OmegaConf.update(content, f"{READING}.{key.replace('__', '.')}", value, merge=False, force_add=True)
    try:
        checked(task, content)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        ("fraud", {"numeric": ["category"]}, [f"{READING}.categorical", "'category'", f"{READING}.numeric", "twice"]),
        ("fraud", {"numeric": ["fraud"]}, ["'fraud'", f"{READING}.numeric", f"{READING}.columns.label"]),
        (
            "fraud",
            {"categorical": {"fraud": ["0", "1"]}},
            ["'fraud'", f"{READING}.categorical", f"{READING}.columns.label"],
        ),
        ("fraud", {"history__place": "fraud"}, ["'fraud'", f"{READING}.history.place", f"{READING}.columns.label"]),
        ("fraud", {"numeric": ["transaction"]}, ["'transaction'", f"{READING}.columns.id", f"{READING}.numeric"]),
        ("fraud", {"columns__entity": "fraud"}, ["'fraud'", f"{READING}.columns.entity"]),
        ("fraud", {"columns__time": "fraud"}, ["'fraud'", f"{READING}.columns.time"]),
        ("fraud", {"groups": {"age": {}}}, ["'age'", f"{READING}.groups", f"{READING}.bands"]),
        ("fraud", {"numeric": ["x", "y", "x"]}, [f"{READING}.numeric", "'x' 2 times"]),
        ("medical", {"clinical__numeric": ["age", "sex"]}, ["'sex'", f"{READING}.clinical.categorical"]),
        ("medical", {"clinical__numeric": ["age", "age"]}, [f"{READING}.clinical.numeric", "'age' 2 times"]),
        ("medical", {"clinical__categorical__sex": ["f", "m", "f"]}, ["clinical.categorical.sex", "'f' 2 times"]),
        ("medical", {"clinical__numeric": ["label"]}, ["'label'", f"{READING}.columns.label"]),
        ("medical", {"clinical__numeric": ["patient"]}, ["'patient'", f"{READING}.columns.entity"]),
        ("medical", {"columns__split": "label"}, ["'label'", f"{READING}.columns.split"]),
        ("image", {"columns__entity": "label"}, ["'label'", f"{READING}.columns.entity"]),
        ("image", {"labels": ["a", "b"]}, [f"{READING}.labels", "{a: a, b: b}"]),
        ("robotics", {"observations": ["rate", "torque"]}, ["'torque'", f"{READING}.actions", "observations"]),
        ("robotics", {"observations": ["rate", "rate"]}, [f"{READING}.observations", "'rate' 2 times"]),
        ("robotics", {"observations": ["rate", "episode"]}, ["'episode'", f"{READING}.columns.entity"]),
        ("recommendation", {"columns__item": "user"}, ["'user'", "columns.item", "columns.user"]),
        ("recommendation", {"groups": {"age": {}}}, ["'age'", f"{READING}.groups", f"{READING}.bands"]),
        ("recommendation", {"items__genres": ["War", "War"]}, ["items.genres", "'War' 2 times"]),
        ("speech", {"columns__audio": "text"}, ["'text'", f"{READING}.columns.audio"]),
        ("language", {"columns__entity": "text"}, ["'text'", f"{READING}.columns.entity"]),
        ("fraud", {"columns__label": ""}, [f"{READING}.columns.label", "blank"]),
        ("fraud", {"columns__label": " \t"}, [f"{READING}.columns.label", "blank"]),
        ("fraud", {"numeric": ["x", ""]}, [f"{READING}.numeric", "blank"]),
        ("fraud", {"history__account__key": ""}, [f"{READING}.history.account.key", "blank"]),
        ("language", {"cut__pattern": ""}, [f"{READING}.cut.pattern", "blank"]),
        ("image", {"columns__label": ""}, [f"{READING}.columns.label", "blank"]),
        ("image", {"bands__stroke__edges": [0.4, 0.3]}, ["bands.stroke.edges", "ascending"]),
        ("image", {"bands__stroke__edges": []}, ["bands.stroke.edges", "ascending"]),
        ("image", {"bands__stroke__names": ["a", "b"]}, ["bands.stroke.names", "3 bands"]),
    ],
)
def test_a_name_in_two_roles_twice_or_blank_is_refused(task: str, changes: dict[str, object], words: list[str]) -> None:
    said = refusal(task, **changes)
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize(
    ("task", "key"),
    [
        ("fraud", "file"),
        ("fraud", "history__account__file"),
        ("robotics", "settings__file"),
        ("recommendation", "interactions__file"),
        ("medical", "metadata"),
        ("speech", "transcripts"),
    ],
)
def test_a_file_lies_in_the_raw_folder(task: str, key: str) -> None:
    for path in ("/etc/passwd", "../other/rows.csv", "a/../../rows.csv", "~/rows.csv", "a\\rows.csv"):
        said = refusal(task, **{key: path})
        assert f"{READING}.{key.replace('__', '.')} in conf/ is {path!r}: it must be the path of a file within" in said


@pytest.mark.parametrize("task", SYSTEMS)
def test_the_shipped_tasks_are_taken(task: str) -> None:
    assert refusal(task) == ""


@pytest.mark.parametrize("path", sorted((ROOT / "docs/examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_on_public_data_are_taken(path: Path, tmp_path: Path) -> None:
    system = {
        "credit": "table",
        "digits": "speech",
        "fashion": "image",
        "melanoma": "medical",
        "movielens": "recommendation",
        "shakespeare": "language",
        "skin": "medical",
        "wall_following": "robotics",
        "wikitext": "language",
    }[path.stem]
    conf = tmp_path / "conf"
    for each in CONF.rglob("*.yaml"):
        copy = conf / each.relative_to(CONF)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(each.read_bytes())
    (conf / "task" / path.name).write_bytes(path.read_bytes())
    answer = {"wall_following": "classes"}.get(path.stem)  # the others have their system's usual one
    assert compose_task(conf, path.stem, system=system, answer=answer).task == path.stem


def test_a_column_may_be_an_input_and_a_group() -> None:
    assert refusal("fraud", numeric=["age"]) == ""
    assert refusal("medical", groups__years={"column": "age"}) == ""


def test_the_label_may_be_a_group() -> None:
    """A group is no input; evaluation says which of them tell the label."""
    assert refusal("fraud", groups__fraud={}) == ""
    assert refusal("medical", groups__diagnosis={"column": "label"}) == ""
    assert refusal("speech", groups__transcript={"column": "text"}) == ""


def test_a_text_may_be_cut_at_blank_lines() -> None:
    for pattern in ("\n\n", "\t", " "):
        assert refusal("language", cut__pattern=pattern) == ""


def test_two_bands_may_have_one_name() -> None:
    names = ["extreme", "normal", "extreme"]
    assert refusal("image", bands__stroke__names=names) == ""
    assert refusal("medical", bands__age__names=names) == ""
