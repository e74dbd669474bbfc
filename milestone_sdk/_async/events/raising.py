"""Raising events: user-defined, analytics and generic ones."""

import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from ..._net.asyncio import AsyncStream, open_stream, send_datagram
from ..._protocol.configuration.names import find_one, near_misses
from ..._protocol.events import analytics as analyticsevent
from ..._protocol.events import generic as genericevent
from ..._protocol.management import servercommand
from ..._protocol.management.location import Location
from ..._protocol.secrets import Sealed
from ..._protocol.soap.envelope import Call
from ..._protocol.soap.values import guid
from ...errors import (
    ConnectError,
    ConnectTimeout,
    MilestoneError,
    NotFound,
    PermissionDenied,
    ReadTimeout,
    ServerFault,
    ServiceUnavailable,
    TransportError,
)
from ...models import Camera, UserDefinedEvent
from ...models.events import AnalyticsEvent, AnalyticsEventReceipt, GenericEventReceipt, GenericEventSource
from ...releases import Capability
from ..configuration.inventory import AsyncConfigurationCache
from ..session.facts import AsyncFact
from ..session.gateway import AsyncGateway
from ..session.login import Authorization
from ..session.session import AsyncSession

__all__ = ["AsyncEvents"]

_QUIET: Final = 0.25
"""Seconds of silence after which an echo that may be complete counts as complete."""
_CHUNK: Final = 4096
_NO_SUCH_EVENT: Final = (NotFound, PermissionDenied, ServerFault)
"""Answers to an id that does not exist, or no longer; a missing right has the same answers."""
_LOOK_AGAIN: Final = 30.0
"""Seconds between two look-ups because of a refused event, which may only mean a missing right."""

T = TypeVar("T")


