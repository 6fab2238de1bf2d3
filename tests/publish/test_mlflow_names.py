"""Names of metrics and parameters: MLflow takes them all, and no two become one."""

import random
import re

import pytest
from mlflow.utils.validation import _validate_metric_name, _validate_param_name

from hallmark.contracts.findings import Finding
from hallmark.publish import mlflow_names, run_metrics

NAMES = [
    ">50K",
    "<=50K",
    "repaid (on time)",
    "$5% to $10%",
    "$$",
    "😀 👩‍🚀",
    'it\'s "quoted"',
    "a/b\\c",
    "a\nb",
    "a\n",
    "\ttab",
    " led ",
    "=1+1",
    "..",
    ".",
    "",
    "/",
    "//",
    "a.low",
    "a.high",
    "a.b",
    "_0x3e_50K",
    "_0x",
    "日本語",
    "x" * 5000,
    "x" * 5001,
    "../../etc",
    "a:b",
    "%s{0}",
]


def decoded(name: str) -> str:
    return re.sub(r"_0x([0-9a-f]*)_", lambda found: chr(int(found[1], 16)) if found[1] else "", name)


@pytest.mark.parametrize("name", NAMES)
def test_mlflow_takes_any_name(name: str) -> None:
    for end in ("", ".low", ".high"):
        _validate_metric_name(mlflow_names.shortened(f"evaluate/metric/{mlflow_names.mlflow_name(name)}{end}"))
    ((key, _),) = mlflow_names.flatten({"labels": {name: 1}})
    _validate_param_name(mlflow_names.shortened(key))


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("roc_auc", "accuracy over rule", "bits-per-byte", "descriptor.brightness", "größe 2"):
        assert mlflow_names.mlflow_name(name) == name


def test_no_two_names_become_one() -> None:
    generator = random.Random(5)
    texts = {
        *NAMES,
        *("".join(generator.choices("_0x3eh. ></lowig", k=generator.randint(0, 9))) for _ in range(20_000)),
    }

    assert len({mlflow_names.mlflow_name(text) for text in texts}) == len(texts)

    for text in texts:
        assert decoded(mlflow_names.mlflow_name(text)) == text

    findings = [Finding(check="evaluate.metric", metric=text, estimate=0.5, low=0.4, high=0.6) for text in texts]
    assert len(run_metrics.finding_measures(findings)) == 3 * len(texts)


def test_keys_with_dots_are_not_taken_for_nested_ones() -> None:
    parameters = {"a.b": 1, "a": {"b": 2, "b.c": 3, "": 4}, "": 5}
    names = dict(mlflow_names.flatten(parameters))
    assert len(names) == 5
    assert names["a.b"] == 2
