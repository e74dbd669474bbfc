"""Writes the answers of the Configuration API as WCF does (protocol/configuration.md 1.8): every member, also nil ones.

Prefixes: `a` for the data types and `i` on the result element, `b` for string arrays.
"""

import random
import re
from collections.abc import Iterable
from functools import lru_cache

from milestone_sdk.simulator.configuration.contract import (
    DATA,
    VALUE_ARRAY_SINCE,
    Definition,
    Enabling,
    Item,
    MethodInfo,
    Property,
    ValidateResult,
)
from milestone_sdk.simulator.management.datacontract import NullForm
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.wire.soap import ARRAYS, XSI, boolean_text, escape

__all__ = ["Writer"]

_VARIANTS = 4
_PLAIN = re.compile("[^&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]*").fullmatch


def _escaped(text: str) -> str:
    """The same as `escape`, quick for text that needs none: a large site has a million values."""
    return text if _PLAIN(text) else escape(text)


@lru_cache(maxsize=512)
def _strings(name: str, values: tuple[str, ...]) -> str:
    """An ArrayOfstring; nothing is written as empty."""
    inner = "".join([f"<b:string>{_escaped(value)}</b:string>" for value in values])
    scope = f'<a:{name} xmlns:b="{ARRAYS}"'
    return f"{scope}>{inner}</a:{name}>" if inner else f"{scope}/>"


def _text(name: str, value: str | None, rng: random.Random | None = None, form: NullForm | None = None) -> str:
    """A nullable string; nothing is nil, or empty where the writer may choose."""
    if value:
        return f"<a:{name}>{_escaped(value)}</a:{name}>"
    if value is None and form != "empty" and (form == "nil" or rng is None or rng.random() < 0.5):
        return f'<a:{name} i:nil="true"/>'
    return f"<a:{name}/>"


def _around_value(told: Definition, value_array: bool, variant: int) -> tuple[str, str, str]:
    """Ready XML before the value, behind it, and behind a ValueArray that is there; kept with the definition."""
    form: NullForm | None = "nil" if variant == 0 else "empty" if variant == 1 else None
    rng = random.Random(variant)
    name = told.display_name if told.display_name is not None else told.key
    before = (
        f"<a:Property>{_text('DisplayName', name)}<a:IsSettable>{boolean_text(told.settable)}</a:IsSettable>"
        f"<a:ItemReference>{boolean_text(told.item_reference)}</a:ItemReference>{_text('Key', told.key)}"
        f"{_text('SelectedValueTypeInfoName', told.selected_name, rng, form)}"
        f"<a:ServerValidation>{boolean_text(told.server_validation)}</a:ServerValidation>"
        f"<a:SortKey>{told.sort_key}</a:SortKey>{_text('ToolTipTranslationId', told.tool_tip_id, rng, form)}"
        f"{_text('TranslationId', told.translation_id, rng, form)}<a:UIImportance>{told.ui_importance}</a:UIImportance>"
    )
    infos = "".join(
        f"<a:ValueTypeInfo>{_text('Name', info.name)}{_text('TranslationId', info.translation_id, rng, form)}"
        f"{_text('Value', info.value)}</a:ValueTypeInfo>"
        for info in told.choices
    )
    if infos:
        tail = f"<a:ValueTypeInfos>{infos}</a:ValueTypeInfos>"
    else:
        tail = "<a:ValueTypeInfos/>" if form == "empty" or rng.random() < 0.5 else '<a:ValueTypeInfos i:nil="true"/>'
    after = f"{_text('ValueType', told.value_type)}{tail}</a:Property>"
    written = before, ('<a:ValueArray i:nil="true"/>' if value_array else "") + after, after
    told.written[value_array, variant] = written
    return written


