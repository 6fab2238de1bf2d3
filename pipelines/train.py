"""data/prepared/<task> → models/<task>, the package, and reports/<task>/train; exits 1 where the package differs."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import answers, command, digests, systems
from hallmark.contracts import examples
from hallmark.contracts.decisions import Decision
from hallmark.tracking.live import live
from hallmark.train import devices


def main(task: str) -> int:
    devices.forget_other_launchers()
    from hallmark.layers import model
    from hallmark.train import fitting, learner, packaging, reporting  # they import Lightning: after the line above

    composed: Any = OmegaConf.load(command.require(Path(f"params/{task}.yaml"), "the composed configuration"))
    read: Any = OmegaConf.to_container(
        OmegaConf.masked_copy(composed, ["seed", "system", "answer", "decision", "train"])
    )
    prepared, room = Path(f"data/prepared/{task}"), Path("src/hallmark")
    code = [digests.folder(room / part) for part in ("answers", "layers", "train", f"systems/{read['system']}")]
    key = digests.text(json.dumps([read, digests.folder(prepared), code], sort_keys=True))
    state, tracked = Path(f".state/{task}/{key[:16]}"), {"experiment": composed.publish.experiment, "key": key}
    train, validation = (examples.read(prepared).split(name) for name in ("train", "validation"))
    system = systems.load(read["system"])
    answer = answers.load(read["answer"])
    build = partial(model.build, build_trunk=system.network.build, answer=answer.network)
    answer.require_target(train)
    decision = Decision(**read["decision"])
    answer.refuse_unusable(decision.keys)
    plan = learner.Plan(seed=read["seed"], **read["train"])
    with live(**tracked, task=task, path=state / "metrics.jsonl", silent=devices.rank() > 0) as sink:
        trained = fitting.train(
            train, validation, build=build, loss=answer.network.loss, plan=plan, folder=state, sink=sink
        )
    if trained is None:  # a process that helped the first one
        return 0
    about = {"task": task, "system": read["system"], "training": {"key": key, **trained.training}}
    fit = partial(answer.scoring.fit_postprocess, decision=decision)
    parity = packaging.hand_over(trained.network, Path(f"models/{task}"), about, train, validation, fit_postprocess=fit)
    reporting.write(trained, parity, Path(f"reports/{task}/train"))
    shutil.rmtree(state)
    return int(parity.verdict != "pass")


if __name__ == "__main__":
    command.run("train", main)
