"""What it costs to begin: importing the library, logging in, and the requests up to a camera list."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx

from milestone_sdk import BasicUser, Client, Trust
from milestone_sdk._protocol.management import servercommand
from milestone_sdk._protocol.management.identity import DISCOVERY_PATH, TOKEN_PATH, password_form
from milestone_sdk.simulator import Simulator, large_site

ROUNDS = 9
INTERPRETERS = 10
MAX_IMPORT = 60.0
MAX_REQUESTS = 6
MAX_LOGIN = 1.3

_IMPORT = """
import time
began = time.process_time(); import httpx, lxml.etree, attrs; others = time.process_time()
from milestone_sdk import Client; ours = time.process_time()
print((others - began) * 1e3, (ours - others) * 1e3)
"""


def run() -> None:
    _importing()
    _requests()
    _login()


def _importing() -> None:
    """CPU time of fresh interpreters, byte code cached."""
    with TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        rounds = [
            [float(each) for each in subprocess.check_output(command, text=True, env=environment).split()]
            for command in [[sys.executable, "-c", _IMPORT]] * (INTERPRETERS + 1)
        ]
    others, ours = (min(column) for column in zip(*rounds[1:], strict=True))
    print(
        f"from milestone_sdk import Client: {ours:.1f} ms of CPU more than httpx, lxml and attrs ({others:.0f} ms);"
        f" at most {MAX_IMPORT:.0f}"
    )


def _requests() -> None:
    with (
        Simulator(large_site(1000), services=("management",)) as simulator,
        Client(simulator.url, _user(simulator), trust=Trust.ca_file(simulator.ca_file)) as site,
    ):
        cameras = len(site.cameras())
        print(f"login to a list of {cameras} cameras: {len(simulator.requests)} requests; at most {MAX_REQUESTS}")


def _login() -> None:
    """Warm, over TLS, both clients making the same requests on a new connection of their own."""
    with Simulator(services=("management",)) as simulator:
        user, trust = _user(simulator), Trust.ca_file(simulator.ca_file)

        def ours() -> float:
            client = Client(simulator.url, user, trust=trust)
            began = time.perf_counter()
            client.open()
            took = time.perf_counter() - began
            client.close()
            return took

        def bare() -> float:
            with httpx.Client(verify=trust.context, base_url=simulator.url, trust_env=False) as client:
                began = time.perf_counter()
                _log_in(client, user)
                return time.perf_counter() - began

        ours()
        requests = sum(each.operation != "Logout" for each in simulator.requests)
        own, other = _best(ours, bare)
        print(
            f"login to ready, warm, TLS, {requests} requests: {own * 1e3:.1f} ms,"
            f" {own / other:.2f} x a bare httpx client ({other * 1e3:.1f} ms); at most {MAX_LOGIN}"
        )


def _log_in(client: httpx.Client, user: BasicUser) -> None:
    client.get(DISCOVERY_PATH)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    grant = client.post(TOKEN_PATH, content=password_form(user.name, user.reveal()), headers=form).json()
    for call in (servercommand.login(uuid4(), None), servercommand.get_product_info()):
        headers = {
            "Authorization": f"Bearer {grant['access_token']}",
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{call.action}"',
        }
        client.post("/ManagementServer/ServerCommandServiceOAuth.svc", content=call.body, headers=headers)


def _user(simulator: Simulator) -> BasicUser:
    return BasicUser(simulator.username, simulator.password)


def _best(*contenders: Callable[[], float]) -> list[float]:
    """The best time of each, measured in turn."""
    rounds = [[contender() for contender in contenders] for _ in range(ROUNDS)]
    return [min(column) for column in zip(*rounds, strict=True)]
