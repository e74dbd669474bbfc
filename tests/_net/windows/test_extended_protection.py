"""Logins that are bound to the TLS connection, by the certificate that the client sees (RFC 5929)."""

import ssl
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID
from httpx_ntlm import HttpNtlmAuth  # type: ignore[import-untyped]

from milestone_sdk import InvalidCredentials
from milestone_sdk._net.windows.challenges import end_point
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.windows.login import Login

from .conftest import Ask
from .requests import PASSWORD, SCHEMES, TOKEN, USER, arc, windows


@SCHEMES
def test_a_server_that_requires_extended_protection_accepts_us(
    sim: Simulator, ask: Ask, mechanisms: tuple[str, ...], used: str
) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).require_channel_binding = True
    assert ask(sim, arc()).status_code == 200
    assert windows(sim).logins == [Login(USER, used, channel_bound=True)]


def test_httpx_ntlm_alone_is_refused_there_which_is_why_it_is_extended(sim: Simulator, ask: Ask) -> None:
    assert ask(sim, HttpNtlmAuth(USER, PASSWORD)).status_code == 200
    windows(sim).require_channel_binding = True
    assert ask(sim, HttpNtlmAuth(USER, PASSWORD)).status_code == 401
    assert windows(sim).refusals == ["no channel binding"]


def test_a_login_through_somebody_elses_tls_is_refused(sim: Simulator, ask: Ask) -> None:
    """The client sees one certificate, the server has another: somebody sits between."""
    other = sim.authority.issue(["elsewhere.example"]).read_text()
    windows(sim).certificate = der(other)
    with pytest.raises(InvalidCredentials):
        ask(sim, arc())
    assert windows(sim).refusals == ["the channel binding is of another certificate"]


def test_without_tls_extended_protection_looks_at_the_name(sim: Simulator, ask: Ask) -> None:
    windows(sim).require_channel_binding = True
    assert ask(sim, arc(), sim.http_url + TOKEN).status_code == 200
    with pytest.raises(InvalidCredentials):
        ask(sim, arc(host="other.example"), sim.http_url + TOKEN)
    assert windows(sim).refusals == ["the login is for 'HTTP/other.example'"]


# The hash is that of the certificate's signature


def der(pem: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE-----") :])


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def self_signed(
    path: Path, key: Key, algorithm: hashes.HashAlgorithm | None, *, pss: bool = False
) -> tuple[Path, ssl.SSLContext]:
    """A PEM file with key and certificate for 127.0.0.1, and a context that trusts it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vms")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48) if pss else None
    certificate = builder.sign(key, algorithm, rsa_padding=scheme)  # type: ignore[arg-type]
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    encoding = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, encoding, serialization.NoEncryption()) + pem)
    context = ssl.create_default_context(cadata=pem.decode())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # a bare certificate is all that a test of hashes wants
    return path, context


@pytest.mark.parametrize(
    ("key", "algorithm", "pss"),
    [
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), False),
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), False),
        (RSA, hashes.SHA512(), False),
        (RSA, hashes.SHA384(), True),
    ],
    ids=["sha256", "sha384", "sha512", "rsa-pss-sha384"],
)
@SCHEMES
def test_a_certificate_of_any_hash_binds_the_login(
    sim: Simulator,
    ask: Ask,
    tmp_path: Path,
    key: Key,
    algorithm: hashes.HashAlgorithm,
    pss: bool,
    mechanisms: tuple[str, ...],
    used: str,
) -> None:
    pem, context = self_signed(tmp_path / "server.pem", key, algorithm, pss=pss)
    sim.management.present(pem)
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).require_channel_binding = True
    assert ask(sim, arc(), context=context).status_code == 200
    assert windows(sim).logins == [Login(USER, used, channel_bound=True)]


@pytest.mark.parametrize("weak", [0x05, 0x04], ids=["sha1", "md5"])
def test_the_weak_hashes_are_replaced_by_sha256(tmp_path: Path, weak: int) -> None:
    """Nothing signs with them any more, so the name of the algorithm is put in by hand; old sites still have them."""
    pem, _ = self_signed(tmp_path / "server.pem", RSA, hashes.SHA256())
    sha256_with_rsa = bytes.fromhex("2a864886f70d01010b")
    strong = der(pem.read_text())
    assert strong.count(sha256_with_rsa) == 2
    certificate = strong.replace(sha256_with_rsa, sha256_with_rsa[:-1] + bytes([weak]))
    assert end_point(certificate) == sha256(certificate).digest()


def test_a_signature_without_a_hash_leaves_the_login_unbound(sim: Simulator, ask: Ask, tmp_path: Path) -> None:
    pem, context = self_signed(tmp_path / "server.pem", ed25519.Ed25519PrivateKey.generate(), None)
    sim.management.present(pem)
    assert ask(sim, arc(), context=context).status_code == 200
    assert windows(sim).logins == [Login(USER, "NTLM", channel_bound=False)]


def test_what_is_no_certificate_binds_nothing() -> None:
    assert end_point(b"") is None
    assert end_point(b"\x30\x80 no certificate") is None


@pytest.mark.parametrize("version", [1, 3, 127, 255])
def test_a_certificate_of_an_invalid_version_binds_nothing(tmp_path: Path, version: int) -> None:
    """Pinned trust takes any certificate; nothing may fail at one that no library reads."""
    pem, _ = self_signed(tmp_path / "server.pem", RSA, hashes.SHA256())
    certificate = der(pem.read_text())
    third = bytes.fromhex("a003020102")
    assert certificate.count(third) == 1
    assert end_point(certificate.replace(third, third[:-1] + bytes([version]))) is None
