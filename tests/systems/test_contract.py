"""What every system and its answers promise to the stages, on a small bundled data set of each."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
import torch
import yaml
from mlflow_serving import ask, serving
from published_task import store_in
from threadpoolctl import threadpool_limits

from hallmark import answers, components, systems
from hallmark.answers.answer import Answer
from hallmark.config.reading_keys import Reading
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import DESCRIPTOR, GROUP, SPLITS, Examples
from hallmark.contracts.package import Package
from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.contracts.scorers import Outputs, Predict
from hallmark.errors import InputError
from hallmark.evaluate.figures.example_drawing import ExampleDrawing
from hallmark.layers import model
from hallmark.metrics import available
from hallmark.prepare.preparation import prepare_examples, record_reading
from hallmark.publish import registered_version
from hallmark.publish.mlflow_model import build_model
from hallmark.report_figures import blank
from hallmark.systems.system import System
from hallmark.train.package_export import export_package

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TASKS = {"table": "fraud"}  # the shipped task of a system, where it has another name
RAW: dict[str, dict[str, Any]] = {
    "speech": {"speakers": 30, "clips": 5},
    "language": {"libraries": ["torch"], "library_characters": 60_000, "document_characters": 6_000},
    "recommendation": {"users": 250, "items": 120},
    "table": {"customers": 200, "terminals": 100, "days": 120},
    "medical": {"patients": 120},
    "robotics": {"episodes": 24, "steps": 40},
}
READING: dict[str, dict[str, Any]] = {
    "language": {"vocabulary": 300, "context": 32, "overlap": 8},
    "recommendation": {"length": 8, "memory": 20},
}
NETWORK: dict[str, dict[str, Any]] = {
    "speech": {"width": 16, "depth": 1},
    "language": {"width": 16, "depth": 1, "heads": 2, "memory": 64},
}

# What a model gives for one example, by answer: raw outputs (1, …) and post-processing.
ANSWERED: dict[str, tuple[Outputs, dict[str, Any]]] = {
    "classes": (
        {"logits": np.array([[0.0, 1.0]])},
        {"labels": ["a", "b"], "positive": None, "temperature": 1.0},
    ),
    "transcript": (
        {"logits": np.eye(3)[[1, 1, 0, 2]][None], "frames": np.array([4.0])},
        {"alphabet": "ab", "lexicon": None, "slope": -1.0, "intercept": 0.0},
    ),
    "next_token": (
        {"logits": np.array([[0.0, 1.0]]), "log_likelihood": np.full((1, 32), -1.0)},
        {"vocabulary": ["a", "b"], "temperature": 1.0},
    ),
    "next_item": (
        {"logits": -np.arange(12.0)[None]},
        {"titles": [f"Item {number}" for number in range(12)], "temperature": 1.0},
    ),
    "action": (
        {"action": np.array([[0.5, 1.0]])},
        {"actions": ["lift", "turn"], "low": [0.0, -90.0], "high": [1.0, 90.0]},
    ),
}

PAIRS = [(name, answer) for name in systems.NAMES for answer in systems.ANSWERS[name]]
FOLDERS = {"bundled", "reading", "baselines", "diagnostics"}  # the parts that dvc.yaml and people find as folders


@dataclass(frozen=True)
class Trial:
    """A system with one of its answers, prepared examples, and a package of an untrained network."""

    system: System
    answer: Answer
    examples: Examples
    package: Package
    folder: Path  # of the package
    network: model.Model
    decision: Decision
    reading: Reading

    def split(self, name: str) -> Examples:
        return self.examples.split(name)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def name_actions(raw: Path) -> dict[str, Any]:
    """Give the robots' log a column that names each torque, and return the keys of `prepare.reading` that read it."""
    logs = pd.read_parquet(raw / "logs.parquet")
    side = np.where(logs["torque"] > 0, "left", "right")
    logs.drop(columns="torque").assign(side=side).to_parquet(raw / "logs.parquet", index=False)
    return {"columns": {"label": "side"}, "labels": {"left": "left", "right": "right"}, "actions": {}}


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    name, answer_name = request.param
    system = systems.load(name)
    answer = answers.load(answer_name)
    assert system.bundled is not None, (
        f"the system {name!r} has no part `bundled`, which writes the raw files of this test: add bundled/__init__.py "
        f"to src/hallmark/systems/{name}/, with `write(folder, raw, *, seed)` that makes a few small files, as in "
        "docs/extending/system.md; no task needs to stand under `bundled` in conf/tasks.yaml for that"
    )
    path = ROOT / "params" / f"{TASKS.get(name, name)}.yaml"
    parameters: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    sections = system.config

    raw = tmp_path_factory.mktemp(name)
    system.bundled.write(raw, sections.Raw(**parameters["raw"] | RAW.get(name, {})), seed=7)
    reading = parameters["prepare"]["reading"] | READING.get(name, {})
    if name == "table":
        reading["history"] |= {"warm_up": 5.0}
    if (name, answer_name) == ("robotics", "classes"):
        named = name_actions(raw)
        reading |= named | {"columns": reading["columns"] | named["columns"]}
    section = raw_data.section(name, reading)
    read = system.reading.read(raw, section)
    prepared = prepare_examples(read, seed=7, encode=system.reading.encode, **parameters["prepare"]["split"])
    examples = record_reading(prepared, section, system.reading.INPUTS)
    train = examples.split("train")
    validation = examples.split("validation")

    torch.manual_seed(7)
    network_section = parameters["train"]["network"] | NETWORK.get(name, {})
    make_network = components.factory("train.network", network_section, components.SLOTS["network"], task="trial")
    network = model.build(make_network, train, answer.network).eval()
    decision = Decision(**parameters["decision"])
    folder = tmp_path_factory.mktemp("package") / name
    about = {"task": "trial", "system": name, "training": {"key": "trial"}}
    fit = partial(answer.scoring.fit_postprocess, decision=decision)
    finding = export_package(network, folder, about=about, train=train, validation=validation, fit_postprocess=fit)
    assert finding.verdict == "pass"
    return Trial(system, answer, examples, Package.load(folder), folder, network, decision, section)


