"""The keys under `prepare.reading` that every system with pictures has."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from hallmark.config import reading_keys
from hallmark.config.section import Contradiction, Name, Section, setting, whole
from hallmark.config.table_files import TableFile

FORMATS = "folder (of PNG, JPEG … files), parquet (with the files' bytes), idx (the MNIST family), npz or dicom"
DESCRIPTORS = ("brightness", "contrast", "sharpness", "ink", "offset")  # that are computed of every picture
WITH_METADATA = ("folder", "npz", "dicom")
METADATA = (
    "a CSV table in the raw folder. folder and dicom: the files that it lists, without it those in folders named as "
    "their label; npz: a row for each picture, in the same order"
)


class Columns(reading_keys.Columns):
    """What the columns of the metadata table, the Parquet files or the npz are called; null: there
    is none.
    """

    image: Name | None = setting("file", role="medium", meaning="the picture's path in the raw folder, or its bytes")
    label: Name | None = setting("label", role="label", meaning="the label as the raw data has it")
    id: Name | None = setting(None, role="name", meaning="null: the path, or the place in the file")
    entity: Name | None = setting(None, role="name", meaning="null: each picture is an entity of its own")
    time: Name | None = setting(None, role="time", meaning="numbers, or dates as ISO 8601")
    split: Name | None = setting(None, role="split", meaning="train, validation or test, as published")


class Window(Section):
    """Which of DICOM's grey values become black and white."""

    center: float = setting(unit="the modality's, such as Hounsfield's", meaning="the value in the middle")
    width: float = setting(gt=0, unit="the modality's, such as Hounsfield's", meaning="from black to white")


class Reading(reading_keys.Reading):
    """How files become pictures of one size."""

    format: Literal["folder", "npz", "dicom", "parquet", "idx"] = setting(meaning=FORMATS)
    height: int = setting(ge=1, unit="pixels", meaning="height of a picture")
    width: int = setting(ge=1, unit="pixels", meaning="width of a picture")
    channels: Annotated[Literal[1, 3], whole] = setting(meaning="1: grey; 3: red, green, blue")
    convert: bool = setting(False, meaning="resample pictures of another size and turn their colours; else refuse them")
    metadata: TableFile | None = setting(None, meaning=METADATA)
    columns: Columns = setting(Columns(), meaning="what the columns are called")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._metadata_of_another_format())

    def computed_descriptors(self) -> list[str]:
        return list(DESCRIPTORS)

    def may_publish_splits(self) -> bool:
        """Return True: in every format folders, files, arrays or a column "split" may state the published split."""
        return True

    def dicom_window(self) -> Window | None:
        """Return the window of DICOM's grey values; None where each file's own window is used."""
        return None

    def _metadata_of_another_format(self) -> Iterator[Contradiction]:
        if self.metadata and self.format not in WITH_METADATA:
            words = f"is {self.metadata!r}, but only the formats {', '.join(WITH_METADATA)} have such a table"
            yield Contradiction("metadata", words)
