"""Reading: arrays by hand, the three formats, and one sentence for each fault of a log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

from .conftest import READING, WALLS, walk

SMALL: dict[str, Any] = {
    "file": "log.csv",
    "observations": ["a", "b"],
    "history": 3,
    "actions": {"push": {"low": 0.0, "high": 10.0}, "turn": {"low": -1.0, "high": 1.0}},
    "columns": {"entity": "episode", "step": "step"},
}


def log() -> pd.DataFrame:
    """Two episodes whose rows are mixed and out of order."""
    return pd.DataFrame(
        {
            "episode": ["x", "y", "x", "x", "y"],
            "step": [2, 7, 0, 1, 8],
            "a": [2.0, 17.0, 0.0, 1.0, 18.0],
            "b": [0.5] * 5,
            "push": [0.0, 10.0, 5.0, 2.5, 1.0],
            "turn": [0.0, 1.0, -1.0, 0.5, 0.0],
        }
    )


def written(folder: Path, frame: pd.DataFrame, file: str = "log.csv") -> Path:
    if file.endswith(".csv"):
        frame.to_csv(folder / file, index=False)
    elif file.endswith(".parquet"):
        frame.to_parquet(folder / file)
    else:
        columns = {name: frame[name].to_numpy(str if frame[name].dtype == object else None) for name in frame.columns}
        np.savez(folder / file, allow_pickle=False, **columns)
    return folder


@pytest.mark.parametrize("file", ["log.csv", "log.parquet", "log.npz"])
def test_histories_by_hand_from_every_format(tmp_path: Path, file: str) -> None:
    found = raw_data.read("robotics", written(tmp_path, log(), file), **SMALL | {"file": file})
    assert found.table["id"].tolist() == ["x:0", "x:1", "x:2", "y:7", "y:8"]
    assert found.table["entity"].tolist() == ["x", "x", "x", "y", "y"]
    assert found.arrays["observations"][:, :, 0].tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 2], [0, 0, 17], [0, 17, 18]]
    assert found.arrays["present"].tolist() == [[0, 0, 1], [0, 1, 1], [1, 1, 1], [0, 0, 1], [0, 1, 1]]
    np.testing.assert_allclose(found.arrays["target.action"][:, 0], [0.5, 0.25, 0.0, 1.0, 0.1])
    np.testing.assert_allclose(found.arrays["target.action"][:, 1], [0.0, 0.75, 0.5, 1.0, 0.5])
    assert {array.dtype for array in found.arrays.values()} == {np.dtype(np.float32)}
    assert found.encoding["actions"]["turn"] == {"low": -1.0, "high": 1.0}
    assert found.labels == ()


def test_descriptors_by_hand(tmp_path: Path) -> None:
    table = raw_data.read("robotics", written(tmp_path, log()), **SMALL).table
    assert table["descriptor.step"].tolist() == [0, 1, 2, 0, 1]
    assert table["descriptor.level"].tolist() == [0.25, 0.75, 1.25, 8.75, 9.25]
    assert table["descriptor.change"].tolist() == [0, 0.5, 0.5, 0, 0.5]  # b never changes
    assert table["descriptor.noise"].tolist() == [0, 0, 0, 0, 0]  # a straight line does not jitter

    jitter = log().assign(a=[1.0, 0.0, 1.0, -1.0, 0.0])
    noise = raw_data.read("robotics", written(tmp_path, jitter), **SMALL).table["descriptor.noise"]
    assert noise[2] == pytest.approx(np.sqrt((4.0**2 + 0) / 2 / 6))

    held = log().assign(a=1.0)
    assert raw_data.read("robotics", written(tmp_path, held), **SMALL).table["descriptor.repeated"].tolist() == [
        0,
        1,
        1,
        0,
        1,
    ]


def test_thinned_rows_have_whole_histories(tmp_path: Path) -> None:
    found = raw_data.read("robotics", written(tmp_path, log()), **SMALL | {"every": 2})
    assert found.table["id"].tolist() == ["x:0", "x:2", "y:7"]
    assert found.arrays["observations"][1, :, 0].tolist() == [0, 1, 2]


def test_matrices_of_an_npz_file_are_columns(tmp_path: Path) -> None:
    frame = log()
    arrays = {"o": frame[["a", "b"]].to_numpy(), "u": frame[["push", "turn"]].to_numpy(), "t": frame["step"].to_numpy()}
    np.savez(tmp_path / "log.npz", allow_pickle=False, episode=np.array([1, 2, 1, 1, 2]), **arrays)
    named = {"file": "log.npz", "observations": ["o.0", "o.1"], "columns": {"entity": "episode", "step": "t"}}
    actions = {"u.0": {"low": 0.0, "high": 10.0}, "u.1": {"low": -1.0, "high": 1.0}}

    found = raw_data.read("robotics", tmp_path, **SMALL | named | {"actions": actions})
    (tmp_path / "log.npz").unlink()
    expected = raw_data.read("robotics", written(tmp_path, frame), **SMALL)

    for name, array in expected.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)


def test_blocks_are_entities_and_histories_end_at_their_edges(tmp_path: Path) -> None:
    walk(50).to_csv(tmp_path / "walls.csv", index=False)
    found = raw_data.read("robotics", tmp_path, **WALLS)
    assert found.table["entity"].unique().tolist() == ["log/0000", "log/0001", "log/0002"]
    assert found.table.groupby("entity").size().tolist() == [20, 20, 10]
    assert np.flatnonzero(found.arrays["present"][:, 0] == 0).tolist() == [0, 20, 40]
    assert found.table["time"].is_monotonic_increasing
    assert found.labels == ("forward", "right")
    assert set(found.arrays) == {"observations", "present"}


def test_time_does_not_go_back_within_an_episode(tmp_path: Path) -> None:
    frame = log().sort_values(["episode", "step"]).assign(time=[10.0, 10.5, 11.0, 3.0, 3.5])
    by_row = SMALL | {"columns": {"entity": "episode", "time": "time"}}
    assert (
        raw_data.read("robotics", written(tmp_path, frame), **by_row).table["time"].tolist() == frame["time"].tolist()
    )

    mixed = frame.iloc[[0, 2, 1, 3, 4]]
    with pytest.raises(InputError, match=r"column 'time', row 3: the value '10\.5' is earlier than the row before it"):
        raw_data.read("robotics", written(tmp_path, mixed), **by_row)
    assert raw_data.read(
        "robotics", written(tmp_path, mixed), **SMALL | {"columns": SMALL["columns"] | {"time": "time"}}
    ).table["id"].tolist()[:2] == [
        "x:0",
        "x:1",
    ]


BY_ROW = SMALL | {"columns": {"entity": "episode"}, "observations": ["a"]}


def rows_of(episodes: list[int], times: list[float] | None = None) -> pd.DataFrame:
    count = len(episodes)
    frame = pd.DataFrame({"episode": episodes, "a": np.arange(count, dtype=float), "push": 1.0, "turn": 0.0})
    return frame if times is None else frame.assign(time=times)


def test_episodes_that_begin_anew_are_refused(tmp_path: Path) -> None:
    joined = rows_of([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    with pytest.raises(
        InputError, match=r"log\.csv, column 'episode', row 7: the value '0' names an episode that ended"
    ):
        raw_data.read("robotics", written(tmp_path, joined), **BY_ROW)

    named = joined.assign(episode=[*[0] * 3, *[1] * 3, *[2] * 3, *[3] * 3])
    assert raw_data.read("robotics", written(tmp_path, named), **BY_ROW).table["entity"].nunique() == 4

    stepped = joined.assign(step=[0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
    assert (
        raw_data.read(
            "robotics", written(tmp_path, stepped), **BY_ROW | {"columns": {"entity": "episode", "step": "step"}}
        )
        .table["entity"]
        .nunique()
        == 2
    )


def test_a_clock_that_ascends_orders_rows_that_do_not_stand_together(tmp_path: Path) -> None:
    by_time = BY_ROW | {"columns": {"entity": "episode", "time": "time"}}
    mixed = rows_of([0, 1, 0, 1, 0, 1], [0.0, 0.01, 0.05, 0.06, 0.1, 0.11])
    table = raw_data.read("robotics", written(tmp_path, mixed), **by_time).table
    assert table["id"].tolist() == ["0:0", "0:1", "0:2", "1:0", "1:1", "1:2"]
    assert table["time"].tolist() == [0.0, 0.05, 0.1, 0.01, 0.06, 0.11]

    coarse = rows_of([0, 0, 1, 1, 0, 0, 1, 1], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    with pytest.raises(InputError, match=r"column 'episode', row 5: the value '0' names an episode that ended before"):
        raw_data.read("robotics", written(tmp_path, coarse), **by_time)


@pytest.mark.parametrize("keys", [{}, {"columns": {"time": "time"}, "block": 4}], ids=["episodes", "one log in blocks"])
def test_a_pause_within_an_episode_is_refused(tmp_path: Path, keys: dict[str, Any]) -> None:
    by_time = BY_ROW | {"columns": {"entity": "episode", "time": "time"}} | keys
    times = [0.0, 0.05, 0.1, 0.15, 60.0, 60.05, 60.1, 60.15]
    with pytest.raises(
        InputError, match=r"column 'time', row 5: the value '60\.0' comes after a pause .* 1\.2e\+03 times"
    ):
        raw_data.read("robotics", written(tmp_path, rows_of([0] * 8, times)), **by_time)

    split = rows_of([0, 0, 0, 0, 1, 1, 1, 1], times)
    if not keys:
        assert raw_data.read("robotics", written(tmp_path, split), **by_time).table["entity"].tolist() == [
            *["0"] * 4,
            *["1"] * 4,
        ]
    stepped = rows_of([0] * 8, times).assign(step=range(8))

    assert (
        len(
            raw_data.read(
                "robotics", written(tmp_path, stepped), **by_time | {"columns": by_time["columns"] | {"step": "step"}}
            )
        )
        == 8
    )


@pytest.mark.parametrize(
    ("times", "row"),
    [
        ([0.0, 0.1, 0.2, 1.19, 1.3, 1.4], None),  # nine readings lost
        ([0.0, 0.1, 0.2, 1.31, 1.4, 1.5], 4),  # eleven
        ([0.0, 0.1, 9.0, 9.1, 9.2, 9.3], 3),
        ([0.0, 9.0, 9.1, 9.2, 9.3, 9.4], 2),
        ([0.0, 0.0, 0.0, 1.0, 1.0, 2.0], None),  # a clock of whole seconds
        ([0.0, 0.0, 1.0, 1.0, 2.0, 60.0], 6),
        ([0.0, 9.0, 18.0, 27.0, 36.0, 45.0], None),  # slow, and even
        ([5.0, 5.0, 5.0, 5.0, 5.0, 5.0], None),
    ],
)
def test_what_counts_as_a_pause(tmp_path: Path, times: list[float], row: int | None) -> None:
    by_time = BY_ROW | {"columns": {"entity": "episode", "time": "time"}}
    folder = written(tmp_path, rows_of([0] * 6, times))
    if row is None:
        found = raw_data.read("robotics", folder, **by_time)
        assert found.arrays["observations"][:, -1, 0].tolist() == [0, 1, 2, 3, 4, 5]
    else:
        with pytest.raises(InputError, match=f"column 'time', row {row}: .* comes after a pause within its episode"):
            raw_data.read("robotics", folder, **by_time)


def test_episodes_of_different_rates_have_their_own_usual_step(tmp_path: Path) -> None:
    slow_and_fast = rows_of([0, 0, 0, 1, 1, 1], [0.0, 10.0, 20.0, 30.0, 30.01, 30.02])
    assert (
        len(
            raw_data.read(
                "robotics",
                written(tmp_path, slow_and_fast),
                **BY_ROW | {"columns": {"entity": "episode", "time": "time"}},
            )
        )
        == 6
    )


def test_settings_are_joined_and_banded(swings: Examples) -> None:
    heavy = swings.table["descriptor.payload"] >= 0.15
    assert (swings.table["group.payload"][heavy] == "0.15 and over").all()
    assert set(swings.table["group.sensor"]) == {"sound", "noisy", "sticking"}
    assert swings.table.groupby("entity")["descriptor.payload"].nunique().max() == 1


def test_a_computed_descriptor_can_make_bands(tmp_path: Path) -> None:
    found = raw_data.read("robotics", written(tmp_path, log()), **SMALL | {"bands": {"level": {"edges": [1.0]}}}).table
    assert found["group.level"].tolist() == ["under 1", "under 1", "1 and over", "1 and over", "1 and over"]


FAULTS: list[tuple[str, Callable[[pd.DataFrame], Any], str]] = [
    ("missing step", lambda f: f.drop(index=3), r"log\.\w+, episode 'x': step 1 is missing"),
    ("duplicate step", lambda f: pd.concat([f, f[3:4]]), r"log\.\w+, episode 'x': step 1 stands there twice"),
    ("half a step", lambda f: f.assign(step=f["step"] + 0.5), r"column 'step', row 1: the value '2\.5' is no whole"),
    ("vast step", lambda f: f.assign(step=[2, 1e30, 0, 1, 8]), r"row 2: the value '1e\+30' is no step: it lies"),
    ("NaN sensor", lambda f: f.assign(b=[0.5, np.nan, 1, 1, 1]), r"column 'b', row 2: the empty cell has no value"),
    ("infinite sensor", lambda f: f.assign(b=[0.5, 1, np.inf, 1, 1]), r"column 'b', row 3: the value 'inf' is no fin"),
    ("no sensor", lambda f: f.drop(columns="a"), r"no column 'a', which .*observations\[0\] names; it has"),
    ("no action", lambda f: f.drop(columns="turn"), r"has no column 'turn'"),
    ("no episode", lambda f: f.drop(columns="episode"), r"has no column 'episode'"),
    ("a date", lambda f: f.assign(a=pd.Timestamp("2020-01-01")), r"column 'a', row 1: .* is (a time|no finite)"),
    ("beyond bounds", lambda f: f.assign(turn=[0, 0, -1.5, 0, 0]), r"row 3: the value '-1\.5' is outside .* -1 to 1"),
]  # fmt: skip


@pytest.mark.parametrize("file", ["log.csv", "log.parquet", "log.npz"])
@pytest.mark.parametrize(("fault", "said"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_fault_of_the_log_is_one_sentence(
    tmp_path: Path, file: str, fault: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        raw_data.read("robotics", written(tmp_path, fault(log()), file), **SMALL | {"file": file})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"actions": {}}, r"actions in .* names none: set actions"),
        ({"actions": {"push": {"low": 5.0, "high": 5.0}}}, r"actions\.push in .* runs from 5 to 5: low must be less"),
        ({"tolerance": 1.5}, r"tolerance in .* is 1\.5: it must be between 0 and 1"),
        (
            {"actions": {}, "columns": {"label": "push"}, "labels": {"0": "stay"}},
            r"labels in .* is \['stay'\]: it must name at least two labels",
        ),
        ({"actions": {}, "labels": {"0": "stay", "1": "go"}}, r"actions in .* names none: set actions"),
        (
            {"columns": {"entity": "episode", "label": "push"}},
            r"actions in .* has numbers, and there are also columns.label or labels: an action is one or other",
        ),
        ({"labels": {"0": "stay", "1": "go"}}, r"has numbers, and there are also columns.label or labels"),
        ({"observations": ["a", "b", "a"]}, r"observations in .* names 'a' 2 times"),
        ({"observations": ["a", "turn"]}, r"'turn', which prepare\.reading\.observations names, too"),
        (
            {
                "actions": {},
                "observations": ["a", "push"],
                "columns": {"label": "push"},
                "labels": {"0": "stay", "1": "go"},
            },
            r"observations in .* names 'push', which prepare\.reading\.columns\.label names, too",
        ),
        (
            {"groups": {"a": {}}, "bands": {"a": {"edges": [1.0]}}},
            r"'a', which prepare\.reading\.groups names, too",
        ),
        ({"history": 0}, r"history in .* is 0: it must be at least 1"),
        ({"every": 0}, r"every in .* is 0: it must be at least 1"),
        ({"observations": []}, r"observations in .* must hold at least one value"),
        ({"block": -1}, r"block in .* is -1: it must be at least 0"),
        ({"file": "other.csv"}, r"the raw file is missing: .*other\.csv"),
        ({"settings": {"file": "robots.csv", "key": "episode"}}, r"the raw file is missing: .*robots\.csv"),
        ({"bands": {"a": {"edges": [2.0, 1.0]}}}, r"bands\.a\.edges in .* ascending"),
    ],
)
def test_an_impossible_declaration_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        raw_data.read("robotics", written(tmp_path, log()), **SMALL | changes)


def test_an_unknown_action_is_refused(tmp_path: Path) -> None:
    walk(50).assign(done=["F"] * 49 + ["B"]).to_csv(tmp_path / "walls.csv", index=False)
    with pytest.raises(InputError, match=r"'done', row 50: the value 'B' is none of .*labels names: \['F', 'R'\]"):
        raw_data.read("robotics", tmp_path, **WALLS)


def test_an_episode_without_settings_is_refused(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "logs.parquet").write_bytes((raw / "logs.parquet").read_bytes())
    pd.read_csv(raw / "episodes.csv")[1:].to_csv(tmp_path / "episodes.csv", index=False)
    with pytest.raises(InputError, match=r"column 'episode', row 1: the value 'e00000' is not in .*episodes\.csv"):
        raw_data.read("robotics", tmp_path, **READING)


@pytest.mark.parametrize("file", ["log.csv", "log.parquet", "log.npz"])
def test_a_truncated_or_empty_file_is_refused(tmp_path: Path, file: str) -> None:
    written(tmp_path, log(), file)
    path = tmp_path / file
    path.write_bytes(b"" if file == "log.csv" else path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=rf"{file} (is empty|can't be read as)"):
        raw_data.read("robotics", tmp_path, **SMALL | {"file": file})
