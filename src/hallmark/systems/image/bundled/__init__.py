"""Real scanned digits from scikit-learn, written as the image folder that a person's own data would be."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits

from hallmark.systems.image.config import Raw

# Each writer filled in one form, "0123456789" over and over, so the sequence of labels restarts with each form: at
# these rows, and inside the block of 252 rows that begins at 1415, which is two forms long. Nothing names the writers.
_FIRST_ROWS = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1541, 1667)

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
    forms = np.searchsorted(_FIRST_ROWS, np.arange(len(digits.target)), side="right") - 1
    pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)  # the scans have 17 levels
    table = pd.DataFrame(
        {"label": digits.target.astype(str), "entity": [f"form-{form:02d}" for form in forms], "time": forms}
    )
    table.insert(0, "file", [f"{label}/digit-{row:04d}.png" for row, label in enumerate(table["label"])])
    for label in sorted(set(table["label"])):
        (folder / label).mkdir(parents=True, exist_ok=True)
    for file, image in zip(table["file"], pixels, strict=True):
        Image.fromarray(image).save(folder / file)
    table.to_csv(folder / "metadata.csv", index=False)
    (folder / "source.json").write_text(json.dumps(SOURCE, indent=2) + "\n", encoding="utf-8")
