"""What YAML makes of an unquoted `no`, `010` or `1:30` is what was written where text is meant, and else refused."""

import re
import shutil
from pathlib import Path

import pytest

from hallmark import config
from hallmark.config import Parameters
from hallmark.configure.composition import compose_raw, compose_task, to_yaml
from hallmark.errors import InputError
from hallmark.systems.image import config as image_config
from hallmark.systems.table import config as table_config

CONF = Path(__file__).parents[2] / "conf"
UNQUOTED = [
    *(
        "no",
        "yes",
        "NO",
        "Off",
        "on",
        "true",
        "False",
        "010",
        "1e3",
        "1.10",
        "1:30",
        "1:30.5",
        "0x1F",
        "1_0",
        "+5",
        ".5",
    ),
    *("0", "007", "12", "-3", ".inf", ".nan", "2020-01-01", "9" * 900),
]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


def compose(conf: Path, task: str = "fraud") -> Parameters:
    system = "table" if task == "fraud" else task
    return compose_task(conf, task, system=system)


def labels_of(parameters: Parameters) -> dict[str, str]:
    reading = parameters.prepare.reading
    assert isinstance(reading, table_config.Reading | image_config.Reading)
    return reading.labels


def change(conf: Path, old: str, new: str, file: str = "task/fraud.yaml") -> None:
    path = conf / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("text", UNQUOTED)
def test_text_is_what_was_written_in_values_keys_and_lists(conf: Path, text: str) -> None:
    change(conf, "title: Card fraud", f"title: {text}")
    change(conf, '{"0": genuine, "1": fraud}', f'{{{text}: genuine, "other": fraud}}')
    change(conf, "category: [grocery,", f"category: [{text},")
    change(conf, "region: {}", f"region: {{names: {{ab: {text}}}}}")
    change(conf, "unit: EUR", f"unit: {text} # a comment")

    parameters = compose(conf)
    assert parameters.about.title == text
    assert list(labels_of(parameters)) == [text, "other"]
    assert parameters.decision.unit == text
    reading = parameters.prepare.reading
    assert isinstance(reading, table_config.Reading)
    assert reading.categorical["category"][0] == text
    assert reading.groups["region"].names["ab"] == text

    (conf / "params.yaml").write_text(to_yaml(parameters), encoding="utf-8")
    assert config.read(conf / "params.yaml") == parameters  # as a later stage reads it


def test_text_of_more_digits_than_python_takes(conf: Path) -> None:
    change(conf, "title: Card fraud", f"title: {'9' * 5000}")
    assert compose(conf).about.title == "9" * 5000
    change(conf, "minimum_per_class: 50", f"minimum_per_class: {'9' * 5000}")
    with pytest.raises(InputError, match="minimum_per_class .* 9*…, which is no number that can be read"):
        compose(conf)


def test_a_decision_about_no_and_yes(conf: Path) -> None:
    change(conf, '{"0": genuine, "1": fraud}', "{0: no, 1: yes}")
    change(conf, "positive: fraud", "positive: yes")
    change(conf, "genuine: {fraud: 4.0}", "no: {yes: 4}")
    change(conf, "fraud: {genuine: 1.0}", "yes: {no: 1.0}")
    change(conf, "scale: {fraud: ", "scale: {yes: ")

    parameters = compose(conf)
    assert labels_of(parameters) == {"0": "no", "1": "yes"}
    assert parameters.decision.positive == "yes"
    assert parameters.decision.matrix == {"no": {"yes": 4.0}, "yes": {"no": 1.0}}
    assert parameters.decision.scale == {"yes": "descriptor.amount"}


def test_names_of_bands_and_groups(conf: Path) -> None:
    change(conf, "age: {edges", "no: {edges")
    change(conf, "groups: [age, region]", "groups: [no, region]")
    assert list(compose(conf).prepare.reading.bands) == ["no"]

    path = conf / "task/image.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\nprepare: {reading: {labels: {0: 010}}}\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    assert text.count("\nprepare:") == 2
    with pytest.raises(InputError, match=r"prepare in conf/task/image.yaml stands twice, in lines \d+ and \d+: take"):
        compose(conf, "image")


def test_labels_of_a_mapping(conf: Path) -> None:
    path = conf / "task/image.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"0": "0", "1": "1"', "no: no, 010: 010"), encoding="utf-8")
    labels = labels_of(compose(conf, "image"))
    assert list(labels.items())[:3] == [("no", "no"), ("010", "010"), ("2", "2")]


def test_labels_of_a_list_are_refused_with_the_mapping(conf: Path) -> None:
    path = conf / "task/image.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"labels: .*", "labels: [no, 010, 1e3]", text), encoding="utf-8")
    with pytest.raises(InputError, match=r"write {no: no, 010: 010, 1e3: 1e3}; `make migrate` rewrites your files"):
        compose(conf, "image")


