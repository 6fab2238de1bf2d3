import numpy as np
import pandas as pd
import pytest

from hallmark.drift import comparison_windows as windows
from hallmark.errors import InputError


def test_inputs_against_train_and_predictions_against_what_was_not_fitted(
    table: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    inputs, outputs = windows.column_families(table, predictions, max_rows=10_000, seed=1)
    assert inputs.numeric == ("descriptor.brightness", "descriptor.contrast")
    assert inputs.categorical == ("label", "group.site")
    assert set(inputs.reference["entity"]) == set(table.loc[table["split"] == "train", "entity"])
    assert (outputs.numeric, outputs.categorical) == (("confidence",), ("prediction",))
    held_out = table["split"].isin(["validation", "test"])
    assert set(outputs.reference["entity"]) == set(table.loc[held_out, "entity"])
    assert len(outputs.recent) == len(inputs.recent) == 200


def test_no_recent_window_gives_no_family(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    assert windows.column_families(table[table["split"] != "recent"], predictions, max_rows=100, seed=1) == []


def test_recent_window_without_reference_is_refused(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    held_out = predictions["split"].isin(["validation", "test"])
    with pytest.raises(InputError, match="drift of predictions: no rows of split 'validation or test'"):
        windows.column_families(table, predictions[~held_out], max_rows=100, seed=1)


def test_texts_that_hardly_recur_have_no_shares_to_compare(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    told = {"label": [f"sentence {i}" for i in range(len(table))]}
    answered = predictions.assign(prediction=[f"sentence {i}" for i in range(len(predictions))])
    inputs, outputs = windows.column_families(table.assign(**told), answered, max_rows=10_000, seed=1)
    assert inputs.categorical == ("group.site",)
    assert (outputs.numeric, outputs.categorical) == (("confidence",), ())
    (alone,) = windows.column_families(table, answered.drop(columns="confidence"), max_rows=10_000, seed=1)
    assert alone.name == "inputs"
    known = windows.column_families(table.assign(**told), answered, max_rows=10_000, seed=1, labels=["sentence 0"])
    assert [family.categorical for family in known] == [("label", "group.site"), ("prediction",)]


def test_a_group_whose_many_values_are_all_new_is_not_left_out(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    place = np.arange(len(table)) % 40
    side = np.where(table["split"] == "recent", "new ", "old ").astype(object)
    merchants = table.assign(**{"group.site": side + place.astype(str).astype(object)})
    inputs, _ = windows.column_families(merchants, predictions, max_rows=10_000, seed=1)
    assert "group.site" in inputs.categorical
    assert not set(inputs.reference["group.site"]) & set(inputs.recent["group.site"])


def test_missing_numbers_are_a_column_of_their_own(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    table.loc[table["split"] == "recent", "descriptor.contrast"] = np.inf
    inputs, _ = windows.column_families(table, predictions, max_rows=10_000, seed=1)
    assert inputs.categorical[-1] == "descriptor.contrast missing"
    assert inputs.reference["descriptor.contrast missing"].eq("no").all()
    assert inputs.recent["descriptor.contrast missing"].eq("yes").all()
    assert inputs.recent["descriptor.contrast"].isna().all()


def test_a_column_of_the_data_that_is_named_like_that_one_stays_itself(
    table: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    table["descriptor.contrast missing"] = 1.0
    table.loc[0, "descriptor.contrast"] = np.nan
    inputs = windows.column_families(table, predictions, max_rows=10_000, seed=1)[0]
    assert len({*inputs.columns}) == len(inputs.columns)
    assert (inputs.reference["descriptor.contrast missing"] == 1.0).all()
    assert set(inputs.reference["descriptor.contrast missing*"]) == {"yes", "no"}


def test_missing_group_is_a_category_and_missing_label_is_not(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    table.loc[table["split"] == "recent", ["group.site", "label"]] = None
    inputs, _ = windows.column_families(table, predictions, max_rows=10_000, seed=1)
    assert inputs.recent["group.site"].eq("missing").all()
    assert inputs.recent["label"].isna().all()


def test_table_without_labels(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    inputs, _ = windows.column_families(table.assign(label=None), predictions, max_rows=10_000, seed=1)
    assert "label" not in inputs.columns


def side(entities: int, rows: int, name: str) -> pd.DataFrame:
    return pd.DataFrame({"entity": np.repeat([f"{name}{number}" for number in range(entities)], rows)})


def test_few_rows_stay_as_they_are() -> None:
    reference, recent = side(5, 10, "a"), side(2, 10, "b")
    kept = windows.subsample(reference, recent, max_rows=50, seed=1)
    assert kept[0] is reference and kept[1] is recent


def test_entities_are_alike_on_both_sides() -> None:
    reference, recent = windows.subsample(side(40, 30, "a"), side(20, 6, "b"), max_rows=1000, seed=1)
    assert (len(reference), len(recent)) == (240, 120)
    assert reference["entity"].nunique() == 40


def test_long_entities_lose_rows() -> None:
    reference, recent = windows.subsample(side(40, 100, "a"), side(10, 100, "b"), max_rows=800, seed=1)
    assert (len(reference), len(recent)) == (800, 200)
    assert reference["entity"].nunique() == 40 and recent["entity"].nunique() == 10


def test_short_entities_are_left_out_whole() -> None:
    reference, recent = windows.subsample(side(400, 10, "a"), side(30, 10, "b"), max_rows=1000, seed=1)
    assert (len(reference), len(recent)) == (1000, 300)
    assert reference["entity"].value_counts().eq(10).all()


def test_thinning_is_repeatable() -> None:
    first, second = (windows.subsample(side(400, 3, "a"), side(30, 3, "b"), max_rows=500, seed=7)[0] for _ in range(2))
    assert first.equals(second) and first.index.is_monotonic_increasing
