"""Citations of facts about the wire name a section that exists, and each statement there says how it is known."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "protocol").glob("*.rst"))
CITATION = re.compile(r"docs/protocol: ([a-z][a-z0-9-]*(?:, [a-z][a-z0-9-]*-[a-z0-9-]+)*)")
CLASSES = ("captured", "documentation", "sample", "client", "inferred", "unknown")


def labels() -> set[str]:
    return {
        label for page in PAGES for label in re.findall(r"^\.\. _([\w-]+):$", page.read_text(encoding="utf-8"), re.M)
    }


def citations() -> dict[str, set[str]]:
    """Each cited label, and the files that cite it."""
    found: dict[str, set[str]] = {}
    for folder in ("milestone_sdk", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".wsdl") and path != Path(__file__):
                for cited in CITATION.findall(path.read_text(encoding="utf-8")):
                    for label in cited.split(", "):
                        found.setdefault(label, set()).add(str(path.relative_to(ROOT)))
    return found


def test_every_citation_has_its_section() -> None:
    cited = citations()
    assert len(cited) > 50
    assert {label: sorted(files) for label, files in cited.items() if label not in labels()} == {}


def test_notes_that_are_not_in_the_repository_are_not_cited() -> None:
    for path in [*(ROOT / "milestone_sdk").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        if path != Path(__file__):
            assert not re.search(r"protocol/[\w-]+\.md", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "index"], ids=lambda page: page.stem)
def test_every_statement_names_the_class_of_its_evidence(page: Path) -> None:
    """Every paragraph and every item of a list after the introduction; in tables, every row."""
    _, _, text = page.read_text(encoding="utf-8").partition("\n.. _")
    _, _, text = text.partition("\n")
    statements = [block for block in re.split(r"\n\s*\n|\n(?=- )|\n(?=   \* - )", text) if is_statement(block)]
    assert statements
    wrong = [block for block in statements if not re.search(rf"\[({'|'.join(CLASSES)})\]", block)]
    assert wrong == []


def is_statement(block: str) -> bool:
    block = block.strip()
    heading = re.search(r"(^|\n)[=-]{3,}$", block)
    header_of_table = block.startswith("* - ") and "[" not in block and len(block) < 120
    return bool(block) and not (heading or header_of_table or block.startswith((".. ", ":")))
