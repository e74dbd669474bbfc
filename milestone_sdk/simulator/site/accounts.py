"""Checks a name and a password, and locks accounts that were tried too often."""

import base64
import binascii
from typing import Literal, NamedTuple

from milestone_sdk.simulator.site.model import Site, User

__all__ = ["Credentials", "Refusal", "basic_credentials", "check_password"]

_PREFIX = "[BASIC]\\"
Refusal = Literal["InvalidCredentials", "LockedOut", "ChangePassword"]
"""The `error_code` values of the identity provider."""


def check_password(site: Site, name: str, password: str, *, kind: str = "basic", form: bool = True) -> User | Refusal:
    """The user, or why not; `lockout_after` wrong passwords lock the account for `lockout_for`.

    `form` False says that this service does not accept the form of the name, which counts like a wrong password.
    """
    user = site.user(name)
    if user is None or user.kind != kind:
        return "InvalidCredentials"
    now = site.now()
    if user.locked_until is not None and now >= user.locked_until:
        user.locked_until, user.failures = None, 0
    if user.state == "locked" or user.locked_until is not None:
        return "LockedOut"
    if user.password != password or not form:
        user.failures += 1
        if user.failures >= site.lockout_after:
            user.locked_until = now + site.lockout_for
        return "InvalidCredentials"
    user.failures = 0
    return "ChangePassword" if user.state == "change_password" else user


class Credentials(NamedTuple):
    """What an HTTP Basic header holds."""

    name: str
    password: str
    prefixed: bool


def basic_credentials(authorization: str | None) -> Credentials | None:
    r"""The content of an HTTP Basic header, read in Windows-1252 as .NET does on a western server.

    A `[BASIC]\` before the name is removed (`prefixed`). What the code page lacks is read as a character that no
    password holds.
    """
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("cp1252", "replace")
    except binascii.Error:
        return None
    name, colon, password = text.partition(":")
    return Credentials(name.removeprefix(_PREFIX), password, name.startswith(_PREFIX)) if colon else None
