"""data/raw/<task> → data/prepared/<task>: the examples table, the arrays, and splits.csv: how large each split is."""

from hallmark import command, digests, extensions, files, systems
from hallmark.config import Parameters
from hallmark.console import PlainConsole
from hallmark.contracts import examples
from hallmark.layout import Layout
from hallmark.prepare import prepare_examples, refuse_label_inputs
from hallmark.prepare.own_reader import readable_folder
from hallmark.prepare.preparation import record_reading, summarise_splits


def main(parameters: Parameters, layout: Layout) -> None:
    folder = files.require(layout.raw, "the raw data")
    extensions.require_unchanged(
        parameters.own_names("prepare"), parameters.extensions.prepare, layout.task, layout.root
    )
    readable = readable_folder(folder, parameters.prepare.reader, task=layout.task, written=layout.own_reading)

    system = systems.load(parameters.system)
    reading = system.reading
    raw = reading.read(readable, parameters.prepare.reading)

    split = parameters.prepare.split
    prepared = prepare_examples(
        raw,
        method=split.method,
        fractions=split.fractions.model_dump(),
        windows=split.windows.model_dump() if split.windows else None,
        seed=parameters.seed,
        encode=reading.encode,
    )
    prepared = record_reading(prepared, parameters.prepare.reading, reading.INPUTS)

    inputs = system.inputs
    numbers = inputs.numeric_targets(prepared) if inputs.numeric_targets else {}
    label = parameters.prepare.reading.label_column()
    refuse_label_inputs(prepared, inputs.columns(prepared), numbers=numbers, label=label)

    examples.write(prepared, layout.prepared, raw=digests.folder(folder))
    splits = summarise_splits(raw, prepared)
    splits.to_csv(layout.splits, index=False)
    PlainConsole(stderr=True).print(splits.to_string(index=False, na_rep=""))


if __name__ == "__main__":
    command.run("prepare", main)
