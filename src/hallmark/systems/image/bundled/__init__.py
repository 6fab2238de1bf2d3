"""Bundled images: the scanned digits in scikit-learn, as a folder of pictures with a table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits

from hallmark.systems.image.config import Raw

# The data set doesn't name the writers. But each writer filled in one form, with "0123456789" over
# and over, so a new form begins where the sequence of labels restarts. A form has about 128 rows;
# the 252 rows from 1415 on are two forms.
_FIRST_ROW_OF_FORM = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1541, 1667)
_MAX_LEVEL = 16  # the scans have 17 levels of grey, 0 to 16

SOURCE = {
    "title": "Optical recognition of handwritten digits: the 1,797 test pictures, as scikit-learn ships them",
    "origin": "Alpaydin and Kaynak 1998, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49",
    "licence": "CC BY 4.0",
    "simulated": False,
    "entity": "form",
}


def write(folder: Path, raw: Raw, *, seed: int) -> None:  # noqa: ARG001 (real digits)
    """Write `<label>/<id>.png` (8 by 8 pixels, 8-bit grey), `metadata.csv` and `source.json`.

    The columns of the table are file, label, entity and time. An entity is a form, and so a writer.
    `time` is the form's place in the data set, from 0, since nothing else says when a digit was
    written.
    """
    digits = load_digits()  # images: float (1797, 8, 8)
    labels = digits.target.astype(str)
    forms = np.searchsorted(_FIRST_ROW_OF_FORM, np.arange(len(labels)), side="right") - 1
    pixels = np.rint(digits.images * (255 / _MAX_LEVEL)).astype(np.uint8)

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
