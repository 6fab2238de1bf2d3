"""data/prepared/<task> → models/<task>, the package, and reports/<task>/train; exits 1 where the package differs."""

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
    from hallmark.train import fitting, learner, packaging, reporting, state

    system = systems.load(parameters.system)
    answer = answers.load(parameters.answer)
    decision = Decision(**parameters.decision.model_dump())
    answer.refuse_unusable(decision.keys)
    plan = learner.Plan(seed=parameters.seed, **dict(parameters.train))

    prepared = key.training_view(examples.read(layout.prepared), decision)
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
        silent=devices.rank() > 0,
    ) as sink:
        trained = fitting.train(
            train,
            validation,
            build=partial(model.build, build_trunk=system.network.build, answer=answer.network),
            loss=answer.network.loss,
            plan=plan,
            folder=folder,
            sink=sink,
        )
    if trained is None:  # a process that helped the first one
        return 0

    parity = packaging.hand_over(
        trained.network,
        layout.package,
        {"task": layout.task, "system": parameters.system, "training": {"key": training_key, **trained.training}},
        train,
        validation,
        fit_postprocess=partial(answer.scoring.fit_postprocess, decision=decision),
    )
    reporting.write(trained, parity, layout)
    state.finish(folder, hardware=trained.cost["hardware"])
    return int(parity.verdict != "pass")


def _training_key(parameters: Parameters, train: Examples, validation: Examples) -> str:
    """Return the key of what this training reads: its parameters, its examples and the code of network and loss."""
    room = Path("src/hallmark")
    parts = ("layers", "train", f"answers/{parameters.answer}", f"systems/{parameters.system}")
    code = [digests.folder(room / part) for part in parts]
    own_keys = parameters.model_dump(include={"seed", "system", "answer", "decision", "train"})
    return key.training_key(own_keys, [train, validation], code)


if __name__ == "__main__":
    command.run("train", main)
