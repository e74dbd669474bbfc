"""The configuration over REST: the same tree as the Configuration API shows, in JSON."""
# docs/protocol: configuration-rest

from collections.abc import Iterable

from milestone_sdk.simulator.configuration.contract import Item
from milestone_sdk.simulator.configuration.folders import ROOT_FOLDERS
from milestone_sdk.simulator.configuration.restitems import COLLECTIONS, TYPES, ItemJson, collection_of, fill, reference
from milestone_sdk.simulator.configuration.service import ConfigurationApiService
from milestone_sdk.simulator.configuration.tree import Tree
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.http import Response
from milestone_sdk.simulator.wire.restquery import Query
from milestone_sdk.simulator.wire.restreply import JsonObject, Refusal, body_of, json_reply
from milestone_sdk.simulator.wire.soap import SoapFault

__all__ = ["RestConfiguration"]

_ADDS = {"CameraGroup": "DeviceGroup"}
_ROUNDS = 5


class RestConfiguration:
    """Collections, items and tasks; the rights and the rules of values are those of the Configuration API."""

    def __init__(self, host: Host, configuration: ConfigurationApiService) -> None:
        self._host = host
        self._configuration = configuration

    @property
    def _tree(self) -> Tree:
        return self._configuration.tree

    def answer(self, method: str, resource: str, query: Query, body: bytes, user: User) -> Response:
        """Answer one request; raises `Refusal`."""
        parts = resource.split("/")
        names = [collection_of(part) for part in parts[::2]]
        unknown = next((part for part, name in zip(parts[::2], names, strict=True) if name is None), None)
        if unknown is not None or len(parts) > 4:
            raise Refusal.of(404, f"Unknown resource: {unknown or parts[4]}")
        known = [name for name in names if name is not None]
        try:
            if len(parts) == 1:
                return self._collection(method, known[0], query, body, user)
            if len(parts) == 2:
                return self._item(method, known[0], parts[1], query, body, user)
            return self._child(method, known, parts, query, body, user)
        except SoapFault as fault:
            raise _refusal_of(fault, "/".join(parts[:2])) from None

    @property
    def _json(self) -> ItemJson:
        return ItemJson(self._host.site.id, self._host.release.version)

    # The three forms of a URL

    def _collection(self, method: str, name: str, query: Query, body: bytes, user: User) -> Response:
        item_type = TYPES[name]
        folder = f"/{item_type}Folder"
        if method == "POST" and not query.has("task"):
            return self._create(folder, item_type, body_of(body), user)
        if method != "GET":
            raise Refusal.of(405, "Bad request: Unknown request")
        return self._listed(self._all(item_type, user), folder, query, user)

    def _all(self, item_type: str, user: User) -> list[Item]:
        if item_type == "System":
            return [self._tree.item("/", user)]
        if f"{item_type}Folder" in ROOT_FOLDERS:
            return self._tree.children(f"/{item_type}Folder", user)
        return [self._tree.build(*subject) for subject in self._tree.subjects(item_type, user)]

    def _item(self, method: str, name: str, key: str, query: Query, body: bytes, user: User) -> Response:
        path = self._path(name, key)
        item = self._tree.item(path, user, poll=method == "GET")
        if method == "GET":
            return json_reply(self._described({"data": self._json.members(item)}, item, path, query, user))
        if method in ("PUT", "PATCH"):
            return self._save(item, body_of(body), user)
        if method == "POST" and query.has("task"):
            return self._invoke(path, query.flags["task"], body_of(body), user)
        if method == "DELETE":
            return self._remove(f"/{item.item_type}Folder", item, user)
        raise Refusal.of(405, "Bad request: Unknown request")

    def _child(
        self, method: str, names: list[str], parts: list[str], query: Query, body: bytes, user: User
    ) -> Response:
        parent = self._path(names[0], parts[1])
        self._tree.paths.address(parent, user)
        folder = f"{parent.rstrip('/')}/{TYPES[names[1]]}Folder"
        try:
            self._tree.paths.address(folder, user)
        except SoapFault as fault:
            if "PathNotFound" not in fault.detail.decode():
                raise
            below = folder.removeprefix(parent).strip("/")
            raise Refusal.of(400, f"Invalid parent. {names[0]}/{parts[1]}/{below}") from None
        if len(parts) == 3:
            if method == "GET":
                return self._listed(self._tree.children(folder, user), folder, query, user)
            if method == "POST" and query.has("task"):
                return self._invoke(folder, query.flags["task"], body_of(body), user)
            if method == "POST":
                return self._put_in(folder, TYPES[names[1]], body_of(body), user)
        else:
            item = self._tree.item(self._path(names[1], parts[3]), user)
            if method == "DELETE":
                return self._remove(folder, item, user)
            return self._item(method, names[1], parts[3], query, body, user)
        raise Refusal.of(405, "Bad request: Unknown request")

    def _path(self, name: str, key: str) -> str:
        return "/" if name == "sites" and key.lower() == str(self._host.site.id) else f"{TYPES[name]}[{key.lower()}]"

    # Reading

    def _listed(self, items: Iterable[Item], folder: str, query: Query, user: User) -> Response:
        shown = [item for item in items if query.has("disabled") or item.enabling is None or item.enabling.enabled]
        members = {id(item): self._json.members(item) for item in shown}
        found = query.selected(shown, lambda item: members[id(item)])
        document = {"array": [members[id(item)] for item in found]}
        item = self._tree.item(folder, user) if query.has("tasks") or query.has("resources") else None
        return json_reply(self._described(document, item, folder, query, user))

    def _described(self, document: JsonObject, item: Item | None, path: str, query: Query, user: User) -> JsonObject:
        """With what the flags of the query add or leave out."""
        if query.has("noData"):
            document = {}
        if query.has("tasks") and item is not None:
            names = {info.method_id: info.display_name for info in self._configuration.methods.infos()}
            tasks = [{"id": task, "displayName": names.get(task, task)} for task in item.methods or ()]
            document["tasks"] = tasks
        if query.has("resources"):
            folders = [child.item_type.removesuffix("Folder") for child in self._tree.children(path, user)]
            named = [(COLLECTIONS[name], name) for name in folders if name in COLLECTIONS]
            document["resources"] = [{"type": name, "displayName": title} for name, title in named]
        return document

    # Changing

    def _save(self, item: Item, asked: JsonObject, user: User) -> Response:
        """What is not named stays, for PUT as for PATCH (what real servers do with it is not known)."""
        fill(item, asked)
        enabled = asked.get("enabled")
        if item.enabling is not None and enabled is not None:
            item.enabling.enabled = str(enabled).lower() == "true"
        errors = self._configuration.changes.save(item, user).errors
        if errors:
            details = [
                {"errorText": error.text, "errorTextId": error.text_id, "property": error.property} for error in errors
            ]
            raise Refusal(400, *details)
        return json_reply({"data": self._json.members(self._tree.item(item.path, user))})

    def _create(self, folder: str, item_type: str, asked: JsonObject, user: User) -> Response:
        method = f"Add{_ADDS.get(item_type, item_type)}"
        if folder.strip("/") not in ROOT_FOLDERS or method not in (self._tree.item(folder, user).methods or ()):
            raise Refusal.of(400, "Bad request: Unknown request")
        path = _value_of(self._performed(folder, method, asked, user), "Path")
        members = self._json.members(self._tree.item(path, user))
        del members["relations"]
        members["id"] = str(members.get("id") or "").upper()
        return json_reply({"result": {**members, "state": "Success", "path": reference(path)}}, 201)

    def _put_in(self, folder: str, item_type: str, asked: JsonObject, user: User) -> Response:
        """Put an existing device into a group."""
        selection = {"itemSelection": {"type": COLLECTIONS[item_type], "id": str(asked.get("id") or "")}}
        result = self._performed(folder, "AddDeviceGroupMember", selection, user)
        path = reference(_value_of(result, "Path"))
        return json_reply({"result": {"state": "Success", "path": path}}, 201)

    def _remove(self, folder: str, item: Item, user: User) -> Response:
        method = f"Remove{_ADDS.get(item.item_type, item.item_type)}"
        if folder.endswith("/CameraFolder"):
            method = "RemoveDeviceGroupMember" if folder.startswith("CameraGroup[") else "RemoveCamera"
        if item.item_type == "Hardware":
            method = "DeleteHardware"
        key = "removeRulePath" if item.item_type == "Rule" else "itemSelection"
        self._performed(folder, method, {key: item.path, "removeMembers": True}, user)
        return json_reply({"state": "Success"})

    def _invoke(self, path: str, method: str, asked: JsonObject, user: User) -> Response:
        form = self._begun(path, method, user)
        if form.item_type == "InvokeInfo":
            given = {name.casefold() for name in asked}
            if any(entry.key.casefold() not in given for entry in form.properties or ()):
                missing = Refusal.of(400, "Bad request: parameters missing")
                missing.more = {"params": self._json.properties(form.properties or ())}
                raise missing
        result = self._finished(form, method, asked, user)
        shown = self._json.properties([entry for entry in result.properties or () if entry.key != "Progress"])
        if not shown.get("path"):
            shown.pop("path", None)
        echo = {key: value for key, value in asked.items() if value is not None and "password" not in key.lower()}
        return json_reply({"result": {**echo, **shown}})

    def _performed(self, path: str, method: str, asked: JsonObject, user: User) -> Item:
        return self._finished(self._begun(path, method, user), method, asked, user)

    def _begun(self, path: str, method: str, user: User) -> Item:
        """The form of a method, or its result where it needs no form."""
        return self._configuration.methods.invoke(self._tree.item(path, user), method, user)

    def _finished(self, result: Item, method: str, asked: JsonObject, user: User) -> Item:
        """Fill in one form after the other; raises `Refusal` for a result that says Error."""
        for _ in range(_ROUNDS):
            if result.item_type != "InvokeInfo":
                break
            fill(result, asked)
            result = self._configuration.methods.invoke(result, method, user)
        if _value_of(result, "State") == "Error":
            text = _value_of(result, "ErrorText")
            raise Refusal.of(400, text.partition(": ")[2] or text, text.partition(":")[0])
        return result


def _value_of(item: Item, key: str) -> str:
    return item.value(key) or ""


def _refusal_of(fault: SoapFault, resource: str) -> Refusal:
    """What the gateway makes of a fault of the Configuration API."""
    detail = fault.detail.decode()
    if "PathNotFound" in detail:
        return Refusal.of(404, f"Device not found. {resource}")
    if "UnauthorizedAccess" in detail:
        return Refusal.of(403, "You do not have sufficient permissions to complete the operation.", "VMO61008")
    return Refusal.of(400, fault.reason)
