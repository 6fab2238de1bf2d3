"""The answers. An answer is a folder of parts, behind the interface of `hallmark.answers.answer`."""

import importlib

from hallmark.answers.answer import Answer, Decoding
from hallmark.errors import InputError

NAMES = ("classes", "transcript", "next_token", "next_item", "action")


def load(name: str) -> Answer:
    """Return an answer by its name. Its parts are imported when they are asked for.

    Raises `InputError` where there is no such answer.
    """
    if name not in NAMES:
        raise InputError(f"answer {name!r} is none of {list(NAMES)}")

    answer = importlib.import_module(f"hallmark.answers.{name}").ANSWER
    assert isinstance(answer, Answer)
    return answer


def decoding(kind: str) -> Decoding:
    """Return what makes answers of raw outputs for a post-processing's "kind".

    Raises `InputError` where there is none.
    """
    by_kind = {answer.kind: answer for answer in map(load, NAMES)}
    if kind not in by_kind:
        raise InputError(
            f"the package's post-processing is of the kind {kind!r}, which is none of {', '.join(by_kind)}"
        )
    return by_kind[kind].decoding
