"""JSON Schema of conf/task/*.yaml for each system, for editors that complete keys and mark mistakes."""

import json
from typing import Any

from hallmark.config import parameters_model
from hallmark.configure import metric_names

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = {"type": "string", "pattern": r"^\$\{[^}]+\}$"}  # ${evaluate.primary_metric}: another key's value
_SET_BY_CONFIGURE = ("task", "system", "answer")
_LEFT_OUT = ("required", "title", "default", "role", "unit")


def task_schema(system: str) -> dict[str, Any]:
    """Return the JSON Schema of a task's own file.

    No key is required, since other files of conf/ may set it. A metric is one of any answer of the
    system: which answer the task has stands in conf/tasks.yaml.
    """
    metrics = metric_names.measurable_by_any_answer(system)
    schema = parameters_model(system, metrics=metrics).model_json_schema()
    properties = {name: value for name, value in schema["properties"].items() if name not in _SET_BY_CONFIGURE}
    defaults = {"type": "array", "description": "Hydra's defaults list, such as `- override /gate: high_stakes`"}
    return {
        "$schema": DIALECT,
        "title": f"A task of the system {system}: conf/task/<task>.yaml",
        **_partial(schema | {"properties": {"defaults": defaults} | properties}),
    }


def to_json(schema: dict[str, Any]) -> str:
    """Return the text of conf/schema/<system>.json."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _partial(node: Any) -> Any:
    """Return the schema `node` without `required` and the other keys of _LEFT_OUT, at any depth.

    A number or Boolean may also be a reference, which is a text: ${evaluate.primary_metric}.
    """
    if isinstance(node, list):
        return [_partial(each) for each in node]
    if not isinstance(node, dict):
        return node

    partial: dict[str, Any] = {}
    for keyword, value in _with_unit_in_description(node).items():
        if keyword in _LEFT_OUT:
            continue
        if keyword in ("properties", "$defs"):  # names of one's own, which may be called `required`
            partial[keyword] = {name: _partial(schema) for name, schema in value.items()}
        else:
            partial[keyword] = _partial(value)
    if partial.get("type") not in ("integer", "number", "boolean"):
        return partial

    description = {"description": partial.pop("description")} if "description" in partial else {}
    return {**description, "anyOf": [partial, _REFERENCE]}


def _with_unit_in_description(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with its unit at the end of the description, which editors show: "… [Hz]"."""
    unit = node.get("unit")
    if not isinstance(unit, str):
        return node
    return node | {"description": f"{node.get('description', '')} [{unit}]".strip()}
