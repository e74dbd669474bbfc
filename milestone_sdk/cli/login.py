"""The client for the options of a command; the password comes from the environment or is prompted for."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .. import BasicUser, Client, ConfigurationError, Trust, WindowsUser

__all__ = ["CaFile", "Location", "User", "connect"]

PASSWORD = "MILESTONE_PASSWORD"  # the name of a variable, not a password

Location = Annotated[
    str,
    typer.Option(envvar="MILESTONE_LOCATION", help="URL of the management server, e.g. https://vms.example.com."),
]
User = Annotated[
    str,
    typer.Option(
        envvar="MILESTONE_USER",
        help=rf"A basic user, or a Windows user as DOMAIN\user. The password is asked for, or taken from {PASSWORD}.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        envvar="MILESTONE_CA_FILE",
        help="PEM file of the authority that signed the server's certificate; default: what the system trusts.",
    ),
]


def connect(location: str, user: str, ca_file: Path | None) -> Client:
    """Return a client that is not open yet. Raises `ConfigurationError`."""
    trust = Trust.ca_file(ca_file) if ca_file is not None else Trust.system()
    kind = WindowsUser if {"\\", "@"} & set(user) else BasicUser
    return Client(location, kind(user, _password(user)), trust=trust)


def _password(user: str) -> str:
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no password for {user!r}, and no terminal to ask for one", hint=f"set {PASSWORD} in the environment"
        )
    answer: str = typer.prompt(f"Password of {user}", hide_input=True, err=True)
    return answer
