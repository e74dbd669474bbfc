"""SPNEGO tokens in DER (RFC 4178): just enough to wrap NTLM in Negotiate, read strictly."""

from enum import IntEnum

from attrs import frozen

__all__ = ["KERBEROS_OIDS", "NTLM_OID", "First", "Next", "NegotiationState", "TokenError", "read_first", "read_next"]

_SPNEGO_OID = bytes.fromhex("2b0601050502")
NTLM_OID = bytes.fromhex("2b06010401823702020a")
KERBEROS_OIDS = frozenset({bytes.fromhex("2a864886f712010202"), bytes.fromhex("2a864882f712010202")})

_OCTETS, _OID, _ENUMERATED, _SEQUENCE, _APPLICATION = 0x04, 0x06, 0x0A, 0x30, 0x60
_CONTEXT = 0xA0


class TokenError(Exception):
    """The token is not a SPNEGO token."""


class NegotiationState(IntEnum):
    """negState (RFC 4178 4.2.2)."""

    ACCEPT_COMPLETED = 0
    ACCEPT_INCOMPLETE = 1
    REJECT = 2
    REQUEST_MIC = 3


@frozen
class First:
    """NegTokenInit: the mechanisms by preference, and a token for the first of them."""

    mechanisms: tuple[bytes, ...]
    mechanism_list: bytes
    """The list as sent in DER: it is what mechListMIC signs."""
    token: bytes | None


@frozen
class Next:
    """NegTokenResp."""

    state: NegotiationState | None = None
    mechanism: bytes | None = None
    token: bytes | None = None
    signature: bytes | None = None
    """mechListMIC."""

    def encode(self) -> bytes:
        """The token in DER."""
        state = None if self.state is None else bytes([self.state])
        members = ((_ENUMERATED, state), (_OID, self.mechanism), (_OCTETS, self.token), (_OCTETS, self.signature))
        content = b"".join(
            _wrap(_CONTEXT | number, _wrap(tag, value))
            for number, (tag, value) in enumerate(members)
            if value is not None
        )
        return _wrap(_CONTEXT | 1, _wrap(_SEQUENCE, content))


def _wrap(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _read(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first element, and what follows it."""
    if len(data) < 2:
        raise TokenError("an element is cut off")
    tag, size, at = data[0], data[1], 2
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 3 or len(data) < 2 + count:
            raise TokenError("a length is broken")
        size, at = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < at + size:
        raise TokenError("an element is cut off")
    return tag, data[at : at + size], data[at + size :]


def _only(data: bytes, tag: int) -> bytes:
    found, content, rest = _read(data)
    if found != tag or rest:
        raise TokenError(f"tag {tag:#x} was expected and nothing after it, not {found:#x}")
    return content


def _elements(data: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    while data:
        tag, content, data = _read(data)
        found.append((tag, content))
    return found


def _members(data: bytes) -> dict[int, bytes]:
    return {tag & 0x1F: content for tag, content in _elements(_only(data, _SEQUENCE)) if tag & 0xE0 == _CONTEXT}


def read_first(token: bytes) -> First:
    """Read a NegTokenInit in its GSSAPI frame; raises TokenError."""
    tag, oid, inner = _read(_only(token, _APPLICATION))
    if tag != _OID or oid != _SPNEGO_OID:
        raise TokenError("the token is of another mechanism than SPNEGO")
    members = _members(_only(inner, _CONTEXT))
    listed = members.get(0, b"")
    mechanisms = tuple(content for tag, content in _elements(_only(listed, _SEQUENCE)) if tag == _OID)
    return First(mechanisms, listed, _only(members[2], _OCTETS) if 2 in members else None)


def read_next(token: bytes) -> Next:
    """Read a NegTokenResp; raises TokenError."""
    members = _members(_only(token, _CONTEXT | 1))
    state = _only(members[0], _ENUMERATED) if 0 in members else None
    try:
        return Next(
            state=NegotiationState(int.from_bytes(state, "big")) if state is not None else None,
            mechanism=_only(members[1], _OID) if 1 in members else None,
            token=_only(members[2], _OCTETS) if 2 in members else None,
            signature=_only(members[3], _OCTETS) if 3 in members else None,
        )
    except ValueError as error:
        raise TokenError("negState is none of the four") from error
