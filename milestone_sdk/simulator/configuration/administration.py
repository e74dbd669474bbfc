"""Methods that are done at once: groups, events, alarm definitions, rules, roles, users."""
# docs/protocol: configuration-methods

from collections.abc import Mapping

from milestone_sdk.simulator.configuration.columns import Column
from milestone_sdk.simulator.configuration.contract import Choice, Item, Property
from milestone_sdk.simulator.configuration.events import ALARM_DEFINITION, BASIC_USER, ROLE, RULE, basic_user_id
from milestone_sdk.simulator.configuration.invocation import (
    BAD_VALUE,
    TWICE,
    Invocation,
    Method,
    MethodFailure,
    asked,
    form,
    selection,
    succeeded,
)
from milestone_sdk.simulator.site.devices import Group
from milestone_sdk.simulator.site.model import AlarmDefinition, Entry, EventType, Site, User

__all__ = ["ADMINISTRATION"]

_IN_USE = 61011
_NOT_EMPTY = 61012


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
    name = call.name(call.text(name_key).strip())
    group = Group(id=call.server.new_id(), name=name, description=call.text(description_key))
    group.last_modified = call.site.now()
    _siblings(call).append(group)
    _changed(call)
    return succeeded(call, f"CameraGroup[{group.id}]")


def _remove_group_form(call: Invocation) -> list[Property]:
    groups = [Choice(group.name, f"CameraGroup[{group.id}]") for group in _siblings(call)]
    chosen = asked("ItemSelection", "Enum", choices=groups, name="Item")
    return [chosen, asked("RemoveMembers", "Tick", "False", name="Remove members")]


def _remove_group(call: Invocation) -> Item:
    group = call.chosen("ItemSelection", "CameraGroup")
    siblings = _siblings(call)
    if not any(sibling is group for sibling in siblings):
        raise MethodFailure(BAD_VALUE, "The group is not in this folder.")
    if (group.cameras or group.groups) and call.text("RemoveMembers").lower() != "true":
        raise MethodFailure(_NOT_EMPTY, "The group is not empty.")
    siblings[:] = [sibling for sibling in siblings if sibling is not group]
    _changed(call)
    return succeeded(call)


def _add_member(call: Invocation) -> Item:
    camera = call.chosen("ItemSelection", "Camera")
    if camera.id in call.subject.cameras:
        raise MethodFailure(TWICE, "The device is in the group already.")
    call.subject.cameras.append(camera.id)
    _changed(call)
    return succeeded(call, f"Camera[{camera.id}]")


def _remove_member(call: Invocation) -> Item:
    camera = call.chosen("ItemSelection", "Camera")
    if camera.id not in call.subject.cameras:
        raise MethodFailure(BAD_VALUE, "The device is not in the group.")
    call.subject.cameras.remove(camera.id)
    _changed(call)
    return succeeded(call)


# Events


def _add_event(call: Invocation) -> Item:
    name = call.name(call.text("Name").strip(), lambda name: call.site.event_type(name) is not None, "an event")
    kind, item_type = ("user", "UserDefinedEvent") if "User" in call.method else ("analytics", "AnalyticsEvent")
    event = EventType(id=call.server.new_id(), name=name, kind=kind, description=call.text("Description"))
    call.site.event_types.append(event)
    return succeeded(call, f"{item_type}[{event.id}]")


def _remove_event(call: Invocation) -> Item:
    event = call.chosen("ItemSelection", call.method.removeprefix("Remove"))
    if any(definition.event == event.name for definition in call.site.alarm_definitions):
        raise MethodFailure(_IN_USE, "The event is used by an alarm definition.")
    call.site.event_types.remove(event)
    return succeeded(call)


# Alarm definitions


def _settable(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.set is not None)


def _form_of(columns: tuple[Column, ...], blank: object, call: Invocation) -> list[Property]:
    return [column.property_of(blank, call.server.tree.lookup) for column in columns]


_DEFINITION_SETTABLE = _settable(ALARM_DEFINITION)


def _blank(call: Invocation) -> AlarmDefinition:
    return AlarmDefinition(id=call.server.new_id(), name="", event="")


def _definition_form(call: Invocation) -> list[Property]:
    properties = _form_of(_DEFINITION_SETTABLE, _blank(call), call)
    call.server.tree.fill_choices(properties)
    return properties


def _add_definition(call: Invocation) -> Item:
    definition = _blank(call)
    call.assign(_DEFINITION_SETTABLE, definition)
    call.name(definition.name)
    if not definition.event:
        raise MethodFailure(BAD_VALUE, "EventType: There is no such event.")
    call.site.alarm_definitions.append(definition)
    return succeeded(call, f"AlarmDefinition[{definition.id}]")


def _remove_definition(call: Invocation) -> Item:
    call.site.alarm_definitions.remove(call.chosen("ItemSelection", "AlarmDefinition"))
    return succeeded(call)


# Rules

_RULE_CHOICES = {column.definition.key: column.definition.choices for column in RULE}


