"""What is wrong with a server's certificate, told so that a person can decide what to do about it."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..._text import printable
from ...errors import CertificateError
from .pinning import UnpinnedCertificate, fingerprint_of

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["causes", "certificate_error", "fetch_seconds", "refusal_in", "shown_by"]

_FETCH_SECONDS: Final = 3.0
_FETCH_SHARE: Final = 0.8
_MOST_NAMES_SHOWN: Final = 8
_LONGEST_SHOWN: Final = 200
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_SELF_SIGNED: Final = 18
_UNKNOWN_ISSUER: Final = frozenset({2, 19, 20, 21})
_OTHER_NAME: Final = frozenset({62, 64})


@frozen(kw_only=True)
class _Certificate:
    names: tuple[str, ...] = ()
    common_name_only: bool = False
    """Then the name stands where no client looks for it any more."""
    issuer: str | None = None
    begins: datetime | None = None
    expires: datetime | None = None
    fingerprint: str


def causes(error: BaseException) -> Iterator[BaseException]:
    """Go from an error to what caused it, and on; not to what was being handled when it was raised, such as a 401."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        # httpcore says `from None`, which leaves the cause as the context alone.
        cause = cause.__cause__ or (cause.__context__ if cause.__suppress_context__ else None)


def refusal_in(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return what refused the server's certificate, if that is why `error` was raised."""
    return next((cause for cause in causes(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)


def shown_by(error: BaseException) -> bytes | None:
    """Return the certificate that the server showed, in DER form; only a refusal by `pinned_context` keeps it."""
    refusal = refusal_in(error)
    return refusal.certificate if isinstance(refusal, UnpinnedCertificate) else None


def fetch_seconds(left: float | None) -> float:
    """Return how long fetching a refused certificate may take if `left` seconds are left to report the error in."""
    return _FETCH_SECONDS if left is None else max(0.0, min(_FETCH_SECONDS, left * _FETCH_SHARE))


def certificate_error(
    refusal: ssl.SSLCertVerificationError, *, asked_for: str, certificate: bytes | None
) -> CertificateError:
    """Return the error for a refused certificate, which is in DER form, or `None` where it could not be had."""
    certificate = shown_by(refusal) or certificate
    shown = _read(certificate) if certificate else None
    problems = list(_problems(refusal, shown, asked_for))
    message = f"its certificate is not trusted: {', and '.join(text for text, _ in problems)}"
    if shown is not None:
        message += f"; {_described(shown)}"
    hints = dict.fromkeys(hint for _, hint in problems)
    pin = "or trust this very certificate by Trust.pinned('sha256:...') with that fingerprint"
    compared = "once it has been compared with the one on the server itself"
    return CertificateError(
        message,
        names=shown.names if shown else (),
        issuer=shown.issuer if shown else None,
        expires=shown.expires if shown else None,
        fingerprint=shown.fingerprint if shown else None,
        hint=f"{'; '.join(hints)}; {pin}, {compared}" if shown else "; ".join(hints),
    )


def _problems(
    refusal: ssl.SSLCertVerificationError, shown: _Certificate | None, asked_for: str
) -> Iterator[tuple[str, str]]:
    """What is wrong, and the remedy: OpenSSL names one thing, the certificate itself may show others."""
    if isinstance(refusal, UnpinnedCertificate):
        yield "it is none of those that are pinned", "this happens when the site has renewed its certificate"
        return
    code = getattr(refusal, "verify_code", 0)  # only OpenSSL's own errors are sure to have it
    renew = "have the site renew it, and check the clocks"
    now = datetime.now(UTC)
    expired = shown is not None and shown.expires is not None and shown.expires < now
    early = shown is not None and shown.begins is not None and shown.begins > now
    if code == _SELF_SIGNED:
        yield "it is self-signed", "give it to Trust.ca_file()"
    elif code in _UNKNOWN_ISSUER:
        yield "nobody here knows its issuer", "give the certificate of its issuer to Trust.ca_file()"
    elif code not in (_NOT_YET_VALID, _EXPIRED, *_OTHER_NAME):
        yield str(getattr(refusal, "verify_message", refusal)), "have the site renew it"
    if expired:
        yield "it has expired", renew
    elif code == _EXPIRED:
        yield "it, or one that it rests on, has expired", renew
    if early:
        yield "it is not valid yet", renew
    elif code == _NOT_YET_VALID:
        yield "it, or one that it rests on, is not valid yet", renew
    if code in _OTHER_NAME or (shown is not None and shown.issuer is not None and not _holds(shown, asked_for)):
        bare = shown is not None and (shown.common_name_only or not shown.names)
        remedy = "have the site renew it with alternative names" if bare else "use a name that it holds"
        yield f"it does not hold the name {asked_for}", remedy


def _described(certificate: _Certificate) -> str:
    """One line about it. It comes from a stranger, so nothing in it is believed to be short or printable."""
    names = [printable(name, _LONGEST_SHOWN) for name in certificate.names[:_MOST_NAMES_SHOWN]]
    if more := len(certificate.names) - len(names):
        names.append(f"{more} more")
    if certificate.common_name_only:
        names.append("as the common name alone, which does not count any more")
    parts = [f"it is for {', '.join(names) or 'no name at all'}"]
    if certificate.issuer is not None:
        parts.append(f"issued by {printable(certificate.issuer, _LONGEST_SHOWN)}")
    if certificate.begins is not None and certificate.expires is not None:
        parts.append(f"valid from {certificate.begins:%Y-%m-%d} to {certificate.expires:%Y-%m-%d}")
    return f"{', '.join(parts)}, fingerprint {certificate.fingerprint}"


def _holds(certificate: _Certificate, asked_for: str) -> bool:
    names = () if certificate.common_name_only else certificate.names
    try:
        address = ipaddress.ip_address(asked_for)
    except ValueError:
        asked = asked_for.rstrip(".").casefold()
        _, _, parent = asked.partition(".")
        return any(name.casefold() in (asked, f"*.{parent}") for name in names)
    return str(address) in names


def _read(certificate: bytes) -> _Certificate:
    # Imported here: it takes 40 ms, and only a refused certificate needs it.
    from cryptography import x509

    fingerprint = fingerprint_of(certificate)
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        alternatives = _alternative_names(parsed)
        return _Certificate(
            names=_common_names(parsed) if alternatives is None else alternatives,
            common_name_only=alternatives is None,
            issuer=parsed.issuer.rfc4514_string(),
            begins=parsed.not_valid_before_utc,
            expires=parsed.not_valid_after_utc,
            fingerprint=fingerprint,
        )
    except Exception:  # a certificate that nobody can read, of whatever kind, still has a fingerprint
        return _Certificate(fingerprint=fingerprint)


def _alternative_names(parsed: "x509.Certificate") -> tuple[str, ...] | None:
    from cryptography import x509

    try:
        held = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    addresses = (str(address) for address in held.get_values_for_type(x509.IPAddress))
    return (*held.get_values_for_type(x509.DNSName), *addresses)


def _common_names(parsed: "x509.Certificate") -> tuple[str, ...]:
    from cryptography import x509

    return tuple(str(held.value) for held in parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME))
