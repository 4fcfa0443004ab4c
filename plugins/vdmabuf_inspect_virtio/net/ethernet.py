"""Frames out of their virtio headers, as Ethernet that any network analyser opens."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net.frames import FRAMES, MORE
from vdmabuf_inspect_virtio.net.protocol import NET

LINKTYPE = 1
_HEADER = {command: size for size, commands in FRAMES.items() for command in commands.values()}


@dataclass
class _Frame:
    """The event rows of a frame's buffers, and the bytes of the header in the first."""

    header: int
    rows: list[int] = field(default_factory=list)


@api.exporter("ethernet", "frames of network cards as Ethernet", ".eth.pcapng")
def ethernet(session: api.Session, chosen: api.Array, path: Path) -> int:
    """Write the frames that begin at the chosen messages, those in several buffers put together again."""
    return api.write_packets(path, LINKTYPE, (_packet(session, frame) for frame in _frames(session, chosen)))


def _frames(session: api.Session, chosen: api.Array) -> list[_Frame]:
    """The frames in the order of their first buffers."""
    wanted, frames, open_frames = set(chosen.tolist()), list[_Frame](), dict[int, _Frame]()
    rows = session.messages.row[:]
    columns = zip(rows.tolist(), session.messages.op[:].tolist(), session.events.qid[rows].tolist(), strict=True)
    for number, (row, op, qid) in enumerate(columns):
        command = NET.command(op)
        if command in _HEADER:
            open_frames[qid] = _Frame(_HEADER[command], [row])
            if number in wanted:
                frames.append(open_frames[qid])
        elif command is MORE and qid in open_frames:
            open_frames[qid].rows.append(row)
    return frames


def _packet(session: api.Session, frame: _Frame) -> api.Packet:
    first = session.record(frame.rows[0])
    queue = session.queues.queues[int(session.events.qid[frame.rows[0]])]
    name = queue.name.rpartition("/")[0] or queue.name
    size = sum(length for length, _ in _buffers(session, frame)) - frame.header
    return api.Packet(name, first.time_ns, _data(session, frame)[frame.header :], max(size, 0), first.readable > 0)


def _buffers(session: api.Session, frame: _Frame) -> Iterator[tuple[int, bytes]]:
    """(length on the wire, what was captured of it) of each buffer."""
    for record in map(session.record, frame.rows):
        if record.readable:
            yield record.readable, record.readable_bytes
        else:
            yield record.used_len, record.writable_bytes[: record.used_len]


def _data(session: api.Session, frame: _Frame) -> bytes:
    """The buffers joined, up to the first that was not captured to its end."""
    data = b""
    for length, captured in _buffers(session, frame):
        data += captured
        if len(captured) < length:
            break
    return data
