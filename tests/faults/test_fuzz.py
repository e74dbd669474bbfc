"""A million broken replies: nothing but errors of our own, no hang, bounded memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
SLOWEST = 5.0
"""Seconds that one reply of a few kilobytes may take; on an idle machine it is a hundredth of one."""
GROWTH = 30 << 20
"""Octets that the process may grow after its first tenth; a leak of a single row for each reply would be more."""


def fuzzing(replies: int, seed: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.faults.fuzz", "--replies", str(replies), "--seed", str(seed)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def check(running: "subprocess.Popen[str]", replies: int, seconds: float) -> None:
    with running:
        try:
            output, _ = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            pytest.fail(f"{replies} replies take longer than {seconds} s: one of them hangs")
    assert running.returncode == 0
    report: dict[str, Any] = json.loads(output)
    assert report["escaped"] == [], "only MilestoneErrors may come out"
    assert report["replies"] == replies
    assert report["slowest"] < SLOWEST, f"reply {report['slowest_reply']}"
    assert report["resident_at_the_end"] - report["resident_after_warm_up"] < GROWTH
    outcomes: dict[str, int] = report["outcomes"]
    assert min(outcomes["read"], outcomes["RemoteProtocolError"]) > replies / 10, "the mutations are too mild, or wild"


def test_broken_replies() -> None:
    check(fuzzing(5_000, seed=1), 5_000, seconds=120)


@pytest.mark.long
def test_a_million_broken_replies() -> None:
    both = [fuzzing(500_000, seed) for seed in (2, 3)]
    try:
        for running in both:
            check(running, 500_000, seconds=900)
    finally:
        for running in both:
            running.kill()
            running.wait()