def _add_rule(call: Invocation) -> Item:
    """Three rounds: the name, how it starts and stops, a description (docs/protocol: configuration-methods)."""
    before = [*(call.filled.properties or [])]
    call.name(call.text("Name").strip())
    if not call.has("StartRuleType"):
        starts, stops = _RULE_CHOICES["StartRuleType"], _RULE_CHOICES["StopRuleType"]
        more = [asked("StartRuleType", "Enum", choices=starts), asked("StopRuleType", "Enum", "None", choices=stops)]
        return form(call, [*before, *more])
    if not call.has("Description"):
        return form(call, [*before, asked("Description"), asked("Always", "Tick", "True")])
    rule = Entry(id=call.server.new_id(), name=call.text("Name"))
    call.assign(RULE, rule)
    call.site.rules.append(rule)
    return succeeded(call, f"Rule[{rule.id}]")


def _remove_rule(call: Invocation) -> Item:
    call.site.rules.remove(call.chosen("RemoveRulePath", "Rule"))
    return succeeded(call)


# Roles and basic users: their forms are those of the .NET calls of the same names

_ROLE_SETTABLE, _USER_SETTABLE = _settable(ROLE), _settable(BASIC_USER)


def _blank_role(call: Invocation) -> Entry:
    return Entry(id=call.server.new_id(), name="", settings={"RoleType": "UserDefined"})


def _add_role(call: Invocation) -> Item:
    role = _blank_role(call)
    call.assign(_ROLE_SETTABLE, role)
    names = {other.name.casefold() for other in call.site.roles}
    call.name(role.name, lambda name: name.casefold() in names, "a role")
    call.site.roles.append(role)
    return succeeded(call, f"Role[{role.id}]")


def _remove_role(call: Invocation) -> Item:
    role = call.chosen("ItemSelection", "Role")
    if role.settings.get("RoleType") == "Adminstrative":
        raise MethodFailure(_IN_USE, "The role of the administrators cannot be removed.")
    call.site.roles.remove(role)
    return succeeded(call)


def _user_form(call: Invocation) -> list[Property]:
    return [asked("Name"), asked("Password"), *_form_of(_USER_SETTABLE, User(name="", password=""), call)]


def _password(call: Invocation) -> str:
    if not call.text("Password"):
        raise MethodFailure(BAD_VALUE, "Password: The password must not be empty.")
    return call.text("Password")


def _add_user(call: Invocation) -> Item:
    """A basic user who can log in at once; roles give no rights here (see `User.visible` and `User.rights`)."""
    name = call.name(call.text("Name").strip(), lambda name: call.site.user(name) is not None, "a user")
    user = User(name=name, password=_password(call), sid=str(call.server.new_id()).upper())
    call.assign(_USER_SETTABLE, user)
    call.site.users.append(user)
    return succeeded(call, f"BasicUser[{basic_user_id(user.name)}]")


def _remove_user(call: Invocation) -> Item:
    user = call.chosen("ItemSelection", "BasicUser")
    call.site.users[:] = [other for other in call.site.users if other is not user]
    return succeeded(call)


def _change_password(call: Invocation) -> Item:
    call.subject.password = _password(call)
    return succeeded(call)


ADMINISTRATION: Mapping[str, Method] = {
    "AddDeviceGroup": Method("Add device group", _group_form, _add_group),
    "RemoveDeviceGroup": Method("Remove device group", _remove_group_form, _remove_group),
    "AddDeviceGroupMember": Method("Add device to group", lambda call: [selection("Camera")], _add_member),
    "RemoveDeviceGroupMember": Method("Remove device from group", lambda call: [selection("Camera")], _remove_member),
    "AddUserDefinedEvent": Method("Add user-defined event", lambda call: [asked("Name")], _add_event),
    "RemoveUserDefinedEvent": Method(
        "Remove user-defined event", lambda call: [selection("UserDefinedEvent")], _remove_event
    ),
    "AddAnalyticsEvent": Method("Add analytics event", lambda call: [asked("Name"), asked("Description")], _add_event),
    "RemoveAnalyticsEvent": Method("Remove analytics event", lambda call: [selection("AnalyticsEvent")], _remove_event),
    "AddAlarmDefinition": Method("Add alarm definition", _definition_form, _add_definition),
    "RemoveAlarmDefinition": Method(
        "Remove alarm definition", lambda call: [selection("AlarmDefinition")], _remove_definition
    ),
    "AddRule": Method("Add rule", lambda call: [asked("Name")], _add_rule),
    "AddRole": Method("Add role", lambda call: _form_of(_ROLE_SETTABLE, _blank_role(call), call), _add_role),
    "RemoveRole": Method("Remove role", lambda call: [selection("Role")], _remove_role),
    "AddBasicUser": Method("Add basic user", _user_form, _add_user),
    "RemoveBasicUser": Method("Remove basic user", lambda call: [selection("BasicUser")], _remove_user),
    "ChangePasswordBasicUser": Method("Change password", lambda call: [asked("Password")], _change_password),
    "RemoveRule": Method("Remove rule", lambda call: [selection("Rule", "RemoveRulePath")], _remove_rule),
}
