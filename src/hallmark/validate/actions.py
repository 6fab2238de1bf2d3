"""Actions: what Great Expectations does once all is judged, such as a message to people.

An action's secrets (a token, a webhook) come from the environment: the configuration has the names
of variables. An action that can't run stops nothing, since the evidence is complete without it.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from great_expectations.checkpoint import ActionContext, CheckpointResult

from hallmark import components
from hallmark.errors import InputError
from hallmark.expectation_schema import action_mistakes, is_secret

SECTION = "validate.actions"
_LONGEST = 300  # characters of a message that are shown


def run(
    actions: Mapping[str, Mapping[str, Any]], outcome: CheckpointResult, *, task: str, project: Path = Path()
) -> Iterator[str]:
    """Run the actions in their order, {name: {_target_, arguments}}; yield a sentence for each that did not run, and
    for each warning of Great Expectations' own, which don't fail where a server refuses them.
    """
    context = ActionContext()
    for name, section in actions.items():
        mistake = next(action_mistakes(f"{SECTION}.{name}", section), None)
        if mistake is not None:
            yield f"the action {name} did not run: {mistake}"
            continue
        unset = [value for key, value in section.items() if is_secret(key) and not os.environ.get(str(value))]
        if unset:
            yield f"the action {name} did not run: the environment variable {unset[0]} is not set"
            continue

        secrets = {key: os.environ[str(value)] for key, value in section.items() if is_secret(key)}
        sentences = []
        with _warnings() as warnings:
            try:
                action = _made(name, section, secrets, task, project)
                result = action.run(checkpoint_result=outcome, action_context=context)
                context.update(action=action, action_result=result)
            except Exception as error:  # of a person's own class, of a server, or of the network between
                reason = _first_line(str(error)) or "no message"
                words = reason if isinstance(error, InputError) else f"{type(error).__name__}: {reason}"
                sentences.append(f"the action {name} failed: {words}")
        sentences += [f"the action {name} warns: {_first_line(warning)}" for warning in warnings]
        yield from (_without_secrets(sentence, section, secrets)[:_LONGEST] for sentence in sentences)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect what Great Expectations logs as a warning or an error, which would be printed as it is: an answer of a
    server has the whole address, and so a webhook's secret.
    """
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger = logging.getLogger("great_expectations")
    collector = Collector(logging.WARNING)
    propagates = logger.propagate
    logger.addHandler(collector)
    logger.propagate = False
    try:
        yield messages
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagates


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _made(name: str, section: Mapping[str, Any], secrets: Mapping[str, str], task: str, project: Path) -> Any:
    """Return the action's object."""
    whole = {**section, **secrets}
    slot = components.SLOTS["action"]
    return components.factory(f"{SECTION}.{name}", whole, slot, task=task, project=project)(name=name)


def _without_secrets(text: str, section: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return a text with the variable's name in the place of each secret, or of its path where it is an address."""
    for key, secret in secrets.items():
        path = secret.partition("://")[2].partition("/")[2]
        for part in (secret, path):
            for written in (part, quote(part, safe="/:?&=%")):
                if len(written) > 2:
                    text = text.replace(written, f"${section[key]}")
    return text
