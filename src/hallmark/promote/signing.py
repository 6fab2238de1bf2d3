"""A person's signature under one verdict: by name, with their own words, and of exactly what was judged."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from hallmark import digests, verdicts
from hallmark.errors import InputError


@dataclass(frozen=True)
class Signature:
    """`verdict` is the digest of the verdict's file, which names model, data, configuration, code and evidence."""

    by: str
    at: str  # UTC, ISO 8601
    statement: str
    verdict: str


def sign(verdict: Path, *, by: str, statement: str, unverified: bool = False) -> Signature:
    """Return a signature under the verdict in a file; `unverified` says that a verification left something out.

    Raises `InputError` on an empty name or statement, and on a verdict that no signature can help.
    """
    for name, words in (("SIGNER", by), ("STATEMENT", statement)):
        if not words.strip():
            raise InputError(
                f"{name} is empty: a signature needs a person's name and what they have seen, in their words"
            )
    judged = verdicts.read(verdict)
    if not (judged.awaits_signature or (unverified and judged.status == "eligible")):
        raise InputError(f"{verdict} asks for no signature, or not for that alone: {judged.sentence}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Signature(" ".join(by.split()), now, " ".join(statement.split()), digests.file(verdict))


def covers(signature: Signature | None, verdict: Path) -> bool:
    """Whether the signature is under the verdict in the file."""
    return signature is not None and signature.verdict == digests.file(verdict)


def write(signature: Signature, path: Path) -> None:
    """Write the signature as JSON, to be committed: the commit and its review say that it is that person's."""
    path.write_text(json.dumps(asdict(signature), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Signature | None:
    """Read what `write` wrote, or return None where nobody has signed. Raises `InputError` on anything else."""
    if not path.exists():
        return None
    try:
        signature = Signature(**json.loads(path.read_text(encoding="utf-8")))
        datetime.fromisoformat(signature.at)
        if not all(isinstance(words, str) and words.strip() for words in vars(signature).values()):
            raise ValueError("a name, words or the verdict are empty")
        return signature
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is no signature ({error}): sign again") from error
