"""The alarm service's token contract: reads a request, checks who calls, performs it, writes the answer.

`operations` says what each operation does, `contract` what its messages hold.
"""

import random
from collections.abc import Callable
from typing import Any

from milestone_sdk.simulator.eventserver.codec import Codec
from milestone_sdk.simulator.eventserver.contract import ACTION_PREFIX, OPERATIONS, SERVICE
from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.eventserver.filter import BadFilter
from milestone_sdk.simulator.eventserver.operations import OPERATIONS as HANDLERS
from milestone_sdk.simulator.eventserver.operations import AlarmError, Call, Searches, author_of
from milestone_sdk.simulator.eventserver.sessions import UnknownSession
from milestone_sdk.simulator.eventserver.store import AlarmStore
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.soap import SOAP11, SoapFault, envelope_namespace, open_envelope, reply
from milestone_sdk.simulator.wire.writer import NullForm

__all__ = ["AlarmService", "author_of"]


class AlarmService:
    """Answers one SOAP request after the other.

    `check` gives the user of a corporate token, or None. `empty_lists` are the forms in which a list of changes
    without items may go out; the seed chooses.
    """

    def __init__(
        self, alarms: AlarmFacade, check: Callable[[str], User | None], codec: Codec | None = None, *, seed: int = 0
    ) -> None:
        self.alarms = alarms
        self.store: AlarmStore = alarms.store
        self.codec: Codec = codec or Codec()
        self.empty_lists: tuple[NullForm, ...] = ("nil", "empty", "absent")
        self._check = check
        self._random = random.Random(seed)
        self._searches = Searches()

    def knows(self, operation: str) -> bool:
        """Whether the contract of this release has the operation."""
        return operation in OPERATIONS and (self.codec.modern or operation != "GetAlarmsWithRelatedHardware")

    def serve(self, action: str, body: bytes) -> bytes:
        """The whole answer to one request; raises SoapFault for every kind of failure."""
        # docs/protocol: alarms-faults
        plain = action.strip().strip('"')
        name = plain.removeprefix(ACTION_PREFIX)
        if not self.knows(name) or not plain.startswith(ACTION_PREFIX):
            raise SoapFault.action_not_supported(plain)
        operation = OPERATIONS[name]
        element = open_envelope(body)
        if envelope_namespace(element) != SOAP11:
            raise SoapFault("s:VersionMismatch", "The envelope is not one of SOAP 1.1.")
        if element.tag != f"{{{SERVICE}}}{name}":
            raise SoapFault("a:DeserializationFailed", f"The message body holds {element.tag!s}, not {SERVICE}:{name}.")
        values = self.codec.read_parameters(operation, element)
        with self.store.lock:
            try:
                result = HANDLERS[name](self._call(name, values))
            except UnknownSession as error:
                raise self._fault("UnknownSession", str(error), "Unknown session.") from None
            except BadFilter as error:
                raise self._fault("Serialization", str(error), "The filter cannot be used.") from None
            except AlarmError as error:
                raise self._fault(error.reason, error.description, error.description) from None
            return reply(name, SERVICE, self.codec.write_result(operation, result, self.empty_lists, self._random))

    def _call(self, name: str, values: dict[str, Any]) -> Call:
        user = self._check(values["token"] or "")
        if user is None:
            raise AlarmError("InvalidAuthentication", "The token is not valid.")
        failure = self.alarms.take_failure(name)
        if failure is not None:
            raise AlarmError(*failure)
        return Call(
            user=user,
            values=values,
            store=self.store,
            sessions=self.alarms.sessions,
            searches=self._searches,
            rng=self._random,
        )

    def _fault(self, reason: str, description: str, text: str) -> SoapFault:
        return SoapFault("s:Client", text, self.codec.write_fault(reason, description))
