"""Patients and scans of the phantom: who is scanned, where and when, and what the scan shows."""

import numpy as np
import pandas as pd

from hallmark.errors import InputError

SITES = ("north", "south", "east", "west")
_SITE_SHARES = (0.35, 0.25, 0.2, 0.2)  # of the patients, in the order of SITES
REFERRAL = "west"  # with a shortcut, the site where most patients with a lesion are scanned
# Kinds of lesions, and of benign look-alikes: each kind's share of the patients who have one.
LESIONS = {"nodule": 0.35, "ring": 0.25, "diffuse": 0.2, "calcified": 0.2}
BENIGN = {"cyst": 0.4, "granuloma": 0.3, "node": 0.3}
NOTHING = "none"  # the kind of a scan that shows neither a lesion nor a look-alike
MEAN_AGE = 58  # years

_AGE_DEVIATION = 14  # years, standard deviation
_BENIGN_SHARE = 0.45  # of the patients, who have a look-alike
_FAMILY_HISTORY_SHARE = 0.15  # of the patients
_NOT_ASKED_SHARE = 0.15  # of the patients, whose family history nobody asked for
_REFERRED_IF_ILL = 0.85  # with a shortcut: the probability of the referral site; for the others 1 minus this
_SCAN_COUNT_SHARES = (0.35, 0.35, 0.2, 0.1)  # of the patients, with 1 to 4 scans
_FIRST_DAY = pd.Timestamp("2021-01-04")
_DAYS = 1000  # from `_FIRST_DAY` on, in which a patient's first scan falls
_LATE_SHARE = 0.2  # of the patients with a lesion, whose first scan does not show it yet
_GROWTH = 1.12  # factor on a lesion's diameter from scan to scan


def sample_patients(generator: np.random.Generator, *, patients: int, shortcut: bool) -> pd.DataFrame:
    """Sample patients: a table with one row for each.

    Columns: patient (name), person (row number), sex, age (years at the first scan), family_history
    (yes, no, empty where nobody asked), site, ill (has a lesion, now or later), lesion (its kind,
    also of who is not ill), benign (the kind of look-alike, or none), size (diameter of lesion or
    look-alike at first, in mm) and first_day (of the first scan, days after `_FIRST_DAY`).

    Age, male sex and family history raise the odds of a lesion. The site has no effect unless
    `shortcut` is true: then patients with a lesion are mostly scanned at one site (Zech et al.
    2018, "Variable generalization performance of a deep learning model to detect pneumonia in chest
    radiographs"). Raises `InputError` on fewer than 20 patients.
    """
    if patients < 20:
        raise InputError(f"raw.patients is {patients}: at least 20 are needed")

    age = np.clip(generator.normal(MEAN_AGE, _AGE_DEVIATION, patients), 25, 90)
    is_male = generator.random(patients) < 0.5
    has_family_history = generator.random(patients) < _FAMILY_HISTORY_SHARE
    log_odds = -0.95 + 0.35 * (age - MEAN_AGE) / 10 + 0.25 * is_male + 0.9 * has_family_history
    is_ill = generator.random(patients) < 1 / (1 + np.exp(-log_odds))
    has_benign = generator.random(patients) < _BENIGN_SHARE
    was_asked = generator.random(patients) >= _NOT_ASKED_SHARE

    # The order of the calls fixes the raw data of a seed.
    site = _sample_sites(generator, is_ill, shortcut=shortcut)
    lesion = generator.choice(list(LESIONS), patients, p=list(LESIONS.values()))
    benign = generator.choice(list(BENIGN), patients, p=list(BENIGN.values()))
    size = np.clip(generator.lognormal(np.log(15), 0.35, patients), 8, 32)
    first_day = generator.integers(0, _DAYS, patients)

    family_history = np.where(has_family_history, "present", "absent")
    return pd.DataFrame(
        {
            "patient": [f"patient-{number:05d}" for number in range(patients)],
            "person": range(patients),
            "sex": np.where(is_male, "male", "female"),
            "age": age,
            "family_history": np.where(was_asked, family_history, ""),
            "site": site,
            "ill": is_ill,
            "lesion": lesion,
            "benign": np.where(has_benign, benign, NOTHING),
            "size": size,
            "first_day": first_day,
        }
    )


def sample_scans(people: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """Sample each patient's scans: a table with one row for each scan, ordered by patient and date.

    It has the columns of `scans.csv` (see `bundled.write`) and of `people`, with age, kind, label
    and size as of the scan. A lesion grows from scan to scan, and in some patients it appears only
    after the first scan. A look-alike keeps its size.
    """
    scan_count = generator.choice([1, 2, 3, 4], len(people), p=_SCAN_COUNT_SHARES)
    table = people.loc[people.index.repeat(scan_count)].reset_index(drop=True)
    visit = table.groupby("patient").cumcount().to_numpy()  # from 0
    interval = generator.integers(90, 240, len(people))[table["person"]]  # days from scan to scan
    days = visit * interval  # since the first scan

    appears_late = (generator.random(len(people)) < _LATE_SHARE)[table["person"]]
    visits_since_onset = visit - appears_late  # -1: not yet there
    shows_lesion = table["ill"].to_numpy() & (visits_since_onset >= 0)
    growth = _GROWTH ** np.maximum(visits_since_onset, 0)
    benign = table["benign"].to_numpy()
    size_factor = np.where(shows_lesion, growth, benign != NOTHING)  # 0 where there is neither

    dates = _FIRST_DAY + pd.to_timedelta(table["first_day"] + days, unit="D")
    return table.assign(
        file=[f"scans/scan-{row:05d}.png" for row in range(len(table))],
        date=dates.dt.strftime("%Y-%m-%d"),
        age=np.floor(table["age"] + days / 365),
        kind=np.where(shows_lesion, table["lesion"], benign),
        label=np.where(shows_lesion, "lesion", "clear"),
        size=table["size"] * size_factor,
    )


def _sample_sites(generator: np.random.Generator, is_ill: np.ndarray, *, shortcut: bool) -> np.ndarray:
    """Return each patient's site, names of SITES (n,), by _SITE_SHARES. `is_ill` (n,) is boolean.

    With `shortcut` the site tells of the illness: ill patients mostly go to REFERRAL, the others
    mostly to one of the other sites, each as likely.
    """
    sites = generator.choice(SITES, len(is_ill), p=_SITE_SHARES)
    if not shortcut:
        return sites

    # `sites` has been drawn all the same: all that is drawn later stays as it is without a shortcut.
    other_sites = [site for site in SITES if site != REFERRAL]
    sites_unless_referred = generator.choice(other_sites, len(is_ill))
    probability_of_referral = np.where(is_ill, _REFERRED_IF_ILL, 1 - _REFERRED_IF_ILL)
    is_referred = generator.random(len(is_ill)) < probability_of_referral
    return np.where(is_referred, REFERRAL, sites_unless_referred)
