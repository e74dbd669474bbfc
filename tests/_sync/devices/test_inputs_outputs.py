# Generated from tests/_async/devices/test_inputs_outputs.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Inputs and outputs through the client: by name, by id, and wherever their device is now."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from milestone_sdk import (
    AmbiguousName,
    ConfigurationError,
    IOState,
    NotFound,
    PermissionDenied,
    ServiceUnavailable,
)
from milestone_sdk.simulator import Recorder, Simulator, example_site
from milestone_sdk.simulator.site import Device, Site, stable_id

from ..opening import client_of

pytestmark = pytest.mark.anyio

Factory = Callable[..., Simulator]


def add(plan: Site, kind: str, name: str, device_id: UUID | None = None) -> Device:
    """Add a device to the first hardware, as an administrator does."""
    hardware = plan.hardware[0]
    device = Device(id=device_id or stable_id(kind, name), kind=kind, name=name, hardware_id=hardware.id)
    plan.devices.append(device)
    plan.touch(hardware.recorder_id, hardware.id)
    return device


def remove(plan: Site, name: str) -> None:
    plan.devices[:] = [device for device in plan.devices if device.name != name]


@pytest.fixture
def wired(simulator_factory: Factory) -> Simulator:
    """The example site with an input, two outputs and a second recorder, which has no devices yet."""
    plan = example_site()
    plan.recorders.append(Recorder(id=stable_id("recorder", "Recorder 2"), name="Recorder 2"))
    for kind, name in (("InputEvent", "Door"), ("Output", "Siren"), ("Output", "Gate")):
        add(plan, kind, name)
    return simulator_factory(plan)


def calls(simulator: Simulator, operation: str) -> int:
    return sum(request.operation == operation for request in simulator.requests)


def test_outputs_by_name_id_and_model(wired: Simulator) -> None:
    with client_of(wired) as site:
        siren, gate = site.outputs.list()
        assert [siren.name, gate.name, siren.may_activate] == ["Siren", "Gate", True]
        assert siren.recorder.name == "Recorder 1"
        assert site.outputs.state("Siren") == IOState.UNKNOWN
        site.outputs.activate("Siren")
        assert site.outputs.state(siren) is IOState.ACTIVATED
        site.outputs.deactivate(siren.id)
        assert site.outputs.state(str(siren.id).upper()) is IOState.DEACTIVATED
        assert site.outputs.state(gate) is IOState.UNKNOWN


def test_an_output_is_deactivated_after_the_time(wired: Simulator) -> None:
    with client_of(wired) as site:
        site.outputs.trigger("Gate", timedelta(hours=2))
        assert site.outputs.state("Gate") is IOState.ACTIVATED
        wired.edit(lambda plan: setattr(plan, "clock_offset", plan.clock_offset + timedelta(hours=2)))
        assert site.outputs.state("Gate") is IOState.DEACTIVATED


def test_the_state_of_an_input(wired: Simulator) -> None:
    with client_of(wired) as site:
        (door,) = site.inputs.list()
        assert site.inputs.state("Door") is IOState.UNKNOWN
        wired.recorder_service("Recorder 1").control.inputs[door.id] = True
        assert site.inputs.state(door) is IOState.ACTIVATED


def test_a_name_that_no_output_has(wired: Simulator) -> None:
    with client_of(wired) as site:
        with pytest.raises(NotFound, match=r"no output 'Sirene'.*near: 'Siren'"):
            site.outputs.activate("Sirene")
        with pytest.raises(NotFound, match="no output 'Door'"):
            site.outputs.activate("Door")
        with pytest.raises(NotFound, match="no input"):
            site.inputs.state(uuid4())


def test_a_name_that_two_outputs_have(wired: Simulator) -> None:
    second = uuid4()
    wired.edit(lambda plan: add(plan, "Output", "Siren", second))
    with client_of(wired) as site:
        with pytest.raises(AmbiguousName, match="2 outputs are called 'Siren'") as caught:
            site.outputs.activate("Siren")
        assert second in caught.value.ids
        assert str(second) in str(caught.value)
        site.outputs.activate(second)
        assert site.outputs.state(second) is IOState.ACTIVATED
    assert calls(wired, "OutputActivate") == 1


@pytest.mark.parametrize("by", ["name", "id", "model"])
def test_an_output_that_moved_to_another_recorder(wired: Simulator, by: str) -> None:
    with client_of(wired) as site:
        siren = (site.outputs.list())[0]
        given: Any = {"name": "Siren", "id": siren.id, "model": siren}[by]
        hardware = wired.site.hardware[0].name
        wired.edit(lambda plan: plan.move_hardware(hardware, "Recorder 2"))
        site.outputs.activate(given)
        assert site.outputs.state(given) is IOState.ACTIVATED
        assert (site.outputs.list())[0].recorder.name == "Recorder 2"
        fetched = calls(wired, "GetConfiguration")
        site.outputs.deactivate("Siren")
        assert calls(wired, "GetConfiguration") == fetched
        wired.edit(lambda plan: plan.move_hardware(hardware, "Recorder 1"))
        assert site.outputs.state(given) is IOState.UNKNOWN, "that recorder never switched it"


def test_an_output_that_was_renamed_or_added_again(wired: Simulator) -> None:
    with client_of(wired) as site:
        siren, gate = site.outputs.list()

        def change(plan: Site) -> None:
            remove(plan, "Siren")
            add(plan, "Output", "Siren", uuid4())
            next(device for device in plan.devices if device.id == gate.id).name = "Barrier"

        wired.edit(change)
        site.outputs.activate("Siren")
        for old in (siren, siren.id):
            with pytest.raises(NotFound):
                site.outputs.activate(old)
        site.outputs.activate("Barrier")
        assert site.outputs.state(gate) is IOState.ACTIVATED
        with pytest.raises(NotFound):
            site.outputs.activate("Gate")


def test_an_output_that_was_added_since(wired: Simulator) -> None:
    with client_of(wired) as site:
        site.outputs.list()
        wired.edit(lambda plan: add(plan, "Output", "Lamp"))
        site.outputs.activate("Lamp")


def test_an_output_that_the_user_may_not_activate(wired: Simulator) -> None:
    wired.edit(lambda plan: plan.users[0].rights.update(Activate=False))
    with client_of(wired) as site:
        assert [output.may_activate for output in site.outputs.list()] == [False, False]
        for call in (site.outputs.activate, site.outputs.deactivate):
            with pytest.raises(PermissionDenied, match="Siren"):
                call("Siren")
        with pytest.raises(PermissionDenied, match="lacks the right to activate it"):
            site.outputs.trigger("Siren", timedelta(seconds=1))


def test_a_trigger_whose_answer_is_lost_is_not_repeated(wired: Simulator) -> None:
    with client_of(wired) as site:
        site.outputs.state("Siren")
        wired.faults.add("recorder", "reset", operation="OutputTrigger", times=1)
        with pytest.raises(ServiceUnavailable):
            site.outputs.trigger("Siren", timedelta(seconds=1))
    assert calls(wired, "OutputTrigger") == 1


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(seconds=-1), timedelta(days=2)])
def test_durations_that_are_refused(wired: Simulator, duration: timedelta) -> None:
    with client_of(wired) as site:
        with pytest.raises(ConfigurationError, match="duration must be > 0"):
            site.outputs.trigger("Siren", duration)
    assert calls(wired, "OutputTrigger") == 0
