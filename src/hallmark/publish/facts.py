"""What the card says beside the findings: plain facts of the data, the signature and the training."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from hallmark.contracts import predictions
from hallmark.contracts.examples import GROUP, SPLITS
from hallmark.publish.evidence import Evidence
from hallmark.tracking.text import escape

# Which question a page answers: by a word of its name, else by its stage. Of Data Docs the front page is linked.
BY_WORD = (
    ("threshold", 8),
    ("cost", 8),
    ("review", 10),
    ("risk", 10),
    ("standing", 9),
    ("shortcut", 7),
    ("depth", 2),
    ("gain", 9),
    ("baseline", 9),
    ("examples", 3),
)
BY_STAGE = {"validate": 1, "train": 4, "evaluate": 5, "bias": 5, "drift": 6}
SHOWN_ANSWERS = 3


def of(evidence: Evidence, number: int) -> list[str]:
    """Return the lines of Markdown that a question's answer begins with."""
    answers = {1: _data, 3: _output, 4: _training, 10: _signature}
    return answers[number](evidence) if number in answers else []


def question(file: str) -> int | None:
    """Return the question that a report's page belongs to, None for the inner pages of a site."""
    path = PurePosixPath(file)
    if "data_docs" in path.parts and file != "validate/data_docs/index.html":
        return None
    return next((number for word, number in BY_WORD if word in path.stem), BY_STAGE.get(path.parts[0]))


def page(file: str) -> str:
    """Return how a page is called in a link."""
    path = PurePosixPath(file)
    if path.name == "index.html":
        return "data docs"
    stage = "bias " if path.parts[0] == "bias" else ""  # which shares its question with evaluate
    return stage + path.stem.replace("_", " ") + (" report" if path.suffix == ".html" else "")


def _data(evidence: Evidence) -> list[str]:
    examples, source = evidence.examples, evidence.examples.source
    said = ", ".join(filter(None, [source.title, source.origin, source.licence and f"licence {source.licence}"]))
    table = examples.table
    counts = [
        f"{name} {len(rows):,} of {rows['entity'].nunique():,}"
        for name in SPLITS
        if len(rows := table[table["split"] == name])
    ]
    lines = [
        f"Source: {escape(said)}" + (" (simulated)" if source.simulated else ""),
        f"{len(table):,} examples of {table['entity'].nunique():,} entities ({escape(source.entity)}): "
        + escape(", ".join(counts)),
    ]
    groups = [f"{column.removeprefix(GROUP)} ({table[column].nunique()})" for column in examples.groups]
    return [*lines, f"Groups: {escape(', '.join(groups))}"] if groups else lines


def _output(evidence: Evidence) -> list[str]:
    about, labels = evidence.package.about, evidence.package.labels
    inputs, outputs = (
        ", ".join(f"{i['name']} ({i['dtype']}, {_shape(i['shape'])})" for i in about[side])
        for side in ("inputs", "outputs")
    )
    named = ", ".join(labels[:12]) + (f" … ({len(labels)} labels)" if len(labels) > 12 else "")
    told = f"answers one of {escape(named)}, with a confidence" if labels else f"gives {escape(outputs)}"
    positive, threshold = (evidence.package.postprocess.get(key) for key in ("positive", "threshold"))
    alert = [] if positive is None else [f"An alert is raised at P({escape(positive)}) ≥ {threshold:.4g}"]
    examples = _example_answers(evidence) if evidence.shows_examples else []
    return [f"Takes {escape(inputs)}; {told}", *alert, *examples]


def _example_answers(evidence: Evidence) -> list[str]:
    """Answers to single examples: a transcript or the next words tell of the input, and a label of a person."""
    rows = predictions.of(evidence.predictions).dropna(subset=["prediction"])
    rows = rows.iloc[:: len(rows) // SHOWN_ANSWERS or 1].head(SHOWN_ANSWERS)
    answers = [
        f"{row['prediction']} (confidence {row['confidence']:.3f})"
        + (f" where the label is {row['label']}" if pd.notna(row.get("label")) else "")
        for _, row in rows.iterrows()
    ]
    return [f"For example, on test: {escape('; '.join(answers))}"]


def _training(evidence: Evidence) -> list[str]:
    training = {key: value for key, value in evidence.package.about["training"].items() if key != "key"}
    cost = {key: value for key, value in evidence.cost.items() if key not in training}
    lines = [f"Split by {evidence.parameters['prepare']['split']['method']}; training never reads the test split"]
    return [escape(line) for line in [*lines, _told(training), _told(cost)] if line]


def _signature(evidence: Evidence) -> list[str]:
    if evidence.verdict.awaits_signature:
        return ["For promotion: yes, a person must sign this verdict (`make sign`), and nothing else is missing"]
    return [
        {
            "eligible": "For promotion: no, every requirement is met",
            "needs review": "For promotion: yes, what is unresolved above must be settled first",
            "blocked": "For promotion: no signature can help, the model, the data or the requirement must change",
        }[evidence.verdict.status]
    ]


def _shape(shape: list[int]) -> str:
    return " x ".join(map(str, shape)) or "scalar"


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {_value(value)}" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_told(value)})"
    if isinstance(value, list):
        return " and ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
