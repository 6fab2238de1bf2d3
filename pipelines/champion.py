"""the registry's champion, models/<task> and the test split → whether the package is no worse."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hallmark import answers, digests, systems
from hallmark.contracts import examples
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.prepare import prepare_for_encoding
from hallmark.promote import champion, promoting, signing
from hallmark.promote.champion import Comparison, NotComparableError, RawDataError
from hallmark.promote.signing import Signature
from hallmark.tracking import connection, registry


def compare(
    task: str,
    client: Any,
    parameters: Mapping[str, Any],
    *,
    verdict: Verdict | None = None,
    signature: Signature | None = None,
) -> Comparison:
    """Compare the task's package with the registered champion.

    Where that takes raw data that is not at hand, what `signature` records of the comparison under `verdict` counts.
    Raises `InputError` where it records nothing, and where MLflow does not answer.
    """
    name = str(parameters["publish"]["model_name"])
    with connection.answering():
        former = promoting.holder(client, name, promoting.CHAMPION)
        promoted = promoting.former_champions(client, name) if former is None else []
    if promoted:
        return champion.without_alias(promoted)
    if former is None:
        return champion.FIRST

    challenger = Package.load(Path("models") / task)
    version = str(former.version)
    digest = former.tags.get("hallmark.digest.model")
    holder = digest or f"version {version}"
    needs_raw = False
    with TemporaryDirectory() as scratch:
        with connection.answering():
            folder = registry.download_package(client, former, Path(scratch))
        try:
            package = champion.load(folder, digest=digest)
            if package.digest == challenger.digest:
                return Comparison("no worse", "it is the same package", version, holder)
            today = examples.read(Path("data/prepared") / task)
            needs_raw = package.about["encoding"] != today.encoding
            finding = _measure(task, parameters, challenger, package, Path(folder or scratch), today)
            comparison = champion.conclude(finding, version=version, champion=holder)
        except NotComparableError as error:
            comparison = Comparison("not compared", str(error), version, holder, cause=error.cause)
        except RawDataError:
            recorded = verdict and signing.recorded_comparison(signature, verdict, version=version, champion=holder)
            if not recorded:
                raise
            return recorded
    return replace(comparison, needs_raw=needs_raw)


def _measure(
    task: str, parameters: Mapping[str, Any], challenger: Package, former: Package, folder: Path, today: Examples
) -> Finding:
    answer = answers.load(str(parameters["answer"]))
    return champion.measure(
        challenger,
        former,
        champion.read_training_set(former, folder),
        today,
        read_again=lambda encoding: _read_again(task, parameters, today, encoding),
        scoring=answer.scoring,
        decision=Decision(**parameters["decision"]),
        primary_metric=parameters["evaluate"]["primary_metric"],
        at_least=_margin(task, parameters),
        split_method=parameters["prepare"]["split"]["method"],
        seed=parameters["seed"],
    )


def _read_again(task: str, parameters: Mapping[str, Any], today: Examples, encoding: Mapping[str, Any]) -> Examples:
    """Return today's raw data by another encoding. Raises `RawDataError` where it is not what `today` was made of."""
    system = systems.load(str(parameters["system"]))
    folder = Path("data/raw") / task
    how = {"section": parameters["prepare"], "reading": system.reading, "seed": parameters["seed"]}
    how["schema"] = system.config.Reading
    try:
        same = prepare_for_encoding(today.encoding, folder, **how)
    except InputError as error:
        raise RawDataError(
            f"the champion reads its inputs otherwise, so comparing takes the raw data ({error}): "
            f"`make pull TASK={task}` fetches it, and `python -m pipelines.raw {task}` makes a bundled task's; "
            "where it is too large for this machine, `make sign` on one that has it records the comparison"
        ) from error
    if digests.folder(folder) != examples.raw_digest(Path("data/prepared") / task):
        cures = f"`make pull TASK={task}` fetches what was, `dvc repro prepare@{task}` prepares what lies there now"
        raise RawDataError(f"{folder} is not what data/prepared/{task} was made of: {cures}")
    made_of = [rows.table[["id", "fingerprint"]].astype(str) for rows in (same, today)]
    if not made_of[0].equals(made_of[1]):
        raise RawDataError(f"{folder} is not what data/prepared/{task} was made of: run `dvc repro prepare@{task}`")
    return prepare_for_encoding(encoding, folder, **how)


def _margin(task: str, parameters: Mapping[str, Any]) -> float:
    try:
        return float(parameters["gate"]["champion"]["at_least"])
    except KeyError as error:
        raise InputError(f"params/{task}.yaml has no gate.champion.at_least: run `dvc repro`") from error
