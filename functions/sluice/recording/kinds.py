"""Copying instances of classes that are none of JSON's. See values.py for the rules.

Each class is looked at once; the function that copies its instances is kept.
"""

from __future__ import annotations

import collections
import datetime as dt
import sys
import types
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from .values import (
    BARE,
    ITEMS,
    MAX_ITEMS,
    MAX_KEPT,
    PAIRS,
    PLAIN,
    TEXT,
    Frozen,
    Room,
    freeze_items,
    freeze_leaf,
    freeze_pairs,
)

Copier = Callable[[Any, int, Room], Frozen]
"""Copies an instance: (value, levels that may be looked into, room)."""

# As `type` itself has them. An attribute of a class would ask its metaclass.
_dict_of: Callable[[type], Any] = vars(type)["__dict__"].__get__
_mro_of: Callable[[type], tuple[type, ...]] = vars(type)["__mro__"].__get__
_qualname_of: Callable[[type], str] = vars(type)["__qualname__"].__get__
_args_of: Callable[[Any], Any] = vars(BaseException)["args"].__get__

_MAX_COPIERS = 512
_MAX_NAME = 80
_MAX_DECIMAL_BYTES = 200
_FIRST = slice(0, MAX_ITEMS)

_copiers: dict[int, tuple[type, Copier]] = {}
"""By the class's id. The class is kept, so that no other gets its id."""


def copier_of(cls: type) -> Copier:
    """Return the function that copies a class's instances."""
    found = _copiers.get(id(cls))
    if found is None:
        if len(_copiers) >= _MAX_COPIERS:
            _copiers.clear()
        found = _copiers[id(cls)] = (cls, _make_copier(cls))
    return found[1]


def name_of(cls: type) -> str:
    """Return a class's name, as none of its own code can change it."""
    return _exact(_qualname_of(cls))[:_MAX_NAME]


def _exact(text: str) -> str:
    """Return a text of any class as an exact str."""
    return text if type(text) is str else str.__getitem__(text, slice(None))


def _make_copier(cls: type) -> Copier:
    exact = _EXACT.get(id(cls)) or _late(cls)
    if exact is not None:
        return exact
    mro = _mro_of(cls)
    name = name_of(cls)
    for base in mro:
        made = _OF_BASE.get(id(base))
        if made is not None:
            return made(cls, name, base)
    return _of_fields(mro, name)


# ---- exact types of the standard library


def _size_only(cls: Any) -> Copier:
    name = name_of(cls)
    return lambda value, _depth, _room: (BARE, name, cls.__len__(value), None)


def _plain_text(cls: Any) -> Copier:
    name = name_of(cls)
    return lambda value, _depth, _room: (PLAIN, name, 0, str(value))


def _copy_datetime(value: dt.datetime, _depth: int, _room: Room) -> Frozen:
    zone = value.tzinfo
    # Any other time zone's offset is computed by its own code.
    sure = zone is None or type(zone) is dt.timezone
    return (PLAIN, "datetime", 0, (value if sure else value.replace(tzinfo=None)).isoformat())


def _copy_range(value: range, _depth: int, _room: Room) -> Frozen:
    return (ITEMS, "range", 3, [freeze_leaf(part, id(int)) for part in (value.start, value.stop, value.step)])


def _named(kind: Any) -> Copier:
    get, name = _dict_of(kind)["__qualname__"].__get__, name_of(kind)
    return lambda value, _depth, _room: (PLAIN, name, 0, _exact(get(value))[:_MAX_NAME])


_EXACT: dict[int, Copier] = {
    id(dt.datetime): _copy_datetime,
    id(dt.date): _plain_text(dt.date),
    id(dt.timedelta): _plain_text(dt.timedelta),
    id(complex): _plain_text(complex),
    id(range): _copy_range,
    **{
        id(kind): _named(kind)
        for kind in (types.FunctionType, types.BuiltinFunctionType, types.GeneratorType, types.CoroutineType)
    },
}


def _copy_decimal(value: Any, _depth: int, _room: Room) -> Frozen:
    if value.__sizeof__() > _MAX_DECIMAL_BYTES:
        return (BARE, "Decimal", 0, None)
    return (PLAIN, "Decimal", 0, str(value))


