"""Voice commands for a house: 2,760 phrases of 60 different words."""

import numpy as np

_ROOMS = ("kitchen", "bedroom", "bathroom", "garage", "office", "hallway", "attic", "cellar")
_DEVICES = ("light", "lamp", "fan", "heating", "radio", "speaker")
_OPENINGS = ("door", "window", "blinds", "curtain")
_NAMES = ("anna", "peter", "maria", "david", "susan", "george")
_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TENS = ("twenty", "thirty", "forty")
_NUMBERS = (*_UNITS, *(f"{ten} {unit}".strip() for ten in _TENS for unit in ("", *_UNITS)))
_COMMANDS = (  # a phrase is one choice of each tuple in a row
    (("turn on the", "turn off the", "check the"), _ROOMS, _DEVICES),
    (("open the", "close the", "lock the"), _ROOMS, _OPENINGS),
    (("set the",), _ROOMS, _DEVICES, ("to",), _NUMBERS),
    (("play music", "stop the music", "play the news"), ("in the",), _ROOMS),
    (("call", "message"), _NAMES, ("in",), _NUMBERS, ("minutes",)),
    (("set a timer for", "wake me in"), _NUMBERS, ("minutes", "hours")),
)


def draw_phrase(generator: np.random.Generator) -> str:
    """Draw one phrase: the kind of command, then each of its choices, with equal probabilities."""
    command = _COMMANDS[generator.integers(len(_COMMANDS))]
    return " ".join(choices[generator.integers(len(choices))] for choices in command)


def vocabulary() -> set[str]:
    """Return every word that can occur in a phrase."""
    words: set[str] = set()
    for command in _COMMANDS:
        for choices in command:
            words.update(" ".join(choices).split())
    return words
