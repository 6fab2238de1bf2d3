"""Files of tables: the formats that are read, and the suffixes by which a file's format is known."""

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator

from hallmark.config.section import RawFile, rule_error

TableFormat = Literal["text", "parquet", "npz"]

# The last four are those of text tables that repositories of data publish.
SUFFIXES: dict[TableFormat, tuple[str, ...]] = {
    "text": (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".data", ".base", ".test", ".user", ".item"),
    "parquet": (".parquet",),
    "npz": (".npz",),
}
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")  # of a packed text


def table_format(file: str) -> TableFormat | None:
    """Return the format of a table's file by its suffix, in any case; None where none is read.

    A packed file is text: one suffix of `PACKED`, behind the text's own or alone.
    """
    path = PurePosixPath(file)
    suffix = path.suffix.lower()
    if suffix in PACKED:
        inner_suffix = PurePosixPath(path.stem).suffix.lower()
        return "text" if inner_suffix in ("", *SUFFIXES["text"]) else None
    for format_name, suffixes in SUFFIXES.items():
        if suffix in suffixes:
            return format_name
    return None


def describe_unread(file: str) -> str:
    """Return the end of a sentence on a file that no reader of tables reads: what is read, and the cure."""
    text = f"{', '.join(SUFFIXES['text'])}, also packed: {', '.join(PACKED)}"
    suffix = PurePosixPath(file).suffix
    fault = (
        f"no reader of tables reads the suffix {suffix!r}" if suffix else "it has no suffix, by which its kind is known"
    )
    return (
        f"{fault}: Parquet (.parquet), npz (.npz) and text ({text}) are read; convert the file to one of them, or "
        "rename it where it is one"
    )


def _refuse_unread(file: str) -> str:
    if table_format(file) is None:
        raise rule_error(describe_unread(file))
    return file


TableFile = Annotated[RawFile, AfterValidator(_refuse_unread)]
