"""One event in full: what it is, its fields and bytes, its chain's descriptors, and what the rules say of it."""

from dataclasses import dataclass

from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.model.event import EventFlag, EventKind, flag_names
from vdmabuf_inspect.model.finding import Confidence, Severity
from vdmabuf_inspect.model.record import Descriptor, Record
from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.chains import problem_names
from vdmabuf_inspect.views.control import control_facts, control_fields, control_number, control_title
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.names import buffer_name, seconds
from vdmabuf_inspect.views.pieces import Piece, pieces_of
from vdmabuf_inspect.views.reading import bytes_of, fields_of, in_place, speech_of


@dataclass(frozen=True)
class Judgement:
    """A finding at the event, in words."""

    code: str
    slug: str
    severity: str
    confidence: str
    sentence: str
    clause: str


@dataclass(frozen=True)
class Detail:
    """Everything about the event `seq`. `data` are the bytes shown; `fields` point into them.

    `number` is the message's row in the message log, -1 when the event is none.
    """

    seq: int
    title: str
    facts: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    data: bytes
    descriptors: tuple[Descriptor, ...]
    judgements: tuple[Judgement, ...]
    number: int = -1
    pieces: tuple[Piece, ...] = ()
    """The chain's descriptors, also where the event is that it came back."""


def message_number(session: Session, row: int) -> int:
    """The message log's row of an event, -1 when it is no message."""
    number = place(session.messages.row, row)
    there = number < len(session.messages) and int(session.messages.row[number]) == row
    return number if there else -1


def detail(session: Session, seq: int) -> Detail:
    """The event with sequence number `seq`. Raises IndexError when there is none."""
    row = seq - 1
    record = session.record(row)
    number = message_number(session, row)
    data = bytes_of(session, row, record) if number >= 0 else record.readable_bytes + record.writable_bytes
    fields = fields_of(session, number, data) if number >= 0 else []
    if control_number(session, row) >= 0:
        fields = control_fields(session, row)
    return Detail(
        seq, _title(session, row, record, number), _facts(session, row, record, number), tuple(fields), data,
        record.descriptors, judgements(session, row), number,
        pieces_of(session, row, record, len(data), _sides(session, row, record, number)),
    )  # fmt: skip


def _sides(session: Session, row: int, record: Record, number: int) -> tuple[bool, ...]:
    """Which bytes of the chain are shown: device-readable (False), writable (True), or both."""
    if number < 0:
        return (False, True)
    return (record.kind is EventKind.USED or in_place(session, row),)


def judgements(session: Session, row: int) -> tuple[Judgement, ...]:
    """The findings at an event."""
    found, log = evidence(session), session.findings
    return tuple(
        Judgement(
            found.rule(i).code, found.rule(i).slug, Severity(int(log.severity[i])).name.lower(),
            Confidence(int(log.confidence[i])).name.lower(), found.sentence(i), found.rule(i).clause,
        )
        for i in found.at(row)
    )  # fmt: skip


def _title(session: Session, row: int, record: Record, number: int) -> str:
    queue = session.queues.queues[int(session.events.qid[row])].name
    what = record.kind.name.lower()
    if number >= 0:
        what = f"{command_name(int(session.messages.op[number]))} ({what})"
        name = buffer_name(session, int(session.messages.object[number]))
        return f"#{row + 1} {what} on {queue}" + (f", buffer {name}" if name else "")
    if control_number(session, row) >= 0:
        what = control_title(row, record)
    return f"#{row + 1} {what} on {queue}"


def _facts(session: Session, row: int, record: Record, number: int) -> tuple[tuple[str, str], ...]:
    facts = [("time", f"{seconds(session, record.time_ns)} s")]
    if record.kind in (EventKind.AVAILABLE, EventKind.USED):
        facts += [
            ("head", str(record.head)),
            ("ring index", str(record.index)),
            _slot(session, row, record),
            ("chain", _chain(session, row)),
        ]
        facts.append(("bytes", f"{record.readable} readable, {record.writable} writable"))
    if record.kind is EventKind.USED:
        facts.append(("used length", str(record.used_len)))
    if record.kind in (EventKind.GAP, EventKind.KICK, EventKind.CALL):
        facts.append(("count", str(record.count)))
    if control_number(session, row) >= 0:
        facts += control_facts(session, row, record)
    if record.problems:
        facts.append(("problems", problem_names(record.problems)))
    marks = [name.replace("_", "-") for name in flag_names(record.kind, record.flags)]
    if marks:
        facts.append(("marks", ", ".join(marks)))
    if record.flags & EventFlag.SHORTENED:
        facts.append(("kept", _kept(record)))
    if note := session.remarks.get(row, session.notes.get(row)):
        facts.append(("note", note))
    if number >= 0:
        facts.append(("dialect", speech_of(session, row)))
    return tuple(facts)


def _slot(session: Session, row: int, record: Record) -> tuple[str, str]:
    """Where in its ring the entry stands."""
    epoch = session.queues.queues[int(session.events.qid[row])].epoch_at(row + 1)
    size = epoch.layout.size if epoch else 0
    if epoch is not None and epoch.layout.packed:
        return "ring slot", f"{record.index & 0x7FFF}, wrap counter {record.index >> 15}"
    return "ring slot", str(record.index % size) if size else "not known"


def _kept(record: Record) -> str:
    """What a shortened record still holds: `64 of 260 readable bytes`, of a returned chain the writable ones."""
    if record.kind is EventKind.USED:
        return f"{len(record.writable_bytes)} of {record.writable} writable bytes"
    return f"{len(record.readable_bytes)} of {record.readable} readable bytes"


def _chain(session: Session, row: int) -> str:
    chain = int(session.events.chain[row])
    if chain < 0:
        return "none"
    available, used = int(session.chains.available[chain]), int(session.chains.used[chain])
    made = f"available #{available + 1}" if available >= 0 else "available unseen"
    return f"{made}, used #{used + 1}" if used >= 0 else f"{made}, outstanding"