def test_the_text_of_the_file_that_has_the_last_word(conf: Path) -> None:
    path = conf / "system/table.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\nabout: {title: 010, out_of_scope: 0100}\n", encoding="utf-8")
    change(conf, "title: Card fraud", "title: 020")
    change(conf, "  out_of_scope: Transactions of businesses, transfers between accounts, and any real card;", "  #")
    parameters = compose(conf)
    assert (parameters.about.title, parameters.about.out_of_scope) == ("020", "0100")


def test_a_key_is_one_whether_it_is_quoted_or_not(conf: Path) -> None:
    path = conf / "system/table.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\nprepare: {reading: {labels: {0: honest}}}\n", encoding="utf-8")
    assert labels_of(compose(conf)) == {"0": "genuine", "1": "fraud"}

    change(conf, '{"0": genuine, "1": fraud}', '{"0": genuine, 0: fraud}')
    with pytest.raises(
        InputError, match=r"labels\.0 in conf/task/fraud.yaml stands twice, in lines 14 and 14: take one"
    ):
        compose(conf)


def test_anchors_and_references_keep_the_text(conf: Path) -> None:
    change(conf, "title: Card fraud", "title: &no no")
    change(conf, "unit: EUR", "unit: *no")
    change(conf, "region: {}", "region: {names: {ab: '${about.title}', *no : c}}")
    parameters = compose(conf)
    assert (parameters.about.title, parameters.decision.unit) == ("no", "no")
    assert parameters.prepare.reading.groups["region"].names == {"ab": "no", "no": "c"}


def test_numbers_and_booleans_are_read_where_they_are_wanted(conf: Path) -> None:
    change(conf, "edges: [35, 55]", "edges: [-1, 3.5e1, 5_5, 0x40]")
    change(conf, "minimum_per_class: 50", "minimum_per_class: 0")
    change(conf, "examples: true", "examples: yes")
    parameters = compose(conf)
    assert parameters.prepare.reading.bands["age"].edges == [-1.0, 35.0, 55.0, 64.0]
    assert parameters.validation.minimum_per_class == 0
    assert parameters.publish.examples is True


def test_numbers_by_eights_and_sixties_and_booleans_for_numbers_are_refused_all_at_once(conf: Path) -> None:
    change(conf, "edges: [35, 55]", "edges: [010, 1:30]")
    change(conf, "minimum_per_class: 50", "minimum_per_class: 050")
    change(conf, "train: 0.3,", "train: no,")
    change(conf, "max_train_rows: 40000", "max_train_rows: 11:06:40")
    with pytest.raises(InputError) as caught:
        compose(conf)

    sentence = str(caught.value)
    place = "prepare.reading.bands.age.edges[0] in conf/task/fraud.yaml, line 20"
    assert f"{place}, is written 010, which YAML reads as 8, by eights" in sentence
    assert "edges[1] in conf/task/fraud.yaml, line 20, is written 1:30, which YAML reads as 90, by sixties" in sentence
    assert (
        "validate.minimum_per_class in conf/task/fraud.yaml, line 34, is written 050, which YAML reads as 40"
        in sentence
    )
    assert (
        "prepare.split.fractions.train in conf/task/fraud.yaml, line 30, is written no, which YAML reads as False"
        in sentence
    )
    assert "evaluate.max_train_rows in conf/task/fraud.yaml, line" in sentence
    assert "which YAML reads as 40000, by sixties: write 40000" in sentence


@pytest.mark.parametrize("text", ["010", "1_0", "0x1F", "0b11"])
def test_an_argument_of_an_expectation_that_may_be_either_is_refused(conf: Path, text: str) -> None:
    change(conf, "[north, south,", f"[north, {text},")
    with pytest.raises(
        InputError, match=rf"value_set\[1\] in conf/task/fraud.yaml, line 51, is written {text}, which YAML"
    ):
        compose(conf)
    change(conf, f"[north, {text},", f"[north, '{text}',")
    assert compose(conf).validation.expectations["regions"].arguments["value_set"][1] == text


@pytest.mark.parametrize("text", ["no", "Yes", "on", "OFF", "1:30"])
def test_what_yaml_1_2_takes_for_text_is_text_in_a_list_of_texts(conf: Path, text: str) -> None:
    """DVC rewrites a file by YAML 1.2, and so drops the quotation marks of such a text."""
    condition = f"row_condition: {{column: {text}, operator: ==, value: {text}}}, "
    change(conf, "column: group.region, value_set: [north,", f"column: group.region, {condition}value_set: [{text},")
    arguments = compose(conf).validation.expectations["regions"].arguments
    assert arguments["value_set"] == [text, "south", "east", "west", "islands"]
    assert arguments["row_condition"] == {"column": text, "operator": "==", "value": text}


