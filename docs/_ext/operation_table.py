"""The directive `operation-table`: every operation of a service, read from its description."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from milestone_sdk import wsdl
from milestone_sdk._protocol.soap.contract import Contract
from milestone_sdk._protocol.soap.contract_signature import Descriptions, accepted, returned


def rows(service: str) -> list[tuple[str, str, list[str], str]]:
    """Name, what it does, parameters and result of each operation, in the order of the description."""
    contract, descriptions = Contract.named(service), Descriptions(wsdl.read(service))
    found: list[tuple[str, str, list[str], str]] = []
    for name in contract.operations:
        signature = contract.signature(name)
        parameters = [each for each in signature.texts(lambda each: accepted(each.declared)) if each[0] != "*"]
        result = "None" if signature.returns is None else returned(signature.returns)
        without = [each.removesuffix(" = ...") for each in parameters if not each.startswith("token:")]
        found.append((name, descriptions.operation(name), without, result))
    return found


class OperationTable(SphinxDirective):
    """One row for each operation: name and purpose, parameters, result."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the table as a list-table and have it parsed."""
        service = self.arguments[0]
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 40 36 24", ""]
        lines += ["   * - Operation", "     - Parameters", "     - Result"]
        for name, purpose, parameters, result in rows(service):
            text = purpose.translate(str.maketrans({each: f"\\{each}" for each in "\\*`_|<"}))
            lines += [f"   * - ``{name}``", "", f"       {text}", ""]
            lines += [f"     - | ``{parameters[0]}``" if parameters else "     -"]
            lines += [f"       | ``{each}``" for each in parameters[1:]]
            lines += [f"     - ``{result}``"]
        path = str(wsdl.__file__)
        self.env.note_dependency(path)
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source=path), self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("operation-table", OperationTable)
    return {"parallel_read_safe": True}
