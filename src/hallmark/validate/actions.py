"""Actions: what Great Expectations does once all is judged, such as a message to people.

An action's secrets (a token, a webhook) come from the environment: the configuration has the names
of variables. An action that can't run stops nothing, since the evidence is complete without it.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from great_expectations.checkpoint import ActionContext, CheckpointResult

from hallmark import components
from hallmark.errors import InputError
from hallmark.expectation_schema import is_secret

SECTION = "validate.actions"


def run(
    actions: Mapping[str, Mapping[str, Any]], outcome: CheckpointResult, *, task: str, project: Path = Path()
) -> Iterator[str]:
    """Run the actions in their order, {name: {_target_, arguments}}; yield a sentence for each that did not run."""
    context = ActionContext()
    for name, section in actions.items():
        unset = [value for key, value in section.items() if is_secret(key) and not os.environ.get(str(value))]
        if unset:
            yield f"the action {name} did not run: the environment variable {unset[0]} is not set"
            continue

        secrets = {key: os.environ[str(value)] for key, value in section.items() if is_secret(key)}
        try:
            action = _made(name, section, secrets, task, project)
            result = action.run(checkpoint_result=outcome, action_context=context)
            context.update(action=action, action_result=result)
        except Exception as error:  # of a person's own class, of a server, or of the network between
            reason = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
            words = reason if isinstance(error, InputError) else f"{type(error).__name__}: {reason}"
            yield f"the action {name} failed: {_without_secrets(words, section, secrets)}"


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
            if len(part) > 2:
                text = text.replace(part, f"${section[key]}")
    return text
