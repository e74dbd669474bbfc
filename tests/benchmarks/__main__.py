"""Run every module of this package that has `run() -> None`; with arguments, only those named."""

import importlib
import pkgutil
import sys
from pathlib import Path


def main(wanted: list[str]) -> None:
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name != "__main__"]
    if unknown := set(wanted) - set(names):
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    for name in wanted or names:
        run = getattr(importlib.import_module(f"{__package__}.{name}"), "run", None)
        if run is not None:
            print(f"== {name}", flush=True)
            run()


main(sys.argv[1:])
