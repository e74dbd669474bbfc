"""Methods that are done at once: groups, events, alarm definitions, rules, roles, users (configuration.md 4.3)."""

from collections.abc import Mapping

from milestone_sdk.simulator.configuration.columns import Column
from milestone_sdk.simulator.configuration.contract import Choice, Item, Property
from milestone_sdk.simulator.configuration.events import ALARM_DEFINITION, BASIC_USER, ROLE, RULE, basic_user_id
from milestone_sdk.simulator.configuration.invocation import Invocation, Method, asked, failed, form, succeeded
from milestone_sdk.simulator.site.devices import Group
from milestone_sdk.simulator.site.model import AlarmDefinition, Entry, EventType, Site, User

__all__ = ["ADMINISTRATION"]

_EMPTY_NAME = 61010
_IN_USE = 61011
_NOT_EMPTY = 61012
_TWICE = 61013
_BAD_VALUE = 61004


def _selection(item_type: str, key: str = "ItemSelection") -> Property:
    return asked(key, "Path", choices=(Choice("PathItemType", item_type),), name="Item")


# Groups


def _siblings(call: Invocation) -> list[Group]:
    """The groups in the folder that the method is invoked on."""
    owner = call.subject
    return owner.camera_groups if isinstance(owner, Site) else owner.groups


def _changed(call: Invocation) -> None:
    if isinstance(call.subject, Group):
        call.subject.last_modified = call.site.now()
    call.server.tree.lookup.forget()


def _group_form(call: Invocation) -> list[Property]:
    name, description = call.server.switches.device_group_keys
    return [asked(name, name="Name"), asked(description, name="Description")]


def _add_group(call: Invocation) -> Item:
    name_key, description_key = call.server.switches.device_group_keys
    name = call.text(name_key).strip()
    if not name:
        return failed(call, _EMPTY_NAME, "The name must not be empty.")
    group = Group(id=call.server.new_id(), name=name, description=call.text(description_key))
    group.last_modified = call.site.now()
    _siblings(call).append(group)
    _changed(call)
    return succeeded(call, f"CameraGroup[{group.id}]")


def _remove_group_form(call: Invocation) -> list[Property]:
    groups = _siblings(call)
    selection = asked(
        "ItemSelection",
        "Enum",
        choices=[Choice(group.name, f"CameraGroup[{group.id}]") for group in groups],
        name="Item",
    )
    return [selection, asked("RemoveMembers", "Tick", "False", name="Remove members")]


def _remove_group(call: Invocation) -> Item:
    group = call.chosen("ItemSelection", "CameraGroup")
    siblings = _siblings(call)
    if not any(sibling is group for sibling in siblings):
        return failed(call, _BAD_VALUE, "The group is not in this folder.")
    if (group.cameras or group.groups) and call.text("RemoveMembers").lower() != "true":
        return failed(call, _NOT_EMPTY, "The group is not empty.")
    siblings[:] = [sibling for sibling in siblings if sibling is not group]
    _changed(call)
    return succeeded(call)


def _add_member(call: Invocation) -> Item:
    camera = call.chosen("ItemSelection", "Camera")
    group: Group = call.subject
    if camera.id in group.cameras:
        return failed(call, _TWICE, "The device is in the group already.")
    group.cameras.append(camera.id)
    _changed(call)
    return succeeded(call, f"Camera[{camera.id}]")


def _remove_member(call: Invocation) -> Item:
    camera = call.chosen("ItemSelection", "Camera")
    group: Group = call.subject
    if camera.id not in group.cameras:
        return failed(call, _BAD_VALUE, "The device is not in the group.")
    group.cameras.remove(camera.id)
    _changed(call)
    return succeeded(call)


# Events


def _add_event(call: Invocation) -> Item:
    name = call.text("Name").strip()
    if not name:
        return failed(call, _EMPTY_NAME, "The name must not be empty.")
    if call.site.event_type(name) is not None:
        return failed(call, _TWICE, "There is an event of that name.")
    kind, item_type = ("user", "UserDefinedEvent") if "User" in call.method else ("analytics", "AnalyticsEvent")
    event = EventType(id=call.server.new_id(), name=name, kind=kind, description=call.text("Description"))
    call.site.event_types.append(event)
    return succeeded(call, f"{item_type}[{event.id}]")


