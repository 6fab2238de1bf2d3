"""Components: objects that the configuration names by `_target_`, in Hydra's own words.

    optimizer:
      _target_: torch.optim.SGD
      lr: 0.1
      momentum: 0.9

Each stands in a slot, which says what it may be (`slots`). `mistakes` checks a component before any
work; `factory` gives a stage what makes its object.
"""

from hallmark.components.call_arguments import mistakes
from hallmark.components.factories import Factory, factory
from hallmark.components.slots import SLOTS, WITHIN, Slot
from hallmark.components.targets import extensions_in, targets_in

__all__ = ["SLOTS", "WITHIN", "Factory", "Slot", "extensions_in", "factory", "mistakes", "targets_in"]
