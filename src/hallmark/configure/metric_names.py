"""Names of the metrics that a task can measure: those of its answer, and those of its system's diagnostics."""

from collections.abc import Iterator, Mapping
from typing import Any

from hallmark import answers, systems
from hallmark.config import Parameters
from hallmark.config import model_of as model_of_content
from hallmark.config.mistakes import Mistake, until_value_missing


def measurable(system: str, answer: str) -> tuple[str, ...]:
    """Return the names of the metrics that the answer and the system's diagnostics declare, in alphabetical order."""
    declared = answers.load(answer)
    return tuple(sorted(declared.metrics | declared.metrics_with_positive | systems.load(system).metrics))


def measurable_by_any_answer(system: str) -> tuple[str, ...]:
    """Return the names that `measurable` has for one answer or another of the system, in alphabetical order."""
    names = {name for answer in systems.ANSWERS[system] for name in measurable(system, answer)}
    return tuple(sorted(names))


def built_in(system: str) -> frozenset[str]:
    """Return the names that no metric of a task's own can have: those of all answers, and those of the system."""
    loaded_answers = [answers.load(name) for name in answers.NAMES]
    names_by_answer = [answer.metrics | answer.metrics_with_positive for answer in loaded_answers]
    return systems.load(system).metrics.union(*names_by_answer)


def model_of(content: Mapping[str, Any]) -> type[Parameters]:
    """Return the model of a composed configuration, in which a metric is one that the task can measure.

    `content` has the keys `system` and `answer`. The names in its `evaluate.functions` are metrics
    of `evaluate.metrics`, too.
    """
    system = content["system"]
    section = content.get("evaluate")
    functions = section.get("functions") if isinstance(section, Mapping) else None
    function_names = tuple(functions) if isinstance(functions, Mapping) else ()
    metrics = measurable(system, content["answer"])
    return model_of_content(content, metrics=metrics, functions=function_names)


def mistakes(parameters: Parameters, *, is_partial: bool = False) -> Iterator[Mistake]:
    """Yield a mistake for each metric of alerts where no label is positive.

    `is_partial`: values that the schema refused are missing from `parameters`, and already reported.
    """
    for stage in ("evaluate", "bias"):
        yield from until_value_missing(_alerts_of_nothing(parameters, stage), is_partial=is_partial)


def _alerts_of_nothing(parameters: Parameters, stage: str) -> Iterator[Mistake]:
    """Yield a mistake for each metric of alerts in `metrics` of the stage, without `decision.positive`."""
    if parameters.decision.positive is not None:
        return
    metrics_of_alerts = answers.load(parameters.answer).metrics_with_positive
    for place, metric in enumerate(getattr(parameters, stage).metrics):
        if metric in metrics_of_alerts:
            words = f"is {metric!r}, which needs decision.positive: the label that an alert stands for"
            yield Mistake(f"{stage}.metrics[{place}]", words)
