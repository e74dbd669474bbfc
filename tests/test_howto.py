"""The lines of the how-to pages on export, PTZ, outputs and SOAP operations run as they are, against the simulator."""

import doctest
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from milestone_sdk import BasicUser, Client, TimeSpan, Trust
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site import Device, stable_id

HOWTO = Path(__file__).parents[1] / "docs" / "howto"


@pytest.mark.parametrize("page", ["export", "ptz-and-outputs", "services"])
def test_the_lines_of_a_page_run(page: str, tmp_path: Path) -> None:
    plan = example_site()
    for kind, name in (("Output", "Siren"), ("InputEvent", "Door contact")):
        hardware = plan.hardware[0].id
        plan.devices.append(Device(id=stable_id(kind, name), kind=kind, name=name, hardware_id=hardware))
    with Simulator(plan) as sim:
        sim.trigger("Motion Detected", source="Front Hallway")
        sim.recorder_service("Recorder 1").control.inputs[stable_id("InputEvent", "Door contact")] = False
        user = BasicUser(sim.username, sim.password)
        with Client(sim.url, user, trust=Trust.ca_file(sim.ca_file)) as site:
            known = {
                "TimeSpan": TimeSpan,
                "UTC": UTC,
                "datetime": datetime,
                "folder": tmp_path,
                "site": site,
                "timedelta": timedelta,
            }
            result = doctest.testfile(
                str(HOWTO / f"{page}.rst"),
                module_relative=False,
                encoding="utf-8",
                globs=known,
                optionflags=doctest.ELLIPSIS,
            )
    assert result.attempted > 0
    assert result.failed == 0
