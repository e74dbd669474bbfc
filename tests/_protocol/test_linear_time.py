"""Text of a server costs time in proportion to its length, whatever it repeats."""

import time
from itertools import product

import pytest

from milestone_sdk._protocol.jsontext import parse_object
from milestone_sdk._protocol.management import servercommand
from milestone_sdk._protocol.soap.envelope import parse
from milestone_sdk._protocol.soap.faults import redact
from milestone_sdk.errors import RemoteProtocolError
from tests.support.soap_bodies import fault

ATOMS = ["key>", "password", "<", "property>", ":value>", "token>", "TOKEN#", "eyJ", ".", "bearer ", "password=", " "]


def test_what_is_redacted_takes_no_time_to_speak_of() -> None:
    """`key>password` was cubic: 47 s for 40 kB."""
    began = time.process_time()
    for pattern in ("".join(pair) for pair in product(ATOMS, ATOMS)):
        redact(pattern * (2_000_000 // len(pattern)))
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<Key>Password</Key><Value>s3cret</Value>", "<Key>Password</Key><Value>[secret]</Value>"),
        (
            "<a:Key>AdminSecret</a:Key>\n<a:Value>s3cret</a:Value>",
            "<a:Key>AdminSecret</a:Key>\n<a:Value>[secret]</a:Value>",
        ),
        ("<Key>Name</Key><Value>open</Value>", "<Key>Name</Key><Value>open</Value>"),
        ("<Key>Password</Key></Property><Property><Value>open</Value>",) * 2,
        (f"<Key>Password</Key>{' ' * 1001}<Value>open</Value>",) * 2,
        ("<Key>Password</Key><Value/><Value>s3cret</Value>", "<Key>Password</Key><Value/><Value>[secret]</Value>"),
    ],
)
def test_the_value_of_a_secret_property_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_fault_that_repeats_what_is_looked_for() -> None:
    text = "key&gt;password" * 100_000
    began = time.process_time()
    with pytest.raises(Exception, match="key>") as caught:
        servercommand.get_product_info().decode(
            fault(f"<faultstring>{text}</faultstring><detail><a>{text}</a></detail>")
        )
    assert len(str(caught.value)) < 10_000
    assert time.process_time() - began < 2


def legal(number: int) -> bool:
    """XML 1.0, production 2."""
    return number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0xFFFF < number < 0x110000


def test_references_to_characters_that_xml_cannot_hold() -> None:
    edges = [
        0xD7FF,
        0xD800,
        0xDFFF,
        0xE000,
        0xFFFD,
        0xFFFE,
        0xFFFF,
        0x10000,
        0x10FFFF,
        0x110000,
        1_200_000,
        999_999_999,
    ]
    numbers = [*range(200), *range(55_000, 65_600, 7), *range(0x10FF00, 0x110100), *edges]
    for number in numbers:
        for text in (f"&#{number};", f"&#x{number:x};", f"&#x{number:X};", f"&#0{number};", f"&#x{number:04x};"):
            expected = chr(number) if legal(number) else "\N{REPLACEMENT CHARACTER}"
            assert parse(f"<a>{text}&#1;</a>".encode(), operation="x").text == f"{expected}\N{REPLACEMENT CHARACTER}"


def test_references_on_the_borders_of_what_is_searched_at_once() -> None:
    for length in range(65_500, 65_560):
        body = f"<a>{'x' * length}&#x0001;{'&#1;' * 40_000}</a>".encode()
        assert parse(body, operation="x").text == "x" * length + "\N{REPLACEMENT CHARACTER}" * 40_001


@pytest.mark.parametrize(
    "prolog", [b" " * 70_000, b"<!-- -->" * 9000, b"<!--" + b"x" * 70_000 + b"-->", b"<?a b?>" * 10_000]
)
def test_what_stands_in_front_of_the_first_element_has_a_bound(prolog: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="before the first element"):
        parse(prolog + b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", operation="x")


def test_attributes_count_as_much_as_elements() -> None:
    with pytest.raises(RemoteProtocolError, match="tags"):
        parse(b"<a " + b"=" * (41 * 2**20), operation="x")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":0.' + b"9" * 5000 + b"}",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b"{}".decode().encode("utf-16"),
        b'{"a":"\xff"}',
        b"[]",
        b"",
        b"{" + b" " * 2000 + b"}",
    ],
)
def test_json_that_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_object(body, maximum=1000 if len(body) < 3000 else 10**6)


def test_of_two_members_with_one_name_the_last_counts() -> None:
    assert parse_object(b'\xef\xbb\xbf{"a":1,"a":2}', maximum=100) == {"a": 2}
