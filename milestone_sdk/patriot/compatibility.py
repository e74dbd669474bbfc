"""What Patriot needs: which client files, where, and of which version."""

import re
from pathlib import PureWindowsPath
from typing import Final

from ..errors import ConfigurationError
from ..releases import Release

__all__ = ["check_patriot", "client_files_dir", "required_patriot", "task_files_dir"]

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


def _is_x64(client_files: Release | str) -> bool:
    return Release.parse(str(client_files)) >= _FIRST_X64


def _patriot_number(version: object) -> tuple[int, int]:
    found = re.match(r"([0-9]{1,4})\.([0-9]{1,4})(?![0-9])", version.strip()) if isinstance(version, str) else None
    if found is None:
        raise ConfigurationError(f"{version!r} is not a Patriot version", hint='write a string, for example "6.11"')
    return int(found[1]), int(found[2])
