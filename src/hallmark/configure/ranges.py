"""What each setting may be beyond its type: impossible ones are refused before any stage has begun, all at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf, isfinite
from typing import Any

from omegaconf import DictConfig, OmegaConf

from hallmark.configure import relations, roles
from hallmark.errors import InputError, printable

Test = Callable[[Any], bool]
SPLITS = ("entity", "time", "entity_and_time", "leave_last_out", "published")  # the methods of prepare
METRICS = (  # those of hallmark.metrics, in its order; a test compares them
    *("accuracy", "log_loss", "brier", "cost", "sensitivity", "specificity", "precision", "alert_rate"),
    *("word_error_rate", "character_error_rate", "bits_per_byte", "nats_per_character"),
    *("ndcg_at_10", "recall_at_10", "reciprocal_rank", "action_error", "squared_error", "return", "success"),
    *("perplexity", "roc_auc", "average_precision", "calibration_error"),
)
_CONSEQUENCES = ("blocked", "review")
_LONGEST_NAME = 200
_LISTED = 12  # mistakes that one sentence names; the others are counted
_WHOLE = 2**63  # beyond, a whole number fits into no 64 bits
# Training seeds each step with (1,000,003 seed + step) 65,537 + process, which must fit into torch's 64 bits.
_SEEDS = 2**28
_MAY_BE_NEGATIVE = ("validate.expectations.",)  # arguments of Great Expectations, such as the bounds of a column
_NAME = f"a name of at most {_LONGEST_NAME} characters without '/', '\\', ':' and quotation marks"


def _positive(value: float) -> bool:
    return 0 < value < inf


def _share(value: float) -> bool:
    return 0 < value < 1


def _name(value: str) -> bool:
    """MLflow's own rules, and no character that can't be seen, or that a path or MLflow's search would read."""
    plain = value == printable(value) and value == value.strip() and 0 < len(value) <= _LONGEST_NAME
    return plain and not any(character in value for character in "/\\:'\"`") and value not in (".", "..")


def _descriptor(value: str) -> bool:
    return value.startswith("descriptor.") and value != "descriptor."


def _counted(least: int) -> tuple[Test, str]:
    return lambda value: bool(value >= least), f"at least {least}"


def _at_most(most: float) -> tuple[Test, str]:
    return lambda value: 0 <= value <= most, f"from 0 to {most:g}"


def _any_of(*values: object) -> tuple[Test, str]:
    return lambda value: value in values, f"one of {', '.join(map(str, values))}"


_FRACTION = (lambda value: 0 <= value < 1, "from 0 to less than 1")  # such as dropout
_ABOVE_0 = (_positive, "above 0")
_RANGES: tuple[tuple[str, Test, str], ...] = (  # "*" stands for every key; a key that a system lacks is passed over
    ("seed", lambda value: 0 <= value < _SEEDS, f"from 0 to {_SEEDS - 1}"),
    ("raw.*", lambda value: not _is_number(value) or value >= 1, "at least 1"),
    ("prepare.split.method", *_any_of(*SPLITS)),
    ("prepare.split.fractions.*", *_at_most(1)),
    ("prepare.split.windows.*", *_at_most(1)),
    ("prepare.reading.height", *_counted(1)),
    ("prepare.reading.width", *_counted(1)),
    ("prepare.reading.channels", *_any_of(1, 3)),
    ("prepare.reading.vocabulary", lambda value: isinstance(value, str) or value >= 256, "at least 256"),
    ("prepare.reading.context", *_counted(2)),
    ("prepare.reading.overlap", *_counted(1)),
    ("prepare.reading.cut.least", *_counted(1)),
    ("prepare.reading.holdout", *_FRACTION),
    ("prepare.reading.sample_rate", *_counted(1)),
    ("prepare.reading.seconds", *_ABOVE_0),
    ("prepare.reading.tolerance", _share, "between 0 and 1"),
    ("prepare.reading.every", *_counted(1)),
    ("prepare.reading.history", lambda value: not isinstance(value, int) or value >= 1, "at least 1"),
    ("prepare.reading.history.length", *_counted(1)),
    ("prepare.reading.history.warm_up", lambda value: 0 <= value < inf, "0 or more"),
    ("prepare.reading.window.width", *_ABOVE_0),
    ("prepare.reading.length", *_counted(2)),
    ("prepare.reading.memory", *_counted(2)),
    ("prepare.reading.rows_per_user", *_counted(1)),
    ("validate.minimum_per_class", *_counted(0)),
    ("validate.minimum_per_group", *_counted(0)),
    ("decision.mistake", lambda value: 0 <= value < inf, "0 or more"),
    ("decision.matrix.*.*", lambda value: 0 <= value < inf, "0 or more"),
    ("decision.scale.*", _descriptor, "a descriptor, a number of each example, such as descriptor.amount"),
    ("decision.specificity", lambda value: value is None or _share(value), "between 0 and 1, or null"),
    ("train.epochs", *_counted(1)),
    ("train.patience", *_counted(1)),
    ("train.batch_size", *_counted(1)),
    ("train.checkpoint_steps", *_counted(1)),
    ("train.learning_rate", *_ABOVE_0),
    ("train.weight_decay", lambda value: 0 <= value < inf, "0 or more"),
    ("train.warmup", *_FRACTION),
    ("train.network.width", *_counted(1)),
    ("train.network.depth", *_counted(1)),
    ("train.network.heads", *_counted(1)),
    ("train.network.bins", *_counted(1)),
    ("train.network.rank", *_counted(1)),
    ("train.network.clinical", *_counted(0)),
    ("train.network.kernel", lambda value: value >= 1 and value % 2 == 1, "odd, and at least 1"),
    ("train.network.dropout", *_FRACTION),
    ("train.network.forget", *_FRACTION),
    ("train.network.shift", *_FRACTION),
    ("train.network.scale", *_FRACTION),
    ("train.network.speed", *_FRACTION),
    ("train.network.noise", lambda value: 0 <= value < inf, "0 or more"),
    ("train.network.rotation", *_at_most(180)),
    ("evaluate.metrics.*", *_any_of(*METRICS)),
    ("evaluate.train_sample", *_counted(1)),
    ("evaluate.review_error", _share, "between 0 and 1"),
    ("evaluate.probe.samples", *_counted(1)),
    ("evaluate.probe.prompt", *_counted(1)),
    ("evaluate.probe.tokens", *_counted(1)),
    ("evaluate.probe.span", *_counted(1)),
    ("evaluate.probe.steps", *_counted(1)),
    ("evaluate.probe.temperatures.*", *_ABOVE_0),
    ("evaluate.probe.shares.*", lambda value: 0 < value <= 1, "above 0 and at most 1"),
    ("bias.metrics.*", *_any_of(*METRICS)),
    ("bias.confidence", _share, "between 0 and 1"),
    ("drift.false_alarms", _share, "between 0 and 1"),
    ("drift.effect", *_ABOVE_0),
    ("drift.repeats", *_counted(20)),
    ("drift.rows", *_counted(1)),
    ("gate.champion.at_least", isfinite, "a finite number"),
    ("gate.requirements.*.at_least", lambda value: value is None or isfinite(value), "a finite number, or null"),
    ("gate.requirements.*.at_most", lambda value: value is None or isfinite(value), "a finite number, or null"),
    ("gate.requirements.*.failed", lambda value: value in _CONSEQUENCES, "blocked or review"),
    ("gate.requirements.*.unresolved", lambda value: value in _CONSEQUENCES, "blocked or review"),
    ("publish.experiment", _name, _NAME),
    ("publish.model_name", _name, _NAME),
)


