"""Former keys and values, rewritten in place: what is not concerned stays, comments too."""

from pathlib import Path
from typing import Any

import pytest
from imports import ROOT

from hallmark.config import former_names, mistakes, parameters_model
from hallmark.configure import migration
from hallmark.configure.migration import Migration, migrate, rename_key
from hallmark.configure.task_list import Task, read_tasks
from hallmark.errors import InputError

FORMER = """# my tasks
tasks:
  cards: {system: fraud} # of last year
  digits: {system: image}
embedded:
  digits:
    # its own
    system: image
  cards:
    system: "fraud"
"""
TODAY = (
    FORMER.replace("{system: fraud}", "{system: table}").replace('"fraud"', '"table"').replace("embedded", "bundled")
)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    (tmp_path / "conf/task").mkdir(parents=True)
    (tmp_path / "conf/tasks.yaml").write_text(FORMER, encoding="utf-8")
    return tmp_path / "conf"


def test_former_names_in_the_list_of_tasks_are_called_as_today_and_comments_stay(conf: Path) -> None:
    with pytest.raises(InputError, match="write {system: table}, .* embedded is called bundled now: .* `make migrate`"):
        read_tasks(conf / "tasks.yaml")
    assert migrate(conf) == ["conf/tasks.yaml"]
    assert (conf / "tasks.yaml").read_text(encoding="utf-8") == TODAY
    assert read_tasks(conf / "tasks.yaml") == {"cards": Task("table", "classes"), "digits": Task("image", "classes")}
    assert migrate(conf) == []


def test_a_file_without_former_keys_stays_byte_by_byte(conf: Path) -> None:
    odd = "tasks:   {a:   {system:   image}}   # so\r\n"
    (conf / "tasks.yaml").write_bytes(odd.encode())
    assert migrate(conf) == []
    assert (conf / "tasks.yaml").read_bytes() == odd.encode()


def test_a_key_keeps_its_place_and_a_person_what_both_names_state(conf: Path) -> None:
    path = conf / "task/cards.yaml"
    written = "drift:\n  effect: 0.3 # large\n  repeats: 200 # few\n  rows: 5\nbias: {repeats: 3}\n"
    path.write_text(written, encoding="utf-8")
    renaming = (Migration("task/*.yaml", "drift", rename_key("repeats", "n_permutations")),)
    assert migrate(conf, renaming) == ["conf/task/cards.yaml"]
    assert path.read_text(encoding="utf-8") == written.replace("  repeats: 200", "  n_permutations: 200")

    both = "drift: {repeats: 1, n_permutations: 2}\n"
    path.write_text(both, encoding="utf-8")
    assert migrate(conf, renaming) == []
    assert path.read_text(encoding="utf-8") == both


def test_the_keys_of_diagnostics_are_found_in_every_file_that_may_state_them(conf: Path) -> None:
    for folder in ("task", "system", "evaluate"):
        (conf / folder).mkdir(exist_ok=True)
    (conf / "task/arm.yaml").write_text("evaluate:\n  probe: {starts: 4} # drives\n", encoding="utf-8")
    (conf / "system/robotics.yaml").write_text("evaluate:\n  probe:\n    starts: 0\n", encoding="utf-8")
    (conf / "evaluate/default.yaml").write_text("train_sample: 5\nprobe: {}\n", encoding="utf-8")

    assert migrate(conf) == [
        "conf/evaluate/default.yaml",
        "conf/system/robotics.yaml",
        "conf/task/arm.yaml",
        "conf/tasks.yaml",
    ]
    assert "  diagnostics: {starts: 4} # drives\n" in (conf / "task/arm.yaml").read_text(encoding="utf-8")
    assert "  diagnostics:\n    starts: 0\n" in (conf / "system/robotics.yaml").read_text(encoding="utf-8")
    assert (conf / "evaluate/default.yaml").read_text(encoding="utf-8") == "max_train_rows: 5\ndiagnostics: {}\n"


