"""Training by Lightning: what is learnt, packed and plain, and what a restart ends with."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as lightning
import small_training
import torch
from imports import ROOT
from known import known
from processes import interruptible
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint, StochasticWeightAveraging
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from safetensors.numpy import load_file
from small_training import made_by
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchmetrics.classification import MulticlassAccuracy

from hallmark.answers.classes import network as classes
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.layers.model import Trunk
from hallmark.train import checkpoint, machine
from hallmark.train.samplers import BalancedClasses
from hallmark.train.trained_network import TrainedNetwork, train_network

pytestmark = pytest.mark.slow


def run(script: Path, *arguments: object, **environment: str) -> int:
    """Train in a process of its own, which can be killed, one thread each: the machine may be small."""
    command = [sys.executable, "-W", "error", str(script), *map(str, arguments)]
    settings = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    done = subprocess.run(command, env=settings, capture_output=True, timeout=600, preexec_fn=interruptible)
    if done.returncode not in (0, 130, -signal.SIGKILL):
        print(done.stderr.decode())
    return done.returncode


def assert_same_weights(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


# ---- what is learnt ----


def test_learns_and_keeps_the_best_weights(trained: TrainedNetwork) -> None:
    examples = small_training.examples(203, 1)
    with torch.inference_mode():
        logits = trained.network(torch.from_numpy(examples.arrays["x"]))
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(examples.targets()))
    assert float((logits.argmax(1).numpy() == examples.targets()).mean()) > 0.9
    assert float(loss) == pytest.approx(trained.training["validation_loss"], abs=1e-6)

    validation = trained.curves.dropna(subset=["validation_loss"])
    assert validation["validation_loss"].min() == trained.training["validation_loss"]
    assert validation["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert trained.training["steps"] == trained.curves["step"].max() == 6 * 21


def test_packed_batches_give_the_same_bytes(trained: TrainedNetwork, tmp_path: Path) -> None:
    packed = small_training.run(tmp_path, pack=8)
    assert_same_weights(packed.network.state_dict(), trained.network.state_dict())
    assert packed.training == trained.training
    plain_curve, packed_curve = (each.curves.dropna(subset=["validation_loss"]) for each in (trained, packed))
    for column in ("step", "validation_loss"):
        assert packed_curve[column].tolist() == plain_curve[column].tolist()


@pytest.mark.parametrize(
    "changes",
    [
        {"clip": 0.01},
        {"clip": 0.01, "trainer": {"gradient_clip_algorithm": "value"}},
        {"scheduler": None},
        {"augmentation": None, "clip": None},
    ],
)
def test_packed_batches_give_the_same_bytes_in_other_trainings(tmp_path: Path, changes: dict[str, Any]) -> None:
    plain, packed = (small_training.run(tmp_path / str(pack), pack=pack, epochs=2, **changes) for pack in (1, 4))
    assert_same_weights(packed.network.state_dict(), plain.network.state_dict())


def test_a_trainer_sees_steps_epochs_and_metrics(tmp_path: Path) -> None:
    class Watch(lightning.Callback):
        def __init__(self) -> None:
            self.seen: list[tuple[int, int, float]] = []

        def on_train_epoch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
            loss = float(trainer.callback_metrics["validation_loss"])
            self.seen.append((trainer.global_step, trainer.current_epoch, loss))

    for pack in (1, 8):
        watch = Watch()
        fitted = small_training.run(tmp_path / str(pack), pack=pack, epochs=2, callbacks=(lambda: watch,))  # noqa: B023
        losses = fitted.curves["validation_loss"].dropna().tolist()
        assert watch.seen == [(21, 0, losses[0]), (42, 1, losses[1])]


def test_a_callback_finds_lightnings_data_module_and_torchs_loader(tmp_path: Path) -> None:
    class Look(lightning.Callback):
        def on_train_epoch_start(self, trainer: Any, *_: Any) -> None:
            assert isinstance(trainer.datamodule, lightning.LightningDataModule)
            assert isinstance(trainer.train_dataloader, DataLoader)
            assert len(trainer.train_dataloader) == 21
            loader: Any = trainer.train_dataloader
            self.position = loader.state_dict()

    look = Look()
    small_training.run(tmp_path, epochs=2, callbacks=(lambda: look,))
    assert look.position == {"position": 0}


def test_overfits_one_batch(tmp_path: Path) -> None:
    few = small_training.examples(16, 3)
    config = small_training.config(
        tmp_path, epochs=150, patience=150, batch_size=16, lr=3e-2, weight_decay=0.0, warmup=0.0, augmentation=None
    )
    fitted = train_network(few, few, network=made_by(small_training.Plain), answer=classes, config=config)
    assert known(fitted).training["validation_loss"] < 0.01


def test_stops_early_and_is_found_again(tmp_path: Path) -> None:
    steps: list[int] = []
    changes: dict[str, Any] = {"epochs": 40, "patience": 2, "lr": 0.3, "sink": lambda step, _: steps.append(step)}
    first = small_training.run(tmp_path, **changes)
    assert first.training["epochs_run"] == first.training["best_epoch"] + 2 < 40
    count = len(steps)

    again = small_training.run(tmp_path, **changes)
    assert len(steps) == count  # nothing was left to do
    assert again.training == first.training
    pd.testing.assert_frame_equal(again.curves, first.curves)


def test_a_training_that_ended_without_its_result_takes_no_further_step(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"epochs": 40, "patience": 2, "lr": 0.3}
    first = small_training.run(tmp_path, **changes)
    (tmp_path / "result.pt").unlink()  # killed before it was written
    again = small_training.run(tmp_path, **changes)
    assert again.training == first.training
    assert_same_weights(again.network.state_dict(), first.network.state_dict())


def test_a_finished_training_is_found_again_and_takes_no_step(trained: TrainedNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    first = small_training.run(folder)
    checkpoint.mark_finished(folder)

    steps: list[int] = []
    found = small_training.run(folder, sink=lambda step, _: steps.append(step))
    assert steps == []
    assert found.training == first.training == trained.training
    assert found.cost == first.cost
    pd.testing.assert_frame_equal(found.curves, first.curves)
    assert_same_weights(found.network.state_dict(), trained.network.state_dict())


# ---- a restart ----

MOMENTS = ("step 30", "epoch 2", "validation 3", "kept 1", "partial 2")


@pytest.mark.parametrize("pack", [1, 8])
def test_a_training_killed_at_five_moments_ends_with_the_same_bytes(
    script: Path, trained: TrainedNetwork, tmp_path: Path, pack: int
) -> None:
    """Within an epoch, at its end, in its validation, as the best weights are saved, and as the checkpoint is."""
    state = tmp_path / "state"
    result = tmp_path / "weights"
    with_threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}

    assert run(script, state, result, pack, "step 10", int(signal.SIGINT), **with_threads) == 130
    for moment in MOMENTS:
        assert run(script, state, result, pack, moment, int(signal.SIGKILL), **with_threads) == -signal.SIGKILL, moment
    assert not result.exists()
    assert run(script, state, result, pack, **with_threads) == 0

    for name, tensor in load_file(result).items():
        np.testing.assert_array_equal(tensor, trained.network.state_dict()[name].numpy(), err_msg=name)
    curves = pd.read_csv(f"{result}.csv", index_col=0)
    if pack == 1:
        pd.testing.assert_frame_equal(curves, trained.curves)
    kept = sorted(path.name for path in (state / "checkpoints").iterdir())
    assert kept == ["epoch=5-step=126.ckpt"]


def test_sigterm_interrupts_as_ctrl_c_does(script: Path, tmp_path: Path) -> None:
    """A scheduler sends it whose time is up; Lightning by itself would exit with 0."""
    result = tmp_path / "weights"
    assert run(script, tmp_path / "state", result, 1, "step 10", int(signal.SIGTERM)) == 130
    assert not result.exists()
    assert run(script, tmp_path / "state", result, 1) == 0


def test_a_restart_has_steps_epoch_metrics_and_the_states_of_callbacks(tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    class Watch(lightning.Callback):
        def __init__(self, last: int | None) -> None:
            self.last = last
            self.start: dict[str, Any] = {}

        def on_train_start(self, trainer: lightning.Trainer, *_: Any) -> None:
            stopping = known(trainer.early_stopping_callback)
            keeping = known(trainer.checkpoint_callback)
            assert isinstance(stopping, EarlyStopping)
            assert isinstance(keeping, ModelCheckpoint)
            if keeping.best_model_score is None:  # the first start
                return
            self.start = {
                "step": trainer.global_step,
                "epoch": trainer.current_epoch,
                "wait": stopping.wait_count,
                "best": float(stopping.best_score),
                "kept": (keeping.best_model_path, float(keeping.best_model_score)),
            }

        def on_train_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
            if self.start and "loss" not in self.start:
                self.start["loss"] = float(trainer.callback_metrics.get("validation_loss", torch.nan))

        def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
            if trainer.global_step == self.last:
                raise Stop

    with pytest.raises(Stop):
        small_training.run(tmp_path, callbacks=(lambda: Watch(30),))
    watch = Watch(None)
    fitted = small_training.run(tmp_path, callbacks=(lambda: watch,))
    first_loss = fitted.curves["validation_loss"].dropna().tolist()[0]
    kept = str(tmp_path / "checkpoints" / "epoch=0-step=21.ckpt")
    assert watch.start == {
        "step": 29,
        "epoch": 1,
        "wait": 0,
        "best": first_loss,
        "kept": (kept, first_loss),
        "loss": first_loss,
    }


def test_a_restart_sends_what_was_saved_and_not_yet_sent(tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    class StopAfterSave(lightning.Callback):
        def setup(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
            files: Any = trainer.strategy.checkpoint_io
            save_checkpoint = files.save_checkpoint

            def save_and_stop(content: dict[str, Any], *arguments: Any, **options: Any) -> None:
                save_checkpoint(content, *arguments, **options)
                if content["global_step"] == 10:
                    raise Stop

            files.save_checkpoint = save_and_stop

    losses: dict[int, float] = {}

    def sink(step: int, metrics: Mapping[str, float]) -> None:
        if "train_loss" in metrics:
            losses[step] = metrics["train_loss"]

    with pytest.raises(Stop):
        small_training.run(tmp_path, epochs=1, sink=sink, callbacks=(StopAfterSave,))
    assert max(losses) == 9
    curves = small_training.run(tmp_path, epochs=1, sink=sink).curves.dropna(subset=["train_loss"])
    assert losses == dict(zip(curves["step"], curves["train_loss"], strict=True))


@pytest.mark.parametrize(
    ("trainer", "hook", "step"),
    [
        ({"limit_train_batches": 10}, "on_train_batch_start", 10),  # the first batch of the second epoch
        ({"overfit_batches": 2}, "on_train_batch_start", 2),
        ({"val_check_interval": 7}, "on_validation_start", 14),
        ({"val_check_interval": 7}, "on_train_batch_start", 14),  # the batch after a validation
    ],
)
def test_a_training_whose_epochs_are_cut_goes_on_exactly(
    tmp_path: Path, trainer: dict[str, Any], hook: str, step: int
) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    def stop(trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.global_step == step:
            raise Stop

    stopping = lightning.Callback()
    setattr(stopping, hook, stop)
    whole = small_training.run(tmp_path / "whole", epochs=3, trainer=trainer)
    with pytest.raises(Stop):
        small_training.run(tmp_path / "parts", epochs=3, trainer=trainer, callbacks=(lambda: stopping,))
    parts = small_training.run(tmp_path / "parts", epochs=3, trainer=trainer)
    assert_same_weights(parts.network.state_dict(), whole.network.state_dict())
    pd.testing.assert_frame_equal(parts.curves, whole.curves)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / checkpoint.RESUME).write_bytes(b"half a file")
    with pytest.raises(InputError, match=r"delete its folder to start anew: .*resume\.ckpt"):
        small_training.run(tmp_path)


# ---- what a person brings ----


class OwnTraining(lightning.LightningModule):
    """A person's own LightningModule."""

    def __init__(self, train: Examples, width: int = 8) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layers = nn.Sequential(nn.Linear(train.arrays["x"].shape[1], width), nn.ReLU(), nn.Linear(width, 2))
        self.accuracy = MulticlassAccuracy(2, average="micro")

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        loss = nn.functional.cross_entropy(self(batch["x"]), batch["target"])
        self.log("own_loss", loss)
        return loss

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        logits = self(batch["x"])
        self.log("validation_loss", nn.functional.cross_entropy(logits, batch["target"]))
        self.accuracy(logits, batch["target"])
        self.log("own/accuracy", self.accuracy)

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), lr=0.3)
        n_steps = int(self.trainer.estimated_stepping_batches)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, n_steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def test_a_lightning_module_of_ones_own_goes_on_exactly_and_opens_from_its_checkpoint(tmp_path: Path) -> None:
    class Stop(lightning.Callback):
        def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
            if trainer.global_step == 30:
                raise RuntimeError("enough")

    points: list[str] = []
    whole = small_training.run(tmp_path / "whole", network=OwnTraining, sink=lambda _, metrics: points.extend(metrics))
    assert {"own_loss", "own/accuracy", "validation_loss", "lr-SGD"} <= set(points)
    assert whole.curves["own/accuracy"].max() > 0.9

    with pytest.raises(RuntimeError, match="enough"):
        small_training.run(tmp_path / "parts", network=OwnTraining, callbacks=(Stop,))
    parts = small_training.run(tmp_path / "parts", network=OwnTraining)
    assert_same_weights(parts.network.state_dict(), whole.network.state_dict())
    pd.testing.assert_frame_equal(parts.curves, whole.curves)

    path = next((tmp_path / "whole/checkpoints").glob("*.ckpt"))
    opened = OwnTraining.load_from_checkpoint(path, train=small_training.examples(5, 0))
    assert opened.hparams["width"] == 8
    assert_same_weights(opened.state_dict(), whole.network.state_dict())


