"""Reading of a language task: raw texts → documents (`read`) → windows of tokens (`encode`)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.formats import example_columns
from hallmark.formats.reader_registry import read_folder
from hallmark.formats.shards import published_splits
from hallmark.systems.language import config
from hallmark.systems.language.reading.document_descriptors import describe
from hallmark.systems.language.reading.document_readers import Documents
from hallmark.systems.language.reading.windows import INPUTS, encode

__all__ = ["INPUTS", "encode", "read"]


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return the documents in `folder` as examples without arrays, each with its text in the column `text`.

    The encoding has the keys `vocabulary`, `context` and `overlap`, by which `encode` makes tokens.
    Raises `InputError`, naming the file, column or key, on everything that can be wrong with files
    that a person supplies.
    """
    documents = read_folder(folder, parameters, Documents)
    roles = example_columns.Roles.of(parameters.columns)
    if roles.split is None and "split" in documents.table.frame:
        roles = replace(roles, split="split")
    if roles.split is None:
        _require_no_published_split(folder, documents.files, is_text=parameters.format == "text")

    texts = documents.texts.tolist()
    table = example_columns.bind(
        documents.table, parameters, ids=documents.names, roles=roles, descriptors=describe(texts)
    )
    table["text"] = texts
    settings = {name: getattr(parameters, name) for name in ("vocabulary", "context", "overlap")}
    return Examples(table, {}, source=Source.of(folder, parameters.source_words()), encoding=settings)


def _require_no_published_split(folder: Path, files: Sequence[str], *, is_text: bool) -> None:
    """Raise `InputError` where `files` are named as several splits: nobody has configured that they are.

    `is_text` says that each file is a document, so that its own name may be that of a split.
    """
    splits = set(published_splits(files, folder, documents=is_text) or ())
    if len(splits) > 1:
        raise InputError(
            f"the files in {folder} are named as the splits {', '.join(sorted(splits))}, but nothing says that "
            "they are: give each row its split in the column 'split' or one that prepare.reading.columns.split names, "
            "or each text file in prepare.reading.splits, or rename the files"
        )
