"""JSON Schema of conf/task/*.yaml for each system, for editors that complete keys and mark mistakes."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from hallmark.config import parameters_model
from hallmark.config.component import SHIPPED, TARGET
from hallmark.configure import metric_names
from hallmark.contracts.checks import CHECKS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = {"type": "string", "pattern": r"^\$\{[^}]+\}$"}  # ${evaluate.primary_metric}: another key's value
_SET_BY_CONFIGURE = ("task", "system", "answer", "overrides", "extensions")
_TEXTS = ["string", "number", "boolean"]  # `configure` takes what is not quoted by its spelling
# Whether a file may have metrics of its own: it states functions, or takes another file of the group `evaluate`.
_HAS_FUNCTIONS = {
    "anyOf": [
        {"required": ["evaluate"], "properties": {"evaluate": {"required": ["functions"]}}},
        {
            "required": ["defaults"],
            "properties": {
                "defaults": {"contains": {"type": "object", "not": {"propertyNames": {"not": {"pattern": "evaluate"}}}}}
            },
        },
    ]
}
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
    own = _partial(schema | {"properties": {"defaults": defaults} | properties})
    _name_choices(own["$defs"], metrics)
    return {
        "$schema": DIALECT,
        "title": f"A task of the system {system}: conf/task/<task>.yaml",
        **own,
        "allOf": [
            {"if": _HAS_FUNCTIONS, "else": _metrics_without_functions(metrics)},
            *_shipped_components(own["$defs"]["Train"]["properties"]),
        ],
    }


def to_json(schema: dict[str, Any]) -> str:
    """Return the text of conf/schema/<system>.json."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _partial(node: Any) -> Any:
    """Return the schema `node` without `required` and the other keys of _LEFT_OUT, at any depth.

    A number, a Boolean or one of several choices may also be a reference, which is a text:
    ${evaluate.primary_metric}. A text may also be a number or a Boolean without quotes.
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
    if partial.get("type") == "string" and "enum" not in partial and "const" not in partial:
        return partial | {"type": _TEXTS}
    if "enum" not in partial and partial.get("type") not in ("integer", "number", "boolean"):
        return partial

    description = {"description": partial.pop("description")} if "description" in partial else {}
    return {**description, "anyOf": [partial, _REFERENCE]}


def _name_choices(definitions: dict[str, Any], metrics: Sequence[str]) -> None:
    """Add to `definitions` the names that editors offer: checks of a requirement, and metrics, where any text may be
    the name of a function in `evaluate.functions`.
    """
    requirement = definitions["Requirement"]["properties"]
    stages = [f"{stage}.*" for stage in dict.fromkeys(check.stage for check in CHECKS.values())]
    check_names = list(dict.fromkeys([*CHECKS, *stages]))
    expectation = {"type": "string", "pattern": r"^validate\..+"}
    requirement["check"] = _either(requirement["check"], {"enum": check_names}, expectation, _REFERENCE)
    requirement["metric"] = _either(
        requirement["metric"], {"enum": _metrics_of_requirements(metrics)}, {"type": "string"}, {"type": "null"}
    )
    measured = definitions["Evaluate"]["properties"]["metrics"]
    measured["items"] = {"anyOf": [{"enum": list(metrics)}, {"type": "string"}]}


def _metrics_without_functions(metrics: Sequence[str]) -> dict[str, Any]:
    """Return the schema of a file in which a metric is a built-in one."""
    in_requirement = {"anyOf": [{"enum": _metrics_of_requirements(metrics)}, {"type": "null"}, _REFERENCE]}
    requirements = {"additionalProperties": {"properties": {"metric": in_requirement}}}
    measured = {"items": {"anyOf": [{"enum": list(metrics)}, _REFERENCE]}}
    return {
        "properties": {
            "gate": {"properties": {"requirements": requirements}},
            "evaluate": {"properties": {"metrics": measured}},
        }
    }


def _shipped_components(train: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schema of a file in which a component is the shipped one, and leave it open in `train`.

    A component is another one where the file states its `_target_`, or takes an option of its group.
    """
    for key in SHIPPED:
        shipped = train[key]
        train[key] = {"description": shipped["description"], "type": ["object", "null"]}
        takes_option = {
            "required": ["defaults"],
            "properties": {
                "defaults": {"contains": {"type": "object", "minProperties": 1, "propertyNames": {"pattern": key}}}
            },
        }
        states_target = {
            "required": ["train"],
            "properties": {"train": {"required": [key], "properties": {key: {"required": [TARGET]}}}},
        }
        yield {
            "if": {"anyOf": [takes_option, states_target]},
            "else": {"properties": {"train": {"properties": {key: shipped}}}},
        }


def _metrics_of_requirements(metrics: Sequence[str]) -> list[str]:
    """Return the metrics of the system, those that checks of any system measure, and "*" for any."""
    of_checks = [metric for check in CHECKS.values() for metric in check.metrics]
    return [*sorted({*metrics, *of_checks}), "*"]


def _either(node: dict[str, Any], *choices: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with the description of `node` that takes each of the choices."""
    return {"description": node["description"], "anyOf": list(choices)}


def _with_unit_in_description(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with its unit at the end of the description, which editors show: "… [Hz]"."""
    unit = node.get("unit")
    if not isinstance(unit, str):
        return node
    return node | {"description": f"{node.get('description', '')} [{unit}]".strip()}