class Writer:
    """Writes what answers hold; `null_form` nil or empty pins the form of nothing, else `rng` chooses."""

    def __init__(self, release: Release, rng: random.Random, null_form: NullForm | None = None) -> None:
        self._value_array = release.version >= VALUE_ARRAY_SINCE
        self._rng = rng
        self._form: NullForm | None = None if null_form == "absent" else null_form

    def result(self, operation: str, inner: str | None, *, attributes: str = "") -> bytes:
        """The `<OperationResult>` element; None is nil."""
        name = f"{operation}Result"
        scope = f'<{name} xmlns:a="{DATA}" xmlns:i="{XSI}"{attributes}'
        if inner is None:
            return f'{scope} i:nil="true"/>'.encode()
        return f"{scope}>{inner}</{name}>".encode() if inner else f"{scope}/>".encode()

    def items(self, operation: str, items: Iterable[Item], *, nothing: NullForm | None = None) -> bytes:
        """An ArrayOfConfigurationItem result; with no items it is nil or empty (protocol/configuration.md 1.4)."""
        written = [f"<a:ConfigurationItem>{self.inside(item)}</a:ConfigurationItem>".encode() for item in items]
        if written:
            empty = self.result(operation, "")
            return b"".join([empty[:-2], b">", *written, f"</{operation}Result>".encode()])
        return self.result(operation, None if (nothing or self._nothing()) == "nil" else "")

    def item(self, operation: str, item: Item | None) -> bytes:
        """A ConfigurationItem result."""
        return self.result(operation, None if item is None else self.inside(item))

    def inside(self, item: Item) -> str:
        """The thirteen members of an item."""
        rng, form = self._rng, self._form
        category, properties = item.category, item.properties
        children = self._children(item.children)
        return (
            f"{children}<a:ChildrenFilled>{boolean_text(item.children_filled)}</a:ChildrenFilled>"
            f"{_text('DisplayName', item.display_name, rng, form)}{self._enabling(item.enabling)}"
            f"{_text('ItemCategory', category, rng, form)}{_text('ItemType', item.item_type)}"
            f"{_strings('MethodIds', tuple(item.methods or ()))}{_text('ParentPath', item.parent_path, rng, form)}"
            f"{_text('Path', item.path)}{self._properties(properties)}"
            f"{_text('ServerCookie', item.server_cookie, rng, form)}<a:SortKey>{item.sort_key}</a:SortKey>"
            f"{_text('UIHint', item.ui_hint, rng, form)}"
        )

    def _children(self, children: list[Item] | None) -> str:
        if not children:
            return '<a:Children i:nil="true"/>' if children is None or self._nothing() == "nil" else "<a:Children/>"
        inner = "".join([f"<a:ConfigurationItem>{self.inside(child)}</a:ConfigurationItem>" for child in children])
        return f"<a:Children>{inner}</a:Children>"

    def _properties(self, properties: list[Property] | None) -> str:
        if not properties:
            return '<a:Properties i:nil="true"/>' if self._nothing() == "nil" else "<a:Properties/>"
        variant = {"nil": 0, "empty": 1}.get(self._form or "", self._rng.randrange(_VARIANTS))
        value_array = self._value_array
        parts = ["<a:Properties>"]
        for entry in properties:
            definition = entry.definition
            before, after, after_array = definition.written.get((value_array, variant)) or _around_value(
                definition, value_array, variant
            )
            value = entry.value
            if value:
                told = f"<a:Value>{_escaped(value)}</a:Value>"
            else:
                told = "<a:Value/>" if value == "" else '<a:Value i:nil="true"/>'
            if entry.array is not None and value_array:
                parts += (before, told, _strings("ValueArray", tuple(entry.array)), after_array)
            else:
                parts += (before, told, after)
        parts.append("</a:Properties>")
        return "".join(parts)

    def _enabling(self, enabling: Enabling | None) -> str:
        if enabling is None:
            return '<a:EnableProperty i:nil="true"/>'
        return (
            f"<a:EnableProperty>{_text('DisplayName', enabling.display_name)}"
            f"<a:Enabled>{boolean_text(enabling.enabled)}</a:Enabled>"
            f"{_text('TranslationId', enabling.translation_id)}"
            f"<a:UIToFollowEnabled>{boolean_text(enabling.ui_to_follow)}</a:UIToFollowEnabled></a:EnableProperty>"
        )

    def _nothing(self) -> NullForm:
        return self._form or ("nil" if self._rng.random() < 0.5 else "empty")

    def validation(self, operation: str, result: ValidateResult) -> bytes:
        """A ValidateResult."""
        errors = "".join(
            f"<a:ErrorResult>{_text('ErrorProperty', error.property)}{_text('ErrorText', error.text)}"
            f"{_text('ErrorTextId', error.text_id)}</a:ErrorResult>"
            for error in result.errors
        )
        nothing = '<a:ErrorResults i:nil="true"/>' if self._nothing() == "nil" else "<a:ErrorResults/>"
        told = f"<a:ErrorResults>{errors}</a:ErrorResults>" if errors else nothing
        item = result.item
        shown = '<a:ResultItem i:nil="true"/>' if item is None else f"<a:ResultItem>{self.inside(item)}</a:ResultItem>"
        return self.result(operation, f"{told}{shown}<a:ValidatedOk>{boolean_text(not errors)}</a:ValidatedOk>")

    def _method(self, info: MethodInfo) -> str:
        return (
            f'<a:Bitmap i:nil="true"/>{_text("DisplayName", info.display_name)}{_text("MethodId", info.method_id)}'
            f"{_text('TranslationId', 'Method' + info.method_id)}"
        )

    def methods(self, operation: str, infos: Iterable[MethodInfo]) -> bytes:
        """An ArrayOfMethodInfo result."""
        return self.result(operation, "".join(f"<a:MethodInfo>{self._method(info)}</a:MethodInfo>" for info in infos))

    def method(self, operation: str, info: MethodInfo) -> bytes:
        """A MethodInfo result."""
        return self.result(operation, self._method(info))

    def dictionary(self, operation: str, pairs: Iterable[tuple[str, str]]) -> bytes:
        """An ArrayOfKeyValueOfstringstring result: here the Arrays namespace has the prefix `a`."""
        inner = "".join(
            f"<a:KeyValueOfstringstring>{_text('Key', key)}{_text('Value', value)}</a:KeyValueOfstringstring>"
            for key, value in pairs
        )
        name = f"{operation}Result"
        return f'<{name} xmlns:a="{ARRAYS}" xmlns:i="{XSI}">{inner}</{name}>'.encode()
