"""What no file of conf/ may have is one sentence with its file and key, and never a fault of a library."""

import shutil
from pathlib import Path

import pytest

from hallmark.configure.composition import compose_task
from hallmark.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
TASK = "task/image.yaml"
BEFORE_ABOUT = "\nabout:"
# Of the shipped task, which has a list of its own.
DEFAULTS = """defaults:
  - override /network: convolutional_wide
  - override /augmentation: affine
  - override /optimizer: adamw_few_examples

"""
EPOCHS = "  epochs: 60\n"


def refusal(folder: Path, before: str = "", after: str = "", *, file: str = TASK, preset: str = "") -> str:
    """Return the sentence that refuses conf/ where a file has `after` for `before`, beside a further preset."""
    conf = folder / "conf"
    shutil.copytree(CONF, conf)
    text = (conf / file).read_text(encoding="utf-8").replace(DEFAULTS, "")
    assert before in text
    (conf / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    if preset:
        (conf / "presets").mkdir()
        (conf / "presets/own.yaml").write_text(preset, encoding="utf-8")

    with pytest.raises(InputError) as caught:
        compose_task(conf, "image", system="image")
    return str(caught.value)


def line(text: str) -> int:
    """Return the line of the task's file, without its list of defaults, that begins with a text, from 1."""
    lines = (CONF / TASK).read_text(encoding="utf-8").replace(DEFAULTS, "").splitlines()
    return next(number for number, each in enumerate(lines, 1) if each.startswith(text))


@pytest.mark.parametrize(
    "value", ["!!map 3", "!!seq [1, !a 2]", "!!bool [1]", "!!map [1]", "!!str {a: 1}", "!!merge 60"]
)
def test_a_tag_that_is_not_of_the_value_is_refused_with_its_line(tmp_path: Path, value: str) -> None:
    sentence = refusal(tmp_path, EPOCHS, f"  epochs: {value}\n")
    assert sentence.startswith("train.epochs")
    assert f"in conf/task/image.yaml, line {line('  epochs')}, has " in sentence
    assert sentence.count("write the value without it") == 1


def test_an_unquoted_equals_sign_is_to_be_quoted(tmp_path: Path) -> None:
    assert refusal(tmp_path, EPOCHS, "  epochs: =\n") == (
        f"train.epochs in conf/task/image.yaml, line {line('  epochs')}, is written = without quotation marks, "
        "which is no value of YAML: quote it"
    )


def test_a_byte_that_is_no_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    path = conf / TASK
    text = path.read_text(encoding="utf-8").replace(DEFAULTS, "")
    path.write_bytes(text.encode().replace(EPOCHS.encode(), b"  epochs: 6\xb0\n"))

    with pytest.raises(InputError) as caught:
        compose_task(conf, "image", system="image")
    assert str(caught.value) == (
        f"conf/task/image.yaml, line {line('  epochs')}: the byte 0xb0 is no UTF-8: save the file as UTF-8"
    )


@pytest.mark.parametrize("name", ["!own epochs", "!!int epochs", "!!merge epochs"])
def test_a_tag_before_a_name_is_refused(tmp_path: Path, name: str) -> None:
    sentence = refusal(tmp_path, EPOCHS, f"  {name}: 60\n")
    assert sentence == (
        f"train.epochs in conf/task/image.yaml, line {line('  epochs')}, has a YAML tag before its name: "
        "write the name without it"
    )


@pytest.mark.parametrize(
    ("file", "key"), [(TASK, "conf/task/image.yaml"), ("drift/default.yaml", "drift in conf/drift/default.yaml")]
)
def test_a_tag_before_a_whole_file_is_refused_alone(tmp_path: Path, file: str, key: str) -> None:
    first_key = "about:" if file == TASK else "alpha:"
    text = (CONF / file).read_text(encoding="utf-8").replace(DEFAULTS, "")
    first_line = text[: text.index(first_key)].count("\n") + 1
    sentence = refusal(tmp_path, first_key, f"!own\n{first_key}", file=file)
    assert sentence == f"{key}, line {first_line}, has the YAML tag '!own': write the value without it"


@pytest.mark.parametrize("merged", ["!own {epochs: 60}", "[!own {epochs: 60}]", "!own [{epochs: 60}]"])
def test_a_tag_in_what_is_merged_is_refused_once(tmp_path: Path, merged: str) -> None:
    sentence = refusal(tmp_path, EPOCHS, f"  <<: {merged}\n")
    assert sentence == (
        f"train in conf/task/image.yaml, line {line('  epochs')}, has the YAML tag '!own': write the value without it"
    )


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("!own _self_", "has the YAML tag '!own': write the value without it"),
        ("{override /gate: !!int high_stakes}", "has a YAML tag before 'high_stakes': write the value without it"),
        ("{!own override /gate: high_stakes}", "has the YAML tag '!own': write the value without it"),
        (
            "{[override /gate]: high_stakes}",
            "has a key that is no text: it must be one group, as `defaults: [{override /gate: high_stakes}]`",
        ),
    ],
)
def test_a_wrong_node_in_a_defaults_list_is_refused_with_its_line(tmp_path: Path, entry: str, fault: str) -> None:
    sentence = refusal(tmp_path, BEFORE_ABOUT, f"\ndefaults: [{entry}]{BEFORE_ABOUT}")
    assert sentence == f"defaults in conf/task/image.yaml, line {line('about')}, {fault}"


