"""data/raw/<task> → data/prepared/<task>: the examples table, the arrays, and splits.csv: how large each split is."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hallmark import command, digests, systems
from hallmark.contracts import examples
from hallmark.prepare.leaks import refuse_label_inputs
from hallmark.prepare.preparing import label_column, prepare, summarise, with_reading


def main(task: str) -> None:
    parameters = OmegaConf.load(command.require(Path("params") / f"{task}.yaml", "the composed configuration"))
    section: Any = OmegaConf.to_container(parameters.prepare)
    folder = command.require(Path("data/raw") / task, "the raw data")
    system = systems.load(parameters.system)
    reading = system.reading
    raw = reading.read(folder, **section["reading"])
    prepared = prepare(raw, seed=parameters.seed, **section["split"], encode=reading.encode)
    prepared = with_reading(prepared, section["reading"], reading.INPUTS)

    inputs = system.inputs
    numbers = inputs.numbers(prepared) if inputs.numbers else {}
    refuse_label_inputs(prepared, inputs.columns(prepared), numbers=numbers, label=label_column(section["reading"]))

    examples.write(prepared, Path("data/prepared") / task, raw=digests.folder(folder))
    splits = summarise(raw, prepared)
    splits.to_csv(Path("data/prepared") / task / "splits.csv", index=False)
    command.PlainConsole(stderr=True).print(splits.to_string(index=False, na_rep=""))


if __name__ == "__main__":
    command.run("prepare", main)
