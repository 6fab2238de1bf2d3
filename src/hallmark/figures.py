"""How every figure looks and is written: a palette for colour-blind readers too, and the same bytes each time."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito 2008, "Color Universal Design": blue, vermilion, green, orange, sky, purple, black.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#000000")
EXAMPLES = (
    "examples"  # the folder of the figures that show single examples: what may leave a machine is known by its path
)
VERDICTS = {"pass": "#009E73", "fail": "#D55E00", "unresolved": "#E69F00", "measured": "#0072B2"}


def blank(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Axes]:
    """Return a figure (inches) with one axes; made without pyplot, so that no window or global state is touched."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_prop_cycle(color=PALETTE)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def mark_examples(figure: Figure) -> Figure:
    """Mark a figure as one that shows single examples (inputs, which may be a person's), and return it."""
    figure.set_gid(EXAMPLES)
    return figure


def shows_examples(figure: Figure) -> bool:
    """Whether `mark_examples` has marked the figure."""
    return bool(figure.get_gid() == EXAMPLES)


def save(figures: Mapping[str, Figure], folder: Path) -> None:
    """Write each figure as `<name>.png` at 120 dots an inch, without the metadata that would differ between runs.

    Those that show single examples go to the folder `examples` in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.hashsalt": "hallmark"}):
        for name, figure in figures.items():
            place = folder / EXAMPLES if shows_examples(figure) else folder
            place.mkdir(exist_ok=True)
            figure.savefig(place / f"{name}.png", dpi=120, metadata={"Software": None})
