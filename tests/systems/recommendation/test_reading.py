"""Raw files into examples: the real formats, histories, groups, and one sentence for each thing that can be wrong."""

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.prepare import prepare_examples
from hallmark.systems.recommendation import reading

from .conftest import FILE, READING, SPLIT, made


def test_a_row_for_each_interaction_but_the_first(examples: Examples, raw: Path) -> None:
    table = pd.read_csv(raw / "interactions.csv")
    assert len(examples) == len(table) - table["user"].nunique()
    assert examples.arrays["items"].shape == examples.arrays["days_ago"].shape == (len(examples), 60)
    assert examples.table["id"].is_unique
    assert examples.groups == ["group.gender", "group.age", "group.genre"]
    assert examples.labels == ()
    assert examples.source.simulated

    own = table[table["user"] == "u00007"].reset_index(drop=True)
    row = int(np.flatnonzero(examples.table["id"] == "u00007 3")[0])
    names = np.array(["", *examples.encoding["items"]])

    assert names[examples.arrays["items"][row]].tolist() == [""] * 57 + own["item"][:3].tolist()
    assert names[examples.arrays["target.item"][row]] == own["item"][3]

    days = (pd.Timestamp(own["time"][3]) - pd.to_datetime(own["time"][:3])) / pd.Timedelta(days=1)
    np.testing.assert_allclose(examples.arrays["days_ago"][row, -3:], days, rtol=1e-5)

    titles = pd.read_csv(raw / "items.csv").set_index("item")
    assert examples.table["label"][row] == titles.loc[own["item"][3], "title"]
    assert examples.table["group.genre"][row] == titles.loc[own["item"][3], "genre"]


def test_encode_thins_and_counts_in_training_only(examples: Examples, prepared: Examples) -> None:
    test_rows = prepared.table[prepared.table["split"] == "test"]
    assert test_rows.groupby("entity").size().unique().tolist() == [3]

    counted = prepared.arrays["target.counted"]
    train = (prepared.table["split"] == "train").to_numpy()
    assert (counted[~train].sum(axis=1) == 1).all()
    assert counted[~train, -1].all()

    users = set(prepared.table["entity"][train])
    assert counted[train].sum() == examples.table["entity"].isin(users).sum()
    counts = np.array(prepared.encoding["training_counts"])
    assert counts.sum() == counted[train].sum()

    later = examples.table["entity"].isin(set(prepared.table["entity"][prepared.table["split"] == "test"]))
    changed = dict(examples.arrays)
    changed["target.item"] = np.where(later, 1, changed["target.item"]).astype(np.int32)
    again = prepare_examples(
        Examples(examples.table, changed, encoding=examples.encoding), **SPLIT, encode=reading.encode
    )
    assert again.encoding["training_counts"] == prepared.encoding["training_counts"]


def test_bands_of_popularity_by_hand() -> None:
    bands = reading.popularity_bands(np.array([1, 9, 0, 5, 4, 5]))
    assert bands.tolist() == ["niche", "popular", "niche", "medium", "niche", "medium"]


def test_history_popularity_by_hand() -> None:
    examples = made([[0, 1, 2], [0, 1, 2], [3, 1, 4]], items=11, length=4)  # next: 1 thrice, 2 twice, 4 once
    assert examples.encoding["training_counts"] == [0, 3, 2, 0, 1, 0, 0, 0, 0, 0, 0]
    rank = {1: 11 / 11, 0: 4.5 / 11, 3: 4.5 / 11}  # the last of 11; the middle of the eight that nobody chose next
    found = examples.table["descriptor.history_popularity"]
    assert found.tolist() == pytest.approx([(rank[0] + rank[1]) / 2] * 2 + [(rank[3] + rank[1]) / 2])


def test_leave_last_out_counts_the_last_two_of_a_user_in_no_training_row(examples: Examples) -> None:
    prepared = prepare_examples(examples, **SPLIT | {"method": "leave_last_out"}, encode=reading.encode)
    splits = prepared.table.groupby("split")
    assert splits.size()["test"] == splits.size()["validation"] == prepared.table["entity"].nunique()
    train = (prepared.table["split"] == "train").to_numpy()
    assert prepared.arrays["target.counted"][train].sum() == len(examples) - 2 * prepared.table["entity"].nunique()


MOVIES = {
    "users.dat": "1::F::25\n2::M::40\n",
    "movies.dat": "".join(f"{n}::Film {n}::Comedy|War\n" for n in range(1, 13)),
}
RATINGS = "1::3::5::100\n1::2::4::100\n1::4::4::90\n2::1::3::10\n2::12::3::20\n"
DAT = {**FILE, "separator": "::"}
MOVIELENS: dict[str, Any] = {
    "interactions": {**DAT, "file": "ratings.dat", "header": ["user", "item", "rating", "time"]},
    "users": {
        **DAT,
        "file": "users.dat",
        "header": ["user", "sex", "age"],
        "key": "user",
    },
    "groups": {"sex": {"names": {"F": "women", "M": "men"}}},
    "items": {
        **DAT,
        "file": "movies.dat",
        "header": ["item", "title", "genres"],
        "key": "item",
        "title": "title",
        "genre": "genres",
        "genres": [],
        "names": {"Comedy": "light"},
    },
    "length": 4,
    "memory": 4,
    "rows_per_user": 2,
}


