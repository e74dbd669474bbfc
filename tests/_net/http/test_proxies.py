"""Which proxy is taken for which address, as a table."""

import traceback

import httpx
import pytest

from milestone_sdk import ConfigurationError
from milestone_sdk._net.http.proxies import ProxyRules, read_proxy

PROXY = "http://proxy.example.test:3128"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def proxy_for(url: str, *, trust_env: bool = True) -> str | None:
    return ProxyRules.of_environment(trust_env=trust_env).proxy_for(httpx.URL(url))


def test_without_any_word_of_a_proxy_there_is_none() -> None:
    assert proxy_for("https://vms.example.test") is None


def test_each_scheme_has_its_own_and_all_is_for_the_rest(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "http://for-https.test:1")
    environment.setenv("ALL_PROXY", "for-all.test:2")
    assert proxy_for("https://vms.example.test:8443") == "http://for-https.test:1"
    assert proxy_for("http://vms.example.test") == "http://for-all.test:2"
    assert proxy_for("https://vms.example.test", trust_env=False) is None


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "vms.localhost", "127.0.0.1", "127.8.9.10", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_loopback_has_none_whatever_the_environment_says(environment: pytest.MonkeyPatch, host: str) -> None:
    environment.setenv("ALL_PROXY", PROXY)
    assert proxy_for(f"https://{host}:8443/") is None


@pytest.mark.parametrize(
    ("entry", "reached", "proxied"),
    [
        (
            "example.test",
            ["example.test", "vms.example.test", "VMS.example.test."],
            ["myexample.test", "example.test.org"],
        ),
        (".example.test", ["vms.example.test", "a.b.example.test"], ["example.test", "myexample.test"]),
        ("*.example.test", ["vms.example.test"], ["example.test"]),
        ("example.test:8443", ["example.test:8443", "vms.example.test:8443"], ["example.test", "example.test:84"]),
        ("example.test:443", ["example.test", "example.test:443"], ["example.test:8443"]),
        ("10.1.2.3", ["10.1.2.3", "10.1.2.3:8443"], ["10.1.2.30", "110.1.2.3"]),
        ("10.0.0.0/8", ["10.1.2.3", "10.255.0.1:8443"], ["11.0.0.1", "vms.example.test"]),
        ("10.1.2.3:8443", ["10.1.2.3:8443"], ["10.1.2.3"]),
        ("fd00::/8", ["[fd00::1]", "[fd12::2]:8443"], ["[fe80::1]", "10.0.0.1"]),
        ("[fd00::1]:8443", ["[fd00::1]:8443"], ["[fd00::1]"]),
        ("https://example.test", ["example.test"], ["vms.example.test"]),
        ("all://*example.test", ["example.test", "vms.example.test"], ["other.test"]),
        ("http://example.test", [], ["example.test"]),
        ("*", ["example.test", "10.1.2.3"], []),
        ("other.test, *", ["example.test"], []),
        (" , ,example.test,", ["example.test"], ["other.test"]),
        ("http://[", [], ["example.test"]),
        ("", [], ["example.test", "10.1.2.3"]),
    ],
)
def test_no_proxy(environment: pytest.MonkeyPatch, entry: str, reached: list[str], proxied: list[str]) -> None:
    environment.setenv("ALL_PROXY", PROXY)
    environment.setenv("NO_PROXY", entry)
    assert {host: proxy_for(f"https://{host}/x") for host in reached} == dict.fromkeys(reached)
    assert {host: proxy_for(f"https://{host}/x") for host in proxied} == dict.fromkeys(proxied, PROXY)


@pytest.mark.parametrize("proxy", ["socks5://me:pa55word@proxy.test:1080", "ftp://me:pa55word@proxy.test:1080"])
def test_a_proxy_of_another_kind_matters_only_where_it_would_be_used(
    environment: pytest.MonkeyPatch, proxy: str
) -> None:
    environment.setenv("ALL_PROXY", proxy)
    assert proxy_for("https://127.0.0.1:8443") is None
    with pytest.raises(ConfigurationError, match=r"proxy\.test:1080, which is not an HTTP proxy") as caught:
        proxy_for("https://vms.example.test")
    assert "trust_env=False" in str(caught.value)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", [f"http://me:pa55word@{rest}" for rest in ("proxy.test:99999999", "proxy.test:port", "[::1")]
)
def test_a_proxy_that_is_no_url(proxy: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_proxy(proxy)
    assert "pa55word" not in str(caught.value)


def test_no_password_of_a_proxy_is_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALL_PROXY", "http://me:pa55word@proxy.test:3128")
    rules = ProxyRules.of_environment(trust_env=True)
    assert "pa55word" not in repr(rules)
    found = rules.proxy_for(httpx.URL("https://vms.example.test"))
    assert found is not None
    assert read_proxy(found).raw_auth == (b"me", b"pa55word")


@pytest.mark.parametrize(
    "entry", ["h:²", "h:٣", "²", "[", "http://[", "[::1", "10.0.0.0/²", "h:" + "9" * 5000, "\udc80"]
)
def test_an_exception_that_cannot_be_read_covers_nothing(environment: pytest.MonkeyPatch, entry: str) -> None:
    environment.setenv("ALL_PROXY", PROXY)
    environment.setenv("NO_PROXY", entry)
    for url in ("https://h", "https://[::1:2]:8443", "https://10.1.2.3:80"):
        assert proxy_for(url) == PROXY


@pytest.mark.parametrize(
    ("proxy", "place"),
    [
        ("http://arc:s3cr://et@proxy.test:3128", "http://proxy.test:3128"),
        ("arc:s3cr://et@proxy.test:3128", "proxy.test:3128"),
        ("http://arc:s3cr/et@proxy.test:3128", "http://proxy.test:3128"),
        ("http://arc:x@s3cr/et@proxy.test:3128", "http://proxy.test:3128"),
        ("http://arc:s3cr#et@proxy.test:3128", "http://proxy.test:3128"),
        ("http://arc:s3cret", "http://arc"),
        ("http://arc:s3cr\x1bet@[fd00::1]:3128", "http://[fd00::1]:3128"),
    ],
)
def test_the_password_of_a_proxy_shows_nowhere(environment: pytest.MonkeyPatch, proxy: str, place: str) -> None:
    environment.setenv("ALL_PROXY", proxy)
    with pytest.raises(ConfigurationError) as caught:
        read_proxy(proxy_for("https://vms.example.test") or "")
    text = "".join(traceback.format_exception(caught.value))
    assert f"the proxy {place}," in text
    assert "s3cr" not in text
    assert "et@" not in text
