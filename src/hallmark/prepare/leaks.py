"""Label leakage of a kind that no honest data has: an input that is the label, or an id that reveals it.

An input that reveals the label in any other way (a threshold, a monotone relation, a rule of a
business or a controller) may well be known when the model is asked. It is not refused here:
evaluation measures what each input reaches alone (`hallmark.evaluate.single_inputs`), and a person
looks at it.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from hallmark.contracts.examples import TARGET, Examples
from hallmark.errors import InputError
from hallmark.prepare import label_matches
from hallmark.prepare.id_leaks import refuse_ids
from hallmark.prepare.label_matches import (
    MIN_KNOWN,
    KnownLabel,
    find_one_to_one_columns,
    is_one_to_one,
    log_match_probability,
    screening_rows,
)

_ALPHA = 1e-6  # probability that labels in random order match any column by chance
_MAX_RESIDUAL = 1e-6  # rounding: mean squared difference of a copy, over the variance of the action
_MIN_NUMBERS = 20  # distinct values of an action; one with fewer counts as a label


def refuse_label_inputs(
    examples: Examples,
    columns: Mapping[str, np.ndarray],
    *,
    numbers: Mapping[str, np.ndarray] = MappingProxyType({}),
    label: str = "label",
) -> None:
    """Raise `InputError` on an input that is the label in every example, or an id that reveals it.

    `columns` are the named inputs, (n, F) of F numbers each, NaN where missing, and `numbers` the
    actions to be predicted, (n,) each, as the system's part `inputs` gives them. `label` is the
    name of the label in the raw data. In arrays without named columns (pixels, samples, tokens)
    each single number is compared with the label.
    """
    entities = pd.factorize(examples.table["entity"])[0]

    for known_label in _known_labels(examples, numbers, label, entities):
        n_comparisons = sum(values.shape[1] + 1 for values in columns.values())
        log_alpha = float(np.log(_ALPHA / max(1, n_comparisons)))

        for name, values in columns.items():
            _refuse_renamed(name, values, known_label, log_alpha)
            refuse_ids(name, values, known_label, log_alpha)

        _refuse_one_hot(columns, known_label, log_alpha)

        for name, array in examples.arrays.items():
            # Its numbers are those of the columns.
            is_in_columns = bool(columns) and array.dtype.kind == "f"
            if not name.startswith(TARGET) and not is_in_columns:
                _refuse_array(name, array, known_label)

    for action, target in numbers.items():
        for name, values in columns.items():
            _refuse_copy(name, values, action, target)


def _known_labels(
    examples: Examples, numbers: Mapping[str, np.ndarray], label: str, entities: np.ndarray
) -> Iterator[KnownLabel]:
    """Yield the examples' label, and each action of `numbers` that takes fewer than 20 values."""
    if "label" in examples.table:
        codes, names = pd.factorize(examples.table["label"])
        yield KnownLabel(noun="label", name=label, names=tuple(map(str, names)), codes=codes, entities=entities)

    for action, target in numbers.items():
        values, codes = np.unique(target, return_inverse=True)
        if len(values) < _MIN_NUMBERS:
            action_names = tuple(f"{value:g}" for value in values)
            yield KnownLabel(noun="action", name=action, names=action_names, codes=codes, entities=entities)


def _refuse_renamed(name: str, values: np.ndarray, label: KnownLabel, log_alpha: float) -> None:
    """Refuse a column (n, F) with a number, or a category, that is one-to-one with the label."""
    for codes_or_numbers in _comparable_parts(values, label.codes):
        if label_matches.matches_labels(codes_or_numbers, label, log_alpha):
            n_known = int((~np.isnan(codes_or_numbers)).sum())
            raise InputError(
                f"the input column {name!r} is {label.description} under other names: each of its "
                f"{len(np.unique(label.codes))} values stands with one label, and each label with one value, in all "
                f"{n_known:,} examples. If it is known only once the label is, take it out of prepare.reading; if it "
                "is known before, a table of these values answers, and there is nothing for a model to learn: predict "
                "something that no input holds"
            )


def _comparable_parts(values: np.ndarray, codes: np.ndarray) -> Iterator[np.ndarray]:
    """Yield each number (n,) of a column (n, F) or, of a one-hot category, one code (n,) for its values.

    A single value of a category that always has the same label is a rule about this category, and
    no renamed label. A category that the screening rows rule out yields nothing.
    """
    screened = screening_rows(len(values))
    if not _is_one_hot(values[screened]) or not _is_one_hot(values):
        yield from values.T
    elif is_one_to_one(_row_codes(values[screened]), codes[screened]):
        yield _row_codes(values)


