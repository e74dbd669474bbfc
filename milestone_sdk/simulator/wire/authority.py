"""A certificate authority that lives as long as the simulator, and the server certificates it signs."""

import ipaddress
import ssl
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Authority", "fingerprint", "server_context"]

_LIFE = timedelta(days=90)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "milestone_sdk simulator"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Authority:
    """Signs server certificates; its own certificate is `ca_file`, which clients have to trust.

    The files lie in `folder`, which the caller removes. Two authorities in one folder need two `name`s.
    """

    def __init__(self, folder: Path, *, name: str = "ca") -> None:
        self._folder = folder
        self._file_name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Simulated site authority")
        self._issued = 0
        public = self._key.public_key()
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signing_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file = folder / f"{name}.pem"
        """The authority's certificate in PEM form."""
        self.ca_file.unlink(missing_ok=True)
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        names: Sequence[str],
        *,
        expired: bool = False,
        not_yet_valid: bool = False,
        self_signed: bool = False,
        alternative_names: bool = True,
    ) -> Path:
        """A PEM file with private key and certificate for these host names and addresses.

        `self_signed` leaves the authority out; without `alternative_names` only the common name tells the first name.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, signing = (_name(names[0]), key) if self_signed else (self._name, self._key)
        begin, end = _dates(expired=expired, not_yet_valid=not_yet_valid)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(names[0]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signing_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        )
        if alternative_names:
            held = x509.SubjectAlternativeName([_alternative(name) for name in names])
            builder = builder.add_extension(held, critical=False)
        certificate = builder.sign(signing, hashes.SHA256())
        self._issued += 1
        path = self._folder / f"{self._file_name}-server-{self._issued}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)  # never through a link
        path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def server_context(
        self,
        names: Sequence[str],
        *,
        expired: bool = False,
        not_yet_valid: bool = False,
        self_signed: bool = False,
        versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED),
    ) -> ssl.SSLContext:
        """A TLS context for a server reached under these names, which speaks the oldest to newest of `versions`."""
        path = self.issue(names, expired=expired, not_yet_valid=not_yet_valid, self_signed=self_signed)
        return server_context(path, versions=versions)


def server_context(
    certificate: Path,
    *,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED),
) -> ssl.SSLContext:
    """A TLS context for a server with that key and certificate, as `Authority.issue` makes them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if versions[0] in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # the hashes of these versions are below every other level
        with warnings.catch_warnings():  # Python advises against what the simulation of an old server wants
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = versions
    else:
        context.minimum_version, context.maximum_version = versions
    context.load_cert_chain(certificate)
    return context


def fingerprint(certificate: Path) -> str:
    """The SHA-256 fingerprint of the first certificate in a PEM file, as `sha256:AA:BB:...`."""
    text = certificate.read_text(encoding="ascii")
    begin = text.index("-----BEGIN CERTIFICATE-----")
    end = text.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")
    digest = sha256(ssl.PEM_cert_to_DER_cert(text[begin:end])).digest()
    return f"sha256:{digest.hex(':').upper()}"


def _dates(*, expired: bool, not_yet_valid: bool) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    if expired:
        return now - timedelta(days=2), now - timedelta(hours=1)
    return now + (timedelta(hours=1) if not_yet_valid else -timedelta(days=1)), now + _LIFE


def _usage(*, signing_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signing_certificates,
        crl_sign=signing_certificates,
        encipher_only=False,
        decipher_only=False,
    )
