"""Methods step by step, without a server."""

import pytest
from attrs import evolve

from milestone_sdk._protocol.configuration.methods import MAX_ROUNDS, Invocation, Step, outcome_of
from milestone_sdk.errors import ConfigurationError, RemoteProtocolError, TaskFailed, UnsupportedFeature
from milestone_sdk.models import ConfigurationItem, ItemProperties, ItemProperty, PropertyDefinition, ValueTypeInfo

FOLDER = ConfigurationItem(path="/UserDefinedEventFolder", method_ids=("AddUserDefinedEvent", "AddRule"))


def item(item_type: str, *rows: ItemProperty, **texts: str) -> ConfigurationItem:
    plain = [ItemProperty(PropertyDefinition(key=key, value_type="String"), text) for key, text in texts.items()]
    return ConfigurationItem(path="p", item_type=item_type, properties=ItemProperties.of([*rows, *plain]))


def form(*keys: str) -> ConfigurationItem:
    return item("InvokeInfo", **dict.fromkeys(keys, ""))


def test_a_form_is_filled_in_and_sent() -> None:
    invocation = Invocation(FOLDER, "adduserdefinedevent", {"name": "Open"})
    assert invocation.method == "AddUserDefinedEvent"
    assert invocation.first == Step(item=FOLDER, method="AddUserDefinedEvent")
    step = invocation.feed(form("Name", "Description"))
    assert step is not None
    assert (step.item.text("Name"), step.item.text("Description"), step.validate) == ("Open", "", False)
    assert invocation.feed(item("InvokeResult", State="Success", Path="UserDefinedEvent[1]")) is None


def test_a_method_without_a_form() -> None:
    assert Invocation(FOLDER, "AddRule", {}).feed(item("Task", State="Idle")) is None


def test_a_misspelt_value_is_found_before_anything_is_done() -> None:
    with pytest.raises(ConfigurationError, match="has no value Nmae") as caught:
        Invocation(FOLDER, "AddUserDefinedEvent", {"Nmae": "Open"}).feed(form("Name"))
    assert "Name" in (caught.value.hint or "")


def test_an_absent_method_says_which_there_are() -> None:
    with pytest.raises(UnsupportedFeature, match="RemoveRule") as caught:
        Invocation(FOLDER, "RemoveRule", {})
    assert "AddRule" in (caught.value.actual or "")


def test_further_forms_take_further_values() -> None:
    invocation = Invocation(FOLDER, "AddRule", {"Name": "Night", "Event": "Motion", "Never": 1})
    assert invocation.feed(form("Name")) is not None
    step = invocation.feed(form("Name", "Event"))
    assert step is not None
    assert step.item.text("Event") == "Motion"
    assert invocation.unused == ("Never",)


def test_the_same_form_again_names_what_is_missing() -> None:
    invocation = Invocation(FOLDER, "AddRule", {"Name": "Night"})
    invocation.feed(form("Name", "Event"))
    with pytest.raises(ConfigurationError, match="same values again") as caught:
        invocation.feed(form("Name", "Event"))
    assert "Event" in (caught.value.hint or "")


def test_forms_without_end() -> None:
    invocation = Invocation(FOLDER, "AddRule", {})
    for number in range(MAX_ROUNDS):
        assert invocation.feed(form(f"Key{number}")) is not None
    with pytest.raises(RemoteProtocolError, match=str(MAX_ROUNDS)):
        invocation.feed(form("One more"))


def test_what_the_server_wants_to_see_first_goes_alone() -> None:
    group = PropertyDefinition(
        key="EventTypeGroup", value_type="Enum", server_validation=True, choices=(ValueTypeInfo("System", "b1"),)
    )
    kind = PropertyDefinition(key="EventType", value_type="Enum")
    first = item("InvokeInfo", ItemProperty(group, ""), ItemProperty(kind, ""))
    invocation = Invocation(FOLDER, "AddRule", {"EventTypeGroup": "System", "EventType": "Motion"})
    step = invocation.feed(first)
    assert step is not None
    assert step.validate
    assert (step.item.text("EventTypeGroup"), step.item.text("EventType")) == ("b1", "")
    known = PropertyDefinition(key="EventType", value_type="Enum", choices=(ValueTypeInfo("Motion", "m7"),))
    step = invocation.validated(item("InvokeInfo", ItemProperty(group, "b1"), ItemProperty(known, "")))
    assert not step.validate
    assert step.item.text("EventType") == "m7"


