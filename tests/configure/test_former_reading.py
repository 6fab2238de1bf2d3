"""Readings in the shapes of former versions: refused with the key of today, and rewritten with their comments."""

from pathlib import Path
from typing import Any

import pytest
from imports import ROOT
from omegaconf import OmegaConf

from hallmark.config import former_names
from hallmark.configure.composition import compose_task
from hallmark.configure.migration import Outcome, migrate
from hallmark.errors import InputError

# The section as it was shipped for a task, below `prepare: {reading: …}`.
FORMER = {
    "table fraud": """
    file: transactions.parquet
    id: transaction # its number
    label: fraud
    labels: {"0": genuine, "1": fraud}
    entity: card
    time: time
    categorical:
      category: [grocery, restaurant, fuel, clothing, electronics, travel, cash, online]
    groups: # not seen
      region: {}
    bands:
      age: {edges: [35, 55]} # years
    history:
      amount: amount # EUR
      place: terminal
      length: 16
      warm_up: 42
      account: {file: customers.csv, key: card, x: home_x, y: home_y}
      terminals: {file: terminals.csv, key: terminal, x: x, y: y}
""",
    "image image": """
    format: folder
    height: 8
    width: 8
    labels: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] # digits
    metadata: metadata.csv
    columns: {entity: entity, time: time}
    bands:
      stroke: {descriptor: ink, edges: [0.305, 0.352], names: [light, medium, heavy]}
      placement: {descriptor: offset, edges: [0.08], names: [centred, off-centre]}
""",
    "language language": """
    format: text
    columns: {}
    groups: {library: folder} # a package
""",
    "medical medical": """
    format: folder
    height: 40
    width: 40
    channels: 1
    labels: {clear: clear, lesion: lesion}
    metadata: scans.csv
    columns: {entity: patient, time: date}
    clinical:
      numeric: [age]
      categorical: {sex: [female, male], family_history: [absent, present]}
      missing: true
    groups: {sex: sex, site: site, kind: kind}
    bands:
      age: {column: age, edges: [50, 65], names: [under 50, 50 to 64, 65 and over]} # years
      size: {column: size, edges: [1, 12, 18], names: [nothing, under 12 mm, 12 to 17 mm, 18 mm and over]}
""",
    "recommendation recommendation": """
    interactions: {file: interactions.csv, user: user, item: item}
    users:
      file: users.csv
      groups: {gender: {}}
      bands:
        age: {edges: [30, 45]} # years
    items: {file: items.csv, item: item, title: title, genre: genre}
    length: 50
    memory: 60
    rows_per_user: 3
""",
    "robotics robotics": """
    file: logs.parquet
    episode: episode # a robot
    step: step
    observations: [angle_cos, angle_sin, rate]
    history: 16
    actions:
      torque: {low: -2.0, high: 2.0} # N m
    tolerance: 0.05
    every: 4
    settings: {file: episodes.csv, key: episode}
    descriptors: [payload, friction, noise]
    replaced_descriptors: [noise] # younger than the former shapes, which had no refusal
    groups:
      sensor: {}
    bands:
      payload: {edges: [0.1, 0.2]}
      friction: {edges: [0.05, 0.1]}
""",
    "speech speech": """
    format: folder
    seconds: 3.0
    alphabet: "abcdefghijklmnopqrstuvwxyz "
    vocabulary: closed
    transcripts: transcripts.csv
    columns: {entity: speaker}
    groups: {accent: accent, voice: voice}
""",
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for path in (ROOT / "conf").rglob("*.yaml"):
        copy = tmp_path / "conf" / path.relative_to(ROOT / "conf")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path / "conf"


def with_reading(conf: Path, task: str, section: str) -> Path:
    """Write the shipped file of a task with another section `prepare.reading`."""
    path = conf / "task" / f"{task}.yaml"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split("  reading:\n", 1)
    after = rest.split("\n  split:", 1)[1]
    path.write_text(f"{before}  reading:{section.rstrip()}\n  split:{after}", encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMER)
def test_a_former_reading_is_refused_and_becomes_the_shipped_one(conf: Path, name: str) -> None:
    system, task = name.split()
    shipped = compose_task(conf, task, system=system)
    path = with_reading(conf, task, FORMER[name])
    with pytest.raises(InputError, match="`make migrate` rewrites your files"):
        compose_task(conf, task, system=system)

    assert migrate(conf) == Outcome([f"conf/task/{task}.yaml"], [])
    assert compose_task(conf, task, system=system) == shipped
    comments = [line.split(" #", 1)[1] for line in FORMER[name].splitlines() if " #" in line]
    text = path.read_text(encoding="utf-8")
    assert [comment for comment in comments if f" #{comment}" not in text] == []
    assert migrate(conf) == Outcome([], [])


def migrated(conf: Path, section: str) -> Any:
    path = with_reading(conf, "fraud", section)
    migrate(conf)
    return OmegaConf.to_container(OmegaConf.load(path).prepare.reading)


def test_groups_with_names_header_lines_and_empty_columns(conf: Path) -> None:
    found = migrated(
        conf,
        """
    id: ""
    groups:
      SEX: {"1": male, "2": female}
      place: localization
    interactions: {file: u.data, columns: [user, item, time], time: when}
    users: {file: u.user, columns: [id, age], user: id, groups: {}}
    action: done
    labels:
      - go # on
      - "stay"
""",
    )
    assert found == {
        "columns": {"id": None, "label": "done", "time": "when"},
        "groups": {"SEX": {"names": {"1": "male", "2": "female"}}, "place": {"column": "localization"}},
        "interactions": {"file": "u.data", "header": ["user", "item", "time"]},
        "users": {"file": "u.user", "header": ["id", "age"], "key": "id"},
        "labels": {"go": "go", "stay": "stay"},
    }
    assert "go: go # on" in (conf / "task/fraud.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("sex", "write {column: sex}"),
        ({"1": "male"}, "write {names: {1: male}} where '1' is a raw value"),
        ({"colum": "sex"}, "did you mean column?"),
    ],
)
def test_a_group_in_another_shape_is_refused_with_that_of_today(conf: Path, group: Any, words: str) -> None:
    path = conf / "task/medical.yaml"
    content = OmegaConf.load(path)
    content.prepare.reading.groups.sex = group
    path.write_text("# @package _global_\n" + OmegaConf.to_yaml(content), encoding="utf-8")
    with pytest.raises(InputError, match=r"prepare\.reading\.groups\.sex") as caught:
        compose_task(conf, "medical", system="medical")
    assert words in str(caught.value)


def test_each_former_key_is_refused_by_its_name_of_today() -> None:
    assert former_names.todays_name("prepare.reading.entity") == "prepare.reading.columns.entity"
    assert former_names.todays_name("prepare.reading.action") == "prepare.reading.columns.label"
    assert former_names.todays_name("prepare.reading.bands.age.descriptor") == "column"
    assert former_names.todays_name("prepare.reading.users.groups") == "prepare.reading.groups"
