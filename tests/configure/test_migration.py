"""Former keys and values, rewritten in place: what is not concerned stays, comments too."""

from pathlib import Path

import pytest
from imports import ROOT

from hallmark.config import former_names, mistakes, parameters_model
from hallmark.configure.migration import Outcome, migrate
from hallmark.configure.task_list import Task, read_tasks
from hallmark.errors import InputError
from pipelines import migrate as migrate_entry

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
    with pytest.raises(
        InputError, match="write {system: table}, .* embedded in .*: it is called bundled now: .* `make migrate`"
    ):
        read_tasks(conf / "tasks.yaml")
    assert migrate(conf) == Outcome(["conf/tasks.yaml"], [])
    assert (conf / "tasks.yaml").read_text(encoding="utf-8") == TODAY
    assert read_tasks(conf / "tasks.yaml") == {"cards": Task("table", "classes"), "digits": Task("image", "classes")}
    assert migrate(conf) == Outcome([], [])


def test_a_file_without_former_keys_stays_byte_by_byte(conf: Path) -> None:
    odd = "tasks:   {a:   {system:   image}}   # so\r\n"
    (conf / "tasks.yaml").write_bytes(odd.encode())
    assert migrate(conf) == Outcome([], [])
    assert (conf / "tasks.yaml").read_bytes() == odd.encode()


def test_a_key_keeps_its_place_and_a_person_says_which_of_two_names_counts(conf: Path) -> None:
    path = conf / "task/cards.yaml"
    written = "drift:\n  effect: 0.3 # large\n  'repeats': 200 # few\nbias: {repeats: 3}\n"
    path.write_text(written, encoding="utf-8")
    assert migrate(conf).by_hand == []
    assert path.read_text(encoding="utf-8") == written.replace("  effect", "  min_effect_size").replace(
        "  'repeats': 200", "  'n_permutations': 200"
    )

    both = "drift: {repeats: 1, n_permutations: 2, rows: 3}\n"
    path.write_text(both, encoding="utf-8")
    assert migrate(conf) == Outcome(
        [], ["conf/task/cards.yaml: drift.repeats stands beside n_permutations, its name today: delete one of them"]
    )
    assert path.read_text(encoding="utf-8") == both


