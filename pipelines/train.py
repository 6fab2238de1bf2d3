"""data/prepared/<task> → models/<task>, the package, and reports/<task>/train; exits 1 where the
package differs.
"""

from functools import partial
from pathlib import Path

from hallmark import answers, command, digests, systems
from hallmark.config import Parameters
from hallmark.contracts import examples
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.layout import Layout
from hallmark.tracking.live import live
from hallmark.train import devices, key


def main(parameters: Parameters, layout: Layout) -> int:
    devices.forget_other_launchers()
    # They import Lightning: after the line above.
    from hallmark.layers import model
    from hallmark.layers.augmentation import random_affine
    from hallmark.train import checkpoint
    from hallmark.train.lightning_module import TrainingConfig
    from hallmark.train.package_export import export_package
    from hallmark.train.trained_network import train_network
    from hallmark.train.training_report import write_report

    system = systems.load(parameters.system)
    answer = answers.load(parameters.answer)
    decision = Decision(**parameters.decision.model_dump())
    answer.refuse_unusable(decision.keys)

    prepared = key.select_training_columns(examples.read(layout.prepared), decision)
    train = prepared.split("train")
    validation = prepared.split("validation")
    answer.require_target(train)

    training_key = _training_key(parameters, train, validation)
    folder = layout.training_state(training_key)
    augmentation = parameters.train.augmentation
    augment = partial(random_affine, **augmentation.arguments) if augmentation else lambda batch: batch
    with live(
        experiment=parameters.publish.experiment,
        key=training_key,
        task=layout.task,
        path=folder / "metrics.jsonl",
        silent=devices.process_rank() > 0,
    ) as sink:
        trained = train_network(
            train,
            validation,
            build=partial(model.build, build_trunk=system.network.build, answer=answer.network),
            loss=answer.network.loss,
            config=TrainingConfig(
                settings=parameters.train, seed=parameters.seed, folder=folder, sink=sink, augment=augment
            ),
        )
    if trained is None:  # a process that helped the first one
        return 0

    parity = export_package(
        trained.network,
        layout.package,
        about={
            "task": layout.task,
            "system": parameters.system,
            "training": {"key": training_key, **trained.training},
        },
        train=train,
        validation=validation,
        fit_postprocess=partial(answer.scoring.fit_postprocess, decision=decision),
    )
    write_report(trained, parity, layout)
    checkpoint.mark_finished(folder, hardware=trained.cost["hardware"])
    return int(parity.verdict != "pass")


def _training_key(parameters: Parameters, train: Examples, validation: Examples) -> str:
    """Return the digest of what this training depends on: its parameters, examples, and the code of
    network and loss.
    """
    package = Path("src/hallmark")
    rooms = ("layers", "train", f"answers/{parameters.answer}", f"systems/{parameters.system}")
    code = [digests.folder(package / room) for room in rooms]

    own_keys = parameters.model_dump(include={"seed", "system", "answer", "decision", "train"})
    return key.compute_training_key(own_keys, [train, validation], code)


if __name__ == "__main__":
    command.run("train", main)
