"""RecorderCommandService: the recorder's SOAP interface.

Operations that are not built here answer fault 40000 as `StartRecording` does on real recorders, among them smart
search, multicast and driver commands.
"""  # docs/protocol: recorder-service

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from milestone_sdk.simulator.recorder.soap import (
    RecorderCall,
    fault_text,
    read_call,
    recorder_fault,
    reply_text,
)
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Recorder, User
from milestone_sdk.simulator.tokens import Tokens
from milestone_sdk.simulator.wire.descriptions import asks_for_description, described_by_recorder
from milestone_sdk.simulator.wire.http import Request, Response, error_page
from milestone_sdk.simulator.wire.soap import SOAP11, SOAP12, SoapFault

PATH = "/recordercommandservice/recordercommandservice.asmx"
CONTENT_TYPES = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}

Operation = Callable[[RecorderCall, User], Any]


class RecorderCommandService:
    """Answers HTTP requests: an `http.Handler`."""

    def __init__(
        self, recorder: Recorder, tokens: Tokens, switches: RecorderSwitches, operations: Mapping[str, Operation]
    ) -> None:
        self._recorder = recorder
        self._tokens = tokens
        self._switches = switches
        self._operations = operations

    async def __call__(self, request: Request) -> Response:
        """One request; the path counts without regard to case, the SOAPAction not at all."""
        if request.path.lower() != PATH:
            return error_page(404)
        if asks_for_description(request):
            return described_by_recorder(request, self._recorder.host_name)
        if request.method != "POST":
            return error_page(404 if request.method in ("GET", "HEAD") else 405)
        envelope = SOAP12 if request.media_type == "application/soap+xml" else SOAP11  # it is answered in kind
        content_type = CONTENT_TYPES[envelope]
        try:
            call = read_call(request.body, strict_prefix=self._switches.strict_prefix)
            body = reply_text(call.operation, self._result(call), envelope)
        except SoapFault as fault:
            text = self._renumbered(fault_text(fault, envelope))
            return Response(self._switches.fault_status, text, content_type=content_type)
        return Response(200, body, content_type=content_type)

    def _renumbered(self, fault: bytes) -> bytes:
        for number, other in self._switches.fault_numbers.items():
            fault = fault.replace(b"<ErrorNumber>%d<" % number, b"<ErrorNumber>%d<" % other)
        return fault

    def _result(self, call: RecorderCall) -> Any:
        if call.operation == "GetVersion":
            return self._switches.version
        user = self._check_token(call)
        operation = self._operations.get(call.operation)
        if operation is None:
            raise recorder_fault(40000, f"Method '{call.operation}' not supported", side="Server")
        return operation(call, user)

    def _check_token(self, call: RecorderCall) -> User:
        """Before anything else, even the arguments (docs/protocol: recorder-faults)."""
        token = call.token
        if not token:
            raise recorder_fault(20001, "No token supplied", sub_number=1)
        user = self._tokens.check_corporate(token)
        if user is None:
            raise recorder_fault(20001, "Token invalid", sub_number=2)
        return user
