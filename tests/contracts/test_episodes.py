"""The episodes table on disk, and its rows beside the predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts import episodes
from hallmark.errors import InputError

EPISODES = pd.DataFrame(
    {
        "scorer": "model",
        "id": ["a start 0", "a start 1"],
        "split": "test",
        "entity": "a",
        "score.return": [-3.0, -5.0],
        "weight.return": 1.0,
    }
)
PREDICTIONS = pd.DataFrame(
    {
        "scorer": ["model", "rule"],
        "id": "a:0",
        "split": "test",
        "entity": "a",
        "prediction": ["left", "right"],
        "score.accuracy": [1.0, 0.0],
        "weight.accuracy": 1.0,
    }
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "evaluate/episodes.parquet"
    for table in (EPISODES, episodes.none()):
        episodes.write(table, path)
        pd.testing.assert_frame_equal(episodes.read(path), table)
    assert list(episodes.none().columns) == list(episodes.REQUIRED)


def test_a_table_that_is_missing_or_lacks_a_column_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "episodes.parquet"
    with pytest.raises(InputError, match=r"the episodes table is missing: .*episodes\.parquet"):
        episodes.read(path)

    EPISODES.drop(columns="entity").to_parquet(path)
    with pytest.raises(InputError, match=r"episodes\.parquet lacks the columns entity: run evaluate again"):
        episodes.read(path)

    path.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="is no whole table of episodes"):
        episodes.read(path)


def test_each_row_has_weight_0_in_the_metrics_of_the_other_table() -> None:
    rows = episodes.with_episodes(PREDICTIONS, EPISODES)
    assert rows["id"].tolist() == ["a:0", "a:0", "a start 0", "a start 1"]
    assert rows["weight.accuracy"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert rows["weight.return"].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert rows["prediction"].isna().tolist() == [False, False, True, True]
    assert np.isnan(rows["score.return"].iloc[0])


def test_predictions_without_episodes_stay_as_they_are() -> None:
    pd.testing.assert_frame_equal(episodes.with_episodes(PREDICTIONS, episodes.none()), PREDICTIONS)


def test_an_episode_is_of_one_of_the_scorers() -> None:
    expert = EPISODES.assign(scorer="expert")
    with pytest.raises(InputError, match="the episodes are of 'expert', which is none of the scorers"):
        episodes.with_episodes(PREDICTIONS, expert)
