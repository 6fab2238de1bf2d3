"""The bundled source: files, determinism, and that the log is of the robots that it names."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.robotics import bundled, config

FILES = ("episodes.csv", "logs.parquet", "source.json")


def test_same_seed_same_bytes_other_seed_other_bytes(raw: Path, tmp_path: Path) -> None:
    bundled.write(tmp_path / "same", config.Raw(episodes=80, steps=60), seed=3)
    bundled.write(tmp_path / "other", config.Raw(episodes=80, steps=60), seed=4)
    assert sorted(path.name for path in raw.iterdir()) == list(FILES)
    for name in FILES:
        assert (tmp_path / "same" / name).read_bytes() == (raw / name).read_bytes()
    assert (tmp_path / "other/logs.parquet").read_bytes() != (raw / "logs.parquet").read_bytes()


def test_the_source_says_that_it_is_simulated(raw: Path) -> None:
    source = Source(**json.loads((raw / "source.json").read_text()))
    assert source.simulated
    assert source.entity == "episode"


def test_every_episode_has_every_step_and_settings_of_its_own(raw: Path) -> None:
    logs, episodes = pd.read_parquet(raw / "logs.parquet"), pd.read_csv(raw / "episodes.csv")
    assert (
        logs.groupby("episode")["step"].apply(list) == pd.Series([list(range(60))] * 80, sorted(set(logs["episode"])))
    ).all()
    assert set(logs["episode"]) == set(episodes["episode"])
    assert not episodes.drop(columns="episode").duplicated().any()
    assert episodes["payload"].between(0, 0.3).all()
    assert logs["torque"].abs().max() <= 2.0


def test_demonstrations_see_fast_and_slow_robots_anywhere(raw: Path) -> None:
    first = pd.read_parquet(raw / "logs.parquet").groupby("episode").first()
    assert first["rate"].abs().max() > 7
    assert np.hypot(first["angle_cos"].mean(), first["angle_sin"].mean()) < 0.3


@pytest.mark.parametrize(("key", "sizes"), [("episodes", (5, 60)), ("steps", (80, 3))])
def test_too_little_is_refused(key: str, sizes: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"raw\.{key} is {min(sizes)}: at least 10"):
        bundled.write(tmp_path, config.Raw(episodes=sizes[0], steps=sizes[1]), seed=1)
