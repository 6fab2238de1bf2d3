"""Training of a network: from two splits of examples to the weights that are packaged."""

import logging
import math
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning import loops
from pytorch_lightning.callbacks import ModelCheckpoint, ProgressBar, StochasticWeightAveraging
from pytorch_lightning.loggers import Logger
from pytorch_lightning.plugins.precision import MixedPrecision, Precision
from pytorch_lightning.strategies import ModelParallelStrategy, SingleDeviceStrategy
from pytorch_lightning.utilities.seed import isolate_rng
from rich.console import Console
from torch import Tensor, nn

from hallmark.answers.answer import Network as AnswerNetwork
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layers import model
from hallmark.layers.model import MakeNetwork
from hallmark.train import checkpoint, devices, empty_hooks, failures, heap, launchers, processes, strategies
from hallmark.train.batches import MakeSampler, order_of_training
from hallmark.train.callbacks import Augmentation, BatchStart, Interruptible, ResumePoint
from hallmark.train.checkpoint import AtomicCheckpointIO, Result
from hallmark.train.curve_logger import CurveLogger, CurveRecorder, Sink, curves_table
from hallmark.train.data_module import ExampleData
from hallmark.train.distributed import ExactMeans, SameBuffers, SameTraining, SliceWeights
from hallmark.train.lightning_module import Loss, MakeOptimizer, MakeScheduler, NetworkTraining, PackedTraining
from hallmark.train.machine import one_process
from hallmark.train.trial import try_augmentation, try_network

