"""The keys under `prepare.reading` that every system with pictures has, typed."""

from dataclasses import dataclass


@dataclass
class Columns:
    """What the columns of the metadata table, the Parquet files or the npz are called; null: there is none."""

    image: str | None = "file"  # the picture's path within the raw folder; in Parquet, its bytes
    label: str | None = "label"
    id: str | None = None  # null: the path, or the place in the file
    entity: str | None = None  # null: each picture is an entity of its own
    time: str | None = None  # numbers, or dates as ISO 8601
    split: str | None = None  # train, validation or test, as published
