"""The two kinds of token, and the virtual clock by which they expire (protocol/auth.md 4)."""

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
    """What Login gives: a corporate token, when it was made, and how long it lives."""

    token: str = field(repr=False)
    registered: datetime
    time_to_live: timedelta
    limited: bool


@define
class _Corporate:
    user: User
    instance_id: UUID
    ends: datetime


@define
class _Access:
    user: User
    ends: datetime


def _end(now: datetime, life: timedelta) -> datetime:
    """When a token ends; one that an administrator never lets end lives for centuries."""
    return now + min(life, datetime.max.replace(tzinfo=now.tzinfo) - now)


def _unpadded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@lru_cache(maxsize=1)
def _signing_key() -> rsa.RSAPrivateKey:
    """One key for all simulators of a process: making one takes a tenth of a second."""
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

    Time is the site's clock plus what `advance` added, so a test lets tokens expire without waiting.
    """

    def __init__(self, site: Site, rng: random.Random) -> None:
        self.site = site
        self.access_life = timedelta(hours=1)
        self.corporate_life = timedelta(hours=4)
        self.limited = False
        """TimeToLiveLimited of coming logins: a login time profile cuts the life short."""
        self.renewal_grace = timedelta(minutes=1)
        """How long the old corporate token goes on working after a renewal (real servers: unknown)."""
        self.issuer = "https://localhost/IDP"
        self._rng = rng
        self._advanced = timedelta(0)
        self._lock = threading.Lock()
        self._access: dict[str, _Access] = {}
        self._corporate: dict[str, _Corporate] = {}
        self._by_instance: dict[UUID, str] = {}

    def now(self) -> datetime:
        """The clock that tokens expire by."""
        return self.site.now() + self._advanced

    def advance(self, by: timedelta) -> None:
        """Let that much time pass for all tokens."""
        with self._lock:
            self._advanced += by

    def issue_access(self, user: User, client_id: str = "GrantValidatorClient", issuer: str | None = None) -> str:
        """A new access token: a JWT signed with the key of `key_set`, which lives `access_life`."""
        now = self.now()
        issuer = issuer or self.issuer
        claims: dict[str, object] = {
            "nbf": int(now.timestamp()),
            "exp": int(_end(now, self.access_life).timestamp()),
            "iss": issuer,
            "aud": ["managementserver", f"{issuer}/resources"],
            "client_id": client_id,
            "sub": str(UUID(bytes=self._rng.randbytes(16), version=4)).upper(),
            "auth_time": int(now.timestamp()),
            "idp": "local",
            "name": user.name,
            "updated_at": int(now.timestamp()),
            "jti": self._rng.randbytes(16).hex().upper(),
            "iat": int(now.timestamp()),
            "scope": ["managementserver"],
            "amr": ["pwd"],
        }
        token = self.signed(claims)
        with self._lock:
            self._access[token] = _Access(user, _end(now, self.access_life))
        return token

    def issue_identity(self, user: User, client_id: str, issuer: str, nonce: str | None) -> str:
        """An id token for a program that signed somebody in through a browser."""
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
        with self._lock:
            entry = self._access.get(token)
        return entry.user if entry is not None and self.now() < entry.ends else None

    def login(self, user: User, instance_id: UUID, current: str | None) -> Registration:
        """Register a client instance, or renew it: same instance id, with the old token, an empty one or none.

        A renewal gives a new token, or the old one with a longer life (by the seed).
        """
        now = self.now()
        with self._lock:
            old = self._by_instance.get(instance_id)
            entry = self._corporate.get(old) if old is not None else None
            renewing = entry is not None and entry.user is user and now < entry.ends
            if entry is not None and renewing and old == current and self._rng.random() < 0.25:
                token = current or ""
            else:
                token = self._new_token()
                if entry is not None:
                    entry.ends = min(entry.ends, now + self.renewal_grace)
            self._corporate[token] = _Corporate(user, instance_id, _end(now, self.corporate_life))
            self._by_instance[instance_id] = token
        return Registration(token, now, self.corporate_life, self.limited)

    def _new_token(self) -> str:
        unique = UUID(bytes=self._rng.randbytes(16), version=4)
        return f"TOKEN#{unique}#{self.site.host_name}//ServerConnector#"

    @property
    def instances(self) -> int:
        """How many client instances are registered."""
        with self._lock:
            return len(self._by_instance)

    def logout(self, instance_id: UUID, token: str | None) -> None:
        """End a registration; its token is worth nothing afterwards."""
        with self._lock:
            current = self._by_instance.pop(instance_id, None)
            for gone in {current, token} - {None, ""}:
                entry = self._corporate.get(gone or "")
                if entry is not None and entry.instance_id == instance_id:
                    del self._corporate[gone or ""]

    def check_corporate(self, token: str) -> User | None:
        """The user of a corporate token, or None if it is unknown, expired, logged out, or a JWT."""
        with self._lock:
            entry = self._corporate.get(token)
        return entry.user if entry is not None and self.now() < entry.ends else None

    def corporate_ends(self, token: str) -> datetime | None:
        """When a corporate token ends, by `now()`."""
        with self._lock:
            entry = self._corporate.get(token)
        return entry.ends if entry is not None else None

    def revoke_corporate(self) -> None:
        """Forget every corporate token, while the access tokens of the identity provider still hold."""
        with self._lock:
            self._corporate.clear()
            self._by_instance.clear()

    def revoke_all(self) -> None:
        """Forget every token, as a restart of the management server does."""
        with self._lock:
            self._access.clear()
            self._corporate.clear()
            self._by_instance.clear()