def check(parameters: DictConfig) -> None:
    """Raise `InputError` that names each impossible setting: its key, its value and what is allowed."""
    composed: Any = OmegaConf.to_container(parameters)
    outside = dict(_outside(composed))
    refuse([*outside.values(), *roles.mistakes(parameters), *relations.mistakes(composed, outside)])


def check_sizes(content: Any) -> None:
    """Raise `InputError` that names each whole number too large for 64 bits, before any is made a float."""
    refuse(
        f"{key} in conf/ is a whole number of {len(str(abs(value)))} digits: it must fit into 64 bits"
        for key, value in leaves(content)
        if isinstance(value, int) and abs(value) >= _WHOLE
    )


def refuse(mistakes: Iterable[str]) -> None:
    """Raise `InputError` with all mistakes in one sentence, if there are any."""
    every = list(dict.fromkeys(mistakes))
    if every:
        raise InputError(sentence(every))


def sentence(mistakes: Sequence[str]) -> str:
    """Return one sentence of all mistakes, of which so many are named, and the others counted."""
    more = f" (and {len(mistakes) - _LISTED} more)" if len(mistakes) > _LISTED else ""
    return "; ".join(mistakes[:_LISTED]) + more


def leaves(content: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every single value below `content` with its full key; the values of a list have its places."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            yield from leaves(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from leaves(inner, f"{key}[{place}]")
    else:
        yield key, content


def _outside(composed: Any) -> Iterator[tuple[str, str]]:
    """Yield each key whose value lies outside of its own range, with the sentence."""
    judged = set()
    for pattern, test, words in _RANGES:
        for key, value in _found(composed, pattern.split(".")):
            judged.add(key)
            if not _passes(test, value):
                yield key, f"{key} in conf/ is {value!r}: it must be {words}"
    for key, value in leaves(composed):
        if not _is_number(value) or key in judged:
            continue
        if not isfinite(value):
            yield key, f"{key} in conf/ is {value!r}: it must be a finite number"
        elif isinstance(value, int) and value < 0 and not key.startswith(_MAY_BE_NEGATIVE):
            yield key, f"{key} in conf/ is {value!r}: it must be 0 or more"


def _passes(test: Test, value: Any) -> bool:
    try:
        return test(value)
    except TypeError:  # a list in a list of numbers, which OmegaConf lets through
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _found(node: Any, path: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the full keys below `node` that match `path`, with their values; a list's keys are its places."""
    if not path:
        yield "", node
        return
    if isinstance(node, list):
        node = {f"[{place}]": value for place, value in enumerate(node)}
    if not isinstance(node, Mapping):
        return
    for key in node if path[0] == "*" else [name for name in node if name == path[0]]:
        for rest, value in _found(node[key], path[1:]):
            yield f"{key}.{rest}".rstrip(".").replace(".[", "["), value
