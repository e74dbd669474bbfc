"""Reads the parameters and writes the results of the alarm service, for one release of it."""

import random
from typing import Any

from milestone_sdk.simulator.eventserver.contract import SERVICE, alarm_contracts
from milestone_sdk.simulator.wire.contract import Operation
from milestone_sdk.simulator.wire.reader import Element
from milestone_sdk.simulator.wire.soap import read_parameters
from milestone_sdk.simulator.wire.writer import NullForm, Writer

__all__ = ["Codec"]


class Codec:
    """`modern` False is a server from before `ServerId.Scheme` and the target `CameraId`.

    The names of members that .NET would skip are added to `dropped`.
    """

    def __init__(self, *, modern: bool = True, dropped: list[str] | None = None) -> None:
        self.modern = modern
        self.dropped: list[str] = [] if dropped is None else dropped

    def read_parameters(self, operation: Operation, element: Element) -> dict[str, Any]:
        """The operation's parameters by name; SoapFault DeserializationFailed names the one that cannot be read."""
        return read_parameters(alarm_contracts(modern=self.modern), operation, element, SERVICE, self.dropped)

    def write_result(
        self, operation: Operation, value: Any, forms: tuple[NullForm, ...] = ("nil",), rng: random.Random | None = None
    ) -> bytes:
        """The `<OperationResult>` element; `rng` chooses in which of the `forms` a list of changes without items is."""
        return Writer(alarm_contracts(modern=self.modern), SERVICE, forms=forms, rng=rng).result(operation, value)

    def write_fault(self, reason: str, description: str | None) -> bytes:
        """The `AlarmServiceFault` that goes into a fault's detail."""  # docs/protocol: alarms-faults
        fault = {"ErrorDescription": description, "ErrorReason": reason}
        return Writer(alarm_contracts(modern=self.modern), SERVICE).detail("AlarmServiceFault", fault)