@pytest.mark.parametrize("tag", ["!own", "!!map", "!!str"])
def test_a_tag_before_a_defaults_list_is_refused(tmp_path: Path, tag: str) -> None:
    sentence = refusal(tmp_path, BEFORE_ABOUT, f"\ndefaults: {tag} [_self_]{BEFORE_ABOUT}")
    assert sentence.startswith(f"defaults in conf/task/image.yaml, line {line('about')}, has the YAML tag ")


@pytest.mark.parametrize(
    "text", ["defaults: &a [*a]", "defaults: [&a {b: *a}]", "hydra: &a {b: *a}", "seed: &a [*a]", "seed: &a {<<: *a}"]
)
def test_a_value_that_contains_itself_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    sentence = refusal(tmp_path, BEFORE_ABOUT, f"\n{text}{BEFORE_ABOUT}")
    assert sentence == (
        f"conf/task/image.yaml, line {line('about')}: an alias (*) stands in the value of its own anchor (&): "
        "write the value out"
    )


@pytest.mark.parametrize(
    ("merged", "name"), [("defaults: [/../../secret]", "defaults"), ("a: 1, <<: {hydra: {run: here}}", "hydra")]
)
def test_a_key_of_hydras_is_not_merged_into_a_file(tmp_path: Path, merged: str, name: str) -> None:
    sentence = refusal(tmp_path, BEFORE_ABOUT, f"\n<<: {{{merged}}}{BEFORE_ABOUT}")
    assert sentence == f"<< in conf/task/image.yaml merges the key {name}: take it out of the mapping that is merged"


@pytest.mark.parametrize("file", [TASK, "config.yaml"])
def test_a_list_in_the_place_of_a_whole_file_is_refused(tmp_path: Path, file: str) -> None:
    before = BEFORE_ABOUT if file == TASK else "\nseed:"
    text = (CONF / file).read_text(encoding="utf-8").replace(DEFAULTS, "")
    place = text[: text.index(before) + 1].count("\n") + 1
    sentence = refusal(tmp_path, before, f"\ndrift: []{before}", file=file)
    assert sentence == (
        f"drift in conf/{file}, line {place}, is a list: it must be a mapping with the keys "
        "alpha, min_effect_size, n_permutations, max_rows, descriptors, metrics"
    )


def test_a_whole_file_in_the_place_of_a_list_is_refused(tmp_path: Path) -> None:
    defaults = f"\ndefaults: [/presets/own, _self_]{BEFORE_ABOUT}"
    sentence = refusal(tmp_path, BEFORE_ABOUT, defaults, preset="# @package evaluate.metrics\na: 1\n")
    assert sentence == "evaluate.metrics in conf/presets/own.yaml, line 2, is a mapping: it must be a list of texts"


