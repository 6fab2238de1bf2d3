"""The environment behind a verdict: what is installed here, whatever the lock says."""

import platform
import re
from importlib import metadata

from hallmark import digests

OWN = "hallmark"  # its code has a digest of its own


def installed_distributions() -> list[str]:
    """Return `name==version` of every distribution that Python finds, by normalised name (PEP 503),
    sorted.

    A distribution that is installed twice is listed twice: which one is imported depends on the
    path.
    """
    distributions = [distribution for distribution in metadata.distributions() if distribution.name]
    versions = {(_normalised(distribution.name), distribution.version) for distribution in distributions}
    return [f"{name}=={version}" for name, version in sorted(versions) if name != OWN]


def digest() -> str:
    """Return the SHA-256 of Python's version and of what is installed."""
    return digests.text("\n".join([f"Python {platform.python_version()}", *installed_distributions()]))


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
