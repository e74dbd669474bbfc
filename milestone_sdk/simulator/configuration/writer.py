"""Writes the answers of the Configuration API: every member, also null ones (protocol/configuration.md 1.8)."""

import random

from milestone_sdk.simulator.configuration.contract import NAMESPACE, Property, configuration_contracts
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.wire.contract import Object
from milestone_sdk.simulator.wire.values import escape
from milestone_sdk.simulator.wire.writer import Emit, NullForm, Scope, Writer

__all__ = ["ItemWriter"]

_VARIANTS = 4
_VALUE = "\ue000"
"""Replaces the value in the XML that is kept."""


class ItemWriter(Writer):
    """Keeps the XML around the value of a property with its definition: a large site has a million properties.

    `null_form` nil or empty pins the form of null, else `rng` chooses.
    """

    def __init__(self, release: Release, rng: random.Random, null_form: NullForm | None = None) -> None:
        forms: tuple[NullForm, ...] = ("nil", "empty") if null_form in (None, "absent") else (null_form,)
        super().__init__(configuration_contracts(release), NAMESPACE, forms=forms, rng=rng)
        self._kind = forms, "ValueArray" in {member.name for _, member in self._contracts.layout("Property")}

    def _members(self, kind: str, scope: Scope) -> Emit:
        write = super()._members(kind, scope)
        if kind != "Property":
            return write
        key, random = self._kind, self._rng.random

        def around(entry: Property, shown: str | None) -> tuple[str, str]:
            parts: list[str] = []
            write(parts, self._view(entry, shown))
            before, _, after = "".join(parts).partition(_VALUE)
            return before, after

        def emit(parts: list[str], entry: Property) -> None:
            text = entry.value
            shown = _VALUE if text else text
            if entry.array is not None:
                before, after = around(entry, shown)
            else:
                variant = key, int(random() * _VARIANTS), shown
                written = entry.definition.written
                found = written.get(variant)
                if found is None:
                    found = written[variant] = around(entry, shown)
                before, after = found
            parts += (before, escape(text), after) if text else (before, after)

        return emit

    def _view(self, entry: Property, value: str | None) -> Object:
        """The members of a property; one without display name shows its key."""
        definition = entry.definition
        members = {
            member.name: getattr(definition, member.attribute)
            for _, member in self._contracts.layout("Property")
            if member.name not in ("Value", "ValueArray")
        }
        name = definition.key if definition.display_name is None else definition.display_name
        return {**members, "DisplayName": name, "Value": value, "ValueArray": entry.array}
