"""Trust as a value: its forms, its one context, and the moment at which a pin is compared."""

import copy
import os
import pickle
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from milestone_sdk import CertificateError, ConfigurationError, Trust
from milestone_sdk._net.tls.certificates import certificate_error
from milestone_sdk.simulator.wire.authority import Authority, fingerprint, server_context

from .support.loopback import TLSServer

PIN = "sha256:" + ":".join(f"{number:02X}" for number in range(32))
OTHER_PIN = "sha256:" + "ab" * 32


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("text", [PIN, PIN.lower(), PIN.upper(), "sha256:" + PIN[7:].replace(":", ""), f" {PIN}\n"])
def test_a_fingerprint_is_the_same_in_every_form(text: str) -> None:
    assert Trust.pinned(text) == Trust.pinned(PIN)
    assert repr(Trust.pinned(text)) == f"Trust.pinned('{PIN}')"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        PIN[7:],
        PIN[:-1],
        PIN + "0",
        PIN.replace("sha256", "sha1"),
        PIN.replace(":1F", "-1F"),
        PIN[:-2] + "GG",
    ],
)
def test_another_form_is_refused_and_the_right_one_shown(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a SHA-256 fingerprint") as caught:
        Trust.pinned(PIN, text)
    assert "Trust.pinned('sha256:" in str(caught.value.hint)
    assert "64 hexadecimal digits" in str(caught.value)


@pytest.mark.parametrize("text", ["a9 4f" + " 00" * 18, "A9:" * 19 + "A9", "a9" * 20])
def test_the_thumbprint_of_windows_is_told_apart(text: str) -> None:
    with pytest.raises(ConfigurationError, match="SHA-1 fingerprint, which Windows calls the thumbprint"):
        Trust.pinned(text)


def test_trusts_are_values(authority: Authority) -> None:
    by_file = Trust.ca_file(authority.ca_file)
    trusts = {
        Trust.system(): "Trust.system()",
        by_file: f"Trust.ca_file({str(authority.ca_file)!r})",
        Trust.pinned(PIN, OTHER_PIN): f"Trust.pinned('{PIN}', 'sha256:{':'.join(['AB'] * 32)}')",
        Trust.per_service(management=by_file, recorder=Trust.pinned(PIN)): (
            f"Trust.per_service(management={by_file!r}, recorder=Trust.pinned('{PIN}'), event_server={by_file!r})"
        ),
    }
    assert len(trusts) == 4
    for trust, text in trusts.items():
        _ = trust.context
        assert repr(trust) == text
        for again in (copy.copy(trust), copy.deepcopy(trust), pickle.loads(pickle.dumps(trust)), eval(text)):
            assert again == trust
            assert hash(again) == hash(trust)
            assert again.context.verify_mode == trust.context.verify_mode
    assert Trust.system() != "Trust.system()"


def test_a_trust_crosses_to_another_process_before_and_after_use(authority: Authority) -> None:
    trust = Trust.per_service(management=Trust.ca_file(authority.ca_file), event_server=Trust.pinned(PIN))
    code = "import pickle, sys; trust = pickle.load(sys.stdin.buffer); print(repr(trust), trust.context.check_hostname)"
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(trust), capture_output=True, check=True)
    assert done.stdout.decode().strip() == f"{trust!r} True"


def test_what_is_given_for_one_service_holds_for_it_alone() -> None:
    recorder, system = Trust.pinned(PIN), Trust.system()
    trust = Trust.per_service(management=system, recorder=recorder)
    assert trust.for_service("recorder") is recorder
    assert trust.for_service("event_server") is trust.for_service("management") is system
    assert trust.context is system.context
    assert recorder.for_service("management") is recorder
    outer = Trust.per_service(management=Trust.pinned(OTHER_PIN), recorder=trust)
    assert outer.for_service("recorder") is recorder


def test_the_context_is_made_once_however_many_ask() -> None:
    assert Trust.system().context is Trust.system().context
    trust, start = Trust.pinned(PIN), threading.Barrier(20)

    def ask(_: int) -> ssl.SSLContext:
        start.wait(10)
        return trust.context

    with ThreadPoolExecutor(20) as pool:
        assert len(set(map(id, pool.map(ask, range(20))))) == 1


def test_the_system_s_certificates_are_read_when_they_are_needed_first(authority: Authority) -> None:
    """`SSL_CERT_FILE` is what OpenSSL looks at when it reads them; it is set after the trust was made."""
    code = (
        "import os, sys\n"
        "from milestone_sdk import Trust\n"
        "trust = Trust.system()\n"
        "os.environ['SSL_CERT_FILE'] = sys.argv[1]\n"
        "print([held['subject'] for held in trust.context.get_ca_certs()])\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(authority.ca_file)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert "milestone_sdk simulator" in done.stdout


def test_no_context_speaks_tls_before_1_2(authority: Authority) -> None:
    for trust in (Trust.system(), Trust.ca_file(authority.ca_file), Trust.pinned(PIN)):
        assert trust.context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    "text", ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_file_without_certificates_is_refused_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"path '.*ca\.pem' cannot be read as certificates"):
        Trust.ca_file(path)


def test_writing_without_a_handshake_compares_the_pin_first(authority: Authority) -> None:
    """OpenSSL would shake hands by itself when it is given something to send."""
    context = Trust.pinned(PIN).context
    with TLSServer(authority.server_context(["localhost"])) as server:
        for write in ("send", "sendall", "write"):
            connection = socket.create_connection(("127.0.0.1", server.port), 10)
            with context.wrap_socket(connection, do_handshake_on_connect=False) as stream:
                for _ in range(2):
                    with pytest.raises(ssl.SSLCertVerificationError):
                        getattr(stream, write)(b"secret")
            assert server.next_over().received == b""


def test_a_pin_is_compared_in_memory_too(authority: Authority) -> None:
    """As asyncio, anyio and TLS within TLS do it: without a socket."""
    path = authority.issue(["localhost"])
    for pin, accepted in ((fingerprint(path), True), (PIN, False)):
        client_in, client_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = Trust.pinned(pin).context.wrap_bio(client_in, client_out)
        server = server_context(path).wrap_bio(client_out, client_in, server_side=True)
        told: list[bytes] = []
        refused = False
        for _ in range(10):
            try:
                client.write(b"secret")
                told.append(server.read())
                break
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError:
                refused = True
            try:
                server.do_handshake()
            except ssl.SSLWantReadError:
                continue
        assert (told, refused) == (([b"secret"], False) if accepted else ([], True))


def test_a_certificate_that_nobody_can_read_still_has_a_fingerprint() -> None:
    error = certificate_error(
        ssl.SSLCertVerificationError(1, "failed"), asked_for="vms.example", certificate=b"no certificate"
    )
    assert isinstance(error, CertificateError)
    assert (error.names, error.issuer, error.expires) == ((), None, None)
    assert str(error.fingerprint).startswith("sha256:")