def movielens(folder: Path, **files: str) -> None:
    for name, content in {
        **MOVIES,
        "ratings.dat": RATINGS,
        **{k.replace("_", "."): v for k, v in files.items()},
    }.items():
        (folder / name).write_text(content, encoding="utf-8")


def test_double_colons_without_a_header(tmp_path: Path) -> None:
    movielens(tmp_path)
    examples = raw_data.read("recommendation", tmp_path, **MOVIELENS)
    assert examples.table["label"].tolist() == ["Film 3", "Film 2", "Film 12"]  # equal times keep the file's order
    assert examples.arrays["items"].tolist() == [[0, 0, 0, 4], [0, 0, 4, 3], [0, 0, 0, 1]]
    assert examples.table["group.sex"].tolist() == ["women", "women", "men"]
    assert set(examples.table["group.genre"]) == {"light"}


def test_parquet_without_tables_of_users_and_items(raw: Path, tmp_path: Path, examples: Examples) -> None:
    frame = pd.read_csv(raw / "interactions.csv", parse_dates=["time"])
    frame.to_parquet(tmp_path / "log.parquet")
    bare = READING | {"interactions": {**FILE, "file": "log.parquet"}, "users": None, "items": None}
    bare |= {"groups": {}, "bands": {}}
    found = raw_data.read("recommendation", tmp_path, **bare)
    assert found.groups == []
    assert found.table["label"].str.startswith("i0").all()
    np.testing.assert_array_equal(found.table["time"], examples.table["time"])


def test_an_empty_genre_is_unknown(tmp_path: Path) -> None:
    rows = "".join(f"{n}::Film {n}::{'' if n % 2 else 'Comedy|War'}\n" for n in range(1, 13))
    movielens(tmp_path, movies_dat=rows)
    found = raw_data.read("recommendation", tmp_path, **MOVIELENS).table
    assert found["label"].tolist() == ["Film 3", "Film 2", "Film 12"]
    assert found["group.genre"].tolist() == ["unknown", "light", "light"]


def test_genres_in_columns_of_0_and_1(tmp_path: Path) -> None:
    rows = "".join(f"{n},Film {n},{n % 2},1\n" for n in range(1, 13))
    movielens(tmp_path, movies_dat="id,name,War,Comedy\n" + rows)
    items = {**FILE, "file": "movies.dat", "key": "id", "title": "name", "genre": "", "names": {}}
    found = raw_data.read("recommendation", tmp_path, **MOVIELENS | {"items": {**items, "genres": ["War", "Comedy"]}})
    assert found.table["group.genre"].tolist() == ["War", "Comedy", "Comedy"]

    movielens(tmp_path, movies_dat="id,name,War,Comedy\n" + rows.replace(",1,1", ",0,0", 1))
    with pytest.raises(InputError, match=r"movies\.dat, row 1: none of the genres \['War', 'Comedy'\] is 1"):
        raw_data.read("recommendation", tmp_path, **MOVIELENS | {"items": {**items, "genres": ["War", "Comedy"]}})

    movielens(tmp_path, movies_dat="id,name,War,Comedy\n" + rows.replace(",1,1", ",2,0", 1))
    with pytest.raises(InputError, match=r"column 'War', row 1: the value '2' is neither 0 nor 1"):
        raw_data.read("recommendation", tmp_path, **MOVIELENS | {"items": {**items, "genres": ["War", "Comedy"]}})


def test_repeats_and_short_users_by_configuration(tmp_path: Path) -> None:
    movielens(tmp_path, ratings_dat=RATINGS + "1::3::5::300\n")
    assert len(raw_data.read("recommendation", tmp_path, **MOVIELENS, repeats=True)) == 4
    movielens(tmp_path, ratings_dat=RATINGS + "2::3::5::300\n1::5::1::1\n")
    assert set(raw_data.read("recommendation", tmp_path, **MOVIELENS, least_interactions=4).table["entity"]) == {"1"}


