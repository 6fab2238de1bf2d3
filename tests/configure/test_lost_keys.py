"""A task may set every key, and a key that it sets in vain is refused."""

import shutil
from pathlib import Path

import pytest

from hallmark.config import Parameters
from hallmark.configure.composition import compose_task
from hallmark.errors import InputError
from hallmark.systems.table.config import Network

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


def compose(conf: Path, *overrides: str) -> Parameters:
    return compose_task(conf, "fraud", system="table", overrides=overrides)


def add(conf: Path, text: str, file: str = "task/fraud.yaml") -> None:
    path = conf / file
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


def replace_training(conf: Path, text: str) -> None:
    path = conf / "task/fraud.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("train:\n  epochs: 8\n", f"{text}\n"), encoding="utf-8")


def set_header(conf: Path, header: str) -> None:
    path = conf / "task/fraud.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("# @package _global_", header), encoding="utf-8")


def test_a_task_sets_what_config_yaml_and_its_system_set(conf: Path) -> None:
    replace_training(conf, "seed: 99\ntrain: {epochs: 3, network: {width: 64}}")
    parameters = compose(conf)
    network = parameters.train.network
    assert isinstance(network, Network)

    assert parameters.seed == 99
    assert parameters.train.epochs == 3
    assert network.width == 64
    assert network.depth == 2  # as the system says


def test_a_system_sets_what_config_yaml_sets(conf: Path) -> None:
    add(conf, "seed: 98", "system/table.yaml")
    assert compose(conf).seed == 98


def test_keys_that_another_file_takes_are_refused_all_at_once(conf: Path) -> None:
    config = conf / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("  - _self_ #", "  #")
    config.write_text(
        text.replace("task: ???", "task: ???\n  - _self_") + "drift: {min_effect_size: 0.5}\n", encoding="utf-8"
    )
    add(conf, "seed: 99")

    with pytest.raises(InputError) as caught:
        compose(conf)
    assert "seed in conf/task/fraud.yaml is 99, but the parameters hold 7" in str(caught.value)
    assert "drift.min_effect_size in conf/task/fraud.yaml is 0.3, but the parameters hold 0.5" in str(caught.value)


def test_a_tasks_own_defaults_do_not_take_its_keys(conf: Path) -> None:
    (conf / "own").mkdir()
    (conf / "own/margin.yaml").write_text("champion: {at_least: -0.5}\n", encoding="utf-8")
    add(conf, "defaults: [_self_, {override /gate: high_stakes}]")
    assert "signature" in compose(conf).gate.requirements

    path = conf / "task/fraud.yaml"
    text = path.read_text(encoding="utf-8").replace("{override /gate: high_stakes}", "/own@gate: margin")
    path.write_text(text.replace("\ngate:\n", "\ngate:\n  champion: {at_least: -0.02}\n"), encoding="utf-8")
    with pytest.raises(InputError, match="gate.champion.at_least .* is -0.02, but the parameters hold -0.5"):
        compose(conf)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task: other", "task in conf/task/fraud.yaml is other, but it is fraud, as conf/tasks.yaml says"),
        ("answer: action", "answer in conf/task/fraud.yaml is action, but it is classes, as conf/tasks.yaml says"),
        ("system: image", "system in conf/task/fraud.yaml is image, but it is table, as conf/tasks.yaml says"),
        ("seed: ???", "seed in conf/task/fraud.yaml is .*, which states no value, and the parameters hold 7"),
        ("raw: {}", "raw in conf/task/fraud.yaml is {}, but mappings are merged"),
    ],
)
def test_a_statement_in_vain_is_refused(conf: Path, text: str, said: str) -> None:
    add(conf, text)
    with pytest.raises(InputError, match=said):
        compose(conf)


def test_a_file_without_its_header_is_refused(conf: Path) -> None:
    set_header(conf, "# no header")
    with pytest.raises(InputError, match="conf/task/fraud.yaml has no header `# @package _global_`"):
        compose(conf)


def test_a_header_of_one_stage_puts_the_keys_there(conf: Path) -> None:
    (conf / "task/fraud.yaml").write_text("# @package train\nepochs: 3\n", encoding="utf-8")
    with pytest.raises(InputError, match="the key about has no value"):  # and none that train.epochs is lost
        compose(conf)


def test_an_override_may_take_a_stated_key(conf: Path) -> None:
    add(conf, "seed: 99")
    assert compose(conf, "seed=5").seed == 5
