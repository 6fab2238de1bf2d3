"""Label leakage that no honest data shows: an input that is the label under another name, or an id that tells it.

An input that tells the label in any other way (a threshold, a monotone relation, a rule of a business or a controller)
may well be known when the model is asked. It is not refused here: evaluation measures what each input reaches alone
(`hallmark.evaluate.single_inputs`), and a person looks at it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.special import gammaln

from hallmark.contracts.examples import TARGET, Examples
from hallmark.errors import InputError

_ALPHA = 1e-6  # probability that labels in random order match some column by chance, over all columns
_MIN_KNOWN = 0.5  # fraction of the examples in which a column must have a value
_RESIDUAL = 1e-6  # fraction of a number's variance by which a copy may differ: rounding
_MIN_NUMBERS = 20  # distinct numbers: with fewer, what is to be predicted is a set of labels
_MIN_IDS = 50  # distinct whole numbers that make an id
_MIN_DENSITY = 0.2  # fraction of the whole numbers between a label's first and last id that are there
_DIVISORS = {2: "whether it is even or odd", 10: "its last digit"}
_SCREENED = 400  # examples that rule out most columns, before all are looked at


@dataclass(frozen=True)
class _Label:
    """What is to be predicted, of a known set: codes (n,) into `names`; `noun` is "label" or "action"."""

    noun: str
    name: str
    codes: np.ndarray
    names: tuple[str, ...]

    @property
    def description(self) -> str:
        return f"the {self.noun} {self.name!r} ({_shortened(self.names)})"


def refuse_label_inputs(
    examples: Examples,
    columns: Mapping[str, np.ndarray],
    *,
    numbers: Mapping[str, np.ndarray] = MappingProxyType({}),
    label: str = "label",
) -> None:
    """Raise `InputError` on an input that is the label itself, or an id that tells it, without any exception.

    `columns` (n, F) and `numbers` (n,), what is to be predicted where it is no label, are those of the system's part
    `inputs`; `label` is what the raw data calls the label. In the arrays that no columns name (pixels, samples, tokens)
    each single number is compared with the label.
    """
    entities = pd.factorize(examples.table["entity"])[0]

    for known_label in _labels(examples, numbers, label):
        log_alpha = float(np.log(_ALPHA / max(1, sum(values.shape[1] + 1 for values in columns.values()))))

        for name, values in columns.items():
            _refuse_renamed(name, values, known_label, entities, log_alpha)
            _refuse_id(name, values, known_label, entities, log_alpha)

        _refuse_one_hot(columns, known_label, entities, log_alpha)

        for name, array in examples.arrays.items():
            is_in_columns = bool(columns) and array.dtype.kind == "f"  # its numbers are those of the columns
            if not name.startswith(TARGET) and not is_in_columns:
                _refuse_array(name, array, known_label, entities)

    for action, target in numbers.items():
        for name, values in columns.items():
            _refuse_copy(name, values, action, target)


def _labels(examples: Examples, numbers: Mapping[str, np.ndarray], label: str) -> Iterator[_Label]:
    """Yield the label, and each number that is to be predicted and takes a few values only."""
    if "label" in examples.table:
        codes, names = pd.factorize(examples.table["label"])
        yield _Label("label", label, codes, tuple(map(str, names)))

    for name, target in numbers.items():
        distinct, codes = np.unique(target, return_inverse=True)
        if len(distinct) < _MIN_NUMBERS:
            yield _Label("action", name, codes, tuple(f"{value:g}" for value in distinct))


def _refuse_renamed(name: str, values: np.ndarray, label: _Label, entities: np.ndarray, log_alpha: float) -> None:
    """Refuse a column in which each value has one label, and each label one value."""
    for part in _parts(values, label.codes):
        if _is_one_to_one(part, label.codes, entities, log_alpha):
            count = int((~np.isnan(part)).sum())
            raise InputError(
                f"the input column {name!r} is {label.description} under other names: each of its "
                f"{len(np.unique(label.codes))} values stands with one label, and each label with one value, in all "
                f"{count:,} examples. If it is known only once the label is, take it out of prepare.reading; if it is "
                "known before, a table of these values answers, and there is nothing for a model to learn: predict "
                "something that no input holds"
            )


def _parts(values: np.ndarray, codes: np.ndarray) -> Iterator[np.ndarray]:
    """Yield each number (n,) of a column (n, F) or, where these are the values of one category, a code for each value.

    That one value of several stands with one label is a rule about a category, and no renamed label.
    """
    screened = _evenly_spaced(len(values), _SCREENED)
    if not _is_one_hot(values[screened]) or not _is_one_hot(values):
        yield from values.T
    elif _is_bijection(_row_codes(values[screened]), codes[screened]):
        yield _row_codes(values)


def _is_one_hot(values: np.ndarray) -> bool:
    are_flags = values.shape[1] > 1 and bool(np.isin(values, (0.0, 1.0)).all())
    return are_flags and bool((values.sum(axis=1) <= 1).all())


def _row_codes(values: np.ndarray) -> np.ndarray:
    """Return a code (n,), float, for each distinct row of (n, F)."""
    return np.unique(values, axis=0, return_inverse=True)[1].reshape(-1).astype(float)


def _is_one_to_one(values: np.ndarray, codes: np.ndarray, entities: np.ndarray, log_alpha: float) -> bool:
    """Whether the values (n,) and the labels are each other's names, which labels in random order hardly are."""
    screened = _evenly_spaced(len(values), _SCREENED)
    if not _is_bijection(values[screened], codes[screened]):
        return False

    is_known = ~np.isnan(values)
    labels = len(np.unique(codes[is_known]))
    if is_known.mean() < _MIN_KNOWN or labels < 2 or not _is_bijection(values, codes):
        return False
    return bool(gammaln(labels + 1) - _log_arrangements(codes[is_known], entities[is_known]) < log_alpha)