def _copy_uuid(value: Any, _depth: int, _room: Room) -> Frozen:
    number = _dict_of(type(value))["int"].__get__(value)
    text = f"{number:032x}" if type(number) is int else "?"
    return (PLAIN, "UUID", 0, "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])))


def _late(cls: type) -> Copier | None:
    """Return the copier of a class from a module that may not be imported: none is imported for this."""
    for module, name, copier in (("decimal", "Decimal", _copy_decimal), ("uuid", "UUID", _copy_uuid)):
        loaded = sys.modules.get(module)
        if type(loaded) is types.ModuleType and vars(loaded).get(name) is cls:
            return copier
    return None


# ---- classes with a built-in one among their bases

_Maker = Callable[[type, str, Any], Copier]


def _like_dict(_cls: type, name: str, base: Any) -> Copier:
    def copy(value: Any, depth: int, room: Room) -> Frozen:
        size = base.__len__(value)
        if not depth:
            return (BARE, name, size, None)
        return (PAIRS, name, size, freeze_pairs(islice(base.items(value), MAX_ITEMS), depth - 1, room))

    return copy


def _like_list(_cls: type, name: str, base: Any) -> Copier:
    def copy(value: Any, depth: int, room: Room) -> Frozen:
        size = base.__len__(value)
        if not depth:
            return (BARE, name, size, None)
        return (ITEMS, name, size, freeze_items(base.__getitem__(value, _FIRST), depth - 1, room))

    return copy


def _like_set(_cls: type, name: str, base: Any) -> Copier:
    def copy(value: Any, depth: int, room: Room) -> Frozen:
        size = base.__len__(value)
        if not depth:
            return (BARE, name, size, None)
        return (ITEMS, name, size, freeze_items(list(islice(base.__iter__(value), MAX_ITEMS)), depth - 1, room))

    return copy


def _like_tuple(cls: type, name: str, base: Any) -> Copier:
    names = next((found for each in _mro_of(cls) if (found := _dict_of(each).get("_fields")) is not None), None)
    if type(names) is not tuple or any(type(one) is not str for one in names):
        return _like_list(cls, name, base)

    def copy(value: Any, depth: int, room: Room) -> Frozen:
        if not depth:
            return (BARE, name, len(names), None)
        pairs = list(zip(names[_FIRST], tuple.__getitem__(value, _FIRST), strict=False))
        return (PAIRS, name, len(names), freeze_pairs(pairs, depth - 1, room))

    return copy


def _like_str(_cls: type, name: str, _base: Any) -> Copier:
    return lambda value, _depth, _room: (TEXT, name, str.__len__(value), str.__getitem__(value, slice(0, MAX_KEPT)))


def _like_number(_cls: type, name: str, base: Any) -> Copier:
    # int.__int__ and float.__float__ return an exact number.
    get = int.__int__ if base is int else float.__float__

    def copy(value: Any, _depth: int, _room: Room) -> Frozen:
        number = get(value)
        small = type(number) is float or type(freeze_leaf(number, id(int))) is int
        return (PLAIN, name, 0, number) if small else (BARE, name, 0, None)

    return copy


def _like_bytes(_cls: type, name: str, base: Any) -> Copier:
    return lambda value, _depth, _room: (BARE, name, base.__len__(value), None)


def _class(_cls: type, _name: str, _base: Any) -> Copier:
    return lambda value, _depth, _room: (PLAIN, "type", 0, name_of(value))


_OF_BASE: dict[int, _Maker] = {
    id(dict): _like_dict,
    id(list): _like_list,
    id(tuple): _like_tuple,
    **{id(kind): _like_set for kind in (set, frozenset, collections.deque)},
    id(str): _like_str,
    id(int): _like_number,
    id(float): _like_number,
    id(bytes): _like_bytes,
    id(bytearray): _like_bytes,
    id(type): _class,
}


# ---- any other object


def _of_fields(mro: tuple[type, ...], name: str) -> Copier:
    """Return a copier of fields: those in an instance's `__dict__` and slots, and an exception's arguments."""
    is_error = any(base is BaseException for base in mro)
    get_dict, slots = _dict_getter(mro), _slots_of(mro)
    if get_dict is None and not slots and not is_error:
        return lambda _value, _depth, _room: (BARE, name, 0, None)

    def copy(value: Any, depth: int, room: Room) -> Frozen:
        if not depth:
            return (BARE, name, 0, None)
        pairs = [("args", _args_of(value))] if is_error else []
        if get_dict is not None and room.opens_objects:
            own = get_dict(value)
            if type(own) is dict:
                found = list(islice(own.items(), 2 * MAX_ITEMS))
                member = _enum_name(found)
                if member is not None:
                    return (TEXT, name, len(member), member[:MAX_KEPT])
                pairs += [(key, item) for key, item in found if _is_shown(key)]
        pairs += _values_of(slots, value)
        return (PAIRS, name, len(pairs), freeze_pairs(pairs[:MAX_ITEMS], depth - 1, room))

    return copy


def _enum_name(pairs: list[tuple[Any, Any]]) -> str | None:
    """Return the name of an enum's member; None for any other object. A key of another class may have its own `==`."""
    return next((item for key, item in pairs if type(key) is str and key == "_name_" and type(item) is str), None)


def _is_shown(name: object) -> bool:
    return type(name) is str and name[:1] != "_"


def _dict_getter(mro: Iterable[type]) -> Callable[[Any], Any] | None:
    """Return the C function that reads an instance's `__dict__`. A class may have a property of that name instead."""
    found = (_dict_of(base).get("__dict__") for base in mro)
    return next((each.__get__ for each in found if type(each) is types.GetSetDescriptorType), None)


def _slots_of(mro: Iterable[type]) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return the slots of classes written in Python. Those of C classes have meanings of their own."""
    found: list[tuple[str, Callable[[Any], Any]]] = [
        (name, member.__get__)
        for each in map(_dict_of, mro)
        if "__slots__" in each
        for name, member in list(each.items())
        if type(member) is types.MemberDescriptorType and _is_shown(name)
    ]
    return found[:MAX_ITEMS]


def _values_of(slots: list[tuple[str, Callable[[Any], Any]]], value: Any) -> list[tuple[str, Any]]:
    found = []
    for name, get in slots:
        try:
            found.append((name, get(value)))
        except AttributeError:
            continue  # it was never set
    return found
