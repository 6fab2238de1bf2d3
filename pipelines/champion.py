"""The registry's champion, models/<task> and the test split → whether the package is no worse."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from hallmark import answers, digests, systems
from hallmark.config import Parameters
from hallmark.contracts import examples
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.prepare import prepare_for_encoding
from hallmark.promote import champion, promotion, signatures
from hallmark.promote.champion import Comparison, NotComparableError, RawDataError
from hallmark.promote.signatures import Signature
from hallmark.tracking import connection, registry


def compare(
    client: Any,
    parameters: Parameters,
    layout: Layout,
    *,
    verdict: Verdict | None = None,
    signature: Signature | None = None,
) -> Comparison:
    """Compare the task's package with the registered champion.

    Where that takes raw data that is not at hand, what `signature` records of the comparison under `verdict` counts.
    Raises `InputError` where it records nothing, and where MLflow does not answer.
    """
    name = parameters.publish.model_name
    with connection.answering():
        registered = promotion.holder(client, name, promotion.CHAMPION)
        former_champions = promotion.former_champions(client, name) if registered is None else []
    if former_champions:
        return champion.without_alias(former_champions)
    if registered is None:
        return champion.FIRST

    challenger = Package.load(layout.package)
    version = str(registered.version)
    digest = registered.tags.get("hallmark.digest.model")
    holder = digest or f"version {version}"
    needs_raw = False
    with TemporaryDirectory() as scratch:
        with connection.answering():
            folder = registry.download_package(client, registered, Path(scratch))

        try:
            package = champion.load(folder, digest=digest)
            if package.digest == challenger.digest:
                return Comparison("no worse", "it is the same package", version, holder)

            today = examples.read(layout.prepared)
            needs_raw = package.about["encoding"] != today.encoding
            finding = _measure(parameters, layout, challenger, package, Path(folder or scratch), today)
            comparison = champion.conclude(finding, version=version, champion=holder)
        except NotComparableError as error:
            comparison = Comparison("not compared", str(error), version, holder, cause=error.cause)
        except RawDataError:
            recorded = verdict and signatures.recorded_comparison(signature, verdict, version=version, champion=holder)
            if not recorded:
                raise
            return recorded
    return replace(comparison, needs_raw=needs_raw)


def _measure(
    parameters: Parameters, layout: Layout, challenger: Package, former: Package, folder: Path, today: Examples
) -> Finding:
    return champion.measure(
        challenger,
        former,
        champion.read_training_set(former, folder),
        today,
        read_again=lambda encoding: _read_again(parameters, layout, today, encoding),
        scoring=answers.load(parameters.answer).scoring,
        decision=Decision(**parameters.decision.model_dump()),
        primary_metric=parameters.evaluate.primary_metric,
        at_least=parameters.gate.champion.at_least,
        split_method=parameters.prepare.split.method,
        seed=parameters.seed,
    )


def _read_again(parameters: Parameters, layout: Layout, today: Examples, encoding: Mapping[str, Any]) -> Examples:
    """Return today's raw data by another encoding. Raises `RawDataError` where it is not what `today` was made of."""
    system = systems.load(parameters.system)
    task = layout.task
    prepare_again = partial(
        prepare_for_encoding,
        folder=layout.raw,
        section=parameters.prepare.model_dump(),
        reading=system.reading,
        schema=system.config.Reading,
        seed=parameters.seed,
    )

    try:
        same = prepare_again(today.encoding)
    except InputError as error:
        raise RawDataError(
            f"the champion reads its inputs otherwise, so comparing takes the raw data ({error}): "
            f"`make pull TASK={task}` fetches it, and `python -m pipelines.raw {task}` makes a bundled task's; "
            "where it is too large for this machine, `make sign` on one that has it records the comparison"
        ) from error

    if digests.folder(layout.raw) != examples.raw_digest(layout.prepared):
        cures = f"`make pull TASK={task}` fetches what was, `dvc repro prepare@{task}` prepares what lies there now"
        raise RawDataError(f"{layout.raw} is not what {layout.prepared} was made of: {cures}")
    if not _rows(same).equals(_rows(today)):
        cure = f"run `dvc repro prepare@{task}`"
        raise RawDataError(f"{layout.raw} is not what {layout.prepared} was made of: {cure}")

    return prepare_again(encoding)


def _rows(prepared: Examples) -> pd.DataFrame:
    """Return which inputs the examples are, in their order."""
    return prepared.table[["id", "fingerprint"]].astype(str)
