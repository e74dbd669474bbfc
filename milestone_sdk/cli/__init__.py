"""The command `milestone-sdk`; `milestone-sdk --help` tells what it can do. It needs the extra `cli`."""

from .extras import extra

__all__ = ["main"]


def main() -> None:
    """Run the command line; says which extra is missing where one is."""
    with extra("cli", "typer", "rich", "click"):
        from .app import run
    run()
