"""A difference: one way in which something is not what it should be, in words for people."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """What was compared, what it should be, and what it is.

    `expected` is what was committed, locked, judged or published. A verification record holds these three by name.
    """

    subject: str
    expected: str
    actual: str
