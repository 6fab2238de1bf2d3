"""The tables of Evidently's presets: the test split as reference, the recent window as current data.

Where the test split stays sealed, the validation split is the reference.

`DataDefinition` says what each column is and which task the answer is: a classification, a
regression for each number, or a ranking.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples
from hallmark.contracts.predictions import ITEM, PREDICTED, PROBABILITY, TRUE
from hallmark.drift.comparison_windows import finite_numbers, recurs, subsample_rows
from hallmark.drift.round_brackets import with_round_brackets

CURRENT = "recent"  # the split that is compared with the reference
PROBABILITY_TASK = "probability"  # the binary task by probabilities; the default one is by decisions
_OF_QUALITY = ("id", "time", "label", "prediction", "confidence")
_FIRST_DATE = pd.Timestamp("1980-01-01").timestamp()  # seconds since 1970; times from before are counts
_NOT_SHOWN = ("entity", "entity_start", "fingerprint")


@dataclass(frozen=True)
class PresetTable:
    """Rows of both sides, with round brackets in all texts and names.

    reference, current: Rows of the test split and of the recent window.
    reference_split: "test"; "validation" where the test split stays sealed.
    definition: The arguments of Evidently's `DataDefinition`, its tasks left out.
    classification: The labels of a classification in their order; (): none.
    positive: The label of its binary task, if any.
    numbers: The names of the numbers that the answer predicts.
    """

    reference: pd.DataFrame
    current: pd.DataFrame
    reference_split: str
    definition: dict[str, Any]
    classification: tuple[str, ...] = ()
    positive: str | None = None
    numbers: tuple[str, ...] = ()

    def data_definition(self) -> Any:
        """Return Evidently's `DataDefinition`, with the task of the answer."""
        from evidently import BinaryClassification, DataDefinition, MulticlassClassification, Regression

        tasks: dict[str, Any] = {}
        if self.classification and self.positive is not None:
            columns = {"target": "label", "pos_label": self.positive}
            tasks["classification"] = [
                BinaryClassification(prediction_labels="prediction", **columns),
                BinaryClassification(name=PROBABILITY_TASK, prediction_probas="confidence", **columns),
            ]
        elif len(self.classification) == 2:  # Evidently computes two labels as a binary task, and asks for one of them
            second = self.classification[1]
            binary = BinaryClassification(target="label", prediction_labels="prediction", pos_label=second)
            tasks["classification"] = [binary]
        elif self.classification:
            tasks["classification"] = [MulticlassClassification(target="label", prediction_labels="prediction")]
        if self.numbers:
            tasks["regression"] = [
                Regression(name=name, target=TRUE + name, prediction=PREDICTED + name) for name in self.numbers
            ]
        return DataDefinition(**self.definition, **tasks)

    def quality(self) -> "PresetTable":
        """Return the columns that say how good the answers are, of the rows with a label: one may be late."""
        every_name = map(str, self.current.columns)
        names = [name for name in every_name if name in _OF_QUALITY or name.startswith((PREDICTED, TRUE))]
        sides = []
        for side in (self.reference, self.current):
            is_known = side["label"].notna() if self.classification else np.ones(len(side), bool)
            sides.append(side.loc[is_known, names].reset_index(drop=True))
        definition = {
            key: [name for name in value if name in names] if isinstance(value, list) else value
            for key, value in self.definition.items()
        }
        return replace(self, reference=sides[0], current=sides[1], definition=definition)

    def datasets(self) -> tuple[Any, Any]:
        """Return Evidently's datasets: current, reference."""
        from evidently import Dataset

        definition = self.data_definition()
        with np.errstate(all="ignore"):  # Evidently divides by the number of values, of which a side may have none
            return Dataset.from_pandas(self.current, definition), Dataset.from_pandas(self.reference, definition)


@dataclass(frozen=True)
class RankingTable:
    """A row for each item that was recommended for an example.

    Columns: user_id (the example), item_id (the title), target (1: the right item), prediction (the
    item's probability).
    """

    reference: pd.DataFrame
    current: pd.DataFrame
    reference_split: str
    n_places: int

    def datasets(self) -> tuple[Any, Any]:
        """Return Evidently's datasets: current, reference."""
        from evidently import DataDefinition, Dataset, Recsys

        definition = DataDefinition(
            ranking=[Recsys()],
            numerical_columns=["target", "prediction"],
            categorical_columns=["user_id", "item_id"],
        )
        return Dataset.from_pandas(self.current, definition), Dataset.from_pandas(self.reference, definition)


