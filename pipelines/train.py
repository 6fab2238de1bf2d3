"""data/prepared/<task> → models/<task>, the package, and reports/<task>/train; exits 1 where the
package differs.
"""

from functools import partial
from pathlib import Path

from hallmark import answers, command, digests, extensions
from hallmark.config import Parameters
from hallmark.contracts import examples
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.layout import Layout
from hallmark.tracking.live import live
from hallmark.train import key, launchers, machine


def main(parameters: Parameters, layout: Layout) -> int:
    chosen_machine = machine.read()
    if chosen_machine.launcher:
        status = launchers.start_tasks(["-m", "pipelines.train", layout.task])
        if status is not None:
            return status
    launchers.forget_others()
    # They import Lightning: after the line above.
    from hallmark.train import checkpoint, training_parts
    from hallmark.train.package_export import export_package
    from hallmark.train.trained_network import train_network
    from hallmark.train.training_report import write_report

    machine_arguments = machine.trainer_arguments(chosen_machine, task=layout.task)
    extensions.require_unchanged(parameters.own_names("train"), parameters.extensions.train, layout.task, layout.root)
    answer = answers.load(parameters.answer)
    decision = Decision(**parameters.decision.model_dump())
    answer.refuse_unusable(decision.keys)

    prepared = key.select_training_columns(examples.read(layout.prepared), decision)
    train = prepared.split("train")
    validation = prepared.split("validation")
    answer.require_target(train)

    training_key = _training_key(parameters, train, validation)
    folder = layout.training_state(training_key)
    with live(
        experiment=parameters.publish.experiment,
        key=training_key,
        task=layout.task,
        path=folder / "metrics.jsonl",
        silent=launchers.process_rank() > 0,
    ) as sink:
        trained = train_network(
            train,
            validation,
            network=training_parts.network_factory(parameters.train, task=layout.task),
            answer=answer.network,
            loss=training_parts.loss_function(parameters.train, task=layout.task),
            config=training_parts.training_config(
                parameters.train,
                task=layout.task,
                seed=parameters.seed,
                folder=folder,
                sink=sink,
                machine=machine_arguments,
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
    checkpoint.mark_finished(folder)
    return int(parity.verdict != "pass")


def _training_key(parameters: Parameters, train: Examples, validation: Examples) -> str:
    """Return the digest of what this training depends on: its parameters, examples, and the code of
    network and loss, with the task's own.
    """
    package = Path("src/hallmark")
    rooms = ("layers", "train", f"answers/{parameters.answer}", f"systems/{parameters.system}")
    code = [digests.folder(package / room) for room in rooms]

    own_keys = parameters.model_dump(include={"seed", "system", "answer", "decision", "train"})
    code.append(parameters.extensions.train)
    return key.compute_training_key(own_keys, [train, validation], code)


if __name__ == "__main__":
    command.run("train", main)
