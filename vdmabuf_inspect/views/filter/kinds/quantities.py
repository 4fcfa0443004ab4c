"""Numbers: plain ones, bytes, addresses, durations, times, and yes or no."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.kinds.base import EQUALITY, ORDER, Kind, Values

_INTEGER = re.compile(r"(?P<hex>[+-]?0x[0-9a-f]{1,40})|(?P<dec>[+-]?[0-9]{1,40})", re.IGNORECASE)
_SIZE = re.compile(r"([0-9]{1,20})(?:(k|m|g)(?:ib|b)?|b)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_DURATION = re.compile(r"([+-]?(?:[0-9]{1,20}\.?[0-9]{0,20}|\.[0-9]{1,20}))(ns|us|µs|ms|s|m|h)", re.IGNORECASE)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"\.(\d{1,9})\d*")


@dataclass(frozen=True)
class Number(Kind):
    """Integers, decimal or 0x hexadecimal."""

    name: str = "number"
    ordered = True

    def read(self, text: str) -> int:
        """An integer."""
        found = _INTEGER.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no number; write 42 or 0x2a")
        return int(text, 16 if found["hex"] else 10)


@dataclass(frozen=True)
class Size(Number):
    """Bytes, with K, M or G for powers of 1024."""

    name: str = "bytes"

    def read(self, text: str) -> int:
        """A number of bytes."""
        if text.lower().startswith("0x"):
            return super().read(text)
        found = _SIZE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no number of bytes; write 260, 64K or 0x104")
        return int(found[1]) * _FACTORS[(found[2] or "").lower()]


def duration(text: str) -> int:
    """Nanoseconds of `1.2s`, `500us`; 0 needs no unit. Raises ValueError."""
    found = _DURATION.fullmatch(text)
    if found is not None:
        return int(Decimal(found[1]) * _UNITS[found[2].lower()])
    if text.strip("0") == "" and text:
        return 0
    if re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+", text):
        raise ValueError(f"{text} of what? write a unit: {text}s, {text}ms, {text}us or {text}ns")
    raise ValueError(f"{text!r} is no time; write 1.2s, 500us or 3m")


@dataclass(frozen=True)
class Duration(Kind):
    """How long, in nanoseconds."""

    name: str = "duration"
    ordered = True

    def read(self, text: str) -> int:
        """Nanoseconds."""
        return duration(text)


@dataclass(frozen=True)
class Instant:
    """A point in time: nanoseconds since the first event, or since 1970."""

    ns: int
    absolute: bool


@dataclass(frozen=True)
class Time(Kind):
    """When: since the first event, or by the calendar. The column's nanoseconds count from 1970."""

    name: str = "time"
    ordered = True

    def read(self, text: str) -> Instant:
        """`1.2s` or an ISO 8601 date and time, UTC where it names no zone."""
        if re.match(r"\d{4}-\d\d-\d\d", text):
            return Instant(_calendar(text), True)
        return Instant(duration(text), False)

    def equal(self, values: Values, wanted: Instant) -> Array:
        """The same nanosecond."""
        return np.asarray(values.data == _absolute(values, wanted))

    def compare(self, values: Values, sign: str, wanted: Instant) -> Array:
        """Before or after."""
        return np.asarray(ORDER[sign](values.data, _absolute(values, wanted)))

    def truth(self, values: Values) -> Array:
        """Later than the first event."""
        return np.asarray(values.data != values.origin)


def _absolute(values: Values, wanted: Instant) -> int:
    return wanted.ns if wanted.absolute else values.origin + wanted.ns


def _calendar(text: str) -> int:
    """Nanoseconds since 1970, to the last digit that was written."""
    fraction = _FRACTION.search(text)
    try:
        when = datetime.fromisoformat(_FRACTION.sub("", text))
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        since = when - _EPOCH
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no date and time; write 2026-01-31T12:00:00.5Z") from None
    whole = since.days * 86400 + since.seconds
    return whole * 10**9 + int((fraction[1] if fraction else "").ljust(9, "0"))


@dataclass(frozen=True)
class Boolean(Kind):
    """Yes or no."""

    name: str = "yes or no"

    @property
    def operators(self) -> tuple[str, ...]:
        """Only equality."""
        return EQUALITY

    @property
    def examples(self) -> tuple[str, ...]:
        """Both."""
        return "yes", "no"

    def read(self, text: str) -> bool:
        """yes, true, 1; no, false, 0."""
        wanted = text.lower()
        if wanted not in ("yes", "true", "1", "no", "false", "0"):
            raise ValueError(f"{text!r} is neither yes nor no")
        return wanted in ("yes", "true", "1")
