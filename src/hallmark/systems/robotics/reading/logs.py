"""A log in order: every row's run and its place there, with no step missing and none twice."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.systems.robotics import config

_LARGEST = 2.0**53  # steps up to here are exact as floats
_ALONE = "log"  # the name of the one episode of a log that names none
# A pause of more than so many usual steps is no step. A radio or a disk that drops readings loses a few in a row;
# where ten are lost, the recording stood still, and a history across it would show as one step what was none.
_PAUSE = 10.0


@dataclass(frozen=True)
class Runs:
    """Rows in order of run and step. A run is an episode, or a block of one; histories do not reach beyond it."""

    rows: np.ndarray  # (n,) the file's row of each
    names: np.ndarray  # (n,) strings: the run
    ids: np.ndarray  # (n,) strings: episode and step
    position: np.ndarray  # (n,) place in the run, from 0


def order_steps(table: tables.Table, columns: config.Columns, *, block: int) -> Runs:
    """Return the order of a log by episode and step; without a column of either it is one episode, row by row.

    Within an episode the time, where there is one, must not go back from step to step. With `block`, each episode is
    cut into runs of so many steps. Raises `InputError` where a step is no whole number or beyond 2**53, is missing or
    stands there twice. Without the column of steps, it raises one where other rows lie between those of an episode and
    no time orders them, and where the time pauses within an episode: such rows are no steps that follow each other.
    """
    episode = columns.entity
    step = columns.step
    time = columns.time
    names = table.identities(episode) if episode else np.full(len(table.frame), _ALONE, object)
    codes = pd.factorize(names)[0]
    if step:
        steps = table.numbers(step)
        table.refuse(step, steps != np.floor(steps), "is no whole number")
        table.refuse(step, np.abs(steps) > _LARGEST, "is no step: it lies beyond 2**53")
    else:
        steps = pd.Series(codes).groupby(codes).cumcount().to_numpy(float)

    rows = np.lexsort((steps, codes))
    codes = codes[rows]
    steps = steps[rows].astype(np.int64)
    names = names[rows]
    _require_every_step(table, names, codes, steps)
    if time:
        _require_order_of_time(table, time, codes, rows)
    if not step:
        seconds = table.seconds(time)[rows] if time else None
        _require_together(table, episode or "", codes, rows, seconds)
        if time and seconds is not None:
            _require_no_pause(table, time, codes, rows, seconds)

    position = steps - steps[np.searchsorted(codes, codes)]  # codes are sorted: the place of an episode's first row
    ids = _joined(names, steps.astype(str), ":")
    if not block:
        return Runs(rows, names, ids, position)
    number = pd.Series(position // block).astype(str).str.zfill(4)  # so that the order of names is that of blocks
    return Runs(rows, _joined(names, number.to_numpy(object), "/"), ids, position % block)


def _require_every_step(table: tables.Table, names: np.ndarray, codes: np.ndarray, steps: np.ndarray) -> None:
    """Raise `InputError` where a step of an episode stands there twice, or is missing; rows are in their order."""
    follows = codes[1:] == codes[:-1]
    change = np.diff(steps)
    faults = ((follows & (change == 0), "stands there twice"), (follows & (change > 1), "is missing"))
    for is_faulty, words in faults:
        if is_faulty.any():
            row = int(np.flatnonzero(is_faulty)[0])
            step = steps[row] if change[row] == 0 else steps[row] + 1
            raise InputError(f"{table.file}, episode {str(names[row])!r}: step {step} {words}")


def _require_order_of_time(table: tables.Table, time: str, codes: np.ndarray, rows: np.ndarray) -> None:
    """Raise `InputError` where a row of an episode is earlier than the row before it; rows are in their order."""
    seconds = table.seconds(time)[rows]
    goes_back = (codes[1:] == codes[:-1]) & (np.diff(seconds) < 0)

    is_faulty = np.zeros(len(rows), bool)
    is_faulty[rows[1:][goes_back]] = True
    table.refuse(
        time,
        is_faulty,
        "is earlier than the row before it in its episode: name the step's column, or sort; where another recording "
        "begins there, give its episodes names of their own",
    )


def _require_together(
    table: tables.Table, episode: str, codes: np.ndarray, rows: np.ndarray, seconds: np.ndarray | None
) -> None:
    """Raise `InputError` where an episode goes on after rows of another one: its number may begin anew with the next
    recording. An episode whose `seconds` all ascend is ordered by them; rows are in their order.
    """
    is_within = codes[1:] == codes[:-1]
    is_apart = is_within & (np.diff(rows) > 1)
    if seconds is not None:
        unordered_episodes = np.unique(codes[1:][is_within & (np.diff(seconds) <= 0)])
        is_apart &= np.isin(codes[1:], unordered_episodes)

    is_faulty = np.zeros(len(rows), bool)
    is_faulty[rows[1:][is_apart]] = True
    if is_faulty.any():
        table.refuse(
            episode,
            is_faulty,
            "names an episode that ended before: where it is another recording, give its episodes names of their own; "
            "where it is the same, name the column of its steps as prepare.reading.columns.step, or sort the rows",
        )


def _require_no_pause(table: tables.Table, time: str, codes: np.ndarray, rows: np.ndarray, seconds: np.ndarray) -> None:
    """Raise `InputError` where a step takes more than `_PAUSE` times the median of its episode; rows are in order.

    It is the lower median of the steps that take any time, since a coarse clock gives several rows one time.
    """
    durations = np.diff(seconds)
    takes_time = (codes[1:] == codes[:-1]) & (durations > 0)
    medians = pd.Series(durations[takes_time]).groupby(codes[1:][takes_time]).quantile(0.5, interpolation="lower")
    usual_durations = medians.reindex(codes[1:]).to_numpy()
    is_pause = takes_time & (durations > _PAUSE * usual_durations)

    is_faulty = np.zeros(len(rows), bool)
    is_faulty[rows[1:][is_pause]] = True
    if is_faulty.any():
        longest = float((durations / usual_durations)[is_pause].max())
        table.refuse(
            time,
            is_faulty,
            f"comes after a pause within its episode, of up to {longest:.3g} times its usual step: split the episode "
            "there, or name the column of its steps as prepare.reading.columns.step",
        )


def _joined(first: np.ndarray, second: np.ndarray, between: str) -> np.ndarray:
    return (pd.Series(first, dtype=str) + between + pd.Series(second, dtype=str)).to_numpy(object)
