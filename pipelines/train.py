"""data/prepared/<task> → models/<task>, the package, and reports/<task>/train; exits 1 where the package differs."""

import json
import shutil
from functools import partial
from pathlib import Path

from hallmark import command, config, digests, systems
from hallmark.contracts import examples
from hallmark.contracts.decisions import Decision
from hallmark.tracking.live import live
from hallmark.train import devices


def main(task: str) -> int:
    devices.forget_other_launchers()
    from hallmark.train import fitting, learner, packaging, reporting  # they import Lightning: after the line above

    parameters = config.read(Path(f"params/{task}.yaml"))
    prepared = Path(f"data/prepared/{task}")
    key = training_key(parameters, prepared)
    state = Path(f".state/{task}/{key[:16]}")

    rows = examples.read(prepared)
    train = rows.split("train")
    validation = rows.split("validation")

    network = systems.load(parameters.system, "network")
    plan = learner.Plan(seed=parameters.seed, **dict(parameters.train))
    curves = live(
        experiment=parameters.publish.experiment,
        key=key,
        task=task,
        path=state / "metrics.jsonl",
        silent=devices.rank() > 0,
    )
    with curves as sink:
        trained = fitting.train(train, validation, system=network, plan=plan, folder=state, sink=sink)
    if trained is None:  # a process that helped the first one
        return 0

    about = {"task": task, "system": parameters.system, "training": {"key": key, **trained.training}}
    scoring = systems.load(parameters.system, "scoring")
    fit = partial(scoring.fit_postprocess, decision=Decision(**parameters.decision.model_dump()))
    parity = packaging.hand_over(trained.network, Path(f"models/{task}"), about, train, validation, fit_postprocess=fit)
    reporting.write(trained, parity, Path(f"reports/{task}/train"))
    shutil.rmtree(state)
    return int(parity.verdict != "pass")


def training_key(parameters: config.Parameters, prepared: Path) -> str:
    """Return the digest of what training reads: its parameters, the prepared data, the code of layers and network."""
    read = parameters.model_dump(include={"seed", "system", "decision", "train"})
    room = Path("src/hallmark")
    code = [digests.folder(room / part) for part in ("layers", "train", f"systems/{parameters.system}")]
    return digests.text(json.dumps([read, digests.folder(prepared), code], sort_keys=True))


if __name__ == "__main__":
    command.run("train", main)
