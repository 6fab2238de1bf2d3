"""Overrides of one task: read and written, and what of Hydra's grammar is refused, with the nearest names."""

import re
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from imports import ROOT

from hallmark.config import Parameters
from hallmark.configure import compose_task, read_overrides, read_tasks
from hallmark.configure.overrides import split, write_overrides
from hallmark.errors import InputError

CONF = ROOT / "conf"
TASKS = read_tasks(CONF / "tasks.yaml")


def composed(*overrides: str, task: str = "image") -> Parameters:
    return compose_task(CONF, task, system=TASKS[task].system, overrides=overrides)


def test_a_value_and_an_option_are_overridden_and_recorded() -> None:
    overrides = ["optimizer=sgd", "train.epochs=5", "seed=3", "gate=high_stakes"]
    parameters = composed(*overrides)
    assert parameters.overrides == overrides
    assert (parameters.train.epochs, parameters.seed) == (5, 3)
    assert parameters.train.optimizer.model_dump() == {
        "_target_": "torch.optim.SGD",
        "lr": 0.05,
        "weight_decay": 5e-4,
        "momentum": 0.9,
        "nesterov": True,
    }
    assert "signature" in parameters.gate.requirements
    assert composed().overrides == []


def test_the_value_beats_the_option_and_the_option_beats_that_of_the_task() -> None:
    parameters = composed("train.optimizer.lr=0.5", "optimizer=sgd")
    assert parameters.train.optimizer.lr == 0.5
    assert parameters.train.optimizer.target == "torch.optim.SGD"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("optimzer=sgd", "'optimzer=sgd' names no key and no group of conf/; did you mean optimizer?"),
        ("optimizer=sdg", "'optimizer=sdg' names no option of optimizer; did you mean sgd?"),
        ("machine=ddp", "chooses a machine, which is in no parameters: write MACHINE=ddp"),
        ("+machine.devices=2", "chooses a machine, which is in no parameters: write MACHINE=ddp"),
        ("optimizer=ggg", "names no option of optimizer: there are adamw, "),
        ("train.epoch=5", "'train.epoch=5' names no key and no group of conf/; did you mean train.epochs?"),
        ("train.network.dept=5", "did you mean train.network.depth?"),
        ("decision.specificity=0.9", "no file of conf/ states: write +decision.specificity=0.9"),
        ("+train.epochs=5", "'+train.epochs=5' adds train.epochs, which is there: write it without +"),
        ("~train.epoch", "'~train.epoch' names no key"),
        ("~decision.specificity", "deletes decision.specificity, which no file of conf/ states: leave it out"),
        ("hydra.run.dir=/tmp", "configures Hydra itself"),
        ("hydra/job_logging=none", "configures Hydra itself"),
        ("+drift@hydra=default", "configures Hydra itself"),
        ("+experiment=small", "'+experiment=small' adds experiment, which is there: write it without +"),
        ("+extensions.train=abc", "sets extensions, which `configure` writes: leave it out"),
        ("+overrides=[a]", "sets overrides, which `configure` writes: leave it out"),
        ("train.trainer.profiler=simple", "; a new key is written +train.trainer.profiler=simple"),
        ("gate.requirements.mine={check: validate.*}", "; a new key is written +gate.requirements.mine={check: "),
        ("system=table", "sets system, which conf/tasks.yaml says: change it there"),
        ("task=speech", "sets task, which conf/tasks.yaml says"),
        ("train.epochs=3,4", "has several values: one run has one; a list is written [a, b]"),
        ("train.epochs=range(1,4)", "has several values"),
        ("about.title=${oc.env:HOME}", "only references to other keys"),
        ("optimizer=${oc.env:HOME}", "a resolver would write what one machine holds, a password maybe, into params/"),
        ("train.epochs", "is no override, such as optimizer=sgd or train.epochs=5"),
        ("=", "names nothing"),
        ("scheduler=null", "'scheduler=null' chooses nothing: write ~scheduler"),
        ("drift={alpha: 0.1}", "names no option of drift"),
    ],
)
def test_what_can_not_be_overridden_is_refused(override: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        composed(override)
    assert str(caught.value).startswith("the override ")


def test_all_wrong_options_are_said_at_once() -> None:
    with pytest.raises(InputError, match=r"'optimizer=sdg' .*; the override 'gate=high' "):
        composed("optimizer=sdg", "gate=high")


def test_a_reference_and_a_new_key_of_the_models_are_taken() -> None:
    parameters = composed("publish.experiment=${task}-again", "+decision.positive='7'", "++drift.alpha=0.1")
    assert parameters.publish.experiment == "image-again"
    assert parameters.decision.positive == "7"
    assert parameters.drift.alpha == 0.1


def test_a_line_is_split_as_a_shell_does() -> None:
    assert split("""optimizer=sgd  'about.title="Two words"' """) == ["optimizer=sgd", 'about.title="Two words"']
    assert split("  ") == []
    with pytest.raises(InputError, match="a quotation mark is left open"):
        split("about.title='open")


def test_what_is_written_is_read_again_and_dvc_can_set_it(tmp_path: Path) -> None:
    conf = Path(shutil.copytree(CONF, tmp_path / "conf"))
    shipped = (conf / "overrides.yaml").read_text(encoding="utf-8")
    assert not any(read_overrides(conf, TASKS).values())

    overridden = read_overrides(conf, TASKS) | {"image": ["optimizer=sgd", 'about.title="a: b"']}
    write_overrides(conf, overridden)
    assert read_overrides(conf, TASKS) == overridden
    write_overrides(conf, overridden | {"image": []})
    assert (conf / "overrides.yaml").read_text(encoding="utf-8") == shipped

    apply_overrides(conf / "overrides.yaml", ['image=["optimizer=sgd"]'])
    assert read_overrides(conf, TASKS)["image"] == ["optimizer=sgd"]
    assert (conf / "overrides.yaml").read_text(encoding="utf-8").count("#") == shipped.count("#")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image: optimizer=sgd", "image in conf/overrides.yaml is 'optimizer=sgd': it must be a list of overrides"),
        ("image: [3]", "it must be a list of overrides, each in quotes"),
        ("imag: [optimizer=sgd]", "imag in conf/overrides.yaml is no task of conf/tasks.yaml; did you mean image?"),
        ("- a", "conf/overrides.yaml must map each task to its overrides"),
        ("image: [", "conf/overrides.yaml is no YAML"),
    ],
)
def test_a_file_that_is_no_such_list_is_refused(tmp_path: Path, text: str, said: str) -> None:
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "overrides.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(said)):
        read_overrides(conf, TASKS)


def test_without_the_file_nothing_is_overridden(tmp_path: Path) -> None:
    assert read_overrides(tmp_path, ["image"]) == {"image": []}
    write_overrides(tmp_path, {"image": []})
    assert not (tmp_path / "overrides.yaml").exists()


SHOWN = re.compile(r"""SET=(?:"([^"]*)"|([^\s`"…]+))""")
SHOWN_AS_REFUSED = {"optimizer=sdg", "train.epoch=5", "train.epochs=3,4"}
SHOWN_WITH_AN_OWN_FILE = {"network=mine"}


def test_the_commands_of_the_page_compose() -> None:
    page = (ROOT / "docs/packages.md").read_text(encoding="utf-8")
    lines = {quoted or plain for quoted, plain in SHOWN.findall(page)}
    assert {"optimizer=sgd gate=high_stakes", "experiment=small", "debug=overfit", *SHOWN_AS_REFUSED} <= lines
    for line in sorted(lines - SHOWN_WITH_AN_OWN_FILE):
        if line in SHOWN_AS_REFUSED:
            with pytest.raises(InputError, match="the override "):
                composed(*split(line))
        else:
            assert composed(*split(line)).overrides == split(line)
