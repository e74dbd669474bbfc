"""The hand-written requests of the Configuration API, judged by zeep on the description of the service."""

import re
from typing import Any

import pytest

from milestone_sdk._protocol.configuration import service as configurationapi
from milestone_sdk._protocol.soap.contract import Contract
from milestone_sdk._protocol.soap.envelope import Call
from milestone_sdk.models import ItemFilter, PropertyFilter
from tests.support.item_replies import in_a_list, item_content, item_reply
from tests.support.soap_bodies import infoset

WANTED = ItemFilter(item_type="Camera", enable="Enabled", conditions=[PropertyFilter("Name", "Contains", "a<b")])
WANTED_PLAIN = {
    "EnableFilter": "Enabled",
    "ItemType": "Camera",
    "PropertyFilters": [{"Key": "Name", "Operator": "Contains", "Value": "a<b"}],
}


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (configurationapi.get_item("Camera[1]"), ["Camera[1]"]),
        (configurationapi.get_child_items("/CameraFolder"), ["/CameraFolder"]),
        (configurationapi.get_translations("en-US"), ["en-US"]),
        (configurationapi.get_method_infos(), []),
        (configurationapi.query_items(WANTED, limit=5), [WANTED_PLAIN, 5]),
        (
            configurationapi.get_child_items_hierarchy("/", ["Hardware", "Camera"], [WANTED]),
            ["/", ["Hardware", "Camera"], [WANTED_PLAIN]],
        ),
    ],
    ids=lambda value: value.operation if isinstance(value, Call) else "",
)
def test_requests_are_those_of_the_contract(call: Call[object], arguments: list[Any]) -> None:
    judged = Contract.named("configuration").call(call.operation, *arguments)
    assert infoset(call.body) == infoset(judged.body)
    assert call.action == judged.action


def test_an_item_goes_back_as_the_contract_writes_it() -> None:
    body = item_reply("GetItem", item_content(f"<a:Children>{in_a_list(item_content())}</a:Children>"))
    contract = Contract.named("configuration")
    record = contract.call("GetItem", "/").decode(body)
    received = configurationapi.get_item("/").decode(body)
    for call, judged in (
        (configurationapi.set_item(received), contract.call("SetItem", record)),
        (configurationapi.validate_item(received), contract.call("ValidateItem", record)),
        (
            configurationapi.invoke_method(received, "AddDeviceGroup"),
            contract.call("InvokeMethod", record, "AddDeviceGroup"),
        ),
    ):
        # A null ValueArray is left out, for servers that do not know it; to the others that is null too.
        assert infoset(call.body) == infoset(re.sub(rb"<\w+:ValueArray[^>]*/>", b"", judged.body))
        assert call.action == judged.action
