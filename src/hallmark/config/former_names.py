"""Former names of keys, for the sentence that refuses a former key and for `make migrate`."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

# A former key → its last name today: keys that were renamed in their place. `configure.migration`
# rewrites them.
RENAMED: Mapping[str, str] = {
    "evaluate.headline": "primary_metric",
    "evaluate.train_sample": "max_train_rows",
    "evaluate.review_error": "target_selective_risk",
    "evaluate.probe": "diagnostics",
    "drift.false_alarms": "alpha",
    "drift.effect": "min_effect_size",
    "drift.repeats": "n_permutations",
    "drift.rows": "max_rows",
}

# Every former key, where * stands for any name, → what the sentence tells to write today: the last
# name, where the key was renamed in its place; the whole dotted key, where it was moved; or several
# names, between commas.
KEYS: Mapping[str, str] = {
    **RENAMED,
    **{
        f"prepare.reading.{role}": f"prepare.reading.columns.{role}"
        for role in ("id", "entity", "step", "time", "label")
    },
    "prepare.reading.episode": "prepare.reading.columns.entity",
    "prepare.reading.action": "prepare.reading.columns.label",
    **{f"prepare.reading.interactions.{role}": f"prepare.reading.columns.{role}" for role in ("user", "item", "time")},
    **{f"prepare.reading.{table}.columns": "header" for table in ("interactions", "users", "items")},
    "prepare.reading.users.user": "key",
    "prepare.reading.items.item": "key",
    "prepare.reading.users.groups": "prepare.reading.groups",
    "prepare.reading.users.bands": "prepare.reading.bands",
    "prepare.reading.bands.*.descriptor": "column",
    "train.learning_rate": "train.optimizer.lr",
    "train.weight_decay": "train.optimizer.weight_decay",
    "train.warmup": "train.scheduler.warmup",
    "train.patience": "train.callbacks.early_stopping.patience",
    **{f"train.network.{name}": f"train.augmentation.{name}" for name in ("shift", "rotation", "scale", "flip")},
    "gate.requirements.*.subject": "metric, slice, groups, column, label, scorer, against or case",
}


def todays_key(key: str) -> str | None:
    """Return the whole dotted key that has the place of a former one.

    None where `key` never was one, and where several keys have its place.
    """
    today = todays_name(key)
    if today is None or ", " in today:
        return None
    if "." in today:
        return today
    section, _, _ = key.rpartition(".")
    return f"{section}.{today}"


def todays_name(key: str) -> str | None:
    """Return the value of KEYS for a former key, for sentences; None where `key` never was one.

    It is the last name alone where a key was renamed in its place, and the whole dotted key where
    it was moved.
    """
    names = key.split(".")
    for former, today in KEYS.items():
        patterns = former.split(".")
        if len(patterns) == len(names) and all(map(fnmatchcase, names, patterns)):
            return today
    return None
