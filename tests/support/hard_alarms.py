"""A site whose alarms are hard to handle, and the environment that names it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from attrs import evolve

from milestone_sdk.simulator import Simulator, Site, example_site

FAR_AWAY = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)


def trigger_hard_alarms(sim: Simulator) -> list[UUID]:
    """Raise one alarm of each kind whose footage is hard to have, or cannot be had; return their ids in order."""
    late = sim.site.now() - timedelta(seconds=45)
    alarms = [
        sim.alarms.add("No camera", "a door contact", timestamp=late),
        sim.alarms.add("No source", timestamp=late),
        sim.alarms.add("Edge storage", "North Fence", timestamp=late),
        sim.alarms.add("No right to play back", "Front Hallway", timestamp=late),
        sim.alarms.add("Nothing recorded", "Store Room", timestamp=late),
        sim.alarms.add("Not yet recorded", "C1", timestamp=sim.site.now() + timedelta(days=1)),
        *(sim.alarms.add(f"No clock: {time}", "C1", timestamp=time) for time in FAR_AWAY),
        sim.alarms.add("Disabled", "C2", timestamp=late),
        sim.alarms.add("Removed", "Gone", timestamp=late),
    ]

    def change(plan: Site) -> None:
        plan.camera("C2").enabled = False
        plan.camera("Front Hallway").rights["Browse"] = False
        gone = plan.camera("Gone")
        plan.cameras.remove(gone)  # its folder lists it still

    sim.edit(change)
    return alarms


def hard_site() -> Site:
    """The example site and a camera that will be removed."""
    site = example_site()
    site.cameras.append(evolve(site.camera("C2"), id=uuid4(), name="Gone", index=1))
    site.camera_groups[0].cameras.append(site.cameras[-1].id)
    return site


def settings_of(sim: Simulator) -> dict[str, str]:
    """What `Client.from_env` reads."""
    return {
        "MILESTONE_LOCATION": sim.url,
        "MILESTONE_USER": sim.username,
        "MILESTONE_PASSWORD": sim.password,
        "MILESTONE_CA_FILE": str(sim.ca_file),
    }
