"""Errors and findings name their remedies as Python; here those become the options of the command line."""

import re
from typing import Final

__all__ = ["in_options"]

_SPELLINGS: Final = tuple(
    (re.compile(pattern), option)
    for pattern, option in (
        (r"Trust\.pinned\('([^']*)'\)", r"--pin \1"),
        (r"Trust\.ca_file\([^)]*\)", "--ca-file"),
        (r"addresses=\{\.\.\.\}", "--address NAME=URL"),
        (r"""addresses=\{["']([^"']*)["']: ["']([^"']*)["']\}""", r"--address \1=\2"),
        (r"(BasicUser|WindowsUser)\('([^']*)', password\)", r"--user \2"),
        (r"\bas a WindowsUser with (?:name and|a) password", r"by --user DOMAIN\\user and the password"),
        (r"AccessToken\(\.\.\., refresh=\.\.\.\)", "a new MILESTONE_TOKEN"),
        (r"MILESTONE_USER=", "--user "),
        (r"\bset MILESTONE_SIGN_ON=1", "give --sign-on"),
        (r"MILESTONE_CA_FILE=", "--ca-file "),
        (r"\b(overwrite|retrieve)=True", r"--\1"),
        (r"\btrust_env=False", "--no-proxy"),
        (r"\bpass --", "give --"),
        (r"\bevent=(?=,|$)", "--event"),
        (r"\bconfiguration_prefix\b", "--configuration-prefix"),
        (r"\bwait again, or play\b.*", "run retrieve with a longer --wait"),
        (r"\bmore patience\b", "--patience 60s"),
        (r"\bSqliteCheckpointStore\([^)]*\)", "--checkpoints FILE"),
        (r"\buse MemoryCheckpointStore\(\)", "leave out --checkpoints"),
        (r"give one of them another name", "give one of them another --name"),
    )
)
"""What each Python spelling of a remedy is in the command line, in the order in which they are replaced."""


def in_options(text: str) -> str:
    """Return the text of an error or finding with its remedies as options."""
    for pattern, option in _SPELLINGS:
        text = pattern.sub(option, text)
    return text
