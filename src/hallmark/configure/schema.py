"""JSON Schema of conf/task/*.yaml for each system, with which editors complete keys and mark mistakes."""

import json
from typing import Any

from hallmark.config import parameters_model

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = {"type": "string", "pattern": r"^\$\{[^}]+\}$"}  # ${evaluate.primary_metric}: another key's value
_SET_BY_CONFIGURE = ("task", "system", "answer")
_DROPPED = ("required", "title", "default", "role", "unit")


def task_schema(system: str) -> dict[str, Any]:
    """Return the schema of a task's file: all that it may state, and nothing that it must, since files are composed."""
    schema = parameters_model(system).model_json_schema()
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
    """Return the schema without required keys, where a reference may stand for a number or for true and false."""
    if isinstance(node, list):
        return [_partial(each) for each in node]
    if not isinstance(node, dict):
        return node

    kept = {name: value for name, value in _described(node).items() if name not in _DROPPED}
    for name, value in kept.items():
        is_by_name = name in ("properties", "$defs")
        kept[name] = {key: _partial(inner) for key, inner in value.items()} if is_by_name else _partial(value)
    if kept.get("type") not in ("integer", "number", "boolean"):
        return kept

    description = {"description": kept.pop("description")} if "description" in kept else {}
    return {**description, "anyOf": [kept, _REFERENCE]}


def _described(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with its unit in the description, where editors show it."""
    unit = node.get("unit")
    if not isinstance(unit, str):
        return node
    return node | {"description": f"{node.get('description', '')} [{unit}]".strip()}
