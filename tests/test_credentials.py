"""Who may log in, and that the secret stays one."""

import pickle
import traceback

import pytest

from milestone_sdk import BasicUser, ConfigurationError

SECRET = "s3cr&t+%ö"


@pytest.mark.parametrize("name", [r"op\1", "op@x", "\\", "@", r"a\b@c"])
def test_r42_the_form_of_a_windows_user_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="Windows user") as caught:
        BasicUser(name, SECRET)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", ["op.1", "op-1", "op 1", "öp", "[BASIC]"])
def test_r42_other_names_are_accepted(name: str) -> None:
    assert BasicUser(name, SECRET).name == name


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
