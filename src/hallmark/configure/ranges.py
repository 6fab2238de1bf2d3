"""What each setting may be beyond its type: an impossible one is refused before any stage has begun."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from math import inf, isfinite
from typing import Any

from omegaconf import DictConfig, OmegaConf

from hallmark import checks
from hallmark.errors import InputError, printable

Test = Callable[[Any], bool]
SPLITS = ("entity", "time", "entity_and_time", "leave_last_out", "published")  # the methods of prepare
_CONSEQUENCES = ("blocked", "review")
_LONGEST_NAME = 200
_NAME = f"a name of at most {_LONGEST_NAME} characters without '/', '\\', ':' and quotation marks"


def _positive(value: float) -> bool:
    return 0 < value < inf


def _share(value: float) -> bool:
    return 0 < value < 1


def _name(value: str) -> bool:
    """MLflow's own rules, and no character that can't be seen, or that a path or MLflow's search would read."""
    plain = value == printable(value) and value == value.strip() and 0 < len(value) <= _LONGEST_NAME
    return plain and not any(character in value for character in "/\\:'\"`") and value not in (".", "..")


def _counted(least: int) -> tuple[Test, str]:
    return lambda value: bool(value >= least), f"at least {least}"


_RANGES: tuple[tuple[str, Test, str], ...] = (  # "*" stands for every key
    ("prepare.split.method", lambda value: value in SPLITS, f"one of {', '.join(SPLITS)}"),
    ("decision.specificity", lambda value: value is None or _share(value), "between 0 and 1, or null"),
    ("train.epochs", *_counted(1)),
    ("train.patience", *_counted(1)),
    ("train.batch_size", *_counted(1)),
    ("train.checkpoint_steps", *_counted(1)),
    ("train.learning_rate", _positive, "above 0"),
    ("train.weight_decay", lambda value: 0 <= value < inf, "0 or more"),
    ("train.warmup", lambda value: 0 <= value < 1, "from 0 to less than 1"),
    ("evaluate.train_sample", *_counted(1)),
    ("evaluate.review_error", _share, "between 0 and 1"),
    ("bias.confidence", _share, "between 0 and 1"),
    ("drift.false_alarms", _share, "between 0 and 1"),
    ("drift.effect", _positive, "above 0"),
    ("drift.repeats", *_counted(20)),
    ("drift.rows", *_counted(1)),
    ("gate.champion.at_least", isfinite, "a finite number"),
    ("gate.requirements.*.failed", lambda value: value in _CONSEQUENCES, "blocked or review"),
    ("gate.requirements.*.unresolved", lambda value: value in _CONSEQUENCES, "blocked or review"),
    ("publish.experiment", _name, _NAME),
    ("publish.model_name", _name, _NAME),
)


def check(parameters: DictConfig) -> None:
    """Raise `InputError` with the key's path, its value and what is allowed, on the first impossible setting."""
    composed = OmegaConf.to_container(parameters)
    for pattern, test, words in _RANGES:
        for key, value in _found(composed, pattern.split(".")):
            if not test(value):
                raise InputError(f"{key} in conf/ is {value!r}: it must be {words}")
    for name, requirement in parameters.gate.requirements.items():
        _require_check(f"gate.requirements.{name}.check", str(requirement.check))
    if parameters.decision.specificity is not None and parameters.decision.positive is None:
        raise InputError("decision.specificity in conf/ needs decision.positive: the label that an alert stands for")
    headline, metrics = parameters.evaluate.headline, list(parameters.evaluate.metrics)
    if headline not in metrics:
        raise InputError(f"evaluate.headline in conf/ is {headline!r}: it must be one of evaluate.metrics, {metrics}")


def _require_check(key: str, pattern: str) -> None:
    """Refuse a requirement that could never find what it names."""
    if checks.known(pattern):
        return
    close = get_close_matches(pattern, checks.CHECKS, n=1)
    hint = f"; did you mean {close[0]}?" if close else f": there are {', '.join(checks.CHECKS)}"
    raise InputError(f"{key} in conf/ is {pattern!r}, which is no check{hint}")


def _found(node: Any, path: list[str]) -> Iterator[tuple[str, Any]]:
    """Return the full keys below `node` that match `path`, with their values."""
    if not path:
        yield "", node
        return
    for key in node if path[0] == "*" else [path[0]]:
        for rest, value in _found(node[key], path[1:]):
            yield f"{key}.{rest}".rstrip("."), value
