"""Keys that have another name now, for the sentence that refuses the old one."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

# The former key, where * stands for a name of one's own, and what to write today: "drift.repeats": "n_permutations".
# What rewrites a file stands beside it in `configure.migration`.
KEYS: Mapping[str, str] = {
    "evaluate.probe": "diagnostics",
    "gate.requirements.*.subject": "metric, slice, groups, column, label, scorer, against or case",
}


def todays_name(key: str) -> str | None:
    """Return what a former key is called now, None where it never was one."""
    names = key.split(".")
    for former, today in KEYS.items():
        patterns = former.split(".")
        if len(patterns) == len(names) and all(map(fnmatchcase, names, patterns)):
            return today
    return None
