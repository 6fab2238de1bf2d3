"""Bundled images: scanned digits that scikit-learn ships, as a folder of pictures with a table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits

from hallmark.systems.image.config import Raw

# Each writer filled in one form, "0123456789" over and over, so the sequence of labels restarts with each form: at
# these rows, and inside the block of 252 rows that begins at 1415, which is two forms long. Nothing names the writers.
_FIRST_ROW_OF_FORM = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1541, 1667)
_SCAN_MAXIMUM = 16  # the scans have 17 levels, from 0

SOURCE = {
    "title": "Optical recognition of handwritten digits: the 1,797 test pictures, as scikit-learn ships them",
    "origin": "Alpaydin and Kaynak 1998, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49",
    "licence": "CC BY 4.0",
    "simulated": False,
    "entity": "form",
}


def write(folder: Path, raw: Raw, *, seed: int) -> None:  # noqa: ARG001 (the digits are real: nothing is drawn)
    """Write `<label>/<id>.png` (8 by 8, grey, 8 bit), `metadata.csv` (file, label, entity, time) and `source.json`.

    An entity is a form, so a writer; `time` is the order of the forms, the only order that the data set has.
    """
    digits = load_digits()
    labels = digits.target.astype(str)
    forms = np.searchsorted(_FIRST_ROW_OF_FORM, np.arange(len(labels)), side="right") - 1
    pixels = np.rint(digits.images * (255 / _SCAN_MAXIMUM)).astype(np.uint8)

    table = pd.DataFrame(
        {
            "file": [f"{label}/digit-{row:04d}.png" for row, label in enumerate(labels)],
            "label": labels,
            "entity": [f"form-{form:02d}" for form in forms],
            "time": forms,
        }
    )

    for label in sorted(set(labels)):
        (folder / label).mkdir(parents=True, exist_ok=True)
    for file, image in zip(table["file"], pixels, strict=True):
        Image.fromarray(image).save(folder / file)
    table.to_csv(folder / "metadata.csv", index=False)
    (folder / "source.json").write_text(json.dumps(SOURCE, indent=2) + "\n", encoding="utf-8")