@pytest.fixture(scope="module")
def methods(trial: Trial) -> dict[str, Predict]:
    return trial.system.baseline_fitter(trial.answer)(trial.split("train"), seed=7)


def score(trial: Trial, outputs: Any, part: Examples, postprocess: Any) -> pd.DataFrame:
    return trial.answer.scoring.score(outputs, part, postprocess=postprocess, decision=trial.decision)


def test_arrays_are_aligned_with_the_table(trial: Trial) -> None:
    examples = trial.examples
    assert {name: len(array) for name, array in examples.arrays.items()} == dict.fromkeys(
        examples.arrays, len(examples)
    )
    assert examples.table["id"].is_unique
    assert set(examples.table["split"]) == set(SPLITS)
    assert {column.split(".")[0] + "." for column in [*examples.groups, *examples.descriptors]} <= {GROUP, DESCRIPTOR}
    assert set(trial.package.inputs) <= set(examples.arrays)
    assert not any(name.startswith("target.") for name in trial.package.inputs)  # what is predicted is no input

    trial.answer.require_target(examples)
    for values in trial.system.inputs.columns(examples).values():
        assert values.ndim == 2
        assert len(values) == len(examples)


def test_the_descriptors_are_those_that_the_configuration_knows(trial: Trial) -> None:
    known = trial.reading.descriptor_names()
    assert known is not None
    assert sorted(trial.examples.descriptors) == sorted(DESCRIPTOR + name for name in known)


def test_the_encoding_is_data_and_reads_the_same_arrays_again(trial: Trial) -> None:
    encoding = trial.examples.encoding
    assert json.loads(json.dumps(encoding)) == encoding
    assert set(encoding["reading"]) == set(trial.system.reading.INPUTS)


