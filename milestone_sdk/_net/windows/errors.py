"""Failures of Kerberos, NTLM and SSPI: what each means, and what to do about it."""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from ...errors import (
    AccountLocked,
    AuthenticationError,
    ConnectError,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    PasswordChangeRequired,
    TokenExpired,
)

__all__ = ["explain", "kerberos_missing", "rejects"]

_REJECT: Final = bytes.fromhex("a0030a0102")
"""negState `reject`, which is near the start of a SPNEGO answer (RFC 4178 4.2.2)."""
_NEAR: Final = 16
_FOREIGN: Final = "krbtgt/"
"""The service whose tickets lead to another realm; it is unknown where realms do not trust each other."""
_SHOWN: Final = 300


@frozen
class _Meaning:
    error: type[MilestoneError]
    text: str
    hint: str


_NO_TICKET: Final = _Meaning(
    AuthenticationError,
    "this session has no usable Kerberos ticket",
    "run kinit, name the cache in KRB5CCNAME, or log in as a WindowsUser with a password",
)
_TICKET_EXPIRED: Final = _Meaning(TokenExpired, "the Kerberos ticket of this session has expired", "run kinit again")
_CLOCK_SKEW: Final = _Meaning(
    AuthenticationError,
    "the clocks of this machine, the key distribution centre and the server differ too much for Kerberos",
    "set all of them by the same time server; the usual limit is five minutes",
)
_UNKNOWN_SERVICE: Final = _Meaning(
    AuthenticationError,
    "Kerberos does not know the service HTTP/{host}",
    "use the full name of the server in the domain, or register this name for the account of its IIS: "
    "setspn -S HTTP/{host} account",
)
_WRONG_REALM: Final = _Meaning(
    AuthenticationError,
    "the Kerberos ticket of this session is for another realm than that of HTTP/{host}",
    "name the realm of the server in krb5.conf (KRB5_CONFIG), section domain_realm, or get a ticket of that realm",
)
_UNKNOWN_REALM: Final = _Meaning(
    AuthenticationError,
    "no key distribution centre is known for the Kerberos realm of HTTP/{host}",
    "name the realm of the server and its kdc in krb5.conf (KRB5_CONFIG), sections realms and domain_realm",
)
_NO_KDC: Final = _Meaning(
    ConnectError,
    "no key distribution centre of the Kerberos realm of HTTP/{host} responds",
    "check the kdc in krb5.conf (KRB5_CONFIG) and that port 88 is open to it",
)
_WRONG_KEY: Final = _Meaning(
    AuthenticationError,
    "the server cannot read a Kerberos ticket for HTTP/{host}",
    "the name must belong to the account of the server's IIS: check with setspn -Q HTTP/{host}",
)
_WRONG_PASSWORD: Final = _Meaning(
    InvalidCredentials, "Windows refused the user or the password", "check user name and password"
)
_UNKNOWN_USER: Final = _Meaning(
    InvalidCredentials, "the Kerberos realm has no such user", "check the user name and its domain"
)
_REVOKED: Final = _Meaning(
    AccountLocked, "the account is locked or disabled", "ask an administrator of the domain; more tries prolong it"
)
_PASSWORD_EXPIRED: Final = _Meaning(
    PasswordChangeRequired, "the password of this user has expired", "change it on a computer of the domain"
)
_WRONG_BINDING: Final = _Meaning(
    AuthenticationError,
    "the login is not bound to this TLS connection",
    "a proxy between decrypts TLS: connect without it",
)

