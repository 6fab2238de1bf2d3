"""Names of metrics and parameters that MLflow takes, made of any names that data and configuration
have.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hallmark import digests

LONGEST = 250  # characters of the name of a metric or a parameter
# Dots that end a name as an end of an interval does, all other characters that MLflow refuses in
# names, and spaces at either end, which a database may not compare.
_UNNAMEABLE = re.compile(r"[^\w\-. ]+|\.(?=(?:low|high)$)|^\.+|\.+$|^ +| +$")


def flatten(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf of nested mappings with its dotted key, in characters that MLflow takes.

    A list is a leaf, and so is an empty mapping.
    """
    for key, value in parameters.items():
        name = mlflow_name(str(key)).replace(".", "_0x2e_")  # a dot separates keys, so one within a key is escaped
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def mlflow_name(text: str) -> str:
    """Return `text` as a part of the name of a metric or a parameter; different texts get different
    names.

    MLflow takes letters, digits and `_-. `. Every other character is written as its code point
    between `_0x` and `_`: `>50K` becomes `_0x3e_50K`. So are dots and spaces where MLflow or its
    database would confuse two names.
    """
    plain = text.replace("_0x", "_0x5f_0x")  # as if it were escaped itself: the text itself may hold what we write
    escaped = _UNNAMEABLE.sub(lambda found: "".join(f"_0x{ord(character):x}_" for character in found[0]), plain)
    return escaped or "_0x_"


def shortened(name: str) -> str:
    """Return the name, or where it is longer than LONGEST characters, its beginning and its digest."""
    if len(name) <= LONGEST:
        return name
    digest = f"_0xh{digests.text(name)[:32]}_"
    return name[: LONGEST - len(digest)] + digest