def a_choice(key: str, *choices: ValueTypeInfo, raw: str = "", shown: bool = True) -> ItemProperty:
    return ItemProperty(PropertyDefinition(key=key, value_type="Enum", server_validation=shown, choices=choices), raw)


def test_choices_that_follow_from_each_other_are_shown_to_the_server_one_by_one() -> None:
    group, kind = ValueTypeInfo("System", "b1"), ValueTypeInfo("Motion", "m7")
    invocation = Invocation(FOLDER, "AddRule", {"EventTypeGroup": "System", "EventType": "Motion", "Name": "Gate"})
    other = ValueTypeInfo("None", "0")
    step = invocation.feed(item("InvokeInfo", a_choice("EventTypeGroup", group), a_choice("EventType", other), Name=""))
    assert step is not None
    assert (step.validate, step.item.text("EventTypeGroup"), step.item.text("EventType")) == (True, "b1", "")
    step = invocation.validated(
        item("InvokeInfo", a_choice("EventTypeGroup", group, raw="b1"), a_choice("EventType", other, kind), Name="")
    )
    assert (step.validate, step.item.text("EventType"), step.item.text("Name")) == (True, "m7", "")
    step = invocation.validated(step.item)
    assert (step.validate, step.item.text("EventType"), step.item.text("Name")) == (False, "m7", "Gate")


def test_values_of_a_group_within_a_form() -> None:
    grouped = evolve(form("Name"), children=(evolve(form("Port", "UseHttps"), item_type="Group"),))
    step = Invocation(FOLDER, "AddUserDefinedEvent", {"name": "Gate", "port": 81}).feed(grouped)
    assert step is not None
    (group,) = step.item.children
    assert (step.item.text("Name"), group.text("Port"), group.text("UseHttps")) == ("Gate", "81", "")
    with pytest.raises(ConfigurationError, match="has no value Prot") as caught:
        Invocation(FOLDER, "AddUserDefinedEvent", {"Prot": 81}).feed(grouped)
    assert "Port" in (caught.value.hint or "")


def test_an_answer_that_is_neither_form_nor_result() -> None:
    with pytest.raises(RemoteProtocolError, match="Camera"):
        Invocation(FOLDER, "AddRule", {}).feed(item("Camera"))


def test_the_path_says_the_task_first_and_the_result_afterwards() -> None:
    running = outcome_of(item("InvokeResult", State="InProgress", Path="Task[33]"))
    assert (running.task, running.result, running.is_over) == ("Task[33]", None, False)
    done = outcome_of(item("Task", State="Success", Path="Hardware[1]"), task=running.task)
    assert (done.task, done.result, done.is_over) == ("Task[33]", "Hardware[1]", True)


def test_a_failure_tells_the_servers_reason() -> None:
    failed = outcome_of(
        item("Task", State="Error", ErrorCode="60277", ErrorText="VMO60277: no recorder\\nTry again"), task="Task[1]"
    )
    with pytest.raises(TaskFailed, match=r"VMO60277: no recorder\\nTry again") as caught:
        failed.check("AddHardware")
    assert (caught.value.code, caught.value.task) == ("60277", "Task[1]")


def test_a_result_without_state_or_task_is_the_end() -> None:
    assert outcome_of(item("InvokeResult", Password="x")).is_over
    assert outcome_of(item("InvokeResult", ErrorCode="61002")).failed
    assert not outcome_of(item("InvokeResult", Path="Task[4]")).is_over
    assert not outcome_of(item("Task"), task="Task[4]").is_over


@pytest.mark.parametrize("state", ["Unknown", "Idle", "InProgress", "Novelty", ""])
def test_states_that_are_not_the_end(state: str) -> None:
    assert not outcome_of(item("Task", State=state)).is_over


def test_a_form_may_go_to_another_method() -> None:
    invocation = Invocation(FOLDER, "AddRule", {"Name": "Night"})
    step = invocation.feed(evolve(form("Name"), method_ids=("FinishRule",)))
    assert step is not None
    assert step.method == "FinishRule"
    step = invocation.feed(evolve(form("Event"), method_ids=("FinishRule",)))
    assert step is not None
    assert step.method == "FinishRule"
