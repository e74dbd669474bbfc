# Generated from milestone_sdk/_async/session/addresses.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The addresses that the caller gave in place of those that a site announces."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..._protocol.management.location import Location
from ...errors import ConfigurationError, RemoteProtocolError

if TYPE_CHECKING:
    from ...models import Recorder

__all__ = ["Addresses"]

_logger = logging.getLogger("milestone_sdk.login")
_ANALYTICS: Final = "analytics_events"


class Addresses:
    """Addresses by `"event_server"`, `"analytics_events"`, or a recorder's name, id, or announced address.

    Raises `ConfigurationError` for one that is not an address.
    """

    def __init__(self, site: Location, given: Mapping[str, str]) -> None:
        self._site = site
        self._given = {name.casefold().rstrip("/"): Location.parse(text) for name, text in given.items()}
        self._warned: set[str] = set()
        if self.analytics_events is not None and self.analytics_events.secure:
            raise ConfigurationError(
                "analytics events are sent over plain http only",
                hint='write addresses={"analytics_events": "http://server:9090"}',
            )

    @property
    def event_server(self) -> Location | None:
        """Where the event server is, if that was given."""
        return self._given.get("event_server")

    @property
    def analytics_events(self) -> Location | None:
        """Where analytics events are sent, if that was given."""
        return self._given.get(_ANALYTICS)

    def of_recorder(self, recorder: Recorder) -> Location:
        """Return the address that was given for a recorder, else the one it announces.

        Raises `RemoteProtocolError` if that is not an address.
        """
        for name in (recorder.name, str(recorder.id), recorder.uri.rstrip("/")):
            if given := self._given.get(name.casefold()):
                return given
        try:
            location = Location.parse(recorder.uri, path_allowed=True)
        except ConfigurationError as error:
            text = f"recorder {recorder.name} announces no usable address: {recorder.uri!r}"
            raise RemoteProtocolError(text, operation="GetConfiguration") from error
        self.warn_of_clear_text("recorder", location)
        return location

    def warn_of_clear_text(self, service: str, location: Location) -> None:
        """Log once for each kind of service that it uses http: the corporate token can be read on the way.

        An http address that the caller wrote, for the site or for this service, is the caller's decision.
        """
        chosen = not self._site.secure or location in self._given.values()
        if location.secure or chosen or service in self._warned:
            return
        self._warned.add(service)
        _logger.warning(
            "the %s at %s has no TLS: whoever can read the network can use the token that is sent there, with all "
            "rights of this user at recorders and event server, until it ends. Enable encryption on that server",
            service,
            location,
        )