_KRB5: Final[Mapping[int, _Meaning]] = {
    -1765328189: _NO_TICKET,  # KRB5_FCC_NOFILE
    -1765328190: _NO_TICKET,  # KRB5_FCC_PERM
    -1765328185: _NO_TICKET,  # KRB5_CC_FORMAT
    -1765328243: _NO_TICKET,  # KRB5_CC_NOTFOUND
    -1765328245: _NO_TICKET,  # KRB5_CC_BADNAME
    -1765328352: _TICKET_EXPIRED,  # KRB5KRB_AP_ERR_TKT_EXPIRED
    -1765328347: _CLOCK_SKEW,  # KRB5KRB_AP_ERR_SKEW
    -1765328351: _CLOCK_SKEW,  # KRB5KRB_AP_ERR_TKT_NYV
    -1765328377: _UNKNOWN_SERVICE,  # KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN
    -1765328316: _WRONG_REALM,  # KRB5KDC_ERR_WRONG_REALM
    -1765328230: _UNKNOWN_REALM,  # KRB5_REALM_UNKNOWN
    -1765328164: _NO_KDC,  # KRB5_REALM_CANT_RESOLVE: no name server knows, or answers for, the names of its KDCs
    -1765328167: _UNKNOWN_REALM,  # KRB5_ERR_HOST_REALM_UNKNOWN
    -1765328160: _UNKNOWN_REALM,  # KRB5_CONFIG_NODEFREALM
    -1765328228: _NO_KDC,  # KRB5_KDC_UNREACH
    -1765328355: _NO_KDC,  # KRB5KDC_ERR_SVC_UNAVAILABLE
    -1765328378: _UNKNOWN_USER,  # KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN
    -1765328366: _REVOKED,  # KRB5KDC_ERR_CLIENT_REVOKED
    -1765328361: _PASSWORD_EXPIRED,  # KRB5KDC_ERR_KEY_EXP
    -1765328360: _WRONG_PASSWORD,  # KRB5KDC_ERR_PREAUTH_FAILED
    -1765328353: _WRONG_KEY,  # KRB5KRB_AP_ERR_BAD_INTEGRITY
    -1765328349: _WRONG_KEY,  # KRB5KRB_AP_ERR_NOT_US
    -1765328348: _WRONG_KEY,  # KRB5KRB_AP_ERR_BADMATCH
    -1765328343: _WRONG_KEY,  # KRB5KRB_AP_ERR_MODIFIED
    -1765328340: _WRONG_KEY,  # KRB5KRB_AP_ERR_BADKEYVER
    -1765328339: _WRONG_KEY,  # KRB5KRB_AP_ERR_NOKEY
}
"""By the code of MIT krb5, which is the minor status of GSSAPI."""

_GSSAPI: Final[Mapping[int, _Meaning]] = {
    458752: _NO_TICKET,  # GSS_S_NO_CRED
    720896: _TICKET_EXPIRED,  # GSS_S_CREDENTIALS_EXPIRED
    262144: _WRONG_BINDING,  # GSS_S_BAD_BINDINGS
}
"""By the major status of GSSAPI."""

_SSPI: Final[Mapping[int, _Meaning]] = {
    0x8009030E: _NO_TICKET,  # SEC_E_NO_CREDENTIALS
    0x80090303: _UNKNOWN_SERVICE,  # SEC_E_TARGET_UNKNOWN
    0x80090322: _WRONG_KEY,  # SEC_E_WRONG_PRINCIPAL
    0x80090311: _NO_KDC,  # SEC_E_NO_AUTHENTICATING_AUTHORITY
    0x80090324: _CLOCK_SKEW,  # SEC_E_TIME_SKEW
    0x80090346: _WRONG_BINDING,  # SEC_E_BAD_BINDINGS
    0x8009030C: _WRONG_PASSWORD,  # SEC_E_LOGON_DENIED
}
"""By the status of SSPI."""


def kerberos_missing() -> LoginNotSupported:
    """Return the error for a system without the extra for Kerberos."""
    return LoginNotSupported(
        "the current user cannot log in: Kerberos is not installed",
        hint="pip install 'milestone_sdk[kerberos]' (it needs the Kerberos libraries of the system), or log in as a "
        "WindowsUser with a password",
    )


def explain(error: BaseException, *, host: str) -> MilestoneError | None:
    """Return the error of this library for one of pyspnego, GSSAPI or SSPI; `None` if it is none that is known."""
    for cause in _causes(error):
        if meaning := _meaning(cause):
            if meaning is _UNKNOWN_SERVICE and _FOREIGN in str(cause):
                meaning = _WRONG_REALM
            text, hint = (part.format(host=host) for part in (meaning.text, meaning.hint))
            return meaning.error(text, hint=hint)
    if any(hasattr(cause, "maj_code") for cause in _causes(error)):
        return AuthenticationError(f"Kerberos failed: {str(error)[:_SHOWN]}", hint="KRB5_TRACE=/dev/stderr shows why")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, and those that pyspnego wrapped in it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        base = getattr(seen, "base_error", None)
        seen = base if isinstance(base, BaseException) and base is not seen else None


def _meaning(error: BaseException) -> _Meaning | None:
    minor, major, status = (getattr(error, name, None) for name in ("min_code", "maj_code", "winerror"))
    if isinstance(minor, int):
        signed = minor - (1 << 32) if minor >= 1 << 31 else minor
        if signed in _KRB5:
            return _KRB5[signed]
    if isinstance(major, int) and major in _GSSAPI:
        return _GSSAPI[major]
    return _SSPI.get(status & 0xFFFFFFFF) if isinstance(status, int) else None


def rejects(token: bytes) -> bool:
    """Whether a SPNEGO token only says that the login is rejected."""
    return _REJECT in token[:_NEAR]
