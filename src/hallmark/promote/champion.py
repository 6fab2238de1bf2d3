"""The champion beside its challenger: both scored on today's sealed test split, paired, before the alias moves.

Non-inferiority: the challenger must be shown to be no worse than the champion by more than a margin. The interval of
the difference decides, resampled by entity: none of it within the margin is worse, all of it is no worse, anything else
is for a person to settle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from hallmark.answers.answer import Scoring
from hallmark.contracts import training_set
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding, judge
from hallmark.contracts.package import TRAINED_ON, Package
from hallmark.contracts.predictions import SCORE, WEIGHT
from hallmark.contracts.training_set import TrainingSet
from hallmark.contracts.verdicts import interval
from hallmark.errors import InputError
from hallmark.metrics import Measurement, available

Outcome = Literal["first champion", "no worse", "not shown to be no worse", "worse", "not compared"]
Cause = Literal[  # why nothing was compared
    "alias", "package", "task", "answers", "training set", "overlap", "encoding", "metric"
]
ReadAgain = Callable[[Mapping[str, Any]], Examples]  # an encoding → today's examples by it

_MIN_RECOGNISED = 0.5  # share of a champion's own training examples that its encoding must give back unchanged


@dataclass(frozen=True)
class Comparison:
    """What was found. `champion` is the digest of its package and `version` its number in the registry.

    `finding` has the difference of the primary metric, challenger minus champion, positive where the challenger is
    better, with its 95 % interval; None where nothing was compared, and then `cause` is the kind of reason.
    """

    outcome: Outcome
    why: str
    version: str = ""
    champion: str = ""
    cause: Cause | None = None
    finding: Finding | None = None
    needs_raw: bool = False  # the champion's encoding is not today's: its inputs are made of the raw data
    is_recorded: bool = False  # not measured here, but taken from a signature (see `signatures.recorded_comparison`)

    @property
    def needs_review(self) -> bool:
        return self.outcome in ("not shown to be no worse", "not compared")

    @property
    def sentence(self) -> str:
        against = f" (version {self.version})" if self.version else ""
        return f"champion{against}: {self.outcome}: {self.why}"


class NotComparableError(Exception):
    """The champion cannot be compared fairly; `cause` is the kind of reason, the message says it in a sentence."""

    def __init__(self, cause: Cause, why: str) -> None:
        super().__init__(why)
        self.cause = cause


class RawDataError(InputError):
    """The raw data that today's examples were made of is not at hand.

    That is a fault of this machine, not of the champion, so no signature settles it.
    """


FIRST = Comparison("first champion", "there is no champion yet to compare with")


def without_alias(promoted_versions: Sequence[str]) -> Comparison:
    """Return the outcome where no version bears the champion alias, though some have: somebody removed it.

    `promoted_versions` are their numbers, the highest first.
    """
    version = promoted_versions[0]
    why = f"no version bears the alias, though version {version} has been promoted: somebody has removed it"
    return Comparison("not compared", why, champion=f"none after version {version}", cause="alias")


def load(folder: Path | None, *, digest: str | None) -> Package:
    """Return the champion's package, as downloaded to `folder` (None: nothing came), once its digest is verified.

    `digest` is what its version's tag says. Raises `NotComparableError` where they differ, or it cannot be run.
    """
    if folder is None:
        raise NotComparableError("package", "its package is gone from the registry, or its version leads elsewhere")
    try:
        package = Package.load(folder)
    except InputError as error:
        raise NotComparableError("package", f"its package cannot be run: {error}") from error
    if digest is None or package.digest != digest:
        tag = f"{digest[:12]}…" if digest else "missing"
        why = f"its package has the digest {package.digest[:12]}…, but its version's tag is {tag}"
        raise NotComparableError("package", why)
    return package


def read_training_set(package: Package, folder: Path) -> TrainingSet:
    """Return what trained the package in `folder`. Raises `NotComparableError` where it does not say so."""
    if not package.says_what_trained_it:
        version = package.about["format"]["version"]
        raise NotComparableError(
            "training set", f"its package is of format {version}, which does not say what trained it"
        )
    try:
        return training_set.read(folder / TRAINED_ON, key=str(package.about["training"]["key"]))
    except InputError as error:
        raise NotComparableError("training set", str(error)) from error


def measure(
    challenger: Package,
    champion: Package,
    trained_on: TrainingSet,
    today: Examples,
    *,
    read_again: ReadAgain,
    scoring: Scoring,
    decision: Decision,
    primary_metric: str,
    at_least: float,
    split_method: str,
    seed: int,
) -> Finding:
    """Return by how much the challenger is better than the champion on today's test split, judged by `at_least`.

    `trained_on` is what trained the champion. Where its encoding is not today's, `read_again` makes its inputs of the
    raw data. Raises `NotComparableError` where a comparison would be unfair or meaningless, and `RawDataError` where
    the raw data is needed and not at hand.
    """
    _require_same_answers(challenger, champion, decision)
    inputs = _champion_inputs(champion, today, read_again)
    _require_unseen(trained_on, inputs, split_method)

    challenger_scores = _score(challenger, today.split("test"), scoring, decision)
    champion_scores = _score_champion(champion, inputs.split("test"), scoring, decision)
    if primary_metric not in available(champion_scores, positive=decision.positive):
        raise NotComparableError("metric", f"{primary_metric} does not come from single examples of the test split")
    challenger_scores, champion_scores = _pair_rows(
        challenger_scores, champion_scores, primary_metric, labelled=bool(today.labels)
    )

    measurement = Measurement(challenger_scores, [primary_metric], positive=decision.positive, seed=seed)
    champion_measurement = Measurement(champion_scores, [primary_metric], positive=decision.positive, seed=seed)
    difference = measurement.against(champion_measurement)[primary_metric]
    finding = Finding.from_interval("promote.champion", difference, metric=primary_metric)
    return judge(finding, at_least=at_least)


def conclude(finding: Finding, *, version: str, champion: str) -> Comparison:
    """Return what follows from a judged difference."""
    outcomes: dict[str, tuple[Outcome, str]] = {
        "pass": ("no worse", "all of it"),
        "fail": ("worse", "none of it"),
        "unresolved": ("not shown to be no worse", "not all of it"),
    }
    outcome, share = outcomes[finding.verdict]

    settled = f"; about {finding.needed:,} more would settle it" if finding.needed else ""
    why = (
        f"{finding.metric} of the challenger minus that of the champion is {interval(finding)}, positive where the "
        f"challenger is better, n = {finding.n:,}: {share} is {finding.requirement}{settled}"
    )
    return Comparison(outcome, why, version, champion, finding=replace(finding, reason=why))


def _require_same_answers(challenger: Package, champion: Package, decision: Decision) -> None:
    if champion.about["task"] != challenger.about["task"]:
        tasks = f"the task {champion.about['task']!r}, not {challenger.about['task']!r}"
        raise NotComparableError("task", f"it is a model of {tasks}")

    if champion.system != challenger.system:
        raise NotComparableError("task", f"it is a model of the system {champion.system!r}, not {challenger.system!r}")

    if set(champion.labels) != set(challenger.labels):
        raise NotComparableError(
            "answers", f"it knows the labels {list(champion.labels)}, today's are {list(challenger.labels)}"
        )

    positive = champion.postprocess.get("positive")
    if champion.labels and positive != decision.positive:
        raise NotComparableError("answers", f"its positive label is {positive!r}, today's is {decision.positive!r}")


def _champion_inputs(champion: Package, today: Examples, read_again: ReadAgain) -> Examples:
    """Return today's examples, all splits, by the champion's own encoding and with its order of labels."""
    encoding = champion.about["encoding"]
    if not encoding:
        raise NotComparableError("encoding", "its package does not say how its inputs were made")
    if encoding == today.encoding:
        return replace(today, labels=champion.labels)

    try:
        inputs = read_again(encoding)
    except RawDataError:
        raise
    except InputError as error:
        raise NotComparableError("encoding", f"its inputs cannot be made of today's raw data: {error}") from error
    return replace(inputs, labels=champion.labels)


def _require_unseen(trained_on: TrainingSet, inputs: Examples, split_method: str) -> None:
    """Refuse a champion that learned from what is test today, or whose encoding does not give back its own inputs."""
    table = inputs.table
    test = table[table["split"] == "test"]
    entities = test["entity"].astype(str)

    is_of_known_entity = trained_on.knows_entities(entities)
    if split_method == "leave_last_out" and "time" in test:  # an entity stands in each split; what came later is unseen
        is_later = training_set.time_numbers(test["time"]).to_numpy() >= trained_on.last_seen(entities)
        is_of_known_entity &= ~is_later
    is_known_input = trained_on.knows_fingerprints(test["fingerprint"])
    if is_of_known_entity.any() or is_known_input.any():
        counts = f"of today's {len(test):,} test examples, {np.count_nonzero(is_of_known_entity | is_known_input):,}"
        raise NotComparableError("overlap", f"{counts} are of entities that trained it, or are inputs that did")

    learned = table[table["split"].isin(["train", "validation"])]
    own = learned[trained_on.knows_entities(learned["entity"].astype(str))]
    if not len(own):
        return

    recognised = float(trained_on.knows_fingerprints(own["fingerprint"]).mean())
    if recognised < _MIN_RECOGNISED:
        raise NotComparableError(
            "encoding",
            f"of {len(own):,} examples here whose entities trained it, {recognised:.0%} are the inputs that it saw, "
            f"and at least {_MIN_RECOGNISED:.0%} must be: the data, or how they are read, have changed",
        )


def _score(package: Package, test: Examples, scoring: Scoring, decision: Decision) -> pd.DataFrame:
    """Return the scores of a package on the test split, ordered by id, with id, entity and label."""
    outputs = package.run(test.arrays)
    scores = scoring.score(outputs, test, postprocess=package.postprocess, decision=decision)

    columns = [column for column in ("id", "entity", "label") if column in test.table]
    examples = test.table[columns].reset_index(drop=True)
    table = pd.concat([examples, scores.reset_index(drop=True)], axis=1)
    return table.sort_values("id", ignore_index=True)


def _score_champion(champion: Package, test: Examples, scoring: Scoring, decision: Decision) -> pd.DataFrame:
    try:
        return _score(champion, test, scoring, decision)
    except InputError as error:
        raise NotComparableError("answers", f"its answers do not fit today's examples: {error}") from error
    except Exception as error:  # ONNX Runtime's have no base class; a former program wrote the post-processing
        words = " ".join(str(error).split())[:300]
        raise NotComparableError(
            "package", f"it fails on today's examples ({type(error).__name__}: {words})"
        ) from error


def _pair_rows(
    challenger: pd.DataFrame, champion: pd.DataFrame, metric: str, *, labelled: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables of scores with the same rows.

    Rows are paired by id or, where each encoding cuts the same test data into rows of its own (windows of tokens), by
    entity, with the same weight of each.
    """
    keys = ["id", "entity", "label"] if labelled else ["id", "entity"]
    has_same_rows = challenger[keys].astype(str).equals(champion[keys].astype(str))
    if labelled or WEIGHT + metric not in challenger:
        if not has_same_rows:
            raise NotComparableError("encoding", "by its encoding the test split holds other rows than today's")
        return challenger, champion
    if has_same_rows and np.array_equal(challenger[WEIGHT + metric], champion[WEIGHT + metric]):
        return challenger, champion

    challenger = _average_by_entity(challenger, metric)
    champion = _average_by_entity(champion, metric)
    has_same_entities = challenger["id"].equals(champion["id"])
    if not has_same_entities or not np.allclose(challenger[WEIGHT + metric], champion[WEIGHT + metric]):
        why = f"{metric} counts other units of the test split by its encoding than by today's"
        raise NotComparableError("metric", why)
    return challenger, champion


def _average_by_entity(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a row for each entity, with the total weight and the weighted mean of one metric."""
    weight = rows[WEIGHT + metric].to_numpy(float)
    total = np.where(weight > 0, rows[SCORE + metric].to_numpy(float), 0.0) * weight
    sums = pd.DataFrame({"entity": rows["entity"], "weight": weight, "total": total}).groupby("entity").sum()

    score = sums["total"] / sums["weight"].where(sums["weight"] > 0, 1.0)
    columns = {"id": sums.index, "entity": sums.index, SCORE + metric: score, WEIGHT + metric: sums["weight"]}
    return pd.DataFrame(columns).reset_index(drop=True)
