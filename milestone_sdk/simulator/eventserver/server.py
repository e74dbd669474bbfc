"""The event server's listener: http or https on one port, with the alarm service behind one path."""

import asyncio
import ssl
from typing import TypeVar

from milestone_sdk.simulator.eventserver.analytics import AnalyticsReceiver
from milestone_sdk.simulator.eventserver.codec import Codec
from milestone_sdk.simulator.eventserver.generic import GenericEventReceiver
from milestone_sdk.simulator.eventserver.service import AlarmService
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.wire.descriptions import asks_for_description, described
from milestone_sdk.simulator.wire.http import Request, Response, error_page, help_page
from milestone_sdk.simulator.wire.listener import Listener
from milestone_sdk.simulator.wire.soap import SoapFault, fault_reply

__all__ = ["PATH", "EventServerService"]

R = TypeVar("R", bound=AnalyticsReceiver | GenericEventReceiver)

PATH = "/Central/AlarmServiceToken"
_XML = "text/xml; charset=utf-8"
_FIRST_MODERN = (22, 1)
"""From here on the simulator knows ServerId.Scheme, the target CameraId and GetAlarmsWithRelatedHardware; the release
that brought them is not known, only that a server of about 2020 to 2022 had them."""
# docs/protocol: alarms-operations
_HELP = "AlarmCommandToken Service"


class EventServerService:
    """The event server of a site, listening from `start` to `close`; alarms survive a restart, sessions do not."""

    def __init__(self, host: Host) -> None:
        self._host = host
        codec = Codec(dropped=host.dropped)
        self.service: AlarmService = AlarmService(host.alarms, host.tokens.check_corporate, codec, seed=host.seed)
        if host.null_form is not None:
            self.service.empty_lists = (host.null_form,)
        self.secure: bool = False
        self._listener = Listener(self._connected, port=host.ports.get("event_server"))
        self._receivers: list[AnalyticsReceiver | GenericEventReceiver] = []
        self.adopt_release()

    def adopt_release(self) -> None:
        """Use the contract of the release that the site has now."""
        self.service.codec.modern = self._host.release.version >= _FIRST_MODERN

    def encrypt(self, context: ssl.SSLContext | None) -> None:
        """Use TLS, or plain connections without a context, from the next `start` on."""
        self.secure = context is not None
        self._listener.encrypt(context)

    async def start(self, port: int | None = None) -> None:
        """Listen on that port, the one it had before, or a free one."""
        await self._listener.start(port)
        self._host.event_server_url = f"{self._scheme}://127.0.0.1:{self._listener.port}/"
        for receiver in self._receivers:
            await receiver.start()

    async def close(self) -> None:
        """Close the port, every connection and every session; harmless when closed."""
        await self._listener.close()
        for receiver in self._receivers:
            await receiver.close()
        self._host.alarms.restart()

    async def receive(self, receiver: R) -> R:
        """Start another port for events, which from now on starts and stops with the server."""
        await receiver.start()
        self._receivers.append(receiver)
        return receiver

    @property
    def _scheme(self) -> str:
        return "https" if self.secure else "http"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._host.serve(reader, writer, self._handle, secure=self.secure, service="event_server")

    async def _handle(self, request: Request) -> Response:
        if request.path == "/" and request.method == "GET":
            return help_page(_HELP)  # the base that is registered
        if request.path.lower() != PATH.lower():
            return error_page(404)
        if request.method == "GET":
            if asks_for_description(request):
                return described("alarmservicetoken", request, self._host.site.host_name, self.service.knows)
            return help_page(_HELP)
        if request.method != "POST":
            return Response(405, headers=[("Allow", "POST, GET")])
        if request.media_type != "text/xml":
            return Response(415)
        largest = self._host.alarms.largest_request
        if largest is not None and len(request.body) > largest:
            return Response(413)
        try:
            answer = self.service.serve(request.headers.get("soapaction", ""), request.body)
        except SoapFault as fault:
            return Response(fault.status, fault_reply(fault), content_type=_XML)
        return Response(200, answer, content_type=_XML)
