"""The command `diagnose`: the findings, with the remedy below each."""

from collections.abc import Sequence
from contextlib import closing
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from ..models import Finding, Status
from .listing import Column, Listing
from .login import Login
from .remedies import in_options
from .screen import console, printable

__all__ = ["diagnose", "show_findings"]

_STYLES: Final = {Status.OK: "green", Status.WARNING: "yellow", Status.ERROR: "bold red"}

_COLUMNS: Final[tuple[Column[Finding], ...]] = (
    Column("status", lambda finding: finding.status),
    Column("check", lambda finding: finding.check),
    Column("where", lambda finding: finding.where),
    Column("what", lambda finding: in_options(finding.what)),
    Column("remedy", lambda finding: finding.remedy and in_options(finding.remedy)),
)


def diagnose(
    listing: Listing,
    login: Login,
    deadline: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Seconds that each check may take.")
    ] = 10.0,
) -> None:
    """Check what a program needs of a site. The exit code is 1 if something is missing."""
    with closing(login.client()) as site:
        findings = site.diagnose(deadline=deadline)
    raise typer.Exit(show_findings(findings, listing=listing))


def show_findings(findings: Sequence[Finding], *first: str, listing: Listing | None = None) -> int:
    """Print findings, and return the exit code: 1 if one of them is an error.

    Outside a terminal, the line of each begins with `first`.
    """
    listing = listing or Listing()
    if listing.is_table:
        console().print(_table(findings))
    else:
        listing.show((*map(_constant, first), *_COLUMNS), findings)
    return 1 if any(finding.status is Status.ERROR for finding in findings) else 0


def _constant(text: str) -> Column[Finding]:
    return Column(text, lambda _: text)


def _table(findings: Sequence[Finding]) -> Table:
    """Return a table with each finding in its colour, wrapped beside its status."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        what = Text(in_options(printable(f"{finding.check}: {finding.where}: {finding.what}")))
        if finding.remedy:
            what.append(f"\n-> {in_options(printable(finding.remedy))}", style="bold")
        table.add_row(Text(finding.status.value, style=_STYLES[finding.status]), what)
    return table