@pytest.mark.parametrize(
    ("files", "changes", "sentence"),
    [
        ({"ratings_dat": RATINGS + "1::99::3::5\n"}, {}, r"column 'item', row 6: the value '99' is none of the 12"),
        ({"ratings_dat": RATINGS + "1::::3::5\n"}, {}, r"column 'item', row 6: the empty cell has no value"),
        ({"ratings_dat": RATINGS + "nan::1::3::5\n"}, {}, r"column 'user', row 6: the empty cell has no value"),
        ({"ratings_dat": RATINGS + "1::5::3::soon\n"}, {}, r"column 'time', row 6: the value 'soon' is neither"),
        ({"ratings_dat": RATINGS + "1::5::3::-4\n"}, {}, r"column 'time', row 6: the value '-4' is a negative time"),
        ({"ratings_dat": RATINGS + "1::5::3::\n"}, {}, r"column 'time', row 6: the empty cell has no value"),
        ({"ratings_dat": RATINGS + "1::3::3::400\n"}, {}, r"row 6: the value '3' comes a second time for its user"),
        ({"ratings_dat": RATINGS.replace("2::12::3::20\n", "")}, {}, r"row 4: the value '2' has one interaction"),
        ({"ratings_dat": RATINGS + "3::1::3::5\n3::2::3::6\n"}, {}, r"user '3' of the interactions is not in"),
        ({"ratings_dat": "1::2::3\n"}, {}, r"ratings\.dat has 3 columns, the configuration names 4"),
        ({"ratings_dat": ""}, {}, r"ratings\.dat is empty"),
        ({}, {"least_interactions": 9}, r"ratings\.dat has no user with 9 interactions"),
        ({"users_dat": "1::F::25\n1::M::40\n"}, {}, r"column 'user', row 2: the value '1' stands there twice"),
        ({"users_dat": "1::F::25\n2::X::40\n"}, {}, r"column 'sex', row 2: the value 'X' is none of the values"),
        ({"movies_dat": MOVIES["movies.dat"] + "3::Film::War\n"}, {}, r"column 'item', row 13: .* stands there twice"),
        ({"movies_dat": MOVIES["movies.dat"].replace("Comedy", "War", 1)}, {}, r"row 1: the genre 'War' is none of"),
        ({"movies_dat": "".join(f"{n}::F::Comedy\n" for n in range(10))}, {}, r"has 10 items: a ranking of 10 needs"),
        ({}, {"length": 1}, r"length in .* is 1: it must be at least 2"),
        ({}, {"memory": 3}, r"memory in .* is 3: it must be at least prepare\.reading\.length, 4"),
        ({}, {"rows_per_user": 0}, r"rows_per_user in .* is 0: it must be at least 1"),
    ],
)  # fmt: skip
def test_bad_input(tmp_path: Path, files: dict[str, str], changes: dict[str, Any], sentence: str) -> None:
    movielens(tmp_path, **files)
    with pytest.raises(InputError, match=sentence):
        raw_data.read("recommendation", tmp_path, **MOVIELENS | changes)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "data"])
def test_each_format_names_a_missing_column_and_a_missing_value(raw: Path, tmp_path: Path, suffix: str) -> None:
    shutil.copytree(raw, tmp_path, dirs_exist_ok=True)
    frame = pd.read_csv(raw / "interactions.csv")
    separator = "\t" if suffix == "data" else ","
    spoilt = {"item": frame.drop(columns="item"), "user": frame.assign(user=frame["user"].where(frame.index != 8))}
    for column, sentence in (("item", "has no column 'item'"), ("user", "column 'user', row 9: the empty cell")):
        file = tmp_path / f"log.{suffix}"
        if suffix == "parquet":
            spoilt[column].to_parquet(file)
        else:
            spoilt[column].to_csv(file, sep=separator, index=False)
        said = {**FILE, "file": file.name, "separator": separator}
        with pytest.raises(InputError, match=sentence):
            raw_data.read("recommendation", tmp_path, **READING | {"interactions": said})


def test_a_former_model_gets_its_own_codes_of_the_items(raw: Path, tmp_path: Path, prepared: Examples) -> None:
    folder = tmp_path / "raw"
    shutil.copytree(raw, folder)
    pd.read_csv(raw / "items.csv").sample(frac=1, random_state=2).to_csv(folder / "items.csv", index=False)
    shuffled = raw_data.read("recommendation", folder, **READING)
    today = prepare_examples(shuffled, **SPLIT, encode=reading.encode)
    assert today.arrays["items"].shape == prepared.arrays["items"].shape
    assert (today.arrays["items"] != prepared.arrays["items"]).any()  # the same items under other codes

    again = prepare_examples(shuffled, **SPLIT, encode=partial(reading.encode, encoding=prepared.encoding))
    for name, array in prepared.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)
    assert again.table["fingerprint"].tolist() == prepared.table["fingerprint"].tolist()
    assert again.table["label"].tolist() == today.table["label"].tolist()
    assert again.encoding["training_counts"] == prepared.encoding["training_counts"]


def test_a_former_catalogue_of_other_items_is_refused(examples: Examples, prepared: Examples) -> None:
    other = {**prepared.encoding, "items": [*prepared.encoding["items"][:-1], "new"]}
    with pytest.raises(InputError, match="2 are in one of them alone"):
        prepare_examples(examples, **SPLIT, encode=partial(reading.encode, encoding=other))