def _is_one_hot(values: np.ndarray) -> bool:
    """Return whether (n, F) is a category of several values: 0 and 1 only, at most one 1 in each row."""
    are_flags = values.shape[1] > 1 and bool(np.isin(values, (0.0, 1.0)).all())
    return are_flags and bool((values.sum(axis=1) <= 1).all())


def _row_codes(values: np.ndarray) -> np.ndarray:
    """Return a code for each row of (n, F), equal for equal rows: (n,) float."""
    _, codes = np.unique(values, axis=0, return_inverse=True)
    return codes.reshape(-1).astype(float)


def _refuse_one_hot(columns: Mapping[str, np.ndarray], label: KnownLabel, log_alpha: float) -> None:
    """Refuse columns of two values that together are the label, one-hot; one of the labels may lack."""
    n_labels = len(np.unique(label.codes))
    if n_labels < 3 or log_match_probability(label.codes, label.entities) >= log_alpha:
        return

    column_by_label: dict[int, str] = {}
    for name, values in columns.items():
        for flags in values.T:
            code = _label_of_flags(flags, label.codes)
            if code is not None:
                column_by_label.setdefault(code, name)

    if len(column_by_label) >= n_labels - 1:
        names = list(dict.fromkeys(column_by_label.values()))
        raise InputError(
            f"the input columns {names} are together {label.description}, one-hot: each says of one label whether it "
            f"is that one, in all {len(label.codes):,} examples. If they are known only once the label is, take them "
            "out of prepare.reading; if they are known before, there is nothing for a model to learn"
        )


def _label_of_flags(flags: np.ndarray, codes: np.ndarray) -> int | None:
    """Return the label code that flags (n,) mark; None where there is none, or not two values.

    Flags mark a label where one of the two values occurs in all of its examples and in no other.
    """
    screened = screening_rows(len(flags))
    if len(np.unique(flags[screened])) > 2 or len(np.unique(flags)) != 2:
        return None
    for value in np.unique(flags):
        marked_codes = np.unique(codes[flags == value])
        if len(marked_codes) == 1 and not (codes[flags != value] == marked_codes[0]).any():
            return int(marked_codes[0])
    return None


def _refuse_copy(name: str, values: np.ndarray, action: str, target: np.ndarray) -> None:
    """Refuse a column (n, F) with a number that equals the action `target` (n,), rounding aside."""
    for place, numbers in enumerate(values.T):
        is_known = ~np.isnan(numbers)
        known_target = target[is_known]
        if is_known.mean() < MIN_KNOWN or len(np.unique(known_target)) < _MIN_NUMBERS:
            continue

        differences = numbers[is_known].astype(float) - known_target
        if (differences**2).mean() < _MAX_RESIDUAL * known_target.astype(float).var():
            position = f" (number {place + 1} of {values.shape[1]})" if values.shape[1] > 1 else ""
            raise InputError(
                f"the input column {name!r} is the action {action!r}: it holds the same number{position} in all "
                f"{int(is_known.sum()):,} examples. If it is known only once the action is, take it out of "
                "prepare.reading; if it is known before, it is the action, and there is nothing for a model to learn"
            )


def _refuse_array(name: str, array: np.ndarray, label: KnownLabel) -> None:
    """Refuse an array (n, …) with a number (pixel, sample, token) that is one-to-one with the label."""
    n_numbers = int(np.prod(array.shape[1:]))
    if len(label.names) < 2 or n_numbers == 0:
        return

    log_alpha = float(np.log(_ALPHA / n_numbers))
    if log_match_probability(label.codes, label.entities) >= log_alpha:
        return  # the examples with a known number have even fewer orders

    flat = array.reshape(len(array), n_numbers)
    screened = screening_rows(len(array))
    is_candidate = find_one_to_one_columns(np.asarray(flat[screened]), label.codes[screened])
    for place in np.flatnonzero(is_candidate):
        numbers = np.asarray(flat[:, place]).astype(float)
        if label_matches.matches_labels(numbers, label, log_alpha):
            index = np.unravel_index(int(place), array.shape[1:] or (1,))
            raise InputError(
                f"the input array {name!r} holds {label.description} at [{', '.join(map(str, index))}]: the number "
                f"there is constant for each label, and another for each, in all {len(array):,} examples. Take what "
                "writes it there out of the raw files (crop or blank a stamp, cut all recordings to one length)"
            )