@pytest.mark.parametrize("others", ["true", "1", "2.5", "null"])
def test_beside_what_is_no_text_it_is_refused(conf: Path, others: str) -> None:
    change(conf, "[north, south,", f"[no, {others},")
    with pytest.raises(InputError, match=r"value_set\[0\] in conf/task/fraud.yaml, line 51, is written no, which YAML"):
        compose(conf)


def test_an_argument_that_may_be_a_boolean_is_refused(conf: Path) -> None:
    change(conf, "strict_min: true", "strict_min: yes")
    with pytest.raises(
        InputError, match="strict_min in conf/task/fraud.yaml, line 42, is written yes, which YAML reads"
    ):
        compose(conf)


def test_plain_arguments_of_an_expectation_are_read(conf: Path) -> None:
    change(conf, "[north, south, east, west, islands]", "[0, -1, 2.5, 1e3, .5, true, FALSE]")
    assert compose(conf).validation.expectations["regions"].arguments["value_set"] == [
        0,
        -1,
        2.5,
        1000.0,
        0.5,
        True,
        False,
    ]


@pytest.mark.parametrize("value", ["!!int 010", "!!bool no", '!!int "010"', "&a !!int 010", "!!float 1:30"])
def test_a_tag_is_refused(conf: Path, value: str) -> None:
    change(conf, "minimum_per_class: 50", f"minimum_per_class: {value}")
    with pytest.raises(InputError, match="conf/task/fraud.yaml, line 34, has a YAML tag"):
        compose(conf)


def test_faults_of_every_kind_are_said_at_once(conf: Path) -> None:
    """Spellings, tags, references, duplicates, defaults lists and the models' own."""
    change(conf, "length: 16", "length: 016\n      lenght: 3")
    change(conf, "unit: EUR", "unti: EUR")
    change(conf, "minimum_per_class: 50", "minimum_per_class: !!int 50")
    change(conf, "minimum_per_group: 500", "minimum_per_group: 500\n  minimum_per_group: no")
    change(conf, "epochs: 8", "epochs: 8\n  epochs: 9", "system/table.yaml")
    change(conf, "max_rows: 10000", "max_rows: ${oc.env:HOME}", "drift/default.yaml")
    change(conf, "positive: fraud", "positive: ${no.such}")
    change(conf, "about:", "defaults: [{override /gate: high_stake}]\nabout:")
    change(conf, "train:\n  epochs: 8\n", "train: [1]\n")
    with pytest.raises(InputError) as caught:
        compose(conf)

    sentences = str(caught.value).replace("; did", ", did").split("; ")
    assert [re.split(r",? (is|has|in lines|stands|but) |: ", each)[0] for each in sentences] == [
        "drift.max_rows in conf/drift/default.yaml",
        "train.epochs in conf/system/table.yaml",
        "validate.minimum_per_class in conf/task/fraud.yaml, line 36",
        "validate.minimum_per_group in conf/task/fraud.yaml",
        "defaults in conf/task/fraud.yaml",
        "train in conf/task/fraud.yaml, line 87",
        "prepare.reading.history.length in conf/task/fraud.yaml, line 25",
        "decision.positive in conf/task/fraud.yaml",
        "unknown key prepare.reading.history.lenght in conf/task/fraud.yaml",
        "unknown key decision.unti in conf/task/fraud.yaml",
    ]


def test_a_wrong_spelling_is_no_other_mistake_too(conf: Path) -> None:
    """What depends on its value is not judged, and no marker is shown."""
    change(conf, "edges: [35, 55]", "edges: [035, 1]")
    change(conf, "at_least: 0.4", "at_least: 010")
    with pytest.raises(InputError) as caught:
        compose(conf)
    assert len(str(caught.value).split("; ")) == 2
    assert not re.search("[0-9a-f]{32}", str(caught.value))


def test_a_tag_for_text_is_text(conf: Path) -> None:
    change(conf, "title: Card fraud", "title: !!str no")
    assert compose(conf).about.title == "no"


def test_any_bytes_before_and_line_ends_move_nothing(conf: Path) -> None:
    path = conf / "task/fraud.yaml"
    text = path.read_text(encoding="utf-8").replace("title: Card fraud", "title: no # 😀 é")
    path.write_bytes(text.replace("\n", "\r\n").encode())
    assert compose(conf).about.title == "no"
    assert compose(conf).train.epochs == compose(CONF).train.epochs


def test_a_linked_folder_is_composed(conf: Path, tmp_path: Path) -> None:
    shutil.move(conf / "gate", tmp_path / "elsewhere")
    (conf / "gate").symlink_to(tmp_path / "elsewhere")
    assert compose(conf) == compose(CONF)


def test_the_name_of_another_tasks_model_is_text(conf: Path) -> None:
    change(conf, "publish:", "publish:\n  model_name: 010")
    assert compose_raw(conf, "fraud", system="table").publish.model_name == "010"