def test_a_lightning_module_takes_single_batches(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train\.pack is 8: a LightningModule of your own"):
        small_training.run(tmp_path, network=OwnTraining, pack=8)


def test_a_metric_that_nobody_logs_is_named(tmp_path: Path) -> None:
    callback = made_by(ModelCheckpoint, monitor="validation_los")
    with pytest.raises(InputError, match=r"could not find the monitored key .*'validation_loss'"):
        small_training.run(tmp_path, callbacks=(callback,))


def test_validations_that_no_epoch_reaches_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Lightning refuses this training: `val_check_interval` \(22\) must be less"):
        small_training.run(tmp_path, trainer={"val_check_interval": 22})


class Sequences(nn.Module):
    def __init__(self, outputs: int, array: str = "x") -> None:
        super().__init__()
        self.layer = nn.Linear(4, outputs)


class OneTooMany(Sequences):
    def __init__(self) -> None:
        super().__init__(3)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layer(x)
        return logits


class Unknown(OneTooMany):
    def forward(self, sound: Tensor) -> Tensor:
        logits: Tensor = self.layer(sound)
        return logits


class Two(OneTooMany):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        return x, x


class Broken(OneTooMany):
    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layer(x[:, :3])
        return logits


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (OneTooMany, r"OneTooMany.forward gives 'logits' of the shape \(8, 3\) for 8 examples, .* needs \(8, 2\)"),
        (Unknown, "Unknown.forward takes 'sound', and the examples have no such array: .* x"),
        (Two, r"Two.forward gives 2 outputs, and the answer needs 'logits' of \(2\) for an example"),
        (Broken, "Broken.forward fails on the first 8 examples: RuntimeError: mat1 and mat2 shapes"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_before_training(
    tmp_path: Path, network: Callable[..., nn.Module], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        small_training.run(tmp_path, network=network)
    assert not list(tmp_path.iterdir())


def test_a_trunk_gets_the_head_of_the_answer(tmp_path: Path) -> None:
    class Small(Trunk):
        inputs = ("x",)
        features = 5

        def __init__(self, train: Examples) -> None:
            super().__init__()
            self.layer = nn.Linear(train.arrays["x"].shape[1], 5)

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(self.layer(x))

    fitted = small_training.run(tmp_path, network=Small)
    assert fitted.network(torch.zeros(3, 4)).shape == (3, 2)


def test_a_loss_of_ones_own_is_minimised_and_must_be_a_number(tmp_path: Path) -> None:
    rows = small_training.examples(60, 0)

    def fit(loss: Any, folder: Path) -> TrainedNetwork:
        config = small_training.config(folder, epochs=40, patience=40, augmentation=None)
        network = made_by(small_training.Plain)
        return known(train_network(rows, rows, network=network, answer=classes, config=config, loss=loss))

    def size_of_logits(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        assert set(batch) == {"x", "target"}
        return (outputs**2).mean()

    assert fit(size_of_logits, tmp_path / "one").training["validation_loss"] < 1e-3
    with pytest.raises(InputError, match=r"train\.loss gives a tensor of the shape \(8, 2\): it must be one number"):
        fit(lambda outputs, _: outputs, tmp_path / "many")


def test_the_last_weights_are_kept_where_no_checkpoint_is_asked_for(tmp_path: Path) -> None:
    kept: dict[str, Tensor] = {}

    class Last(lightning.Callback):
        def on_train_end(self, _: lightning.Trainer, module: lightning.LightningModule) -> None:
            kept.update({name: tensor.clone() for name, tensor in module.state_dict().items()})

    config = small_training.config(tmp_path, epochs=2)
    config = replace(config, callbacks=(Last,))
    fitted = known(small_training.train(config))
    assert_same_weights({f"network.{name}": each for name, each in fitted.network.state_dict().items()}, kept)
    assert fitted.training["best_epoch"] == 2


def test_balanced_classes_are_drawn_by_seed_and_epoch(tmp_path: Path) -> None:
    seen: list[float] = []

    class Watch(lightning.Callback):
        def on_train_batch_start(self, _: Any, __: Any, batch: dict[str, Tensor], ___: int) -> None:
            seen.append(float(batch["target"].float().mean()))

    rows = small_training.examples(2000, 0)
    few_positives = np.flatnonzero((rows.targets() == 0) | (np.arange(2000) % 10 == 0))
    rare = Examples(rows.table.iloc[few_positives], {"x": rows.arrays["x"][few_positives]}, rows.labels)
    assert rare.targets().mean() < 0.12
    config = small_training.config(
        tmp_path, epochs=2, sampler=made_by(BalancedClasses), callbacks=(Watch,), batch_size=100
    )
    train_network(rare, rare, network=made_by(small_training.Network), answer=classes, config=config)
    half = len(seen) // 2
    assert 0.4 < np.mean(seen[:half]) < 0.6
    assert seen[:half] != seen[half:]


def test_a_csv_logger_gets_what_the_curves_have(tmp_path: Path) -> None:
    logger = made_by(CSVLogger, name="", version="csv")
    fitted = small_training.run(tmp_path, epochs=2, loggers=(logger,))
    written = pd.read_csv(tmp_path / "csv" / "metrics.csv")
    curves = fitted.curves["validation_loss"].dropna().tolist()
    assert written["validation_loss"].dropna().tolist() == pytest.approx(curves)


def test_tensorboard_gets_what_the_curves_have(tmp_path: Path) -> None:
    logger = made_by(TensorBoardLogger, name="", version="board")
    fitted = small_training.run(tmp_path, epochs=2, loggers=(logger,))
    events = EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    losses = [event.value for event in events.Scalars("validation_loss")]
    assert losses == pytest.approx(fitted.curves["validation_loss"].dropna().tolist())


def test_a_profiler_says_where_the_time_went(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    small_training.run(tmp_path, epochs=1, trainer={"profiler": "simple"})
    assert "optimizer_step" in caplog.text


def test_accumulated_gradients_take_a_step_for_several_batches(tmp_path: Path) -> None:
    fitted = small_training.run(tmp_path, epochs=2, trainer={"accumulate_grad_batches": 2})
    assert fitted.training["steps"] == 2 * 11  # of 21 batches, the last alone
    assert fitted.curves["epoch"].max() == 2
    with pytest.raises(InputError, match=r"train\.pack is 8, and train\.trainer\.accumulate_grad_batches 2"):
        small_training.run(tmp_path / "packed", pack=8, trainer={"accumulate_grad_batches": 2})


def test_weights_averaged_over_epochs_are_the_last_ones(tmp_path: Path) -> None:
    averaging = made_by(StochasticWeightAveraging, swa_lrs=1e-3, swa_epoch_start=2)
    config = small_training.config(tmp_path, epochs=4)
    fitted = known(small_training.train(replace(config, callbacks=(averaging,))))
    assert fitted.training["epochs_run"] >= 4
    with pytest.raises(InputError, match="StochasticWeightAveraging needs single batches"):
        small_training.run(tmp_path / "packed", pack=8, callbacks=(averaging,))


def test_weights_that_are_shared_out_are_not_averaged(tmp_path: Path) -> None:
    averaging = made_by(StochasticWeightAveraging, swa_lrs=1e-3)
    fsdp = machine.trainer_arguments(machine.read("fsdp accelerator=cpu devices=2", conf=ROOT / "conf"), task="small")
    with pytest.raises(InputError, match="StochasticWeightAveraging needs whole weights, and MACHINE=fsdp"):
        small_training.run(tmp_path, callbacks=(averaging,), machine=fsdp)


@pytest.mark.parametrize("trainer", [{"fast_dev_run": True}, {"overfit_batches": 1}, {"limit_train_batches": 0.1}])
def test_trainings_that_only_try_come_to_an_end(tmp_path: Path, trainer: dict[str, Any]) -> None:
    fitted = small_training.run(tmp_path, trainer=trainer, epochs=2)
    assert fitted.training["steps"] in (1, 2, 4)


def test_a_loss_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the training loss is nan after step"):
        small_training.run(tmp_path, lr=1e30, warmup=0.0)


def test_empty_splits_are_refused(tmp_path: Path) -> None:
    config = small_training.config(tmp_path)
    network = made_by(small_training.Plain)
    with pytest.raises(InputError, match="the validation split has no examples"):
        train_network(
            small_training.examples(20, 0),
            small_training.examples(0, 1),
            network=network,
            answer=classes,
            config=config,
        )
