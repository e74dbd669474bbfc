"""What is wrong with a server's certificate, and what a person can do about it."""

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from ..._text import printable
from ...errors import CertificateError
from .pinning import UnpinnedCertificate, fingerprint_of

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
    """Whether the name is only in a field that clients no longer read."""
    issuer: str | None = None
    begins: datetime | None = None
    expires: datetime | None = None
    fingerprint: str


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, but not what was being handled when it was raised, such as a 401."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        # httpcore raises `from None`, which leaves the cause only as the context.
        cause = cause.__cause__ or (cause.__context__ if cause.__suppress_context__ else None)


def refusal_in(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the refusal of the server's certificate that caused `error`, if one did."""
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
    """Return the error for a refused certificate in DER form, `None` if it could not be fetched."""
    certificate = shown_by(refusal) or certificate
    shown = _read(certificate) if certificate else None
    problems = list(_problems(refusal, shown, asked_for))
    message = f"its certificate is not trusted: {', and '.join(text for text, _ in problems)}"
    if shown is not None:
        message += f"; {_described(shown)}"
    hints = dict.fromkeys(hint for _, hint in problems)
    pin = "or pin this certificate by Trust.pinned('sha256:...') with that fingerprint"
    compared = "after comparing it with the one on the server itself"
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
    """Yield what is wrong, and the remedy: OpenSSL names one thing, the certificate itself may show others."""
    if isinstance(refusal, UnpinnedCertificate):
        yield "it is not one of the pinned certificates", "check whether the site has renewed its certificate"
        return
    code = getattr(refusal, "verify_code", 0)  # only OpenSSL's own errors are sure to have it
    renew = "have the site renew it, and check the clocks"
    now = datetime.now(UTC)
    expired = shown is not None and shown.expires is not None and shown.expires < now
    early = shown is not None and shown.begins is not None and shown.begins > now
    if code == _SELF_SIGNED:
        yield "it is self-signed", "give it to Trust.ca_file()"
    elif code in _UNKNOWN_ISSUER:
        yield "it is issued by an unknown CA", "give the certificate of its issuer to Trust.ca_file()"
    elif code not in (_NOT_YET_VALID, _EXPIRED, *_OTHER_NAME):
        yield str(getattr(refusal, "verify_message", refusal)), "have the site renew it"
    if expired or code == _EXPIRED:
        yield "it has expired" if expired else "it, or a certificate of its chain, has expired", renew
    if early or code == _NOT_YET_VALID:
        yield "it is not valid yet" if early else "it, or a certificate of its chain, is not valid yet", renew
    if code in _OTHER_NAME or (shown is not None and shown.issuer is not None and not _holds(shown, asked_for)):
        bare = shown is not None and (shown.common_name_only or not shown.names)
        remedy = "have the site renew it with alternative names" if bare else "use a name that it holds"
        yield f"it does not hold the name {asked_for}", remedy


def _described(certificate: _Certificate) -> str:
    """Return one line about it. A stranger may have made it, so its texts may be long or unprintable."""
    names = [printable(name, _LONGEST_SHOWN) for name in certificate.names[:_MOST_NAMES_SHOWN]]
    if more := len(certificate.names) - len(names):
        names.append(f"{more} more")
    if certificate.common_name_only:
        names.append("only as the common name, which no longer counts")
    parts = [f"it is for {', '.join(names) or 'no name'}"]
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
        common = parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names, only_common = tuple(str(held.value) for held in common), True
        with suppress(x509.ExtensionNotFound):
            held = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            addresses = map(str, held.get_values_for_type(x509.IPAddress))
            names, only_common = (*held.get_values_for_type(x509.DNSName), *addresses), False
        return _Certificate(
            names=names,
            common_name_only=only_common,
            issuer=parsed.issuer.rfc4514_string(),
            begins=parsed.not_valid_before_utc,
            expires=parsed.not_valid_after_utc,
            fingerprint=fingerprint,
        )
    except Exception:  # a certificate that cannot be read still has a fingerprint
        return _Certificate(fingerprint=fingerprint)
