"""Fail if tests were skipped that must not be: `python -m tests.tools.skips REPORT [PATTERN]`.

REPORT is what `pytest --junitxml` writes. PATTERN matches the reasons that are allowed; without it, none is.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree


def main(report: str, allowed: str | None = None) -> str | None:
    cases = list(ElementTree.parse(report).iter("testcase"))
    skipped = [(case, skip.get("message", "")) for case in cases if (skip := case.find("skipped")) is not None]
    barred = [(case, why) for case, why in skipped if allowed is None or not re.search(allowed, why)]
    if not cases:
        return "no tests ran"
    if barred:
        lines = (f"{case.get('classname')}.{case.get('name')}: {why}" for case, why in barred)
        return "\n".join([*lines, f"{len(barred)} tests were skipped that must not be"])
    print(f"{len(cases)} tests, {len(skipped)} skipped for want of the reference material")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
