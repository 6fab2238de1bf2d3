"""Migration of the section `train`: from keys of its own to the arguments of components."""

from collections.abc import Sequence

from ruamel.yaml.comments import CommentedMap

from hallmark.config.component import TARGET

# A former key → the place below `train` where its value is an argument today.
_MOVED: dict[str, Sequence[str]] = {
    "learning_rate": ("optimizer", "lr"),
    "weight_decay": ("optimizer", "weight_decay"),
    "warmup": ("scheduler", "warmup"),
    "patience": ("callbacks", "early_stopping", "patience"),
}
_AUGMENTATION = ("shift", "rotation", "scale", "flip")  # former keys below `network`
_RANDOM_AFFINE = "hallmark.layers.augmentation.random_affine"


def reshape_training(train: CommentedMap) -> None:
    """Give the section today's shape, in place. Keys that have it already stay as they are."""
    for former, place in _MOVED.items():
        if former in train:
            _move(train, former, train, place)

    network = train.get("network")
    if not isinstance(network, CommentedMap) or TARGET in network:  # a network of one's own may have such arguments
        return
    moved = [name for name in _AUGMENTATION if name in network]
    if moved and "augmentation" not in train:
        augmentation = CommentedMap({TARGET: _RANDOM_AFFINE})
        if network.fa.flow_style():
            augmentation.fa.set_flow_style()
        train.insert(list(train).index("network") + 1, "augmentation", augmentation)
        for name in moved:
            _move(network, name, augmentation, (name,))
        if not network:
            del train["network"]


def _move(section: CommentedMap, former: str, target: CommentedMap, place: Sequence[str]) -> None:
    """Move a value from `section` to a place below `target`, with its comment; nothing where the place is taken."""
    *parents, name = place
    for parent in parents:
        if parent not in target:
            position = list(section).index(former) if target is section else len(target)
            target.insert(position, parent, CommentedMap())
        target = target[parent]
        if not isinstance(target, CommentedMap):
            return
    if name in target:
        return

    comment = section.ca.items.pop(former, None)
    target[name] = section.pop(former)
    if comment is not None:
        target.ca.items[name] = comment
