"""Writes the answers of the Configuration API: every member, also null ones (protocol/configuration.md 1.8)."""

import random
from collections.abc import Mapping
from typing import Any

from milestone_sdk.simulator.configuration.contract import NAMESPACE, Property, configuration_contracts
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.wire.values import escape
from milestone_sdk.simulator.wire.writer import NullForm, Writer

__all__ = ["ItemWriter"]

_VARIANTS = 4
_VALUE = "\ue000"
"""Stands for the value in the XML of a property that is kept."""


class ItemWriter(Writer):
    """Keeps the XML around the value of a property with its definition: a large site has a million properties.

    `null_form` nil or empty pins the form of null, else `rng` chooses.
    """

    def __init__(self, release: Release, rng: random.Random, null_form: NullForm | None = None) -> None:
        forms: tuple[NullForm, ...] = ("nil", "empty") if null_form in (None, "absent") else (null_form,)
        super().__init__(configuration_contracts(release), NAMESPACE, forms=forms, rng=rng)
        self._kind = forms, "ValueArray" in {member.name for _, member in self._contracts.layout("Property")}

    def _write_members(self, parts: list[str], kind: str, value: Any, scope: Mapping[str, str]) -> None:
        if not isinstance(value, Property):
            super()._write_members(parts, kind, value, scope)
            return
        text = value.value
        shown = _VALUE if text else text
        if value.array is not None:
            before, after = self._around(value, shown, scope)
        else:
            key = (self._kind, int(self._rng.random() * _VARIANTS), shown)
            written = value.definition.written
            before, after = written.get(key) or written.setdefault(key, self._around(value, shown, scope))
        parts += (before, escape(text), after) if text else (before, after)

    def _around(self, entry: Property, shown: str | None, scope: Mapping[str, str]) -> tuple[str, str]:
        """The XML before and after a value."""
        parts: list[str] = []
        definition = entry.definition
        members = {
            member.name: getattr(definition, member.attribute)
            for _, member in self._contracts.layout("Property")
            if member.name not in ("Value", "ValueArray")
        }
        name = definition.key if definition.display_name is None else definition.display_name
        super()._write_members(
            parts, "Property", {**members, "DisplayName": name, "Value": shown, "ValueArray": entry.array}, scope
        )
        before, _, after = "".join(parts).partition(_VALUE)
        return before, after