def test_the_package_gives_what_the_network_gives(trial: Trial) -> None:
    part = trial.split("test")
    with torch.inference_mode():
        given = trial.network(*(torch.from_numpy(part.arrays[name]) for name in trial.network.inputs))
    tensors = given if isinstance(given, tuple) else (given,)
    outputs = trial.package.run(part.arrays)
    assert tuple(outputs) == trial.answer.network.OUTPUTS

    for tensor, output in zip(tensors, outputs.values(), strict=True):
        assert len(output) == len(part)
        np.testing.assert_allclose(output, tensor.float().numpy(), atol=1e-4, rtol=1e-4)


def test_the_postprocessing_is_data_and_decodes_as_it_is_scored(trial: Trial) -> None:
    postprocess = trial.package.postprocess
    assert postprocess["kind"] == trial.answer.kind
    assert json.loads(json.dumps(postprocess, allow_nan=False)) == postprocess

    part = trial.split("test")
    outputs = trial.package.run(part.arrays)

    decoded = trial.answer.decoding.answer(outputs, postprocess)
    assert list(decoded.columns) == ["prediction", *trial.answer.decoding.numbers(postprocess)]

    scores = score(trial, outputs, part, postprocess)
    assert scores["prediction"].tolist() == decoded["prediction"].tolist()
    assert scores["certainty"].tolist() == decoded["probability"].tolist()
    assert scores["confidence"].tolist() == decoded["score" if "score" in decoded else "probability"].tolist()
    assert scores["confidence"].between(0, 1).all()
    assert scores["certainty"].between(0, 1).all()


@pytest.mark.server
@pytest.mark.parametrize(
    "trial", [(name, systems.ANSWERS[name][0]) for name in systems.NAMES], indirect=True, ids="-".join
)
def test_a_registered_champion_is_served_and_answers_a_request(trial: Trial, tmp_path: Path) -> None:
    name = trial.system.name
    store = store_in(tmp_path)
    built = build_model(trial.package, trial.folder, tmp_path / "built", example=None)
    model_id = registered_version.log_model(store.client, built, run_id=store.run_id, name=name)
    store.client.create_registered_model(name)
    version = registered_version.register(store.client, model_id, name=name, run_id=store.run_id, tags={})
    store.client.set_registered_model_alias(name, "champion", version.version)

    part = trial.split("test")
    arrays = {each: part.arrays[each][:3] for each in trial.package.inputs}
    (tmp_path / "elsewhere").mkdir()
    log = tmp_path / "elsewhere/serving.log"
    with serving(f"models:/{name}@champion", tracking_uri=store.uri, log=log) as address:
        answered = pd.DataFrame(ask(address, arrays))

    decoded = trial.answer.decoding.answer(trial.package.run(arrays), trial.package.postprocess)
    assert list(answered.columns) == list(decoded.columns)
    assert answered["prediction"].tolist() == decoded["prediction"].tolist()
    numbers = list(decoded.columns[1:])
    np.testing.assert_allclose(answered[numbers], decoded[numbers], rtol=1e-4, atol=1e-6)
    assert answered["probability"].between(0, 1).all()


def test_the_score_columns_are_those_that_the_answer_declares(trial: Trial) -> None:
    part = trial.split("test")
    scores = score(trial, trial.package.run(part.arrays), part, trial.package.postprocess)
    rows = pd.concat([part.table[["id", "entity"]], scores], axis=1)
    if trial.examples.labels:
        rows["label"] = part.table["label"]

    positive = trial.decision.positive
    declared = trial.answer.metrics | (trial.answer.metrics_with_positive if positive is not None else set())
    assert set(available(rows, positive=positive)) == declared
    measured = [column.removeprefix(SCORE) for column in scores.columns if column.startswith(SCORE)]
    weights = [column.removeprefix(WEIGHT) for column in scores.columns if column.startswith(WEIGHT)]
    assert sorted(measured) == sorted(weights)
    assert (scores[[WEIGHT + name for name in weights]] >= 0).all(axis=None)


