"""The simulator's side of a Windows login, by hand-made requests: what it must refuse so that a client is judged."""

import base64

import httpx
import spnego

from milestone_sdk.simulator import Simulator

from .requests import FORM, PASSWORD, TOKEN, USER, trusting, windows


def post(client: httpx.Client, sim: Simulator, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.post(sim.url + TOKEN, data=FORM, headers=headers)


def ntlm(token: bytes | None) -> str:
    assert token is not None
    return "NTLM " + base64.b64encode(token).decode()


def challenge(answer: httpx.Response) -> bytes:
    (header,) = answer.headers.get_list("www-authenticate")
    scheme, _, text = header.partition(" ")
    assert (answer.status_code, scheme) == (401, "NTLM")
    return base64.b64decode(text, validate=True)


def test_a_login_is_bound_to_its_connection(sim: Simulator) -> None:
    context = trusting(sim)
    with httpx.Client(verify=context, trust_env=False) as one, httpx.Client(verify=context, trust_env=False) as other:
        client = spnego.client(USER, PASSWORD, protocol="ntlm")
        answer = client.step(challenge(post(one, sim, ntlm(client.step()))))
        assert post(other, sim, ntlm(answer)).status_code == 401
        assert post(one, sim, ntlm(answer)).status_code == 200
        assert post(one, sim, None).status_code == 200
        assert post(other, sim, None).status_code == 401
    assert windows(sim).refusals == ["an AUTHENTICATE message without a challenge on this connection"]


def test_a_challenge_serves_one_try(sim: Simulator) -> None:
    with httpx.Client(verify=trusting(sim), trust_env=False) as one:
        client = spnego.client(USER, "wrong", protocol="ntlm")
        answer = client.step(challenge(post(one, sim, ntlm(client.step()))))
        for reason in ("wrong password", "an AUTHENTICATE message without a challenge on this connection"):
            assert post(one, sim, ntlm(answer)).status_code == 401
            assert windows(sim).refusals[-1] == reason


def test_a_request_in_between_that_begins_anew_ends_the_first_handshake(sim: Simulator) -> None:
    with httpx.Client(verify=trusting(sim), trust_env=False) as one:
        first = spnego.client(USER, PASSWORD, protocol="ntlm")
        answer = first.step(challenge(post(one, sim, ntlm(first.step()))))
        second = spnego.client(USER, PASSWORD, protocol="ntlm")
        challenge(post(one, sim, ntlm(second.step())))
        assert post(one, sim, ntlm(answer)).status_code == 401


def test_bare_ntlm_is_no_negotiate(sim: Simulator) -> None:
    windows(sim).mechanisms = ("Negotiate",)
    with httpx.Client(verify=trusting(sim), trust_env=False) as one:
        token = ntlm(spnego.client(USER, PASSWORD, protocol="ntlm").step())
        assert post(one, sim, token.replace("NTLM", "Negotiate")).status_code == 401
        assert post(one, sim, token).headers.get_list("www-authenticate") == ["Negotiate"]
    assert windows(sim).refusals == ["bare NTLM under Negotiate"]


def test_whatever_a_client_sends_is_refused_and_no_more(sim: Simulator) -> None:
    rubbish = [
        "!",
        "YA==",
        "oQA=",
        "oYA=",
        "YIICXQYGKwYBBQUCoII=",
        "TlRMTVNTUAADAAAA",
        "TlRMTVNTUAABAAAA",
        "A" * 4000,
    ]
    with httpx.Client(verify=trusting(sim), trust_env=False) as one:
        for scheme in ("NTLM", "Negotiate"):
            for text in rubbish:
                assert post(one, sim, f"{scheme} {text}").status_code == 401
    assert len(windows(sim).refusals) == 2 * len(rubbish)