def _remove_event(call: Invocation) -> Item:
    event = call.chosen("ItemSelection", call.method.removeprefix("Remove"))
    if any(definition.event == event.name for definition in call.site.alarm_definitions):
        return failed(call, _IN_USE, "The event is used by an alarm definition.")
    call.site.event_types.remove(event)
    return succeeded(call)


# Alarm definitions

_SETTABLE = tuple(column for column in ALARM_DEFINITION if column.set is not None)


def _blank(call: Invocation) -> AlarmDefinition:
    return AlarmDefinition(id=call.server.new_id(), name="", event="")


def _definition_form(call: Invocation) -> list[Property]:
    lookup = call.server.tree.lookup
    blank = _blank(call)
    properties = [column.property_of(blank, lookup) for column in _SETTABLE]
    call.server.tree.fill_choices(properties)
    return properties


def _add_definition(call: Invocation) -> Item:
    definition = _blank(call)
    errors = call.server.changes.assign(call.filled.properties or (), _SETTABLE, definition)
    if errors:
        return failed(call, _BAD_VALUE, f"{errors[0].property}: {errors[0].text}")
    if not definition.name:
        return failed(call, _EMPTY_NAME, "The name must not be empty.")
    if not definition.event:
        return failed(call, _BAD_VALUE, "EventType: There is no such event.")
    call.site.alarm_definitions.append(definition)
    return succeeded(call, f"AlarmDefinition[{definition.id}]")


def _remove_definition(call: Invocation) -> Item:
    call.site.alarm_definitions.remove(call.chosen("ItemSelection", "AlarmDefinition"))
    return succeeded(call)


# Rules

_RULE_CHOICES = {column.definition.key: column.definition.choices for column in RULE}


def _rule_form(call: Invocation) -> list[Property]:
    return [asked("Name")]


def _add_rule(call: Invocation) -> Item:
    """Three rounds: the name, how it starts and stops, a description (protocol/configuration.md 4.2)."""
    before = [*(call.filled.properties or [])]
    if not call.text("Name").strip():
        return failed(call, _EMPTY_NAME, "The name must not be empty.")
    if not call.has("StartRuleType"):
        starts, stops = _RULE_CHOICES["StartRuleType"], _RULE_CHOICES["StopRuleType"]
        more = [asked("StartRuleType", "Enum", choices=starts), asked("StopRuleType", "Enum", "None", choices=stops)]
        return form(call, [*before, *more])
    if not call.has("Description"):
        return form(call, [*before, asked("Description"), asked("Always", "Tick", "True")])
    rule = Entry(id=call.server.new_id(), name=call.text("Name"))
    errors = call.server.changes.assign(before, RULE, rule)
    if errors:
        return failed(call, _BAD_VALUE, f"{errors[0].property}: {errors[0].text}")
    call.site.rules.append(rule)
    return succeeded(call, f"Rule[{rule.id}]")


def _remove_rule(call: Invocation) -> Item:
    call.site.rules.remove(call.chosen("RemoveRulePath", "Rule"))
    return succeeded(call)


# Roles and basic users: their forms are those of the .NET calls of the same names

_ROLE_SETTABLE = tuple(column for column in ROLE if column.set is not None)
_USER_SETTABLE = tuple(column for column in BASIC_USER if column.set is not None)


def _form_of(columns: tuple[Column, ...], blank: object, call: Invocation) -> list[Property]:
    return [column.property_of(blank, call.server.tree.lookup) for column in columns]


def _blank_role(call: Invocation) -> Entry:
    return Entry(id=call.server.new_id(), name="", settings={"RoleType": "UserDefined"})


