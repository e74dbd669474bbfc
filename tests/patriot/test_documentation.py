"""What the pages on Patriot show is what happens: their examples run as they stand."""

import doctest
from pathlib import Path

import pytest

import milestone_sdk.patriot as patriot

from ..support.signals import NotingSink

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "page",
    [
        "howto/patriot-zones.rst",
        "howto/patriot-configuration.rst",
        "howto/patriot-sinks.rst",
        "howto/patriot-task.rst",
        "explanation/patriot.rst",
        "reference/patriot.rst",
    ],
)
def test_the_examples_of_a_page_run(page):
    path = str(DOCS / page)
    names = {"receiver": NotingSink()}
    result = doctest.testfile(
        path, module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS, extraglobs=names
    )
    assert result.attempted > 0
    assert result.failed == 0


def test_every_public_name_is_exported_once_and_documented():
    assert len(set(patriot.__all__)) == len(patriot.__all__)
    assert all(getattr(patriot, name).__doc__ for name in patriot.__all__)
