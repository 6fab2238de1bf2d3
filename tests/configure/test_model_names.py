"""A registered model belongs to one task: a name that two tasks use is refused by `configure`, which names both."""

import shutil
from pathlib import Path

import pytest

from hallmark.configure import model_names
from hallmark.configure.composition import compose_task
from hallmark.configure.task_list import read_tasks
from hallmark.errors import InputError
from hallmark.layout import Layout
from pipelines import configure

pytestmark = pytest.mark.slow

CONF = Path(__file__).parents[2] / "conf"
TASKS = {
    name: task
    for name, task in read_tasks(CONF / "tasks.yaml").items()
    if name in ("image", "fraud", "speech", "medical")
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


def publish(conf: Path, task: str, *, model_name: str) -> None:
    path = conf / f"task/{task}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("\npublish:\n") == 1
    named = text.replace("\npublish:\n", f"\npublish:\n  model_name: '{model_name}'\n")
    path.write_text(named, encoding="utf-8")


def check(conf: Path, task: str) -> None:
    parameters = compose_task(conf, task, system=TASKS[task].system)
    model_names.require_own_model_name(conf, parameters, TASKS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("digits", "digits"),
        ("digits", "Digits"),
        ("our digits", "our  digits"),
        ("our digits", "ourdigits"),
        ("stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_two_tasks_with_one_model_are_both_refused(conf: Path, one: str, other: str) -> None:
    publish(conf, "image", model_name=one)
    publish(conf, "fraud", model_name=other)
    for task in ("image", "fraud"):
        with pytest.raises(InputError, match=r"publish.model_name in conf/ is .*'image'.*|.*'fraud'") as caught:
            check(conf, task)
        assert all(name in str(caught.value) for name in (one, other, "'image'", "'fraud'"))
    check(conf, "speech")


def test_the_default_name_of_another_task_is_taken(conf: Path) -> None:
    publish(conf, "image", model_name="fraud")
    with pytest.raises(InputError, match="is 'fraud' for task 'image' and 'fraud' for task 'fraud'"):
        check(conf, "image")
    with pytest.raises(InputError, match="is 'fraud' for task 'fraud' and 'fraud' for task 'image'"):
        check(conf, "fraud")


def test_a_default_that_all_tasks_share_is_refused(conf: Path) -> None:
    (conf / "publish/default.yaml").write_text("experiment: ${task}\nmodel_name: ours\n", encoding="utf-8")
    with pytest.raises(InputError, match="is 'ours' for task 'image' and 'ours' for task 'speech'"):
        check(conf, "image")


def test_a_name_by_reference_or_from_another_group_is_seen(conf: Path) -> None:
    (conf / "publish/shared.yaml").write_text("experiment: ${task}\nmodel_name: ${system}\n", encoding="utf-8")
    path = conf / "task/medical.yaml"
    path.write_text(path.read_text().replace("defaults:\n", "defaults:\n  - override /publish: shared\n"))
    check(conf, "medical")  # its system is called as it is
    publish(conf, "image", model_name="medical")
    with pytest.raises(InputError, match="'medical' for task 'medical' and 'medical' for task 'image'"):
        check(conf, "medical")


def test_names_of_their_own_are_taken(conf: Path) -> None:
    publish(conf, "image", model_name="digits")
    publish(conf, "fraud", model_name="cards")
    for task in ("image", "fraud", "speech"):
        check(conf, task)


def test_a_task_that_does_not_compose_is_left_to_its_own_configure(conf: Path) -> None:
    publish(conf, "image", model_name="digits")
    (conf / "task/speech.yaml").write_text("a: [", encoding="utf-8")
    check(conf, "image")


def test_the_shipped_names_need_no_second_composition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_names, "compose_raw", None)
    check(CONF, "image")


def test_configure_refuses_before_it_writes(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(conf, "image", model_name="fraud")
    monkeypatch.chdir(conf.parent)
    with pytest.raises(InputError, match="each task must have a registered model of its own"):
        configure.main(Layout("image"))
    assert not (conf.parent / "params/image.yaml").exists()
    configure.main(Layout("speech"))
    assert (conf.parent / "params/speech.yaml").is_file()