def _is_bijection(values: np.ndarray, codes: np.ndarray) -> bool:
    is_known = ~np.isnan(values)
    pairs = np.unique(np.stack([values[is_known], codes[is_known]], axis=1), axis=0)
    return len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))


def _log_arrangements(codes: np.ndarray, entities: np.ndarray) -> float:
    """Return log n! / (n₁! … n_K!): the number of orders in which the labels could stand.

    Where each entity has one label only, entities are counted, since an honest column may be constant within each.
    """
    pairs = pd.DataFrame({"entity": entities, "label": codes}).drop_duplicates()
    one_label_each = len(pairs) == pairs["entity"].nunique()
    counts = np.bincount(pairs["label"] if one_label_each else codes)
    return float(gammaln(counts.sum() + 1) - gammaln(counts + 1).sum())


def _refuse_id(name: str, values: np.ndarray, label: _Label, entities: np.ndarray, log_alpha: float) -> None:
    """Refuse whole numbers, another for each entity, that count it label by label, or whose last digit tells it."""
    for part in values.T:
        ids = _ids(part, label.codes, entities)
        if ids is None or ids["label"].nunique() < 2:
            continue

        labels = ids["label"].nunique()
        log_orders = _log_arrangements(ids["label"].to_numpy(), ids["entity"].to_numpy())
        if _is_counted_by_label(ids) and gammaln(labels + 1) - log_orders < log_alpha:
            raise InputError(
                f"the input column {name!r} is an id that tells {label.description}: its {len(ids):,} whole numbers "
                "are all different and follow each other closely, and each label has a range of them to itself. Take "
                "it out of prepare.reading; if it counts something that is known before the label, give that instead"
            )

        for divisor, what in _DIVISORS.items():
            remainders = ids["id"] % divisor
            tells = ids["label"].groupby(remainders).nunique().max() == 1
            if tells and (divisor - len(ids)) * np.log(labels) < log_alpha and divisor * np.log(labels) < log_orders:
                raise InputError(
                    f"the input column {name!r} is an id that tells {label.description}: {what} says the label of each "
                    f"of its {len(ids):,} different whole numbers. Take it out of prepare.reading"
                )


def _ids(values: np.ndarray, codes: np.ndarray, entities: np.ndarray) -> pd.DataFrame | None:
    """Return the columns id, entity and label of each distinct whole number in order; None where these are no ids."""
    is_known = ~np.isnan(values)
    are_whole = is_known.mean() >= _MIN_KNOWN and bool((values[is_known] == np.floor(values[is_known])).all())
    if not are_whole:
        return None

    columns = {"id": values[is_known], "entity": entities[is_known], "label": codes[is_known]}
    ids = pd.DataFrame(columns).drop_duplicates().sort_values("id", ignore_index=True)
    return ids if len(ids) >= _MIN_IDS and ids["id"].is_unique else None


def _is_counted_by_label(ids: pd.DataFrame) -> bool:
    """Whether each label has one range of ids to itself, in which few numbers are left out."""
    changes = int((ids["label"].to_numpy()[1:] != ids["label"].to_numpy()[:-1]).sum())
    if changes != ids["label"].nunique() - 1:
        return False

    step = np.gcd.reduce(np.diff(ids["id"].to_numpy()).astype(np.int64))
    ranges = ids.groupby("label")["id"].agg(["min", "max"])
    places = ((ranges["max"] - ranges["min"]) / step + 1).sum()
    return bool(len(ids) >= _MIN_DENSITY * places)