def _add_role(call: Invocation) -> Item:
    role = _blank_role(call)
    errors = call.server.changes.assign(call.filled.properties or (), _ROLE_SETTABLE, role)
    if errors:
        return failed(call, _BAD_VALUE, f"{errors[0].property}: {errors[0].text}")
    if not role.name:
        return failed(call, _EMPTY_NAME, "The name must not be empty.")
    if any(other.name.casefold() == role.name.casefold() for other in call.site.roles):
        return failed(call, _TWICE, "There is a role of that name.")
    call.site.roles.append(role)
    return succeeded(call, f"Role[{role.id}]")


def _remove_role(call: Invocation) -> Item:
    role = call.chosen("ItemSelection", "Role")
    if role.settings.get("RoleType") == "Adminstrative":
        return failed(call, _IN_USE, "The role of the administrators cannot be removed.")
    call.site.roles.remove(role)
    return succeeded(call)


def _user_form(call: Invocation) -> list[Property]:
    blank = User(name="", password="")
    return [asked("Name"), asked("Password"), *_form_of(_USER_SETTABLE, blank, call)]


def _add_user(call: Invocation) -> Item:
    """A basic user who can log in at once; roles give no rights here (see `User.visible` and `User.rights`)."""
    name = call.text("Name").strip()
    if not name:
        return failed(call, _EMPTY_NAME, "The name must not be empty.")
    if call.site.user(name) is not None:
        return failed(call, _TWICE, "There is a user of that name.")
    if not call.text("Password"):
        return failed(call, _BAD_VALUE, "Password: The password must not be empty.")
    user = User(name=name, password=call.text("Password"), sid=str(call.server.new_id()).upper())
    errors = call.server.changes.assign(call.filled.properties or (), _USER_SETTABLE, user)
    if errors:
        return failed(call, _BAD_VALUE, f"{errors[0].property}: {errors[0].text}")
    call.site.users.append(user)
    return succeeded(call, f"BasicUser[{basic_user_id(user.name)}]")


def _remove_user(call: Invocation) -> Item:
    user = call.chosen("ItemSelection", "BasicUser")
    call.site.users[:] = [other for other in call.site.users if other is not user]
    return succeeded(call)


def _change_password(call: Invocation) -> Item:
    if not call.text("Password"):
        return failed(call, _BAD_VALUE, "Password: The password must not be empty.")
    call.subject.password = call.text("Password")
    return succeeded(call)


ADMINISTRATION: Mapping[str, Method] = {
    "AddDeviceGroup": Method("Add device group", _group_form, _add_group),
    "RemoveDeviceGroup": Method("Remove device group", _remove_group_form, _remove_group),
    "AddDeviceGroupMember": Method("Add device to group", lambda call: [_selection("Camera")], _add_member),
    "RemoveDeviceGroupMember": Method("Remove device from group", lambda call: [_selection("Camera")], _remove_member),
    "AddUserDefinedEvent": Method("Add user-defined event", lambda call: [asked("Name")], _add_event),
    "RemoveUserDefinedEvent": Method(
        "Remove user-defined event", lambda call: [_selection("UserDefinedEvent")], _remove_event
    ),
    "AddAnalyticsEvent": Method("Add analytics event", lambda call: [asked("Name"), asked("Description")], _add_event),
    "RemoveAnalyticsEvent": Method(
        "Remove analytics event", lambda call: [_selection("AnalyticsEvent")], _remove_event
    ),
    "AddAlarmDefinition": Method("Add alarm definition", _definition_form, _add_definition),
    "RemoveAlarmDefinition": Method(
        "Remove alarm definition", lambda call: [_selection("AlarmDefinition")], _remove_definition
    ),
    "AddRule": Method("Add rule", _rule_form, _add_rule),
    "AddRole": Method("Add role", lambda call: _form_of(_ROLE_SETTABLE, _blank_role(call), call), _add_role),
    "RemoveRole": Method("Remove role", lambda call: [_selection("Role")], _remove_role),
    "AddBasicUser": Method("Add basic user", _user_form, _add_user),
    "RemoveBasicUser": Method("Remove basic user", lambda call: [_selection("BasicUser")], _remove_user),
    "ChangePasswordBasicUser": Method("Change password", lambda call: [asked("Password")], _change_password),
    "RemoveRule": Method("Remove rule", lambda call: [_selection("Rule", "RemoveRulePath")], _remove_rule),
}
