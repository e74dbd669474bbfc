"""What must hold, as sessions: `nox` runs the quick ones, `nox -s tests-3.13` one. `.ci/run` runs all of them.

With `--no-venv` they use the environment that is active, which has `.[dev]`. The last two sessions are about packages
and need environments of their own.
"""

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.4"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

HERE = Path(__file__).parent
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]

# Tests may be skipped where the reference material does not lie beside the clone, and for nothing else.
REFERENCE_ABSENT = "beside (the project|the repository|this checkout)|captures"
# What touches each of the libraries: lxml, zeep, httpx with httpcore and h11, cryptography, NTLM, PyAV, Pillow, typer.
LIBRARY_TESTS = [
    "tests/cli/test_cli.py",
    "tests/_protocol/soap/test_envelope.py",
    "tests/_protocol/soap/test_contract.py",
    *(f"tests/_sync/{name}" for name in ("test_client.py", "session/test_operations.py", "session/test_trust.py")),
    *(f"tests/_sync/{name}" for name in ("session/test_proxies.py", "session/test_windows.py")),
    "tests/_sync/video/test_recordings.py",
]


def developer(session: nox.Session) -> None:
    """Install what the tests need, unless the environment is the caller's."""
    if session.venv_backend != "none":
        session.install("-e", ".[dev]")


def pytest(session: nox.Session, *arguments: str, allowed: str | None = REFERENCE_ABSENT) -> None:
    """Run tests; in a CI run, a test that was skipped for another reason than the allowed one is a failure."""
    report = Path(session.cache_dir) / f"{session.name}.xml"
    session.run("pytest", f"--junitxml={report}", *arguments, *session.posargs)
    if "CI_RUN" in os.environ:
        check = [str(report)] if allowed is None else [str(report), allowed]
        session.run("python", str(HERE / "tests" / "tools" / "skips.py"), *check)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format, spelling."""
    developer(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")


@nox.session
def types(session: nox.Session) -> None:
    """Two type checkers, both strict; and every exported name has a type that each checker reads the same way."""
    developer(session)
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "milestone_sdk", "--ignoreexternal")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, as the README runs them."""
    developer(session)
    pytest(session)


@nox.session
def coverage(session: nox.Session) -> None:
    """The tests again, with the branches that they reach: fewer than `fail_under` in pyproject.toml is a failure."""
    developer(session)
    pytest(session, "--cov", "--cov-report=term:skip-covered", "-n", "logical", "--dist", "worksteal")


@nox.session(name="property")
def property_tests(session: nox.Session) -> None:
    """The whole budget of the property tests, of which `tests` tries a quarter."""
    developer(session)
    pytest(session, "-m", "hypothesis and not long", "--hypothesis-profile=long")


@nox.session
def long(session: nox.Session) -> None:
    """The longer proofs, one after the other: some of them measure."""
    developer(session)
    pytest(session, "-n", "0", "-m", "long", "--hypothesis-profile=long")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, without a warning."""
    developer(session)
    built = session.cache_dir
    session.run("sphinx-build", "-W", "--keep-going", "-nqd", f"{built}/doctrees", "docs", f"{built}/html")


@nox.session
def lowest(session: nox.Session) -> None:
    """The lowest versions that pyproject.toml names: that they can be installed together, and work."""
    session.install("uv")
    session.run("uv", "pip", "install", "-q", "--resolution", "lowest-direct", "-r", "pyproject.toml", "--extra", "dev")
    session.run("uv", "pip", "install", "-q", "--no-deps", "-e", ".")
    pytest(session, "-q", "-p", "no:cacheprovider", *LIBRARY_TESTS)


@nox.session
def wheel(session: nox.Session) -> None:
    """The public surface of the wheel, in a folder from which the source tree cannot be imported."""
    folder = Path(session.cache_dir).resolve() / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests").mkdir(parents=True)
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(folder / "dist"), ".", silent=True)
    (built,) = (folder / "dist").glob("*.whl")
    session.install("--force-reinstall", f"{built}[simulator,cli]", "pytest", "mypy")
    for part in ("structure", "typing", "tools"):
        shutil.copytree(HERE / "tests" / part, folder / "tests" / part)
    (folder / "tests" / "__init__.py").touch()
    layout = "tests/structure/test_layout.py"
    with session.chdir(folder):
        session.run("python", "-c", "import milestone_sdk as m, sys; sys.exit(not m.__file__.startswith(sys.prefix))")
        # Some of the tests are about the sources themselves.
        pytest(
            session,
            *("--rootdir", ".", "-p", "no:cacheprovider", "-W", "error", "-ra", "tests/structure", "tests/typing"),
            *("--ignore", "tests/structure/test_citations.py"),
            *("--deselect", f"{layout}::test_the_blocking_twin_is_what_the_source_generates"),
            *("--deselect", f"{layout}::test_an_exchange_that_is_used_nowhere_is_an_error"),
            allowed=None,
        )
        session.run("milestone-sdk", "demo")
        session.run("python", "-c", "import pathlib; assert pathlib.Path('contact-sheet.png').stat().st_size")