def _refuse_one_hot(columns: Mapping[str, np.ndarray], label: _Label, entities: np.ndarray, log_alpha: float) -> None:
    """Refuse columns of two values that together are the label one-hot: for each label but one, one that says it."""
    labels = len(np.unique(label.codes))
    if labels < 3 or gammaln(labels + 1) - _log_arrangements(label.codes, entities) >= log_alpha:
        return

    column_by_code: dict[int, str] = {}
    for name, values in columns.items():
        for part in values.T:
            code = _label_of_flag(part, label.codes)
            if code is not None:
                column_by_code.setdefault(code, name)

    if len(column_by_code) >= labels - 1:
        names = list(dict.fromkeys(column_by_code.values()))
        raise InputError(
            f"the input columns {names} are together {label.description}, one-hot: each says of one label whether it "
            f"is that one, in all {len(entities):,} examples. If they are known only once the label is, take them out "
            "of prepare.reading; if they are known before, there is nothing for a model to learn"
        )


def _label_of_flag(values: np.ndarray, codes: np.ndarray) -> int | None:
    """Return the code of the label that one of a column's two values (n,) stands for, or None."""
    screened = _evenly_spaced(len(values), _SCREENED)
    if len(np.unique(values[screened])) > 2 or len(np.unique(values)) != 2:
        return None
    for value in np.unique(values):
        own = np.unique(codes[values == value])
        if len(own) == 1 and not (codes[values != value] == own[0]).any():
            return int(own[0])
    return None


def _refuse_copy(name: str, values: np.ndarray, action: str, target: np.ndarray) -> None:
    """Refuse a column that holds the very numbers (n,) that are to be predicted, rounding aside."""
    for place, part in enumerate(values.T):
        is_known = ~np.isnan(part)
        if is_known.mean() < _MIN_KNOWN or len(np.unique(target[is_known])) < _MIN_NUMBERS:
            continue

        differences = part[is_known].astype(float) - target[is_known]
        if (differences**2).mean() < _RESIDUAL * target[is_known].astype(float).var():
            where = f" (number {place + 1} of {values.shape[1]})" if values.shape[1] > 1 else ""
            raise InputError(
                f"the input column {name!r} is the action {action!r}: it holds the same number{where} in all "
                f"{int(is_known.sum()):,} examples. If it is known only once the action is, take it out of "
                "prepare.reading; if it is known before, it is the action, and there is nothing for a model to learn"
            )


def _refuse_array(name: str, array: np.ndarray, label: _Label, entities: np.ndarray) -> None:
    """Refuse a number of a picture, a sound or a text that is constant for each label, and another for each."""
    labels, width = len(label.names), int(np.prod(array.shape[1:]))
    if labels < 2 or width == 0:
        return

    log_alpha = float(np.log(_ALPHA / width))
    if gammaln(labels + 1) - _log_arrangements(label.codes, entities) >= log_alpha:
        return  # fewer examples, those with a known number, have fewer orders still

    flat = array.reshape(len(array), width)
    screened = _evenly_spaced(len(array), _SCREENED)
    candidates = np.flatnonzero(_are_one_to_one(np.asarray(flat[screened]), label.codes[screened]))
    for place in candidates:
        values = np.asarray(flat[:, place]).astype(float)
        if _is_one_to_one(values, label.codes, entities, log_alpha):
            index = ", ".join(map(str, np.unravel_index(int(place), array.shape[1:] or (1,))))
            raise InputError(
                f"the input array {name!r} holds {label.description} at [{index}]: the number there is constant for "
                f"each label, and another for each, in all {len(array):,} examples. Take what writes it there out of "
                "the raw files (crop or blank a stamp, cut all recordings to one length)"
            )


def _are_one_to_one(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return (F,): the column of (n, F) has one value in the rows of each label, and another for each of several."""
    labels = np.unique(codes)
    passes = np.full(values.shape[1], len(labels) > 1)
    for code in labels:
        own = values[codes == code]
        passes &= (own == own[0]).all(axis=0)

    in_order = np.sort(values[:, passes], axis=0)
    distinct = 1 + (in_order[1:] != in_order[:-1]).sum(axis=0)
    passes[passes] = distinct == len(labels)
    return passes


def _evenly_spaced(count: int, most: int) -> np.ndarray:
    """Return at most so many rows of `count`, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))


def _shortened(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
