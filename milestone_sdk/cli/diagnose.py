"""The command `diagnose`: one line for each finding, with the remedy below it."""

import sys
from collections.abc import Iterable

from ..models import Finding, Status
from .screen import say, say_columns

__all__ = ["show_findings"]


def show_findings(findings: Iterable[Finding], *first: str) -> int:
    """Print findings, and return the exit code: 1 if one of them is an error.

    Outside a terminal, each is one line with tabs between the columns: `first`, status, check, where, what, remedy.
    """
    findings = tuple(findings)
    for finding in findings:
        if not sys.stdout.isatty():
            say_columns(
                (*first, finding.status.value, finding.check, finding.where, finding.what, finding.remedy or "")
            )
            continue
        say(f"{finding.status.value:<8} {finding.check}: {finding.where}: {finding.what}")
        if finding.remedy:
            say(f"         -> {finding.remedy}")
    return 1 if any(finding.status is Status.ERROR for finding in findings) else 0
