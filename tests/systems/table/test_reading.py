"""Raw files into examples: both modes, joins, groups, and one sentence for each thing that can be wrong."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.table.reading.history import CURRENT, HISTORY

from .conftest import FLAT, READING, clients


def test_history_mode_gives_aligned_arrays(examples: Examples, raw: Path) -> None:
    transactions = pd.read_parquet(raw / "transactions.parquet").set_index("transaction")
    assert len(examples) == len(transactions)
    assert examples.arrays["history"].shape == (len(examples), 8, len(HISTORY) + 1 + 2)
    assert examples.arrays["current"].shape == (len(examples), len(CURRENT) + 2 + 2)
    assert {array.dtype for array in examples.arrays.values()} == {np.dtype(np.float32)}
    own = transactions.loc[examples.table["id"]]
    np.testing.assert_allclose(examples.table["descriptor.amount"], own["amount"])
    np.testing.assert_allclose(examples.arrays["current"][:, 0], np.log1p(own["amount"]), rtol=1e-5)
    assert (examples.targets() == own["fraud"]).all()
    assert examples.labels == ("genuine", "fraud")
    assert examples.groups == ["group.region", "group.age"]
    assert np.isfinite(examples.table[examples.descriptors].to_numpy()).all()
    assert examples.source.simulated


def test_the_last_of_the_history_is_the_row_before(examples: Examples) -> None:
    row = int(np.flatnonzero((examples.table["entity"].shift() == examples.table["entity"]).to_numpy())[40])
    table, last = examples.table, examples.arrays["history"][row, -1]
    assert np.expm1(last[2]) == pytest.approx(table["descriptor.amount"].iloc[row - 1], rel=1e-4)
    hours = (table["time"].iloc[row] - table["time"].iloc[row - 1]) / 3600
    assert table["descriptor.hours_since_last"].iloc[row] == pytest.approx(hours)
    assert np.expm1(last[1]) == pytest.approx(hours, rel=1e-4)


def test_rows_of_the_warm_up_serve_as_history_only(examples: Examples, raw: Path) -> None:
    warm = raw_data.read("table", raw, **{**READING, "history": {**READING["history"], "warm_up": 30.0}})
    start = examples.table["time"].min() + 30 * 86_400
    late = (examples.table["time"] >= start).to_numpy()
    assert 0 < len(warm) < len(examples)
    assert list(warm.table["id"]) == list(examples.table["id"][late])
    assert np.array_equal(warm.arrays["history"], examples.arrays["history"][late])


def test_csv_and_parquet_read_alike(examples: Examples, raw: Path, tmp_path: Path) -> None:
    for name in ("customers.csv", "terminals.csv"):
        shutil.copy(raw / name, tmp_path)
    pd.read_parquet(raw / "transactions.parquet").to_csv(tmp_path / "transactions.csv", index=False)
    again = raw_data.read("table", tmp_path, **READING | {"file": "transactions.csv"})
    pd.testing.assert_frame_equal(again.table, examples.table, check_dtype=False)
    for name, array in examples.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)


def test_history_without_tables_has_no_places(raw: Path) -> None:
    bare = {"amount": "amount", "place": "terminal", "length": 4}
    examples = raw_data.read(
        "table",
        raw,
        **READING | {"history": bare, "categorical": {}, "groups": {}, "bands": {}, "leave_out": ["*.csv"]},
    )
    assert examples.arrays["history"].shape[1:] == (4, len(HISTORY))
    assert "descriptor.km_from_home" not in examples.table


def test_an_amount_below_0_is_refused_and_one_of_0_is_read(raw: Path, tmp_path: Path) -> None:
    for name in ("customers.csv", "terminals.csv"):
        shutil.copy(raw / name, tmp_path)
    table = pd.read_parquet(raw / "transactions.parquet")
    amounts = table["amount"].astype(float).to_numpy(copy=True)
    amounts[:2] = 0.0
    table.assign(amount=amounts).to_parquet(tmp_path / "transactions.parquet")
    found = raw_data.read("table", tmp_path, **READING)
    zero = (found.table["descriptor.amount"] == 0).to_numpy()
    assert zero.sum() == 2
    assert (found.arrays["current"][zero, CURRENT.index("log_amount")] == 0).all()

    amounts[2:4] = -50.0
    table.assign(amount=amounts).to_parquet(tmp_path / "transactions.parquet")
    with pytest.raises(
        InputError, match=r"column 'amount', row 3: the value '-50.0' is below 0, .*leave refunds out.*1 more"
    ):
        raw_data.read("table", tmp_path, **READING)


def test_flat_table(flat: Examples) -> None:
    raw = clients()
    assert list(flat.arrays) == ["current"]
    np.testing.assert_array_equal(flat.arrays["current"][:, 0], raw["delay"])
    np.testing.assert_array_equal(flat.arrays["current"][:, 3], raw["job"] == "farmer")
    assert flat.arrays["current"].shape == (400, 4)  # the smith is neither
    assert flat.descriptors == ["descriptor.delay", "descriptor.limit"]
    assert flat.table["id"].tolist()[:2] == ["1", "2"]
    assert set(flat.table["group.SEX"]) == {"male", "female"}
    on_edge = raw["AGE"] == 30
    assert set(flat.table["group.AGE"][on_edge]) == {"30 to under 50"}
    assert set(flat.table["group.AGE"]) == {"under 30", "30 to under 50", "50 and over"}
    assert flat.source.title.startswith("test_flat_table")  # the raw folder's name


@pytest.mark.parametrize("categorical", [{}, {"job": []}])
def test_a_flat_table_without_inputs_is_refused(tmp_path: Path, categorical: dict[str, list[str]]) -> None:
    clients().to_csv(tmp_path / "clients.csv", index=False)
    with pytest.raises(InputError, match=r"numeric in .* and prepare\.reading\.categorical name no input"):
        raw_data.read("table", tmp_path, **FLAT | {"numeric": [], "categorical": categorical})


def test_equal_rows_are_one_entity(tmp_path: Path) -> None:
    raw = clients()
    pd.concat([raw, raw.iloc[[5, 5]]]).to_csv(tmp_path / "clients.csv", index=False)
    entity = raw_data.read("table", tmp_path, **FLAT).table["entity"]
    assert entity.iloc[400] == entity.iloc[401] == entity.iloc[5]
    assert entity.nunique() == len(raw.drop_duplicates(["delay", "limit", "job"]))


def test_the_source_can_be_told(tmp_path: Path) -> None:
    clients().to_csv(tmp_path / "clients.csv", index=False)
    told = {"title": "Clients", "origin": "a bank", "licence": "CC BY 4.0", "entity": "client"}
    assert raw_data.read("table", tmp_path, **FLAT, source=told).source.origin == "a bank"
    (tmp_path / "source.json").write_text('{"name": 3}')
    with pytest.raises(InputError, match=r"source\.json must hold title"):
        raw_data.read("table", tmp_path, **FLAT)


def spoil(column: str, value: Any, row: int = 16) -> pd.DataFrame:
    table = clients().astype({column: object})
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "changes", "sentence"),
    [
        (spoil("delay", None), {}, r"clients\.csv, column 'delay', row 17: the empty cell has no value"),
        (spoil("limit", "much"), {}, r"column 'limit', row 17: the value 'much' is no finite number"),
        (spoil("limit", "inf"), {}, r"column 'limit', row 17: the value 'inf' is no finite number"),
        (spoil("default", 2), {}, r"column 'default', row 17: the value '2' is none of the values that "),
        (spoil("SEX", 3), {}, r"column 'SEX', row 17: the value '3' is none of the values that prepare\.reading"),
        (spoil("job", ""), {}, r"column 'job', row 17: the empty cell has no value"),
        (
            clients().drop(columns="default"),
            {},
            r"clients\.csv has no column 'default', which .*columns\.label names; it has \['delay', ",
        ),
        (
            clients(),
            {"columns": {"label": "default", "id": "SEX"}, "groups": {}},
            r"column 'SEX', row \d+: the value '\w+' stands there twice",
        ),
        (
            clients(),
            {"columns": {"label": "default", "time": "delay"}},
            r"column 'delay', row \d+: the value '-1' is a negative time",
        ),
        (
            clients(),
            {"columns": {"label": "default", "time": "job"}},
            r"column 'job', row 1: the value '\w+' is neither a number of seconds nor",
        ),
        (
            spoil("AGE", "nan"),
            {"columns": {"label": "default", "time": "AGE"}},
            r"column 'AGE', row 17: the empty cell has no value",
        ),
        (
            clients(),
            {"labels": {"0": "good", "1": "good"}},
            r"labels in .* is \['good'\]: it must name at least two labels",
        ),
        (clients(), {"bands": {"AGE": {"edges": [50, 30]}}}, r"bands\.AGE\.edges in .* ascending"),
        (
            clients(),
            {"history": {"amount": "limit", "place": "job", "length": 3}},
            r"columns.entity in .* is null: prepare.reading.history needs it",
        ),
        (clients().iloc[:0], {}, r"clients\.csv is empty: it has no rows"),
    ],
)
def test_bad_input(tmp_path: Path, table: pd.DataFrame, changes: dict[str, Any], sentence: str) -> None:
    table.to_csv(tmp_path / "clients.csv", index=False)
    with pytest.raises(InputError, match=sentence):
        raw_data.read("table", tmp_path, **FLAT | changes)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("clients.csv", b"", "clients.csv is empty"),
        (
            "clients.csv",
            b'a,b\n1,2\n1,2,3\n"',
            "clients.csv, row 2 .line 3.: 3 cells where the header has 2; 1 more rows",
        ),
        ("clients.csv", b"a\xff\xfe,b\n1,2\n", "clients.csv, line 1: byte 2, 0xff, is no utf-8 text"),
        ("clients.parquet", b"PAR1 but not really", "clients.parquet can't be read as Parquet"),
    ],
)
def test_unreadable_files(tmp_path: Path, file: str, content: bytes, sentence: str) -> None:
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        raw_data.read("table", tmp_path, **FLAT | {"file": file})


def test_missing_folder_and_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the raw data is missing: there is no folder .*nowhere"):
        raw_data.read("table", tmp_path / "nowhere", **FLAT)
    with pytest.raises(InputError, match=r"the raw file is missing: .*clients\.csv"):
        raw_data.read("table", tmp_path, **FLAT)


def test_a_card_that_the_customers_lack(raw: Path, tmp_path: Path) -> None:
    shutil.copytree(raw, tmp_path, dirs_exist_ok=True)
    customers = pd.read_csv(tmp_path / "customers.csv")
    gone = pd.read_parquet(raw / "transactions.parquet")["card"].iloc[0]
    customers[customers["card"] != gone].to_csv(tmp_path / "customers.csv", index=False)
    with pytest.raises(InputError, match=rf"column 'card', row 1: the value '{gone}' is not in .*customers\.csv"):
        raw_data.read("table", tmp_path, **READING)
    customers.assign(amount=1).to_csv(tmp_path / "customers.csv", index=False)
    with pytest.raises(InputError, match=r"both have a column 'amount': rename one"):
        raw_data.read("table", tmp_path, **READING)


def test_a_row_without_an_id_is_called_by_its_own_number(examples: Examples, raw: Path) -> None:
    transactions = pd.read_parquet(raw / "transactions.parquet")
    numbered = raw_data.read("table", raw, **READING | {"columns": {**READING["columns"], "id": None}})
    place = pd.Series(np.arange(1, len(transactions) + 1), transactions["transaction"])
    assert numbered.table["id"].tolist() == place[examples.table["id"]].astype(str).tolist()
    own = transactions.iloc[numbered.table["id"].astype(int) - 1]
    np.testing.assert_array_equal(numbered.table["descriptor.amount"], own["amount"])
