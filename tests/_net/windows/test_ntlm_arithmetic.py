"""The simulator's own NTLM, held against the published examples, and against a client that it shares no code with."""

import struct
from datetime import UTC, datetime

import pytest
import spnego
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.simulator.windows.ntlm import Acceptor, Identity, NtlmError, Proof
from milestone_sdk.simulator.windows.ntlmcrypto import SecureChannel, hmac_md5, md4, nt_response_key, rc4

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("a", "bde52cb31de33e46245e05fbdbd6fb24"),
        ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
        ("1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4_gives_the_digests_of_rfc_1320(text: str, digest: str) -> None:
    assert md4(text.encode()).hex() == digest


def test_rc4_gives_a_published_ciphertext() -> None:
    assert rc4(b"Key", b"Plaintext").hex() == "bbf316e8d940af0ad3"


# [MS-NLMP] 4.2.1 and 4.2.4: user "User" of "Domain" with the password "Password"

SERVER_CHALLENGE = bytes.fromhex("0123456789abcdef")
CLIENT_CHALLENGE = b"\xaa" * 8
TARGET_INFO = bytes.fromhex("02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000")
RANDOM_SESSION_KEY = b"\x55" * 16


def test_the_response_of_version_2_is_the_published_one() -> None:
    key = nt_response_key("Password", "User", "Domain")
    assert key.hex() == "0c868a403bfd7a93a3001ef22ef02e3f"
    response = b"\x01\x01" + bytes(6) + bytes(8) + CLIENT_CHALLENGE + bytes(4) + TARGET_INFO + bytes(4)
    proof = hmac_md5(key, SERVER_CHALLENGE + response)
    assert proof.hex() == "68cd0ab851e51c96aabc927bebef6a1c"
    session_key = hmac_md5(key, proof)
    assert session_key.hex() == "8de40ccadbc14a82f15cb0ad0de95ca3"
    assert rc4(session_key, RANDOM_SESSION_KEY).hex() == "c5dad2544fc9799094ce1ce90bc9d03e"


def test_sealing_and_signing_give_the_published_octets() -> None:
    channel = SecureChannel(RANDOM_SESSION_KEY, from_client=True)
    assert channel.sealing_key.hex() == "59f600973cc4960a25480a7c196e4c58"
    assert channel.signing_key.hex() == "4788dc861b4782f35d43fd98fe1a2d39"
    sealed, signature = channel.seal("Plaintext".encode("utf-16-le"))
    assert sealed.hex() == "54e50165bf1936dc996020c1811b0f06fb5f"
    assert signature.hex() == "010000007fb38ec5c55d497600000000"


# Against pyspnego, which is what clients use


def handshake(user: str, password: str, *, nonce: bytes = b"8 octets") -> tuple[Acceptor, bytes]:
    client = spnego.client(user, password, hostname="vms.example", service="HTTP", protocol="ntlm")
    acceptor = Acceptor("VMS", "VMS", NOW, nonce)
    negotiate = client.step()
    assert negotiate is not None
    authenticate = client.step(acceptor.challenge(negotiate))
    assert authenticate is not None
    return acceptor, authenticate


names = st.text(st.characters(exclude_categories=["C"], exclude_characters="\\@"), min_size=1, max_size=20)


@given(domain=names, user=names, password=st.text(st.characters(exclude_categories=["C"]), max_size=40))
def test_whoever_knows_the_password_is_let_in_and_nobody_else(domain: str, user: str, password: str) -> None:
    acceptor, authenticate = handshake(f"{domain}\\{user}", password)
    seen: list[Identity] = []

    def knows(identity: Identity) -> str:
        seen.append(identity)
        return password

    proof = acceptor.verify(authenticate, knows)
    assert isinstance(proof, Proof)
    assert (seen[0].domain, seen[0].user, proof.target_name) == (domain, user, "HTTP/vms.example")
    with pytest.raises(NtlmError, match="wrong password"):
        acceptor.verify(authenticate, lambda _: password + "x")
    other = Acceptor("VMS", "VMS", NOW, b"8 others")
    other.challenge(spnego.client(user, password, protocol="ntlm").step() or b"")
    with pytest.raises(NtlmError, match="wrong password"):
        other.verify(authenticate, lambda _: password)


@given(at=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_no_octet_of_a_login_can_be_changed(at: int, flip: int) -> None:
    acceptor, authenticate = handshake("VMS\\arc", "secret")
    changed = bytearray(authenticate)
    changed[at % len(changed)] ^= flip
    with pytest.raises(NtlmError):
        acceptor.verify(bytes(changed), lambda _: "secret")


@given(message=st.binary(max_size=300), cut=st.integers(min_value=0))
def test_anything_else_is_refused_with_a_reason(message: bytes, cut: int) -> None:
    acceptor, authenticate = handshake("VMS\\arc", "secret")
    for broken in (message, b"NTLMSSP\0\x03\0\0\0" + message, authenticate[: cut % len(authenticate)]):
        with pytest.raises(NtlmError):
            acceptor.verify(broken, lambda _: "secret")


def test_a_client_that_offers_less_is_refused() -> None:
    for missing in (0x1, 0x200, 0x80000, 0x20000000):
        flags = (0x1 | 0x200 | 0x80000 | 0x20000000) & ~missing
        with pytest.raises(NtlmError, match="does not offer"):
            Acceptor("VMS", "VMS", NOW, b"8 octets").challenge(b"NTLMSSP\0" + struct.pack("<II16x", 1, flags))
