"""the verdict, the champion, and a person's name and words → reports/<task>/gate/signature.json, to be committed."""

import os
from pathlib import Path

from hallmark import command
from hallmark.console import PlainConsole
from hallmark.contracts import summaries, verdicts
from hallmark.errors import InputError
from hallmark.gate.table import show
from hallmark.promote import signing
from hallmark.tracking import connection
from pipelines import champion, consistency
from pipelines.gate import judge
from pipelines.promote import read_parameters


def main(task: str) -> None:
    console = PlainConsole()
    verdict_path = Path(f"reports/{task}/gate/verdict.json")
    verdict = verdicts.read(verdict_path)
    parameters = read_parameters(task)
    show(verdict, summaries.read(verdict_path.with_name("summary.json")))
    _require_judged(task, verdict)

    comparison = champion.compare(task, connection.connect(), parameters)
    console.print(comparison.sentence)
    if comparison.outcome == "worse":
        raise InputError(f"no signature can help a challenger that is worse than the champion: {comparison.why}")
    verification, _ = consistency.verification(task, demanded=False)
    matters = signing.outstanding(verdict, comparison, consistency.matter(verification, verdict))
    if comparison.needs_raw:  # so that promotion can do without the raw data
        matters.append(signing.comparison_matter(verdict, comparison))

    by = os.environ.get("SIGNER", "")
    statement = os.environ.get("STATEMENT", "")
    signature = signing.sign(verdict, matters, by=by, statement=statement)
    signature_path = verdict_path.with_name("signature.json")
    signing.write(signature, signature_path)

    for matter in matters:
        console.print(f"settled: {matter.why}")
    console.print(f"signed by {signature.by}: {signature.statement}. Commit {signature_path}")


def _require_judged(task: str, verdict: verdicts.Verdict) -> None:
    """Raise `InputError` where the verdict is of another package, or of other data, than those that lie here."""
    here = judge(task).digests
    for name, folder in (("model", f"models/{task}"), ("data", f"data/prepared/{task}")):
        if here[name] != verdict.digests.get(name):
            raise InputError(f"{folder} is not what was judged: run `dvc repro gate@{task}`, or `dvc checkout`")


if __name__ == "__main__":
    command.run("sign", main)
