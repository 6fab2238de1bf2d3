"""The verdict, the champion, and a person's name and words → reports/<task>/gate/signature.json, to
be committed.
"""

import os

from hallmark import command
from hallmark.config import Parameters
from hallmark.console import PlainConsole
from hallmark.contracts import examples, summaries, verdicts
from hallmark.contracts.package import Package
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.gate import show
from hallmark.layout import Layout
from hallmark.promote import signatures
from hallmark.tracking import connection
from pipelines import champion, consistency
from pipelines.gate import judge_again


def main(parameters: Parameters, layout: Layout) -> None:
    console = PlainConsole()
    verdict = verdicts.read(layout.verdict)
    show(verdict, summaries.read(layout.summary))
    require_judged(verdict, judge_again(parameters, layout), layout)

    package = Package.load(layout.package)
    prepared = examples.read(layout.prepared)
    comparison = champion.compare(connection.connect(), parameters, layout, package, prepared)
    console.print(comparison.sentence)
    if comparison.outcome == "worse":
        raise InputError(f"no signature can help a challenger that is worse than the champion: {comparison.why}")

    verification, _ = consistency.read_verification(layout, demanded=False)
    unverified = consistency.unverified_matter(verification, verdict)
    matters = signatures.matters_to_settle(verdict, comparison, unverified)
    if comparison.needs_raw:  # so that promotion can do without the raw data
        matters.append(signatures.comparison_matter(verdict, comparison))

    signer = os.environ.get("SIGNER", "")
    statement = os.environ.get("STATEMENT", "")
    signature = signatures.sign(verdict, matters, by=signer, statement=statement)
    signatures.write(signature, layout.signature)

    for matter in matters:
        console.print(f"settled: {matter.why}")
    console.print(f"signed by {signature.by}: {signature.statement}. Commit {layout.signature}")


def require_judged(verdict: Verdict, judged_again: Verdict, layout: Layout) -> None:
    """Raise `InputError` where the verdict is of another package, or of other prepared data, than
    are here.
    """
    for name, folder in (("model", layout.package), ("data", layout.prepared)):
        if judged_again.digests[name] != verdict.digests.get(name):
            raise InputError(f"{folder} is not what was judged: run `dvc repro gate@{layout.task}`, or `dvc checkout`")


if __name__ == "__main__":
    command.run("sign", main)