def test_the_keys_of_diagnostics_are_found_in_every_file_that_may_state_them(conf: Path) -> None:
    for folder in ("task", "system", "evaluate"):
        (conf / folder).mkdir(exist_ok=True)
    (conf / "task/arm.yaml").write_text("evaluate:\n  probe: {starts: 4} # drives\n", encoding="utf-8")
    (conf / "system/robotics.yaml").write_text("evaluate:\n  probe:\n    starts: 0\n", encoding="utf-8")
    (conf / "evaluate/default.yaml").write_text("train_sample: 5\nprobe: {}\n", encoding="utf-8")

    assert migrate(conf).rewritten == [
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

    assert migrate(conf).rewritten == ["conf/evaluate/default.yaml", "conf/task/cards.yaml", "conf/tasks.yaml"]

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


def test_the_shipped_files_need_no_migration(tmp_path: Path) -> None:
    for path in (ROOT / "conf").rglob("*.yaml"):
        copy = tmp_path / "conf" / path.relative_to(ROOT / "conf")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    assert migrate(tmp_path / "conf") == Outcome([], [])


def test_a_former_key_is_refused_by_its_name_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(former_names, "KEYS", {"gate.requirements.*.about": "subject"})
    content = {"gate": {"champion": {"at_least": 0.0}, "requirements": {"mine": {"check": "bias.gap", "about": "x"}}}}
    _, found = mistakes.check(parameters_model("image"), content)
    sentence = (
        "unknown key gate.requirements.mine.about in conf/task/image.yaml: it is called subject now; "
        "`make migrate` rewrites your files"
    )
    assert sentence in [mistake.sentence("conf/task/image.yaml") for mistake in found]


def written(conf: Path, **files: str) -> dict[str, str]:
    """Migrate files by their path with __ for /, and return their texts after it, none of which is left to a person."""
    for name, text in files.items():
        path = conf / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert migrate(conf).by_hand == []
    return {name: (conf / f"{name.replace('__', '/')}.yaml").read_bytes().decode() for name in files}


def by_hand(conf: Path, **files: str) -> list[str]:
    """Migrate files, all of which must stay as they are, and return the sentences."""
    for name, text in files.items():
        path = conf / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sentences = migrate(conf).by_hand
    for name, text in files.items():
        assert (conf / f"{name.replace('__', '/')}.yaml").read_text(encoding="utf-8") == text
    return sentences


def test_former_keys_are_found_wherever_hydra_reads_them(conf: Path) -> None:
    requirement = "gate: {requirements: {mine: {check: evaluate.metric, subject: f1}}}\n"
    after = written(
        conf,
        config=requirement + "evaluate: {headline: f1}\nprepare: {reading: {label: y}}\n",
        system__table="# @package _global_\n" + requirement,
        my__strong="# @package evaluate\nheadline: f1\n",
        my__gates="# @package gate.requirements\nmine: {check: evaluate.metric, subject: f1}\n",
        my__reading="# @package prepare.reading\nlabel: y\n",
        drift__strict__few="rows: 3\n",
        bias__few="repeats: 3\n",  # a key of today
        presets__few="headline: f1\n",
        task__deep__mine="# @package _global_\ndefaults:\n  - /presets@evaluate: few\nevaluate: {headline: f1}\n",
    )
    todays_requirement = requirement.replace("subject", "metric")
    assert after == {
        "config": todays_requirement + "evaluate: {primary_metric: f1}\nprepare: {reading: {columns: {label: y}}}\n",
        "system__table": "# @package _global_\n" + todays_requirement,
        "my__strong": "# @package evaluate\nprimary_metric: f1\n",
        "my__gates": "# @package gate.requirements\nmine: {check: evaluate.metric, metric: f1}\n",
        "my__reading": "# @package prepare.reading\ncolumns:\n  label: y\n",
        "drift__strict__few": "max_rows: 3\n",
        "bias__few": "repeats: 3\n",
        "presets__few": "primary_metric: f1\n",
        "task__deep__mine": (
            "# @package _global_\ndefaults:\n  - /presets@evaluate: few\nevaluate: {primary_metric: f1}\n"
        ),
    }


def test_a_key_that_must_move_out_of_its_file_is_reported(conf: Path) -> None:
    assert by_hand(conf, my__part="# @package prepare.reading.interactions\nuser: u\n") == [
        "conf/my/part.yaml: prepare.reading.interactions.user is called prepare.reading.columns.user now, and can't be "
        "rewritten where it stands: change it by hand"
    ]


def test_relative_references_are_rewritten_where_they_lead_to_a_former_key(conf: Path) -> None:
    text = (
        "evaluate:\n  headline: f1\n  a: ${.headline}\n  b: ['${..headline}', '${.headline}']\n"
        "c: ${.evaluate.headline}\n"
    )
    assert written(conf, task__a=text)["task__a"] == (
        "evaluate:\n  primary_metric: f1\n  a: ${.primary_metric}\n  b: ['${..primary_metric}', '${.headline}']\n"
        "c: ${.evaluate.primary_metric}\n"
    )
    moved = "prepare: {reading: {id: k, label: '${.id}'}}\n"
    assert written(conf, task__a=moved)["task__a"] == (
        "prepare: {reading: {columns: {id: k, label: '${prepare.reading.columns.id}'}}}\n"
    )


REQUIREMENTS = "gate:\n  requirements:\n"


def test_comments_quotes_and_line_ends_of_a_requirement_stay(conf: Path) -> None:
    text = (
        "a:\n  check: evaluate.gain\n  subject: accuracy over rule # why\n\n  # below\n  at_least: 1\n"
        "b:\n  subject: '*' # all\n  check: 'evaluate.metric'\n"
        'c: {check: evaluate.metric, subject: "*"} # c\n'
        "d: {subject: '*', check: evaluate.metric}\n"
        "e:\n  check: evaluate.memorisation # e\n  subject: t over u # f\n"
        "f: {check: evaluate.recall, subject: no}\n"
        "g: {check: evaluate.gain, subject: '${evaluate.headline} over a, b'}\n"
    )
    today = (
        "a:\n  check: evaluate.gain\n  metric: accuracy\n  against: rule # why\n\n  # below\n  at_least: 1\n"
        "b:\n  # all\n  check: 'evaluate.metric'\n"
        "c: {check: evaluate.metric} # c\n"
        "d: {check: evaluate.metric}\n"
        "e:\n  check: evaluate.memorisation_excess # e\n  against: u\n  case: t # f\n"
        'f: {check: evaluate.recall, label: "no"}\n'
        'g: {check: evaluate.gain, metric: "${evaluate.primary_metric}", against: "a, b"}\n'
    )
    header = "# @package gate.requirements\n"
    assert written(conf, task__a=header + text)["task__a"] == (header + today).replace("  # all", " " * 2 + "# all")
    windows = (header + text).replace("\n", "\r\n")
    assert written(conf, task__a=windows)["task__a"] == (header + today).replace("\n", "\r\n")


def test_windows_line_ends_of_a_reading_stay(conf: Path) -> None:
    after = written(conf, task__a="prepare:\r\n  reading:\r\n    label: y # c\r\n")
    assert after["task__a"] == "prepare:\r\n  reading:\r\n    columns:\r\n      label: y # c\r\n"


def test_what_anchors_share_is_rewritten_or_reported(conf: Path) -> None:
    shared = REQUIREMENTS + (
        "    a: &a {check: evaluate.gain, subject: accuracy over rule}\n    b: {<<: *a, at_least: 1}\n    c: *a\n"
    )
    assert written(conf, task__a=shared)["task__a"] == shared.replace(
        "subject: accuracy over rule", "metric: accuracy, against: rule"
    )

    assert by_hand(
        conf,
        task__b="base: &b {headline: f1}\nevaluate: {<<: *b}\n",
        task__c="drift: &b {repeats: 3}\nbias: *b\n",
        task__d="about: &b {label: a}\nprepare: {reading: *b}\n",
        task__e=REQUIREMENTS + "    a: {check: evaluate.metric, subject: &s f1}\n",
        task__f=REQUIREMENTS
        + "    a: &a {check: evaluate.gain, subject: f1 over rule}\n    b: {<<: *a, subject: f1 over *}\n",
    ) == [
        "conf/task/b.yaml: evaluate.headline is called primary_metric now, and an anchor (&) shares it with another "
        "place: change it by hand",
        "conf/task/c.yaml: drift.repeats is called n_permutations now, and an anchor (&) shares it with another "
        "place: change it by hand",
        "conf/task/d.yaml: prepare.reading has a former shape, and an anchor (&) in it: change it by hand",
        "conf/task/d.yaml: prepare.reading.label is called prepare.reading.columns.label now, and can't be rewritten "
        "where it stands: change it by hand",
        "conf/task/e.yaml: gate.requirements.a.subject has an anchor or alias (& or *): write the fields by hand",
        "conf/task/f.yaml: gate.requirements.b would get other fields by an anchor (<<): write its check and fields by "
        "hand, without the anchor",
    ]


def test_a_requirement_that_two_files_state_keeps_what_the_merged_one_selects(conf: Path) -> None:
    default = "requirements:\n  rule: {check: evaluate.gain, subject: f1 over rule}\n  gap: {check: bias.gap}\n"
    after = written(
        conf,
        gate__default=default,
        task__a=REQUIREMENTS + "    rule: {subject: f1 over *}\n    gap: {subject: 'f1 | *'}\n",
    )
    assert after == {
        "gate__default": default.replace("subject: f1 over rule", "metric: f1, against: rule"),
        "task__a": REQUIREMENTS + '    rule: {metric: f1, against: "*"}\n    gap: {metric: f1}\n',
    }
    assert by_hand(
        conf,
        task__b=REQUIREMENTS + "    rule: {check: evaluate.metric, subject: f1}\n    unknown: {subject: f1}\n",
    ) == [
        "conf/task/b.yaml: gate.requirements.rule.subject is 'f1', and another file states against for the "
        "same requirement, which would stay: give it another name, and write what it shall select",
        "conf/task/b.yaml: gate.requirements.unknown.subject is 'f1', and no file states the requirement's check: "
        "write it beside",
    ]


def test_a_subject_that_is_no_text_or_stands_beside_fields_is_reported(conf: Path) -> None:
    text = (
        "a: {check: bias.gap, subject: null}\nb: {check: bias.gap, subject: [x]}\n"
        "c: {check: bias.gap, subject: x, metric: y}\n"
    )
    assert by_hand(conf, my__gates="# @package gate.requirements\n" + text) == [
        "conf/my/gates.yaml: gate.requirements.a.subject has no value: delete it, or write what it shall select by "
        "fields, such as `metric: accuracy`",
        "conf/my/gates.yaml: gate.requirements.b.subject is no text: write what it shall select by fields, such as "
        "`metric: accuracy`",
        "conf/my/gates.yaml: gate.requirements.c.subject stands beside metric, which took its place: delete one of "
        "them",
    ]


def test_what_can_be_said_is_written_and_all_else_is_reported_at_once(
    conf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = REQUIREMENTS + (
        '    oldest: {check: bias.gap, subject: "ndcg_at_10 | age=*over"}\n'
        '    gender: {check: bias.gap, subject: "ndcg_at_10 | *gender=*male"}\n'
    )
    files = {
        "ages": ages.encode(),
        "cards": b"evaluate: {headline: f1}\n",
        "latin": "a: é\n".encode("latin-1"),
        "not": b"a: [",
    }
    for name, content in files.items():
        (conf / f"task/{name}.yaml").write_bytes(content)
    monkeypatch.chdir(conf.parent)

    assert migrate_entry.main() == 2

    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["rewritten: conf/task/cards.yaml", "rewritten: conf/tasks.yaml"]
    assert [line.split(" is ")[0] for line in lines[2:]] == [
        "migrate: conf/task/latin.yaml",
        "migrate: conf/task/not.yaml",
        "migrate: conf/task/ages.yaml: gate.requirements.oldest.subject",
        "migrate: conf/task/ages.yaml: gate.requirements.gender.subject",
    ]
    assert "not UTF-8 (line 1): save it as UTF-8" in lines[2]
    assert (conf / "task/cards.yaml").read_bytes() == b"evaluate: {primary_metric: f1}\n"
    assert (conf / "task/ages.yaml").read_bytes() == files["ages"]


FORMER_TRAINING = """# @package _global_
train:
  epochs: 7
  patience: 5 # epochs
  learning_rate: 4.0e-3
  weight_decay: 0.05 # strong
  warmup: 0.15
  network: {width: 24, flip: true, rotation: 9}
"""
TODAYS_TRAINING = """# @package _global_
train:
  epochs: 7
  callbacks:
    early_stopping:
      patience: 5 # epochs
  optimizer:
    lr: 4.0e-3
    weight_decay: 0.05 # strong
  scheduler:
    warmup: 0.15
  network: {width: 24}
  augmentation: {_target_: hallmark.layers.augmentation.random_affine, rotation: 9, flip: true}
"""


def test_the_keys_of_training_become_arguments_of_components(conf: Path) -> None:
    path = conf / "task/cards.yaml"
    path.write_text(FORMER_TRAINING, encoding="utf-8")
    assert migrate(conf) == Outcome(["conf/task/cards.yaml", "conf/tasks.yaml"], [])
    assert path.read_text(encoding="utf-8") == TODAYS_TRAINING
    assert migrate(conf) == Outcome([], [])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("task/cards.yaml", "# @package _global_\ntrain: {network: {_target_: extensions.cards.own.Net, scale: 3}}\n"),
        ("network/own.yaml", "# @package train.network\n_target_: extensions.cards.own.Net\nscale: 3\n"),
    ],
)
def test_an_argument_of_a_persons_own_network_is_no_former_key(conf: Path, file: str, text: str) -> None:
    path = conf / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert migrate(conf) == Outcome(["conf/tasks.yaml"], [])
    assert path.read_text(encoding="utf-8") == text
