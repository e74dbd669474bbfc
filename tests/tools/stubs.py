"""Write what a type checker sees of `site.services`: `python -m tests.tools.stubs`.

From the descriptions come `records.pyi`, the members of every structure that a reply has, and `described.pyi`, one
class for each service with one method for each operation, for both clients. At run time the same comes from the
descriptions themselves, so that these files hold no code.
"""

from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path
from textwrap import wrap

from milestone_sdk._protocol.soap.contract import Contract
from milestone_sdk._protocol.soap.contract_signature import (
    Descriptions,
    Signature,
    accepted,
    returned,
    structures,
)
from milestone_sdk._protocol.soap.contract_types import Type
from milestone_sdk.wsdl import read

PACKAGE = Path(__file__).parents[2] / "milestone_sdk"
SERVICES = {
    "server_command": "ServerCommand",
    "service_registration": "ServiceRegistration",
    "configuration": "Configuration",
    "alarm": "Alarm",
    "recorder": "Recorder",
}
BANNER = '''# Generated from the descriptions in milestone_sdk/wsdl by tests/tools/stubs.py: do not change.
# ruff: noqa
# fmt: off

"""{}"""
'''
WIDTH = 118
UNBROKEN = "\0"
"""A space at which no line may end: Python allows that within brackets only."""


def shapes(service: str) -> list[Type]:
    """Return the structures that replies of a service hold."""
    contract = Contract.named(service)
    found = (contract.signature(name).returns for name in contract.operations)
    return structures(each for each in found if each is not None)


def names() -> dict[str, dict[str, str]]:
    """Return the class of each structure by service and name; a name that two services have begins with the service."""
    by_service = {service: [each.local for each in shapes(service)] for service in SERVICES}
    every = [name for found in by_service.values() for name in found]
    return {
        service: {name: f"{SERVICES[service]}{name}" if every.count(name) > 1 else name for name in found}
        for service, found in by_service.items()
    }


def records() -> str:
    """Return the text of `records.pyi`."""
    lines = [BANNER.format("The structures that replies hold, by service.")]
    lines += ["from datetime import datetime", "from typing import Any", "", "from .contract_values import Record"]
    for service, known in names().items():
        for each in shapes(service):
            lines += ["", f"class {known[each.local]}(Record):"]
            for member in each.members.values():
                python = returned(member.type, lambda declared, known=known: known[declared.local])
                written = f"list[{python}]" if member.many else f"{python} | None"
                lines.append(f"    {'# ' if iskeyword(member.name) else ''}{member.name}: {written}")
            lines += [] if each.members else ["    ..."]
    return "\n".join(lines) + "\n"


def method(signature: Signature, text: str, known: dict[str, str], awaits: str) -> Iterator[str]:
    """Yield the lines of one operation."""
    parameters = ["self", *signature.texts(lambda each: accepted(each.declared, lambda _: "Mapping[str, Any]"))]
    result = "None"
    if signature.returns is not None:
        result = returned(signature.returns, lambda declared: f"records.{known[declared.local]}") + " | None"
    end = f"-> {result}:".replace(" ", UNBROKEN)
    head = f"{awaits}def {signature.operation}({', '.join(parameters)}){UNBROKEN}{end}"
    for line in wrap(head, WIDTH, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False):
        yield line.replace(UNBROKEN, " ")
    yield from wrap(f'"""{text}"""', WIDTH, initial_indent="        ", subsequent_indent="        ")


def described(prefix: str, awaits: str) -> str:
    """Return the text of `described.pyi` for one of the clients."""
    lines = [BANNER.format("The operations of each service."), "from collections.abc import Iterable, Mapping"]
    lines += ["from datetime import datetime", "from typing import Any", "from uuid import UUID", ""]
    lines += ["from ..._protocol.soap import records"]
    known = names()
    for service, title in SERVICES.items():
        contract, said = Contract.named(service), Descriptions(read(service))
        lines += ["", f"class {prefix}{title}Operations:"]
        for name in contract.operations:
            text = said.operation(name) or f"{name}: not documented."
            lines += method(contract.signature(name), text, known[service], awaits)
    return "\n".join(lines) + "\n"


def generate_all() -> dict[Path, str]:
    """Return every generated file with what it must hold."""
    return {
        PACKAGE / "_protocol" / "soap" / "records.pyi": records(),
        PACKAGE / "_async" / "session" / "described.pyi": described("Async", "async "),
        PACKAGE / "_sync" / "session" / "described.pyi": described("", ""),
    }


def main() -> None:
    for path, text in generate_all().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
