"""The types that users see, as their checker sees them: from the installed package, by its py.typed."""

import subprocess
import sys
from pathlib import Path

API = Path(__file__).with_name("api.py")


def check(path: Path, cache: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", str(path)]
    answer = subprocess.run(command, cwd=cache, capture_output=True, encoding="utf-8", timeout=300)
    return answer.returncode, answer.stdout + answer.stderr


def test_mypy_infers_what_the_api_promises(tmp_path: Path) -> None:
    code, report = check(API, tmp_path)
    assert code == 0, report


def test_a_broken_promise_is_seen(tmp_path: Path) -> None:
    """The check above can fail: the package is found typed, not taken for Any."""
    text = API.read_text(encoding="utf-8").replace(
        "assert_type(frame.data, bytes | memoryview)", "assert_type(frame.data, str)"
    )
    changed = tmp_path / "changed.py"
    changed.write_text(text, encoding="utf-8")
    code, report = check(changed, tmp_path)
    assert code == 1
    assert report.count("error:") == 1, report
