"""Names that MLflow takes: of metrics and parameters, made of whatever names data and configuration have."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hallmark import digests

LONGEST = 250  # characters of the name of a metric or a parameter
# Dots that end a name as an end of an interval does, all other characters that MLflow refuses in names, and spaces at
# either end, which a database may not compare.
_UNNAMEABLE = re.compile(r"[^\w\-. ]+|\.(?=(?:low|high)$)|^\.+|\.+$|^ +| +$")


def flatten(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf with its dotted key, of names that MLflow takes; a list is a leaf."""
    for key, value in parameters.items():
        name = mlflow_name(str(key)).replace(".", "_0x2e_")  # else a key with a dot reads as two
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def mlflow_name(text: str) -> str:
    """Return `text` as a part of the name of a metric or a parameter: two texts never have the same.

    MLflow takes letters, digits and `_-. ` in a name. Any other character, and what would make two names one, stand as
    their code points between `_0x` and `_`: `>50K` is `_0x3e_50K`.
    """
    plain = text.replace("_0x", "_0x5f_0x")  # as if it were escaped itself: the text itself may hold what we write
    escaped = _UNNAMEABLE.sub(lambda found: "".join(f"_0x{ord(character):x}_" for character in found[0]), plain)
    return escaped or "_0x_"


def shortened(name: str) -> str:
    """Return a name of at most LONGEST characters; the end of a longer one is its digest."""
    if len(name) <= LONGEST:
        return name
    digest = f"_0xh{digests.text(name)[:32]}_"
    return name[: LONGEST - len(digest)] + digest
