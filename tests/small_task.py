"""A task of a few rows with all that the stages would have written, for the tests of gate, publish and promote."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import yaml
from imports import ROOT
from onnx import TensorProto, helper, numpy_helper

from hallmark import config, digests, spreadsheets
from hallmark import report_figures as figures
from hallmark.answers.classes import decoding as softmax
from hallmark.answers.classes import scoring as classification
from hallmark.config import Parameters
from hallmark.config.stages import Requirement
from hallmark.contracts import episodes, findings, package, predictions, split_metrics, summaries, verdicts
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import SPLITS, Examples, Source
from hallmark.contracts.examples import write as write_examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.training_set import TrainingSet
from hallmark.gate.judgements import conclusions, decide
from hallmark.gate.summary import summarise
from hallmark.layout import Layout
from hallmark.report_figures import ReportFigure

LABELS = ("genuine", "fraud")
SHIPPED = yaml.safe_load((ROOT / "params/fraud.yaml").read_text(encoding="utf-8"))
PARAMETERS = SHIPPED | {
    "task": "small",
    "system": "table",
    "answer": "classes",
    "seed": 7,
    "about": {"title": "Small & <b>odd</b> task", "purpose": "To test with.", "out_of_scope": "Anything else."},
    "decision": {"positive": "fraud", "mistake": 1.0, "matrix": {}, "unit": "mistakes"},
    "train": SHIPPED["train"] | {"epochs": 3, "network": SHIPPED["train"]["network"] | {"width": 4}},
    "evaluate": SHIPPED["evaluate"] | {"primary_metric": "accuracy", "metrics": ["accuracy"]},
    "gate": {"champion": {"at_least": -0.5}, "requirements": {"accuracy": {"check": "evaluate.metric"}}},
    "publish": {"experiment": "small", "model_name": "small", "examples": True},
}
LAYOUT = Layout("small")
ENCODING: dict[str, object] = {"reading": {"numeric": ["a", "b", "c"], "categorical": {}, "history": None}}
REQUIREMENTS = {
    "data": Requirement(check="validate.*", unresolved="blocked"),
    "parity": Requirement(check="train.parity", unresolved="blocked"),
    "accuracy": Requirement(check="evaluate.metric", metric="accuracy", at_least=0.8),
    "simple_method": Requirement(check="evaluate.gain", metric="accuracy", at_least=0),
    "group_gap": Requirement(check="bias.gap", at_least=-0.1),
    "drift_columns": Requirement(check="drift.column", failed="review"),
}
FOUND = {
    "validate": [
        Finding(check="validate.unique_ids", column="id", n=80, verdict="pass", reason="Every id is unique."),
        Finding(
            check="validate.one_split_per_entity",
            column="entity",
            n=40,
            verdict="pass",
            reason="No entity is in two splits.",
        ),
    ],
    "train": [Finding(check="train.parity", estimate=1e-7, n=32, verdict="pass", reason="The package agrees.")],
    "evaluate": [
        Finding(
            check="evaluate.metric",
            metric="accuracy",
            estimate=0.931,
            low=0.912,
            high=0.947,
            n=40,
            reason="Share of right answers on test.",
        ),
        Finding(check="evaluate.metric", metric="cost", estimate=0.2, low=0.1, high=0.3, n=40),
        Finding(check="evaluate.gain", metric="accuracy", against="rule", estimate=0.31, low=0.2, high=0.4, n=40),
    ],
    "bias": [
        Finding(check="bias.gap", metric="accuracy", slice={"site": s}, estimate=g, low=g - 0.02, high=g + 0.02, n=20)
        for s, g in (("a", 0.01), ("b", -0.01))
    ],
    "drift": [
        Finding(
            check="drift.column",
            column="amount",
            estimate=0.05,
            low=0.01,
            high=0.08,
            n=40,
            verdict="pass",
            reason="No shift worth an alarm.",
        )
    ],
}

SCORERS = pd.DataFrame(
    [
        ("model", "test", "accuracy", 0.931, 0.912, 0.947, 40),
        ("rule", "test", "accuracy", 0.621, 0.55, 0.69, 40),
    ],
    columns=["scorer", "split", "metric", "estimate", "low", "high", "n"],
)

GROUPS = pd.DataFrame(
    [
        ("accuracy", "all", "all", "", 20, 10, 0.931, 0.912, 0.947),
        ("accuracy", "site=a", "site", "a", 10, 10, 0.936, 0.916, 0.956),
        ("accuracy", "site=b", "site", "b", 10, 10, 0.926, 0.906, 0.946),
    ],
    columns=["metric", "member", "group", "value", "rows", "entities", "estimate", "low", "high"],
)


def parameters(**changes: Any) -> Parameters:
    """Return the task's parameters with other sections, by name."""
    return config.parse(PARAMETERS | changes, where="params/small.yaml")


