"""What Patriot supports: which client files it needs, where, and what works with an Interconnection Server."""

import re
from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Final, Literal, get_args

from attrs import frozen

from ..errors import ConfigurationError
from ..monitor.settings import SiteKind
from ..releases import Release

__all__ = ["Feature", "Support", "check_patriot", "client_files_dir", "required_patriot", "support", "task_files_dir"]

Feature = Literal["single_sign_on", "site_filter", "live_feed", "play_by_time", "alarm_reporting"]
"""A feature of the integration that depends on whether the server is an Interconnection Server."""

_FIRST_X64: Final = Release(2022, 2)
_PATRIOT_FOR_X64: Final = "6.11"


def client_files_dir(client_files: Release | str) -> PureWindowsPath:
    r"""Return where a workstation that shows video needs the Milestone client files of this release.

    The path is relative to the folder that holds `Patriot Client`; since 2022 R2 it is `CameraViewer\x64` in there.
    Raises `ConfigurationError` for what is not a release.
    """
    root = PureWindowsPath("Patriot Client")
    return root / "CameraViewer" / "x64" if _is_x64(client_files) else root


def task_files_dir() -> PureWindowsPath:
    """Return where a computer that hosts a Milestone task needs the client files, whatever their release."""
    return PureWindowsPath("Patriot Task Service")


def required_patriot(client_files: Release | str) -> str | None:
    """Return the first Patriot version that accepts client files of this release; `None` if no limit is known."""
    return _PATRIOT_FOR_X64 if _is_x64(client_files) else None


def check_patriot(patriot: str, client_files: Release | str) -> None:
    """Raise `ConfigurationError` unless this Patriot version accepts client files of this release.

    `patriot` is a string such as `"6.11"`: as a number, 6.10 would be 6.1.
    """
    needed = required_patriot(client_files)
    if _patriot_number(patriot) < _patriot_number(needed or "0.0"):
        raise ConfigurationError(
            f"Patriot {patriot} does not accept Milestone client files of {Release.parse(str(client_files))}",
            hint=f"update Patriot to {needed} or later, or use client files of 2022 R1 or earlier",
        )


@frozen
class Support:
    """Whether a feature works, and the `condition` under which it does; true in a condition if it can work."""

    supported: bool = True
    condition: str | None = None

    def __bool__(self) -> bool:
        return self.supported


_INTERCONNECT: Final[Mapping[Feature, Support]] = {
    "single_sign_on": Support(),
    "site_filter": Support(),
    "live_feed": Support(),
    "play_by_time": Support(condition="Retrieve Remote Recordings is on for each remote site"),
    "alarm_reporting": Support(supported=False),
}


def support(feature: Feature, *, kind: SiteKind) -> Support:
    """Return how a feature works with a server of this kind; all work without a condition unless it is `interconnect`.

    Alarms are never received by single sign-on, whatever the kind: see `check_alarm_credentials`.
    """
    if feature not in get_args(Feature):
        raise ConfigurationError(f"{feature!r} is not a feature", hint=f"one of {', '.join(get_args(Feature))}")
    return _INTERCONNECT[feature] if kind == "interconnect" else Support()


def _is_x64(client_files: Release | str) -> bool:
    return Release.parse(str(client_files)) >= _FIRST_X64


def _patriot_number(version: object) -> tuple[int, int]:
    found = re.match(r"([0-9]{1,4})\.([0-9]{1,4})(?![0-9])", version.strip()) if isinstance(version, str) else None
    if found is None:
        raise ConfigurationError(f"{version!r} is not a Patriot version", hint='write a string, for example "6.11"')
    return int(found[1]), int(found[2])
