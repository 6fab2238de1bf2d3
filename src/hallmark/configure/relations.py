"""Settings that are possible each by itself, and contradict each other."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import ceil
from typing import Any

from hallmark.configure import requirements

_FAMILIES = 3  # of columns that drift compares, at most; they share the false alarms

_GROUPINGS = ("groups", "bands")  # keys of prepare.reading, and of its users, that define groups
_OF_ITEMS = ("popularity", "genre")  # groups that a recommender's reading makes of the items by itself
_CLINICAL = ("numeric", "categorical")  # keys of prepare.reading.clinical that name columns


def mistakes(composed: Any, outside: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each contradiction; what is `outside` of its own range, by key, is not compared."""
    for relation in (_splits, _drift, _labels, _network, _headline, _groups, _requirements):
        yield from relation(composed, outside)


def _splits(composed: Any, outside: Mapping[str, str]) -> Iterator[str]:
    split = composed["prepare"]["split"]
    if split["method"] in ("leave_last_out",) or any(key.startswith("prepare.split.") for key in outside):
        return
    for part, needed in (("fractions", ("train", "validation", "test")), ("windows", ("train", "test"))):
        shares = split[part]
        if shares is None:
            continue
        key = f"prepare.split.{part}"
        if part == "windows" and split["method"] != "entity_and_time":
            yield f"{key} in conf/ is for the method entity_and_time, but prepare.split.method is {split['method']!r}"
        for name in needed:
            published = split["method"] == "published"
            if published and name == "test":
                if shares[name]:
                    yield f"{key}.test in conf/ is {shares[name]!r}: a published test split stays as it is, set 0"
            elif published and name == "validation":
                continue  # the data may have its own
            elif shares[name] == 0:
                yield f"{key}.{name} in conf/ is 0: it must be above 0, or the split has no rows"
        total = sum(shares.values())
        if total > 1 + 1e-9:
            yield f"{key} in conf/ sum to {total:g}: they are shares of one whole, and must sum to 1 at most"


def _drift(composed: Any, outside: Mapping[str, str]) -> Iterator[str]:
    """Chance must be known finely enough: the least p-value of B random deals and the real one is 1 / (B + 1)."""
    drift = composed["drift"]
    if any(key in outside for key in ("drift.repeats", "drift.false_alarms")):
        return
    needed = ceil(_FAMILIES / drift["false_alarms"] - 1e-9) - 1
    if drift["repeats"] < needed:
        yield (
            f"drift.repeats in conf/ is {drift['repeats']}: it must be at least {needed}, since with "
            f"drift.false_alarms {drift['false_alarms']:g} fewer deals could never raise an alarm"
        )


def _labels(composed: Any, _: Mapping[str, str]) -> Iterator[str]:
    """What a decision names must be a label, where the configuration lists the labels."""
    decision = composed["decision"]
    if decision["specificity"] is not None and decision["positive"] is None:
        yield "decision.specificity in conf/ needs decision.positive: the label that an alert stands for"

    listed = composed["prepare"]["reading"].get("labels")
    if not listed:
        return
    labels = list(dict.fromkeys(listed.values() if isinstance(listed, Mapping) else listed))
    if len(labels) < 2:
        yield f"prepare.reading.labels in conf/ is {labels}: it must name at least two labels"
    named = [("decision.positive", decision["positive"])] if decision["positive"] is not None else []
    named += [(f"decision.matrix.{true}", true) for true in decision["matrix"]]
    named += [(f"decision.matrix.{true}.{label}", label) for true, row in decision["matrix"].items() for label in row]
    named += [(f"decision.scale.{label}", label) for label in decision["scale"]]
    for key, label in named:
        if label not in labels:
            yield f"{key} in conf/ names the label {label!r}: it must be one of prepare.reading.labels, {labels}"


def _network(composed: Any, outside: Mapping[str, str]) -> Iterator[str]:
    network, reading = composed["train"]["network"], composed["prepare"]["reading"]
    width, heads = network.get("width"), network.get("heads")
    if heads and width % heads and "train.network.width" not in outside and "train.network.heads" not in outside:
        yield f"train.network.width in conf/ is {width}: it must be a multiple of train.network.heads, {heads}"
    if network.get("clinical") == 0 and any((reading.get("clinical") or {}).get(kind) for kind in _CLINICAL):
        yield (
            "train.network.clinical in conf/ is 0: it must be at least 1, since prepare.reading.clinical names columns "
            "that the network reads"
        )
    overlap, context = reading.get("overlap"), reading.get("context")
    if context is not None and overlap >= context:
        yield f"prepare.reading.overlap in conf/ is {overlap}: it must be less than prepare.reading.context, {context}"
    memory, length = reading.get("memory"), reading.get("length")
    if memory is not None and memory < length:
        yield f"prepare.reading.memory in conf/ is {memory}: it must be at least prepare.reading.length, {length}"
    for name, bounds in (reading.get("actions") or {}).items():
        if not bounds["low"] < bounds["high"]:
            yield (
                f"prepare.reading.actions.{name} in conf/ runs from {bounds['low']:g} to {bounds['high']:g}: "
                "low must be less than high"
            )


def _headline(composed: Any, _: Mapping[str, str]) -> Iterator[str]:
    headline, metrics = composed["evaluate"]["headline"], composed["evaluate"]["metrics"]
    if headline not in metrics:
        yield f"evaluate.headline in conf/ is {headline!r}: it must be one of evaluate.metrics, {metrics}"


def _groups(composed: Any, _: Mapping[str, str]) -> Iterator[str]:
    """Groups to judge by must be there: those that reading defines, and those that a recommender makes of the items."""
    reading = composed["prepare"]["reading"]
    definitions = [reading, reading.get("users") or {}]
    if not any(kind in definition for definition in definitions for kind in _GROUPINGS):
        return  # a system that makes its groups otherwise

    defined = [name for definition in definitions for kind in _GROUPINGS for name in definition.get(kind) or {}]
    if "interactions" in reading:
        defined += _OF_ITEMS

    probe_groups = composed["evaluate"]["probe"].get("groups") or []
    for key, names in (("bias.groups", composed["bias"]["groups"]), ("evaluate.probe.groups", probe_groups)):
        for name in names:
            if name not in defined:
                close = get_close_matches(name, defined, n=1)
                hint = f"; did you mean {close[0]}?" if close else f": there are {', '.join(defined) or 'none'}"
                yield f"{key} in conf/ names {name!r}, which prepare.reading defines as no group{hint}"


def _requirements(composed: Any, _: Mapping[str, str]) -> Iterator[str]:
    for mistake in requirements.mistakes(composed):
        yield mistake.sentence