_CURVE_LINES = 50  # of the training loss, at least; each costs one to three milliseconds


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The configuration of a training: numbers, and what makes its parts.

    seed: Of first weights, batches, dropout and augmentation.
    folder: Of the checkpoints and the result.
    epochs: At most; a callback may end the training sooner.
    batch_size: Rows of a batch, over all processes.
    checkpoint_steps: Steps of the optimiser between two checkpoints that a restart goes on from.
    pack: Batches in a turn of Lightning's loop; more than 1 for a network with short steps.
    optimizer: Takes the weights.
    scheduler: Takes the optimiser, and `total_steps` where it has such a parameter; None: a constant
        learning rate.
    augmentation: Takes a training batch, tensors by name, and returns one.
    sampler: Takes `train`, `seed` and `epoch`, of which it may ignore any.
    trainer: Takes arguments of Lightning's Trainer, and returns one that has its own besides.
    callbacks, loggers: Each makes one; a logger gets `sink` and `save_dir` where it has such
        parameters.
    sink: Gets every metric while the training runs, where a logger passes them on; after a restart
        those up to the checkpoint once more.
    machine: Arguments of the trainer that change no result (`machine.trainer_arguments`).
    """

    seed: int
    folder: Path
    epochs: int
    batch_size: int
    checkpoint_steps: int
    optimizer: MakeOptimizer
    scheduler: MakeScheduler | None = None
    pack: int = 1
    augmentation: Augmentation | None = None
    sampler: MakeSampler | None = None
    trainer: Callable[..., lightning.Trainer] = lightning.Trainer
    callbacks: Sequence[Callable[[], lightning.Callback]] = ()
    loggers: Sequence[Callable[..., Logger]] = ()
    sink: Sink = field(default=lambda *_: None)
    machine: Mapping[str, Any] = field(default_factory=one_process)


@dataclass(frozen=True)
class TrainedNetwork:
    """The result of a training.

    network: With the weights that are packaged, on the CPU, in evaluation mode. `inputs` and
        `outputs` name its arrays.
    curves: A row for each step with a metric: step, epoch (fractional), train_loss, learning_rate,
        validation_loss and what else was logged; NaN where a step has no such value.
    training: Facts of the training for package.json, the same on every machine.
    cost: Time and hardware, which depend on the machine.
    """

    network: nn.Module
    curves: pd.DataFrame
    training: dict[str, Any]
    cost: dict[str, Any]


def train_network(
    train: Examples,
    validation: Examples,
    *,
    network: MakeNetwork,
    answer: AnswerNetwork,
    config: TrainingConfig,
    loss: Loss | None = None,
) -> TrainedNetwork | None:
    """Train a network by Lightning, and return it with the weights that are packaged.

    These are those of the first ModelCheckpoint among the callbacks: by its own metric the best.
    Without one, they are the last. Where several processes train, each calls this function, and all
    but the first get None.

    network: Makes a trunk, which gets the head of `answer`, a whole network, or a LightningModule
        (see `layers.model.build`). A LightningModule is trained as it is: its batches have every
        array of the examples, and "target".
    loss: Returns the mean loss of a batch from outputs and batch; None: the answer's.

    If `config.folder` has a checkpoint, training goes on from it; if training had come to its end,
    no step is taken. The checkpoint stays until the caller has written the result and calls
    `checkpoint.mark_finished`.

    Raises `InputError` on an empty split, on a network that fits neither examples nor answer, and on
    a loss that is not finite; `KeyboardInterrupt` on Ctrl-C.
    """
    for name, split in (("train", train), ("validation", validation)):
        if not len(split):
            raise InputError(f"the {name} split has no examples")
    heap.keep_freed_memory()
    is_first_process = launchers.process_rank() == 0
    if not is_first_process:
        processes.die_with_parent()

    with isolate_rng():  # the caller's random numbers stay as they are
        torch.manual_seed(config.seed)
        plan = _plan(train, validation, network, answer, loss or answer.loss, config)
        result = checkpoint.load_result(config.folder)
        if result is None:
            result = _fit(plan, config, n_examples=len(train))
        else:
            _announce_finished(result.training["steps"])

    if not is_first_process:
        return None
    if strategies.is_sharded(plan.network):
        with isolate_rng():
            plan = _plan(train, validation, network, answer, loss or answer.loss, config)
    return _trained_network(plan, result)


@dataclass(frozen=True)
class _Plan:
    """What is trained: the module, the network in it that is packaged, and the data."""

    module: lightning.LightningModule
    network: nn.Module
    data: ExampleData
    batch_start: BatchStart


def _plan(
    train: Examples,
    validation: Examples,
    make_network: MakeNetwork,
    answer: AnswerNetwork,
    loss: Loss,
    config: TrainingConfig,
) -> _Plan:
    """Make the network, try it on one batch, and return it with its data."""
    made = make_network(train=train)
    batch_start = BatchStart(config.seed, config.augmentation)
    module: lightning.LightningModule
    network: nn.Module
    if isinstance(made, lightning.LightningModule):
        if config.pack > 1:
            raise InputError(
                f"train.pack is {config.pack}: a LightningModule of your own takes one batch at a time, set it to 1"
            )
        inputs = model.forward_arrays(made, train.arrays)
        made.inputs = inputs  # type: ignore[assignment]  # read by the export
        made.outputs = tuple(answer.OUTPUTS)  # type: ignore[assignment]
        train_rows = _to_tensors(train, sorted(train.arrays))
        validation_rows = _to_tensors(validation, sorted(train.arrays))
        try_network(made, train_rows, inputs=inputs, shapes=answer.output_shapes(train), loss=None)
        module, network = made, made
    else:
        complete = model.complete(made, train, answer)
        names = [*complete.inputs, *complete.targets]
        train_rows = _to_tensors(train, names)
        validation_rows = _to_tensors(validation, names)
        try_network(complete, train_rows, inputs=complete.inputs, shapes=answer.output_shapes(train), loss=loss)
        module, network = _training_module(complete, loss, config, batch_start), complete

    if config.augmentation is not None:
        try_augmentation(config.augmentation, train_rows)
    sampler = None if config.sampler is None else partial(config.sampler, train=train)
    data = ExampleData(
        train_rows,
        validation_rows,
        order=order_of_training(len(train), config.seed, sampler),
        batch_size=config.batch_size,
        pack=config.pack,
    )
    return _Plan(module, network, data, batch_start)


def _training_module(
    network: model.Model, loss: Loss, config: TrainingConfig, batch_start: BatchStart
) -> NetworkTraining:
    if config.pack == 1:
        return NetworkTraining(network, loss, optimizer=config.optimizer, scheduler=config.scheduler)
    return PackedTraining(
        network, loss, optimizer=config.optimizer, scheduler=config.scheduler, begin_batch=batch_start.begin
    )


def _to_tensors(examples: Examples, names: Sequence[str]) -> dict[str, Tensor]:
    """Return the arrays of these names as tensors (n, …), and the class indices as "target"."""
    missing_arrays = [name for name in names if name not in examples.arrays]
    if missing_arrays:
        raise InputError(
            f"the network takes the array {missing_arrays[0]!r}, the examples have {sorted(examples.arrays)}"
        )

    tensors = {name: torch.from_numpy(np.ascontiguousarray(examples.arrays[name])) for name in names}
    if examples.labels:
        tensors["target"] = torch.from_numpy(examples.targets())
    return tensors


def _fit(plan: _Plan, config: TrainingConfig, *, n_examples: int) -> Result:
    """Run Lightning to the end of the training, write its result and return it."""
    recorder = CurveRecorder(config.folder)
    resume_point = ResumePoint(config.folder / checkpoint.RESUME, config.checkpoint_steps, recorder)
    has_checkpoint = resume_point.path.exists()
    shared = [SameTraining(config.folder.name, has_checkpoint=has_checkpoint), ExactMeans(), SameBuffers()]
    if not isinstance(plan.module, NetworkTraining):  # which weighs its losses itself
        shared.append(SliceWeights())
    callbacks = [Interruptible(), *shared, plan.batch_start, *(make() for make in config.callbacks), resume_point]
    files = AtomicCheckpointIO()
    loggers = [make(sink=config.sink, save_dir=str(config.folder)) for make in config.loggers]

    if launchers.process_rank() == 0:
        checkpoint.remove_later_files(config.folder)
    ckpt_path = resume_point.path if resume_point.path.exists() else None
    with launchers.mark_launched_processes(), processes.end_together(), _quiet():
        trainer = _make_trainer(plan, config, files, callbacks=callbacks, loggers=[recorder, *loggers])
        _run(trainer, plan, ckpt_path)
    trainer.strategy.barrier("trained")

    result = _result(trainer, plan, recorder, resume_point, n_examples=n_examples)
    if trainer.is_global_zero:
        checkpoint.save_result(config.folder, result)
        files.flush()
    return result


def _make_trainer(
    plan: _Plan,
    config: TrainingConfig,
    files: AtomicCheckpointIO,
    *,
    callbacks: list[lightning.Callback],
    loggers: list[Logger],
) -> lightning.Trainer:
    """Make Lightning's trainer by its own section, with all that the stage decides."""
    # Not lightning.Trainer: it has attributes that other modules of Lightning set.
    trainer: Any = config.trainer(
        **{**config.machine, "plugins": [*config.machine["plugins"], files]},
        max_epochs=config.epochs,
        callbacks=callbacks,
        logger=loggers,
        default_root_dir=str(config.folder),
        enable_model_summary=False,
        enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
        num_sanity_val_steps=0,
        use_distributed_sampler=False,  # the batches are shared out already
    )

    turns = plan.data.count_turns(trainer.limit_train_batches)
    trainer.log_every_n_steps = turns_between_lines(turns, config.epochs, at_most=trainer.log_every_n_steps)
    for logger in loggers:
        if isinstance(logger, CurveRecorder | CurveLogger):
            logger.trainer = trainer

    empty_hooks.leave_out(trainer.callbacks, plan.module)
    _refuse_averaged_pieces(trainer, callbacks)
    _let_clip(trainer.strategy.precision_plugin)
    if isinstance(plan.module, PackedTraining):
        _prepare_packing(trainer, plan.module, config.pack, callbacks)
    made: lightning.Trainer = trainer
    return made


