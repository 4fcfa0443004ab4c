"""Kinds that name a buffer: hexadecimal bytes and short names, made for many at once as fixed-width bytes."""

import re
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.kinds.base import Accept, Kind, Values
from vdmabuf_inspect.views.filter.kinds.texts import Containing, glob, has_glob
from vdmabuf_inspect.views.names import letters


@dataclass(frozen=True)
class Hex(Kind):
    """Bytes as they stand on the wire, in hexadecimal; `data` is uint64[n, size / 8]."""

    name: str
    size: int
    spelled = True

    def read(self, text: str) -> Array | Accept:
        """Words to compare with, or what accepts the hexadecimal text."""
        wanted = text.lower().removeprefix("0x").replace(":", "")
        if has_glob(wanted):
            return glob(wanted)
        if not re.fullmatch(f"[0-9a-f]{{{2 * self.size}}}", wanted):
            raise ValueError(
                f"{text!r} is no {self.name} of {2 * self.size} hex digits; end the beginning of one with *"
            )
        return np.frombuffer(bytes.fromhex(wanted), "<u8")

    def equal(self, values: Values, wanted: Array | Accept) -> Array:
        """All bytes the same."""
        if callable(wanted):
            return self.spell(values, wanted)
        return np.asarray((values.data == wanted).all(axis=1))

    def spell(self, values: Values, accept: Accept) -> Array:
        """The hexadecimal digits."""
        digits = np.ascontiguousarray(values.data, "<u8").tobytes().hex().encode()
        return _asked(accept, np.frombuffer(digits, f"S{2 * self.size}"))

    def may_contain(self, text: str) -> bool:
        """Only digits."""
        return set(text) <= set("0123456789abcdef")

    def truth(self, values: Values) -> Array:
        """Any byte."""
        return np.asarray(values.data.any(axis=1))


@dataclass(frozen=True)
class BufferName(Kind):
    """`VM:COUNTER` with a letter for later incarnations; `data` is int64[n, 3], incarnations from 0."""

    name: str = "buffer"
    spelled = True

    def read(self, text: str) -> tuple[int | None, ...] | Accept:
        """(VM, counter, incarnation), None where any will do, or what accepts the name."""
        found = re.fullmatch(r"(\d{1,10}|\*):(?:(\d{1,10})([a-z]{0,6})|\*)", text.lower())
        if found:
            return (*(None if p in (None, "*") else int(p) for p in found.group(1, 2)), _incarnation(found))
        if has_glob(text):
            return glob(text)
        raise ValueError(f"{text!r} is no buffer; write VM:COUNTER, such as 7:42, 7:42b or 7:*")

    def equal(self, values: Values, wanted: tuple[int | None, ...] | Accept) -> Array:
        """The very incarnation."""
        if callable(wanted):
            return self.spell(values, wanted)
        mask = np.ones(len(values), bool)
        for part, value in enumerate(wanted):
            if value is not None:
                mask &= values.data[:, part] == value
        return mask

    def spell(self, values: Values, accept: Accept) -> Array:
        """The short name."""
        vmid, counter, again = values.data.T
        names = np.strings.add(np.strings.add(vmid.astype("S10"), b":"), counter.astype("S10"))
        suffixes, codes = np.unique(again, return_inverse=True)
        endings = np.array([letters(int(s)).encode() for s in suffixes] or [b""])
        return _asked(accept, np.strings.add(names, endings[codes]))

    def may_contain(self, text: str) -> bool:
        """Only parts of a short name."""
        return re.fullmatch(r"\d*:?\d*[a-z]{0,3}", text) is not None

    def truth(self, values: Values) -> Array:
        """There is one."""
        return np.ones(len(values), bool)


def _incarnation(found: re.Match[str]) -> int | None:
    """The number that the letters stand for: none is 0, b is 1, aa is 26; None behind a *."""
    if found[2] is None:
        return None
    number = 0
    for letter in found[3]:
        number = number * 26 + ord(letter) - ord("a") + 1
    return max(0, number - 1)


def _asked(accept: Accept, texts: Array) -> Array:
    """bool[n] of ASCII texts, S[n]."""
    if not isinstance(accept, Containing):
        return np.fromiter((accept(t.decode()) for t in texts.tolist()), bool)
    if "\0" in accept.needle:  # fixed-width bytes end at their last character that is not zero
        return np.zeros(len(texts), bool)
    return np.asarray(np.strings.find(texts, accept.needle.encode()) >= 0)
