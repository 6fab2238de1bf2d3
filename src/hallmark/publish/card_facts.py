"""Facts in the card beside the findings: about the data, the model's output, the training and the
signature.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hallmark.contracts import predictions
from hallmark.contracts.examples import GROUP, SPLITS
from hallmark.publish.evidence import Evidence
from hallmark.tracking.markdown import escape

_SHOWN_ANSWERS = 3
_SHOWN_LABELS = 12


def facts(evidence: Evidence, question: int) -> list[str]:
    """Return the lines of Markdown with which the answer to a question of the card (1 to 10)
    begins.
    """
    answers = {1: _data, 3: _output, 4: _training, 10: _signature}
    return answers[question](evidence) if question in answers else []


def _data(evidence: Evidence) -> list[str]:
    examples = evidence.examples
    source = examples.source
    table = examples.table

    licence = f"licence {source.licence}" if source.licence else ""
    origin = ", ".join(filter(None, [source.title, source.origin, licence]))
    rows_by_split = {name: table[table["split"] == name] for name in SPLITS}
    counts = [_split_size(name, rows) for name, rows in rows_by_split.items() if len(rows)]
    size = f"{len(table):,} examples of {table['entity'].nunique():,} entities"

    lines = [
        f"Source: {escape(origin)}" + (" (simulated)" if source.simulated else ""),
        f"{size} ({escape(source.entity)}): {escape(', '.join(counts))}",
    ]
    groups = [f"{column.removeprefix(GROUP)} ({table[column].nunique()})" for column in examples.groups]
    if groups:
        lines.append(f"Groups: {escape(', '.join(groups))}")
    return lines


def _split_size(name: str, rows: pd.DataFrame) -> str:
    return f"{name} {len(rows):,} of {rows['entity'].nunique():,}"


def _output(evidence: Evidence) -> list[str]:
    about = evidence.package.manifest
    labels = evidence.package.labels

    answer = f"gives {escape(_arrays(about['outputs']))}"
    if labels:
        more = f" … ({len(labels)} labels)" if len(labels) > _SHOWN_LABELS else ""
        answer = f"answers one of {escape(', '.join(labels[:_SHOWN_LABELS]) + more)}, with its probability"
    lines = [f"Takes {escape(_arrays(about['inputs']))}; {answer}"]

    positive = evidence.package.postprocess.get("positive")
    if positive is not None:
        threshold = evidence.package.postprocess.get("threshold")
        lines.append(f"An alert is raised at P({escape(positive)}) ≥ {threshold:.4g}")
    test_rows = predictions.of(evidence.predictions)
    if evidence.shows_examples and len(test_rows):  # there are none where the test split stays sealed
        lines.append(_example_answers(test_rows))
    return lines


def _arrays(arrays: list[dict[str, Any]]) -> str:
    return ", ".join(f"{array['name']} ({array['dtype']}, {_shape(array['shape'])})" for array in arrays)


def _shape(shape: list[int]) -> str:
    return " x ".join(map(str, shape)) or "scalar"


def _example_answers(rows: pd.DataFrame) -> str:
    """Return a line of answers to a few of the test examples.

    It discloses something of them: a transcript its input, a label something of a person.
    """
    step = max(1, len(rows) // _SHOWN_ANSWERS)
    answers = [_example_answer(row) for _, row in rows.iloc[::step].head(_SHOWN_ANSWERS).iterrows()]
    return f"For example, on test: {escape('; '.join(answers))}"


def _example_answer(row: "pd.Series[Any]") -> str:
    label = row.get("label")
    truth = f" where the label is {label}" if pd.notna(label) else ""
    return f"{row['prediction']} (probability {row['certainty']:.3f}){truth}"


def _training(evidence: Evidence) -> list[str]:
    training = {key: value for key, value in evidence.package.manifest["training"].items() if key != "key"}
    cost = {key: value for key, value in evidence.cost.items() if key not in training}
    method = evidence.parameters.prepare.split.method
    lines = [f"Split by {method}; training never reads the test split", _values(training), _values(cost)]
    if evidence.parameters.overrides:
        lines.append(f"Overridden for this run: {', '.join(evidence.parameters.overrides)}")
    return [escape(line) for line in lines if line]


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {_value(value)}" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_values(value)})"
    if isinstance(value, list):
        return " and ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _signature(evidence: Evidence) -> list[str]:
    if evidence.verdict.awaits_signature:
        return ["For promotion: yes, a person must sign this verdict (`make sign`), and nothing else is missing"]
    sentences = {
        "eligible": "For promotion: no, every requirement is met",
        "needs review": "For promotion: yes, what is unresolved above must be settled first",
        "blocked": "For promotion: no signature can help, the model, the data or the requirement must change",
        "not judged": "For promotion: nothing was judged yet",
    }
    return [sentences[evidence.verdict.status]]
