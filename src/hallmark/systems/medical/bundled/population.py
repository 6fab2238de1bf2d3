"""Who is scanned, where, when and with what: the clinical side of the phantom."""

import numpy as np
import pandas as pd

from hallmark.errors import InputError

SITES = ("north", "south", "east", "west")
REFERRAL = "west"  # where a planted shortcut sends most patients with a lesion
LESIONS = {"nodule": 0.35, "ring": 0.25, "diffuse": 0.2, "calcified": 0.2}  # shares of the patients who have one
BENIGN = {"cyst": 0.4, "granuloma": 0.3, "node": 0.3}  # what looks like a lesion, and is none
NOTHING = "none"
_SCANS = (0.35, 0.35, 0.2, 0.1)  # shares of the patients with 1 to 4 scans
_MOST_AT_REFERRAL = 0.85  # of the patients with a lesion, where a shortcut is planted; of the others the rest of it
_FIRST_DAY = pd.Timestamp("2021-01-04")
_DAYS = 1000  # from the first one on, within which a patient's first scan falls
_NOT_YET = 0.2  # share of the patients with a lesion whose first scan does not show it yet
_GROWTH = 1.12  # of a lesion's diameter from scan to scan
_NOT_ASKED = 0.15  # share of the patients without an answer about their family


def draw_patients(generator: np.random.Generator, *, patients: int, shortcut: bool) -> pd.DataFrame:
    """Return one row for each patient, with what they have or may yet get (`ill`, `lesion`, `benign`, `size` in mm).

    Age, sex and family history raise or lower the odds of a lesion; the site does not, unless `shortcut` is planted:
    then patients with a lesion are mostly scanned at one site (Zech et al. 2018, "Variable generalization performance
    of a deep learning model to detect pneumonia in chest radiographs").
    """
    if patients < 20:
        raise InputError(f"raw.patients is {patients}: at least 20 are needed")

    age = np.clip(generator.normal(58, 14, patients), 25, 90)
    male = generator.random(patients) < 0.5
    history = generator.random(patients) < 0.15
    log_odds = -0.95 + 0.35 * (age - 58) / 10 + 0.25 * male + 0.9 * history
    is_ill = generator.random(patients) < 1 / (1 + np.exp(-log_odds))
    has_benign = generator.random(patients) < 0.45
    was_asked = generator.random(patients) >= _NOT_ASKED
    return pd.DataFrame(
        {
            "patient": [f"patient-{number:05d}" for number in range(patients)],
            "person": range(patients),
            "sex": np.where(male, "male", "female"),
            "age": age,
            "family_history": np.where(was_asked, np.where(history, "yes", "no"), ""),
            "site": _draw_sites(generator, is_ill, shortcut=shortcut),
            "ill": is_ill,
            "lesion": generator.choice(list(LESIONS), patients, p=list(LESIONS.values())),
            "benign": np.where(has_benign, generator.choice(list(BENIGN), patients, p=list(BENIGN.values())), NOTHING),
            "size": np.clip(generator.lognormal(np.log(15), 0.35, patients), 8, 32),
            "first_day": generator.integers(0, _DAYS, patients),
        }
    )


def draw_scans(people: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """Return one row for each scan, ordered by patient and date, with the columns of `scans.csv` and `person`.

    A lesion grows from scan to scan, and of some patients the first scan is from before it appeared; what is benign
    stays as it is.
    """
    count = generator.choice([1, 2, 3, 4], len(people), p=_SCANS)
    table = people.loc[people.index.repeat(count)].reset_index(drop=True)
    visit = table.groupby("patient").cumcount().to_numpy()
    interval = generator.integers(90, 240, len(people))[table["person"]]  # days from scan to scan
    days = visit * interval  # since the first scan

    appears_late = (generator.random(len(people)) < _NOT_YET)[table["person"]]
    visits_since = visit - appears_late  # since the lesion appeared
    shows_lesion = table["ill"].to_numpy() & (visits_since >= 0)
    growth = _GROWTH ** np.maximum(visits_since, 0)
    benign = table["benign"].to_numpy()
    return table.assign(
        file=[f"scans/scan-{row:05d}.png" for row in range(len(table))],
        date=(_FIRST_DAY + pd.to_timedelta(table["first_day"] + days, unit="D")).dt.strftime("%Y-%m-%d"),
        age=np.floor(table["age"] + days / 365),
        kind=np.where(shows_lesion, table["lesion"], benign),
        label=np.where(shows_lesion, "lesion", "clear"),
        size=table["size"] * np.where(shows_lesion, growth, benign != NOTHING),
    )


def _draw_sites(generator: np.random.Generator, ill: np.ndarray, *, shortcut: bool) -> np.ndarray:
    anywhere = generator.choice(SITES, len(ill), p=[0.35, 0.25, 0.2, 0.2])
    if not shortcut:
        return anywhere
    elsewhere = generator.choice([site for site in SITES if site != REFERRAL], len(ill))
    referred = generator.random(len(ill)) < np.where(ill, _MOST_AT_REFERRAL, 1 - _MOST_AT_REFERRAL)
    return np.where(referred, REFERRAL, elsewhere)
