"""A certificate authority that exists as long as the simulator, and the server certificates that it signs."""

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

_VALIDITY = timedelta(days=90)
_VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED)


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

    The files are in `folder`, which the caller removes. Two authorities in one folder need two `name`s.
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
            _builder(self._name, self._name, public, (now - timedelta(days=1), now + _VALIDITY))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file: Path = folder / f"{name}.pem"
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

        `self_signed` leaves the authority out; without `alternative_names` only the common name holds the first name.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, signing = (_name(names[0]), key) if self_signed else (self._name, self._key)
        dates = _dates(expired=expired, not_yet_valid=not_yet_valid)
        builder = (
            _builder(_name(names[0]), issuer, key.public_key(), dates)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
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
        self, names: Sequence[str], *, versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = _VERSIONS, **flags: bool
    ) -> ssl.SSLContext:
        """A TLS context for a server reached under these names; `flags` are those of `issue`.

        The oldest to newest of `versions` are used.
        """
        return server_context(self.issue(names, **flags), versions=versions)


def server_context(
    certificate: Path,
    *,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = _VERSIONS,
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
    return now + (timedelta(hours=1) if not_yet_valid else -timedelta(days=1)), now + _VALIDITY


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, dates: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def _usage(*used: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in used for name in _USAGES})
