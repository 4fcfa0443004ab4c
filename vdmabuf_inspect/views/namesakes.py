"""Which buffers a text names: by short name or identifier, among any number of them."""

import re

import numpy as np

from vdmabuf_inspect.model.columns import Array, Still
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.names import buffer_name, letters

_SHORT = re.compile(r"(0|[1-9][0-9]{0,9}):(0|[1-9][0-9]{0,9})([a-z]{0,7})")
_PART = re.compile(r"[0-9]*:?[0-9]*([a-z]*)")
_HEX = re.compile(r"[0-9a-f]{8,32}")
_WORD = 1 << 32


def called(session: Session, text: str) -> Array:
    """int64[k]: the buffers whose short name is this (`7:42`, `7:42b`, `res 3`), ascending."""
    objects = session.objects.still()
    foreign = np.isin(objects.device, _others(session))
    mine = _vdmabuf(objects, text) & ~foreign
    return np.flatnonzero(mine | _among(session, objects, np.flatnonzero(foreign), text))


def buffer_names(session: Session, numbers: Array) -> list[str]:
    """The short names of these buffers (int64[k]), as `names.buffer_name` makes them one by one."""
    objects = session.objects
    foreign = np.isin(objects.device[numbers], _others(session))
    name, swapped = objects.name[numbers], objects.flavour[numbers] != 0
    low, high = name & np.uint64(_WORD - 1), name >> np.uint64(32)
    ends = {number: letters(number) for number in set(objects.incarnation[numbers].tolist())}
    columns = (np.where(swapped, low, high), np.where(swapped, high, low), objects.incarnation[numbers])
    names = [f"{vm}:{counter}{ends[end]}" for vm, counter, end in zip(*(c.tolist() for c in columns), strict=True)]
    for at in np.flatnonzero(foreign).tolist():
        names[at] = buffer_name(session, int(numbers[at]))
    return names


def in_names(session: Session, text: str) -> bool:
    """Whether a text can be a part of any buffer's name, by its looks."""
    parts = _PART.fullmatch(text)
    longest = len(letters(int(session.objects.incarnation.max()))) if len(session.objects) else 0
    return bool(_others(session)) or (parts is not None and len(parts[1]) <= longest)


def find_buffer(session: Session, text: str) -> list[int]:
    """Buffers with this short name, or whose identifier on the wire begins with this hex (8 digits or more)."""
    text = text.strip().lower()
    found = called(session, text)
    wanted = text.removeprefix("0x")
    if not len(found) and _HEX.fullmatch(wanted):
        found = _beginning(session.objects.still(), wanted)
    return [int(number) for number in found]


def _others(session: Session) -> list[int]:
    """The devices that name their buffers otherwise."""
    return [number for number, device in [*session.devices.items()] if isinstance(device, DeclaredDevice)]


def _vdmabuf(objects: Still, text: str) -> Array:
    """Mask: as if all were vdmabuf's, named by VM ID, counter and the letter of the incarnation."""
    parts = _SHORT.fullmatch(text)
    vm, counter = (int(part) for part in parts.groups()[:2]) if parts else (_WORD, _WORD)
    if parts is None or max(vm, counter) >= _WORD:
        return np.zeros(len(objects), bool)
    plain, swapped = np.uint64(vm << 32 | counter), np.uint64(counter << 32 | vm)
    named = objects.name == np.where(objects.flavour != 0, swapped, plain)
    return np.asarray(named & (objects.incarnation == _incarnation(parts[3])))


def _incarnation(letters: str) -> int:
    """Which one the letters of `names.letters` stand for; none is ever called `a`."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("a") + 1
    return -1 if letters == "a" else max(0, number - 1)


def _among(session: Session, objects: Still, numbers: Array, text: str) -> Array:
    """Mask: those of these that are called so; each name is made once, whatever comes behind it."""
    mask = np.zeros(len(objects), bool)
    names: dict[tuple[int, int, int], bool] = {}
    keys = zip(*(getattr(objects, name)[numbers].tolist() for name in ("device", "name", "key")), strict=True)
    for number, key in zip(numbers.tolist(), keys, strict=True):
        if key not in names:
            names[key] = text.startswith(_bare(session, number))
        mask[number] = names[key] and buffer_name(session, number) == text
    return mask


def _bare(session: Session, number: int) -> str:
    """An object's name without the letter."""
    device = session.devices[int(session.objects.device[number])]
    assert isinstance(device, DeclaredDevice)
    return device.protocol.called(int(session.objects.name[number]), int(session.objects.key[number]))


def _beginning(objects: Still, digits: str) -> Array:
    """int64[k]: the buffers whose 16 bytes begin with these hex digits."""
    halves = np.stack([objects.name, objects.key], 1).astype("<u8")
    octets = halves.view(np.uint8).reshape(-1, 16)
    whole = np.frombuffer(bytes.fromhex(digits[: len(digits) & ~1]), np.uint8)
    same = (octets[:, : len(whole)] == whole).all(1)
    if len(digits) % 2:
        same &= octets[:, len(whole)] >> 4 == int(digits[-1], 16)
    return np.flatnonzero(same)
