"""The directive `compatibility-table`: every capability by the release that brought it, read from the data itself."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from milestone_sdk import releases as compatibility
from milestone_sdk.releases import OLDEST, RELEASES, Capability, Release


def groups() -> list[tuple[Release, list[Capability]]]:
    """The known releases, oldest first, each with what it brought."""
    return [(release, [one for one in Capability if (one.since or OLDEST) == release]) for release in RELEASES]


class CompatibilityTable(SphinxDirective):
    """One row for each capability, under its release: what, name, beta before, evidence."""

    def run(self) -> list[nodes.Node]:
        """Write the table as a list-table and have it parsed."""
        lines = [
            ".. list-table::",
            "   :header-rows: 1",
            "   :widths: 14 36 28 10 22",
            "",
            "   * - Since",
            "     - What",
            "     - Name",
            "     - Beta since",
            "     - Evidence",
        ]
        for release, capabilities in groups():
            since = f"{release} ({release.version})" + (" or before" if release == OLDEST else "")
            for number, one in enumerate(capabilities):
                lines += [
                    f"   * - {'' if number else since}",
                    f"     - {one.what}",
                    f"     - ``{one.value}``",
                    f"     - {one.beta or ''}",
                    f"     - {one.evidence}",
                ]
            if not capabilities:
                lines += [f"   * - {since}", "     - (nothing that is dated to it)", *["     -"] * 3]
        self.env.note_dependency(compatibility.__file__)
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source=compatibility.__file__), self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("compatibility-table", CompatibilityTable)
    return {"parallel_read_safe": True}
