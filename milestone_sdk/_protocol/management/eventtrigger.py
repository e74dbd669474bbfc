"""`EventTriggerWithMetadata` of ServerCommandService: a user-defined event with words of its own (alarms.md 5.3)."""

from collections.abc import Mapping
from uuid import UUID

from ..soap.envelope import Call, call, nothing, parameter
from .servercommand import NAMESPACE

__all__ = ["event_trigger_with_metadata"]


def event_trigger_with_metadata(
    token: str, event_id: UUID, metadata: Mapping[str, str], *, asmx: bool = False
) -> Call[None]:
    """Raise a user-defined event with keys and values; which keys a server heeds is not known (alarms.md 11.14)."""
    pairs = "".join(
        f"<KeyValue>{parameter('Key', key)}{parameter('Value', value)}</KeyValue>" for key, value in metadata.items()
    )
    listed = f"<metadata>{pairs}</metadata>" if pairs else "<metadata/>"
    operation = "EventTriggerWithMetadata"
    return call(
        operation,
        namespace=NAMESPACE,
        action=f"{NAMESPACE}/{operation}" if asmx else f"{NAMESPACE}/IServerCommandService/{operation}",
        parameters=parameter("token", token) + parameter("eventId", str(event_id)) + listed,
        read=nothing,
    )
