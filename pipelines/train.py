"""data/prepared/<task> → models/<task>, the package, and reports/<task>/train; exits 1 where the package differs."""

from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import command, digests, systems
from hallmark.contracts import examples
from hallmark.contracts.decisions import Decision
from hallmark.tracking.live import live
from hallmark.train import devices, key


def main(task: str) -> int:
    devices.forget_other_launchers()
    from hallmark.train import fitting, learner, packaging, reporting, state  # they import Lightning: after the above

    composed: Any = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the composed configuration"))
    parameters: Any = OmegaConf.to_container(OmegaConf.masked_copy(composed, ["seed", "system", "decision", "train"]))
    system = parameters["system"]
    decision = Decision(**parameters["decision"])
    plan = learner.Plan(seed=parameters["seed"], **parameters["train"])

    prepared = key.training_view(examples.read(Path(f"data/prepared/{task}")), decision)
    train = prepared.split("train")
    validation = prepared.split("validation")
    room = Path("src/hallmark")
    code = [digests.folder(room / part) for part in ("layers", "train", f"systems/{system}")]
    training_key = key.training_key(parameters, [train, validation], code)

    folder = Path(f".state/{task}/{training_key[:16]}")
    with live(
        experiment=composed.publish.experiment,
        key=training_key,
        task=task,
        path=folder / "metrics.jsonl",
        silent=devices.rank() > 0,
    ) as sink:
        network = systems.load(system, "network")
        trained = fitting.train(train, validation, system=network, plan=plan, folder=folder, sink=sink)
    if trained is None:  # a process that helped the first one
        return 0

    parity = packaging.hand_over(
        trained.network,
        Path(f"models/{task}"),
        {"task": task, "system": system, "training": {"key": training_key, **trained.training}},
        train,
        validation,
        fit_postprocess=partial(systems.load(system, "scoring").fit_postprocess, decision=decision),
    )
    reporting.write(trained, parity, Path(f"reports/{task}/train"))
    state.finish(folder, hardware=trained.cost["hardware"])
    return int(parity.verdict != "pass")


if __name__ == "__main__":
    command.run("train", main)