def turns_between_lines(turns: int, epochs: int, *, at_most: int) -> int:
    """Return the turns of Lightning's loop between two lines of the training loss, of which an epoch has one at least.

    turns: Of an epoch.
    at_most: Lightning's argument log_every_n_steps.
    """
    return max(1, min(at_most, turns, turns * epochs // _CURVE_LINES))


def _refuse_averaged_pieces(trainer: lightning.Trainer, callbacks: Sequence[lightning.Callback]) -> None:
    """Raise `InputError` where whole weights would be averaged, and each process has pieces; Lightning fails midway."""
    is_averaged = any(isinstance(callback, StochasticWeightAveraging) for callback in callbacks)
    if is_averaged and isinstance(trainer.strategy, ModelParallelStrategy):
        raise InputError(
            "StochasticWeightAveraging needs whole weights, and MACHINE=fsdp shares them out: take MACHINE=ddp, or "
            "another option of callbacks"
        )


def _let_clip(plugin: Precision) -> None:
    """Let gradients of bfloat16 be clipped before a fused optimiser.

    Lightning refuses it, since a fused optimiser unscales gradients itself. Those of bfloat16 are
    not scaled.
    """
    if isinstance(plugin, MixedPrecision) and plugin.scaler is None:
        plugin.clip_gradients = MethodType(Precision.clip_gradients, plugin)  # type: ignore[method-assign]


def _prepare_packing(
    trainer: lightning.Trainer, module: PackedTraining, pack: int, callbacks: Sequence[lightning.Callback]
) -> None:
    """Hand the trainer's clipping to the module, and refuse what packed batches can't have."""
    if trainer.accumulate_grad_batches != 1:
        raise InputError(
            f"train.pack is {pack}, and train.trainer.accumulate_grad_batches {trainer.accumulate_grad_batches}: "
            "set one of them to 1"
        )
    if any(isinstance(callback, StochasticWeightAveraging) for callback in callbacks):
        raise InputError(f"train.pack is {pack}: StochasticWeightAveraging needs single batches, set it to 1")

    module.clip = (trainer.gradient_clip_val, trainer.gradient_clip_algorithm)
    trainer.gradient_clip_val = None  # Lightning refuses it beside a manual optimisation
    module.is_silent = (
        type(trainer.strategy) is SingleDeviceStrategy
        and type(trainer.precision_plugin) is Precision
        and not empty_hooks.is_any_of_a_step_left(trainer, module)
    )


def _run(trainer: lightning.Trainer, plan: _Plan, ckpt_path: Path | None) -> None:
    sizes = {
        "batch_size": plan.data.batch_size,
        "accumulate": trainer.accumulate_grad_batches,
        "devices": trainer.world_size,
    }
    try:
        with failures.in_words(**sizes):
            trainer.fit(plan.module, datamodule=plan.data, ckpt_path=ckpt_path, weights_only=True)
    except (MisconfigurationException, ValueError) as error:
        if not _is_refusal(error):
            raise
        raise InputError(f"Lightning refuses this training: {' '.join(str(error).split())}") from error
    except SystemExit as exit_error:  # Lightning raises it on Ctrl-C
        if isinstance(exit_error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from exit_error
        raise


def _is_refusal(error: Exception) -> bool:
    """Say whether Lightning has refused a person's setting: by its own word for it, or a ValueError of its loops."""
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    is_of_loops = Path(raised_in).parent == Path(loops.__file__).parent
    return isinstance(error, MisconfigurationException) or is_of_loops


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back Lightning's notes of hardware and advertisements, and warnings that mean nothing here."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("pytorch_lightning.profilers").setLevel(logging.INFO)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*treespec, LeafSpec")  # Lightning's use of a changed PyTorch
        warnings.filterwarnings(
            "ignore", message="You have overridden `transfer_batch_to_device`"
        )  # the module's is taken
        warnings.filterwarnings("ignore", message=".*does not have many workers")  # the data lies in memory
        warnings.filterwarnings("ignore", message=".*Checkpoint directory .* exists and is not empty")  # a restart
        warnings.filterwarnings(
            "ignore", message="SWA is currently only supported every epoch"
        )  # it takes its own rate
        warnings.filterwarnings("ignore", message=".*module\\(s\\) in eval mode at the start")  # a person's choice
        warnings.filterwarnings("ignore", message=".*FSDP2-wrapped module .* returned a view")  # nothing is in-place
        warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")  # channels last
        yield


def _result(
    trainer: lightning.Trainer,
    plan: _Plan,
    recorder: CurveRecorder,
    resume_point: ResumePoint,
    *,
    n_examples: int,
) -> Result:
    """Return the result of a fit."""
    steps = trainer.global_step
    steps_per_epoch = _steps_per_epoch(trainer, plan.data)
    kept_step, kept_epoch = steps, trainer.current_epoch
    best_path = _best_path(trainer)
    if best_path is not None:
        best = checkpoint.read(best_path)
        kept_step, kept_epoch = best["global_step"], best["epoch"] + 1
        state = best["state_dict"]
    else:
        state = trainer.strategy.lightning_module_state_dict()  # whole, also where each process has pieces
    n_parameters = sum(tensor.numel() for tensor in plan.network.parameters())
    seconds = resume_point.seconds
    accelerator = "gpu" if trainer.strategy.root_device.type == "cuda" else "cpu"
    return Result(
        weights=_network_weights(state, "" if plan.network is plan.module else "network."),
        curves=recorder.lines,
        training={
            "epochs_run": trainer.current_epoch,
            "best_epoch": kept_epoch,
            "validation_loss": _validation_loss(recorder.lines, kept_step),
            "steps": steps,
            "examples": n_examples,
            "parameters": n_parameters,
        },
        steps_per_epoch=steps_per_epoch,
        cost={
            "seconds": round(seconds, 3),
            "examples_per_second": round(steps / steps_per_epoch * n_examples / max(seconds, 1e-9), 1),
            "parameters": n_parameters,
            "hardware": devices.describe_hardware(accelerator, trainer.world_size),
        },
    )


def _steps_per_epoch(trainer: lightning.Trainer, data: ExampleData) -> int:
    """Return the number of steps of the optimiser in a whole epoch."""
    n_turns = int(trainer.num_training_batches)
    if data.pack > 1:
        return min(n_turns * data.pack, data.train_batches.n_batches)
    return math.ceil(n_turns / trainer.accumulate_grad_batches)


def _network_weights(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the part of a module's state dictionary that is the network's, in 32 bits on the CPU."""
    weights = {}
    for name, tensor in state.items():
        if name.startswith(prefix):
            values = tensor.detach().cpu()
            weights[name.removeprefix(prefix)] = values.float() if values.is_floating_point() else values
    return weights


def _best_path(trainer: lightning.Trainer) -> Path | None:
    """Return the best checkpoint of the first ModelCheckpoint, or None where there is none."""
    paths = [each.best_model_path for each in trainer.checkpoint_callbacks if isinstance(each, ModelCheckpoint)]
    return Path(paths[0]) if paths and paths[0] else None


def _validation_loss(lines: Sequence[Mapping[str, float]], step: int) -> float | None:
    """Return the validation loss after a step, or the last one before it; None where none was logged."""
    losses = [line["validation_loss"] for line in lines if "validation_loss" in line and line["step"] <= step]
    return losses[-1] if losses else None


def _announce_finished(steps: int) -> None:
    """Print on stderr that this training has come to its end before, after so many steps."""
    sentence = f"train: this training has finished before, after {steps:,} steps: its weights are taken"
    Console(stderr=True, soft_wrap=True).print(sentence, highlight=False)


def _trained_network(plan: _Plan, result: Result) -> TrainedNetwork:
    network = plan.network.cpu().float()
    network.load_state_dict(result.weights)
    return TrainedNetwork(
        network=network.eval(),
        curves=curves_table(result.curves, steps_per_epoch=result.steps_per_epoch),
        training=result.training,
        cost=result.cost,
    )
