"""The package of sinks: each is loaded when its name is first used."""

import subprocess
import sys

import pytest

from milestone_sdk.patriot import sinks


def test_importing_the_package_loads_no_sink() -> None:
    code = "import sys, milestone_sdk.patriot.sinks; print(*sys.modules, sep='\\n')"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert not loaded & {f"milestone_sdk.patriot.sinks.{name}" for name in ("dc09", "http", "httplogin")}


def test_every_name_can_be_imported_and_no_other() -> None:
    assert all(getattr(sinks, name).__doc__ for name in sinks.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'FaxSink'"):
        sinks.FaxSink  # noqa: B018


def test_the_sinks_have_the_interface() -> None:
    assert isinstance(sinks.HttpSink(url="https://ica.example"), sinks.SignalSink)
    assert isinstance(sinks.Dc09Sink(host="arc.example", port=9999), sinks.SignalSink)
