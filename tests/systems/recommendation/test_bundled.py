"""The simulator: files, size, determinism, and that tastes, moods, series and popularity are really in the data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.recommendation import bundled, config
from hallmark.systems.recommendation.bundled.behaviour import watch
from hallmark.systems.recommendation.bundled.world import GENRES, World, populate

FILES = ("interactions.csv", "items.csv", "source.json", "users.csv")


@pytest.fixture(scope="module")
def world() -> World:
    return populate(np.random.default_rng(5), users=1500, items=300, days=200)


@pytest.fixture(scope="module")
def seen(world: World) -> pd.DataFrame:
    return watch(world, np.random.default_rng(6))


def test_same_seed_same_bytes_other_seed_other_bytes(raw: Path, tmp_path: Path) -> None:
    bundled.write(tmp_path / "same", config.Raw(users=300, items=120, days=120), seed=3)
    bundled.write(tmp_path / "other", config.Raw(users=300, items=120, days=120), seed=4)
    assert sorted(path.name for path in raw.iterdir()) == list(FILES)
    for name in FILES:
        assert (tmp_path / "same" / name).read_bytes() == (raw / name).read_bytes()
    assert (tmp_path / "other" / FILES[0]).read_bytes() != (raw / FILES[0]).read_bytes()


def test_the_source_says_that_it_is_simulated(raw: Path) -> None:
    source = Source(**json.loads((raw / "source.json").read_text()))
    assert source.simulated
    assert source.entity == "user"


def test_nobody_has_anything_twice_or_before_it_is_there(world: World, seen: pd.DataFrame) -> None:
    assert not seen.duplicated(["user", "item"]).any()
    assert (seen["day"].to_numpy() >= world.release_day[seen["item"]]).all()
    assert seen.groupby("user").size().equals(pd.Series(world.watch_count, name="user").rename_axis("user"))
    assert seen["rating"].between(1, 5).all()
    assert world.items["title"].is_unique


def test_few_items_make_up_much(seen: pd.DataFrame) -> None:
    counts = seen["item"].value_counts()
    assert counts.iloc[:60].sum() > 0.4 * len(seen)  # a fifth of the catalogue
    assert len(counts) > 290


def test_the_next_part_of_a_series_follows_at_once_or_soon(world: World, seen: pd.DataFrame) -> None:
    next_part = world.next_part[seen["item"]]
    user, item = seen["user"].to_numpy(), seen["item"].to_numpy()
    with_more = next_part >= 0
    for back, least in ((1, 0.1), (3, 0.02)):
        later, same = np.roll(item, -back), np.roll(user, -back) == user
        share = np.mean((later == next_part)[with_more & same])
        chance = np.mean((later == np.roll(next_part, 977))[with_more & same])
        assert share > least > 3 * chance


def test_a_session_keeps_its_mood(world: World, seen: pd.DataFrame) -> None:
    genre, day = world.genre[seen["item"]], seen["day"].to_numpy()
    same = (seen["user"].shift(-1) == seen["user"]).to_numpy()[:-1]
    soon = np.diff(day) < 0.2
    kept = genre[:-1] == genre[1:]
    assert kept[same & soon].mean() > kept[same & ~soon].mean() + 0.15


def test_the_young_and_the_old_like_other_genres_and_gender_tells_nothing(world: World, seen: pd.DataFrame) -> None:
    age, gender = (world.users[name].to_numpy()[seen["user"]] for name in ("age", "gender"))
    animation = world.genre[seen["item"]] == GENRES.index("animation")
    assert animation[age < 25].mean() > 2 * animation[age > 50].mean()
    assert abs(animation[gender == "female"].mean() - animation[gender == "male"].mean()) < 0.03


@pytest.mark.parametrize(("key", "value"), [("users", 5), ("items", 50), ("days", 3)])
def test_a_world_too_small_is_refused(tmp_path: Path, key: str, value: int) -> None:
    with pytest.raises(InputError, match=rf"raw\.{key} is {value}: .* at least"):
        bundled.write(tmp_path, config.Raw(**{"users": 100, "items": 200, "days": 60, key: value}), seed=1)
