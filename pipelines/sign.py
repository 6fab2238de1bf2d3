"""the gate's verdict, and a person's name and words → reports/<task>/gate/signature.json, to be committed."""

import os
from pathlib import Path

from rich.console import Console

from hallmark import command, verdicts
from hallmark.gate.table import show
from hallmark.promote import signing
from pipelines import consistency


def main(task: str) -> None:
    verdict = Path(f"reports/{task}/gate/verdict.json")
    by, statement = (os.environ.get(name, "") for name in ("SIGNER", "STATEMENT"))
    show(verdicts.read(verdict))
    verification, _ = consistency.verification(task, demanded=False)
    unverified = verification is not None and bool(verification.not_verified)
    signature = signing.sign(verdict, by=by, statement=statement, unverified=unverified)
    signing.write(signature, verdict.with_name("signature.json"))
    words = f"signed by {signature.by}: {signature.statement}. Commit {verdict.with_name('signature.json')}"
    Console(soft_wrap=True).print(words, markup=False)


if __name__ == "__main__":
    command.run("sign", main)
