"""Waiting for what nobody answers to, such as a datagram."""

import asyncio

from milestone_sdk.simulator import Simulator


def settle(simulator: Simulator) -> None:
    """Let the simulator take what has reached its sockets: its loop looks at them between two turns."""
    for _ in range(3):
        simulator.run(asyncio.sleep(0))
