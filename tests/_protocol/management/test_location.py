"""Locations: a URL with a scheme (R30), the port at its end (R31), and nothing else."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.management.location import Location
from milestone_sdk.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("http://vms.example", "http", "vms.example", 80),
        ("https://vms.example", "https", "vms.example", 443),
        ("http://vms.example:8080", "http", "vms.example", 8080),
        ("https://10.0.0.5:65535/", "https", "10.0.0.5", 65535),
        ("HTTP://VMS_01", "http", "vms_01", 80),
        ("http://überwachung.example", "http", "überwachung.example", 80),
        ("http://[2001:db8::1]:8080", "http", "2001:db8::1", 8080),
    ],
)
@pytest.mark.requirement(31)
def test_r31_scheme_host_and_port(text, scheme, host, port):
    assert Location.parse(text) == Location(scheme, host, port)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://vms.example:80/", "http://vms.example"),
        ("https://vms.example:443", "https://vms.example"),
        ("https://vms.example:80", "https://vms.example:80"),
        ("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080"),
    ],
)
def test_a_location_reads_as_the_url_to_connect_to(text, url):
    assert str(Location.parse(text)) == url


@pytest.mark.parametrize("server", ["vms.example", "10.0.0.5", "vms.example:8080", "localhost:8080", "[::1]:8080"])
@pytest.mark.requirement(30)
def test_r30_a_location_without_scheme_is_refused_with_its_right_form(server):
    with pytest.raises(ConfigurationError) as refused:
        Location.parse(server)
    assert f"'{server}' has no scheme. Hint: write http://{server} or https://{server}" in str(refused.value)


@pytest.mark.parametrize("port", ["0", "70000", "abc", "", "-1", "8_0", "٣", "80:80", "99999999999999999999"])
@pytest.mark.requirement(31)
def test_r31_a_port_that_is_none_is_refused(port):
    with pytest.raises(ConfigurationError, match=r"not a number from 1 to 65535.*https://vms.example:8443"):
        Location.parse(f"http://vms.example:{port}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://vms.example", "the scheme 'ftp'"),
        ("file:///etc/hosts", "the scheme 'file'"),
        ("http://", "no valid host"),
        ("http://:8080", "no valid host"),
        ("http://[::1", "no valid host"),
        ("http://[::zz]", "no valid host"),
        ("http://a..b", "no valid host"),
        ("http://<server>", "no valid host"),
        (" http://vms.example", "a blank"),
        ("http://vms.example\n", "a blank"),
        ("http://vms\t.example", "a blank"),
        ("http://vms.example/ServerAPI", "has a path, a query or a fragment"),
        ("http://vms.example?site=1", "has a path, a query or a fragment"),
        ("http://vms.example/?", "has a path, a query or a fragment"),
        ("http://vms.example#top", "has a path, a query or a fragment"),
        ("", "no scheme"),
        ("//vms.example", "no scheme"),
    ],
)
def test_other_locations_are_refused_with_the_right_form(text, why):
    with pytest.raises(ConfigurationError, match=r"for example http://vms.example") as refused:
        Location.parse(text)
    assert why in str(refused.value)


@pytest.mark.parametrize("location", [None, 80, b"http://vms.example"])
def test_a_location_is_text(location):
    with pytest.raises(ConfigurationError, match="must be a string"):
        Location.parse(location)


@pytest.mark.parametrize(
    "text",
    [
        "http://arc:hunter2@vms.example",
        "arc:hunter2@vms.example",
        "http://arc:hunter2@vms.example:abc",
        "http://arc:hun?ter2@vms.example",
        "http://arc:hunter2@[vms.example",
        "http://arc: hunter2@vms.example",
        "arc:hunter2@http://vms.example",
        "http://arc:hunter2@vms\u2100.example",
        "http://vms.example/?token=hunter2",
        "http://vms.example#hunter2",
    ],
)
def test_a_password_in_a_location_is_refused_and_never_repeated(text):
    with pytest.raises(ConfigurationError) as refused:
        Location.parse(text)
    told = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
    assert "hunter2" not in told
    assert "ter2" not in told


@given(st.text() | st.text(alphabet="htps:/.@[]#?0189a-é ").map("http://".__add__))
def test_any_text_is_a_location_or_refused(text):
    try:
        location = Location.parse(text)
    except ConfigurationError:
        return
    assert 1 <= location.port <= 65535
    assert Location.parse(str(location)) == location


def test_a_refusal_does_not_repeat_endless_text():
    with pytest.raises(ConfigurationError) as refused:
        Location.parse("http://" + "a/" * 100_000)
    assert len(str(refused.value)) < 400


def test_http_becomes_https_on_its_own_port():
    assert str(Location.parse("http://vms.example:8080").upgraded()) == "https://vms.example"
    assert str(Location.parse("https://vms.example:8443").upgraded()) == "https://vms.example:8443"


def test_addresses_are_made_from_it():
    assert Location.parse("https://vms.example").url("/IDP/x") == "https://vms.example/IDP/x"


def test_an_announced_address_may_have_a_path():
    assert str(Location.parse("http://es1:22331/Central/?x", path_allowed=True)) == "http://es1:22331"
    with pytest.raises(ConfigurationError):
        Location.parse("es1:22331/Central/", path_allowed=True)