def examples(*, simulated: bool = True, seed: int = 3) -> Examples:
    """80 rows of 40 entities with two arrays, of which the package takes one."""
    generator = np.random.default_rng(seed)
    n = 80
    values = generator.normal(size=(n, 3)).astype(np.float32)
    table = pd.DataFrame(
        {
            "id": [f"row{i:03}" for i in range(n)],
            "entity": [f"card{i // 2:02}" for i in range(n)],
            "split": [SPLITS[i * 4 // n] for i in range(n)],
            "fingerprint": [digests.text(str(row.tolist())) for row in values],
            "label": np.where(values[:, 0] > 0.3, *reversed(LABELS)),
            "group.site": np.where(np.arange(n) % 2, "a", "b"),
            "descriptor.amount": values[:, 1].astype(float),
        }
    )
    source = Source("A small | simulator", "drawn *here*", "CC0", simulated=simulated, entity="card")
    return Examples(table, {"values": values, "unused": np.zeros((n, 2))}, LABELS, source, ENCODING)


def write_package(folder: Path, *, scale: float = 1.0, trained_with: int = 3) -> None:
    """Write a package whose network is one matrix: logits = values @ weights; `trained_with` seeds what taught it."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = (scale * np.array([[-2, 2], [0.1, 0], [0, 0.2]])).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["values", "weights"], ["logits"])],
        "small",
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / package.MODEL)
    shutil.copyfile(softmax.__file__, folder / package.ANSWERS)
    taught = examples(seed=trained_with).table.query("split in ('train', 'validation')")
    (folder / package.TRAINED_ON).write_bytes(TrainingSet.of(taught, key="f" * 64).to_bytes())
    kind = {"kind": "softmax", "temperature": 1.7, "labels": list(LABELS), "positive": "fraud", "threshold": 0.4}
    package.write_manifest(
        folder,
        {
            "task": "small",
            "system": "table",
            "encoding": ENCODING,
            "labels": list(LABELS),
            "inputs": [{"name": "values", "dtype": "float32", "shape": [3]}],
            "outputs": [{"name": "logits", "dtype": "float32", "shape": [2]}],
            "postprocess": kind,
            "parity": {"max_abs_difference": 1e-7, "tolerance": 1e-4, "rows": 32},
            "training": {"key": "f" * 64, "epochs_run": 3, "best_epoch": 2, "steps": 30, "parameters": 6},
        },
    )


def write_task(root: Path, *, scale: float = 1.0, simulated: bool = True) -> None:
    """Write prepared data, package and reports of the task `small` below `root`, as the stages up to drift would."""
    rows = examples(simulated=simulated)
    raw = root / "data/raw/small"
    write_examples(rows, root / "data/prepared/small", raw=digests.folder(raw) if raw.is_dir() else "a" * 64)
    write_package(root / "models/small", scale=scale)
    reports = root / "reports/small"
    for stage, found in FOUND.items():
        findings.write(found, reports / stage / "findings.json")
    write_pipeline(root)
    loaded = package.Package.load(root / "models/small")
    scored = classification.score(
        loaded.run(rows.arrays), rows, postprocess=loaded.postprocess, decision=Decision(positive="fraud")
    )
    kept = rows.table[["id", "split", "entity", "group.site", "label"]]
    predictions.write(
        pd.concat([kept, scored], axis=1).assign(scorer="model"), reports / "evaluate/predictions.parquet"
    )
    episodes.write(episodes.none(), reports / "evaluate/episodes.parquet")
    curves = pd.DataFrame(
        {"epoch": [0, 1, 2], "step": [10, 20, 30], "train_loss": [0.7, 0.5, 0.4], "validation_loss": [None, 0.6, 0.5]}
    )
    curves.to_csv(reports / "train/curves.csv", index=False)
    spreadsheets.write(SCORERS, reports / "evaluate/scorers.csv")
    for split in ("validation", "test"):
        path = reports / f"evaluate/{split}.json"
        split_metrics.write(split_metrics.of(SCORERS, split), path, task="small", split=split)
    spreadsheets.write(GROUPS, reports / "bias/groups.csv")
    (reports / "train/cost.json").write_text(json.dumps({"seconds": 1.5, "hardware": "2 CPU cores"}))
    _draw(reports)


REPORTS = tuple(
    f"reports/small/{name}"
    for name in (
        *(f"{stage}/findings.json" for stage in (*FOUND, "gate")),
        "validate/data_docs",
        "train/curves.csv",
        "train/cost.json",
        "evaluate/scorers.csv",
        "evaluate/validation.json",
        "evaluate/test.json",
        "bias/groups.csv",
        "evaluate/predictions.parquet",
        "evaluate/episodes.parquet",
        "evaluate/figures",
        "drift/drift.html",
        "gate/summary.json",
        "gate/verdict.json",
        "publish",
    )
)


def write_pipeline(root: Path) -> None:
    """Write the lists that tell which code is the task's, here all of it, and which reports its stages write."""
    stages = {
        "gate": {"foreach": "${tasks}", "do": {"cmd": "true", "deps": ["src/hallmark", "pipelines"], "outs": REPORTS}}
    }
    (root / "dvc.yaml").write_text(json.dumps({"stages": stages}), encoding="utf-8")
    (root / "conf").mkdir(exist_ok=True)
    (root / "conf/tasks.yaml").write_text(json.dumps({"tasks": {"small": {"system": "table"}}}), encoding="utf-8")


def _draw(reports: Path) -> None:
    figure, axes = figures.blank()
    axes.plot([0, 1], [0, 1])
    axes.set(title="n = 20", xlabel="confidence (share)", ylabel="right (share)")
    drawn = [
        ReportFigure(name="calibration", question=5, title="calibration", drawing=figure),
        ReportFigure(name="threshold_cost", question=8, title="threshold cost", drawing=figure),
        ReportFigure(name="examples", question=3, title="examples", drawing=figure, shows_examples=True),
    ]
    figures.save(drawn, reports / "evaluate/figures")
    page = "<html><body><h1>{}</h1><script>document.body.append('drawn by a script')</script></body></html>"
    (reports / "drift/drift.html").write_text(page.format("Drift report of small"), encoding="utf-8")
    (reports / "validate/data_docs").mkdir(exist_ok=True)
    (reports / "validate/data_docs/index.html").write_text(page.format("Data docs of small"), encoding="utf-8")


def write_verdict(root: Path, requirements: dict[str, Requirement] = REQUIREMENTS, **state: str) -> verdicts.Verdict:
    """Judge the task as the gate would, and write its files; `state` replaces digests."""
    found = [finding for stage in FOUND for finding in findings.read(root / f"reports/small/{stage}/findings.json")]
    digest = {
        "model": digests.folder(root / "models/small"),
        "raw": "a" * 64,
        "data": digests.folder(root / "data/prepared/small"),
        "configuration": "c" * 64,
        "code": "d" * 64,
        "environment": "e" * 64,
        "evidence": "f" * 64,
    }
    verdict = decide(found, requirements, digest | state)
    verdicts.write(verdict, root / "reports/small/gate/verdict.json")
    findings.write(conclusions(verdict), root / "reports/small/gate/findings.json")
    scorers = spreadsheets.read(root / "reports/small/evaluate/scorers.csv")
    summary = summarise(found, scorers, verdict, task="small", metric="accuracy")
    summaries.write(summary, root / "reports/small/gate/summary.json")
    return verdict


def stricter(**bounds: float) -> dict[str, Requirement]:
    """Return the requirements with other lower bounds, by name."""
    return REQUIREMENTS | {
        name: REQUIREMENTS[name].model_copy(update={"at_least": bound}) for name, bound in bounds.items()
    }
