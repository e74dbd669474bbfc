"""The types that users see, as their checker sees them: from the installed package, by its py.typed."""

import subprocess
import sys
from pathlib import Path

API = Path(__file__).with_name("api.py")


def test_mypy_infers_what_the_api_promises(tmp_path: Path) -> None:
    """A promise that is broken on purpose is seen: the package is found typed, not taken for Any."""
    text = API.read_text(encoding="utf-8").replace(
        "assert_type(frame.data, bytes | memoryview)", "assert_type(frame.data, str)"
    )
    broken = tmp_path / "broken.py"
    broken.write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        f"--cache-dir={tmp_path}",
        str(API),
        str(broken),
    ]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=300)
    errors = [line for line in (answer.stdout + answer.stderr).splitlines() if "error:" in line]
    assert [line.partition(":")[0] for line in errors] == ["broken.py"], errors
    assert answer.returncode == 1
