"""How the tests open a client of a simulator."""

from milestone_sdk import AsyncClient, BasicUser, Trust
from milestone_sdk.simulator import Simulator

FORGOTTEN = (
    b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    b"<faultcode>soap:Client</faultcode><faultstring>Token invalid</faultstring>"
    b"<detail><ErrorNumber>20001</ErrorNumber><SubErrorNumber>2</SubErrorNumber></detail></soap:Fault></soap:Body></soap:Envelope>"
)
"""What a server answers that has forgotten a corporate token."""


def client_of(
    simulator: Simulator,
    user: BasicUser | None = None,
    *,
    location: str | None = None,
    password: str | None = None,
    timeout: float = 10.0,
) -> AsyncClient:
    """Return a client that is not open yet, by default of the simulator's own basic user."""
    user = user or BasicUser(simulator.username, simulator.password if password is None else password)
    return AsyncClient(location or simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=timeout)
