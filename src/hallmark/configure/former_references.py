"""Migration of references to former keys: `${evaluate.headline}`, and relative ones, `${.headline}`."""

import re
from collections.abc import Sequence

from hallmark.config import former_names
from hallmark.configure.yaml_places import Place

# Of ${evaluate.metrics[0]}, all before [0]}; the dots before the name lead to the outer mappings.
_START = re.compile(r"\$\{(?P<dots>\.*)(?P<key>[A-Za-z_][\w.-]*)")


def rename_references(text: str, places: Sequence[Place]) -> str:
    """Return the text with today's key in each reference to a former key or to a key below one.

    `places` are those that the text may have, by the file's packages: relative references begin
    there. One in a value that moves becomes absolute.
    """

    def todays_reference(reference: re.Match[str]) -> str:
        depth = len(reference["dots"])
        names = tuple(reference["key"].split("."))
        for place in places if depth else places[:1]:
            if depth > len(place):
                continue
            base = place[: len(place) - depth] if depth else ()
            today = _todays_place(base, names)
            if depth and _moves(place):
                return "${" + ".".join(today or (*base, *names))
            if today is not None:
                is_below = today[: len(base)] == base
                return "${" + (reference["dots"] if is_below else "") + ".".join(today[len(base) if is_below else 0 :])
        return reference[0]

    return _START.sub(todays_reference, text)


def former_keys(text: str, places: Sequence[Place]) -> list[str]:
    """Return the former keys, dotted, to which the references in the text lead."""
    keys = []
    for reference in _START.finditer(text):
        depth = len(reference["dots"])
        for place in places if depth else places[:1]:
            whole = ((*place[: len(place) - depth],) if depth else ()) + tuple(reference["key"].split("."))
            keys += [
                ".".join(whole[:length])
                for length in range(len(whole), 0, -1)
                if former_names.todays_name(".".join(whole[:length]))
            ]
    return list(dict.fromkeys(keys))


def _todays_place(base: Place, names: Place) -> Place | None:
    """Return the place today of `names` below `base`; None where no former key is among them."""
    whole = base + names
    for length in range(len(whole), len(base), -1):
        today = former_names.todays_key(".".join(whole[:length]))
        if today is not None:
            return (*today.split("."), *whole[length:])
    return None


def _moves(place: Place) -> bool:
    """Return whether a key at or above the place moves to another mapping, or becomes several."""
    names = [former_names.todays_name(".".join(place[:length])) for length in range(1, len(place) + 1)]
    return any(name is not None and ("." in name or ", " in name) for name in names)
