"""The command `milestone-sdk`, which needs the extra `cli`; `milestone-sdk --help` lists what it can do."""

from .extras import extra

__all__ = ["main"]


def main() -> None:
    """Run the command line; report an extra that is not installed."""
    with extra("cli", "typer", "rich", "click"):
        from .app import run
    run()