def test_simple_methods_are_as_declared_and_give_the_outputs_that_are_scored(
    trial: Trial, methods: dict[str, Predict]
) -> None:
    validation = trial.split("validation")
    test = trial.split("test")
    declared = trial.system.simple_method_names(trial.answer.name)
    assert set(methods) - {"descriptors"} == {*declared, "rule"}

    for predict in methods.values():
        fit_postprocess = trial.answer.scoring.fit_postprocess
        postprocess = fit_postprocess(predict(validation), validation, decision=trial.decision)
        assert json.loads(json.dumps(postprocess, allow_nan=False)) == postprocess
        scores = score(trial, predict(test), test, postprocess)
        assert len(scores) == len(test)
        score_columns = [column for column in scores.columns if column.startswith(SCORE)]
        assert np.isfinite(scores[score_columns]).all(axis=None)


def test_the_answer_is_drawn_with_the_input(trial: Trial) -> None:
    def predict(some: Examples) -> dict[str, np.ndarray]:
        return trial.package.run(some.arrays)

    require_drawing(trial, trial.answer, predict, trial.package.postprocess)


@pytest.mark.parametrize("name", answers.NAMES)
def test_any_answer_is_drawn_with_the_input(trial: Trial, name: str) -> None:
    """A system draws what any model says, of answers that its data was never asked for, too."""
    assert name in ANSWERED, f"give the answer {name!r} raw outputs and post-processing for one example, in ANSWERED"
    outputs, postprocess = ANSWERED[name]

    def predict(some: Examples) -> dict[str, np.ndarray]:
        return {key: np.repeat(output, len(some), axis=0) for key, output in outputs.items()}

    if name != trial.answer.name:
        require_drawing(trial, answers.load(name), predict, postprocess)


def require_drawing(trial: Trial, answer: Answer, predict: Predict, postprocess: Any) -> None:
    """Draw one test example with its own targets alone, and require that both parts draw, and warn of nothing."""
    example = trial.split("test").take(np.array([0]))
    target = trial.answer.target
    if answer is not trial.answer and target is not None:
        example = replace(example, arrays={key: value for key, value in example.arrays.items() if key != target})

    _, alone = blank()
    trial.system.plots.draw(alone, example)
    assert alone.has_data() or alone.texts

    drawing = ExampleDrawing(
        input_plots=trial.system.plots, answer_plots=answer.plots, predict=predict, postprocess=postprocess
    )
    figure, axes = blank()
    parts = drawing.draw(axes, example)
    figure.canvas.draw()
    has_panel = answer.plots is not None and answer.plots.PANEL_SHARE > 0
    assert len(parts) == 1 + has_panel
    assert all(part.has_data() or part.texts for part in parts)


def test_an_empty_split_gives_empty_answers(trial: Trial, methods: dict[str, Predict]) -> None:
    nothing = trial.examples.take(np.arange(0))
    whole = trial.split("test")
    wanted = score(trial, trial.package.run(whole.arrays), whole, trial.package.postprocess)

    for predict in (lambda some: trial.package.run(some.arrays), *methods.values()):
        outputs = predict(nothing)
        assert {name: len(output) for name, output in outputs.items()} == dict.fromkeys(outputs, 0)
        empty = score(trial, outputs, nothing, trial.package.postprocess)
        assert list(empty.columns) == list(wanted.columns)
        assert len(empty) == 0


def test_a_single_label_is_refused_in_a_sentence(trial: Trial) -> None:
    train = trial.split("train")
    if trial.answer.name not in ("classes", "transcript"):
        pytest.skip("what is predicted stands in no label")
    same = replace(train, table=train.table.assign(label=train.table["label"].iloc[0]))
    with pytest.raises(InputError, match="training examples have the (label|transcript) .* only"):
        trial.system.baseline_fitter(trial.answer)(same, seed=7)


