"""Links to the documentation of Python, without fetching anything when these pages are built.

`sphinx.ext.intersphinx` reads where names are from an inventory. This one has the names that the pages use, so that a
name which is not in it is reported.
"""

import zlib
from pathlib import Path
from typing import Final

from sphinx.application import Sphinx
from sphinx.config import Config

PYTHON: Final = "https://docs.python.org/3"

CLASSES: Final = {
    "asyncio-eventloop": "asyncio.AbstractEventLoop",
    "asyncio-stream": "asyncio.StreamReader asyncio.StreamWriter",
    "asyncio-sync": "asyncio.Event asyncio.Lock",
    "asyncio-task": "asyncio.Task",
    "collections.abc": (
        "collections.abc.AsyncGenerator collections.abc.AsyncIterable collections.abc.AsyncIterator "
        "collections.abc.Awaitable collections.abc.Callable collections.abc.Collection collections.abc.Coroutine "
        "collections.abc.Generator collections.abc.Iterable collections.abc.Iterator collections.abc.Mapping "
        "collections.abc.MutableMapping collections.abc.Sequence collections.abc.Set"
    ),
    "concurrent.futures": "concurrent.futures.Future",
    "contextlib": "contextlib.AbstractAsyncContextManager contextlib.AbstractContextManager contextlib.ExitStack",
    "datetime": "datetime.date datetime.datetime datetime.time datetime.timedelta datetime.tzinfo",
    "enum": "enum.Enum enum.IntEnum enum.IntFlag enum.StrEnum",
    "functions": "bool float int object type",
    "io": "io.BytesIO io.StringIO",
    "logging": "logging.Logger",
    "pathlib": "pathlib.Path pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath",
    "ssl": "ssl.SSLContext",
    "stdtypes": "bytearray bytes dict frozenset list memoryview set str tuple",
    "typing": "typing.Protocol",
    "uuid": "uuid.UUID",
}
EXCEPTIONS: Final = {
    "asyncio-exceptions": "asyncio.CancelledError",
    "exceptions": (
        "BaseException ConnectionError Exception ExceptionGroup FileExistsError KeyboardInterrupt KeyError LookupError "
        "NotImplementedError OSError PermissionError RuntimeError TimeoutError TypeError ValueError"
    ),
    "ssl": "ssl.SSLError",
}
HEADER: Final = b"""# Sphinx inventory version 2
# Project: Python
# Version: 3
# The remainder of this file is compressed using zlib.
"""


def write_inventory(app: Sphinx, config: Config) -> None:
    """Write the inventory, and have intersphinx read it."""
    lines = [
        f"{name} py:{kind} 1 library/{page}.html#$ -\n"
        for kind, pages in (("class", CLASSES), ("exception", EXCEPTIONS))
        for page, names in pages.items()
        for name in names.split()
    ]
    path = Path(app.doctreedir) / "python.inv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(HEADER + zlib.compress("".join(lines).encode()))
    config.intersphinx_mapping = {"python": (PYTHON, str(path))}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the inventory, before intersphinx looks for it."""
    app.connect("config-inited", write_inventory, priority=400)
    return {"parallel_read_safe": True}
