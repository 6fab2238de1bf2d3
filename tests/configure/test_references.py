"""What conf/ may ask of Hydra and OmegaConf: other keys; nothing that computes, reads elsewhere or makes objects."""

import shutil
from pathlib import Path

import pytest

from hallmark.config import Parameters
from hallmark.configure.composition import compose_task
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
SECRET = "s3cret-of-the-environment"


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HALLMARK_SECRET", SECRET)
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


def compose(conf: Path) -> Parameters:
    return compose_task(conf, "image", system="image")


def add(conf: Path, text: str, file: str = "task/image.yaml") -> None:
    path = conf / file
    former_text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{former_text}\n{text}\n", encoding="utf-8")


COMPUTED = [
    "${oc.env:HALLMARK_SECRET}",
    "before ${oc.env:HALLMARK_SECRET} after",
    "${oc.env:HALLMARK_SECRET,default}",
    "${ oc.env:HALLMARK_SECRET}",
    "${oc.decode:'[1]'}",
    "${oc.create:{a: 1}}",
    "${oc.select:seed,3}",
    "${oc.dict.keys:train}",
    "${oc.deprecated:seed}",
    "${hydra:runtime.cwd}",
    "${hydra.runtime.cwd:}",
    "${now:%Y}",
    "${${system}.x}",
    "${train.${system}}",
    "${oc.${system}:HALLMARK_SECRET}",
    "${seed}${oc.env:HALLMARK_SECRET}",
    r"\${oc.env:HALLMARK_SECRET}",
    r"\\${oc.env:HALLMARK_SECRET}",
    r"\${seed}",
    "${seed",
    "${}",
    "${unknown:x}",
    "${seed}}${",
]


@pytest.mark.parametrize("value", COMPUTED)
def test_what_computes_is_refused_with_its_key_and_file_and_shows_no_secret(conf: Path, value: str) -> None:
    text = "'" + value.replace("'", "''") + "'"
    add(conf, f"evaluate: {{diagnostics: {{here: [1, {{deep: {text}}}]}}}}")
    with pytest.raises(InputError, match=r"evaluate.diagnostics.here\[1\].deep in conf/task/image.yaml is ") as caught:
        compose(conf)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("file", ["config.yaml", "gate/default.yaml", "gate/high_stakes.yaml", "system/image.yaml"])
def test_every_file_that_a_task_can_take_is_looked_at(conf: Path, file: str) -> None:
    add(conf, "anything: '${oc.env:HALLMARK_SECRET}'", file)
    with pytest.raises(InputError, match=f"anything in conf/{file} is "):
        compose(conf)


@pytest.mark.parametrize(
    "entry", ["base", "/task/base", "/task/base@_global_", "/task@_global_: base", "/task: [base]"]
)
def test_a_further_file_of_tasks_is_looked_at_where_a_defaults_list_names_it(conf: Path, entry: str) -> None:
    add(conf, "# @package _global_\nanything: '${oc.env:HALLMARK_SECRET}'", "task/base.yaml")
    compose(conf)  # no list names it yet

    path = conf / "task/image.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nabout:", f"\ndefaults: [{entry}, _self_]\nabout:", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"anything in conf/task/base\.yaml is "):
        compose(conf)


def test_a_file_that_a_named_file_names_is_looked_at(conf: Path) -> None:
    add(conf, "# @package _global_\ndefaults: [deeper]", "task/base.yaml")
    add(conf, "# @package _global_\nanything: '${oc.env:HALLMARK_SECRET}'", "task/deeper.yaml")
    path = conf / "task/image.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nabout:", "\ndefaults: [base, _self_]\nabout:", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"anything in conf/task/deeper\.yaml is "):
        compose(conf)


def test_a_reference_in_a_key_is_refused(conf: Path) -> None:
    add(conf, "decision: {scale: {'${seed}': x}}")
    with pytest.raises(InputError, match="decision.scale.*in conf/task/image.yaml has a reference in its name"):
        compose(conf)


@pytest.mark.parametrize(
    "reference", ["seed ${seed}", "${evaluate.primary_metric} and ${task}", "${.purpose}", "seed ${..seed}"]
)
def test_plain_references_are_resolved(conf: Path, reference: str) -> None:
    path = conf / "task/image.yaml"
    path.write_text(path.read_text().replace("title: Handwritten digits", f"title: '{reference}'"))
    title = str(compose(conf).about.title)
    assert "${" not in title
    assert title.strip()


def test_a_reference_to_a_renamed_key_is_refused_by_its_name_of_today(conf: Path) -> None:
    add(conf, "gate: {requirements: {rule: {metric: '${evaluate.headline}'}}}")
    sentence = (
        r"gate\.requirements\.rule\.metric in conf/task/image\.yaml .*evaluate\.headline is called primary_metric now"
    )
    with pytest.raises(InputError, match=sentence):
        compose(conf)


def test_dollars_that_are_no_reference_are_text(conf: Path) -> None:
    path = conf / "task/image.yaml"
    path.write_text(path.read_text().replace("title: Handwritten digits", "title: '$5% to $10%, $$, {x}'"))
    assert compose(conf).about.title == "$5% to $10%, $$, {x}"


