"""What Patriot supports on a server of Milestone Interconnect, and which servers and cameras are of that kind."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from ..errors import RetrievalDisabled
from ..models import Camera, Configuration
from ..monitor.settings import SiteKind, interconnected
from .records import ClientRecord

__all__ = ["SUPPORT", "Feature", "Support", "check_play_by_time", "server_kind", "support"]


class Feature(StrEnum):
    """What Patriot does with a Milestone server."""

    SINGLE_SIGN_ON = "single sign-on"
    SITE_FILTERING = "site filtering"
    LIVE_FEED = "live feed"
    PLAY_BY_TIME = "play by time"
    ALARM_REPORTING = "alarm reporting"


class Support(StrEnum):
    """How far a feature is supported."""

    FULL = "fully supported"
    WITH_RETRIEVAL = "fully supported with Retrieve Remote Recordings on for each remote site"
    NONE = "not supported"


SUPPORT: Final[Mapping[Feature, Support]] = {
    Feature.SINGLE_SIGN_ON: Support.FULL,
    Feature.SITE_FILTERING: Support.FULL,
    Feature.LIVE_FEED: Support.FULL,
    Feature.PLAY_BY_TIME: Support.WITH_RETRIEVAL,
    Feature.ALARM_REPORTING: Support.NONE,
}
"""What an Interconnection Server supports; a standard server supports everything."""  # R77 to R81


def support(kind: Literal["standard", "interconnect"], feature: Feature) -> Support:
    """Return how far a kind of server supports a feature. Single sign-on can never be used to receive alarms."""
    return SUPPORT[feature] if kind == "interconnect" else Support.FULL


def server_kind(configuration: Configuration, *, kind: SiteKind = "auto") -> Literal["standard", "interconnect"]:
    """Return the kind of a server: as configured or, with `"auto"`, by whether any of its hardware is a remote site.

    A server with remote sites and cameras of its own reports the alarms of its own cameras, see
    `check_alarm_reporting`.
    """
    if kind != "auto":
        return kind
    return "interconnect" if interconnected(configuration.hardware) else "standard"


def check_play_by_time(client: ClientRecord, camera: Camera) -> None:
    """Raise `RetrievalDisabled` for a camera of a remote site whose recordings the client does not retrieve.

    A camera that its server plays straight from the remote site needs no retrieval.
    """
    device = camera.hardware
    remote = client.kind == "interconnect" if device is None else device.interconnected
    if remote and not camera.edge_storage_playback and not client.retrieve_remote_recordings:
        raise RetrievalDisabled(
            f"camera {camera.name!r} is at a remote site, and Retrieve Remote Recordings is off for client "
            f"{client.client_no}",
            server=camera.recorder.uri,
            operation="play by time",
            hint="set retrieve_remote_recordings=True in the client record; live video works without",
        )
