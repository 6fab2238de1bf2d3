"""Reading of an image task: raw pictures → examples."""

from pathlib import Path

from hallmark.contracts.examples import Examples, Source
from hallmark.formats import example_columns
from hallmark.formats.pictures import readers
from hallmark.formats.pictures.image_statistics import describe_images
from hallmark.formats.pictures.raw_columns import label_keys, picture_roles, require_class_names, without_blanks
from hallmark.formats.tables import Table
from hallmark.systems.image import config

INPUTS = ("height", "width", "channels", "convert")
encode = None  # the network takes the arrays as `read` returns them: nothing is learned from the training split


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return the n pictures in `folder` as examples.

    The array `image` is uint8 (n, C, H, W): C colour channels (1: grey; 3: red, green, blue), H
    rows and W columns of pixels, values 0 to 255. A published split is in the column `split`.
    Raises `InputError`, naming the file, column or key, on everything that can be wrong with files
    that a person supplies.
    """
    images, names, raw = readers.read_pictures(folder, parameters)
    label = parameters.columns.label
    if label is not None and label in raw:
        require_class_names(raw, label, parameters.labels)
        raw = raw.assign(**{label: label_keys(raw, names, label, list(parameters.labels))})

    table = example_columns.bind(
        Table(without_blanks(raw), folder / (parameters.metadata or "")),
        parameters,
        ids=names,
        roles=picture_roles(parameters.columns, raw),
        descriptors=describe_images(images),
        dates=True,
    )
    labels = tuple(parameters.label_names() or ())
    return Examples(table, {"image": images}, labels, Source.of(folder, parameters.source_words()))
