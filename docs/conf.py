"""Sphinx configuration; built with `sphinx-build -W -n docs docs/_build`."""

import sys
from pathlib import Path

from docutils import nodes
from docutils.utils import unescape
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

import milestone_sdk

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "milestone_sdk"
author = "The milestone_sdk authors"
version = release = milestone_sdk.__version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "command_reference",
    "compatibility_table",
    "error_table",
    "operation_table",
    "python_names",
    "requirement_table",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"milestone_sdk {release}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False

# The copy button leaves out prompts, and what is printed.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Docstrings write code in single backticks.
default_role = "verbatim"
autodoc_default_options = {"members": True, "undoc-members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
python_use_unqualified_type_names = True

nitpicky = True
# The builtin `type` in a signature resembles the attributes of that name; a name that does not exist is still reported.
suppress_warnings = ["ref.python"]
nitpick_ignore_regex = [
    (r"py:.*", r"(attr|attrs)\..*"),
    # One class for each service, for type checkers only: its operations are in the list of operations.
    (r"py:.*", r"(Async)?(Alarm|Configuration|Recorder|ServerCommand|ServiceRegistration)Operations"),
    # Parts of the client that are reached through it, and the types they are made of.
    (r"py:.*", r"milestone_sdk\._\w+\..*"),
    (r"py:.*", r"(AlarmReferences|AsyncClock|Clock|CameraReference|T|P|UUID)"),
    (r"py:.*", r"milestone_sdk\.monitor\.\w+\.\w+"),
    # The simulator's inside.
    (
        r"py:.*",
        r"milestone_sdk\.simulator\.[\w.]+|AlarmFacade|AnalyticsReceiver|GenericEventReceiver|Integration|Received|RecorderService|Triggered",
    ),
]


def _find_comments_where_they_were_written() -> None:
    """Public names say that they live in `milestone_sdk`; their attributes are described where the code is."""
    for name in milestone_sdk.__all__:
        getattr(milestone_sdk, name)  # names are loaded, and say where they live, at their first use
    public = ModuleAnalyzer.for_module("milestone_sdk")
    public.analyze()
    for name, module in list(sys.modules.items()):
        inner = name.startswith("milestone_sdk.") and getattr(module, "__file__", None)
        if inner and not name.startswith(("milestone_sdk.simulator", "milestone_sdk.patriot", "milestone_sdk.cli")):
            analyzer = ModuleAnalyzer.for_module(name)
            analyzer.analyze()
            public.attr_docs.update(analyzer.attr_docs)
            public.annotations.update(analyzer.annotations)
            public.tagorder.update({tag: len(public.tagorder) + at for tag, at in analyzer.tagorder.items()})


_find_comments_where_they_were_written()


def _name_the_twin(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Document what exists twice, blocking and asynchronous, once."""
    twin = name.replace("milestone_sdk.Async", "milestone_sdk.")
    if what == "class" and twin != name:
        lines[:] = [f"The twin of :py:class:`{twin}`."]


def _verbatim(
    role: str, source: str, text: str, line: int, inliner: object, options: object = None, content: object = ()
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return code as it is written: the role `literal` drops backslashes."""
    return [nodes.literal(source, unescape(text, restore_backslashes=True))], []


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.add_role("verbatim", _verbatim)
    app.connect("autodoc-process-docstring", _name_the_twin)
