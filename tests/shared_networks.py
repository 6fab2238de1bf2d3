"""The seven shipped networks, each trained for 16 steps by two processes, as a script.

python shared_networks.py FOLDER: writes FOLDER/losses.json, the validation losses by task and option of conf/machine.
"""

import json
import os
import sys
from pathlib import Path

from imports import ROOT

from benchmarks import gpu
from hallmark import config
from hallmark.train import machine, training_parts
from hallmark.train.trained_network import train_network

STEPS = 16


def main(folder: Path) -> None:
    losses: dict[str, dict[str, float]] = {}
    for path in sorted((ROOT / "params").glob("*.yaml")):
        task = path.stem
        trial = gpu.make_trial(task, config.read(path), STEPS)
        for option in ("ddp", "fsdp"):
            settings = trial.settings.model_copy(update={"logger": {}})
            chosen = machine.read(f"{option} accelerator=cpu devices=2", conf=ROOT / "conf")
            trained = train_network(
                trial.train,
                trial.validation,
                network=trial.network,
                answer=trial.answer,
                config=training_parts.training_config(
                    settings,
                    task=task,
                    seed=gpu.SEED,
                    folder=folder / option / task,
                    sink=lambda *_: None,
                    machine=machine.trainer_arguments(chosen, task=task),
                ),
            )
            if trained:
                losses.setdefault(task, {})[option] = trained.training["validation_loss"]
    if os.environ["LOCAL_RANK"] == "0":
        (folder / "losses.json").write_text(json.dumps(losses))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
