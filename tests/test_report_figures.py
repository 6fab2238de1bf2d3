"""Whatever a label or a group is called, its figure is drawn, and shows it as it is."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from hallmark import report_figures as figures
from hallmark.errors import InputError
from hallmark.report_figures import IndexEntry, ReportFigure

NAMES = [
    "$",
    "$$",
    "$5% to $10%",
    r"$\frac{1}{0}$",
    r"$\undefined$",
    "50% & _x^2",
    "=1+1",
    "😀",
    "日本語",
    "  led ",
    "",
]


def labelled(names: list[str]) -> Figure:
    figure, axes = figures.blank()
    axes.plot(range(len(names)), range(len(names)), label=f"line {names[0]}")
    axes.set_yticks(range(len(names)), names)
    axes.set(title=names[-1], xlabel=names[0])
    axes.text(0, 0, names[0])
    figure.legend()
    figure.suptitle(names[0])
    return figure


def save(folder: Path, **drawings: Figure) -> None:
    each = [ReportFigure(name=name, question=5, title=name, drawing=drawing) for name, drawing in drawings.items()]
    figures.save(each, folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_mathematics(tmp_path: Path, name: str) -> None:
    figure = labelled([name, name])
    save(tmp_path, drawn=figure)
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")
    assert not [text for text in figure.findobj(Text) if text.get_parse_math()]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [name, name]
    assert figure.axes[0].get_title() == name


def test_a_dollar_changes_what_is_drawn(tmp_path: Path) -> None:
    """As mathematics, `$x$` would be drawn as an italic x without dollars: as text, it has more ink than `x`."""
    written = {"with": labelled(["$x$", "a"]), "without": labelled(["x", "a"]), "escaped": labelled([r"\$x\$", "a"])}
    save(tmp_path, **written)
    assert len({(tmp_path / f"{name}.png").read_bytes() for name in written}) == 3


def test_a_control_character_is_shown_as_an_escape(tmp_path: Path) -> None:
    figure = labelled(["a\x1b[31m\nb", "c\u202ed"])
    save(tmp_path, drawn=figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [r"a\x1b[31m\nb", r"c\u202ed"]


def test_a_name_of_any_length_leaves_room_for_the_figure(tmp_path: Path) -> None:
    figure, axes = figures.blank(9.6, 4)
    axes.set_yticks([0, 1], ["x" * 50_000, "b"])
    save(tmp_path, drawn=figure)  # a layout without room would warn, and a warning is an error here
    assert len(axes.get_yticklabels()[0].get_text()) < 100


def test_a_logarithmic_axis_has_plain_numbers(tmp_path: Path) -> None:
    figure, axes = figures.blank()
    axes.plot([1, 1000], [0, 2000])
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1)
    save(tmp_path, drawn=figure)
    texts = [label.get_text() for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()]
    assert {"1", "10", "100", "1000"} <= set(texts)
    assert not [text for text in texts if "$" in text]


def test_the_index_says_of_each_figure_what_it_shows(tmp_path: Path) -> None:
    curve, _ = figures.blank()
    pictures, _ = figures.blank()
    drawn = [
        ReportFigure(name="curve", question=8, title="cost against threshold", drawing=curve),
        ReportFigure(name="worst", question=5, title="worst", drawing=pictures, shows_examples=True),
    ]
    figures.save(drawn, tmp_path / "figures")
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")}
    assert written == {"figures/curve.png", "figures/examples/worst.png"}
    assert figures.read_index(tmp_path / "figures") == [
        IndexEntry(file="curve.png", question=8, title="cost against threshold", shows_examples=False),
        IndexEntry(file="examples/worst.png", question=5, title="worst", shows_examples=True),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"curve.png"', '"../curve.png"'),
        ('"curve.png"', '"/etc/curve.png"'),
        ('"curve.png"', "7"),
        ('"question": 8', '"question": 11'),
        ('"question": 8', '"question": "8"'),
        ('"shows_examples": false', '"shows_examples": "no"'),
        ('"title"', '"name"'),
        ("]", ""),
    ],
)
def test_an_altered_index_is_one_sentence(tmp_path: Path, old: str, new: str) -> None:
    folder = tmp_path / "evaluate" / "figures"
    curve, _ = figures.blank()
    figures.save([ReportFigure(name="curve", question=8, title="curve", drawing=curve)], folder)
    text = (folder / "index.json").read_text(encoding="utf-8")
    assert old in text
    (folder / "index.json").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"index\.json is no index of figures .*: run evaluate again"):
        figures.read_index(folder)
