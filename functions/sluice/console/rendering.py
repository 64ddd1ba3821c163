"""Pages from templates. Everything from outside is escaped, and no character turns text around."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..cli.terminal import visible
from ..traces.trace import iso

_MACROS = ("icon", "state", "time", "secret", "number", "copy", "command_line")
"""Macros that every template may call."""

NOTHING = "\N{EN DASH}"
"""Stands for a value that is not known."""

_MS, _S, _MIN = 1_000, 1_000_000, 60_000_000
"""Microseconds."""

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def _shown(value: object) -> object:
    """Return what a template prints: text without characters that a browser would act on."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return NOTHING if value is None else value


def span_text(seconds: float) -> str:
    """Return a span of time in words of one or two units, such as `3 d 2 h`."""
    left = max(0, int(seconds))
    for index, (size, unit) in enumerate(_UNITS):
        if left >= size:
            text = f"{left // size} {unit}"
            if index + 1 < len(_UNITS) and unit != "min":
                smaller, name = _UNITS[index + 1]
                rest = left % size // smaller
                text += f" {rest} {name}" if rest else ""
            return text
    return "0 s"


def took_text(us: float | None) -> str:
    """Return a duration: microseconds in, such as `1.36 s` out."""
    if us is None:
        return NOTHING
    if us < _MS:
        return f"{us:.0f} µs"
    if us < _S:
        return f"{us / _MS:.{1 if us < 10 * _MS else 0}f} ms"
    return f"{us / _S:.2f} s" if us < _MIN else span_text(us / _S)


def count_text(number: int | None) -> str:
    """Return a number with its thousands apart."""
    return NOTHING if number is None else f"{number:,}"


def moment(text: str | None) -> datetime | None:
    """Return the moment in ISO 8601 text; None if there is none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def age_text(when: str | datetime | None, now: datetime | None = None) -> str:
    """Return how long ago a moment was, or in how long it is."""
    at = moment(when) if isinstance(when, str) else when
    if at is None:
        return NOTHING
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    return f"{span_text(seconds)} ago" if seconds >= 0 else f"in {span_text(-seconds)}"


def clock_text(when: str | datetime | None) -> str:
    """Return a moment by the clock in UTC: the time today, and the day before it on other days."""
    at = moment(when) if isinstance(when, str) else when
    if at is None:
        return NOTHING
    at = at.astimezone(UTC)
    today = datetime.now(UTC).date() == at.date()
    return at.strftime("%H:%M:%S") if today else at.strftime("%-d %b %H:%M")


def environment() -> Environment:
    """Return the environment of the templates."""
    made = Environment(
        loader=PackageLoader("sluice.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "age": age_text,
        "clock": clock_text,
        "count": count_text,
        "iso": iso,
        "span": span_text,
        "took": took_text,
    }
    return made


class Pages:
    """The templates, and what all of them know.

    Args:
        known: values for every page.
    """

    def __init__(self, **known: Any) -> None:
        self._environment = environment()
        self._environment.globals |= known
        macros = self._environment.get_template("macros.html").module
        self._environment.globals |= {name: getattr(macros, name) for name in _MACROS}

    def render(self, template: str, **values: Any) -> str:
        """Return a page.

        Args:
            template: the template's name without `.html`.
            values: what the template needs.
        """
        return self._environment.get_template(f"{template}.html").render(**values)