def test_renamed_keys_and_the_references_to_them_are_rewritten(conf: Path) -> None:
    """In a task's own file, and in the default file of the section, where they stand by themselves."""
    task = conf / "task/cards.yaml"
    task.write_text(
        "evaluate:\n  headline: roc_auc # ours\n  probe: {shares: [0.1]}\n"
        "drift: {false_alarms: 0.1, effect: 0.3, repeats: 99, rows: 5}\n"
        "gate:\n  requirements:\n    rule: {metric: '${evaluate.headline}'}\n"
        "    other:\n      metric: ${evaluate.headline}\n",
        encoding="utf-8",
    )
    default = conf / "evaluate/default.yaml"
    default.parent.mkdir()
    default.write_text("train_sample: 10 # few\nreview_error: 0.1\n", encoding="utf-8")

    assert migrate(conf) == ["conf/evaluate/default.yaml", "conf/task/cards.yaml", "conf/tasks.yaml"]

    assert task.read_text(encoding="utf-8") == (
        "evaluate:\n  primary_metric: roc_auc # ours\n  diagnostics: {shares: [0.1]}\n"
        "drift: {alpha: 0.1, min_effect_size: 0.3, n_permutations: 99, max_rows: 5}\n"
        "gate:\n  requirements:\n    rule: {metric: '${evaluate.primary_metric}'}\n"
        "    other:\n      metric: ${evaluate.primary_metric}\n"
    )
    assert default.read_text(encoding="utf-8") == "max_train_rows: 10 # few\ntarget_selective_risk: 0.1\n"


@pytest.mark.parametrize(
    ("former", "today"),
    [
        ("${prepare.reading.label}", "${prepare.reading.columns.label}"),
        ("${prepare.reading.episode}", "${prepare.reading.columns.entity}"),
        ("${prepare.reading.users.columns[1]}", "${prepare.reading.users.header[1]}"),
        ("${prepare.reading.users.groups.age.column}", "${prepare.reading.groups.age.column}"),
        ("${prepare.reading.bands.age.descriptor}", "${prepare.reading.bands.age.column}"),
        (
            "by ${evaluate.probe.shares}, ${evaluate.headline}",
            "by ${evaluate.diagnostics.shares}, ${evaluate.primary_metric}",
        ),
        ("${gate.requirements.recall.subject}", "${gate.requirements.recall.subject}"),  # it became several keys
        ("${prepare.reading.labels}", "${prepare.reading.labels}"),
        ("prepare.reading.label", "prepare.reading.label"),
    ],
)
def test_references_to_moved_keys_are_rewritten_in_every_file(conf: Path, former: str, today: str) -> None:
    path = conf / "validate/default.yaml"
    path.parent.mkdir()
    path.write_text(f"expectations:\n  mine: '{former}'\n", encoding="utf-8")

    migrate(conf)

    assert path.read_text(encoding="utf-8") == f"expectations:\n  mine: '{today}'\n"


@pytest.mark.parametrize("former", former_names.RENAMED)
def test_every_renamed_key_is_refused_and_its_name_of_today_is_a_key(former: str) -> None:
    section, _, name = former.rpartition(".")
    today = former_names.RENAMED[former]
    _, found = mistakes.check(parameters_model("medical"), {section: {name: 1}})
    sentence = (
        f"unknown key {former} in conf/task/mine.yaml: it is called {today} now; `make migrate` rewrites your files"
    )
    assert sentence in [mistake.sentence("conf/task/mine.yaml") for mistake in found]
    assert today in parameters_model("medical").model_fields[section].annotation.model_fields  # type: ignore[union-attr]


def test_every_mapping_below_a_name_is_changed(conf: Path) -> None:
    path = conf / "task/cards.yaml"
    path.write_text("gate:\n  requirements:\n    a: {subject: x}\n    b: {at_least: 1}\n", encoding="utf-8")

    def split_subject(requirement: Any) -> None:
        if "subject" in requirement:
            requirement["metric"] = requirement.pop("subject")

    assert migrate(conf, (Migration("task/*.yaml", "gate.requirements.*", split_subject),)) == ["conf/task/cards.yaml"]
    assert "a: {metric: x}" in path.read_text(encoding="utf-8")


def test_a_file_that_is_no_yaml_is_named(conf: Path) -> None:
    (conf / "tasks.yaml").write_text("tasks: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"conf/tasks\.yaml is no YAML"):
        migrate(conf)


def test_the_shipped_files_need_no_migration(tmp_path: Path) -> None:
    for path in (ROOT / "conf").rglob("*.yaml"):
        copy = tmp_path / "conf" / path.relative_to(ROOT / "conf")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    assert migration.migrate(tmp_path / "conf") == []


def test_a_former_key_is_refused_by_its_name_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(former_names, "KEYS", {"gate.requirements.*.about": "subject"})
    content = {"gate": {"champion": {"at_least": 0.0}, "requirements": {"mine": {"check": "bias.gap", "about": "x"}}}}
    _, found = mistakes.check(parameters_model("image"), content)
    sentence = (
        "unknown key gate.requirements.mine.about in conf/task/image.yaml: it is called subject now; "
        "`make migrate` rewrites your files"
    )
    assert sentence in [mistake.sentence("conf/task/image.yaml") for mistake in found]
