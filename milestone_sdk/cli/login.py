"""The options that say which site, as which user, and which certificates are trusted."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from attrs import frozen

from .. import Client, ConfigurationError, Trust
from .._environment import (
    CA_FILE,
    LOCATION,
    PASSWORD,
    PIN,
    SIGN_ON,
    TOKEN,
    USER,
    credentials_of_environment,
    trust_of_environment,
    user_named,
)
from .._sync.session.connections import BASIC_PREFIX
from ..credentials import Credentials, CurrentUser
from .groups import OptionGroup

__all__ = ["CaFile", "Login"]

CaFile = Annotated[
    Path | None,
    typer.Option(
        envvar=CA_FILE,
        metavar="FILE",
        help="PEM file of the authority of the server's certificate. Default: those of the system.",
    ),
]


@frozen(kw_only=True)
class Login(OptionGroup):
    """How to reach a site; what is given in the command line goes before the environment."""

    location: Annotated[
        str,
        typer.Option(envvar=LOCATION, metavar="URL", help="The management server, e.g. https://vms.example.com."),
    ]
    user: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=rf"A basic user, or a Windows user as DOMAIN\user; or {USER}. The password is asked for, or that in "
            f"{PASSWORD}. A token in {TOKEN} can be used instead.",
        ),
    ] = None
    sign_on: Annotated[
        bool,
        typer.Option("--sign-on", help=f"Log in as the current Windows user; or {SIGN_ON}=1."),
    ] = False
    ca_file: CaFile = None
    pin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="sha256:3F:9A:...",
            help=f"Trust exactly the certificate with this fingerprint; or {PIN}. May be repeated.",
        ),
    ] = None
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=URL",
            help="Where a service is reached instead of the address that it announces: event_server=URL, "
            "analytics_events=URL, or the name or id of a recorder. May be repeated.",
        ),
    ] = None
    no_proxy: Annotated[bool, typer.Option("--no-proxy", help="Use no proxy, whatever the environment says.")] = False
    timeout: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="Seconds that one exchange may last.")] = (
        30.0
    )
    configuration_prefix: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Sent before a basic user's name to the Configuration API before 2021 R1."),
    ] = BASIC_PREFIX

    def client(self) -> Client:
        """Return a client that is not open yet. Raises `ConfigurationError`."""
        return Client(
            self.location,
            self._credentials(),
            trust=self._trust(),
            timeout=self.timeout,
            addresses=dict(map(_address, self.address or [])),
            trust_env=not self.no_proxy,
            configuration_prefix=self.configuration_prefix,
        )

    def _credentials(self) -> Credentials:
        if self.sign_on and self.user is not None:
            raise ConfigurationError("--sign-on and --user are given: only one can be used")
        if self.sign_on:
            return CurrentUser()
        if self.user is not None:
            return user_named(self.user, _password(self.user))
        return credentials_of_environment(_password)

    def _trust(self) -> Trust:
        given = None if self.ca_file == Path(os.environ.get(CA_FILE, "")) else self.ca_file
        if self.pin and given is not None:
            raise ConfigurationError("--ca-file and --pin are given: only one can be used")
        if self.pin:
            return Trust.pinned(*self.pin)
        return trust_of_environment() if given is None else Trust.ca_file(given)


def _address(text: str) -> tuple[str, str]:
    name, found, url = text.rpartition("=")
    if not (name and found):
        raise typer.BadParameter(f"{text!r} has no name; write it as NAME=URL", param_hint="--address")
    return name, url


def _password(user: str) -> str:
    if os.environ.get(PASSWORD):
        return os.environ[PASSWORD]
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no password for {user!r}, and no terminal to ask for one", hint=f"set {PASSWORD} in the environment"
        )
    answer: str = typer.prompt(f"Password of {user}", hide_input=True, err=True)
    return answer
