"""Templates of bodies and URLs."""

from urllib.parse import quote, unquote

from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.patriot.sinks.templates import check_template, fill, fill_text

VALUES = st.fixed_dictionaries({"line": st.text(), "zone": st.integers(), "camera": st.none() | st.text()})


@given(VALUES, st.text(), st.text())
def test_values_are_filled_in_as_they_are(values, before, after) -> None:
    before, after = (text.replace("{", "{{").replace("}", "}}") for text in (before, after))
    template = {"zone": "{zone}", "list": [f"{before}{{line}}{after}", "{camera}"], "fixed": [1, 1.5, True, None]}
    check_template("body", template, values)
    plain = [text.replace("{{", "{").replace("}}", "}") for text in (before, after)]
    line = values["line"].join(plain)
    assert fill(template, values) == {
        "zone": values["zone"],
        "list": [line, values["camera"]],
        "fixed": [1, 1.5, True, None],
    }


@given(VALUES)
def test_a_path_can_be_read_back(values) -> None:
    url = fill_text("https://h/{line}/{zone}", values, lambda text: quote(text, safe=""))
    line, zone = url.removeprefix("https://h/").split("/")
    assert (unquote(line), zone) == (values["line"], str(values["zone"]))
