"""Which Patriot versions accept which client files, and where those are needed."""

from pathlib import PureWindowsPath

import pytest

from milestone_sdk import ConfigurationError
from milestone_sdk.patriot import check_patriot, client_files_dir, required_patriot, task_files_dir
from milestone_sdk.releases import Release


@pytest.mark.parametrize(
    ("release", "folder"),
    [
        ("2022R2", r"Patriot Client\CameraViewer\x64"),
        ("2023R1", r"Patriot Client\CameraViewer\x64"),
        ("2022 R2a", r"Patriot Client\CameraViewer\x64"),
        ("2022R1", "Patriot Client"),
        ("2022R1b", "Patriot Client"),
        ("2018R1", "Patriot Client"),
    ],
)
@pytest.mark.requirement(3)
def test_r3_client_files_lie_where_their_release_wants_them(release: str, folder: str) -> None:
    assert str(client_files_dir(release)) == folder
    assert client_files_dir(Release.parse(release)) == PureWindowsPath(folder)


@pytest.mark.requirement(4)
def test_r4_a_task_host_has_one_folder_whatever_the_version() -> None:
    assert str(task_files_dir()) == "Patriot Task Service"


@pytest.mark.requirement(5)
def test_r5_files_since_2022_r2_need_patriot_6_11() -> None:
    assert required_patriot("2022R2") == required_patriot("2025 R3") == "6.11"
    assert required_patriot("2022R1") is None
    with pytest.raises(ConfigurationError, match=r"Patriot 6\.10 .*2022 R2.*6\.11"):
        check_patriot("6.10", "2022R2")
    check_patriot("6.11", "2022R2")
    check_patriot("6.10", "2022R1")


@pytest.mark.parametrize("patriot", ["6.9", "6.9.99", "5.20", "6.1"])
@pytest.mark.requirement(5)
def test_r5_patriot_versions_are_no_decimal_fractions(patriot: str) -> None:
    with pytest.raises(ConfigurationError, match="update Patriot"):
        check_patriot(patriot, "2023 R1")


@pytest.mark.parametrize("patriot", ["6.11.1234", "6.12", "7.0", "10.0"])
@pytest.mark.requirement(5)
def test_r5_later_patriot_versions_take_newer_files(patriot: str) -> None:
    check_patriot(patriot, "2023 R1")
