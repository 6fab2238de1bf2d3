"""Every answer by its interface: its name, its kind in packages, what it can use of a decision, and its target."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark import answers
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.metrics import METRICS

ALONE = {"collections", "dataclasses", "itertools", "json", "math", "numpy", "pandas", "typing"}
DECISIONS = {  # by the only key that is set
    "positive": Decision(positive="yes"),
    "mistake": Decision(mistake=2.0),
    "matrix": Decision(matrix={"yes": {"no": 3.0}}),
    "scale": Decision(scale={"yes": "descriptor.amount"}),
    "unit": Decision(unit="EUR"),
    "specificity": Decision(specificity=0.9),
}


def test_the_kinds_of_packages_stay_what_they_were() -> None:
    """Packages name them, those of former versions too."""
    assert {name: answers.load(name).kind for name in answers.NAMES} == {
        "classes": "softmax",
        "transcript": "ctc",
        "next_token": "likelihood",
        "next_item": "ranking",
        "action": "regression",
    }
    assert all(answers.decoding(answers.load(name).kind) is answers.load(name).decoding for name in answers.NAMES)


@pytest.mark.parametrize("kind", ["softmin", "../softmax", "__init__", "classes"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match="which is none of softmax, ctc, likelihood, "):
        answers.decoding(kind)


def test_an_unknown_answer_is_refused() -> None:
    with pytest.raises(InputError, match="answer 'softmax' is none of"):
        answers.load("softmax")


@pytest.mark.parametrize("name", answers.NAMES)
def test_a_decoding_runs_beside_a_package_alone(name: str) -> None:
    """The registry holds it where nothing of this project is."""
    path = Path(str(answers.load(name).decoding.__file__))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imports |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in imports} <= ALONE


@pytest.mark.parametrize("name", answers.NAMES)
def test_the_declared_metrics_are_metrics(name: str) -> None:
    answer = answers.load(name)
    assert answer.metrics | answer.metrics_with_positive <= set(METRICS)
    assert not answer.metrics & answer.metrics_with_positive


@pytest.mark.parametrize("key", DECISIONS)
@pytest.mark.parametrize("name", answers.NAMES)
def test_a_key_of_decision_is_used_or_refused_by_name(name: str, key: str) -> None:
    answer = answers.load(name)
    decision = DECISIONS[key]
    assert decision.keys == [key]
    if key in answer.decision_keys:
        answer.refuse_unusable(decision.keys)
    else:
        with pytest.raises(InputError, match=rf"the answer '{name}' can use .* and not decision\.{key}"):
            answer.refuse_unusable(decision.keys)


def test_all_unusable_keys_are_named_at_once() -> None:
    with pytest.raises(InputError, match="not decision.positive, decision.specificity"):
        answers.load("transcript").refuse_unusable(["positive", "unit", "specificity"])


def test_examples_without_what_an_answer_predicts_are_refused() -> None:
    table = pd.DataFrame({"id": ["a"], "label": ["yes"]})
    labelled = Examples(table, {"x": np.zeros((1, 2))}, labels=("yes", "no"))
    numeric = Examples(table, {"x": np.zeros((1, 2)), "target.action": np.zeros((1, 1))})

    answers.load("classes").require_target(labelled)
    answers.load("action").require_target(numeric)
    with pytest.raises(InputError, match="'classes' predicts labels, and the examples have none"):
        answers.load("classes").require_target(numeric)
    with pytest.raises(InputError, match="'action' predicts 'target.action', which the examples lack"):
        answers.load("action").require_target(labelled)


def test_no_stage_knows_an_answer_by_its_name_or_kind() -> None:
    src = Path(answers.__file__).parents[1]
    stages = [path for path in src.rglob("*.py") if path.relative_to(src).parts[0] not in ("answers", "systems")]
    names = {*answers.NAMES, *(answers.load(name).kind for name in answers.NAMES)}
    known = set()

    for path in stages:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = str(node.module) if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("hallmark.answers.") and module.split(".")[2] in names:
                known.add(str(path.relative_to(src)))
            if isinstance(node, ast.Compare):
                texts = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
                known |= {str(path.relative_to(src))} if texts & names else set()

    assert known == set()


@pytest.mark.parametrize("name", answers.NAMES)
def test_probabilities_of_labels_are_those_of_an_answer_that_predicts_labels(name: str) -> None:
    answer = answers.load(name)
    assert (answer.scoring.label_probabilities is not None) == (answer.target is None)


def test_the_probabilities_of_labels_by_hand() -> None:
    probabilities = answers.load("classes").scoring.label_probabilities
    assert probabilities is not None
    logits = np.log(np.array([[1.0, 9.0]]))  # at temperature 2: square roots, 1 to 3
    np.testing.assert_allclose(probabilities({"logits": logits}, {"temperature": 2.0}), [[0.25, 0.75]])


@pytest.mark.parametrize("name", answers.NAMES)
def test_predictions_are_compared_as_texts_but_for_numbers_of_an_action(name: str) -> None:
    postprocess = {"low": [0.0], "high": [1.0]}
    same = answers.load(name).is_same_prediction
    assert same("a = 0.5", "a = 0.5", postprocess, relative=1e-3, absolute=1e-5)
    assert same("a = 0.5", "a = 0.5001", postprocess, relative=1e-3, absolute=1e-5) == (name == "action")
    assert not same("a = 0.5", "a = 0.6", postprocess, relative=1e-3, absolute=1e-5)
