"""Non-inferiority: the challenger must be shown to be no worse than the champion by more than a
margin.

Both are scored on the same rows of today's test split, which neither was trained on. The 95 %
interval of the difference of the primary metric, challenger minus champion and clustered by entity,
decides: the challenger is no worse where the whole interval lies within the margin, worse where
none of it does, and anything else is for a person to settle.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
from hallmark.errors import InputError
from hallmark.metrics import Measurement, available
from hallmark.promote.champion_comparison import NotComparableError, RawDataError

ReadAgain = Callable[[Mapping[str, Any]], Examples]  # an encoding → today's raw data as examples of that encoding

_MIN_RECOGNISED = 0.5  # fraction of a champion's own training examples that its encoding must give back unchanged


@dataclass(frozen=True, kw_only=True)
class ComparisonSettings:
    """What a comparison takes from the task's configuration."""

    scoring: Scoring  # the answer's: outputs of a network → scores
    decision: Decision
    primary_metric: str
    at_least: float  # the least difference, challenger minus champion, that is no worse: minus the margin
    split_method: str  # how prepare splits, such as "leave_last_out"
    seed: int


def load_champion(folder: Path | None, *, digest: str | None) -> Package:
    """Load the champion's package from the folder into which it was downloaded, and verify its
    digest.

    `folder` is None where the registry had no package, `digest` is the tag of the champion's
    version, None without one. Raises `NotComparableError` in both cases, where the digests differ,
    and where the package cannot be read.
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
    """Read which entities and inputs trained the package in `folder`.

    Raises `NotComparableError` where the package does not record them.
    """
    if not package.has_training_set:
        version = package.manifest["format"]["version"]
        raise NotComparableError(
            "training set", f"its package is of format {version}, which does not say what trained it"
        )
    try:
        return training_set.read(folder / TRAINED_ON, key=str(package.manifest["training"]["key"]))
    except InputError as error:
        raise NotComparableError("training set", str(error)) from error


def measure(
    challenger: Package,
    champion: Package,
    trained_on: TrainingSet,
    today: Examples,
    settings: ComparisonSettings,
    *,
    read_again: ReadAgain,
) -> Finding:
    """Measure by how much the challenger is better than the champion on today's test split, and
    judge it.

    The finding's estimate is the difference of the primary metric, challenger minus champion,
    positive where the challenger is better. `trained_on` is the champion's training set and `today`
    today's prepared examples. Where the champion's encoding is another than theirs, `read_again`
    makes its inputs of the raw data.

    Raises `NotComparableError` where a comparison would be unfair or meaningless, and
    `RawDataError` where the raw data is needed and not at hand.
    """
    decision = settings.decision
    metric = settings.primary_metric

    _require_same_answers(challenger, champion, decision)
    champion_examples = _champion_examples(champion, today, read_again)
    _require_unseen(trained_on, champion_examples, settings.split_method)

    challenger_scores = _score(challenger, today.split("test"), settings.scoring, decision)
    champion_scores = _score_champion(champion, champion_examples.split("test"), settings.scoring, decision)
    if metric not in available(champion_scores, positive=decision.positive):
        raise NotComparableError("metric", f"{metric} does not come from single examples of the test split")
    challenger_scores, champion_scores = _pair_rows(
        challenger_scores, champion_scores, metric, labelled=bool(today.labels)
    )

    challenger_measurement = Measurement(challenger_scores, [metric], positive=decision.positive, seed=settings.seed)
    champion_measurement = Measurement(champion_scores, [metric], positive=decision.positive, seed=settings.seed)
    difference = challenger_measurement.against(champion_measurement)[metric]

    finding = Finding.from_interval("promote.champion", difference, metric=metric)
    return judge(finding, at_least=settings.at_least)


def _require_same_answers(challenger: Package, champion: Package, decision: Decision) -> None:
    """Raise `NotComparableError` where the champion is of another task or system, or gives other
    labels.
    """
    if champion.manifest["task"] != challenger.manifest["task"]:
        tasks = f"the task {champion.manifest['task']!r}, not {challenger.manifest['task']!r}"
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


def _champion_examples(champion: Package, today: Examples, read_again: ReadAgain) -> Examples:
    """Return today's examples, all splits, in the champion's own encoding and with the labels in
    its order.
    """
    encoding = champion.manifest["encoding"]
    if not encoding:
        raise NotComparableError("encoding", "its package does not say how its inputs were made")
    if encoding == today.encoding:
        return replace(today, labels=champion.labels)

    try:
        champion_examples = read_again(encoding)
    except RawDataError:
        raise
    except InputError as error:
        raise NotComparableError("encoding", f"its inputs cannot be made of today's raw data: {error}") from error
    return replace(champion_examples, labels=champion.labels)


def _require_unseen(trained_on: TrainingSet, champion_examples: Examples, split_method: str) -> None:
    """Raise `NotComparableError` where the champion was trained on what is test today.

    A test example is known where its entity trained the champion, or an input with its fingerprint
    did. Under the split method "leave_last_out", its entity counts only for examples earlier than
    the entity's last training example.

    Unknown fingerprints prove nothing where the encoding, or the data, has changed since. So of
    today's train and validation examples whose entities trained the champion, at least
    `_MIN_RECOGNISED` must have fingerprints that it was trained on.
    """
    table = champion_examples.table
    test = table[table["split"] == "test"]
    entities = test["entity"].astype(str)

    is_of_known_entity = trained_on.contains_entities(entities)
    if split_method == "leave_last_out" and "time" in test:  # each entity is in all splits, its last examples in test
        is_later = training_set.time_numbers(test["time"]).to_numpy() >= trained_on.last_times_of(entities)
        is_of_known_entity &= ~is_later
    is_known_input = trained_on.contains_fingerprints(test["fingerprint"])
    if is_of_known_entity.any() or is_known_input.any():
        counts = f"of today's {len(test):,} test examples, {np.count_nonzero(is_of_known_entity | is_known_input):,}"
        raise NotComparableError("overlap", f"{counts} are of entities that trained it, or are inputs that did")

    learned = table[table["split"].isin(["train", "validation"])]
    own = learned[trained_on.contains_entities(learned["entity"].astype(str))]
    if not len(own):
        return

    recognised = float(trained_on.contains_fingerprints(own["fingerprint"]).mean())
    if recognised < _MIN_RECOGNISED:
        raise NotComparableError(
            "encoding",
            f"of {len(own):,} examples here whose entities trained it, {recognised:.0%} are the inputs that it saw, "
            f"and at least {_MIN_RECOGNISED:.0%} must be: the data, or how they are read, have changed",
        )


def _score(package: Package, test: Examples, scoring: Scoring, decision: Decision) -> pd.DataFrame:
    """Return a row for each test example, ordered by id: id, entity, label (where there is one) and
    the scores.
    """
    outputs = package.run(test.arrays)
    scores = scoring.score(outputs, test, postprocess=package.postprocess, decision=decision)

    columns = [column for column in ("id", "entity", "label") if column in test.table]
    examples = test.table[columns].reset_index(drop=True)
    table = pd.concat([examples, scores.reset_index(drop=True)], axis=1)
    return table.sort_values("id", ignore_index=True)


def _score_champion(champion: Package, test: Examples, scoring: Scoring, decision: Decision) -> pd.DataFrame:
    """Score the champion as `_score` does.

    Raises `NotComparableError` where it fails on today's examples.
    """
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
    """Return both tables of scores with the same rows, so that their difference is paired.

    Usually both have the same ids. Without labels, and with a weight for each row, the two
    encodings may cut the same test data into other rows, such as windows of tokens: then both are
    averaged by entity, whose total weights must agree. Raises `NotComparableError` where rows or
    weights do not.
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
    """Return a row for each entity, with its total weight and the weighted mean of one metric's
    scores.

    A row of weight 0 may have a score that is no number; it counts nothing.
    """
    weight = rows[WEIGHT + metric].to_numpy(float)
    total = np.where(weight > 0, rows[SCORE + metric].to_numpy(float), 0.0) * weight
    sums = pd.DataFrame({"entity": rows["entity"], "weight": weight, "total": total}).groupby("entity").sum()

    score = sums["total"] / sums["weight"].where(sums["weight"] > 0, 1.0)
    columns = {"id": sums.index, "entity": sums.index, SCORE + metric: score, WEIGHT + metric: sums["weight"]}
    return pd.DataFrame(columns).reset_index(drop=True)