class AsyncEvents:
    """Raises events, in four ways.

    `trigger` works on every release; `post` needs the API Gateway of 2024 R2; `analytics` and `generic` need no login,
    but an administrator has to enable them and to allow the computers that may send. The client's `addresses` may
    hold `"analytics_events"`, the address of port 9090, and `"event_server"`.
    """

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache, gateway: AsyncGateway) -> None:
        self._session = session
        self._configuration = configuration
        self._gateway = gateway
        self._look_again = -math.inf

    async def trigger(self, event: UserDefinedEvent | UUID | str, *, metadata: Mapping[str, str] | None = None) -> None:
        """Raise a user-defined event, given as a model, its id, or its exact name.

        `metadata` are strings sent with it; which keys servers use is not documented. Raises `NotFound` with the names
        that resemble it, `PermissionDenied` if the user may not trigger it.
        """

        def build(event_id: UUID, by: Authorization) -> Call[None]:
            if metadata is None:
                return servercommand.event_trigger(by.corporate, event_id, asmx=by.asmx)
            return servercommand.event_trigger_with_metadata(by.corporate, event_id, metadata, asmx=by.asmx)

        await self._with_id(event, lambda event_id: self._session.server_command(partial(build, event_id)))

    async def post(self, event: UserDefinedEvent | UUID | str, *, source: Camera | UUID | None = None) -> UUID | None:
        """Raise an event over REST, from the camera `source` if given; return the id of the event.

        `event` is a user-defined event, its id or exact name, or the id of any type that this user may trigger. Raises
        what `trigger` raises, `UnsupportedFeature` before 2024 R2, and `ServiceUnavailable` if no API Gateway answers.
        """
        camera = source.id if isinstance(source, Camera) else source
        origin = {} if camera is None else {"source": f"cameras/{camera}"}
        made = await self._with_id(
            event,
            lambda event_id: self._gateway.post(
                "events", {"type": str(event_id), **origin}, needs=Capability.EVENTS_REST
            ),
        )
        return guid(str(made.get("id") or ""))

    async def analytics(self, event: AnalyticsEvent) -> AnalyticsEventReceipt:
        """Send an analytics event to port 9090 of the event server; `known` of the receipt says whether it is defined.

        Raises `PermissionDenied` if this computer may not send, `LocalProtocolError` for a malformed event,
        `ServiceUnavailable` if the port is closed, `ServerFault`.
        """
        body = analyticsevent.write_event(event, now=self._session.clock.utcnow())
        given = self._session.settings.addresses.analytics_events
        if given is not None:
            return await self._send_analytics(given, body)
        return await self._session.at_event_server(
            lambda place: self._send_analytics(Location("http", place.host, analyticsevent.PORT), body),
            contradicted=_is_silent,
        )

    async def _send_analytics(self, address: Location, body: bytes) -> AnalyticsEventReceipt:
        operation = "analytics event"
        headers = {"Content-Type": analyticsevent.CONTENT_TYPE}
        try:
            reply = await self._session.connections.without_login().send(
                "POST", f"{address}/", operation=operation, headers=headers, body=Sealed(body)
            )
            return analyticsevent.read_answer(reply.status, reply.body)
        except (ConnectError, ConnectTimeout) as error:
            raise _closed("Analytics Events", error) from error
        except MilestoneError as error:
            error.at(server=str(address), operation=operation)
            raise

    async def generic(self, text: str, source: GenericEventSource | None = None) -> GenericEventReceipt:
        """Send the text of a generic event to a data source; by default to the shipped "Compatible" over TCP.

        UDP has no answer: an event that is not allowed or does not arrive is lost without an error. Over TCP the echo
        that the source is set to is awaited. Raises `PermissionDenied` for a sender that is not allowed, `ReadTimeout`
        and `ConnectionLost` if there is no echo (the event may have been accepted), `RemoteProtocolError` for another
        echo, `ServiceUnavailable` if the port is closed, `LocalProtocolError` for a text that cannot be sent.
        """
        source = source or GenericEventSource.compatible()
        data = genericevent.encode(text, source)
        given = self._session.settings.addresses.analytics_events
        host = source.host or (given.host if given is not None else None)
        if host is not None:
            return await self._send_generic(host, source, data)
        return await self._session.at_event_server(
            lambda place: self._send_generic(place.host, source, data), contradicted=_is_silent
        )

    async def _send_generic(self, host: str, source: GenericEventSource, data: bytes) -> GenericEventReceipt:
        try:
            if source.protocol == "udp":
                await send_datagram(host, source.port, data, timeout=self._session.timeout)
                return GenericEventReceipt()
            stream = await open_stream(host, source.port, context=None, timeout=self._session.timeout)
        except (ConnectError, ConnectTimeout) as error:
            raise _closed("Generic Events", error) from error
        try:
            await stream.write(data + source.separator, self._session.timeout)
            return await self._echo(stream, genericevent.EchoReader(source, data))
        except MilestoneError as error:
            error.at(server=f"{host}:{source.port}", operation="generic event")
            raise
        finally:
            await stream.aclose()

    async def _echo(self, stream: AsyncStream, reader: genericevent.EchoReader) -> GenericEventReceipt:
        end = self._session.clock.monotonic() + self._session.timeout
        while not reader.complete:
            left = end - self._session.clock.monotonic()
            try:
                received = await stream.read(_CHUNK, min(left, _QUIET) if reader.plausible else left)
            except ReadTimeout:
                if reader.plausible:
                    break
                raise
            if not received:
                break
            reader.receive(received)
        return reader.receipt()

    async def _with_id(self, event: UserDefinedEvent | UUID | str, call: Callable[[UUID], Awaitable[T]]) -> T:
        """Make a call with the id of an event; if the server refuses the id, look the name up again."""
        if isinstance(event, UUID):
            return await call(event)
        if isinstance(event, UserDefinedEvent):
            return await call(event.id)
        now = self._session.clock.monotonic
        known = AsyncFact(partial(self._event_id, event), again=partial(self._event_id, event, look_again=True))
        return await known.use(
            call,
            contradicted=lambda error, _: isinstance(error, _NO_SUCH_EVENT) and now() >= self._look_again,
        )

    async def _event_id(self, name: str, *, look_again: bool = False) -> UUID:
        if look_again:
            self._look_again = self._session.clock.monotonic() + _LOOK_AGAIN
        server = str(self._session.location)
        configuration = await (self._configuration.refresh() if look_again else self._configuration.get())
        found = find_one("user-defined event", configuration.user_defined_events, name, server=server)
        if found is None and not look_again:
            configuration = await self._configuration.refresh()
            found = find_one("user-defined event", configuration.user_defined_events, name, server=server)
        if found is not None:
            return found.id
        raise NotFound(
            f"no user-defined event {name!r}",
            near_misses=near_misses(name, [known.name for known in configuration.user_defined_events]),
            server=server,
            hint="it may have been removed, or this user has no right to see it",
        )


def _is_silent(error: MilestoneError, place: Location) -> bool:
    """Return whether the event server may be on another host now."""
    return isinstance(error, ServiceUnavailable | TransportError)


def _closed(what: str, error: ConnectError | ConnectTimeout) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"{what.lower()} are not accepted there: {error.message}",
        service=what.lower(),
        server=error.server,
        operation=error.operation,
        hint=f"enable them under Options, {what} in the Management Client, and check the port",
    )
