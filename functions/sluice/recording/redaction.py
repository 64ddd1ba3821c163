"""Secrets are removed from what is stored and logged of a run: those of its event, and what looks like one.

A secret is known in three ways:

1. By its name: what stands under a name such as `password` (secret_names.py), in values and in texts (named_values.py).
2. By its value: what stood under such a name is removed wherever else it appears in the run.
3. By its form: keys, tokens, card numbers (secret_patterns.py).

Redact before cutting: of a secret that was cut, the rest matches nothing, and would be stored.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .named_values import NamedValue, has_named_value, named_values
from .secret_names import SecretNames
from .secret_patterns import HIDDEN, may_hold_pattern, without_patterns
from .secret_values import CONTAINERS, forms_of, leaves_of, may_be_secret

SHORTEST_VALUE = 5
"""Characters of a value that is removed wherever it appears. A shorter one is removed under its name only: as `1234`,
it would also be removed from other numbers."""

_MAX_VALUES = 200
"""Values of a run that are removed wherever they appear. Each is looked for in every text."""

_SHORTEST_LINE = 12
"""Characters of a line of a secret that is removed by itself: a private key's lines may be printed one by one."""

_LONGEST_VALUE = 20_000

_STRING_OR_BARE = rf'"[^"\\]*(?:\\.[^"\\]*)*"|[-+.eE\d]*{re.escape(HIDDEN)}[-+.eE\d]*'

_DIRECTORIES = frozenset({"OLDPWD", "PWD"})
"""Environment variables of a shell's. Lambda has the second: `/var/task`, which every traceback names."""

_EXCEPT = "!"
"""Before a name in the settings: it is no secret's."""


class Redaction:
    """The settings of redaction, which make the `Secrets` of each run.

    Args:
        names: further names of secrets; those with a `!` before them are no secrets.
        environment: environment variables, whose secrets are removed from every run.
        is_on: False to leave everything as it is.
    """

    def __init__(
        self, names: Iterable[str] = (), *, environment: Mapping[str, str] | None = None, is_on: bool = True
    ) -> None:
        names = list(names)
        self.is_on = is_on
        self._names = SecretNames(
            [name for name in names if not name.startswith(_EXCEPT)],
            [name.removeprefix(_EXCEPT) for name in names if name.startswith(_EXCEPT)],
        )
        shared = Secrets(self._names)
        if is_on:
            for name, value in (environment or {}).items():
                if name not in _DIRECTORIES and self._names.is_hidden(name):
                    shared.note(value)
        self._shared = shared

    @classmethod
    def of(cls, setting: Iterable[str] | bool, environment: Mapping[str, str] | None = None) -> Redaction:
        """Return the redaction of a handler's setting.

        Args:
            setting: its names; False for none at all.
            environment: environment variables, whose secrets are removed from every run.
        """
        if isinstance(setting, bool):
            return cls(environment=environment, is_on=setting)
        return cls(setting, environment=environment)

    def of_run(self) -> Secrets:
        """Return the secrets of a new run: none but the environment's."""
        return Secrets(self._names, self._shared) if self.is_on else Unredacted(self._names)


