"""The Configuration API of the management server: its 16 operations.

HTTP and its authentication are the management server's. Written from the protocol file alone, so that a client's
mistake cannot hide behind the same mistake here.
"""  # docs/protocol: configuration-operations

import random

from milestone_sdk.simulator.configuration.changes import Changes
from milestone_sdk.simulator.configuration.contract import (
    NAMESPACE,
    OPERATIONS,
    SINCE,
    configuration_contracts,
    fault,
)
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.configuration.methods import Methods
from milestone_sdk.simulator.configuration.operations import OPERATIONS as PERFORMED
from milestone_sdk.simulator.configuration.operations import Call
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tasks import Tasks
from milestone_sdk.simulator.configuration.tree import Tree
from milestone_sdk.simulator.configuration.writer import ItemWriter
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.site.model import User
from milestone_sdk.simulator.wire.reader import Element
from milestone_sdk.simulator.wire.soap import read_parameters

__all__ = ["ConfigurationApiService"]


class ConfigurationApiService:
    """Decodes, checks, answers and encodes the operations."""

    namespace = NAMESPACE

    def __init__(self, host: Host) -> None:
        self._host = host
        self.switches: Switches = Switches()
        """Failures, broken trees, and what is not known of real servers."""
        self.tasks: Tasks = Tasks(host.site.now)
        """What the server is doing, and how coming tasks end."""
        self.adopt_release()
        self._rng = random.Random(f"{host.seed}/configuration")

    def adopt_release(self) -> None:
        """Have the items, properties and methods of the release that the simulator has now."""
        release = self._host.release
        self.lookup: Lookup = Lookup(self._host.site, f"{release.server_version}.0.1")
        self.tree: Tree = Tree(self.lookup, release, self.switches, self.tasks)
        self.changes: Changes = Changes(self.tree)
        self.methods: Methods = Methods(self.tree, self.changes, self.switches, self.tasks)

    def action(self, operation: str, *, asmx: bool) -> str:
        """The SOAPAction of an operation."""
        return f"{NAMESPACE}/IConfigurationService/{operation}"

    def knows(self, operation: str) -> bool:
        """Whether the contract of this release has the operation."""
        return operation in OPERATIONS and self._host.release.version >= SINCE.get(operation, (0, 0))

    def call(self, operation: str, user: User, element: Element, *, asmx: bool) -> bytes:
        """The inside of the `<OperationResponse>` element; raises SoapFault."""
        struck = self.switches.strike(operation, _path_of(element))
        if struck is not None:
            raise struck
        perform = PERFORMED.get(operation)
        if perform is None:
            raise fault("NotSupportedExceptionFault", f"{operation} is not supported by this server.")
        host, contract = self._host, OPERATIONS[operation]
        call = Call(
            user=user,
            values=read_parameters(configuration_contracts(host.release), contract, element, NAMESPACE, host.dropped),
            tree=self.tree,
            changes=self.changes,
            methods=self.methods,
            switches=self.switches,
            null_form=host.null_form,
            rng=self._rng,
        )
        answer = ItemWriter(host.release, self._rng, host.null_form).result(contract, perform(call))
        return _inflated(answer, self.switches.inflate.get(operation, 0))


def _path_of(element: Element) -> str | None:
    """The path that a call is about: its own parameter, or the Path of its item."""
    for name in ("{*}path", "{*}item/{*}Path"):
        found = element.find(name)
        if found is not None:
            return found.text or ""
    return None


def _inflated(answer: bytes, size: int) -> bytes:
    """An answer of at least that size: items repeated where there is a list, else a long UIHint."""
    missing = size - len(answer)
    if missing <= 0:
        return answer
    first, last = answer.find(b"<a:ConfigurationItem>"), answer.rfind(b"</a:ConfigurationItem>")
    if first >= 0 and answer.find(b"<a:Path>") > first:
        end = last + len(b"</a:ConfigurationItem>")
        items = answer[first:end]
        return answer[:first] + items * (missing // len(items) + 2) + answer[end:]
    hint = answer.rfind(b"<a:UIHint")
    end = answer.find(b">", hint) + 1
    if hint < 0:
        return answer
    return answer[:hint] + b"<a:UIHint>" + b"x" * missing + b"</a:UIHint>" + answer[end:]
