"""Addresses and errors of the tracking store, without user names and passwords."""

import os
import traceback
from pathlib import Path
from urllib.parse import unquote

from hallmark import experiments

LOCAL = "sqlite:///mlflow.db"  # the store of the working folder
_SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def store_address() -> str:
    """Return the address of the tracking store: MLFLOW_TRACKING_URI, or LOCAL.

    A queued or temporary experiment runs in a folder that DVC removes: its local store is the
    workspace's.
    """
    address = os.environ.get("MLFLOW_TRACKING_URI")
    if address:
        return address
    workspace = experiments.workspace(Path())
    return LOCAL if workspace == Path() else f"sqlite:///{os.path.relpath(workspace / 'mlflow.db')}"


def redacted(text: str) -> str:
    """Return the text with *** for the user name and the passwords that the environment holds for
    the store.
    """
    for secret in _secrets():
        text = text.replace(secret, "***")
    return text


def _secrets() -> list[str]:
    """Return every secret, as written and URL-decoded, the longest first, since one may contain
    another.
    """
    userinfo = _userinfo(store_address())
    password = userinfo.partition(":")[2]
    variables = [os.environ.get(name, "") for name in _SECRETS]

    encoded = [f"{userinfo}@" if userinfo else "", password, *variables]
    decoded = [unquote(secret) for secret in encoded]
    secrets = {secret for secret in (*encoded, *decoded) if len(secret) > 2}
    return sorted(secrets, key=len, reverse=True)


def _userinfo(uri: str) -> str:
    """Return user name and password of an address: all before its last @, encoded or not."""
    return uri.partition("://")[2].rpartition("@")[0]


def unless_secret(error: BaseException) -> BaseException | None:
    """Return the error, or None where its traceback, with the errors that led to it, would show a
    secret.
    """
    text = "".join(traceback.format_exception(error))
    return error if redacted(text) == text else None


def without_userinfo(uri: str) -> str:
    """Return the address without user name, password and query; it need not be well-formed."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return uri.rpartition("@")[2].partition("?")[0]
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
