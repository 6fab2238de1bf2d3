"""An input that is the label: equal to it, one to one with it, or an id whose ranges tell it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.special import gammaln

from hallmark.errors import InputError
from hallmark.examples import TARGET, Examples

_CHANCE = 1e-6  # that any input of honest data looks like its label: the least known of all orders of the labels
_KNOWN = 0.5  # share of the examples that an input must have a value of
_RESIDUAL = 1e-6  # share of a number's variance that a copy may leave open: rounding
_FEW = 20  # distinct numbers: with fewer, an answer is a set of labels
_SCREENED = 400  # rows that refute most inputs, before all rows are looked at
_SCREENED_ORDER = 0.99  # rank correlation in these rows of a number that may be the target


@dataclass(frozen=True)
class _Answer:
    """What is to be predicted: class indices (n,) of known names, or numbers (n,)."""

    name: str
    target: np.ndarray
    names: tuple[str, ...]  # empty for numbers

    @property
    def described(self) -> str:
        if not self.names:
            return f"the action {self.name!r}"
        shown = ", ".join(self.names[:4]) + (" …" if len(self.names) > 4 else "")
        return f"the label {self.name!r} ({shown})"


def refuse_label_inputs(
    examples: Examples,
    columns: Mapping[str, np.ndarray],
    *,
    numbers: Mapping[str, np.ndarray] = MappingProxyType({}),
    label: str = "label",
) -> None:
    """Raise `InputError` on an input that is the label itself.

    `columns` (n, F) and `numbers` (n,), what is to be predicted where it is no label, are those of the system's part
    `inputs`; `label` is what the raw data calls the label. The arrays (pixels, samples, tokens) are looked through
    number by number. What tells the label with exceptions, however few, is left to evaluation, which measures what each
    input reaches alone.
    """
    entities = pd.factorize(examples.table["entity"])[0]
    for answer in _answers(examples, numbers, label):
        for name, values in columns.items():
            told = _tells(answer, values, entities, tests=max(1, len(columns)))
            if told:
                raise InputError(
                    f"the input column {name!r} is {answer.described} in other words: {told}; it is not known when the "
                    "model is asked, so take it out of the inputs in prepare.reading"
                )
        for name, array in examples.arrays.items():
            if answer.names and not name.startswith(TARGET):
                _refuse_array(name, array, answer, entities)


def _answers(examples: Examples, numbers: Mapping[str, np.ndarray], label: str) -> Iterator[_Answer]:
    if "label" in examples.table:
        codes, names = pd.factorize(examples.table["label"])
        yield _Answer(label, codes, tuple(map(str, names)))
    for name, values in numbers.items():
        distinct, codes = np.unique(values, return_inverse=True)
        if len(distinct) < _FEW:
            yield _Answer(name, codes, tuple(f"{value:g}" for value in distinct))
        else:
            yield _Answer(name, values.astype(float), ())


def _tells(answer: _Answer, values: np.ndarray, entities: np.ndarray, *, tests: int) -> str:
    """Say how an input column (n, F) tells the answer; an empty string where it does not."""
    if answer.names:
        parts = [*values.T, _joint(values)] if _is_coded(values) else list(values.T)
        sentences = (_tells_label(answer, part, entities, tests=tests * len(parts)) for part in parts)
    else:
        sentences = (_tells_number(answer.target, part, entities) for part in values.T)
    return next(filter(None, sentences), "")


def _is_coded(values: np.ndarray) -> bool:
    return values.shape[1] > 1 and bool(np.isin(values, (0.0, 1.0)).all())


def _joint(values: np.ndarray) -> np.ndarray:
    """Return a code (n,) for each different row."""
    return np.unique(values, axis=0, return_inverse=True)[1].reshape(-1).astype(float)


def _tells_label(answer: _Answer, values: np.ndarray, entities: np.ndarray, *, tests: int) -> str:
    """Look at one number an example (n,): does each value, or each range of values, have one label without exception?

    What chance would do so is bounded from above by counting orders of the labels: with n₁ … n_K examples there are
    n! / (n₁! … n_K!), of which K! put every label into one range, and K^V give every one of V values one label. Rows
    that repeat an entity's value and label count once; where each entity has one label only, entities are counted.
    """
    known = ~np.isnan(values)
    if known.mean() < _KNOWN:
        return ""
    rows = pd.DataFrame({"entity": entities[known], "value": values[known], "label": answer.target[known]})
    rows = rows.drop_duplicates().sort_values(["value", "label"], kind="stable")
    labels = rows["label"].nunique()
    if labels < 2:
        return ""

    limit = np.log(_CHANCE / tests)
    new_value = (rows["value"] != rows["value"].shift()).to_numpy()
    new_label = (rows["label"] != rows["label"].shift()).to_numpy()
    if (new_label & ~new_value).any():
        return _tells_one_label(answer, rows, labels, limit)

    distinct, ranges = int(new_value.sum()), int(new_label.sum())
    orders = _log_orders(rows)
    without_exception = f"without exception in {int(known.sum()):,} examples"
    if distinct * np.log(labels) - orders < limit:
        return f"each of its {distinct:,} values has one label, {without_exception}"
    if ranges == labels and gammaln(labels + 1) - orders < limit:
        return f"each label has a range of its values to itself, {without_exception}"
    return _tells_one_label(answer, rows, labels, limit)


def _tells_one_label(answer: _Answer, rows: pd.DataFrame, labels: int, limit: float) -> str:
    """Look at a column of two values: is one of them one of many labels, as in a column of 0 and 1 for each label?"""
    if labels == 2 or rows["value"].nunique() != 2:
        return ""
    for value, own in rows.groupby("value"):
        code = own["label"].iloc[0]
        if (own["label"] == code).all() and not (rows["label"][rows["value"] != value] == code).any():
            orders = _log_orders(rows.assign(label=rows["label"] == code))
            if np.log(2) - orders < limit:
                return f"it is {value:g} where the label is {answer.names[int(code)]!r}, and only there"
    return ""


def _log_orders(rows: pd.DataFrame) -> float:
    """Return log n! / (n₁! … n_K!): in how many orders the labels could stand."""
    pairs = rows[["entity", "label"]].drop_duplicates()
    counted = pairs if len(pairs) == rows["entity"].nunique() else rows
    counts = counted["label"].value_counts().to_numpy()
    return float(gammaln(counts.sum() + 1) - gammaln(counts + 1).sum())


def _tells_number(target: np.ndarray, values: np.ndarray, entities: np.ndarray) -> str:
    """Look at one number an example (n,): is the target it, shifted, scaled, or bent without changing the order?"""
    known = ~np.isnan(values)
    if known.mean() < _KNOWN:
        return ""
    rows = pd.DataFrame({"entity": entities[known], "value": values[known], "target": target[known]}, dtype=float)
    sample = rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _SCREENED)).astype(int))]
    if not abs(sample["value"].corr(sample["target"], method="spearman")) > _SCREENED_ORDER:
        return ""

    rows = rows.drop_duplicates()
    if rows["value"].nunique() < _FEW:
        return ""
    examples = f"in all {int(known.sum()):,} examples"
    if 1 - rows["value"].corr(rows["target"]) ** 2 < _RESIDUAL:
        return f"shifted and scaled, it is equal {examples}"
    if 1 - rows["value"].rank().corr(rows["target"].rank()) ** 2 < _RESIDUAL:
        return f"the order of its values is that of the action {examples}"
    return ""


def _refuse_array(name: str, array: np.ndarray, answer: _Answer, entities: np.ndarray) -> None:
    """Refuse a number of a picture, a sound or a text that is constant for each label, and another for each."""
    labels = len(answer.names)
    width = int(np.prod(array.shape[1:]))
    if labels < 2 or width == 0:
        return
    flat = array.reshape(len(array), width)
    chosen = np.unique(np.linspace(0, len(array) - 1, min(len(array), _SCREENED)).astype(int))
    for place in np.flatnonzero(_constant_per_label(np.asarray(flat[chosen]), answer.target[chosen])):
        values = np.asarray(flat[:, place]).astype(float)
        if len(np.unique(values)) == labels and _tells_label(answer, values, entities, tests=width):
            shape: tuple[int, ...] = array.shape[1:] or (1,)
            at = np.unravel_index(int(place), shape)
            index = ", ".join(str(part) for part in at)
            raise InputError(
                f"the input array {name!r} holds {answer.described} at [{index}]: the number there is constant for "
                f"each label, and another for each, in all {len(array):,} examples"
            )


def _constant_per_label(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return (F,): the column of (n, F) has one value in the rows of each label, and not the same in all."""
    constant = np.ones(values.shape[1], bool)
    for code in np.unique(codes):
        own = values[codes == code]
        constant &= (own == own[0]).all(axis=0)
    return np.asarray(constant & (values != values[0]).any(axis=0))