def test_the_keys_of_a_file_with_a_wrong_header_are_named_as_with_the_right_one(tmp_path: Path) -> None:
    text = (CONF / TASK).read_text(encoding="utf-8").replace(DEFAULTS, "")
    head = text[: text.index(EPOCHS)]
    wrong_head = head.replace("_global_", "_group_")
    sentence = refusal(tmp_path, head + EPOCHS, f"{wrong_head}  epochs: !own 60\n")
    assert "; train.epochs in conf/task/image.yaml, line " in sentence


@pytest.mark.parametrize(("file", "header"), [(TASK, "_global_."), ("drift/default.yaml", ".drift")])
def test_a_header_with_a_dot_too_many_is_refused_alone(tmp_path: Path, file: str, header: str) -> None:
    before = "# @package _global_" if file == TASK else ""
    sentence = refusal(tmp_path, before, f"# @package {header}\n", file=file)
    assert sentence == (
        f"the header in conf/{file} has the package '{header}': it must have a name before and after each dot"
    )


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("[hydra]", "conf/ does not configure Hydra"),
        ("_global_.hydra", "conf/ does not configure Hydra"),
        ("_global_.[hydra]", "conf/ does not configure Hydra"),
        ("hydra[job]", "conf/ does not configure Hydra"),
        ("evaluate[metrics]", "it must be names with dots between them, such as evaluate.diagnostics"),
        ("_global_.evaluate", "_global_ is the top level: write it alone, or the other names without it"),
        ("evaluate._global_.drift", "_global_ is the top level: write it alone, or the other names without it"),
    ],
)
def test_a_header_reaches_the_sections_alone(tmp_path: Path, header: str, fault: str) -> None:
    sentence = refusal(tmp_path, file="drift/default.yaml", before="", after=f"# @package {header}\n")
    assert sentence == f"the header in conf/drift/default.yaml has the package '{header}': {fault}"


@pytest.mark.parametrize(
    "entry", ["{'/presets@[hydra]': own}", "'/presets/own@[hydra]'", "'/presets/own@_global_.hydra'"]
)
def test_an_entry_does_not_reach_hydras_section(tmp_path: Path, entry: str) -> None:
    sentence = refusal(tmp_path, BEFORE_ABOUT, f"\ndefaults: [{entry}, _self_]{BEFORE_ABOUT}", preset="verbose: 1\n")
    assert sentence.startswith("defaults in conf/task/image.yaml has ")
    assert sentence.endswith(": only groups and files of conf/ are composed")


@pytest.mark.parametrize("entry", ["/task: speech", "override /task: speech", "optional /task: speech"])
def test_the_file_of_the_task_is_not_taken_by_a_list_but_further_ones_are(tmp_path: Path, entry: str) -> None:
    sentence = refusal(tmp_path, BEFORE_ABOUT, f"\ndefaults: [{{{entry}}}, _self_]{BEFORE_ABOUT}")
    assert sentence == (
        f"defaults in conf/task/image.yaml has `{entry}`: `configure` takes the file of the task itself: "
        "name a further one by `/task/speech`"
    )


@pytest.mark.parametrize("entry", ["/tasks", "override /gate: strict"])
def test_what_hydra_does_not_read_is_no_file_of_a_list(tmp_path: Path, entry: str) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    (conf / "gate/strict.yml").write_text("champion: {at_least: 0.0}\n", encoding="utf-8")
    text = (conf / TASK).read_text(encoding="utf-8").replace(DEFAULTS, "")
    listed = f"{{{entry}}}" if ":" in entry else entry
    text = text.replace(BEFORE_ABOUT, f"\ndefaults: [{listed}, _self_]{BEFORE_ABOUT}", 1)
    (conf / TASK).write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=r"defaults in conf/task/image\.yaml has .*there is no file conf/"):
        compose_task(conf, "image", system="image")


def test_a_file_in_the_group_of_hydras_options_is_refused(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    (conf / "hydra").mkdir()
    (conf / "hydra/config.yaml").write_text("verbose: true\n", encoding="utf-8")

    with pytest.raises(InputError) as caught:
        compose_task(conf, "image", system="image")
    assert str(caught.value) == (
        "conf/hydra/config.yaml lies in the group of Hydra's own options, which conf/ has not: move it"
    )
