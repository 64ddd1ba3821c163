"""Copies of values, taken when a call happens. No code of the values' own runs for it.

`freeze` copies, and costs little: it runs in the middle of a handler. render.py makes JSON of the copies after the run,
if the trace keeps them. Rules for anything that looks at a value here or in kinds.py:

- `type(value)`, never `value.__class__` or `isinstance`: both ask the object.
- Look types up by `id(type)`: a dict or set keyed by types calls the metaclass's `__hash__` and `__eq__`.
- Read a class through `type`'s own descriptors: an attribute of a class asks its metaclass.
- Look into containers through the built-in type's own functions, such as `dict.items`, also for subclasses.
- Read attributes from the instance's real `__dict__` and slots, never by `getattr`.
- Show anything else by the name of its type.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

MAX_VALUES = 300
"""Values that are copied in one run: arguments and results, and the containers and objects in them."""

MAX_NODES = 24
"""Containers and objects that are looked into for one value."""

MAX_DEPTH = 3
"""Levels of nesting of one value."""

MAX_ITEMS = 8
"""Items of a container, or fields of an object."""

MAX_KEPT = 4_096
"""Characters that are kept of a text until it is rendered. Redaction must see a secret whole, so a text is not cut to
the length that is shown before."""

_BIG = 1 << 64
"""Size from which an integer is shown by its number of bits. Printing a huge one takes seconds."""

TEXT, ITEMS, PAIRS, BARE, PLAIN = "text", "items", "pairs", "bare", "plain"
"""Forms of a copy. TEXT: its characters. ITEMS: a list of copies. PAIRS: keys and copies in turn. BARE: nothing but the
type and the size. PLAIN: a text or number that stands for the value, such as a date."""

Frozen = Any
"""A copy: an int, float, bool, None or short str as it is, or a tuple (form, type's name, size, contents)."""

CUT = (BARE, "...", 0, None)
"""Stands for a value for which the run had no room."""

_STR, _INT, _DICT, _LIST, _TUPLE = id(str), id(int), id(dict), id(list), id(tuple)
_LEAVES, _SEQUENCES = frozenset({_STR, _INT}), frozenset({_LIST, _TUPLE})
_SIMPLE = frozenset({id(bool), id(type(None)), id(float)})
_FIRST = slice(0, MAX_ITEMS)


class Room:
    """The values that may still be copied.

    Args:
        values: their number.
        opens_objects: True to read the fields of instances. Before Python 3.13 that makes a `__dict__` for each, and
            the handler's own reads of the instance slower from then on.
    """

    __slots__ = ("nodes", "opens_objects", "values")

    def __init__(self, values: int = MAX_VALUES, *, opens_objects: bool = True) -> None:
        self.values = values
        self.nodes = 0
        self.opens_objects = opens_objects


def freeze(value: object, room: Room) -> Frozen:
    """Return a copy of a value.

    Args:
        value: the value.
        room: what may still be copied; the copy is taken off it.
    """
    if room.values <= 0:
        return CUT
    kind = id(type(value))
    if kind in _SIMPLE:
        room.values -= 1
        return value
    if kind in _LEAVES:
        room.values -= 1
        return freeze_leaf(value, kind)
    room.nodes = MAX_NODES
    try:
        return freeze_inside(value, kind, MAX_DEPTH, room)
    except Exception:  # noqa: BLE001 - a container that another thread changes meanwhile
        return CUT


def freeze_leaf(value: Any, kind: int) -> Frozen:
    """Return a copy of an exact str or int."""
    if kind == _STR:
        size = len(value)
        return value if size <= MAX_KEPT else (TEXT, "str", size, value[:MAX_KEPT])
    return value if -_BIG < value < _BIG else (BARE, "int", value.bit_length(), None)


def freeze_inside(value: Any, kind: int, depth: int, room: Room) -> Frozen:
    """Return a copy of a value that is no leaf.

    Args:
        value: the value.
        kind: `id(type(value))`.
        depth: levels that may be looked into.
        room: what may still be copied.
    """
    room.nodes -= 1
    room.values -= 1
    if room.nodes < 0 or room.values < 0:
        return CUT
    if kind == _DICT:
        size = len(value)
        if not depth:
            return (BARE, "dict", size, None)
        return (PAIRS, "dict", size, freeze_pairs(islice(value.items(), MAX_ITEMS), depth - 1, room))
    if kind in _SEQUENCES:
        name = "list" if kind == _LIST else "tuple"
        if not depth:
            return (BARE, name, len(value), None)
        return (ITEMS, name, len(value), freeze_items(value[_FIRST], depth - 1, room))
    from .kinds import copier_of  # noqa: PLC0415 - imported with the first value that is none of JSON's

    return copier_of(type(value))(value, depth, room)


def freeze_items(items: Any, depth: int, room: Room) -> list[Frozen]:
    """Return copies of a container's items.

    Args:
        items: the first items, in a list or tuple.
        depth: levels that may be looked into.
        room: what may still be copied.
    """
    found: list[Frozen] = []
    for item in items:
        kind = id(type(item))
        if kind in _SIMPLE or (kind == _STR and len(item) <= MAX_KEPT):
            found.append(item)
        else:
            found.append(freeze_leaf(item, kind) if kind in _LEAVES else freeze_inside(item, kind, depth, room))
    return found


def freeze_pairs(pairs: Any, depth: int, room: Room) -> list[Frozen]:
    """Return keys and copies of values in turn.

    Args:
        pairs: an iterator of the first pairs, in C code: another thread must not change the container meanwhile.
        depth: levels that may be looked into.
        room: what may still be copied.
    """
    found: list[Frozen] = []
    for key, item in list(pairs):
        kind = id(type(key))
        if kind == _STR and len(key) <= MAX_KEPT:
            found.append(key)
        else:
            found += freeze_items((key,), 0, room)
        kind = id(type(item))
        if kind in _SIMPLE or (kind == _STR and len(item) <= MAX_KEPT):
            found.append(item)
        else:
            found.append(freeze_leaf(item, kind) if kind in _LEAVES else freeze_inside(item, kind, depth, room))
    return found
