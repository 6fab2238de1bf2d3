"""Ids that reveal the label: numbered label by label, or with a last digit that decides it."""

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.prepare.label_matches import MIN_KNOWN, KnownLabel, log_label_orders, log_match_probability

_MIN_IDS = 50  # distinct whole numbers, from which on they can be ids
_MIN_DENSITY = 0.2  # fraction of the numbers between a label's first and last id that are ids
_REMAINDERS = {2: "whether it is even or odd", 10: "its last digit"}  # in words, by divisor


def refuse_ids(name: str, values: np.ndarray, label: KnownLabel, log_alpha: float) -> None:
    """Raise `InputError` where a number of a column (n, F) is an id that reveals the label.

    An id reveals it where each label has a range of ids to itself, or where the remainder by 2 or
    10 decides it, and labels in a random order hardly would: their log-probability of doing so is
    below `log_alpha`.
    """
    for numbers in values.T:
        ids = _id_table(numbers, label)
        if ids is None or ids["label"].nunique() < 2:
            continue
        _refuse_ranges(name, ids, label, log_alpha)
        _refuse_remainders(name, ids, label, log_alpha)


def _id_table(numbers: np.ndarray, label: KnownLabel) -> pd.DataFrame | None:
    """Return the columns id, entity and label, a row for each distinct number (n,), ascending.

    None where the numbers are no ids: some are not whole, most are missing (NaN), fewer than 50
    differ, or one number occurs with two entities or labels.
    """
    is_known = ~np.isnan(numbers)
    if is_known.mean() < MIN_KNOWN:
        return None
    known_numbers = numbers[is_known]
    if not (known_numbers == np.floor(known_numbers)).all():
        return None

    columns = {"id": known_numbers, "entity": label.entities[is_known], "label": label.codes[is_known]}
    ids = pd.DataFrame(columns).drop_duplicates().sort_values("id", ignore_index=True)
    return ids if len(ids) >= _MIN_IDS and ids["id"].is_unique else None


def _refuse_ranges(name: str, ids: pd.DataFrame, label: KnownLabel, log_alpha: float) -> None:
    log_probability = log_match_probability(ids["label"].to_numpy(), ids["entity"].to_numpy())
    if _has_one_range_per_label(ids) and log_probability < log_alpha:
        raise InputError(
            f"the input column {name!r} is an id that tells {label.description}: its {len(ids):,} whole numbers "
            "are all different and follow each other closely, and each label has a range of them to itself. Take "
            "it out of prepare.reading; if it counts something that is known before the label, give that instead"
        )


def _has_one_range_per_label(ids: pd.DataFrame) -> bool:
    """Return whether the ids of each label follow each other, and fill at least 20 % of their range."""
    labels = ids["label"].to_numpy()
    n_changes = int((labels[1:] != labels[:-1]).sum())
    if n_changes != ids["label"].nunique() - 1:
        return False

    step = np.gcd.reduce(np.diff(ids["id"].to_numpy()).astype(np.int64))
    ranges = ids.groupby("label")["id"].agg(["min", "max"])
    n_possible_ids = ((ranges["max"] - ranges["min"]) / step + 1).sum()
    return bool(len(ids) >= _MIN_DENSITY * n_possible_ids)


def _refuse_remainders(name: str, ids: pd.DataFrame, label: KnownLabel, log_alpha: float) -> None:
    log_n_labels = np.log(ids["label"].nunique())
    log_orders = log_label_orders(ids["label"].to_numpy(), ids["entity"].to_numpy())

    for divisor, remainder_in_words in _REMAINDERS.items():
        labels_by_remainder = ids["label"].groupby(ids["id"] % divisor).nunique()
        is_decided = labels_by_remainder.max() == 1

        # K labels give K^divisor rules, one of which fits n random labels with K^(divisor - n).
        is_unlikely = (divisor - len(ids)) * log_n_labels < log_alpha
        has_fewer_rules_than_orders = divisor * log_n_labels < log_orders
        if is_decided and is_unlikely and has_fewer_rules_than_orders:
            raise InputError(
                f"the input column {name!r} is an id that tells {label.description}: {remainder_in_words} says the "
                f"label of each of its {len(ids):,} different whole numbers. Take it out of prepare.reading"
            )
