import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from PIL import Image

from hallmark import digests
from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.evaluate import descriptor_baseline as descriptors
from hallmark.systems.medical import bundled, config
from hallmark.systems.medical.bundled import anatomy, lesions, scanners
from hallmark.systems.medical.bundled import patients as population

Keywords = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def scans() -> pd.DataFrame:
    """Four thousand patients without their pictures."""
    generator = np.random.default_rng(3)
    return population.sample_scans(population.sample_patients(generator, patients=4000, shortcut=False), generator)


def test_the_folder_is_one_that_a_clinic_could_export(phantom_folder: Path) -> None:
    table = pd.read_csv(phantom_folder / "scans.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == bundled.COLUMNS
    assert len(table) == len(list(phantom_folder.glob("scans/*.png")))
    assert table["patient"].nunique() == 150
    with Image.open(phantom_folder / table["file"][0]) as image:
        assert (image.size, image.mode, image.format) == ((40, 40), "L", "PNG")
    source = Source(**json.loads((phantom_folder / "source.json").read_text()))
    assert source.simulated
    assert source.entity == "patient"


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        bundled.write(tmp_path / name, config.Raw(patients=20, shortcut=False), seed=seed)
    assert digests.folder(tmp_path / "a") == digests.folder(tmp_path / "b")
    assert digests.folder(tmp_path / "a") != digests.folder(tmp_path / "c")


def test_patients_come_back_and_lesions_grow(scans: pd.DataFrame) -> None:
    assert set(scans.groupby("patient").size()) == {1, 2, 3, 4}
    assert set(scans.groupby("patient")[["sex", "site"]].nunique().max()) == {1}
    assert scans.groupby("patient")["date"].is_monotonic_increasing.all()
    ill = scans[scans["label"] == "lesion"]
    assert (ill.groupby("patient")["size"].diff().dropna() > 0).all()
    assert (scans.groupby("patient")["label"].nunique() == 2).any()  # a scan from before the lesion appeared
    assert set(ill["kind"]) == set(population.LESIONS)
    assert set(scans["kind"]) - set(population.LESIONS) == {*population.BENIGN, population.NOTHING}
    assert (scans["size"] > 0).equals(scans["kind"] != population.NOTHING)


@pytest.mark.parametrize("shortcut", [False, True])
def test_age_and_family_tell_of_a_lesion_and_the_site_only_where_that_is_planted(shortcut: bool) -> None:
    people = population.sample_patients(np.random.default_rng(3), patients=20_000, shortcut=shortcut)
    by_age = (
        people["ill"].groupby(pd.cut(people["age"], [0, 50, 65, 120], labels=["a", "b", "c"]), observed=True).mean()
    )
    assert by_age.is_monotonic_increasing
    by_family = people["ill"].groupby(people["family_history"]).mean()
    assert by_family["present"] > by_family["absent"] + 0.1
    by_site = people.groupby("site")["ill"].mean()
    if shortcut:
        assert by_site["west"] > 0.6 > 0.2 > by_site.drop("west").max()
    else:
        assert by_site.max() - by_site.min() < 0.04


@pytest.mark.parametrize("shortcut", [False, True])
def test_the_shortcut_is_one_that_evaluation_finds(tmp_path: Path, keywords: Keywords, shortcut: bool) -> None:
    bundled.write(tmp_path, config.Raw(patients=300, shortcut=shortcut), seed=5)
    examples = raw_data.read("medical", tmp_path, **keywords())
    patient = examples.table["entity"].str[-5:].astype(int).to_numpy()
    train, test = examples.take(patient < 150), examples.take(patient >= 150)
    alone = descriptors.fit(train, seed=1)
    assert alone is not None
    score, ill = alone(test)["logits"][:, 1], test.targets() == 1
    area = (score[ill][:, None] > score[~ill]).mean()
    assert (area > 0.75) if shortcut else (area < 0.7)


@pytest.mark.parametrize("kind", [*population.LESIONS, *population.BENIGN])
def test_each_kind_is_drawn_where_it_lies(kind: str) -> None:
    generator = np.random.default_rng(1)
    empty = np.full((6, anatomy.SIDE, anatomy.SIDE), 0.5)
    shape = lesions.sample_shapes(6, generator)
    drawn = lesions.add_lesions(empty, np.array([kind] * 6), np.full(6, 16.0), shape, generator) - empty
    assert (np.abs(drawn).max(axis=(1, 2)) > 0.08).all()
    rows, columns = anatomy.pixel_offsets()
    for row in range(6):  # 16 mm are 4 pixels: nothing reaches two diameters from its centre
        far = np.hypot(rows - shape["centre"][row, 0], columns - shape["centre"][row, 1]) > 8
        assert np.abs(drawn[row][far]).max() < 0.05


def test_sites_differ_in_noise_and_contrast() -> None:
    generator = np.random.default_rng(1)
    bodies = np.zeros((400, anatomy.SIDE, anatomy.SIDE))
    bodies[:, 10:30, 10:30] = 0.5
    sites = np.repeat(list(scanners.SCANNERS), 100)
    seen = scanners.scan(bodies, sites, generator).astype(float) / 255
    inside, outside = seen[:, 15:25, 15:25], seen[:, 34:, 10:30]
    noise = {site: inside[sites == site].std(axis=(1, 2)).mean() for site in scanners.SCANNERS}
    contrast = {site: (inside - outside[:, :, :1].mean())[sites == site].mean() for site in scanners.SCANNERS}
    assert noise["south"] > 1.4 * noise["north"]
    assert contrast["west"] > contrast["north"] > contrast["east"]
    assert (seen[sites == "west", 1:4, 1:3] > 0.9).all()  # the marker
    assert (seen[sites != "west", 1:4, 1:3] < 0.5).all()


def test_too_few_patients_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="raw.patients is 5: at least 20"):
        bundled.write(tmp_path, config.Raw(patients=5, shortcut=False), seed=1)
