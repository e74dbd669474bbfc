"""Importing a client loads what a login needs, and nothing else."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from milestone_sdk import BasicUser, Client

EVERYWHERE = (
    "cryptography",
    "h11",
    "httpcore",
    "milestone_sdk._protocol.alarms",
    "milestone_sdk._protocol.configuration",
    "milestone_sdk._protocol.events",
    "milestone_sdk._protocol.video",
    "milestone_sdk.checkpoints",
    "milestone_sdk.models.alarms",
    "milestone_sdk.models.devices",
    "milestone_sdk.models.diagnosis",
    "milestone_sdk.models.events",
    "milestone_sdk.models.inventory",
    "milestone_sdk.models.items",
    "milestone_sdk.models.video",
    "milestone_sdk.monitor",
    "milestone_sdk.releases",
    "spnego",
    "sqlite3",
    "zeep",
)
"""Packages and modules that neither client may load; what is below them counts too."""


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("Client", ("asyncio", "anyio", "milestone_sdk._async")),
        ("AsyncClient", ("milestone_sdk._sync", "milestone_sdk._net.blocking")),
    ],
)
def test_importing_a_client_loads_no_more_than_a_login_needs(name: str, more: tuple[str, ...]) -> None:
    code = f"import sys; from milestone_sdk import {name}; print(*sys.modules, sep='\\n')"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert f"milestone_sdk._{'sync' if name == 'Client' else 'async'}.client" in loaded
    forbidden = tuple(EVERYWHERE) + more
    assert not [module for module in loaded if module.startswith(tuple(f"{each}." for each in forbidden))]
    assert not loaded & set(forbidden)


def test_every_model_is_where_its_table_says() -> None:
    code = "from milestone_sdk import models; print([name for name in models.__all__ if not hasattr(models, name)])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("part", ["alarms", "configuration", "events", "live", "recordings", "services"])
def test_threads_that_use_a_part_of_a_client_first_get_the_same(part: str) -> None:
    client = Client("https://127.0.0.1", BasicUser("arc", "secret"))
    together = threading.Barrier(8)

    def use() -> object:
        together.wait(timeout=10)
        return getattr(client, part)

    with ThreadPoolExecutor(8) as threads:
        found = [each.result(timeout=10) for each in [threads.submit(use) for _ in range(8)]]
    assert {id(each) for each in found} == {id(getattr(client, part))}
    client.close()
