"""The API gateway, on the ports of the management server: its token, its resources, its errors."""
# docs/protocol: configuration-rest

from urllib.parse import unquote

from milestone_sdk.simulator.configuration.rest import RestConfiguration
from milestone_sdk.simulator.configuration.service import ConfigurationApiService
from milestone_sdk.simulator.eventserver.rest import RestAlarms
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.management.registration import ServiceRegistrationService
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.http import Request, Response
from milestone_sdk.simulator.wire.restquery import BadQuery, Query
from milestone_sdk.simulator.wire.restreply import JsonObject, Refusal, json_reply

__all__ = ["REST_ROOT", "Gateway"]

REST_ROOT = "/api/rest/v1"
_FIRST_FINAL = (24, 2)
"""The release in which the alarms and events interfaces left beta; the simulator does not serve them before."""
_EXPIRED = "Token validation failed: the token is expired."


class Gateway:
    """Answers everything below `/API/rest/v1`."""

    def __init__(
        self, host: Host, registration: ServiceRegistrationService, configuration: ConfigurationApiService
    ) -> None:
        self._host = host
        self._registration = registration
        self._alarms = RestAlarms(host)
        self._configuration = RestConfiguration(host, configuration)

    def answer(self, request: Request) -> Response:
        """Answer one request by its path and its access token."""
        user = self._host.bearer(request)
        if user is None:
            token = request.headers.get("authorization", "").partition(" ")[2]
            refusal = Refusal.of(401, _EXPIRED).reply() if token else Response(401)
            refusal.headers.append(("WWW-Authenticate", "Bearer"))
            return refusal
        resource = unquote(request.path[len(REST_ROOT) :].strip("/"))
        try:
            return self._of_resource(request, resource, Query.parse(request.query), user)
        except Refusal as refusal:
            return refusal.reply()
        except BadQuery as error:
            return Refusal.of(400, str(error)).reply()

    def _of_resource(self, request: Request, resource: str, query: Query, user: User) -> Response:
        is_final = self._host.release.version >= _FIRST_FINAL
        name = resource.partition("/")[0].lower()
        if is_final and self._alarms.serves(resource):
            if not self._host.event_server_url:
                raise Refusal.of(503, "The event server is not available.")
            return self._alarms.answer(request.method, resource, query, request.body, user)
        if is_final and name in ("bookmarks", "evidencelocks"):
            raise Refusal.of(400, "Bad request: Unknown request")  # what their parameters are called is not known
        if is_final and name == "registeredservices":
            return self._registered_services(request.method, query)
        return self._configuration.answer(request.method, resource, query, request.body, user)

    def _registered_services(self, method: str, query: Query) -> Response:
        if method != "GET":
            raise Refusal.of(405, "Bad request: Unknown request")
        services: list[JsonObject] = [
            {
                "name": service.name,
                "description": service.description,
                "id": service.instance,
                "enabled": service.enabled,
                "serviceType": service.type,
                "customData": None,
                "uris": [*service.uris],
                "endpoints": [{"authentication": kind, "uri": uri} for kind, uri in service.endpoints],
            }
            for service in self._registration.services()
            if service.enabled or query.has("includeDisabled")
        ]
        return json_reply({"array": services})
