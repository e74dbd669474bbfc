"""The API Gateway's REST interfaces for alarms and events, on the ports of the management server (alarms.md 3, 5.2)."""

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from milestone_sdk.simulator.http import Request, Response, error_page
from milestone_sdk.simulator.management import ManagementServer
from milestone_sdk.simulator.site import EventType, stable_id

if TYPE_CHECKING:
    from milestone_sdk.simulator.simulator import Simulator

__all__ = ["ManagementServerWithGateway"]

_ROOT = "/api/rest/v1/"
_FIRST_FINAL = (24, 2)
"""The release in which the alarms and events interfaces left beta; before it they are not there at all here."""
_JSON = "application/json; charset=utf-8"


class ManagementServerWithGateway(ManagementServer):
    """The management server with the gateway beside it, as a single computer has both."""

    def __init__(self, sim: "Simulator") -> None:
        super().__init__(sim)

    async def answer(self, request: Request) -> Response:
        """Answer one request by its path."""
        path = request.path.lower()
        if path.startswith(_ROOT) and self.identity.gateway and self._sim.release.version >= _FIRST_FINAL:
            return self._rest(request, request.path[len(_ROOT) :].strip("/"))
        return await super().answer(request)

    def _rest(self, request: Request, resource: str) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = self._sim.tokens.check_access(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            return Response(401, headers=[("WWW-Authenticate", "Bearer")])
        if not self._sim.event_server_url:
            return error_page(503)
        site = self._sim.site
        lists = {
            "alarmStates": site.states,
            "alarmPriorities": site.priorities,
            "alarmCategories": {category.level: category.name for category in site.categories},
        }
        if resource in lists and request.method == "GET":
            levels = [
                {"id": str(stable_id(resource, str(level))), "level": level, "name": name}
                for level, name in lists[resource].items()
            ]
            return _json({"array": levels})
        if resource == "events" and request.method == "POST":
            return self._post_event(request)
        return _refuse(404, f"Unknown resource: {resource}")

    def _post_event(self, request: Request) -> Response:
        """A user may raise user-defined and analytics events, nothing else (protocol/alarms.md 5.2)."""
        try:
            asked: Any = json.loads(request.body)
            event_id = UUID(asked["type"])
            source = None if "source" not in asked else UUID(str(asked["source"]).removeprefix("cameras/"))
        except (ValueError, KeyError, TypeError):
            return _refuse(400, "Bad request: parameters missing")
        event = self._sim.site.event_type(event_id)
        if event is None:
            return _refuse(400, "Bad request: unknown type")
        if event.kind not in ("user", "analytics"):
            return _refuse(403, "You do not have sufficient permissions to complete the operation.", "VMO61008")
        return self._posted(event, source)

    def _posted(self, event: EventType, source: UUID | None) -> Response:
        alarms = self._sim.alarms
        made = alarms.store.new_id()
        try:
            alarms.trigger(event.name, source, event_id=made)
        except KeyError:
            return _refuse(400, "Bad request: unknown source")
        told: dict[str, Any] = {"id": str(made), "type": str(event.id)}
        if source is not None:
            told["source"] = f"cameras/{source}"
        return _json({"data": told}, 202)


def _json(document: object, status: int = 200) -> Response:
    """A document with the loose spacing of real servers."""
    text = json.dumps(document, separators=(" , ", " : "), ensure_ascii=False)
    return Response(status, text.encode(), content_type=_JSON)


def _refuse(status: int, text: str, text_id: str | None = None) -> Response:
    detail = {"errorText": text} if text_id is None else {"errorText": text, "errorTextId": text_id}
    return _json({"error": {"httpCode": status, "details": [detail]}}, status)
