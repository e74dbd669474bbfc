"""Who may log in, and that the secret stays one."""

import copy
import dataclasses
import pickle
import traceback
from collections.abc import Callable

import attrs
import pytest
from attrs import frozen

from milestone_sdk import AccessToken, BasicUser, ConfigurationError, CurrentUser, WindowsUser
from milestone_sdk.credentials import Credentials

SECRET = "s3cr&t+%ö"


@pytest.mark.parametrize("name", [r"op\1", "op@x", "\\", "@", r"a\b@c"])
@pytest.mark.requirement(42)
def test_r42_the_form_of_a_windows_user_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="Windows user") as caught:
        BasicUser(name, SECRET)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", ["op.1", "op-1", "op 1", "öp", "[BASIC]"])
@pytest.mark.requirement(42)
def test_r42_other_names_are_accepted(name: str) -> None:
    assert BasicUser(name, SECRET).name == name


@pytest.mark.requirement(9)
def test_r9_a_user_without_a_name_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        BasicUser("", SECRET)


def test_the_password_shows_nowhere() -> None:
    user = BasicUser("arc", SECRET)
    assert SECRET not in f"{user!r} {user} {vars(type(user))}"
    with pytest.raises(TypeError) as caught:
        pickle.dumps(user)
    assert SECRET not in str(caught.value)


def test_equal_users_are_equal() -> None:
    assert BasicUser("arc", SECRET) == BasicUser("arc", SECRET)
    assert len({BasicUser("arc", SECRET), BasicUser("arc", SECRET), BasicUser("arc", "other")}) == 2
    assert BasicUser("arc", SECRET) != "arc"


UNSENDABLE = ["a\0b", "a\rb", "a\nb", "line\n", "\udc80"]


@pytest.mark.parametrize("bad", UNSENDABLE)
def test_what_a_header_or_a_string_ends_at_is_refused_and_not_shown(bad: str) -> None:
    makers: list[Callable[[], Credentials]] = [
        lambda: BasicUser("arc", bad),
        lambda: WindowsUser(r"VMS\arc", bad),
        lambda: AccessToken(bad),
    ]
    for make in makers:
        with pytest.raises(ConfigurationError) as caught:
            make()
        assert bad not in str(caught.value)
        assert str(caught.value).isprintable()
        frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__) if "self" in frame.f_locals]
        assert frames
        assert not any(bad in map(str, frame.f_locals.values()) for frame in frames)
    for name in (f"arc{bad}", f"VMS\\{bad}"):
        with pytest.raises(ConfigurationError) as caught:
            (WindowsUser if "\\" in name else BasicUser)(name, SECRET)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("token", ["", "two words", "t\x7f", "t\x1b[2J", "tök"])
def test_a_token_is_one_printable_word(token: str) -> None:
    with pytest.raises(ConfigurationError):
        AccessToken(token)


@pytest.mark.parametrize("life", [0, -1, float("nan"), True, "3600"])
def test_the_life_of_a_token_is_seconds(life: float) -> None:
    with pytest.raises(ConfigurationError, match="expires_in"):
        AccessToken("token", expires_in=life)


def test_a_password_that_is_missing_is_no_password() -> None:
    """`os.environ.get` returns None; sent as a word, it would cost a login attempt."""
    with pytest.raises(ConfigurationError, match="NoneType"):
        BasicUser("arc", None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="int"):
        BasicUser(5, SECRET)  # type: ignore[arg-type]


@frozen
class Setting:
    credentials: Credentials


@dataclasses.dataclass
class PlainSetting:
    credentials: Credentials


@pytest.mark.parametrize(
    "user", [BasicUser("arc", SECRET), WindowsUser(r"VMS\arc", SECRET), AccessToken("s3cr3t"), CurrentUser()]
)
def test_no_state_can_be_taken_out(user: Credentials) -> None:
    assert copy.copy(user) is user
    assert copy.deepcopy([user])[0] is user
    assert attrs.asdict(Setting(user)) == {"credentials": user}
    assert dataclasses.asdict(PlainSetting(user)) == {"credentials": user}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(user, protocol)
    with pytest.raises(TypeError):
        user.__getstate__()
