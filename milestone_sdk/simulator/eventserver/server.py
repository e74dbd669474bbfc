"""The event server's listener: http or https on one port, with the alarm service behind one path."""

import asyncio
import ssl
from typing import TYPE_CHECKING

from milestone_sdk.simulator.eventserver.codec import Codec
from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.eventserver.service import AlarmService
from milestone_sdk.simulator.wire.descriptions import asks_for_description, described
from milestone_sdk.simulator.wire.http import Request, Response, error_page, serve_http
from milestone_sdk.simulator.wire.listener import Listener
from milestone_sdk.simulator.wire.soap import SoapFault, fault_reply

if TYPE_CHECKING:
    from milestone_sdk.simulator.simulator import Simulator

__all__ = ["PATH", "EventServerService"]

PATH = "/Central/AlarmServiceToken"
_XML = "text/xml; charset=utf-8"
_FIRST_MODERN = (22, 1)
"""From here on the simulator knows ServerId.Scheme, the target CameraId and GetAlarmsWithRelatedHardware; the release
that brought them is not known, only that a server of about 2020 to 2022 had them (protocol/alarms.md 11.10)."""
_HELP = (
    b"<HTML><HEAD><TITLE>AlarmCommandToken Service</TITLE></HEAD><BODY><P>You have created a service.</P></BODY></HTML>"
)


class EventServerService:
    """The event server of a site, listening from `start` to `close`; alarms stay over a restart, sessions do not."""

    def __init__(self, sim: "Simulator") -> None:
        self.alarms = AlarmFacade(sim.site, seed=sim.seed)
        self.secure = sim.event_server_tls
        codec = Codec(dropped=sim.dropped)
        self.service = AlarmService(self.alarms, sim.tokens.check_corporate, codec, seed=sim.seed)
        if sim.null_form is not None:
            self.service.empty_lists = (sim.null_form,)
        self._sim = sim
        context = sim.authority.server_context(sim.certificate_names) if self.secure else None
        self._listener = Listener(self._connected, context=context)
        self.adopt_release()

    def adopt_release(self) -> None:
        """Have the contract of the release that the simulator has now."""
        self.service.codec.modern = self._sim.release.version >= _FIRST_MODERN

    def encrypt(self, context: ssl.SSLContext | None) -> None:
        """Use TLS, or `None`: not, from the next `start` on."""
        self.secure = context is not None
        self._listener.encrypt(context)

    @property
    def port(self) -> int | None:
        """The port, kept over `close`."""
        return self._listener.port

    @property
    def uri(self) -> str:
        """The base address that clients append `Central/AlarmServiceToken` to; "" before the first start."""
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}/" if self.port is not None else ""

    async def start(self, port: int | None = None) -> None:
        """Listen on that port, the one it had before, or a free one."""
        await self._listener.start(port)

    async def close(self) -> None:
        """End the listener, every connection and every session; harmless when closed."""
        await self._listener.close()
        self.alarms.restart()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve_http(
            reader,
            writer,
            self._handle,
            secure=self.secure,
            service="event_server",
            faults=self._sim.faults,
            requests=self._sim.requests,
            now=self._sim.site.now,
        )

    async def _handle(self, request: Request) -> Response:
        if request.path == "/" and request.method == "GET":
            return Response(200, _HELP, content_type="text/html; charset=UTF-8")  # the base that is registered
        if request.path.lower() != PATH.lower():
            return error_page(404)
        if request.method == "GET":
            if asks_for_description(request):
                return described("alarmservicetoken", request, self._sim.site.host_name, self.service.knows)
            return Response(200, _HELP, content_type="text/html; charset=UTF-8")
        if request.method != "POST":
            return Response(405, headers=[("Allow", "POST, GET")])
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/xml":
            return Response(415)
        largest = self.alarms.largest_request
        if largest is not None and len(request.body) > largest:
            return Response(413)
        try:
            answer = self.service.serve(request.headers.get("soapaction", ""), request.body)
        except SoapFault as fault:
            return Response(fault.status, fault_reply(fault), content_type=_XML)
        return Response(200, answer, content_type=_XML)
