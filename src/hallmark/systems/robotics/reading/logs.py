"""Order of a log: which rows make a run, in which order, without a missing or repeated step."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.systems.robotics import config

_MOST_STEP = 2.0**53  # whole numbers up to here are exact as floats
_ONLY_EPISODE = "log"  # the name of the one episode of a log that names none
# A step that takes more than 10 usual ones is a pause. A radio or a disk that drops readings loses a
# few in a row. Where ten are lost, the recording was stopped, and a history across the pause would
# show it as one step.
_LEAST_PAUSE = 10.0


@dataclass(frozen=True)
class Runs:
    """The n rows of a log in order of run and step.

    A run is an episode, or a block of one; no history crosses runs.
    """

    rows: np.ndarray  # (n,) each one's row in the file, from 0
    names: np.ndarray  # (n,) texts: the name of the run, "episode" or "episode/block"
    ids: np.ndarray  # (n,) texts: "episode:step"
    position: np.ndarray  # (n,) steps since the first of the run, from 0


def order_steps(table: tables.Table, columns: config.Columns, *, block: int) -> Runs:
    """Return the rows of a log in order of episode and step.

    Without a column of episodes the log is one episode; without a column of steps the rows of an
    episode are its steps, in the file's order. `block` is the number of steps of a run; 0 makes a
    run of each episode.

    Raises `InputError` where a step is no whole number, is beyond 2**53, is missing or repeated,
    and where the time goes back within an episode. Without a column of steps it is also raised
    where the rows of an episode lie apart and no time orders them, and where the time pauses within
    an episode: such rows are not consecutive steps.
    """
    episode = columns.entity
    step = columns.step
    time = columns.time
    names = table.identities(episode) if episode else np.full(len(table.frame), _ONLY_EPISODE, object)
    codes = pd.factorize(names)[0]
    if step:
        steps = table.numbers(step)
        table.refuse(step, steps != np.floor(steps), "is no whole number")
        table.refuse(step, np.abs(steps) > _MOST_STEP, "is no step: it lies beyond 2**53")
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

    first_row_of_episode = np.searchsorted(codes, codes)  # codes are sorted
    position = steps - steps[first_row_of_episode]
    ids = _concatenate(names, ":", steps.astype(str))
    if not block:
        return Runs(rows, names, ids, position)

    block_number = pd.Series(position // block).astype(str).str.zfill(4)  # padded, so that names sort like blocks
    run_names = _concatenate(names, "/", block_number.to_numpy(object))
    return Runs(rows, run_names, ids, position % block)


def _require_every_step(table: tables.Table, names: np.ndarray, codes: np.ndarray, steps: np.ndarray) -> None:
    """Raise `InputError` where a step of an episode is repeated or missing.

    `names`, `codes` (of the episode) and `steps` are (n,), in order of episode and step.
    """
    is_same_episode = codes[1:] == codes[:-1]
    change = np.diff(steps)
    is_repeated = is_same_episode & (change == 0)
    is_missing = is_same_episode & (change > 1)
    for is_faulty, words in ((is_repeated, "stands there twice"), (is_missing, "is missing")):
        if is_faulty.any():
            row = int(np.flatnonzero(is_faulty)[0])
            step = steps[row] if change[row] == 0 else steps[row] + 1
            raise InputError(f"{table.file}, episode {str(names[row])!r}: step {step} {words}")


def _require_order_of_time(table: tables.Table, time: str, codes: np.ndarray, rows: np.ndarray) -> None:
    """Raise `InputError` where a row of an episode is earlier than the row before it.

    `time` is the column's name; `codes` (of the episode) and `rows` (in the file) are (n,), in
    order of episode and step.
    """
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
    """Raise `InputError` where rows of another episode lie between those of an episode, in the file.

    Its number may have begun anew with the next recording. An episode whose times ascend strictly
    is accepted: they order its rows. `episode` is the column's name; `codes` (of the episode),
    `rows` (in the file) and `seconds` (None without a column of time) are (n,), in order of episode
    and step.
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
    """Raise `InputError` where a step takes more than `_LEAST_PAUSE` times the usual step of its episode.

    The usual step is the lower median of the steps that take any time, since a coarse clock gives
    several rows one time. `time` is the column's name; `codes` (of the episode), `rows` (in the
    file) and `seconds` are (n,), in order of episode and step.
    """
    durations = np.diff(seconds)
    takes_time = (codes[1:] == codes[:-1]) & (durations > 0)
    durations_by_episode = pd.Series(durations[takes_time]).groupby(codes[1:][takes_time])
    median_by_episode = durations_by_episode.quantile(0.5, interpolation="lower")
    usual_durations = median_by_episode.reindex(codes[1:]).to_numpy()
    is_pause = takes_time & (durations > _LEAST_PAUSE * usual_durations)

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


def _concatenate(first: np.ndarray, separator: str, second: np.ndarray) -> np.ndarray:
    """Return texts (n,): those of `first` (n,) and `second` (n,) with the separator between them."""
    return (pd.Series(first, dtype=str) + separator + pd.Series(second, dtype=str)).to_numpy(object)
