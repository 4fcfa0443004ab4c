"""A recording of any size, made column by column: a conforming driver and device at work, nothing wrong.

Each export is four events and two messages: a receive buffer posted, the export made available, the export
returned, and the release of an earlier buffer. Dialect and habits are RFC v4's: IDs are exported again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vdmabuf_inspect.capture.compose import interface_block, packet_block, section_block
from vdmabuf_inspect.capture.schema import SNAPLEN, Block, Direction, Option
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import DESCRIPTOR, HEADER, MAGIC, START, VERSION, Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.layout import Op

RFC = DIALECTS["rfc-v4"]
RECV, SEND = 0, 1
RING = 256
HELD = 64
"""Buffers that the device holds at a time."""
VMID = 4242
BEGIN = 1_700_000_000_000_000_000
TICK = 10_000
"""Nanoseconds between events."""
CHUNK = 50_000
"""Exports made together."""

_PACKET = [("type", "<u4"), ("length", "<u4"), ("interface", "<u4"), ("high", "<u4"), ("low", "<u4")]
_PACKET += [("captured", "<u4"), ("original", "<u4")]
_CLOSING = [("flags", "<u4"), ("direction", "<u4"), ("end", "<u4"), ("closing", "<u4")]


def event_dtype(message: np.dtype[Any] | None, descriptors: int) -> np.dtype[Any]:
    """One packet block: a record with so many descriptors and perhaps a message, and its direction."""
    body: list[Any] = [("header", HEADER)]
    body += [("table", DESCRIPTOR, (descriptors,))] if descriptors else []
    body += [("message", message)] if message is not None else []
    return np.dtype([*_PACKET, *body, *_CLOSING])


POSTED = event_dtype(None, 1)
EXPORT = event_dtype(RFC.dtype(Op.EXPORT), 1)
RETURNED = event_dtype(None, 0)
RELEASE = event_dtype(RFC.dtype(Op.DMABUF_REL), 0)
CYCLE = np.dtype([("post", POSTED), ("export", EXPORT), ("back", RETURNED), ("release", RELEASE)])


@dataclass(frozen=True)
class Plan:
    """How much to make: an even number of messages, over so many buffers."""

    messages: int
    buffers: int = 50_000

    @property
    def exports(self) -> int:
        """Half of the messages; the two about the VM ID come on top."""
        return self.messages // 2


def write(path: Path, plan: Plan) -> None:
    """Write the recording; about 330 bytes an event."""
    keys = np.random.default_rng(plan.messages).integers(1, 2**32, (plan.buffers, 2), np.uint32)
    with path.open("wb") as out:
        out.write(_opening())
        for first in range(0, plan.exports, CHUNK):
            cycle = _cycles(np.arange(first, min(first + CHUNK, plan.exports)), plan, keys)
            if first == 0:
                _write_first(out, cycle)
            else:
                out.write(cycle.tobytes())
        out.write(_releases(np.arange(plan.exports - min(HELD, plan.exports), plan.exports), plan, keys).tobytes())
        out.write(_ending(plan))


def _write_first(out: Any, cycle: np.ndarray[Any, Any]) -> None:
    """The device holds HELD buffers before it releases the first."""
    early = cycle[:HELD]
    for row in early:
        out.write(row["post"].tobytes() + row["export"].tobytes() + row["back"].tobytes())
    out.write(cycle[HELD:].tobytes())


def _cycles(k: np.ndarray[Any, Any], plan: Plan, keys: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Exports number `k`, each with the release of the one HELD before."""
    out = np.zeros(len(k), CYCLE)
    time = BEGIN + (k + 1) * 4 * TICK
    _event(out["post"], EventKind.AVAILABLE, RECV, k + 1, time)
    _descriptor(out["post"], 0x10_0000 + (k % RING) * 512, 2)
    out["post"]["header"]["writable"] = RFC.size
    _event(out["export"], EventKind.AVAILABLE, SEND, k + 1, time + TICK)
    _descriptor(out["export"], 0x20_0000 + (k % RING) * 512, 0)
    out["export"]["header"]["readable"] = out["export"]["header"]["readable_kept"] = RFC.size
    _export(out["export"]["message"], k % plan.buffers, keys)
    _event(out["back"], EventKind.USED, SEND, k + 1, time + 2 * TICK)
    out["back"]["header"]["flags"] = EventFlag.COMPARED
    out["release"] = _releases(k - HELD, plan, keys, time + 3 * TICK)
    return out


