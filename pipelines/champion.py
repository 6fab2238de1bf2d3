"""The registry's champion, models/<task> and the test split → whether the package is no worse than
the champion.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hallmark import answers
from hallmark.config import Parameters
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.contracts.verdicts import Verdict
from hallmark.layout import Layout
from hallmark.promote import non_inferiority, promotion, signatures
from hallmark.promote.champion_comparison import (
    FIRST,
    Comparison,
    NotComparableError,
    RawDataError,
    conclude,
    without_alias,
)
from hallmark.promote.signatures import Signature
from hallmark.tracking import connection
from hallmark.tracking import model_registry as registry
from pipelines.champion_inputs import read_again


def compare(
    client: Any,
    parameters: Parameters,
    layout: Layout,
    challenger: Package,
    today: Examples,
    *,
    verdict: Verdict | None = None,
    signature: Signature | None = None,
) -> Comparison:
    """Compare the task's package, the challenger, with the registered champion on `today`'s
    prepared examples.

    Where the comparison takes raw data that is not at hand, the outcome that `signature` records
    under `verdict` is returned. Raises `RawDataError` where it records none, and `InputError` where
    MLflow does not answer.
    """
    name = parameters.publish.model_name
    with connection.answering():
        registered = promotion.holder(client, name, promotion.CHAMPION)
        promoted_versions = promotion.promoted_versions(client, name) if registered is None else []
    if promoted_versions:
        return without_alias(promoted_versions)
    if registered is None:
        return FIRST

    version = str(registered.version)
    digest = registered.tags.get("hallmark.digest.model")
    champion_name = digest or f"version {version}"
    needs_raw = False
    with TemporaryDirectory() as scratch:
        with connection.answering():
            folder = registry.download_package(client, registered, Path(scratch))

        try:
            package = non_inferiority.load_champion(folder, digest=digest)
            if package.digest == challenger.digest:
                return Comparison("no worse", "it is the same package", version, champion_name)

            needs_raw = package.manifest["encoding"] != today.encoding
            finding = _measure(parameters, layout, challenger, package, Path(folder or scratch), today)
            comparison = conclude(finding, version=version, champion=champion_name)
        except NotComparableError as error:
            comparison = Comparison("not compared", str(error), version, champion_name, cause=error.cause)
        except RawDataError:
            if verdict is None:
                raise
            recorded_comparison = signatures.recorded_comparison(
                signature, verdict, version=version, champion=champion_name
            )
            if recorded_comparison is None:
                raise
            return recorded_comparison
    return replace(comparison, needs_raw=needs_raw)


def _measure(
    parameters: Parameters,
    layout: Layout,
    challenger: Package,
    champion_package: Package,
    folder: Path,
    today: Examples,
) -> Finding:
    """Measure the difference by the task's configuration; `folder` is the one of the champion's
    package.
    """
    settings = non_inferiority.ComparisonSettings(
        scoring=answers.load(parameters.answer).scoring,
        decision=Decision(**parameters.decision.model_dump()),
        primary_metric=parameters.evaluate.primary_metric,
        at_least=parameters.gate.champion.at_least,
        split_method=parameters.prepare.split.method,
        seed=parameters.seed,
    )
    return non_inferiority.measure(
        challenger,
        champion_package,
        non_inferiority.read_training_set(champion_package, folder),
        today,
        settings,
        read_again=partial(read_again, parameters, layout, today),
    )
