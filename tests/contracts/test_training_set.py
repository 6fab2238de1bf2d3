from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts import training_set
from hallmark.contracts.training_set import TrainingSet
from hallmark.errors import InputError

KEY = "k" * 64


def table(entities: list[str], times: list[float] | None = None) -> pd.DataFrame:
    rows = pd.DataFrame({"entity": entities, "fingerprint": [f"f{place}" for place in range(len(entities))]})
    return rows if times is None else rows.assign(time=times)


def test_it_knows_who_and_what_trained_it_and_when_last(tmp_path: Path) -> None:
    taught = TrainingSet.of(table(["ann", "bob", "ann"], [1.0, 5.0, 3.0]), table(["eve"], [2.0]), key=KEY)
    (tmp_path / "file").write_bytes(taught.to_bytes())
    found = training_set.read(tmp_path / "file", key=KEY)
    assert found.contains_entities(["bob", "mallory", "ann", "eve"]).tolist() == [True, False, True, True]
    assert found.contains_fingerprints(["f2", "f3"]).tolist() == [True, False]
    np.testing.assert_array_equal(found.last_times_of(["ann", "bob", "eve", "mallory"]), [3.0, 5.0, 2.0, np.nan])


@pytest.mark.parametrize("zone", ["", "+00:00"])
def test_times_may_be_dates(zone: str) -> None:
    dates = pd.to_datetime([f"1970-01-01 00:00:{second}{zone}" for second in ("07", "05")])
    found = TrainingSet.of(table(["ann", "ann"]).assign(time=dates), key=KEY)
    assert found.last_times_of(["ann"]).tolist() == [7.0]
    unknown = TrainingSet.of(table(["ann"]).assign(time=pd.DatetimeIndex([pd.NaT])), key=KEY)
    assert np.isnan(unknown.last_times_of(["ann"])).all()


def test_the_same_rows_in_another_order_give_the_same_bytes_and_another_key_other_hashes() -> None:
    rows = table([f"e{place}" for place in range(50)])
    shuffled = rows.sample(frac=1, random_state=1)
    assert TrainingSet.of(rows, key=KEY).to_bytes() == TrainingSet.of(shuffled, key=KEY).to_bytes()
    other = TrainingSet.of(rows, key="other")
    assert not set(other.entities.tolist()) & set(TrainingSet.of(rows, key=KEY).entities.tolist())
    assert np.isnan(other.last_times_of(["e1"])).all()  # no times


@pytest.mark.parametrize("content", [b"", b"not hashes", TrainingSet.of(table(["a"]), key=KEY).to_bytes()[:-8]])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match="file does not hold what trained the package"):
        training_set.read(tmp_path / "file", key=KEY)
