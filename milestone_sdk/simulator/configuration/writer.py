"""Writes the answers of the Configuration API: every member, also null ones."""
# docs/protocol: configuration-serialization

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
        has_array = any(member.name == "ValueArray" for _, member in self._contracts.layout("Property"))
        kind = f"{forms} {has_array}"
        self._keys = tuple(tuple(f"{kind} {shown} {variant}" for variant in range(_VARIANTS)) for shown in range(3))
        """The keys under which the XML is kept: for a value, for an empty one, for null."""

    def _element(self, tag: str, kind: str, scope: Scope, declarations: str = "") -> Emit:
        write = super()._element(tag, kind, scope, declarations)
        if kind != "Property":
            return write
        random, (keys, empty_keys, null_keys) = self._rng.random, self._keys

        def around(entry: Property, shown: str | None) -> tuple[str, str]:
            parts: list[str] = []
            write(parts, self._view(entry, shown))
            before, _, after = "".join(parts).partition(_VALUE)
            return before, after

        def emit(parts: list[str], entry: Property) -> None:
            text = entry.value
            if entry.array is not None:
                found = around(entry, _VALUE if text else text)
            else:
                key = (keys if text else null_keys if text is None else empty_keys)[int(random() * _VARIANTS)]
                written = entry.definition.written
                if key not in written:
                    written[key] = around(entry, _VALUE if text else text)
                found = written[key]
            parts += (found[0], escape(text), found[1]) if text else found

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
