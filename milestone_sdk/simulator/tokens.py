"""The two kinds of token, and the virtual clock by which they expire."""  # docs/protocol: identity-lifetimes

import base64
import json
import random
import threading
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from attrs import define, field, frozen
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from milestone_sdk.simulator.site import Site, User

__all__ = ["Registration", "Tokens"]


@frozen
class Registration:
    """The answer to Login: a corporate token, when it was made, and how long it is valid."""

    token: str = field(repr=False)
    registered: datetime
    time_to_live: timedelta
    limited: bool


@define
class _Issued:
    user: User
    ends: datetime
    instance_id: UUID | None = None


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@lru_cache(maxsize=1)
def _signing_key() -> rsa.RSAPrivateKey:
    """One key for all simulators of a process: generating one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public_key() -> dict[str, object]:
    numbers = _signing_key().public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "e": "AQAB", "n": _unpadded(modulus)}


@lru_cache(maxsize=1)
def _key_id() -> str:
    return sha256(json.dumps(_public_key(), sort_keys=True).encode()).hexdigest()[:32].upper()


class Tokens:
    """Issues and checks tokens; every method may be called from any thread.

    Time is the site's clock plus what `advance` added, so that a test lets tokens expire without waiting.
    """

    def __init__(self, site: Site, rng: random.Random) -> None:
        self.site = site
        self.access_life: timedelta = timedelta(hours=1)
        self.corporate_life: timedelta = timedelta(hours=4)
        self.limited = False
        """TimeToLiveLimited of the next logins: a login time profile ends the session earlier."""
        self.renewal_grace: timedelta = timedelta(minutes=1)
        """How long the old corporate token stays valid after a renewal (real servers: unknown)."""
        self.issuer = "https://localhost/IDP"
        self._rng = rng
        self._advanced = timedelta(0)
        self._lock = threading.Lock()
        self._access: dict[str, _Issued] = {}
        self._corporate: dict[str, _Issued] = {}
        self._by_instance: dict[UUID, str] = {}

    def now(self) -> datetime:
        """The clock that tokens expire by."""
        return self.site.now() + self._advanced

    def advance(self, by: timedelta) -> None:
        """Let that much time pass for all tokens."""
        with self._lock:
            self._advanced += by

    def issue_access(self, user: User, client_id: str = "GrantValidatorClient", issuer: str | None = None) -> str:
        """A new access token: a JWT signed with the key of `key_set`, valid for `access_life`."""
        now, ends = int(self.now().timestamp()), self._after(self.access_life)
        issuer = issuer or self.issuer
        claims: dict[str, object] = {
            "nbf": now,
            "exp": int(ends.timestamp()),
            "iss": issuer,
            "aud": ["managementserver", f"{issuer}/resources"],
            "client_id": client_id,
            "sub": str(UUID(bytes=self._rng.randbytes(16), version=4)).upper(),
            "auth_time": now,
            "idp": "local",
            "name": user.name,
            "updated_at": now,
            "jti": self._rng.randbytes(16).hex().upper(),
            "iat": now,
            "scope": ["managementserver"],
            "amr": ["pwd"],
        }
        token = self.signed(claims)
        with self._lock:
            self._access[token] = _Issued(user, ends)
        return token

    def _after(self, span: timedelta) -> datetime:
        """When a token issued now ends; one that an administrator lets never end is valid for centuries."""
        now = self.now()
        return now + min(span, datetime.max.replace(tzinfo=now.tzinfo) - now)

    def issue_identity(self, user: User, client_id: str, issuer: str, nonce: str | None) -> str:
        """An id token for a program whose user signed in through a browser."""
        now = int(self.now().timestamp())
        claims: dict[str, object] = {"iss": issuer, "aud": client_id, "nbf": now, "iat": now, "auth_time": now}
        claims |= {"exp": now + 300, "sub": user.sid, "name": user.name, "amr": ["pwd"], "idp": "local"}
        return self.signed(claims | ({"nonce": nonce} if nonce is not None else {}))

    def signed(self, claims: dict[str, object]) -> str:
        """A JWT of these claims."""
        header = {"alg": "RS256", "kid": _key_id(), "typ": "JWT"}
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
        signed = ".".join(_unpadded(part) for part in parts)
        signature = _signing_key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_unpadded(signature)}"

    @staticmethod
    def key_set() -> dict[str, object]:
        """The public key that checks the signatures, as a JSON Web Key Set."""
        return {"keys": [_public_key() | {"use": "sig", "kid": _key_id(), "alg": "RS256"}]}

    def check_access(self, token: str) -> User | None:
        """The user of an access token, or None if it is unknown, expired or revoked."""
        return self._check(self._access, token)

    def check_corporate(self, token: str) -> User | None:
        """The user of a corporate token, or None if it is unknown, expired, logged out, or a JWT."""
        return self._check(self._corporate, token)

    def _check(self, issued: dict[str, _Issued], token: str) -> User | None:
        with self._lock:
            entry = issued.get(token)
        return entry.user if entry is not None and self.now() < entry.ends else None

    def login(self, user: User, instance_id: UUID, current: str | None) -> Registration:
        """Register a client instance, or renew it: same instance id, with the old token, an empty one or none.

        A renewal gives a new token, or extends the old one (by the seed).
        """
        now = self.now()
        with self._lock:
            old = self._by_instance.get(instance_id)
            entry = self._corporate.get(old) if old is not None else None
            renewing = entry is not None and entry.user is user and now < entry.ends
            if entry is not None and renewing and old == current and self._rng.random() < 0.25:
                token = current or ""
            else:
                token = (
                    f"TOKEN#{UUID(bytes=self._rng.randbytes(16), version=4)}#{self.site.host_name}//ServerConnector#"
                )
                if entry is not None:
                    entry.ends = min(entry.ends, now + self.renewal_grace)
            self._corporate[token] = _Issued(user, self._after(self.corporate_life), instance_id)
            self._by_instance[instance_id] = token
        return Registration(token, now, self.corporate_life, self.limited)

    @property
    def instances(self) -> int:
        """How many client instances are registered."""
        with self._lock:
            return len(self._by_instance)

    def logout(self, instance_id: UUID, token: str | None) -> None:
        """End a registration; its token is not valid afterwards."""
        with self._lock:
            for gone in {self._by_instance.pop(instance_id, ""), token or ""}:
                entry = self._corporate.get(gone)
                if entry is not None and entry.instance_id == instance_id:
                    del self._corporate[gone]

    def revoke_corporate(self) -> None:
        """Forget every corporate token, while the access tokens of the identity provider stay valid."""
        with self._lock:
            self._corporate.clear()
            self._by_instance.clear()

    def revoke_all(self) -> None:
        """Forget every token, as a restart of the management server does."""
        self.revoke_corporate()
        with self._lock:
            self._access.clear()
