"""The keys under `prepare.reading` that every system with pictures has."""

from typing import Literal

from hallmark.config.section import Name, Section, setting

Format = Literal["folder", "npz", "dicom", "parquet", "idx"]
FORMAT = "folder (of PNG, JPEG … files), parquet (with the files' bytes), idx (the MNIST family), npz or dicom"
METADATA = (
    "a CSV table in the raw folder. folder and dicom: the files that it lists, without it those in folders named as "
    "their label; npz: a row for each picture, in the same order"
)


class Columns(Section):
    """What the columns of the metadata table, the Parquet files or the npz are called; null: there is none."""

    image: Name | None = setting("file", role="medium", meaning="the picture's path in the raw folder, or its bytes")
    label: Name | None = setting("label", role="label", meaning="the label as the raw data has it")
    id: Name | None = setting(None, role="name", meaning="null: the path, or the place in the file")
    entity: Name | None = setting(None, role="name", meaning="null: each picture is an entity of its own")
    time: Name | None = setting(None, role="time", meaning="numbers, or dates as ISO 8601")
    split: Name | None = setting(None, role="split", meaning="train, validation or test, as published")