def _releases(
    k: np.ndarray[Any, Any], plan: Plan, keys: np.ndarray[Any, Any], time: np.ndarray[Any, Any] | None = None
) -> np.ndarray[Any, Any]:
    """The releases of exports `k`."""
    out = np.zeros(len(k), RELEASE)
    _event(out, EventKind.USED, RECV, k + 1, BEGIN + (k + HELD + 2) * 4 * TICK if time is None else time)
    header, message = out["header"], out["message"]
    header["writable"] = header["writable_kept"] = header["used_len"] = RFC.size
    message["cmd"] = RFC.number(Op.DMABUF_REL)
    _identify(message["op"]["id"], k % plan.buffers, keys)
    return out


def _export(message: np.ndarray[Any, Any], buffer: np.ndarray[Any, Any], keys: np.ndarray[Any, Any]) -> None:
    message["cmd"] = RFC.number(Op.EXPORT)
    op = message["op"]
    _identify(op["id"], buffer, keys)
    op["pages"] = 2025  # 1920 by 1080 pixels of four bytes
    op["last_length"] = 4096
    op["reference"] = 0x1_0000_0000 + buffer.astype(np.uint64) * 0x8000
    op["private_size"] = 24
    op["private"][:, :24] = np.frombuffer(np.array([1920, 1080, 7680, 0x34325258, 0, 0], "<u4").tobytes(), np.uint8)


def _identify(ident: np.ndarray[Any, Any], buffer: np.ndarray[Any, Any], keys: np.ndarray[Any, Any]) -> None:
    """RFC v4: the counter stands in the low half, the VM ID in the high one."""
    ident["low"], ident["high"], ident["key"] = buffer + 1, VMID, keys[buffer]


def _event(out: np.ndarray[Any, Any], kind: EventKind, queue: int, n: np.ndarray[Any, Any], time: Any) -> None:
    """Fill in what every record has; `n` counts the entries of this ring from 0."""
    size = out.dtype.itemsize
    out["type"], out["length"], out["closing"], out["interface"] = Block.ENHANCED, size, size, queue
    out["captured"] = out["original"] = size - 32 - 12
    out["high"], out["low"] = time >> 32, time & 0xFFFFFFFF
    out["flags"] = Option.FLAGS | 4 << 16
    out["direction"] = Direction.OUTBOUND if kind == EventKind.AVAILABLE else Direction.INBOUND
    header = out["header"]
    header["magic"], header["version"], header["kind"], header["queue"] = MAGIC, VERSION, kind, queue
    header["head"], header["index"], header["chain_length"] = n % RING, n & 0xFFFF, 1


def _descriptor(out: np.ndarray[Any, Any], address: np.ndarray[Any, Any], flags: int) -> None:
    out["header"]["descriptors"] = 1
    table = out["table"]
    table["addr"], table["len"], table["flags"] = address[:, None], RFC.size, flags
    table["index"] = out["header"]["head"][:, None]


def _opening() -> bytes:
    """The file's head, both queues' set-up, and the question for the VM ID with its answer."""
    names = interface_block("vdmabuf0/recv", "", SNAPLEN) + interface_block("vdmabuf0/send", "", SNAPLEN)
    records = [_start(RECV), _start(SEND), *_asking()]
    return section_block("bench", "") + names + b"".join(packet_block(r.queue, r, SNAPLEN) for r in records)


def _start(queue: int) -> Record:
    base = 0x1000_0000 + queue * 0x10000
    layout = (37, RING, 1 << 32, base, base + 0x4000, base + 0x8000, 0, 0, 1, 0)
    body = np.array([layout], START).tobytes() + np.array([0, 1 << 40], "<u8").tobytes()
    flags = EventFlag.COMPLETE
    return Record(EventKind.START, BEGIN, queue=queue, flags=flags, readable=len(body), readable_bytes=body)


def _asking() -> list[Record]:
    request, answer = np.zeros(1, RFC.dtype(Op.NEED_VMID)), np.zeros(1, RFC.dtype(Op.NEED_VMID))
    request["cmd"] = answer["cmd"] = RFC.number(Op.NEED_VMID)
    answer["op"]["vmid"] = VMID
    size, avail, used = RFC.size, EventKind.AVAILABLE, EventKind.USED
    return [
        Record(avail, BEGIN + 1, queue=RECV, writable=size, chain_length=1),
        Record(avail, BEGIN + 2, queue=SEND, readable=size, chain_length=1, readable_bytes=request.tobytes()),
        Record(used, BEGIN + 3, queue=SEND, chain_length=1),
        Record(
            used, BEGIN + 4, queue=RECV, used_len=size, writable=size, chain_length=1, writable_bytes=answer.tobytes()
        ),
    ]


def _ending(plan: Plan) -> bytes:
    """Both queues are stopped in good order."""
    time = BEGIN + (plan.exports + HELD + 10) * 4 * TICK
    records = [Record(EventKind.STOP, time, queue=q, flags=EventFlag.CLOSED) for q in (RECV, SEND)]
    return b"".join(packet_block(r.queue, r, SNAPLEN) for r in records)
