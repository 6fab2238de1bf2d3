"""The slots of components: what a `_target_` may be, by its place in the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """What a `_target_` may be: a subclass of one of `bases`, or a function that `call` fits, or either.

    bases: Dotted names of classes, imported only where a component is checked.
    call: The arguments that the stage calls a function with, in order; None: functions don't fit.
    functions: Modules of libraries whose public functions fit, besides those of extensions; * stands
        for any part of a name.
    given: Arguments that the stage always passes to a constructor, in order, so that no
        configuration can set them.
    offered: Arguments that the stage passes by name to whatever takes them, and has no value for
        them in the configuration.
    """

    bases: tuple[str, ...] = ()
    call: tuple[str, ...] | None = None
    functions: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """What fits, as the end of a sentence: "a subclass of torch.optim.Optimizer"."""
        parts = []
        if self.bases:
            parts.append(f"a subclass of {' or '.join(self.bases)}")
        if self.call is not None:
            parts.append(f"a function of ({', '.join(self.call)})")
        return ", or ".join(parts)


# Arguments of Lightning's trainer that another key, or the stage itself, decides.
_MACHINE = ("accelerator", "devices", "num_nodes", "strategy")
_STAGE = (
    *("callbacks", "logger", "plugins", "use_distributed_sampler"),
    *("reload_dataloaders_every_n_epochs", "enable_checkpointing", "default_root_dir", "inference_mode"),
    *("enable_model_summary", "enable_progress_bar", "num_sanity_val_steps"),
)

SLOTS: Mapping[str, Slot] = {
    "network": Slot(bases=("torch.nn.Module",), offered=("train",)),
    "optimizer": Slot(bases=("torch.optim.Optimizer",), given=("params",)),
    "scheduler": Slot(bases=("torch.optim.lr_scheduler.LRScheduler",), given=("optimizer",), offered=("total_steps",)),
    "augmentation": Slot(call=("batch",), functions=("hallmark.layers.augmentation",)),
    "loss": Slot(bases=("torch.nn.Module",), call=("outputs", "batch"), functions=("hallmark.answers.*.network",)),
    "sampler": Slot(bases=("torch.utils.data.Sampler",), offered=("train", "seed", "epoch")),
    "trainer": Slot(bases=("pytorch_lightning.Trainer",), offered=(*_MACHINE, *_STAGE)),
    "callback": Slot(bases=("pytorch_lightning.Callback",)),
    "logger": Slot(bases=("pytorch_lightning.loggers.Logger",), offered=("sink", "save_dir")),
    "strategy": Slot(bases=("pytorch_lightning.strategies.Strategy",)),
    "profiler": Slot(bases=("pytorch_lightning.profilers.Profiler",)),
    "expectation": Slot(bases=("great_expectations.expectations.expectation.Expectation",)),
    "action": Slot(bases=("great_expectations.checkpoint.actions.ValidationAction",), offered=("name",)),
    "drift_metric": Slot(bases=("evidently.core.metric_types.Metric", "evidently.core.container.MetricContainer")),
    "descriptor": Slot(bases=("evidently.core.datasets.Descriptor",), call=(), functions=("evidently.descriptors",)),
    "reading": Slot(call=("folder",)),
}

# What can stand within a component, where no slot names its place: what some slot takes, and the tests of Evidently.
WITHIN = Slot(
    bases=(
        *dict.fromkeys(base for slot in SLOTS.values() for base in slot.bases),
        "torchmetrics.Metric",
        "evidently.core.metric_types.MetricTest",
        "evidently.core.tests.GenericTest",
        "evidently.core.tests.Reference",
        "evidently.presets.dataset_stats.ValueStatsTests",
    ),
    call=(),
    functions=("evidently.tests",),
)
