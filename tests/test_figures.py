from pathlib import Path

from hallmark import figures


def test_figures_that_show_examples_are_known_by_their_path(tmp_path: Path) -> None:
    curve, _ = figures.blank()
    pictures, _ = figures.blank()
    figures.save({"curve": curve, "worst": figures.mark_examples(pictures)}, tmp_path / "figures")
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")}
    assert written == {"figures/curve.png", "figures/examples/worst.png"}
