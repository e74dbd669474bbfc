"""A plain client for the tests of the simulated Configuration API: XML text in, lxml out, nothing of the SDK."""

import base64
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from milestone_sdk.simulator import Simulator

from .management_wire import XSI, Wire, envelope, fault, tree

NS = "http://VideoOS.Net/ConfigurationService"
DATA = "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI"
FAULTS = f"{DATA}.ConfigurationFaultException"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
OAUTH = "/ManagementServer/ConfigurationApiServiceOAuth.svc"
SVC = "/ManagementServer/ConfigurationApiService.svc"
NIL = f"{{{XSI}}}nil"

_ITEM = (
    "Children ChildrenFilled DisplayName EnableProperty ItemCategory ItemType MethodIds ParentPath Path Properties "
    "ServerCookie SortKey UIHint"
)
_PROPERTY = (
    "DisplayName IsSettable ItemReference Key SelectedValueTypeInfoName ServerValidation SortKey ToolTipTranslationId "
    "TranslationId UIImportance Value ValueArray ValueType ValueTypeInfos"
)
ITEM, PROPERTY = _ITEM.split(), _PROPERTY.split()


class Config:
    """Calls of one user with one bearer token."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.wire = Wire(sim)
        self.headers = self.wire.bearer() if sim.release.has("idp") else {}

    def close(self) -> None:
        self.wire.http.close()

    def post(self, operation: str, inner: str = "", *, path: str | None = None, **options: Any) -> httpx.Response:
        headers = options.pop("headers", self.headers)
        namespace = options.pop("namespace", NS)
        action = options.pop("action", f"{NS}/IConfigurationService/{operation}")
        if path is None and not self.sim.release.has("idp"):
            path, headers = SVC, basic(f"[BASIC]\\{self.sim.username}", self.sim.password)
        body = envelope(f'<{operation} xmlns="{namespace}">{inner}</{operation}>')
        return self.wire.post(path or OAUTH, body, action, headers=headers, **options)

    def result(self, operation: str, inner: str = "") -> Any:
        """The result element of a call that must succeed."""
        answer = self.post(operation, inner)
        assert answer.status_code == 200, answer.text
        response = tree(answer)[0][0]
        assert response.tag == f"{{{NS}}}{operation}Response"
        return response[0]

    def fault(self, operation: str, inner: str = "") -> str:
        """The name of the fault's detail, of a call that must fail."""
        answer = self.post(operation, inner)
        assert fault(answer)[:2] == (500, "s:Client"), answer.text
        [detail] = next(iter(tree(answer).iter("detail")))
        name = etree.QName(detail)
        assert name.namespace == FAULTS
        return name.localname

    def item(self, path: str) -> Any:
        return self.result("GetItem", f"<path>{path}</path>")

    def children(self, path: str) -> list[Any]:
        return list(self.result("GetChildItems", f"<path>{path}</path>"))

    def paths(self, path: str) -> list[str]:
        return [member(child, "Path") for child in self.children(path)]

    def query(self, item_type: str, *filters: tuple[str, str, str], enable: str = "All", limit: int = 2**31 - 1) -> Any:
        inside = "".join(
            f"<a:PropertyFilter><a:Key>{key}</a:Key><a:Operator>{operator}</a:Operator><a:Value>{value}</a:Value>"
            "</a:PropertyFilter>"
            for key, operator, value in filters
        )
        return self.result(
            "QueryItems",
            f'<itemFilter xmlns:a="{DATA}"><a:EnableFilter>{enable}</a:EnableFilter>'
            f"<a:ItemType>{item_type}</a:ItemType>"
            f"<a:PropertyFilters>{inside}</a:PropertyFilters></itemFilter><maxResult>{limit}</maxResult>",
        )

    def change(self, operation: str, item: Any) -> tuple[bool, list[list[str]], Any]:
        """SetItem or ValidateItem: ok, errors, the result item."""
        result = self.result(operation, as_parameter(item))
        errors = [[entry.text or "" for entry in error] for error in result.find(f"{{{DATA}}}ErrorResults")]
        return member(result, "ValidatedOk") == "true", errors, result.find(f"{{{DATA}}}ResultItem")

    def invoke(self, item: Any, method: str, **values: str) -> Any:
        """One round of InvokeMethod; `values` are filled into the item first."""
        for key, value in values.items():
            put(item, key, value)
        return self.result("InvokeMethod", f"{as_parameter(item)}<method>{method}</method>")

    def run(self, path: str, method: str, **values: str) -> Any:
        """Both rounds: ask for the form, send it filled."""
        return self.invoke(self.invoke(self.item(path), method), method, **values)


Start = Callable[..., Config]
"""Starts a simulator with the options of `Simulator`, and returns a client of it."""


def basic(name: str, password: str) -> dict[str, str]:
    token = base64.b64encode(f"{name}:{password}".encode("cp1252")).decode()
    return {"Authorization": f"Basic {token}"}


def member(element: Any, name: str) -> str:
    return element.findtext(f"{{{DATA}}}{name}") or ""


def names(element: Any) -> list[str]:
    return [etree.QName(child).localname for child in element]


def properties(item: Any) -> dict[str, str]:
    return {member(entry, "Key"): member(entry, "Value") for entry in item.find(f"{{{DATA}}}Properties")}


def entry_of(item: Any, key: str) -> Any:
    return next(entry for entry in item.find(f"{{{DATA}}}Properties") if member(entry, "Key") == key)


def choices(item: Any, key: str) -> list[str]:
    return [member(info, "Value") for info in entry_of(item, key).find(f"{{{DATA}}}ValueTypeInfos")]


def put(item: Any, key: str, value: str) -> None:
    """Give a property another value."""
    element = entry_of(item, key).find(f"{{{DATA}}}Value")
    element.attrib.pop(NIL, None)
    element.text = value


def methods(item: Any) -> list[str]:
    return [entry.text or "" for entry in item.find(f"{{{DATA}}}MethodIds")]


def as_parameter(item: Any) -> str:
    """An item as it came, under the name of the parameter."""
    inner = "".join(etree.tostring(child, encoding="unicode") for child in item)
    return f'<item xmlns:a="{DATA}" xmlns:i="{XSI}">{inner}</item>'


def written_item(path: str, item_type: str, values: dict[str, str], order: list[str] | None = None) -> str:
    """A small item by hand, its members in the order given."""
    inside = "".join(
        f"<a:Property><a:Key>{escape(key)}</a:Key><a:Value>{escape(value)}</a:Value></a:Property>"
        for key, value in values.items()
    )
    members = {
        "ItemType": f"<a:ItemType>{item_type}</a:ItemType>",
        "Path": f"<a:Path>{path}</a:Path>",
        "Properties": f"<a:Properties>{inside}</a:Properties>",
    }
    text = "".join(members[name] for name in order or members)
    return f'<item xmlns:a="{DATA}">{text}</item>'
