"""The actor of a promotion: the person who started it, as far as that can be proved."""

import getpass
import os
from collections.abc import Mapping


def name_actor(environment: Mapping[str, str]) -> str:
    """Return who promotes, in words, as far as the platform proves it.

    In GitHub Actions that is the person who started the workflow, with the address of the run whose
    page proves it (see `workflow_run`). Everywhere else, and where the variables name no run, it is
    the operating system's user, called unverified, since anybody can claim that.
    """
    run_address = workflow_run(environment)
    if run_address is not None:
        started_by = environment.get("GITHUB_ACTOR", "unknown")
        rerun_by = environment.get("GITHUB_TRIGGERING_ACTOR", started_by)
        rerun = f", run again by {rerun_by}" if rerun_by != started_by else ""
        return f"{started_by}{rerun} (GitHub Actions, as {run_address} shows)"

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run a user who has no name
        name = str(os.getuid())
    return f"unverified local user {name}"


def workflow_run(environment: Mapping[str, str]) -> str | None:
    """Return the address of this run of a workflow, whose page shows who started it; None outside
    GitHub Actions.
    """
    parts = [environment.get(f"GITHUB_{part}") for part in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if environment.get("GITHUB_ACTIONS") != "true" or not all(parts):
        return None
    return "{}/{}/actions/runs/{}".format(*parts)