class Secrets:
    """The secrets of one run, which it learns as it goes.

    Its methods never raise an `Exception`, and never change what they are given.

    Args:
        names: tells names of secrets from others.
        shared: secrets that are known before the run.
    """

    def __init__(self, names: SecretNames, shared: Secrets | None = None) -> None:
        self._names = names
        self._values: dict[str, None] = dict(shared._values) if shared else {}  # noqa: SLF001 - another of its kind

    def is_hidden(self, name: str) -> bool:
        """Return True if what stands under this name is secret."""
        return self._names.is_hidden(name)

    def note(self, value: object) -> None:
        """Have a value removed wherever it appears from now on.

        Args:
            value: a text or a number that stood under a secret's name, or a dict or list of them.
        """
        with contextlib.suppress(Exception):
            for one in leaves_of(value):
                self._note_text(one)

    def text(self, text: str) -> str:
        """Return a text without secrets; the text itself if it has none."""
        try:
            return self._without_secrets(text)
        except Exception as error:  # noqa: BLE001 - what can't be looked through is not stored
            return f"[left out, as it could not be redacted: {type(error).__name__}]"

    def without_values(self, text: str) -> str:
        """Return a text without the values that are known to be secret. This is cheaper than `text`."""
        try:
            return self._without_values(text)
        except Exception as error:  # noqa: BLE001 - as above
            return f"[left out, as it could not be redacted: {type(error).__name__}]"

    def json_text(self, text: str, value: object) -> str:
        """Return JSON text without secrets; the text itself if it has none.

        Args:
            text: the text.
            value: the text, parsed. If it isn't JSON, the text.
        """
        if type(value) not in CONTAINERS:
            return self.text(text)
        try:
            return _still_json(self._without_secrets(text)) if self._may_hold_secret(text, value) else text
        except Exception as error:  # noqa: BLE001 - as above
            return json.dumps(f"[left out, as it could not be redacted: {type(error).__name__}]")

    def json(self, value: Any) -> Any:
        """Return a value that JSON carries without secrets; the value itself if it has none."""
        try:
            if type(value) in CONTAINERS and not self._may_hold_secret(json.dumps(value), value):
                return value
            return self._json(value)
        except Exception as error:  # noqa: BLE001 - as above
            return f"[left out, as it could not be redacted: {type(error).__name__}]"

    def _json(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._without_secrets(value)
        if kind is dict:
            return {
                self._without_secrets(name) if type(name) is str else name: self._under_name(name, one)
                for name, one in value.items()
            }
        if kind is list or kind is tuple:
            return [self._json(one) for one in value]
        if kind is int or kind is float:
            text = str(value)
            return value if self._without_secrets(text) == text else HIDDEN
        return value

    def _under_name(self, name: object, value: Any) -> Any:
        return HIDDEN if type(name) is str and may_be_secret(value) and self.is_hidden(name) else self._json(value)

    def _may_hold_secret(self, text: str, value: Any) -> bool:
        """Return False if a JSON text has no secret. Most have none, so this is all that they cost."""
        hidden = self._note_hidden(value)
        return (
            hidden
            or self._has_value(text)
            or may_hold_pattern(text)
            or ("=" in text and has_named_value("=", text, self.is_hidden))
            # JSON in a string of JSON.
            or ("\\" in text and '\\":' in text and has_named_value(":", text, self.is_hidden))
        )

    def _has_value(self, text: str) -> bool:
        # A loop: a generator costs twice as much, and most runs know one or two values.
        for one in self._values:  # noqa: SIM110 - as above
            if one in text:
                return True
        return False

    def _note_hidden(self, value: Any) -> bool:
        """Note what stands under secrets' names in a parsed value, and return True if there is any."""
        plain = self._names.known_plain
        found = False
        containers = [value]
        for container in containers:
            parts = container
            if type(container) is dict:
                parts = container.values()
                if not plain.issuperset(container):
                    for name, one in container.items():
                        if type(name) is str and self.is_hidden(name) and may_be_secret(one):
                            self.note(one)
                            found = True
            if not CONTAINERS.isdisjoint(map(type, parts)):
                containers.extend(one for one in parts if type(one) in CONTAINERS)
        return found

    def _without_secrets(self, text: str) -> str:
        if ":" in text or "=" in text:
            text = self._without_named(text)
        text = self._without_values(text)
        return without_patterns(text, self._note_text) if may_hold_pattern(text) else text

    def _without_named(self, text: str) -> str:
        pieces: list[str] = []
        done = 0
        for value in named_values(text, self.is_hidden):
            secret = text[value.start : value.end]
            if secret == HIDDEN:
                continue
            pieces += text[done : value.start], value.quote, HIDDEN, value.quote
            done = value.end
            self._note_named(secret, value)
        return "".join((*pieces, text[done:])) if pieces else text

    def _note_named(self, secret: str, value: NamedValue) -> None:
        if value.is_certain and not value.quote.endswith(('"', "'")) and "\\" not in secret:
            self._note_text(secret)

    def _without_values(self, text: str) -> str:
        for value in self._values:
            if value in text:
                # The longest first: a value may be part of another.
                for one in sorted(self._values, key=len, reverse=True):
                    text = text.replace(one, HIDDEN)
                return text
        return text

    def _note_text(self, value: object) -> None:
        kind = type(value)
        if kind is int or kind is float:
            value = str(value)
        elif kind is bytes:
            value = value.decode("utf-8", "replace")  # type: ignore[attr-defined]
        if type(value) is not str or value in self._values or len(self._values) >= _MAX_VALUES:
            return
        value = value.strip()[:_LONGEST_VALUE]
        if len(value) < SHORTEST_VALUE or value == HIDDEN:
            return
        for form in forms_of(value):
            self._values[form] = None
        scheme, _, credentials = value.partition(" ")
        if scheme.lower() in ("bearer", "basic", "token"):
            self._note_text(credentials)
        if "\n" in value:
            for line in value.splitlines():
                if len(line) >= _SHORTEST_LINE and not line.startswith("-----"):
                    self._note_text(line)


class Unredacted(Secrets):
    """The secrets of a run whose redaction is off: everything stays as it is."""

    def is_hidden(self, name: str) -> bool:  # noqa: ARG002 - as `Secrets` has it
        """Return False."""
        return False

    def note(self, value: object) -> None:
        """Do nothing."""

    def text(self, text: str) -> str:
        """Return the text."""
        return text

    def without_values(self, text: str) -> str:
        """Return the text."""
        return text

    def json_text(self, text: str, value: object) -> str:  # noqa: ARG002 - as `Secrets` has it
        """Return the text."""
        return text

    def json(self, value: Any) -> Any:
        """Return the value."""
        return value


def _still_json(text: str) -> str:
    """Return JSON text whose numbers were redacted, with quotation marks around what stands in their place."""
    try:
        json.loads(text)
    except ValueError:
        return re.sub(_STRING_OR_BARE, lambda found: found[0] if found[0][0] == '"' else f'"{HIDDEN}"', text)
    return text
