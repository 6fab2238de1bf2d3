import json
from collections.abc import Sequence
from pathlib import Path

from hallmark.tracking.metric_sender import Delivery, Point, PointReader


class Line:
    """A way to a server, which can be cut."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.arrived: list[Point] = []

    def __call__(self, points: Sequence[Point]) -> None:
        if not self.up:
            raise ConnectionError("nobody is there")
        self.arrived += points


def point(step: int) -> Point:
    return Point(key="loss", value=step / 2, step=step, timestamp=1_000 + step)


def write(path: Path, *steps: int) -> None:
    with path.open("a") as stream:
        stream.writelines(json.dumps(point(step)) + "\n" for step in steps)


def test_a_reader_returns_each_whole_line_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, 1, 2)
    reader = PointReader(path)
    assert reader.read() == [point(1), point(2)]
    assert reader.read() == []

    line = json.dumps(point(3)) + "\n"
    with path.open("a") as stream:
        stream.write(line[:10])
    assert reader.read() == []
    with path.open("a") as stream:
        stream.write(line[10:])
    assert reader.read() == [point(3)]


def test_what_comes_meanwhile_is_delivered_next(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    line = Line()
    write(path, 1)
    delivery = Delivery(path, line)
    assert delivery.deliver()
    write(path, 2, 3)
    assert delivery.deliver()
    assert line.arrived == [point(1), point(2), point(3)]


def test_a_dead_server_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    line = Line(up=False)
    write(path, *range(700))
    delivery = Delivery(path, line)
    assert not delivery.deliver()
    write(path, *range(700, 1500))
    assert not delivery.deliver()
    assert len(delivery.pending) == 1500

    line.up = True
    assert delivery.deliver()
    assert line.arrived == [point(step) for step in range(1500)]
    assert delivery.pending == []
