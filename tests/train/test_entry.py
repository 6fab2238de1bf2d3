"""The stage train: on which parameters, examples and code its training key depends."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small_task

from hallmark.config import Parameters
from hallmark.contracts.examples import Examples
from pipelines.train import _training_key

ROOMS = ("layers", "train", "answers/classes", "answers/action", "systems/table", "systems/image")
TRAIN = small_task.PARAMETERS["train"]
OTHER_PARAMETERS: dict[str, dict[str, Any]] = {
    "seed": {"seed": 8},
    "network": {"train": TRAIN | {"network": TRAIN["network"] | {"width": 8}}},
    "epochs": {"train": TRAIN | {"epochs": 4}},
    "decision": {"decision": small_task.PARAMETERS["decision"] | {"mistake": 2.0}},
}


@pytest.fixture(autouse=True)
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Code of which every room has the same content, so that the name of a system or an answer counts by itself."""
    package = tmp_path / "src/hallmark"
    for room in ROOMS:
        (package / room).mkdir(parents=True)
        (package / room / "code.py").write_text("pass\n")
    monkeypatch.chdir(tmp_path)
    return package


def key_of(
    parameters: Parameters | None = None,
    *,
    train: Callable[[Examples], Examples] = lambda part: part,
    validation: Callable[[Examples], Examples] = lambda part: part,
) -> str:
    """Return the training key of the small task, of which `train` and `validation` make other examples."""
    examples = small_task.examples()
    splits = [change(examples.split(name)) for name, change in (("train", train), ("validation", validation))]
    return _training_key(parameters or small_task.parameters(), *splits)


def double(part: Examples) -> Examples:
    return replace(part, arrays={**part.arrays, "values": 2 * part.arrays["values"]})


def test_equal_trainings_have_equal_keys() -> None:
    assert key_of() == key_of()
    assert len(key_of()) == 64


@pytest.mark.parametrize("part", OTHER_PARAMETERS)
def test_a_parameter_that_training_reads_counts(part: str) -> None:
    assert key_of(small_task.parameters(**OTHER_PARAMETERS[part])) != key_of()


@pytest.mark.parametrize(("key", "name"), [("system", "image"), ("answer", "action")])
def test_the_system_and_the_answer_count_by_name(key: str, name: str) -> None:
    assert key_of(small_task.parameters().model_copy(update={key: name})) != key_of()


def test_the_training_and_the_validation_examples_count() -> None:
    keys = {key_of(), key_of(train=double), key_of(validation=double), key_of(train=double, validation=double)}
    assert len(keys) == 4


@pytest.mark.parametrize("room", ["layers", "train", "answers/classes", "systems/table"])
def test_the_code_of_network_loss_and_training_counts(code: Path, room: str) -> None:
    former_key = key_of()
    (code / room / "code.py").write_text("raise SystemExit\n")
    assert key_of() != former_key


def test_other_sections_and_the_code_of_others_leave_the_key(code: Path) -> None:
    former_key = key_of()
    evaluate = small_task.PARAMETERS["evaluate"] | {"target_selective_risk": 0.07}
    publish = {"experiment": "other", "model_name": "other", "examples": False}
    assert key_of(small_task.parameters(evaluate=evaluate, publish=publish)) == former_key
    for room in ("answers/action", "systems/image"):
        (code / room / "code.py").write_text("raise SystemExit\n")
    assert key_of() == former_key
