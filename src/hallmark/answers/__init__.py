"""The answers: kinds of prediction, each a folder of parts by the interface in `answers.answer`."""

import importlib
from pathlib import Path

from hallmark.answers.answer import Answer, Decoding
from hallmark.errors import InputError

NAMES = ("classes", "transcript", "next_token", "next_item", "action")
FOLDER = Path(__file__).parent


def load(name: str) -> Answer:
    """Return an answer by its name; its parts are imported when they are first used.

    Raises `InputError` where there is no such answer.
    """
    if name not in NAMES:
        raise InputError(f"answer {name!r} is none of {list(NAMES)}")

    answer = importlib.import_module(f"hallmark.answers.{name}").ANSWER
    assert isinstance(answer, Answer)
    return answer


def decoding_files(folder: Path = FOLDER) -> dict[str, Path]:
    """Return the file of each answer's part `decoding` below `folder`, by the kind of post-processing.

    A package has a copy of one of them, with the same bytes (see `Package.load_with_current_decoding`).
    """
    return {answer.kind: folder / answer.name / "decoding.py" for answer in map(load, NAMES)}


def of_kind(kind: str) -> Answer:
    """Return the answer whose post-processing is of this kind.

    Raises `InputError` where there is none.
    """
    by_kind = {answer.kind: answer for answer in map(load, NAMES)}
    if kind not in by_kind:
        raise InputError(
            f"the package's post-processing is of the kind {kind!r}, which is none of {', '.join(by_kind)}"
        )
    return by_kind[kind]


def decoding(kind: str) -> Decoding:
    """Return the part `decoding` of the answer whose post-processing is of this kind.

    Raises `InputError` where there is none.
    """
    return of_kind(kind).decoding