@pytest.mark.parametrize("key", ["_target_", "_partial_", "_args_", "_convert_", "_recursive_"])
def test_what_hydra_would_make_an_object_of_is_refused(conf: Path, key: str) -> None:
    add(conf, f"evaluate: {{diagnostics: {{{key}: os.system}}}}")
    with pytest.raises(InputError, match=f"evaluate.diagnostics.{key} in conf/task/image.yaml is a key that Hydra"):
        compose(conf)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("hydra: {searchpath: ['file:///tmp']}", "config.yaml"),
        ("hydra: {job: {env_set: {A: b}}}", "task/image.yaml"),
        ("defaults: [../../outside]", "task/image.yaml"),
        ("defaults: [{override /gate: ../../outside}]", "task/image.yaml"),
        ("defaults: ['/gate@hydra.searchpath: high_stakes']", "task/image.yaml"),
        ("defaults: [{/gate@hydra: high_stakes}]", "task/image.yaml"),
        ("defaults: [{override hydra/launcher: basic}]", "task/image.yaml"),
        ("defaults: ['pkg://os/x']", "task/image.yaml"),
        ("defaults: [{override /gate: '${oc.env:HALLMARK_SECRET}'}]", "task/image.yaml"),
    ],
)
def test_hydra_is_not_configured_from_conf(conf: Path, text: str, file: str) -> None:
    (conf.parent / "outside.yaml").write_text("seed: 3\n", encoding="utf-8")
    (conf / file).write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"(hydra|defaults).* in conf/{file} ") as caught:
        compose(conf)
    assert SECRET not in str(caught.value)


def test_a_package_of_hydra_in_a_header_is_refused(conf: Path) -> None:
    (conf / "gate/mine.yaml").write_text("# @package hydra.searchpath\nx: 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="the header in conf/gate/mine.yaml has the package 'hydra.searchpath'"):
        compose(conf)


def test_an_override_is_looked_at_too() -> None:
    with pytest.raises(InputError, match="the override .* has .*only references to other keys"):
        compose_task(
            CONF,
            "image",
            system="image",
            overrides=["about.title=${oc.env:HOME}"],
        )


@pytest.mark.parametrize(
    "value", ["2001-99-99", "9" * 5000, "!!python/object/apply:pathlib.Path [x]"], ids=["date", "digits", "tag"]
)
def test_a_value_that_cannot_be_made_hides_nothing(conf: Path, value: str) -> None:
    (conf / "gate/mine.yaml").write_text(f"x: {value}\nhydra: {{searchpath: ['file:///tmp']}}\n", encoding="utf-8")
    with pytest.raises(InputError, match="hydra in conf/gate/mine.yaml is .* conf/ does not configure Hydra"):
        compose(conf)


def test_a_file_that_is_no_yaml_is_left_to_hydra(conf: Path) -> None:
    (conf / "task/other.yaml").write_text("a: [", encoding="utf-8")
    assert compose(conf).task == "image"


def test_a_condition_that_is_text_is_refused_by_its_key(conf: Path) -> None:
    path = conf / "system/image.yaml"
    own = "      arguments: {column: descriptor.contrast, row_condition: '@id', min_value: 0.02}"
    lines = [own if "descriptor.contrast, min" in line else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match="arguments.row_condition in conf/system/image.yaml is '@id': text is never"):
        compose(conf)


def test_an_expectation_that_wants_sql_is_refused_by_its_key(conf: Path) -> None:
    path = conf / "system/image.yaml"
    text = path.read_text().replace("type: expect_column_values_to_be_between", "type: UnexpectedRowsExpectation", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        InputError, match="white.type in conf/system/image.yaml is 'UnexpectedRowsExpectation', which is"
    ):
        compose(conf)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("${no.such}", "but there is no key no.such in conf/"),
        ("${about.purpos}", "but there is no key about.purpos in conf/; did you mean about.purpose?"),
        (
            "a ${evaluate.metrics[99]}",
            "but there is no key evaluate.metrics[99] in conf/; did you mean evaluate.metrics?",
        ),
        ("${about}", "but about holds this very key: refer to a single value of it"),
        ("${.title}", "which refers to itself: write a value"),
        ("${about.title.x}", "which refers to itself: write a value"),
        ("${...x}", "but ${...x} begins with more dots than there are sections above it: take some out"),
        (
            "${decision.unit}",
            "but decision.unit is set in no file of conf/, and a default of the code can't be referred to: "
            "set decision.unit, or write its value here",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_with_its_file(conf: Path, value: str, said: str) -> None:
    path = conf / "task/image.yaml"
    path.write_text(path.read_text().replace("title: Handwritten digits", f"title: '{value}'"))
    with pytest.raises(InputError) as caught:
        compose(conf)
    assert str(caught.value) == f"about.title in conf/task/image.yaml is {value!r}, {said}"


def test_references_in_a_circle_are_refused_and_one_to_them_is_not_reported(conf: Path) -> None:
    path = conf / "task/image.yaml"
    text = path.read_text().replace("title: Handwritten digits", "title: ${.purpose}")
    lines = ["  purpose: ${seed}" if line.startswith("  purpose:") else line for line in text.splitlines()]
    path.write_text("\n".join(lines) + "\nseed: ${about.title}\npublish: {experiment: '${seed}'}\n")
    with pytest.raises(InputError) as caught:
        compose(conf)
    assert "about.title → about.purpose → seed → about.title: write a value in one of them" in str(caught.value)
    assert "seed in conf/task/image.yaml is '${about.title}', which leads back to itself" in str(caught.value)
    assert "publish.experiment" not in str(caught.value)