def test_the_shipped_decision_has_no_key_that_the_answer_cannot_use(trial: Trial) -> None:
    trial.answer.refuse_unusable(trial.decision.keys)


@pytest.mark.parametrize("name", systems.NAMES)
def test_every_system_offers_answers_and_has_simple_methods_for_each(name: str) -> None:
    system = systems.load(name)
    assert system.name == name
    assert set(system.simple_methods) <= set(systems.ANSWERS[name])
    assert bool(system.simple_methods) == (system.baselines.fit is not None)

    for answer in systems.ANSWERS[name]:
        assert callable(system.baseline_fitter(answers.load(answer)))

    assert set(systems.ANSWERS[name]) <= set(answers.NAMES)
    assert systems.resolve_answer(name, None) == systems.ANSWERS[name][0]
    with pytest.raises(InputError, match=rf"answer 'nothing' is none of those of the system '{name}': "):
        systems.resolve_answer(name, "nothing")


@pytest.mark.parametrize("name", systems.NAMES)
def test_a_part_is_a_module_or_a_folder_by_one_rule(name: str) -> None:
    home = Path(systems.__file__).parent / name
    parts = [part for part, kind in vars(System).items() if isinstance(kind, property)]
    system = systems.load(name)
    offered = {part for part in parts if getattr(system, part) is not None}
    folders = {path.parent.name for path in home.glob("*/__init__.py")}
    modules = {path.stem for path in home.glob("[!_]*.py")}

    assert offered & folders == offered & FOLDERS
    assert offered & modules == offered - FOLDERS
    assert folders <= FOLDERS


@pytest.mark.parametrize("name", ["image", "table", "medical", "robotics"])
def test_an_answer_that_a_system_never_had_takes_its_trunk_and_its_features(name: str) -> None:
    """What is read of an example can be asked for labels as well as for numbers: no line of the system changes."""
    generator = np.random.default_rng(1)
    arrays: dict[str, np.ndarray] = {
        "image": generator.integers(0, 256, (40, 1, 12, 12), dtype=np.uint8),
        "current": generator.normal(size=(40, 3)).astype(np.float32),
        "observations": generator.normal(size=(40, 2, 3)).astype(np.float32),
        "present": np.ones((40, 2), np.float32),
        "target.action": generator.random((40, 2)).astype(np.float32),
    }
    table = pd.DataFrame({"label": ["a", "b"] * 20, "descriptor.brightness": generator.random(40)})

    path = ROOT / "params" / f"{TASKS.get(name, name)}.yaml"
    parameters = yaml.safe_load(path.read_text(encoding="utf-8"))
    section = parameters["train"]["network"]
    make_network = components.factory("train.network", section, components.SLOTS["network"], task="trial")

    for answer, labels in (("action", ()), ("classes", ("a", "b"))):
        train = Examples(table, arrays, labels)
        part = answers.load(answer).network
        network = model.build(make_network, train, part)
        batch = {key: torch.from_numpy(array) for key, array in arrays.items()} | {"target": torch.arange(40) % 2}
        outputs = network(*(batch[key] for key in network.inputs))
        assert len(outputs if isinstance(outputs, tuple) else (outputs,)) == len(part.OUTPUTS)
        torch.autograd.backward(part.loss(outputs, batch))
        assert all(weights.grad is not None for weights in network.parameters())

        fit = systems.load(name).baseline_fitter(answers.load(answer))
        for predict in fit(train, seed=1).values():
            values = predict(train)[part.OUTPUTS[0]]
            assert values.shape == (40, 2)
            assert np.isfinite(values).all()


def test_an_answer_without_any_simple_method_is_refused() -> None:
    with pytest.raises(InputError, match="'language' has no simple method for the answer 'classes'"):
        systems.load("language").baseline_fitter(answers.load("classes"))