@dataclass(frozen=True)
class _Columns:
    numerical: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def preset_table(
    examples: Examples, predictions: pd.DataFrame, *, positive: str | None, max_rows: int, seed: int
) -> PresetTable:
    """Return the examples of the test split and of the recent window, with what the model predicts.

    predictions: The model's rows of the predictions table.
    positive: The label that an alert stands for: of two labels, it makes a binary classification.
    max_rows: How many random rows of each side are used at most.
    """
    predicted_names = [
        name
        for name in map(str, predictions.columns)
        if name in ("prediction", "confidence") or name.startswith(PREDICTED) or _is_true_number(name)
    ]
    reference_split = _reference_split(predictions)
    compared_splits = (reference_split, CURRENT)
    known = examples.table[examples.table["split"].isin(compared_splits)]
    known = known.drop(columns=list(_NOT_SHOWN), errors="ignore")
    rows = known.merge(predictions[["id", *predicted_names]], on="id", how="inner")

    columns = _columns(rows, predicted_names, has_known_labels=bool(examples.labels))
    definition: dict[str, Any] = {
        "id_column": "id",
        "numerical_columns": columns.numerical,
        "categorical_columns": columns.categorical,
        "text_columns": columns.text,
    }
    dates = _dates(rows)
    if dates is not None:
        rows = rows.assign(time=dates)
        definition["timestamp"] = "time"
    names = ["id", *(["time"] if dates is not None else []), *columns.numerical, *columns.categorical, *columns.text]

    for name in columns.numerical:
        rows[name] = finite_numbers(rows[name])
    sides = []
    for split in compared_splits:
        side = subsample_rows(rows.loc[rows["split"] == split, names], max_rows, np.random.default_rng(seed))
        sides.append(_bracketed(side.reset_index(drop=True)))

    is_binary = len(examples.labels) == 2
    return PresetTable(
        reference=sides[0],
        current=sides[1],
        reference_split=reference_split,
        definition={key: _bracketed_names(value) for key, value in definition.items()},
        classification=tuple(with_round_brackets(label) for label in examples.labels if "label" in columns.categorical),
        positive=with_round_brackets(positive) if is_binary and positive is not None else None,
        numbers=tuple(
            with_round_brackets(name.removeprefix(PREDICTED)) for name in predicted_names if name.startswith(PREDICTED)
        ),
    )


def ranking_table(predictions: pd.DataFrame, titles: Sequence[str], *, max_rows: int, seed: int) -> RankingTable | None:
    """Return the rankings of the test split and of the recent window; None where the answer is no ranking.

    titles: The catalogue's, by position. Where two items share a title, positions are shown.
    """
    n_places = sum(str(name).startswith(ITEM) for name in predictions.columns)
    if not n_places:
        return None

    names = np.asarray([with_round_brackets(title) for title in titles], object)
    if len(set(names)) < len(names):
        names = np.arange(len(names)).astype(str).astype(object)
    sides = []
    reference_split = _reference_split(predictions)
    for split in (reference_split, CURRENT):
        rows = predictions[predictions["split"] == split]
        sampled = subsample_rows(rows, max_rows, np.random.default_rng(seed))
        sides.append(_long_ranking(sampled, names, n_places))
    return RankingTable(reference=sides[0], current=sides[1], reference_split=reference_split, n_places=n_places)


def _reference_split(predictions: pd.DataFrame) -> str:
    """Return the test split; the validation split where no example of the former has a prediction."""
    return "test" if (predictions["split"] == "test").any() else "validation"


def _long_ranking(rows: pd.DataFrame, names: np.ndarray, n_places: int) -> pd.DataFrame:
    """Return a row for each of the `n_places` items of each example, the first item first."""
    places = range(1, n_places + 1)
    items = rows[[f"{ITEM}{place}" for place in places]].to_numpy(int)
    probabilities = rows[[f"{PROBABILITY}{place}" for place in places]].to_numpy(float)
    is_right = items == rows[f"{TRUE}item"].to_numpy(int)[:, None]
    ids = rows["id"].map(with_round_brackets).to_numpy(object)

    return pd.DataFrame(
        {
            "user_id": np.repeat(ids, n_places),
            "item_id": names[items.ravel()],
            "target": is_right.ravel().astype(int),
            "prediction": probabilities.ravel(),
        }
    )


def _columns(rows: pd.DataFrame, predicted_names: Sequence[str], *, has_known_labels: bool) -> _Columns:
    """Sort the columns by type: numbers, categories and texts; what is none of these is left out.

    Labels and predictions that hardly recur are texts.
    """
    columns = _Columns()
    for name in map(str, rows.columns):
        is_number = pd.api.types.is_numeric_dtype(rows[name])
        if name in ("id", "split", "time") or rows[name].isna().all():
            continue
        if is_number and (name.startswith(DESCRIPTOR) or name in predicted_names):
            columns.numerical.append(name)
        elif name.startswith(GROUP) or (name in ("label", "prediction") and (has_known_labels or recurs(rows[name]))):
            columns.categorical.append(name)
        elif not is_number and not pd.api.types.is_datetime64_any_dtype(rows[name]):
            columns.text.append(name)
    return columns


def _is_true_number(name: str) -> bool:
    return name.startswith(TRUE) and name != f"{TRUE}item"


def _dates(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp] | None":
    """Return the times as dates; None where there are none, or they count from a start of their own."""
    if "time" not in rows:
        return None
    times = rows["time"]
    if pd.api.types.is_datetime64_any_dtype(times):
        return times
    if not pd.api.types.is_numeric_dtype(times) or not times.min() >= _FIRST_DATE:
        return None
    return pd.to_datetime(times, unit="s")


def _bracketed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with round brackets for `<` and `>` in its names and texts."""
    plain = table.map(lambda value: with_round_brackets(value) if isinstance(value, str) else value)
    return plain.rename(columns=with_round_brackets)


def _bracketed_names(value: Any) -> Any:
    return [with_round_brackets(name) for name in value] if isinstance(value, list) else value
