"""Kerberos as a server sees it, by the system's GSSAPI: it needs the extra `kerberos` and a keytab."""

import importlib
import struct
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["KerberosAcceptor", "KerberosError", "Ticket"]

_KRB5, _SPNEGO = "1.2.840.113554.1.2.2", "1.3.6.1.5.5.2"
_CHANNEL_BOUND = 0x800


class KerberosError(Exception):
    """A token that the keytab does not open; `token` is the answer for the client, if there is one."""

    def __init__(self, reason: str, token: bytes | None = None) -> None:
        super().__init__(reason)
        self.token = token


@frozen
class Ticket:
    """A client that logged in by its ticket."""

    principal: str
    channel_bound: bool
    token: bytes | None
    """The server's own proof, for the client."""


class KerberosAcceptor:
    """Opens tickets with the keys of one keytab, bare or within SPNEGO."""

    def __init__(self, keytab: Path) -> None:
        self._gssapi: Any = importlib.import_module("gssapi")
        mechanisms = [self._gssapi.OID.from_int_seq(oid) for oid in (_KRB5, _SPNEGO)]
        self._credentials = self._gssapi.Credentials(
            usage="accept", mechs=mechanisms, store={"keytab": f"FILE:{keytab}"}
        )

    def accept(self, token: bytes, bindings: bytes | None) -> Ticket:
        """Log a client in; `bindings` are the application data of the channel bindings. Raises KerberosError."""
        raw = importlib.import_module("gssapi.raw")
        channel = raw.ChannelBindings(application_data=bindings) if bindings else None
        context = self._gssapi.SecurityContext(creds=self._credentials, usage="accept", channel_bindings=channel)
        answer: bytes | None = None
        try:
            answer = context.step(token)
            if not context.complete:
                raise KerberosError("the handshake needs more than one token", answer)
            name = str(context.initiator_name).rstrip("\0")
            return Ticket(name, bool(int(context.actual_flags) & _CHANNEL_BOUND), answer)
        except (self._gssapi.exceptions.GSSError, struct.error) as error:
            raise KerberosError(str(error), answer) from error
